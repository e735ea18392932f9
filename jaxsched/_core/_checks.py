"""Validation of what a user built, and the one place where errors are worded.

Each message says who, what is required, what came and what to do. Only concrete values
are looked at: a traced or batched one is trusted, and evaluation clamps it.
"""

import contextlib
import contextvars
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ._clock import max_count
from ._length import Length


def concrete(value: Any) -> np.ndarray | None:
    """The value as an array, or None where it is traced or only a placeholder."""
    if isinstance(value, Tracer):
        return None
    if isinstance(value, (bool, int, float, np.ndarray, np.generic, jax.Array)):
        return np.asarray(value)
    return None


def real(node: Any, *names: str, **values: Any) -> None:
    """Requires real numbers, or NaN.

    Each check takes a node and names of its fields, or the name of a function and its
    arguments.
    """
    for name, value in _items(node, names, values):
        if isinstance(value, bool) or not _is_real(value):
            raise TypeError(
                f"{_who(node)}({name}=...) must be a real number, got {value!r}. "
                f"Pass a Python number or an array."
            )


def number(node: Any, *names: str, **values: Any) -> None:
    """Requires real numbers that are not NaN."""
    real(node, *names, **values)
    for name, value in _items(node, names, values):
        _require(node, name, value, lambda v: v == v, "a number", "Pass a real value.")


def _is_real(value: Any) -> bool:
    """Whether it is a real number or an array of them, concrete or not."""
    if isinstance(value, (int, float)):
        return True
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return False
    return any(jnp.issubdtype(dtype, kind) for kind in (np.integer, np.floating))


def positive(node: Any, *names: str, **values: Any) -> None:
    """Requires values above zero."""
    number(node, *names, **values)
    for name, value in _items(node, names, values):
        _require(node, name, value, lambda v: v > 0, "above 0", "Raise it.")


def length(node: Any, *names: str, **values: Any) -> None:
    """Requires numbers of updates: not negative, and within the range of a count."""
    known_lengths = {k: v for k, v in _items(node, names, values) if not _is_unit(v)}
    number(node, **known_lengths)
    for name, value in known_lengths.items():
        advice = "A length of 0 leaves a phase out."
        _require(node, name, value, lambda v: v >= 0, "0 or more", advice)
        known = concrete(value)
        if known is not None and known.dtype.kind in "iu" and np.any(known > max_count()):
            raise ValueError(
                f"{_who(node)}({name}=...) must be at most {max_count()}, the last "
                f"count, got {value}. Use a float, or enable x64."
            )


def positive_length(node: Any, *names: str, **values: Any) -> None:
    """Requires numbers of updates that something is divided by."""
    length(node, *names, **values)
    items = _items(node, names, values)
    positive(node, **{name: value for name, value in items if not _is_unit(value)})


def whole(node: Any, name: str) -> None:
    """Requires an integer, which chooses something."""
    number(node, name)
    value = concrete(getattr(node, name))
    if value is not None and value.dtype.kind not in "iu":
        raise TypeError(
            f"{_who(node)}({name}=...) must be an integer, got {getattr(node, name)!r}. "
            f"Pass an int."
        )


def at_least(node: Any, name: str, bound: float) -> None:
    """Requires a value of at least `bound`."""
    number(node, name)
    value = getattr(node, name)
    what = f"{bound} or more"
    _require(node, name, value, lambda v: v >= bound, what, f"Raise it to {bound}.")


def above(node: Any, name: str, bound: float) -> None:
    """Requires a value above `bound`."""
    value = getattr(node, name)
    what, advice = f"above {bound}", f"Raise it over {bound}."
    _require(node, name, value, lambda v: v > bound, what, advice)


def below(node: Any, name: str, bound: float) -> None:
    """Requires a value below `bound`."""
    value = getattr(node, name)
    what, advice = f"below {bound}", f"Lower it under {bound}."
    _require(node, name, value, lambda v: v < bound, what, advice)


def at_most(node: Any, name: str, bound: float) -> None:
    """Requires a value of at most `bound`."""
    value = getattr(node, name)
    what, advice = f"{bound} or less", f"Lower it to {bound}."
    _require(node, name, value, lambda v: v <= bound, what, advice)


def choice(node: Any, *names: str, choices: tuple[Any, ...], **values: Any) -> None:
    """Requires one of a few words or numbers."""
    for name, value in _items(node, names, values):
        if value not in choices:
            known = ", ".join(map(repr, choices))
            raise ValueError(
                f"{_who(node)}({name}=...) must be one of {known}, got {value!r}."
            )


def ordered(node: Any, low: str, high: str) -> None:
    """Requires one value not to exceed another."""
    number(node, low, high)
    a, b = concrete(getattr(node, low)), concrete(getattr(node, high))
    if a is not None and b is not None and np.any(a > b):
        raise ValueError(
            f"{_who(node)} needs {low} <= {high}, got {low}={a} and {high}={b}. Swap them."
        )


