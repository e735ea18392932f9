"""Noise that is a pure function of a seed and the count.

The same at every evaluation, on every device and after every resume; another seed is
another noise, and a batch of seeds is a sweep.
"""

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Real, Steps, checks, clock


class UniformNoise(AbstractSchedule):
    r"""An even draw for each count: $s(t) \sim U(a, b)$.

    Of `jax.random.fold_in(jax.random.key(seed), count)`; a fractional count belongs to
    the whole one before it. A rate with up to 10 % of noise is
    `schedule * UniformNoise(seed, 0.9, 1.1)`.

    Args:
        seed: an integer.
        min_value: $a$.
        max_value: $b \ge a$.

    >>> noise = UniformNoise(seed=0, min_value=0.9, max_value=1.1)
    >>> bool(noise(7) == noise(7)), bool(noise(7) == noise(8))
    (True, False)
    """

    seed: Steps
    min_value: Real
    max_value: Real

    def __post_init__(self):
        checks.whole(self, "seed")
        checks.number(self, "min_value", "max_value")
        checks.ordered(self, "min_value", "max_value")

    def evaluate(self, count):
        share = _draws(jax.random.uniform, self.seed, count)
        return self.min_value + share * (self.max_value - self.min_value)


class NormalNoise(AbstractSchedule):
    r"""A draw of a normal distribution for each count, cut off at a limit.

    $$s(t) \sim N(0, \sigma^2) \text{ given } |s(t)| \le m$$

    The noise that timm puts on a rate is
    `schedule * (1 + NormalNoise(seed, stddev=1.0, limit=0.67))`.

    Args:
        seed: an integer.
        stddev: $\sigma > 0$, before the cut.
        limit: $m > 0$.

    >>> noise = 0.1 * (1 + NormalNoise(seed=0, stddev=1.0, limit=0.5))
    >>> bool(0.05 <= noise(3) <= 0.15)
    True
    """

    seed: Steps
    stddev: Real = 1.0
    limit: Real = float("inf")

    def __post_init__(self):
        checks.whole(self, "seed")
        checks.positive(self, "stddev", "limit")

    def evaluate(self, count):
        stddev = jnp.maximum(self.stddev, 1e-30)
        # The share of the distribution on either side that is left.
        limit = jnp.minimum(self.limit, 1e20)
        share = jax.lax.erf(jnp.minimum(limit / stddev, 9.0) / 2**0.5)
        draw = _draws(jax.random.uniform, self.seed, count)
        draw = jnp.maximum(draw, 2.0**-24)  # as large as 1 minus the largest draw
        size = jax.lax.erf_inv(share * (2 * draw - 1)) * 2**0.5 * stddev
        return jnp.clip(size, -limit, limit)


def _draws(draw, seed, count):
    """A float for each count."""
    dtype = clock.float_dtype()

    def at(count):
        return draw(jax.random.fold_in(jax.random.key(seed), count), dtype=dtype)

    for _ in range(count.ndim):
        at = jax.vmap(at)
    return at(jnp.floor(jnp.minimum(count, clock.max_count() // 2)).astype(jnp.int32))
