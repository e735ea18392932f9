"""A running mean and variance: of the first values, and then ever more of the last ones."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import clock


class Moments(NamedTuple):
    """The mean and the variance of the values so far.

    Attributes:
        mean: of all values at first, then an exponential one.
        variance: about that, of the population.
        num_values: that were taken in; NaN, infinity and what is so large that its square
            overflows are not.
    """

    mean: jax.Array
    variance: jax.Array
    num_values: jax.Array

    @classmethod
    def of_nothing(cls) -> "Moments":
        """Before the first value."""
        zeros = clock.as_float(0), clock.as_float(0)
        return cls(*zeros, jnp.zeros((), clock.int_dtype()))

    def are_known(self, warmup_steps: Any) -> jax.Array:
        """Whether the first values are over; a variance needs two."""
        return clock.reached(self.num_values, jnp.maximum(warmup_steps, 2))

    def bound(self, threshold: Any) -> jax.Array:
        """The mean and so many standard deviations."""
        # A slope at 0 would be infinite.
        is_some = self.variance > 0
        deviation = jnp.sqrt(jnp.where(is_some, self.variance, 1))
        return self.mean + threshold * jnp.where(is_some, deviation, 0)

    def with_value(self, value: jax.Array, decay: Any, warmup_steps: Any) -> "Moments":
        """Those after one more value."""
        # So that the square of a difference is finite too.
        is_kept = jnp.isfinite(4 * value * value)
        gap = jnp.where(is_kept, value, self.mean) - self.mean
        num_values = jnp.minimum(self.num_values, clock.max_count() - 1) + 1
        is_early = ~self.are_known(warmup_steps)
        share = jnp.where(is_early, 1 / clock.as_float(num_values), 1 - decay)
        # The deviation of the first values is exact; later it is that from the new mean.
        rest = (1 - share) * gap
        square = rest * jnp.where(is_early, gap, rest)
        variance = (1 - share) * self.variance + share * square
        new = Moments(self.mean + share * gap, variance, num_values)
        return jax.tree.map(
            lambda a, b: jnp.where(is_kept, a, b).astype(b.dtype), new, self
        )
