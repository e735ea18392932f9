"""Decays that never arrive: no end value, no length, only a pace."""

import math

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Real, Steps, checks, clock

# An exponential that grows is held at e^60 of its first value: beyond, float32 has no
# finite gradient left.
_MOST = 60.0


class ExponentialDecay(AbstractSchedule):
    r"""Multiplies by the same factor in every interval.

    $$s(t) = v_0 \, r^{t / T}$$

    With $r > 1$ it grows, and stays at $e^{60} v_0$ when it gets there.

    Args:
        init_value: $v_0$, at count 0.
        decay_rate: $r > 0$, the factor for one interval.
        interval_steps: $T > 0$, in updates.

    Raises:
        ValueError: if `decay_rate` or `interval_steps` is not above 0.

    >>> decay = ExponentialDecay(init_value=1.0, decay_rate=0.5, interval_steps=10)
    >>> decay(20)
    Array(0.25, dtype=float32)
    """

    init_value: Real
    decay_rate: Real
    interval_steps: Steps

    def __post_init__(self):
        checks.number(self, "init_value")
        checks.positive(self, "decay_rate")
        checks.positive_length(self, "interval_steps")

    def evaluate(self, count):
        exponent = clock.ratio(count, self.interval_steps)
        rate = jnp.maximum(self.decay_rate, 1e-30)
        pace = jnp.log(rate)
        is_grown = exponent.value * pace >= _MOST
        value = jnp.power(rate, jnp.where(is_grown, 0, exponent.value))
        # What rounding took from the exponent would be magnified 20 times after nine
        # decades.
        value = value + value * (exponent.error * pace)
        return self.init_value * _bounded(is_grown, value)


class NaturalExponentialDecay(AbstractSchedule):
    r"""Decays at a continuous rate: $s(t) = v_0 \, e^{-k t}$.

    The same family as `ExponentialDecay`; a node of its own because $e^{-k}$, rounded,
    has lost most digits of a small $k$.

    Args:
        init_value: $v_0$, at count 0.
        decay_rate: $k$, per update. Negative grows, up to $e^{60} v_0$.

    >>> NaturalExponentialDecay(init_value=1.0, decay_rate=0.0)(20)
    Array(1., dtype=float32)
    """

    init_value: Real
    decay_rate: Real

    def __post_init__(self):
        checks.number(self, "init_value", "decay_rate")

    def evaluate(self, count):
        exponent = clock.product(count, self.decay_rate)
        is_grown = -exponent.value >= _MOST
        value = jnp.exp(jnp.where(is_grown, 0, -exponent.value))
        value = value - value * exponent.error
        return self.init_value * _bounded(is_grown, value)


class InverseTimeDecay(AbstractSchedule):
    r"""Decays as one over the count: time-based decay.

    $$s(t) = \frac{v_0}{1 + r \, t / T}$$

    Args:
        init_value: $v_0$, at count 0.
        decay_rate: $r \ge 0$, for one interval.
        interval_steps: $T > 0$, in updates.

    >>> InverseTimeDecay(init_value=1.0, decay_rate=0.5)(2)
    Array(0.5, dtype=float32)
    """

    init_value: Real
    decay_rate: Real
    interval_steps: Steps = 1

    def __post_init__(self):
        checks.number(self, "init_value")
        checks.at_least(self, "decay_rate", 0)
        checks.positive_length(self, "interval_steps")

    def evaluate(self, count):
        rate = jnp.maximum(self.decay_rate, 0)
        return self.init_value / (1 + rate * clock.ratio(count, self.interval_steps).value)


class InverseSqrtDecay(AbstractSchedule):
    r"""Holds, then decays as one over the square root of the count.

    $$s(t) = v_0 \sqrt{T / \max(t, T)}$$

    Args:
        init_value: $v_0$, while it holds.
        hold_steps: $T > 0$, in updates.

    >>> InverseSqrtDecay(init_value=1.0, hold_steps=4)(16)
    Array(0.5, dtype=float32)

    Reference: Vaswani et al., Attention Is All You Need, 2017, section 5.3.
    """

    init_value: Real
    hold_steps: Steps

    def __post_init__(self):
        checks.number(self, "init_value")
        checks.positive_length(self, "hold_steps")

    def evaluate(self, count):
        held = ~clock.reached(count, self.hold_steps)
        age = jnp.where(held, 1, clock.ratio(count, self.hold_steps).value)
        return self.init_value / jnp.sqrt(jnp.maximum(age, 1))


class InversePowerDecay(AbstractSchedule):
    r"""Holds, then decays as a power of the count: a power law with a cap.

    $$s(t) = v_0 \, (T / \max(t, T))^p$$

    A law $\min(v_0, c \, t^{-p})$ is this with $T = (c / v_0)^{1 / p}$, which need not be
    whole.

    Args:
        init_value: $v_0$, while it holds.
        power: $p \ge 0$.
        hold_steps: $T > 0$, in updates.

    >>> InversePowerDecay(init_value=1.0, power=2.0, hold_steps=4)(8)
    Array(0.25, dtype=float32)

    Reference: Shen et al., Power Scheduler, 2024, arXiv:2408.13359.
    """

    init_value: Real
    power: Real
    hold_steps: Steps

    def __post_init__(self):
        checks.number(self, "init_value")
        checks.at_least(self, "power", 0)
        checks.positive_length(self, "hold_steps")

    def evaluate(self, count):
        age = clock.ratio(count, self.hold_steps)
        held = ~clock.reached(count, self.hold_steps) | (age.value < 1)
        age = clock.Ratio(jnp.where(held, 1, age.value), jnp.where(held, 0, age.error))
        return self.init_value * clock.power(age, -jnp.maximum(self.power, 0))


class PowerDecay(AbstractSchedule):
    r"""Decays as a power of the count: power scheduling.

    $$s(t) = \frac{v_0}{(1 + t / T)^p}$$

    Args:
        init_value: $v_0$, at count 0.
        power: $p \ge 0$.
        interval_steps: $T > 0$, in updates; the value at $T$ is $v_0 / 2^p$.

    >>> PowerDecay(init_value=1.0, power=2.0, interval_steps=10)(10)
    Array(0.25, dtype=float32)

    Reference: Géron, Hands-On Machine Learning, chapter on training deep networks.
    """

    init_value: Real
    power: Real
    interval_steps: Steps

    def __post_init__(self):
        checks.number(self, "init_value")
        checks.at_least(self, "power", 0)
        checks.positive_length(self, "interval_steps")

    def evaluate(self, count):
        base = clock.one_plus(clock.ratio(count, self.interval_steps))
        return self.init_value * clock.power(base, -jnp.maximum(self.power, 0))


def _bounded(is_grown, value):
    most = math.exp(_MOST)
    return jnp.where(is_grown, most, jnp.minimum(value, most))
