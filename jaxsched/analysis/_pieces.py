"""Where the phases of a schedule begin, read off its nodes, each on its own clock.

Here the nodes that hold only numbers; those that hold schedules are in `_nested_pieces`.
"""

import functools
import itertools
import math
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from jaxsched._core import AbstractSchedule, Constant, Node, Wrapped
from jaxsched.schedules import (
    ExtendingTransition,
    MonotoneCubic,
    NormalNoise,
    PiecewiseConstant,
    PiecewiseLinear,
    Table,
    Transition,
    UniformNoise,
)

FLAT = "constant"


class Piece(NamedTuple):
    """A stretch of counts on which a schedule has one shape; a name if that is known."""

    start: float
    stop: float
    shape: str
    name: str = ""


@functools.singledispatch
def pieces(node: AbstractSchedule) -> list[Piece]:
    """The pieces of a schedule, from count 0 to infinity without a gap."""
    return and_then(number(node.horizon()), words(node))


def words(node: Node) -> str:
    """What kind of node it is, in words, and its numbers that are not as usual."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()
    fields: dict[str, Any] = type(node).__dataclass_fields__  # pyright: ignore[reportAttributeAccessIssue] - every subclass is a dataclass
    given = {n: getattr(node, n) for n, f in fields.items() if _is_told(node, f)}
    inner = ", ".join(
        f"{n}={words(v) if isinstance(v, Node) else f'{number(v):g}'}"
        for n, v in given.items()
    )
    return f"{name} ({inner})" if inner else name


def _is_told(node: Any, field: Any) -> bool:
    """Whether a number or curve of a curve is to be told; those of a schedule are seen."""
    value = getattr(node, field.name)
    is_silent = isinstance(node, AbstractSchedule) or field.metadata.get("static")
    if is_silent or value is None:
        return False
    if isinstance(value, Node):
        return not isinstance(field.default, Node) or words(value) != words(field.default)
    return np.ndim(value) == 0 and number(value) != field.default


@pieces.register
def _constant(node: Constant):
    del node
    return [Piece(0, math.inf, FLAT)]


@pieces.register
def _transition(node: Transition):
    is_flat = number(node.init_value) == number(node.end_value)
    shape = FLAT if is_flat else words(node.curve)
    return and_then(number(node.transition_steps), shape)


@pieces.register
def _extending(node: ExtendingTransition):
    period = number(node.period_steps)
    again = f"again from the start, over {period:g} more each time"
    first = Piece(0, period, words(node.curve))
    return [first, Piece(period, math.inf, again, "cycles")]


@pieces.register(UniformNoise)
@pieces.register(NormalNoise)
def _noise(node: Any):
    return [Piece(0, math.inf, words(node), "noise")]


@pieces.register
def _table(node: Table):
    row = and_then(len(node.values) - 1, f"table of {len(node.values)} values")
    return [p if p.shape == FLAT else p._replace(name="table") for p in row]


@pieces.register
def _wrapped(node: Wrapped):
    function = getattr(node.function, "func", node.function)
    name = getattr(function, "__name__", type(function).__name__)
    return [Piece(0, math.inf, f"function {name}")]


@pieces.register
def _steps(node: PiecewiseConstant):
    edges = [0, *map(number, node.boundaries), math.inf]
    return kept(Piece(a, b, FLAT) for a, b in itertools.pairwise(edges))


@pieces.register(PiecewiseLinear)
@pieces.register(MonotoneCubic)
def _lines(node: Any):
    shape = "linear" if isinstance(node, PiecewiseLinear) else "cubic"
    edges = [0, *map(number, node.boundaries), math.inf]
    last = len(edges) - 2
    return kept(
        Piece(a, b, shape if 0 < i < last else FLAT)
        for i, (a, b) in enumerate(itertools.pairwise(edges))
    )


def moved(row: list[Piece], by: float, length: float = math.inf) -> list[Piece]:
    """Pieces up to a length, on the clock of what holds them."""
    return kept(
        p._replace(start=max(p.start + by, 0), stop=min(p.stop, length) + by)
        for p in row
        if p.start < length
    )


def and_then(end: float, shape: str) -> list[Piece]:
    """One shape up to an end, and what stays after it."""
    return kept([Piece(0, end, shape), Piece(end, math.inf, FLAT)])


def kept(row: Iterable[Piece]) -> list[Piece]:
    """Without those of no length."""
    return [piece for piece in row if piece.start < piece.stop]


def number(value: Any) -> float:
    """A number of a node as one of Python."""
    if np.ndim(value):
        raise batch_error()
    return float(np.asarray(value))


def batch_error() -> ValueError:
    """What to say of a batch."""
    return ValueError(
        "describe needs one schedule, got a batch. Take a member of unstack(schedule)."
    )
