"""The curve: a shape on [0, 1], without values and without a clock."""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from . import _clock as clock
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
        x = jnp.asarray(x, clock.float_dtype())
        inside = (x > 0) & (x < 1)
        # The inner select keeps a slope that is infinite at an end out of gradients.
        shape = self.evaluate(jnp.where(inside, x, 0.5))
        ends = (x >= 1).astype(x.dtype)
        return jnp.where(inside, shape, ends).astype(x.dtype)

    def is_symmetric(self) -> bool:
        """Whether it looks the same from both ends, with finite slopes at them.

        Then `evaluate` alone gives the way from either end, and is asked at the ends too.
        """
        return False

    def blend(self, start: Any, end: Any, count: Any, steps: Any) -> jax.Array:
        """From `start` at count 0 to `end` at count `steps`, both exact."""
        return self.along(way_between(count, steps), start, end)

    def along(self, way: "Way", start: Any, end: Any) -> jax.Array:
        """The value between two ends at a place on the way."""
        start, end = clock.as_float(start), clock.as_float(end)
        nearer = clock.select(way.from_start, start, end)
        if self.is_symmetric():
            farther = clock.select(way.from_start, end, start)
            return self.mix(nearer, farther, self.evaluate(way.share))
        # At an end the shape is asked half way instead: a slope that is infinite there
        # would poison the gradient. Nor may rounding put it at the far end.
        inside = way.share > 0
        share = clock.select(inside, way.share, jnp.full_like(way.share, 0.5))
        opposite = jnp.minimum(1 - share, 1 - jnp.finfo(share.dtype).epsneg)
        done = clock.select(way.from_start, share, opposite)
        rest = clock.select(way.from_start, opposite, share)
        shape, missing = self.evaluate(done), self.rest(rest)
        # Close to an end only what is small there is known to all its digits.
        from_start = clock.select(share > 0.05, shape < missing, way.from_start)
        near = clock.select(from_start, start, end)
        far = clock.select(from_start, end, start)
        path = self.mix(near, far, clock.select(from_start, shape, missing))
        return clock.select(inside, path, nearer)

    def mix(self, near: Any, far: Any, share: Any) -> jax.Array:
        """The value at a share of the way between two ends, from one of them."""
        return between(near, far, share)


class Leg(NamedTuple):
    """One way from a value to another, as data: what a `Join` of such needs to know."""

    start: Any
    end: Any
    steps: Any
    curve: AbstractCurve | None


class Way(NamedTuple):
    """Where a count is on its way: which end is nearer, and the share of the way to it."""

    from_start: jax.Array
    share: jax.Array


def way_between(count: Any, steps: Any) -> Way:
    """The way from count 0 to a length; at its end from the first count if it has none."""
    return way_of(*clock.ends_around(count, steps))


def way_of(done: Any, left: Any, steps: Any) -> Way:
    """The way of which so much is done and so much left, both to all their digits."""
    from_start = clock.is_less(done, left)
    nearer = clock.lesser(from_start, done, left)
    return Way(from_start, clock.fraction(nearer, steps))


def between(near: Any, far: Any, share: Any) -> jax.Array:
    """The straight line from one end to the other: exact at the near one, monotone.

    As a sum of two products it would be as exact, but not monotone: where one product
    stands still for a count, rounded, the other one still moves.
    """
    return near + (far - near) * share
