"""A cooldown that begins when it is told to."""

import math
from typing import Any

import jax.numpy as jnp

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Real,
    Steps,
    as_schedule,
    checks,
    clock,
)


class Cooldown(AbstractSchedule):
    r"""Follows a schedule until a count, then leaves it for an end value.

    $$s(t) = c(t), \; t < t_0; \qquad
    s(t) = (1 - w) \, c(t_0) + w \, b, \; w = w\big((t - t_0) / T\big), \; t \ge t_0$$

    It starts at exactly the value that the schedule has there. The start is a number
    like any other, infinite while there is no cooldown, so a run can begin its cooldown
    when it chooses to, and compiles nothing for it. It is held as a float: beyond 2^24
    updates a start is rounded to one that float32 has.

    Args:
        schedule: $c$.
        end_value: $b$, reached $T$ updates after the start.
        decay_start: $t_0$, a count; infinity for not yet.
        decay_steps: $T \ge 0$, in updates.
        curve: $w$, a shape from `jaxsched.curves`.

    >>> import jaxsched as js
    >>> rate = Cooldown(0.5, 0.0, float("inf"), 4, curve=js.curves.Linear())
    >>> begun = rate.replace(decay_start=100)
    >>> float(rate(102)), float(begun(100)), float(begun(102)), float(begun(104))
    (0.5, 0.5, 0.25, 0.0)

    Reference: Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed
    Training Durations, 2024, arXiv:2405.18392.
    """

    schedule: Any
    end_value: Real
    decay_start: Real
    decay_steps: Steps
    curve: AbstractCurve

    def __post_init__(self):
        object.__setattr__(self, "schedule", as_schedule(self.schedule))
        checks.number(self, "end_value")
        checks.length(self, "decay_start", "decay_steps")
        checks.instance(self, "curve", AbstractCurve, "Linear()")

    def evaluate(self, count):
        begun = clock.reached(count, self.decay_start)
        left = jnp.where(begun, clock.clamp(count, self.decay_start), count)
        value = self.schedule.evaluate(left)
        age = clock.gap(count, self.decay_start)
        path = self.curve.blend(value, self.end_value, age, self.decay_steps)
        return jnp.where(begun, path, value)

    def horizon(self):
        end = self.decay_start + self.decay_steps
        return end if math.isfinite(end) else self.schedule.horizon()
