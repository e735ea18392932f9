"""The weight of what is new in a running average."""

import math

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Real, checks, clock


class AnytimeWeight(AbstractSchedule):
    r"""The weight of the newest in an average that remembers a fixed share of the run.

    $$s(t) = 1 - 2^{-1 / (f t)}, \qquad s(0) = 1$$

    A moving average whose half-life is $f t$ updates. All that came by update $i$ has at
    update $t$ a weight that goes to $(i / t)^p$ as $i$ grows, with $p = \ln 2 / f$: at
    any time it is as if the learning rate had decayed as $1 - x^p$ over the whole run.
    With $f = \ln 2$ that is the plain mean, and a decay in a straight line.

    Use it with `optax.incremental_update(params, average, weight(count))`, at a count of
    0 for the first parameters that go in.

    Args:
        half_life_fraction: $f > 0$; one below 1e-6 counts as that.

    >>> weight = AnytimeWeight(half_life_fraction=0.5)
    >>> [round(float(weight(count)), 6) for count in (0, 1, 2, 1_000_000)]
    [1.0, 0.75, 0.5, 1e-06]

    Reference: Anytime training by weight averaging, arXiv:2602.03702, 2026, for the idea
    of a half-life that grows with time; the formula is derived here.
    """

    half_life_fraction: Real

    def __post_init__(self):
        checks.positive(self, "half_life_fraction")

    def evaluate(self, count):
        half_life = jnp.maximum(self.half_life_fraction, 1e-6) * clock.as_float(count)
        has_begun = half_life > 1e-6
        weight = -jnp.expm1(-math.log(2) / jnp.where(has_begun, half_life, 1))
        return jnp.where(has_begun, weight, 1)
