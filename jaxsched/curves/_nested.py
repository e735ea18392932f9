"""Curves made of other curves."""

from typing import Any

import jax.numpy as jnp

from jaxsched._core import AbstractCurve, Real, checks

from ._power import Linear, one_minus_power


class KDecay(AbstractCurve):
    r"""Any curve of a power of the way done: $w(x) = c(x^k)$.

    With $k > 1$ it starts later and ends faster.

    Args:
        curve: $c$.
        power: $k > 0$.

    >>> from jaxsched.curves import Cosine
    >>> round(float(KDecay(Cosine(), power=2.0)(0.5)), 6)
    0.146447

    Reference: Zhang and Li, k-decay, 2020, arXiv:2004.05909.
    """

    curve: AbstractCurve
    power: Real

    def __post_init__(self):
        checks.instance(self, "curve", AbstractCurve, "Cosine()")
        checks.positive(self, "power")

    def evaluate(self, x):
        return self.curve.evaluate(jnp.power(x, self.power))

    def rest(self, y):
        return self.curve.rest(one_minus_power(y, 1 - y, self.power))


class Envelope(AbstractCurve):
    r"""Two decays multiplied: what is left is the product of what is left of each.

    $1 - w(x) = (1 - c(x)) (1 - e(x))$. Cosine in a linear envelope is
    `Envelope(Cosine(), Linear())`.

    Args:
        curve: $c$.
        envelope: $e$.

    >>> Envelope(Linear(), Linear())(0.5)
    Array(0.75, dtype=float32)
    """

    curve: AbstractCurve
    envelope: AbstractCurve = Linear()

    def __post_init__(self):
        checks.instance(self, "curve", AbstractCurve, "Cosine()")
        checks.instance(self, "envelope", AbstractCurve, "Linear()")

    def evaluate(self, x):
        done = self.curve.evaluate(x)
        return done + (1 - done) * self.envelope.evaluate(x)

    def rest(self, y):
        return self.curve.rest(y) * self.envelope.rest(y)


class Geometric(AbstractCurve):
    r"""The curve of the logarithm: from $a$ to $b$ by $a (b / a)^{c(x)}$.

    Along a straight line it moves by equal factors: the exponential that is anchored at
    both ends. Both values have to be above 0 (smaller ones count as 1e-30).

    Args:
        curve: $c$.

    >>> import jaxsched as js
    >>> decay = js.Transition(1.0, 0.25, transition_steps=4, curve=Geometric())
    >>> [round(float(decay(count)), 6) for count in (0, 2, 4)]
    [1.0, 0.5, 0.25]
    """

    curve: AbstractCurve = Linear()

    def __post_init__(self):
        checks.instance(self, "curve", AbstractCurve, "Linear()")

    def evaluate(self, x):
        return self.curve.evaluate(x)

    def rest(self, y):
        return self.curve.rest(y)

    def is_symmetric(self):
        return self.curve.is_symmetric()

    def mix(self, near: Any, far: Any, share: Any) -> Any:
        growth = jnp.maximum(far, 1e-30) / jnp.maximum(near, 1e-30)
        return near * jnp.power(growth, share)


class Harmonic(AbstractCurve):
    r"""The curve of the reciprocal: $1 / s = (1 - c(x)) / a + c(x) / b$.

    The inverse-linear cooldown of WSD-S. As a time constant is the reciprocal of a decay
    rate, along a straight line the time constant grows by the same amount each update.
    Neither value may be 0 (one nearer to 0 than 1e-30 counts as that).

    Args:
        curve: $c$.

    >>> import jaxsched as js
    >>> decay = js.Transition(1.0, 0.25, transition_steps=3, curve=Harmonic())
    >>> [round(float(decay(count)), 6) for count in (0, 1, 3)]
    [1.0, 0.5, 0.25]

    Reference: Wen et al., Understanding Warmup-Stable-Decay Learning Rates, 2024,
    arXiv:2410.05192.
    """

    curve: AbstractCurve = Linear()

    def __post_init__(self):
        checks.instance(self, "curve", AbstractCurve, "Linear()")

    def evaluate(self, x):
        return self.curve.evaluate(x)

    def rest(self, y):
        return self.curve.rest(y)

    def is_symmetric(self):
        return self.curve.is_symmetric()

    def mix(self, near: Any, far: Any, share: Any) -> Any:
        near, far = _not_zero(near), _not_zero(far)
        # Of two values of one sign this is a sum without cancellation.
        return near * (far / ((1 - share) * far + share * near))


def _not_zero(value: Any) -> Any:
    return jnp.where(jnp.abs(value) < 1e-30, 1e-30, value)