def increasing(who: str, name: str, values: Sequence[Any]) -> None:
    """Requires counts in order; equal neighbours leave a phase out."""
    for value in values:
        if not _is_unit(value):
            number(who, **{name: value})
    known = [concrete(v) for v in values]
    for before, after in itertools.pairwise(known):
        if before is not None and after is not None and np.any(after < before):
            raise ValueError(
                f"{who}({name}=...) must be in the order of time, got {after} after "
                f"{before}. Sort them."
            )
    if known and known[0] is not None and np.any(known[0] < 0):
        raise ValueError(
            f"{who}({name}=...) must be 0 or more, got {known[0]}. Counts start at 0."
        )


def matching(who: str, name: str, count: int, of: str, num: int, required: int) -> None:
    """Requires one number of things for a number of others."""
    if count != required:
        raise ValueError(
            f"{who}({name}=...) must have {required} entries for {num} {of}, "
            f"got {count}. Give one for each."
        )


def phase(who: str, value: Any) -> None:
    """Requires a value, a length and, it may be, a curve."""
    if not isinstance(value, (tuple, list)) or len(value) not in (2, 3):
        raise ValueError(
            f"{who}(phases=...) must be tuples of an end value, a length and, if it is no "
            f"straight line, a curve, got {value!r}."
        )


def some(node: Any, name: str) -> None:
    """Requires a sequence that is not empty."""
    if len(getattr(node, name)) == 0:
        raise ValueError(f"{_who(node)}({name}=...) must not be empty. Give at least one.")


def instance(node: Any, name: str, kind: type, example: str) -> None:
    """Requires an object of a kind."""
    value = getattr(node, name)
    if not isinstance(value, kind):
        raise TypeError(
            f"{_who(node)}({name}=...) must be {_article(kind)}, got {value!r}. "
            f"Try {name}={example}."
        )


def size(who: str, **values: Any) -> None:
    """Requires Python integers of at least 1: sizes of what is compiled."""
    for name, value in values.items():
        is_int = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not is_int or value < 1:
            raise (ValueError if is_int else TypeError)(
                f"{who}({name}=...) must be an integer above 0, got {value!r}."
            )


def consistent(who: str, statement: str, holds: Any, given: str, advice: str) -> None:
    """Requires a relation between arguments, where all of them are concrete."""
    value = concrete(holds)
    if value is not None and not np.all(value):
        raise ValueError(f"{who} needs {statement}, got {given}. {advice}")


def unresolved(tree: Any) -> Iterator[tuple[str, Length]]:
    """The lengths in it that are in a unit of their own, with where they are."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree, is_leaf=_is_unit):
        if _is_unit(leaf):
            yield jax.tree_util.keystr(path).lstrip("."), leaf


def has_units(tree: Any) -> bool:
    """Whether a length in it is in a unit of its own."""
    return next(unresolved(tree), None) is not None


def resolved(node: Any) -> None:
    """Requires every length in updates."""
    for path, unit in unresolved(node):
        raise ValueError(
            f"{_who(node)} needs its lengths in updates to be called, got "
            f"{path}={unit!r}. Call resolve(schedule, total_steps=..., "
            f"steps_per_epoch=..., tokens_per_step=...) first, with what applies."
        )


@contextlib.contextmanager
def values() -> Iterator[None]:
    """Within it, schedules that are traced check their values as they run."""
    token = _values_are_checked.set(True)
    try:
        yield
    finally:
        _values_are_checked.reset(token)


def are_values_checked() -> bool:
    """Whether a trace is to check values."""
    return _values_are_checked.get()


def finite(node: Any, value: jax.Array) -> None:
    """Requires a finite value, within `values()` only."""
    if are_values_checked():
        message = f"{_who(node)} must be finite at every count"
        chex.assert_tree_all_finite(value, custom_message=message)


_values_are_checked = contextvars.ContextVar("values_are_checked", default=False)


def _is_unit(value: Any) -> bool:
    return isinstance(value, Length)


def _items(node: Any, names: tuple[str, ...], values: dict[str, Any]):
    yield from ((name, getattr(node, name)) for name in names)
    yield from values.items()


def _require(
    node: Any, name: str, value: Any, holds: Callable[[Any], Any], what: str, advice: str
) -> None:
    known = concrete(value)
    if known is not None and not np.all(holds(known)):
        raise ValueError(f"{_who(node)}({name}=...) must be {what}, got {value}. {advice}")


def _who(node: Any) -> str:
    return node if isinstance(node, str) else type(node).__name__


def _article(kind: type) -> str:
    name = kind.__name__
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"
