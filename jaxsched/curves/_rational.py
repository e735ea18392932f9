"""Curves made of quotients and roots, without a power or an exponential."""

import jax.numpy as jnp

from jaxsched._core import AbstractCurve, Real, checks


class Rex(AbstractCurve):
    r"""Reflected exponential, $w(x) = \frac{\beta x}{1 - (1 - \beta) x}$.

    What is left is $\frac{1 - x}{1 - (1 - \beta) x}$: REX for $\beta = 1/2$, the straight
    line for 1. From $a$ to $b$ with $\beta = a / b$ it is the inverse-linear cooldown, in
    which $1 / s$ moves in a straight line; with $b = 0$ and $\beta = 1 - a$ it is Demon.

    Args:
        beta: $\beta > 0$.

    >>> round(float(Rex()(0.5)), 6)
    0.333333

    Reference: Chen et al., REX, 2022, arXiv:2107.04197; the general form is that of
    init2winit.
    """

    beta: Real = 0.5

    def __post_init__(self):
        checks.positive(self, "beta")

    def evaluate(self, x):
        beta = _above_zero(self.beta)
        return beta * x / ((1 - x) + beta * x)

    def rest(self, y):
        return y / (y + _above_zero(self.beta) * (1 - y))


class InverseSqrt(AbstractCurve):
    r"""One over a square root, cut off and scaled: $w(x) = h(x) / h(1)$.

    $h(x) = 1 / \sqrt{1 + \alpha x} - 1$: steep at first, then ever slower. The cooldown of
    the infinite schedule.

    Args:
        sharpness: $\alpha > 0$.

    >>> round(float(InverseSqrt(sharpness=8.0)(3 / 8)), 6)
    0.75

    Reference: Ibrahim et al., Simple and Scalable Strategies to Continually Pre-train
    Large Language Models, 2024, arXiv:2403.08763.
    """

    sharpness: Real = 10.0

    def __post_init__(self):
        checks.positive(self, "sharpness")

    def evaluate(self, x):
        root, last = self._root(x), self._root(1)
        return x * last * (last + 1) / (root * (root + 1))

    def rest(self, y):
        root, last = self._root(1 - y), self._root(1)
        return y * (last + 1) / (root * (last + root))

    def _root(self, x):
        return jnp.sqrt(1 + _above_zero(self.sharpness) * x)


class Hyperbolic(AbstractCurve):
    r"""A branch of a hyperbola: what is left is $f(x) / f(0)$.

    $f(x)^2 = (1 - r x)^2 - (1 - r)^2$, where $r$ is the length over the length for which
    the same decay is also meant; all of them start with the same slope, nearly.

    Args:
        extent: $r$ in (0, 1].

    >>> round(float(Hyperbolic(extent=1.0)(0.25)), 6)
    0.25

    Reference: Kim et al., HyperbolicLR, 2024, arXiv:2407.15200.
    """

    extent: Real

    def __post_init__(self):
        checks.positive(self, "extent")
        checks.at_most(self, "extent", 1)

    def evaluate(self, x):
        extent = self._extent()
        return x * (2 - extent * x) / ((2 - extent) * (1 + self.rest(1 - x)))

    def rest(self, y):
        extent = self._extent()
        return jnp.sqrt(y * (2 * (1 - extent) + extent * y) / (2 - extent))

    def _extent(self):
        return jnp.clip(self.extent, 1e-6, 1)


def _above_zero(value):
    return jnp.maximum(value, 1e-30)
