"""The clock: counts are integers for as long as possible and are divided last.

float32 holds 24 bits, a count has 31. So differences, comparisons, floors and
remainders are taken as integers, and only then becomes the result a float.

A length may also be a float (to be differentiated, or because it has a fraction). It is
split into a whole and a fractional part, and the whole part stays an integer.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

_GRID = 4096
_SHORT = 256
_CYCLE_BITS = 12
_MOST_CYCLES = 2**_CYCLE_BITS - 1
_FOREVER = 1e30


def float_dtype() -> Any:
    """The default float type: float32, or float64 under x64."""
    return jax.dtypes.canonicalize_dtype(np.float64)


def int_dtype() -> Any:
    """The type of a count: int32, or int64 under x64."""
    return jax.dtypes.canonicalize_dtype(np.int64)


def max_count() -> int:
    """The last count; later ones saturate here."""
    return int(np.iinfo(int_dtype()).max)


def as_count(count: Any) -> jax.Array:
    """Any number or array as a count: integers stay integers, negative becomes 0."""
    if isinstance(count, (bool, np.bool_)) or getattr(count, "dtype", None) == np.bool_:
        raise TypeError("a count must be a number of updates, got a bool.")
    count = jnp.asarray(countable(count))
    if jnp.issubdtype(count.dtype, jnp.integer):
        if jnp.iinfo(count.dtype).max > max_count():
            count = jnp.minimum(count, count.dtype.type(max_count()))
        return jnp.maximum(count.astype(int_dtype()), 0)
    if not jnp.issubdtype(count.dtype, jnp.floating):
        raise TypeError(f"a count must be a real number, got {count.dtype}.")
    return jnp.clip(count.astype(float_dtype()), 0, _FOREVER)


def countable(count: Any) -> Any:
    """A concrete integer count that JAX can hold; anything else as it came.

    JAX would wrap a 64-bit integer round to a negative one, or refuse it. A count
    beyond 2^31 (of tokens, say) becomes a float, which keeps 24 bits of it.
    """
    if isinstance(count, int):
        return max(count, 0) if count <= max_count() else float(min(count, 10**30))
    if isinstance(count, (np.ndarray, np.integer)) and count.dtype.kind in "iu":
        if np.all(count <= max_count()):
            return np.maximum(count, 0).astype(int_dtype())
        return np.maximum(count, 0).astype(float_dtype())
    return count


def since(count: jax.Array, start: Any) -> jax.Array:
    """`max(count - start, 0)`: an integer if both are."""
    return jnp.maximum(_difference(count, start), 0)


class Gap(NamedTuple):
    """A number of updates as an integer and a fraction, neither rounded."""

    whole: jax.Array
    part: Any


def gap(later: Any, earlier: Any) -> Gap:
    """`max(later - earlier, 0)` with all digits, whatever the types."""
    (a, a_part), (b, b_part) = _split(later), _split(earlier)
    whole = a - b
    if a_part is _ZERO and b_part is _ZERO:
        return Gap(jnp.maximum(whole, 0), _ZERO)
    part = a_part - b_part
    is_over = as_float(whole) + part <= 0
    return Gap(jnp.where(is_over, 0, whole), jnp.where(is_over, 0, part))


def is_positive(count: Any) -> jax.Array:
    """Whether any of it is there."""
    whole, part = _split(count)
    return whole > 0 if part is _ZERO else as_float(whole) + part > 0


def until(count: jax.Array, end: Any) -> jax.Array:
    """`max(end - count, 0)`: an integer if both are."""
    return jnp.maximum(-_difference(count, end), 0)


def later(count: jax.Array, steps: Any) -> jax.Array:
    """`count + steps`, which stays at the last count: an integer if both are."""
    (count, count_part), (steps, part) = _split(count), _split(steps)
    total = jnp.minimum(count, max_count() - steps) + steps
    if count_part is _ZERO and part is _ZERO:
        return total
    return as_float(total) + (count_part + part)


def index(count: jax.Array, boundaries: jax.Array) -> jax.Array:
    """How many boundaries are over at each count."""
    row = jnp.expand_dims(boundaries, tuple(range(count.ndim)))
    return jnp.sum(reached(count[..., None], row), axis=-1, dtype=int_dtype())


class Piece(NamedTuple):
    """Which two points a count lies between, and where between them."""

    left: jax.Array
    right: jax.Array
    done: jax.Array
    rest: jax.Array
    length: jax.Array


def piece(count: jax.Array, boundaries: jax.Array) -> Piece:
    """The neighbours of each count; before the first and after the last point, that."""
    after = index(count, boundaries)
    last = boundaries.shape[0] - 1
    left, right = jnp.clip(after - 1, 0, last), jnp.clip(after, 0, last)
    start, end = boundaries[left], boundaries[right]
    length = jnp.maximum(end - start, 0)
    inside = (after > 0) & (after <= last)
    done = fraction(since(count, start), length)
    rest = fraction(until(count, end), length)
    done, rest = jnp.where(inside, done, 0), jnp.where(inside, rest, 1)
    return Piece(left, right, done, rest, length)


def reached(count: jax.Array, boundary: Any) -> jax.Array:
    """Whether `count >= boundary`. A boundary belongs to what follows, as in optax."""
    return _difference(count, boundary) >= 0


def clamp(count: jax.Array, length: Any) -> jax.Array:
    """`min(count, length)`, in the type of the count."""
    whole, _ = _split(length)
    last = whole if jnp.issubdtype(count.dtype, jnp.integer) else as_float(length)
    return jnp.minimum(count, last)


def cycle(count: jax.Array, period: Any) -> tuple[jax.Array, jax.Array]:
    """The number of whole periods that are over, and the count within this one."""
    if _both_whole(count, period):
        period = jnp.maximum(period, 1)
        index = count // period
        return index, count - index * period
    length = jnp.maximum(as_float(period), 1e-6)
    index = jnp.floor(as_float(count) / length)
    within = as_float(count) - index * length
    # The quotient may have been rounded over a whole number; the remainder tells.
    index = index + jnp.where(within >= length, 1, jnp.where(within < 0, -1, 0))
    index = jnp.minimum(index, as_float(2**30))  # cycles of a float clock beyond an integer
    return index.astype(int_dtype()), as_float(count) - index * length


def growing_cycle(count: jax.Array, period: Any, growth: Any) -> tuple[jax.Array, "Ratio"]:
    """The number of cycles that are over, and the count within this one over its scale.

    Each period is `growth` times the one before, and so is the scale, from 1 on.

    A logarithm guesses the cycle to the nearest whole number; its start, a geometric
    sum, decides. With integers that sum is exact.
    """
    exact = _both_whole(period, growth) and _both_whole(count, growth)
    number = (lambda x: jnp.asarray(x, int_dtype())) if exact else as_float
    period, growth = number(_positive(period)), number(jnp.maximum(growth, 1))

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
    total, power = jnp.zeros_like(base), jnp.ones_like(base)
    for bit in reversed(range(_CYCLE_BITS)):
        total, power = total * (1 + power), power * power
        is_set = (count >> bit) & 1 == 1
        total = jnp.where(is_set, total * base + 1, total)
        power = jnp.where(is_set, power * base, power)
    return total, power


class Ratio(NamedTuple):
    """A quotient and what rounding took from it: exactly, `value + error`."""

    value: jax.Array
    error: jax.Array


def ratio(count: jax.Array, steps: Any) -> Ratio:
    """`count / steps` to 1 ulp (1.5 below 1/4096), with its rounding error.

    Two rounded floats and a rounded reciprocal (XLA makes one of every division by a
    constant) cost four units in the last place, and a power or an exponential of the
    result multiplies them. So the quotient is built on a grid: the whole part, then
    4096ths, then a remainder, each from integers, whose products wrap round and back.
    """
    divisor = jnp.maximum(_split(_positive(steps))[0], 1)
    return _quotient(count, steps, _split(count)[0] // divisor)


def fraction(count: Any, steps: Any) -> jax.Array:
    """`count / steps` for `count <= steps`, without the cost of an integer division.

    Outside it is some finite number.
    """
    return _quotient(count, steps, jnp.zeros((), int_dtype())).value


def _quotient(count: Any, steps: Any, quotient: jax.Array) -> Ratio:
    """`count / steps`, given its whole part."""
    steps = _positive(steps)
    whole, part = _split(count)
    divisor, divisor_part = _split(steps)
    divisor = jnp.maximum(divisor, 1)
    scale = as_float(steps)

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
    if part is _ZERO and divisor_part is _ZERO:
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

    def split(x):
        high = jax.lax.reduce_precision(x, info.nexp, half - 1)
        return high, x - high

    whole, part = _split(count)
    near = as_float(whole)
    # What a float lacks of a count beyond 2^24.
    lost = whole - jnp.minimum(near, _last_float()).astype(whole.dtype)
    count_high, count_low = split(near)
    rate_high, rate_low = split(as_float(rate))
    count_low = count_low + (as_float(lost) + part)
    # Each product of halves is exact, so that fusing it into the sum changes nothing.
    tail = count_high * rate_low + count_low * rate_high + count_low * rate_low
    return Ratio(*two_sum(count_high * rate_high, tail))


def one_plus(x: Ratio) -> Ratio:
    """`1 + x` without losing what `x` knows beyond its last place."""
    value, error = two_sum(jnp.ones_like(x.value), x.value)
    return Ratio(value, error + x.error)


def power(base: Ratio, exponent: Any) -> jax.Array:
    """`base ** exponent` for a positive base, to first order in the base's error."""
    value = jnp.power(base.value, exponent)
    return value + value * (exponent * base.error / base.value)


