"""The transition: from one value to another, in a number of updates, along a curve.

Nearly every published schedule is a few of these, joined.
"""

import jax.numpy as jnp

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Leg,
    Real,
    Steps,
    Way,
    checks,
    clock,
)
from jaxsched.curves import Linear


class Transition(AbstractSchedule):
    r"""Goes from $a$ to $b$ in $T$ updates along a curve $w$, then stays.

    $$s(t) = (1 - w(t / T)) \, a + w(t / T) \, b, \qquad s(t \ge T) = b$$

    Both ends are exact. With $T = 0$ it is at $b$ from the first count.

    Args:
        init_value: $a$, at count 0.
        end_value: $b$, reached at count `transition_steps`.
        transition_steps: $T \ge 0$, in updates.
        curve: $w$, a shape from `jaxsched.curves`.

    Raises:
        ValueError: if `transition_steps` is negative or a value is NaN.

    >>> warmup = Transition(init_value=0.0, end_value=0.5, transition_steps=4)
    >>> [float(warmup(count)) for count in (0, 1, 2, 4, 9)]
    [0.0, 0.125, 0.25, 0.5, 0.5]
    """

    init_value: Real
    end_value: Real
    transition_steps: Steps
    curve: AbstractCurve = Linear()

    def __post_init__(self):
        checks.number(self, "init_value", "end_value")
        checks.length(self, "transition_steps")
        checks.instance(self, "curve", AbstractCurve, "Linear()")

    def evaluate(self, count):
        return self.curve.blend(
            self.init_value, self.end_value, count, self.transition_steps
        )

    def leg(self):
        return Leg(self.init_value, self.end_value, self.transition_steps, self.curve)

    def horizon(self):
        return self.transition_steps


class ExtendingTransition(AbstractSchedule):
    r"""A transition whose end moves on by a period whenever it is reached.

    $$s(t) = (1 - w) \, a + w \, b, \qquad w = w\big(t / (P \lceil t / P \rceil)\big)$$

    It is at $b$ at every multiple of $P$, and jumps back up after it: TensorFlow's and
    Keras's polynomial decay with `cycle=True`.

    Args:
        init_value: $a$, at count 0.
        end_value: $b$, at the multiples of the period.
        period_steps: $P > 0$, in updates.
        curve: $w$, a shape from `jaxsched.curves`.

    >>> decay = ExtendingTransition(1.0, 0.0, period_steps=4)
    >>> [float(decay(count)) for count in (0, 2, 4, 6, 8)]
    [1.0, 0.5, 0.0, 0.25, 0.0]
    """

    init_value: Real
    end_value: Real
    period_steps: Steps
    curve: AbstractCurve = Linear()

    def __post_init__(self):
        checks.number(self, "init_value", "end_value")
        checks.positive_length(self, "period_steps")
        checks.instance(self, "curve", AbstractCurve, "Linear()")

    def evaluate(self, count):
        _, within = clock.cycle(count, self.period_steps)
        period = jnp.asarray(self.period_steps, within.dtype)
        # To the next multiple, which may be now; at count 0 to the first one.
        left = jnp.where((within > 0) | (count <= 0), period - within, 0)
        done, rest = clock.as_float(count), clock.as_float(left)
        share = jnp.minimum(done, rest) / jnp.maximum(done + rest, 1e-6)
        return self.curve.along(Way(done < rest, share), self.init_value, self.end_value)
