"""Curves that are powers of the way done, or of the way left."""

import jax.numpy as jnp

from jaxsched._core import AbstractCurve, Real, checks


class Linear(AbstractCurve):
    r"""The straight line, $w(x) = x$.

    >>> Linear()(0.25)
    Array(0.25, dtype=float32)
    """

    def evaluate(self, x):
        return x

    def rest(self, y):
        return y

    def is_symmetric(self):
        return True


class Polynomial(AbstractCurve):
    r"""A power of what is left, $w(x) = 1 - (1 - x)^p$: optax's polynomial decay.

    With $p > 1$ fast at first and then ever slower, with $p < 1$ the other way round.

    Args:
        power: $p > 0$.

    >>> Polynomial(power=2.0)(0.5)
    Array(0.75, dtype=float32)
    """

    power: Real

    def __post_init__(self):
        checks.positive(self, "power")

    def evaluate(self, x):
        return one_minus_power(x, 1 - x, self.power)

    def rest(self, y):
        return jnp.power(y, self.power)


class Power(AbstractCurve):
    r"""A power of what is done, $w(x) = x^p$.

    With $p = 2$ the "1-square" cooldown, with $p = 1/2$ the "1-sqrt" one.

    Args:
        power: $p > 0$.

    >>> Power(power=2.0)(0.5)
    Array(0.25, dtype=float32)
    """

    power: Real

    def __post_init__(self):
        checks.positive(self, "power")

    def evaluate(self, x):
        return jnp.power(x, self.power)

    def rest(self, y):
        return one_minus_power(y, 1 - y, self.power)


class SquareRoot(AbstractCurve):
    r"""The square root, $w(x) = \sqrt x$: the "1-sqrt" cooldown.

    >>> SquareRoot()(0.25)
    Array(0.5, dtype=float32)

    Reference: Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed
    Training Durations, 2024, arXiv:2405.18392.
    """

    def evaluate(self, x):
        return jnp.sqrt(x)

    def rest(self, y):
        return y / (1 + jnp.sqrt(1 - y))


def one_minus_power(x, y, power):
    """`1 - y**power` without cancellation, for `0 < x < 1` and `y = 1 - x > 0`."""
    left = jnp.power(y, power)
    is_far = left < 0.5
    # The inner selects keep the logarithm of a zero out of gradients.
    near = jnp.where(is_far | (x > 0.5), 0, x)
    rest = jnp.where(is_far | (x <= 0.5), 1, y)
    log = jnp.log1p(-near) + jnp.log(rest)  # one of them is 0
    return jnp.where(is_far, 1 - left, -_expm1(power * log))


def _expm1(z):
    """`exp(z) - 1` for `-0.7 < z < 0` by its series: XLA's own is 5 ulp off here."""
    num_terms = 11 if z.dtype.itemsize <= 4 else 19
    z = jnp.maximum(z, -0.7)
    total = jnp.ones_like(z)
    for n in range(num_terms, 1, -1):
        total = 1 + total * z / n
    return z * total
