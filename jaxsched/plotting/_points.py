"""The points that draw a schedule exactly: a step is a step, whatever the range."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxsched._core import clock
from jaxsched.analysis import describe, jumps

_ENOUGH = 240  # points for a smooth line
_MOST_POINTS = 2_000
_MOST_STEPS = 2**22  # of which each is looked at


def points(schedule: Any, num_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts from 0 to `num_steps`, and the values there.

    Of few counts all and some between, and where the value jumps, the value before it
    too. Of many, the first, last, lowest and highest of each stretch, and the two of its
    largest change: the line through them looks like the one through all. Of more than
    four million some, evenly spaced, and the ends of phases.
    """
    if num_steps > _MOST_STEPS:
        starts = [phase.start for phase in describe(schedule) if phase.start > 0]
        starts = [count for start in starts for count in (start - 1, start)]
        counts = np.linspace(0, num_steps, _MOST_POINTS).astype(np.int64)
        counts = np.union1d(counts, [count for count in starts if count < num_steps])
        return counts, _values(schedule, counts)
    counts = np.arange(num_steps + 1)
    values = _values(schedule, counts)
    if num_steps >= _MOST_POINTS:
        kept = _telling(values)
        return counts[kept], values[kept]
    return _few(schedule, num_steps, values)


def _few(
    schedule: Any, num_steps: int, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    parts = -(-_ENOUGH // max(num_steps, 1))
    try:
        found = jumps(schedule, num_steps + 1)
        counts = np.arange(num_steps * parts + 1) / parts
        fine = np.array(schedule(jnp.asarray(counts)), np.float64)
    except TypeError:  # a function of the user's for which a count is an index
        return np.arange(num_steps + 1.0), values
    fine[::parts] = values
    at = np.asarray([jump.at for jump in found], np.int64)
    before = np.asarray([jump.before for jump in found])
    return np.insert(counts, at * parts, at), np.insert(fine, at * parts, before)


def _values(schedule: Any, counts: np.ndarray) -> np.ndarray:
    return np.asarray(schedule(jnp.asarray(counts, clock.int_dtype())), np.float64)


def _telling(values: np.ndarray) -> np.ndarray:
    """Places of the first, last, lowest and highest value, and of the largest change."""
    starts = np.linspace(0, values.size, _MOST_POINTS // 6, endpoint=False).astype(int)
    kept = set()
    for start, stop in zip(starts, [*starts[1:], values.size], strict=True):
        part = np.nan_to_num(values[start:stop])
        change = start + int(np.abs(np.diff(part)).argmax())
        kept |= {start, stop - 1, start + int(part.argmin()), start + int(part.argmax())}
        kept |= {change, change + 1}
    return np.asarray(sorted(kept))
