"""The running median in O(T log T), whatever the width."""

import math

import jax
import jax.numpy as jnp


def running_median(row: jax.Array, width: int) -> jax.Array:
    """The median of each `width` neighbours, an odd number; `len(row) - width + 1` values.

    All windows descend the binary digits of the rank at once (a wavelet matrix): at each
    digit the ranks with a 0 move before those with a 1, and a window needs to know only
    how many of each are before its ends.
    """
    order = jnp.argsort(row)
    ranks = jnp.zeros_like(order).at[order].set(jnp.arange(row.size))
    left = jnp.arange(row.size - width + 1)
    right, nth = left + width, jnp.full_like(left, width // 2)
    found = jnp.zeros_like(left)
    for digit in reversed(range(math.ceil(math.log2(max(row.size, 2))))):
        is_one = (ranks >> digit) & 1
        zeros = jnp.append(0, jnp.cumsum(1 - is_one))
        before, within = zeros[left], zeros[right] - zeros[left]
        goes_on = nth >= within
        found += jnp.where(goes_on, 1 << digit, 0)
        nth = jnp.where(goes_on, nth - within, nth)
        right = jnp.where(goes_on, zeros[-1] + right - zeros[right], zeros[right])
        left = jnp.where(goes_on, zeros[-1] + left - before, before)
        places = jnp.where(
            is_one == 1, zeros[-1] + jnp.arange(row.size) - zeros[:-1], zeros[:-1]
        )
        ranks = jnp.zeros_like(ranks).at[places].set(ranks)
    return row[order[found]]
