"""The curve: a shape on [0, 1], without values and without a clock."""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._clock import float_dtype, fraction, gap, is_positive
from ._node import Node


class AbstractCurve(Node):
    r"""A shape $w(x)$ with $w(0) = 0$ and $w(1) = 1$.

    A subclass writes `evaluate(x)` for $0 < x < 1$; the ends are exact by themselves.
    Where $1 - w$ loses digits, it also writes `rest(y)`, which is $1 - w(1 - y)$ in
    terms of what remains. A curve need not be monotone, nor stay within [0, 1].

    >>> import jaxsched as js
    >>> class Square(js.AbstractCurve):
    ...     def evaluate(self, x):
    ...         return x**2
    >>> Square()(0.5)
    Array(0.25, dtype=float32)
    """

    @abc.abstractmethod
    def evaluate(self, x: jax.Array) -> Any:
        """The shape at `x`, elementwise."""
        raise TypeError(f"{type(self).__name__} must define evaluate(self, x).")

    def rest(self, y: jax.Array) -> Any:
        """What is missing to 1 when `y` is left of the way."""
        return 1 - self.evaluate(1 - y)

    def __call__(self, x: Any) -> jax.Array:
        """The shape at `x`, which is clipped to [0, 1]."""
        x = jnp.asarray(x, float_dtype())
        inside = (x > 0) & (x < 1)
        # The inner select keeps a slope that is infinite at an end out of gradients.
        shape = self.evaluate(jnp.where(inside, x, 0.5))
        ends = (x >= 1).astype(x.dtype)
        return jnp.where(inside, shape, ends).astype(x.dtype)

    def blend(self, start: Any, end: Any, count: jax.Array, steps: Any) -> jax.Array:
        """From `start` at count 0 to `end` at count `steps`, both exact."""
        return self.along(way_between(count, steps), start, end)

    def along(self, way: "Way", start: Any, end: Any) -> jax.Array:
        """The value between two ends at a place on the way."""
        shape, missing = self.evaluate(way.done), self.rest(way.rest)
        # Close to an end only what is small there is known to all its digits.
        from_start = (way.done < 0.05) | ((way.done < 0.95) & (shape < 0.5))
        path = self.mix(start, end, shape, missing, from_start)
        return way.select(path, start, end)

    def mix(self, start: Any, end: Any, done: Any, rest: Any, from_start: Any) -> Any:
        """The value between two ends; `rest + done = 1`, `from_start` if it is nearer."""
        return between(start, end, done, rest, from_start)


class Way(NamedTuple):
    """Where a count is on its way from 0 to a length."""

    inside: jax.Array
    over: jax.Array
    done: jax.Array
    rest: jax.Array

    def select(self, path: Any, start: Any, end: Any) -> jax.Array:
        """`path` on the way, and the ends by comparing counts."""
        return jnp.where(self.inside, path, jnp.where(self.over, end, start))


def way_between(count: Any, steps: Any) -> Way:
    """How much of the way is done and how much is left, each to all its digits.

    Half way wherever the ends decide: a slope that is infinite at an end would otherwise
    poison the gradient of the whole schedule.
    """
    left = gap(steps, count)
    return way_of(fraction(count, steps), fraction(left, steps), count, left)


def way_of(done: jax.Array, rest: jax.Array, count: Any, left: Any) -> Way:
    """The way with these shares done and left; at its ends where nothing of one is."""
    over = ~is_positive(left)
    inside = is_positive(count) & ~over
    # Nor may rounding put it at an end, which happens from 2^24 updates on.
    most = 1 - jnp.finfo(float_dtype()).epsneg
    done = jnp.where(inside, jnp.minimum(done, most), 0.5)
    rest = jnp.where(inside, jnp.minimum(rest, most), 0.5)
    return Way(inside, over, done, rest)


def between(start: Any, end: Any, done: Any, rest: Any, from_start: Any) -> jax.Array:
    """The blend `rest * start + done * end` for `rest + done = 1`, from one of its ends.

    As a sum of two products it would be as exact, but not monotone: where one product
    stands still for a count, rounded, the other one still moves.
    """
    near_start = start + (end - start) * done
    return jnp.where(from_start, near_start, end + (start - end) * rest)
