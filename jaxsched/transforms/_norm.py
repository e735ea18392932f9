"""Norms of a tree of gradients."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import clock


def global_norm(tree: Any) -> jax.Array:
    """In the default float type whatever theirs; NaN if one is NaN or infinite.

    Of the gradients over the largest of them: a square does not overflow.
    """
    sizes = [clock.as_float(jnp.abs(leaf)) for leaf in jax.tree.leaves(tree)]
    largest = clock.as_float(0)
    for x in sizes:
        largest = jnp.maximum(largest, jnp.max(x, initial=0))
    # A quotient may be a product with the reciprocal, which must not underflow.
    unit = jnp.minimum(largest, jnp.finfo(largest.dtype).max / 8)
    unit = jnp.where(largest > 0, unit, 1)
    square = sum((jnp.sum(jnp.square(x / unit)) for x in sizes), clock.as_float(0))
    return jnp.where(jnp.isfinite(largest), unit * jnp.sqrt(square), jnp.nan)


def sum_of_sizes(tree: Any) -> jax.Array:
    """The sum of all absolute values, in the default float type whatever theirs."""
    leaves = jax.tree.leaves(tree)
    sums = (jnp.sum(clock.as_float(jnp.abs(leaf))) for leaf in leaves)
    return sum(sums, clock.as_float(0))
