"""What a schedule does over a range of counts, as pure functions of its numbers.

Each can be jitted, batched over schedules and, where the answer is real,
differentiated: two schedules of equal area are one root away. Ranges are Python
integers, since they say how much is to be computed.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractSchedule, ScheduleLike, as_schedule, checks, clock
from jaxsched.schedules import Table

_CHUNK = 4096
_ROW = 64


def values(schedule: ScheduleLike, num_steps: int) -> jax.Array:
    """The values at counts 0 to `num_steps - 1`, one for each update of a run.

    Args:
        schedule: a schedule, number or function of the count.
        num_steps: updates, at least 1.

    >>> import jaxsched as js
    >>> values(js.Transition(1.0, 0.0, 4), 6)
    Array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ], dtype=float32)
    """
    checks.size("values", num_steps=num_steps)
    return as_schedule(schedule)(jnp.arange(num_steps))


def area(schedule: ScheduleLike, start: int, stop: int) -> jax.Array:
    r"""The sum of the values of some updates: $\sum_{t = a}^{b - 1} s(t)$.

    In chunks, with the rounding of each sum carried along: a million updates are as
    exact as ten.

    Args:
        schedule: a schedule, number or function of the count.
        start: $a$, the first count.
        stop: $b \ge a$, the count after the last.

    >>> import jaxsched as js
    >>> area(js.Transition(1.0, 0.0, 4), 0, 4)
    Array(2.5, dtype=float32)
    """
    _check_range("area", start, stop)
    schedule = as_schedule(schedule)

    def add(carry, first):
        total, lost = carry
        counts = first + jnp.arange(_CHUNK)
        # A count that wrapped round is not one.
        inside = (counts < stop) & (counts >= first)
        terms = jnp.where(inside, schedule(jnp.where(inside, counts, first)), 0)
        # Row by row and then the rows: each sum has few terms.
        total, rounded = clock.two_sum(total, terms.reshape(-1, _ROW).sum(1).sum())
        return (total, lost + rounded), None

    zero = clock.as_float(0)
    starts = jnp.arange(start, stop, _CHUNK, dtype=clock.int_dtype())
    (total, lost), _ = jax.lax.scan(add, (zero, zero), starts)
    return total + lost


def mean(schedule: ScheduleLike, start: int, stop: int) -> jax.Array:
    """The mean value of the updates from `start` to `stop - 1`.

    Args:
        schedule: a schedule, number or function of the count.
        start: the first count.
        stop: the count after the last, beyond `start`.

    >>> import jaxsched as js
    >>> mean(js.Transition(1.0, 0.0, 4), 0, 5)
    Array(0.5, dtype=float32)
    """
    checks.consistent(
        "mean", "stop > start", stop > start, f"{start}, {stop}", "Swap them."
    )
    return area(schedule, start, stop) / (stop - start)


def first_below(
    schedule: ScheduleLike, value: Any, start: int = 0, stop: int = 2**31 - 1
) -> jax.Array:
    """The first count from `start` on at which the value is below another.

    Looks at one count after the other, since a schedule need not fall, and stops where
    it has found one: `stop` is only how far to look.

    Args:
        schedule: a schedule, number or function of the count.
        value: what to fall below; may be traced.
        start: the first count to look at.
        stop: the count after the last to look at.

    Returns:
        The count, or -1 if there is none.

    >>> import jaxsched as js
    >>> int(first_below(js.Transition(1.0, 0.0, 100), 0.25))
    76
    >>> int(first_below(js.Constant(1.0), 0.25, stop=1_000))
    -1
    """
    _check_range("first_below", start, stop)
    schedule = as_schedule(schedule)

    def below(first):
        counts = first + jnp.arange(_CHUNK)
        # A count that wrapped round is not one.
        inside = (counts < stop) & (counts >= first)
        return counts, inside & (schedule(counts) < value)

    def goes_on(state):
        first, found = state
        return (found < 0) & (first >= 0) & (first < stop)

    def look(state):
        first, _ = state
        counts, is_below = below(first)
        found = jnp.where(is_below.any(), counts[jnp.argmax(is_below)], -1)
        return first + _CHUNK, found

    begin = jnp.asarray(start, clock.int_dtype())
    return jax.lax.while_loop(goes_on, look, (begin, jnp.full_like(begin, -1)))[1]


class Jump(NamedTuple):
    """A count at which a schedule is not continuous, and the values on either side."""

    at: int
    before: float
    after: float


def jumps(schedule: AbstractSchedule, stop: int, *, rtol: float = 1e-3) -> list[Jump]:
    """Where a schedule jumps: every count whose value is not the limit from the left.

    The limit is the value at a fractional count just before. So boundaries of `Join`
    are found, and steps of a staircase, however the schedule is made.

    Args:
        schedule: a schedule of concrete numbers.
        stop: the count after the last to look at, at most 2^22 (beyond, float32 has no
            count just before; under x64 there is no limit).
        rtol: a jump is larger than this share of the larger value.

    >>> import jaxsched as js
    >>> rate = js.Join([js.Transition(0.0, 1.0, 10), 0.5], boundaries=[10])
    >>> [(jump.at, round(jump.before, 6), jump.after) for jump in jumps(rate, 100)]
    [(10, 1.0, 0.5)]
    """
    checks.size("jumps", stop=stop)
    limit = 2 ** (jnp.finfo(clock.float_dtype()).nmant - 1)
    checks.consistent("jumps", f"stop <= {limit}", stop <= limit, f"{stop}", "Enable x64.")
    counts = np.arange(1, stop)
    at = np.asarray(schedule(counts), np.float64)
    before, is_jump = limits(schedule, counts, at, rtol)
    rows = zip(counts[is_jump], before[is_jump], at[is_jump], strict=True)
    return [Jump(int(t), float(b), float(a)) for t, b, a in rows]


def limits(
    schedule: Any, counts: np.ndarray, at: np.ndarray, rtol: float = 1e-3
) -> tuple[np.ndarray, np.ndarray]:
    """The limits from the left at counts above 0, and whether the values are others."""
    here = counts.astype(clock.float_dtype())
    gap = np.maximum(np.spacing(here), here.dtype.type(2.0**-8))
    close, far, farther = (
        np.asarray(schedule(here - x), np.float64) for x in (gap, 2 * gap, 3 * gap)
    )
    with np.errstate(invalid="ignore"):  # of values that are not finite
        before = 3 * (close - far) + farther  # of a parabola, as a cosine ends
        size = np.maximum(np.abs(at), np.abs(before))
        # A steep way is no jump: there the next stretch before is as steep.
        is_jump = (np.abs(at - before) > rtol * size) & (
            np.abs(at - before) > 2 * np.abs(close - far)
        )
    return before, is_jump


def tabulate(schedule: ScheduleLike, num_steps: int) -> Table:
    """A schedule compiled to a table of its values, one number for each count.

    The table is a schedule itself: edit it, differentiate it, save it. After its end it
    stays at its last value. Back to a schedule from values of any source is
    `Table(values)`.

    Args:
        schedule: a schedule, number or function of the count.
        num_steps: counts in the table, at least 1.

    >>> import jaxsched as js
    >>> table = tabulate(js.Transition(1.0, 0.0, 4), 5)
    >>> float(table(3)), float(table(100))
    (0.25, 0.0)
    """
    return Table(values(schedule, num_steps))


def _check_range(who: str, start: Any, stop: Any) -> None:
    checks.length(who, start=start, stop=stop)
    checks.consistent(who, "stop >= start", stop >= start, f"{start}, {stop}", "Swap them.")