def as_float(x: Any) -> jax.Array:
    """As an array of the default float type."""
    return jnp.asarray(x, float_dtype())


def strong(leaf: Any) -> Any:
    """A number as an array of the default type, so that no leaf decides the result's."""
    dtype = getattr(leaf, "dtype", None)
    if dtype is not None and jnp.issubdtype(dtype, jax.dtypes.extended):
        return leaf
    kind = jnp.result_type(leaf)
    if jnp.issubdtype(kind, jnp.floating):
        return jnp.asarray(leaf, float_dtype())
    if jnp.issubdtype(kind, jnp.integer):
        return jnp.asarray(leaf, int_dtype())
    return jnp.asarray(leaf)


_ZERO = 0.0


def _positive(steps: Any) -> Any:
    """A length is at most 1e30 (infinity means never) and, as a divisor, positive."""
    if jnp.issubdtype(jnp.result_type(steps), jnp.integer):
        return jnp.maximum(steps, 1)
    return jnp.clip(as_float(steps), 1e-6, _FOREVER)


def _split(x: Any) -> tuple[jax.Array, Any]:
    """Whole part as an integer, fractional part as a float (a literal 0 if none).

    A negative length, which only a traced value can be, counts as 0; infinity as 1e30.
    """
    if isinstance(x, Gap):
        return x.whole, x.part
    if jnp.issubdtype(jnp.result_type(x), jnp.integer):
        return jnp.maximum(jnp.asarray(x, int_dtype()), 0), _ZERO
    x = jnp.clip(as_float(x), 0, _FOREVER)
    whole = jnp.floor(jnp.minimum(x, _last_float())).astype(int_dtype())
    return whole, x - as_float(whole)


def _last_float() -> Any:
    """The largest float that is a count."""
    return np.nextafter(np.asarray(max_count(), float_dtype()), 0)


def _difference(a: Any, b: Any) -> jax.Array:
    (a, a_part), (b, b_part) = _split(a), _split(b)
    whole = a - b
    if a_part is _ZERO and b_part is _ZERO:
        return whole
    return as_float(whole) + (a_part - b_part)


def _both_whole(a: Any, b: Any) -> bool:
    return all(jnp.issubdtype(jnp.result_type(x), jnp.integer) for x in (a, b))


def two_sum(a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`a + b` rounded, and exactly what rounding took."""
    total = a + b
    b_seen = total - a
    return total, (a - (total - b_seen)) + (b - b_seen)
