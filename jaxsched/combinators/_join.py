"""One schedule after another, each on its own clock."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Real,
    Schedules,
    Steps,
    as_schedule,
    as_schedules,
    checks,
    clock,
    way_between,
)


class Join(AbstractSchedule):
    r"""Runs schedules one after another; each starts at its own count 0.

    $$s(t) = s_i(t - b_i) \quad \text{for } b_i \le t < b_{i+1}, \qquad b_0 = 0$$

    A boundary belongs to the next schedule. One that is over is asked for its end, one
    that waits or has no length for its count 1, so what it does elsewhere (a division
    by zero, say) reaches neither the value nor a gradient.

    Args:
        schedules: $n$ schedules, numbers or functions of the count.
        boundaries: $n - 1$ counts, in order. Equal ones leave a schedule out.

    Raises:
        ValueError: if the numbers do not match, or the boundaries are not in order.

    >>> steps = Join([0.5, 1.0, 0.25], boundaries=[10, 20])
    >>> [float(steps(count)) for count in (9, 10, 20)]
    [0.5, 1.0, 0.25]
    """

    schedules: Schedules
    boundaries: Any

    def __post_init__(self):
        object.__setattr__(self, "schedules", as_schedules(self.schedules))
        object.__setattr__(self, "boundaries", _separate(self.boundaries))
        checks.some(self, "schedules")
        n = len(self.schedules)
        checks.matching("Join", "boundaries", len(self.boundaries), "schedules", n, n - 1)
        checks.increasing("Join", "boundaries", self.boundaries)

    def evaluate(self, count):
        legs = [schedule.leg() for schedule in self.schedules]
        lengths = [leg.steps for leg in legs if leg is not None]
        if len(lengths) == len(legs) and clock.is_whole(count, *self.boundaries, *lengths):
            return _walk(legs, self.boundaries, count)
        value: Any = None
        boundaries = (0, *self.boundaries)
        for i, schedule in enumerate(self.schedules):
            begun, age = _own_clock(count, *boundaries[i : i + 2])
            now = clock.as_float(schedule.evaluate(age))
            value = now if i == 0 else clock.select(begun, now, value)
        return value

    def horizon(self):
        start = self.boundaries[-1] if self.boundaries else 0
        return start + self.schedules[-1].horizon()


class Warmup(AbstractSchedule):
    r"""Rises to the first value of a schedule, then runs it from its count 0.

    $$s(t) = (1 - w)\, v + w\, c(0), \; w = w(t / T), \quad t < T;
    \qquad s(t) = c(t - T), \quad t \ge T$$

    The peak is not a number of its own: change the schedule and its warmup follows.

    Args:
        schedule: $c$, what comes after the warmup.
        init_value: $v$, at count 0.
        warmup_steps: $T \ge 0$, in updates.
        curve: $w$, a shape from `jaxsched.curves`.

    >>> import jaxsched as js
    >>> warm = Warmup(js.Constant(1.0), 0.0, warmup_steps=4, curve=js.curves.Linear())
    >>> [float(warm(count)) for count in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    """

    schedule: Any
    init_value: Real
    warmup_steps: Steps
    curve: AbstractCurve

    def __post_init__(self):
        object.__setattr__(self, "schedule", as_schedule(self.schedule))
        checks.number(self, "init_value")
        checks.length(self, "warmup_steps")
        checks.instance(self, "curve", AbstractCurve, "Linear()")

    def evaluate(self, count):
        # At count T and after, c(t - T); before, c(0): one call of the schedule.
        value = self.schedule.evaluate(clock.since(count, self.warmup_steps))
        return self.curve.blend(self.init_value, value, count, self.warmup_steps)

    def horizon(self):
        return self.warmup_steps + self.schedule.horizon()


def _separate(boundaries: Any) -> tuple[Any, ...]:
    """Boundaries as one leaf each, also where they came as one array."""
    return tuple(boundaries[i] for i in range(len(boundaries)))


def _walk(legs: Any, boundaries: tuple[Any, ...], count: jax.Array) -> Any:
    """The value on one of several ways: first the leg, then the place on it, once for all.

    A leg is finite everywhere, and only the one that runs is asked.
    """
    begun = [clock.reached(count, boundary) for boundary in boundaries]

    def now(values):
        found = values[0]
        for has_begun, value in zip(begun, values[1:], strict=True):
            found = found if value is found else clock.select(has_begun, value, found)
        return found

    starts = [jnp.asarray(boundary, count.dtype) for boundary in boundaries]
    age = now([count, *(count - start for start in starts)])
    steps = now([jnp.asarray(leg.steps, count.dtype) for leg in legs])
    way = way_between(clock.Gap(age), steps)
    start, end = (now([clock.as_float(leg[i]) for leg in legs]) for i in (0, 1))
    on = {}
    for leg in legs:
        if leg.curve is not None and _key(leg.curve) not in on:
            on[_key(leg.curve)] = leg.curve.along(way, start, end)
    # A constant is on every curve.
    anywhere = next(iter(on.values()), start)
    return now([anywhere if leg.curve is None else on[_key(leg.curve)] for leg in legs])


def _key(curve: AbstractCurve) -> Any:
    """The same for curves that need not be told apart: those without a number."""
    return jax.tree.structure(curve) if not jax.tree.leaves(curve) else id(curve)


def _own_clock(count: jax.Array, start: Any, end: Any = None) -> tuple[Any, jax.Array]:
    """Whether a schedule has begun, and the count of its own that it is asked for.

    Its end once that is over; a count that is not 0, where many a formula divides by
    zero, while it waits or if it has no length.
    """
    is_first = isinstance(start, int) and start == 0
    begun: Any = None if is_first else clock.reached(count, start)
    if clock.is_whole(count, start, *(() if end is None else (end,))):
        age = count if is_first else count - jnp.asarray(start, count.dtype)
        one = jnp.ones_like(count)
        if end is not None:
            length = jnp.asarray(end, count.dtype) - jnp.asarray(start, count.dtype)
            one = jnp.broadcast_to(jnp.maximum(length, 1), count.shape)
            age = clock.within(one - length, age, one)
        return begun, age if is_first else clock.select(begun, age, one)
    age = clock.since(count, start)
    runs: Any = True if is_first else begun
    if end is not None:
        length = end - start
        age, runs = clock.clamp(age, length), runs & (length > 0)
    return begun, jnp.where(runs, age, 1)
