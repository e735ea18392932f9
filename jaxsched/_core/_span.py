"""What of a schedule to show: which counts and values, and which members of a batch."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from . import _clock as clock

_OF_NO_LENGTH = 1_000
_SETTLED = 0.05


def span(schedule: Any) -> int:
    """How many counts show what a schedule does.

    A tenth more than it takes to its end. Where it has none, four times its longest
    length; without a length, until little of its change is left.
    """
    end = float(np.asarray(schedule.horizon()))
    if end == 0:
        return _OF_NO_LENGTH // 10
    if math.isinf(end):
        longest = _longest(schedule)  # a length of 1 is a unit, not a scale
        end = 4 * longest if longest > 1 else _settling(schedule)
    else:
        end = max(1.1 * end, end + 1)
    return min(math.ceil(end), clock.max_count() - 1)


def _longest(schedule: Any) -> float:
    """The largest finite length or boundary in it; what is measured in steps says so."""
    found = [0.0]
    for path, leaf in jax.tree_util.tree_leaves_with_path(schedule):
        names = [key.name for key in path if isinstance(key, jax.tree_util.GetAttrKey)]
        if any(name.endswith(("_steps", "boundaries")) for name in names):
            values = np.asarray(leaf, np.float64).ravel()
            found += [float(x) for x in values if math.isfinite(x)]
    return max(found)


def _settling(schedule: Any) -> float:
    """A power of 2 by which nearly all of the change is over."""
    counts = 2 ** np.arange(21)
    values = np.asarray(schedule(jnp.asarray(counts)), np.float64)
    left = np.maximum.accumulate(np.abs(values - values[-1])[::-1])[::-1]
    settled = left <= _SETTLED * left[0]
    place = int(settled.argmax())
    is_far = place > 16 or left[0] == 0  # noise, a cycle, or nothing that changes
    return _OF_NO_LENGTH if is_far else max(2.0 * counts[place], 8.0)


def common_span(schedules: Sequence[Any]) -> int:
    """How many counts show several: what those with an end need, if there is one."""
    ends = [float(np.asarray(schedule.horizon())) for schedule in schedules]
    with_end = [s for s, end in zip(schedules, ends, strict=True) if 0 < end < math.inf]
    return max(map(span, with_end or schedules))


def spread(num_steps: int, num_parts: int) -> np.ndarray:
    """Counts from 0 to `num_steps`, evenly spread: whole ones if there are enough."""
    counts = np.linspace(0, num_steps, num_parts + 1)
    return counts if num_steps < num_parts else np.unique(counts.astype(np.int64))


def bounds(values: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest value to draw: from 0 on, unless all are far from it."""
    values = values[np.isfinite(values)]
    if not values.size:
        raise ValueError("a drawing needs a value that is finite, got none.")
    low, high = float(values.min()), float(values.max())
    if 0 < high - low < 0.5 * max(abs(low), abs(high)):
        return low, high
    low, high = min(low, 0.0), max(high, 0.0)
    return low, high if high > low else low + 1.0


def members_of(schedule: Any, most: int) -> list[Any]:
    """A schedule, or some members of a batch of them: evenly spread, first and last too.

    Raises:
        ValueError: if it is neither.
    """
    if _is_one(schedule):
        return [schedule]
    shapes = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(schedule)}
    if len(shapes) != 1 or () in shapes:
        raise ValueError(
            f"a batch must have leaves with one common leading axis, got {schedule!r}. "
            f"Make one with stack, grid or sample."
        )
    num = shapes.pop()[0]
    places = np.unique(np.linspace(0, num - 1, min(num, most)).round().astype(int))
    host = jax.tree.map(np.asarray, schedule)
    return [jax.tree.map(lambda leaf, i=i: leaf[i], host) for i in places]


def _is_one(schedule: Any) -> bool:
    """Whether a count gives a number; the shapes of a batch do not fit."""
    count = jax.ShapeDtypeStruct((), clock.int_dtype())
    try:
        jax.eval_shape(schedule._at, count)
    except (AssertionError, TypeError, ValueError):
        return False
    return True
