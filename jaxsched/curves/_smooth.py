"""Curves that bend: cosine, smooth step, exponential, logarithm, hyperbolic tangent."""

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

    def is_symmetric(self):
        return self.exponent is None


class SmoothStep(AbstractCurve):
    r"""The cubic with flat ends, $w(x) = x^2 (3 - 2x)$.

    >>> SmoothStep()(0.25)
    Array(0.15625, dtype=float32)
    """

    def evaluate(self, x):
        return x * x * (3 - 2 * x)

    def rest(self, y):
        return y * y * (3 - 2 * y)

    def is_symmetric(self):
        return True


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


class MirrorCosine(AbstractCurve):
    r"""The half cosine mirrored at the straight line, $w(x) = 2x - \sin^2(\pi x / 2)$.

    Fast at both ends and slow in the middle.

    >>> round(float(MirrorCosine()(0.25)), 6)
    0.353553

    Reference: Hägele et al., 2024, arXiv:2405.18392 (their code).
    """

    def evaluate(self, x):
        return 2 * x - _half_sine(x)

    def rest(self, y):
        return 2 * y - _half_sine(y)

    def is_symmetric(self):
        return True


class Logarithmic(AbstractCurve):
    r"""Fast, then ever slower: $w(x) = \ln(1 + kx) / \ln(1 + k)$.

    Args:
        sharpness: $k > 0$.

    >>> round(float(Logarithmic(sharpness=3.0)(1 / 3)), 6)
    0.5
    """

    sharpness: Real

    def __post_init__(self):
        checks.positive(self, "sharpness")

    def evaluate(self, x):
        k = jnp.maximum(self.sharpness, 1e-30)
        return jnp.log1p(k * x) / jnp.log1p(k)

    def rest(self, y):
        k = jnp.maximum(self.sharpness, 1e-30)
        return -jnp.log1p(-y * (k / (1 + k))) / jnp.log1p(k)


class Tanh(AbstractCurve):
    r"""A hyperbolic tangent between two arguments, scaled to both ends.

    $$w(x) = \frac{\tanh(l + (u - l) x) - \tanh l}{\tanh u - \tanh l}$$

    The logistic sigmoid $1 / (1 + e^{k (x - c)})$ is what is left with $l = -kc / 2$ and
    $u = k (1 - c) / 2$.

    Args:
        lower: $l$, the argument at the start, clipped to $[-40, 40]$ as the other.
        upper: $u > l$, the argument at the end.

    >>> round(float(Tanh(lower=-2.0, upper=2.0)(0.5)), 6)
    0.5

    Reference: Hsueh et al., Stochastic Gradient Descent with Hyperbolic-Tangent Decay,
    2019, arXiv:1806.01593.
    """

    lower: Real = -6.0
    upper: Real = 3.0

    def __post_init__(self):
        checks.number(self, "lower", "upper")
        checks.ordered(self, "lower", "upper")

    def evaluate(self, x):
        return _tanh_between(self.lower, self.upper, x)

    def rest(self, y):
        # tanh is odd: backwards it is the same curve between the mirrored arguments.
        return _tanh_between(-self.upper, -self.lower, y)


def _tanh_between(low, high, x):
    """The share of `tanh(high) - tanh(low)` that is reached at a share of the way.

    `tanh(b) - tanh(a)` is `tanh(b - a) (1 - tanh(a) tanh(b))`, and that in turn
    `2 (1 - e^(-2d)) / ((1 + e^(2a)) (1 + e^(-2b)))` with `d = b - a`: no difference of
    nearly equal numbers is left.
    """
    low, high = jnp.clip(low, -40, 40), jnp.clip(high, -40, 40)
    span = jnp.maximum(high - low, 1e-6)
    now = low + span * x
    steps = jnp.expm1(-2 * span * x) / jnp.expm1(-2 * span)
    return steps * (1 + jnp.exp(-2 * high)) / (1 + jnp.exp(-2 * now))


def _half_sine(x):
    return jnp.square(jnp.sin(0.5 * math.pi * x))


def _growth(x, sharpness):
    sharpness = jnp.clip(sharpness, -80, 80)
    flat = jnp.abs(sharpness) < 1e-6
    k = jnp.where(flat, 1e-6, sharpness)
    return jnp.where(flat, x, jnp.expm1(k * x) / jnp.expm1(k))
