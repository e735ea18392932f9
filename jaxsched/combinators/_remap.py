"""A combinator that turns the values of one schedule into those of another quantity."""

from typing import Any

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Real, as_schedule, checks


class Remapped(AbstractSchedule):
    r"""Moves from one value to another as a schedule moves between two of its own.

    $$s(t) = (1 - w) \, a + w \, b, \qquad
    w = \min\Big(\max\Big(\frac{c(t) - l}{h - l}, 0\Big), 1\Big)$$

    Exactly $a$ where the schedule is at `low` or below, exactly $b$ at `high` or above.

    Args:
        schedule: $c$.
        low: $l$, a value of the schedule.
        high: $h > l$, another one.
        low_value: $a$, the value at $l$.
        high_value: $b$, the value at $h$; it may be the smaller one.

    Raises:
        ValueError: if `low` is not below `high`.

    >>> import jaxsched as js
    >>> rate = js.Transition(0.5, 0.0, transition_steps=4)
    >>> momentum = Remapped(rate, 0.0, 0.5, low_value=1.0, high_value=0.5)
    >>> [float(momentum(count)) for count in (0, 2, 4)]
    [0.5, 0.75, 1.0]
    """

    schedule: Any
    low: Real
    high: Real
    low_value: Real
    high_value: Real

    def __post_init__(self):
        object.__setattr__(self, "schedule", as_schedule(self.schedule))
        checks.number(self, "low", "high", "low_value", "high_value")
        checks.consistent(
            "Remapped",
            "low < high",
            self.low < self.high,
            f"low={self.low} and high={self.high}",
            "Give two different values of the schedule.",
        )

    def evaluate(self, count):
        value = self.schedule.evaluate(count)
        span = jnp.subtract(self.high, self.low)
        width = jnp.where(span > 0, span, 1)
        done, rest = (value - self.low) / width, (self.high - value) / width
        between = rest * self.low_value + done * self.high_value
        from_high = jnp.where(value >= self.high, self.high_value, between)
        return jnp.where(value <= self.low, self.low_value, from_high)

    def horizon(self):
        return self.schedule.horizon()
