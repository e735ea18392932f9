"""Curves that bend: the half cosine, the smooth step, the exponential."""

import math

import jax.numpy as jnp

from jaxsched._core import AbstractCurve, Real, checks

from ._power import one_minus_power


class Cosine(AbstractCurve):
    r"""Half a cosine, $w(x) = 1 - \left(\tfrac12 (1 + \cos \pi x)\right)^e$.

    Computed as $\sin^2(\tfrac\pi2 y)$ of what is left: $1 + \cos$ loses every digit
    near the end.

    Args:
        exponent: $e > 0$ of the cosine term; 1 is cosine annealing.

    >>> Cosine()(0.5)
    Array(0.5, dtype=float32)

    Reference: Loshchilov and Hutter, SGDR, 2017, arXiv:1608.03983.
    """

    exponent: Real = 1.0

    def __post_init__(self):
        checks.positive(self, "exponent")

    def evaluate(self, x):
        return one_minus_power(_half_sine(x), self.exponent)

    def rest(self, y):
        return jnp.power(_half_sine(y), self.exponent)


class SmoothStep(AbstractCurve):
    r"""The cubic with flat ends, $w(x) = x^2 (3 - 2x)$.

    >>> SmoothStep()(0.25)
    Array(0.15625, dtype=float32)
    """

    def evaluate(self, x):
        return x * x * (3 - 2 * x)

    def rest(self, y):
        return y * y * (3 - 2 * y)


class Exponential(AbstractCurve):
    r"""Growth by equal factors, $w(x) = (e^{kx} - 1) / (e^k - 1)$.

    With $k = \ln(b / a)$ the way from $a$ to $b$ is geometric, $a (b / a)^x$. Negative
    $k$ saturates; $k = 0$ is the straight line.

    Args:
        sharpness: $k$, clipped to $[-80, 80]$.

    >>> Exponential(sharpness=0.0)(0.25)
    Array(0.25, dtype=float32)
    """

    sharpness: Real

    def __post_init__(self):
        checks.number(self, "sharpness")

    def evaluate(self, x):
        return _growth(x, self.sharpness)

    def rest(self, y):
        return _growth(y, -self.sharpness)


def _half_sine(x):
    return jnp.square(jnp.sin(0.5 * math.pi * x))


def _growth(x, sharpness):
    sharpness = jnp.clip(sharpness, -80, 80)
    flat = jnp.abs(sharpness) < 1e-6
    k = jnp.where(flat, 1e-6, sharpness)
    return jnp.where(flat, x, jnp.expm1(k * x) / jnp.expm1(k))
