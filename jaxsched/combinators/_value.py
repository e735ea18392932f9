"""Combinators that change the value, at the same count."""

import functools
from typing import Any

import jax.numpy as jnp

from jaxsched._core import (
    AbstractSchedule,
    Real,
    Schedules,
    as_schedule,
    as_schedules,
    checks,
)


class Clip(AbstractSchedule):
    r"""Keeps the value within bounds: $s(t) = \min(\max(c(t), a), b)$.

    Args:
        schedule: $c$.
        min_value: $a$; minus infinity for none.
        max_value: $b$; infinity for none.

    Raises:
        ValueError: if `min_value` exceeds `max_value`.

    >>> import jaxsched as js
    >>> Clip(js.Transition(1.0, 0.0, 100), min_value=0.25)(99)
    Array(0.25, dtype=float32)
    """

    schedule: Any
    min_value: Real = -float("inf")
    max_value: Real = float("inf")

    def __post_init__(self):
        object.__setattr__(self, "schedule", as_schedule(self.schedule))
        checks.ordered(self, "min_value", "max_value")

    def evaluate(self, count):
        value = self.schedule.evaluate(count)
        return jnp.minimum(jnp.maximum(value, self.min_value), self.max_value)

    def horizon(self):
        return self.schedule.horizon()


class Minimum(AbstractSchedule):
    r"""The smallest of several: $s(t) = \min_i s_i(t)$.

    Args:
        schedules: at least one schedule, number or function of the count.

    >>> import jaxsched as js
    >>> Minimum([js.Transition(0.0, 1.0, 4), 0.5])(3)
    Array(0.5, dtype=float32)
    """

    schedules: Schedules

    def __post_init__(self):
        object.__setattr__(self, "schedules", as_schedules(self.schedules))
        checks.some(self, "schedules")

    def evaluate(self, count):
        values = [schedule.evaluate(count) for schedule in self.schedules]
        return functools.reduce(jnp.minimum, values)

    def horizon(self):
        return max(schedule.horizon() for schedule in self.schedules)


class Maximum(AbstractSchedule):
    r"""The largest of several: $s(t) = \max_i s_i(t)$.

    Args:
        schedules: at least one schedule, number or function of the count.

    >>> import jaxsched as js
    >>> Maximum([js.Transition(1.0, 0.0, 4), 0.5])(3)
    Array(0.5, dtype=float32)
    """

    schedules: Schedules

    def __post_init__(self):
        object.__setattr__(self, "schedules", as_schedules(self.schedules))
        checks.some(self, "schedules")

    def evaluate(self, count):
        values = [schedule.evaluate(count) for schedule in self.schedules]
        return functools.reduce(jnp.maximum, values)

    def horizon(self):
        return max(schedule.horizon() for schedule in self.schedules)
