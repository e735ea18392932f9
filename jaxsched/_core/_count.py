"""The count: an integer for as long as possible, compared and subtracted as one.

float32 holds 24 bits, a count has 31. So differences, comparisons, floors and
remainders are taken as integers, and only then becomes the result a float.

A length may also be a float (to be differentiated, or because it has a fraction). It is
split into a whole and a fractional part, and the whole part stays an integer.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

FOREVER = 1e30
ZERO = 0.0


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
    return jnp.clip(count.astype(float_dtype()), 0, FOREVER)


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


class Gap(NamedTuple):
    """A number of updates as an integer and a fraction, neither rounded nor negative."""

    whole: jax.Array
    part: Any = ZERO


def gap(later: Any, earlier: Any) -> Gap:
    """`max(later - earlier, 0)` with all digits, whatever the types."""
    (a, a_part), (b, b_part) = split(later), split(earlier)
    whole = a - b
    if a_part is ZERO and b_part is ZERO:
        return Gap(jnp.maximum(whole, 0))
    part = a_part - b_part
    is_over = as_float(whole) + part <= 0
    return Gap(jnp.where(is_over, 0, whole), jnp.where(is_over, 0, part))


def ends_around(count: Any, steps: Any) -> tuple[Gap, Gap, Any]:
    """What is done of a length, what is left, and the length; of 0 nothing is left."""
    if is_whole(count, steps):
        length = jnp.maximum(jnp.asarray(steps, int_dtype()), 1)
        # With a length of 0 the lower bound is 1, and so it is over at once.
        done = within(length - steps, split(count)[0], length)
        return Gap(done), Gap(length - done), Gap(length)
    return Gap(*split(count)), gap(steps, count), steps


def within(low: Any, count: Any, high: Any) -> jax.Array:
    """Whole numbers clipped to bounds."""
    numbers = (jnp.asarray(x, int_dtype()) for x in (low, count, high))
    return jax.lax.clamp(*jnp.broadcast_arrays(*numbers))


def is_less(a: Any, b: Any) -> jax.Array:
    """Whether one number of updates is smaller than another."""
    (a, a_part), (b, b_part) = split(a), split(b)
    if a_part is ZERO and b_part is ZERO:
        return a < b
    return as_float(a - b) + (a_part - b_part) < 0


def lesser(is_first: jax.Array, a: Any, b: Any) -> Any:
    """The first of two numbers of updates where it is the smaller one, else the second."""
    (a, a_part), (b, b_part) = split(a), split(b)
    if a_part is ZERO and b_part is ZERO:
        return Gap(jnp.minimum(a, b))
    return Gap(jnp.where(is_first, a, b), jnp.where(is_first, a_part, b_part))


def until(count: jax.Array, end: Any) -> jax.Array:
    """`max(end - count, 0)`: an integer if both are."""
    return _number(gap(end, count))


def since(count: jax.Array, start: Any) -> jax.Array:
    """`max(count - start, 0)`: an integer if both are."""
    return _number(gap(count, start))


def later(count: jax.Array, steps: Any) -> jax.Array:
    """`count + steps`, which stays at the last count: an integer if both are."""
    (count, count_part), (steps, part) = split(count), split(steps)
    total = jnp.minimum(count, max_count() - steps) + steps
    if count_part is ZERO and part is ZERO:
        return total
    return as_float(total) + (count_part + part)


def index(count: jax.Array, boundaries: jax.Array) -> jax.Array:
    """How many boundaries are over at each count."""
    row = jnp.expand_dims(boundaries, tuple(range(count.ndim)))
    return jnp.sum(reached(count[..., None], row), axis=-1, dtype=int_dtype())


class Piece(NamedTuple):
    """Which two points a count lies between, what of the piece is done, what is left."""

    left: jax.Array
    right: jax.Array
    done: Gap
    rest: Gap
    length: jax.Array


def piece(count: jax.Array, boundaries: jax.Array) -> Piece:
    """The neighbours of each count; before the first and after the last point, that."""
    after = index(count, boundaries)
    last = boundaries.shape[0] - 1
    left, right = jnp.clip(after - 1, 0, last), jnp.clip(after, 0, last)
    start, end = boundaries[left], boundaries[right]
    return Piece(left, right, gap(count, start), gap(end, count), end - start)


def reached(count: jax.Array, boundary: Any) -> jax.Array:
    """Whether `count >= boundary`. A boundary belongs to what follows, as in optax."""
    if is_whole(count, boundary):
        return count >= jnp.asarray(boundary, int_dtype())
    return ~is_less(count, boundary)


def clamp(count: jax.Array, length: Any) -> jax.Array:
    """`min(count, length)`, in the type of the count."""
    last = split(length)[0] if is_whole(count) else as_float(length)
    return jnp.minimum(count, last)


def divide(count: jax.Array, divisor: Any) -> jax.Array:
    """How often one whole number goes into another; neither is negative."""
    return jax.lax.div(*jnp.broadcast_arrays(count, jnp.asarray(divisor, count.dtype)))


def select(condition: jax.Array, a: Any, b: Any) -> jax.Array:
    """`jnp.where` of two numbers; one operation where their types allow it."""
    shapes = {jnp.shape(x) for x in (condition, a, b)}
    types = {jnp.result_type(x) for x in (a, b)}
    if len(shapes) == len(types) == 1:
        return jax.lax.select(condition, jnp.asarray(a), jnp.asarray(b))
    return jnp.where(condition, a, b)


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


def split(x: Any) -> tuple[Any, Any]:
    """Whole part as an integer, fractional part as a float (a literal 0 if none).

    A negative length, which only a traced value can be, counts as 0; infinity as 1e30.
    """
    if isinstance(x, Gap):
        return x
    if isinstance(x, (int, np.integer)):
        return jnp.asarray(max(x, 0), int_dtype()), ZERO
    if is_whole(x):
        return jnp.maximum(jnp.asarray(x, int_dtype()), 0), ZERO
    x = jnp.clip(as_float(x), 0, FOREVER)
    whole = jnp.floor(jnp.minimum(x, last_float())).astype(int_dtype())
    return whole, x - as_float(whole)


def last_float() -> Any:
    """The largest float that is a count."""
    return np.nextafter(np.asarray(max_count(), float_dtype()), 0)


def is_whole(*numbers: Any) -> bool:
    """Whether all are integers by type."""
    return all(
        x.part is ZERO
        if isinstance(x, Gap)
        else jnp.issubdtype(jnp.result_type(x), jnp.integer)
        for x in numbers
    )


def _number(gap: Gap) -> jax.Array:
    whole, part = gap
    return whole if part is ZERO else as_float(whole) + part
