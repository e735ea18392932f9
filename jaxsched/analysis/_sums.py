"""Sums of a million terms that are as exact as those of a few."""

import jax
import jax.numpy as jnp

_ROW = 64


def tail_sums(terms: jax.Array) -> jax.Array:
    r"""Of a row, $\sum_{j \ge i} x_j$ for each $i$.

    Added up from the end, as a tree: no difference of sums, and few roundings in each.
    """
    return jax.lax.cumsum(terms, reverse=True)


def total(terms: jax.Array) -> jax.Array:
    """Of a row, by rows of rows: each sum has few terms."""
    while terms.size > _ROW:
        terms = jnp.pad(terms, (0, -terms.size % _ROW)).reshape(-1, _ROW).sum(1)
    return terms.sum()
