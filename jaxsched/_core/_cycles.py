"""Periods: which one a count is in, and where in it, found with integers."""

from typing import Any

import jax
import jax.numpy as jnp

from ._count import FOREVER, as_float, divide, int_dtype, is_whole, max_count
from ._ratio import Ratio, ratio

_CYCLE_BITS = 12
_MOST_CYCLES = 2**_CYCLE_BITS - 1


def cycle(count: jax.Array, period: Any) -> tuple[jax.Array, jax.Array]:
    """The number of whole periods that are over, and the count within this one."""
    if is_whole(count, period):
        period = jnp.maximum(jnp.asarray(period, int_dtype()), 1)
        index = divide(count, period)
        return index, count - index * period
    length = jnp.maximum(as_float(period), 1e-6)
    index = jnp.floor(as_float(count) / length)
    within = as_float(count) - index * length
    # The quotient may have been rounded over a whole number; the remainder tells.
    index = index + jnp.where(within >= length, 1, jnp.where(within < 0, -1, 0))
    # A third of a length, rounded, misses the whole lengths that it should meet.
    nearest = jnp.round(as_float(count) / length)
    slack = jnp.minimum(2 * jnp.finfo(length.dtype).eps * as_float(count), 0.01)
    meets = jnp.abs(as_float(count) - nearest * length) <= slack
    index = jnp.where(meets, nearest, index)
    within = as_float(count) - index * length
    # A float clock, or a period below 1, may have more cycles than an integer holds.
    index = jnp.minimum(index, as_float(2**31 - 128))
    return index.astype(int_dtype()), jnp.where(meets, 0, within)


def growing_cycle(count: jax.Array, period: Any, growth: Any) -> tuple[jax.Array, "Ratio"]:
    """The number of cycles that are over, and the count within this one over its scale.

    Each period is `growth` times the one before, and so is the scale, from 1 on.

    A logarithm guesses the cycle to the nearest whole number; its start, a geometric
    sum, decides. With integers that sum is exact.
    """
    exact = is_whole(period, growth) and is_whole(count, growth)
    number = (lambda x: jnp.asarray(x, int_dtype())) if exact else as_float
    growth = number(jnp.maximum(growth, 1))
    if is_whole(period):
        period = number(jnp.maximum(period, 1))
    else:
        period = jnp.clip(as_float(period), 1e-6, FOREVER)

    time, length = as_float(count), as_float(period)
    excess = as_float(growth) - 1
    even = excess < 1e-6
    safe = jnp.where(even, 1.0, excess)
    guess = jnp.log1p(time * safe / length) / jnp.log1p(safe)
    guess = jnp.minimum(jnp.round(guess), _MOST_CYCLES).astype(int_dtype())
    estimate = length * jnp.expm1(as_float(guess) * jnp.log1p(safe)) / safe
    start = period * _geometric(growth, guess)[0]
    # An integer start beyond the last count has wrapped round: never begun.
    begun = (estimate < 1.001 * max_count()) & (start >= 0) & (start <= number(count))
    index = jnp.maximum(jnp.where(begun, guess, guess - 1), 0)

    index_even, within_even = cycle(count, period)
    total, scale = _geometric(growth, index)
    within = jnp.maximum(number(count) - period * total, 0)
    within = jnp.where(even, number(within_even), within)
    age = ratio(within, jnp.where(even, number(1), scale))
    if exact:
        # An integer scale beyond the last count has wrapped round as well.
        rough = jnp.power(as_float(growth), as_float(index))
        fits = even | (rough < 0.999 * max_count())
        value = jnp.where(fits, age.value, as_float(within) / rough)
        age = Ratio(value, jnp.where(fits, age.error, 0))
    return jnp.where(even, index_even, index), age


def _geometric(base: jax.Array, count: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`1 + base + ... + base**(count - 1)` and `base**count`, by doubling."""

    def double(i, sums):
        total, power = sums
        total, power = total * (1 + power), power * power
        is_set = (count >> (_CYCLE_BITS - 1 - i)) & 1 == 1
        total = jnp.where(is_set, total * base + 1, total)
        return total, jnp.where(is_set, power * base, power)

    base = jnp.broadcast_to(base, jnp.broadcast_shapes(base.shape, count.shape))
    start = jnp.zeros_like(base), jnp.ones_like(base)
    return jax.lax.fori_loop(0, _CYCLE_BITS, double, start)
