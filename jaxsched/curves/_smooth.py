"""Curves that bend: the half cosine, the smooth step, the exponential."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractCurve, Real, checks

from ._power import one_minus_power


class Cosine(AbstractCurve):
    r"""Half a cosine, $w(x) = 1 - \left(\tfrac12 (1 + \cos \pi x)\right)^e$.

    Computed as $\sin^2(\tfrac\pi2 y)$ of what is left: $1 + \cos$ loses every digit
    near the end.

    Args:
        exponent: $e > 0$ of the cosine term; None for cosine annealing, without the
            cost of a power.

    >>> round(float(Cosine()(1 / 3)), 6)
    0.25

    Reference: Loshchilov and Hutter, SGDR, 2017, arXiv:1608.03983.
    """

    exponent: Any = None

    def __post_init__(self):
        if self.exponent is not None:
            checks.positive(self, "exponent")

    def evaluate(self, x):
        wave = _half_sine(x)
        if self.exponent is None:
            return wave
        shape = one_minus_power(wave, _half_sine(1 - x), self.exponent)
        # With exponent 1 it is the wave itself, to the last digit; the power keeps the
        # derivatives.
        better = jnp.where(self.exponent == 1, wave - shape, 0)
        return shape + jax.lax.stop_gradient(better)

    def rest(self, y):
        wave = _half_sine(y)
        return wave if self.exponent is None else jnp.power(wave, self.exponent)


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
