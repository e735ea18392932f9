"""Quotients of counts to the last digit, the one place where a count becomes a float.

Two rounded floats and a rounded reciprocal (XLA makes one of every division by a
constant) cost four units in the last place, and a power or an exponential of the result
multiplies them. So a quotient is built on a grid: the whole part, then 4096ths, then a
remainder, each from integers, whose products wrap round and back.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._count import (
    FOREVER,
    ZERO,
    Gap,
    as_float,
    divide,
    float_dtype,
    int_dtype,
    is_whole,
    last_float,
    split,
)

_GRID = 4096
_SHORT = 256


class Ratio(NamedTuple):
    """A quotient and what rounding took from it: exactly, `value + error`."""

    value: jax.Array
    error: jax.Array


def ratio(count: jax.Array, steps: Any) -> Ratio:
    """`count / steps` to 1 ulp (1.5 below 1/4096), with its rounding error."""
    divisor = jnp.maximum(split(positive(steps))[0], 1)
    return _quotient(count, steps, divide(split(count)[0], divisor))


def fraction(count: Any, steps: Any) -> jax.Array:
    """`count / steps` for `count <= steps`, without the cost of an integer division.

    Outside it is some finite number.
    """
    if is_whole(count, steps):
        return _small_quotient(split(count)[0], split(positive(steps))[0])
    return _quotient(count, steps, jnp.zeros((), int_dtype())).value


def _small_quotient(count: jax.Array, steps: jax.Array) -> jax.Array:
    """As `_quotient` of whole numbers and a whole part of 0, in few operations."""
    scale = as_float(steps)
    grid = _nearest(as_float(count) / scale * _GRID)
    rest = count * _GRID - grid.astype(count.dtype) * steps
    return (grid + as_float(rest) / scale) / _GRID


def _nearest(x: jax.Array) -> jax.Array:
    return jax.lax.round(x, jax.lax.RoundingMethod.TO_NEAREST_EVEN)


def _quotient(count: Any, steps: Any, quotient: jax.Array) -> Ratio:
    """`count / steps`, given its whole part."""
    steps = positive(steps)
    whole, part = split(count)
    divisor, divisor_part = split(steps)
    scale = as_float(divisor) + divisor_part
    divisor = jnp.maximum(divisor, 1)

    rest = whole - quotient * divisor
    grid = jnp.round(as_float(rest) / as_float(divisor) * _GRID).astype(int_dtype())
    residue = as_float(rest * _GRID - grid * divisor)
    # The fractional parts are zero here; they carry the derivatives.
    residue = residue + _GRID * part
    residue = residue - as_float(quotient * _GRID + grid) * divisor_part
    low = residue / (scale * _GRID)

    short = quotient & (_SHORT - 1)
    value, error = two_sum(as_float(short) + as_float(grid) / _GRID, low)
    value, more = two_sum(as_float(quotient - short), value)
    exact = Ratio(value, error + more)
    if part is ZERO and divisor_part is ZERO:
        return exact
    fits = (part == 0) & (divisor_part == 0)
    plain = _float_quotient(as_float(whole) + part, scale)
    return Ratio(*(jnp.where(fits, a, b) for a, b in zip(exact, plain, strict=True)))


def _float_quotient(count: jax.Array, scale: jax.Array) -> Ratio:
    """A quotient of floats, with what its product with the divisor lacks."""
    value = count / scale
    back = jax.lax.stop_gradient(product(value, scale))
    missing = (jax.lax.stop_gradient(count) - back.value) - back.error
    return Ratio(*two_sum(value, missing / jax.lax.stop_gradient(scale)))


def product(count: jax.Array, rate: Any) -> Ratio:
    """`count * rate` with its rounding error."""
    dtype = float_dtype()
    info = jnp.finfo(dtype)
    half = (int(info.nmant) + 1) // 2

    def halves(x):
        high = jax.lax.reduce_precision(x, info.nexp, half - 1)
        return high, x - high

    whole, part = split(count)
    near = jnp.minimum(as_float(whole), last_float())
    # What a float lacks of a count beyond 2^24.
    lost = whole - near.astype(whole.dtype)
    count_high, count_low = halves(near)
    rate_high, rate_low = halves(as_float(rate))
    # Each product of halves is exact, so that fusing it into the sum changes nothing.
    tail = count_high * rate_low + count_low * rate_high + count_low * rate_low
    # Added to `count_low`, a constant would be added to `near` by XLA, and lost again.
    tail = tail + (as_float(lost) + part) * as_float(rate)
    return Ratio(*two_sum(count_high * rate_high, tail))


def one_plus(x: Ratio) -> Ratio:
    """`1 + x` without losing what `x` knows beyond its last place."""
    value, error = two_sum(x.value, jnp.ones_like(x.value))
    return Ratio(value, error + x.error)


def power(base: Ratio, exponent: Any) -> jax.Array:
    """`base ** exponent` for a positive base, to first order in the base's error."""
    value = jnp.power(base.value, exponent)
    return value + value * (exponent * base.error / base.value)


def two_sum(a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`a + b` rounded, and exactly what rounding took.

    Only `b` may be a constant: of `(a + b) - a` with a constant `a` XLA makes `b`.
    """
    total = a + b
    b_seen = total - a
    return total, (a - (total - b_seen)) + (b - b_seen)


def positive(steps: Any) -> Any:
    """A length is at most 1e30 (infinity means never) and, as a divisor, positive."""
    if isinstance(steps, Gap):
        return steps
    if is_whole(steps):
        return Gap(jnp.maximum(jnp.asarray(steps, int_dtype()), 1))
    return jnp.clip(as_float(steps), 1e-6, FOREVER)
