"""Laws of the loss curve: what training with a schedule will have come to, and when."""

import abc
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import Node, ScheduleLike, checks, clock

from ._queries import values

_TINY = 1e-10  # a rate of 0 counts as this, where it is divided by
_MOST = 80.0  # logarithm of what float32 holds; a drop has brought all by then
_LANES = 16  # counts that are evaluated at a time


class AbstractLaw(Node):
    r"""The loss as a function of all learning rates up to an update.

    A subclass has its parameters as fields, all above 0, and writes
    `evaluate(rates, counts)`. `warmup_steps` is how many updates at the start are
    warmup, which each law treats in its own way.
    """

    @abc.abstractmethod
    def evaluate(self, rates: jax.Array, counts: jax.Array) -> jax.Array:
        """The losses after `counts` updates with these rates, one for each update."""
        raise TypeError(f"{type(self).__name__} must define evaluate(self, rates, counts).")

    def loss_curve(
        self, schedule: ScheduleLike, num_steps: int, counts: Any = None
    ) -> jax.Array:
        """The losses that the law predicts.

        Args:
            schedule: a schedule, number or function of the count.
            num_steps: updates of the run.
            counts: updates done, from 1 to `num_steps`; all of them if not given, which
                costs `num_steps` squared.
        """
        checks.size("loss_curve", num_steps=num_steps)
        if counts is None:
            counts = jnp.arange(1, num_steps + 1)
        return self.evaluate(values(schedule, num_steps), jnp.asarray(counts))

    def expected_loss(self, schedule: ScheduleLike, num_steps: int) -> jax.Array:
        """The loss at the end, in a time that is linear in `num_steps`."""
        return self.loss_curve(schedule, num_steps, jnp.asarray([num_steps]))[0]


class MultiPowerLaw(AbstractLaw):
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

    def evaluate(self, rates, counts):
        drops = _drops(rates, self.warmup_steps)
        steepness = jnp.log(self.drop_rate) - self.rate_exponent * jnp.log(
            jnp.maximum(rates, _TINY)
        )

        def loss(count):
            sums = _from_here(jnp.where(_done(rates, count), rates, 0))
            # Of a drop that is still to come the sum is 0, and so is what it brings.
            known = sums > 0
            size = jnp.minimum(steepness + jnp.log(jnp.where(known, sums, 1)), _MOST)
            grown = 1 + jnp.where(known, jnp.exp(size), 0)
            brought = 1 - grown**-self.drop_exponent
            power = self.scale * sums[0] ** -self.exponent
            return self.floor + power - self.drop_scale * jnp.sum(drops * brought)

        return jax.lax.map(loss, counts, batch_size=_LANES)


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

    def evaluate(self, rates, counts):
        first = jnp.minimum(self.warmup_steps, rates.size - 1)
        rates = rates[jnp.maximum(jnp.arange(rates.size), first)]
        moments = _filtered(self.memory, _drops(rates, 0))
        at = counts - 1
        power = self.scale * jnp.cumsum(rates)[at] ** -self.exponent
        return self.floor + power - self.drop_scale * jnp.cumsum(moments)[at]


class FunctionalLaw(AbstractLaw):
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

    def evaluate(self, rates, counts):
        drops = jnp.maximum(_drops(rates, 0), 0)
        sums = jnp.cumsum(rates)
        weights = drops * (self.drop_floor + sums**-self.exponent)

        def loss(count):
            later = _from_here(jnp.where(_done(rates, count), rates, 0))
            since = jnp.append(later[1:], 0)
            brought = 1 - (1 + self.drop_rate * since) ** -self.drop_exponent
            power = self.scale * later[0] ** -self.exponent
            return self.floor + power - self.drop_scale * jnp.sum(weights * brought)

        return jax.lax.map(loss, counts, batch_size=_LANES)


def _drops(rates: jax.Array, warmup_steps: Any) -> jax.Array:
    """By how much each rate is below the one before; none at first and in the warmup."""
    drops = jnp.append(0, rates[:-1] - rates[1:])
    return jnp.where(jnp.arange(rates.size) > warmup_steps, drops, 0)


def _done(rates: jax.Array, count: Any) -> jax.Array:
    return jnp.arange(rates.size) < count


def _from_here(rates: jax.Array) -> jax.Array:
    """The sum of a rate and all later ones: small sums are sums of few."""
    return jnp.cumsum(rates[::-1])[::-1]


def _filtered(memory: Any, drops: jax.Array) -> jax.Array:
    r"""$m_t = \lambda m_{t-1} + d_t$ from 0, in a logarithm of steps one after another."""
    factors = jnp.full_like(drops, clock.as_float(memory))

    def after(one, other):
        return one[0] * other[0], one[1] * other[0] + other[1]

    return jax.lax.associative_scan(after, (factors, drops))[1]
