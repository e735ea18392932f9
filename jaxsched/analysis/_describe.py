"""A schedule in words: its phases, their counts, and the values at their ends."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxsched._core import AbstractSchedule, ScheduleLike, as_schedule, checks, clock
from jaxsched.combinators import Bundle

from ._nested_pieces import pieces
from ._pieces import FLAT, Piece, batch_error
from ._queries import limits

_MOST_ROWS = 24
_DIGITS = 1e-6


class Phase(NamedTuple):
    """A stretch of counts on which a schedule has one shape.

    Attributes:
        start: its first count.
        stop: the count after its last one; infinity if it does not end.
        name: what it is for: warmup, stable, decay, rise, cooldown, wait, cycles, end.
        shape: the curve, or the kind of schedule.
        first: the value at its first count.
        last: the value that it comes to at its stop; None where it has none.
    """

    start: int
    stop: float
    name: str
    shape: str
    first: float
    last: float | None

    def __str__(self) -> str:
        if self.shape == FLAT:
            values = f"{self.first:.4g}"
        elif self.last is None:
            values = f"from {self.first:.4g}"
        else:
            values = f"{self.first:.4g} -> {self.last:.4g}"
        return f"{self.shape}, {values}"


class Description(tuple[Phase, ...]):
    """The phases of a schedule, in order; as text a table of them."""

    __slots__ = ()

    def __str__(self) -> str:
        rows = [(_counts(phase), phase.name, str(phase)) for phase in self]
        if len(rows) > _MOST_ROWS:
            left_out = len(rows) - _MOST_ROWS
            rows[_MOST_ROWS - 2 : -2] = [("...", "", f"{left_out} more phases")]
        widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
        return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)

    __repr__ = __str__


class PlanDescription(dict[str, Description]):
    """The phases of each schedule of a bundle, by its name; as text a table for each."""

    def __str__(self) -> str:
        return "\n\n".join(f"{name}\n{description}" for name, description in self.items())

    __repr__ = __str__


def describe(schedule: ScheduleLike | Bundle) -> Any:
    """The phases of a schedule, with their counts and the values at their ends.

    Read off the nodes: nested joins are one list, cycles are described once, products
    have a phase wherever one of theirs has. A phase of no whole count is left out.

    Args:
        schedule: of concrete numbers, lengths in updates; or a bundle of such.

    Returns:
        A `Description`, a tuple of `Phase`; of a bundle a `PlanDescription`, a dictionary
        of them. Print it.

    Raises:
        ValueError: for a batch, a schedule that is being traced, and a length that is not
            in updates.

    >>> import jaxsched as js
    >>> rate = js.warmup_stable_decay_schedule(
    ...     0.0, 0.1, warmup_steps=10, stable_steps=60, decay_steps=30
    ... )
    >>> print(describe(rate))
    0-9     warmup  linear, 0 -> 0.1
    10-69   stable  constant, 0.1
    70-99   decay   linear, 0.1 -> 0
    100 on  end     constant, 0
    >>> describe(rate)[0].stop
    10
    """
    if isinstance(schedule, Bundle):
        return PlanDescription({k: describe(v) for k, v in schedule.schedules.items()})
    schedule = as_schedule(schedule)
    checks.resolved(schedule)
    is_traced = any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(schedule))
    given, advice = "one that is being traced", "Call it outside of jit, vmap and grad."
    checks.consistent("describe", "concrete numbers", not is_traced, given, advice)
    return _description(schedule)


def _description(schedule: AbstractSchedule) -> Description:
    found = [_in_counts(piece) for piece in pieces(schedule)]
    found = [piece for piece in found if piece.start < piece.stop]
    try:
        *first, far = _values(
            schedule, [*(piece.start for piece in found), clock.max_count() // 2]
        )
    except AssertionError as error:
        raise batch_error() from error
    ends = _ends(schedule, np.asarray(first), np.asarray([p.start for p in found], int))
    last = [*ends, first[-1] if found[-1].shape == FLAT else None]
    phases = zip(found, first, last, strict=True)
    return Description(_phase(*phase, far, len(found)) for phase in phases)


def _in_counts(piece: Piece) -> Piece:
    """From its first whole count to the first one after it."""
    stop = piece.stop if math.isinf(piece.stop) else math.ceil(piece.stop)
    return piece._replace(start=math.ceil(piece.start), stop=stop)


def _values(schedule: Any, counts: Any) -> list[float]:
    counts = np.asarray(counts)
    is_far = counts > clock.max_count()
    near = jnp.asarray(np.where(is_far, 0, counts))
    found = np.array(schedule(near), np.float64)
    if is_far.any():  # as of tokens: a float has no end
        far = jnp.asarray(counts[is_far], clock.float_dtype())
        found[is_far] = schedule(far)
    return found.tolist()


def _ends(schedule: Any, first: np.ndarray, starts: np.ndarray) -> list[float]:
    """What each phase but the last comes to: the limit where the next one starts."""
    if len(starts) == 1:
        return []
    try:
        before, is_jump = limits(schedule, starts[1:], first[1:])
    except TypeError:  # a function of the user's for which a count is an index
        return _values(schedule, starts[1:] - 1)
    before = np.where(np.abs(before) < _DIGITS * np.abs(first[1:]), 0.0, before)
    return np.where(is_jump, before, first[1:]).tolist()


def _phase(piece: Piece, first: float, last: float | None, far: float, num: int) -> Phase:
    name = piece.name or _name(piece, first, far if last is None else last, num)
    return Phase(int(piece.start), piece.stop, name, piece.shape, first, last)


def _name(piece: Piece, first: float, last: float, num: int) -> str:
    if piece.shape == FLAT:
        return "end" if math.isinf(piece.stop) and num > 1 else "stable"
    if first == last:
        return "stable"
    rises = "warmup" if piece.start == 0 else "rise"
    return rises if first < last else "decay"


def _counts(phase: Phase) -> str:
    if math.isinf(phase.stop):
        return f"{phase.start} on"
    last = int(phase.stop) - 1
    return f"{phase.start}" if last == phase.start else f"{phase.start}-{last}"
