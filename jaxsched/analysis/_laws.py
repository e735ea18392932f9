"""Three published laws of the loss curve."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import checks, clock

from ._drops import TINY, drops_in_blocks, over_counts
from ._law import AbstractLaw, DropLaw

_MOST = 80.0  # logarithm of what float32 holds; a drop has brought all by then


class MultiPowerLaw(DropLaw):
    r"""A power of the sum of rates, less what each drop of the rate has brought so far.

    $$L(t) = L_0 + A S_1(t)^{-\alpha} - B \sum_{k=1}^{t} (\eta_{k-1} - \eta_k)
    \left(1 - (1 + C \eta_k^{-\gamma} S_k(t))^{-\beta}\right)$$

    with $S_k(t) = \sum_{\tau=k}^{t} \eta_\tau$. The sum of rates has the warmup in it, the
    drops begin after `warmup_steps`: with 0 they include the rises of the warmup, as in the
    authors' fits, which shifts all losses by about $B$ times the peak value; with the
    length of the warmup they do not, as in their search for schedules.

    Args:
        floor: $L_0$.
        scale: $A$.
        exponent: $\alpha$.
        drop_scale: $B$.
        drop_rate: $C$.
        drop_exponent: $\beta$.
        rate_exponent: $\gamma$.
        warmup_steps: updates whose drops do not count.

    >>> import jaxsched as js
    >>> law = MultiPowerLaw(2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612,
    ...                     0.59785199, 0.65523644)
    >>> drop = js.PiecewiseConstant([1000], [3e-4, 3e-5])
    >>> [round(float(x), 3) for x in law.loss_curve(drop, 2000, [1000, 2000])]
    [3.689, 3.537]

    Source: Luo et al., A Multi-Power Law for Loss Curve Prediction Across Learning Rate
    Schedules, 2025, arXiv:2503.12811.
    """

    floor: float
    scale: float
    exponent: float
    drop_scale: float
    drop_rate: float
    drop_exponent: float
    rate_exponent: float
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.positive(self, "drop_rate")

    def sizes(self, rates):
        return _drops(rates, self.warmup_steps)

    def loss(self, drops):
        steepness = jnp.log(self.drop_rate) - self.rate_exponent * jnp.log(
            jnp.maximum(drops.rates, TINY)
        )
        # Of a drop that is still to come the sum is 0, and so is what it brings.
        known = drops.since > 0
        size = jnp.minimum(steepness + jnp.log(jnp.where(known, drops.since, 1)), _MOST)
        grown = 1 + jnp.where(known, jnp.exp(size), 0)
        brought = 1 - grown**-self.drop_exponent
        power = self.scale * drops.total**-self.exponent
        return self.floor + power - self.drop_scale * jnp.sum(drops.sizes * brought)


class AnnealingLaw(AbstractLaw):
    r"""A power of the sum of rates, less the area below a memory of their drops.

    $$L(t) = L_0 + A S_1(t)^{-\alpha} - C S_2(t), \quad
    m_t = \lambda m_{t-1} + \eta_{t-1} - \eta_t, \; S_2(t) = \sum_{i \le t} m_i$$

    with $m_0 = 0$. During the warmup the rate is taken as the one after it.

    Args:
        floor: $L_0$.
        scale: $A$.
        exponent: $\alpha$.
        drop_scale: $C$.
        memory: $\lambda$, between 0 and 1; 0.99 to 0.999 in the paper.
        warmup_steps: updates with the rate of the one after them.

    >>> import jaxsched as js
    >>> law = AnnealingLaw(1.0, 1.0, 1.0, 0.1, memory=0.9)
    >>> losses = law.loss_curve(js.Table([1.0, 1.0, 0.5, 0.5, 0.25]), 5)
    >>> [round(float(x), 3) for x in losses]
    [2.0, 1.5, 1.35, 1.238, 1.147]

    Source: Tissue et al., Scaling Law with Learning Rate Annealing, 2024,
    arXiv:2408.11029.
    """

    floor: float
    scale: float
    exponent: float
    drop_scale: float
    memory: float = 0.999
    warmup_steps: int = 0

    shares = ("memory",)

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.at_least(self, "memory", 0)
        checks.at_most(self, "memory", 1)

    def evaluate(self, rates, counts):
        rates = self._held(rates)
        moments = _filtered(self.memory, _drops(rates, 0))
        at = counts - 1
        return self._loss(jnp.cumsum(rates)[at], jnp.cumsum(moments)[at])

    def condense(self, rates, counts, num_blocks):
        rates = self._held(rates)
        return drops_in_blocks(rates, _drops(rates, 0), counts, num_blocks)

    def evaluate_condensed(self, condensed):
        def loss(drops):
            # Of a drop n updates ago the memories add up to this.
            left = 1 - self.memory
            added = (1 - self.memory**drops.ages) / jnp.where(left > 0, left, 1)
            added = jnp.where(left > 0, added, drops.ages)
            return self._loss(drops.total, jnp.sum(drops.sizes * added))

        return over_counts(loss, condensed)

    def _held(self, rates):
        """At the rate after the warmup from the start on."""
        first = jnp.minimum(self.warmup_steps, rates.size - 1)
        return rates[jnp.maximum(jnp.arange(rates.size), first)]

    def _loss(self, total, area):
        return self.floor + self.scale * total**-self.exponent - self.drop_scale * area


class FunctionalLaw(DropLaw):
    r"""A power of the sum of rates, less what drops free of the noise before them.

    $$L(t) = L_0 + c_1 T^{-s} - c_2 \sum_{k \le t} (\eta_{k-1} - \eta_k)_+
    \left(c_3 + T_k^{-s}\right) \left(1 - (1 + c_4 (T - T_k))^{-g}\right)$$

    with $T_k = \sum_{\tau \le k} \eta_\tau$ and $T = T_t$. Rises of the rate do not count.

    Args:
        floor: $L_0$.
        scale: $c_1$.
        exponent: $s$.
        drop_scale: $c_2$.
        drop_floor: $c_3$.
        drop_rate: $c_4$.
        drop_exponent: $g$.

    >>> import jaxsched as js
    >>> law = FunctionalLaw(2.0, 1.0, 0.5, 0.5, 0.2, 3.0, 0.7)
    >>> drop = js.PiecewiseConstant([1000], [0.3, 0.03])
    >>> [round(float(x), 3) for x in law.loss_curve(drop, 2000, [501, 2000])]
    [2.082, 2.022]

    Source: Li et al., Functional Scaling Laws in Kernel Regression, 2025,
    arXiv:2509.19189; this form is that of implementations which cite its appendix, not
    checked against the paper.
    """

    floor: float
    scale: float
    exponent: float
    drop_scale: float
    drop_floor: float
    drop_rate: float
    drop_exponent: float

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.at_least(self, "drop_rate", 0)

    def sizes(self, rates):
        return jnp.maximum(_drops(rates, 0), 0)

    def loss(self, drops):
        # Before the first rate above 0 there is no drop.
        until = jnp.where(drops.until > 0, drops.until, 1)
        weights = drops.sizes * (self.drop_floor + until**-self.exponent)
        later = jnp.maximum(drops.since - drops.rates, 0)
        brought = 1 - (1 + self.drop_rate * later) ** -self.drop_exponent
        power = self.scale * drops.total**-self.exponent
        return self.floor + power - self.drop_scale * jnp.sum(weights * brought)


def _drops(rates: jax.Array, warmup_steps: Any) -> jax.Array:
    """By how much each rate is below the one before; none at first and in the warmup."""
    drops = jnp.append(0, rates[:-1] - rates[1:])
    return jnp.where(jnp.arange(rates.size) > warmup_steps, drops, 0)


def _filtered(memory: Any, drops: jax.Array) -> jax.Array:
    r"""$m_t = \lambda m_{t-1} + d_t$ from 0, in a logarithm of steps one after another."""
    factors = jnp.full_like(drops, clock.as_float(memory))

    def after(one, other):
        return one[0] * other[0], one[1] * other[0] + other[1]

    return jax.lax.associative_scan(after, (factors, drops))[1]
