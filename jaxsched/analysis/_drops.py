"""The drops of a schedule, one by one or in blocks: what laws of the loss sum over."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._sums import tail_sums

TINY = 1e-10  # a rate of 0 counts as this, where it is divided by


class Drops(NamedTuple):
    """All drops of the rate, as seen after some update.

    Attributes:
        total: the sum of rates up to that update.
        sizes: the rate before each drop less the one after it.
        rates: the rate after each drop.
        until: the sum of rates up to each drop and with the rate after it.
        since: the sum of rates from the one after each drop on; 0 for a drop to come.
        ages: how many updates that is.
    """

    total: Any
    sizes: Any
    rates: Any
    until: Any
    since: Any
    ages: Any


def drops_at(rates: jax.Array, sizes: jax.Array, count: Any) -> Drops:
    """All drops as seen after `count` updates."""
    ages = jnp.maximum(count - jnp.arange(rates.size), 0)
    # From the end: small sums are sums of few.
    since = tail_sums(jnp.where(ages > 0, rates, 0))
    return Drops(since[0], sizes, rates, jnp.cumsum(rates), since, ages)


def over_counts(loss: Callable[[Drops], jax.Array], drops: Drops) -> jax.Array:
    """A loss for each count of drops in blocks."""
    return jax.vmap(loss, (Drops(0, None, None, None, 0, 0),))(drops)


def drops_in_blocks(rates: Any, sizes: Any, counts: Any, num_blocks: int) -> Drops:
    """The drops of each block of updates as one, and the rises as another.

    The one is at the mean place of the many, weighted by size. Blocks end at the counts,
    and a drop that is alone in its block is exact. In float64, outside of JAX.

    Args:
        rates: of each update.
        sizes: by how much each is below the one before.
        counts: updates done.
        num_blocks: into which all updates are divided, beside the ends at counts.

    Returns:
        `total` for each count, `since` and `ages` for each count and block, the rest for
        each block.
    """
    rates, sizes = np.asarray(rates, np.float64), np.asarray(sizes, np.float64)
    counts, num = np.asarray(counts), rates.size
    edges = np.union1d(counts, np.linspace(0, num, num_blocks + 1).astype(int))
    at = np.flatnonzero(sizes)
    block = np.searchsorted(edges, at, side="right")
    groups, place = np.unique(2 * block + (sizes[at] < 0), return_inverse=True)
    weights = np.bincount(place, np.abs(sizes[at]), groups.size)

    def mean(row):
        return np.bincount(place, np.abs(sizes[at]) * row[at], groups.size) / weights

    until = np.cumsum(rates)
    total = until[counts - 1]
    # Of a block that ends after the count, all drops are to come.
    is_past = edges[groups // 2] <= counts[:, None]
    since = np.where(is_past, total[:, None] - mean(until - rates), 0)
    ages = np.where(is_past, counts[:, None] - mean(np.arange(num)), 0)
    after = np.exp(mean(np.log(np.maximum(rates, TINY))))
    summed = np.bincount(place, sizes[at], groups.size)
    return Drops(*map(jnp.asarray, (total, summed, after, mean(until), since, ages)))
