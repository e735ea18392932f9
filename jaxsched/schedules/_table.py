"""Explicit values at explicit counts.

However many pieces, the traced program is the same: one comparison with all
boundaries, one look-up.
"""

from typing import Any

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Way, checks, clock, vectors, way_of
from jaxsched.curves import Linear


class PiecewiseConstant(AbstractSchedule):
    r"""Steps from value to value: $s(t) = v_i$ for $b_i \le t < b_{i+1}$.

    Args:
        boundaries: $b_1 \le \dots \le b_n$, the counts at which the next value starts.
        values: $v_0, \dots, v_n$, one more than boundaries; absolute, not factors.

    Raises:
        ValueError: if the numbers of entries do not match or boundaries are unsorted.

    >>> steps = PiecewiseConstant(boundaries=[10, 20], values=[1.0, 0.5, 0.25])
    >>> [float(steps(count)) for count in (9, 10, 20)]
    [1.0, 0.5, 0.25]
    """

    boundaries: Any
    values: Any

    def __post_init__(self):
        vectors.own(self, "boundaries", "values")
        if vectors.is_known(self.boundaries) and vectors.is_known(self.values):
            n = self.boundaries.shape[0]
            checks.matching(
                "PiecewiseConstant", "values", self.values.shape[0], "boundaries", n, n + 1
            )

    def evaluate(self, count):
        return self.values[clock.index(count, self.boundaries)]

    def horizon(self):
        return self.boundaries[-1] if len(self.boundaries) else 0


class PiecewiseLinear(AbstractSchedule):
    r"""Straight lines through the points $(b_i, v_i)$, constant before and after.

    Args:
        boundaries: $b_1 \le \dots \le b_n$, counts; at equal ones the value jumps.
        values: $v_1, \dots, v_n$, the value at each of them.

    Raises:
        ValueError: if the numbers of entries do not match or boundaries are unsorted.

    >>> line = PiecewiseLinear(boundaries=[0, 10, 20], values=[0.0, 1.0, 0.5])
    >>> [float(line(count)) for count in (0, 5, 15, 99)]
    [0.0, 0.5, 0.75, 0.5]
    """

    boundaries: Any
    values: Any

    def __post_init__(self):
        vectors.own(self, "boundaries", "values")
        checks.some(self, "values")
        if vectors.is_known(self.boundaries) and vectors.is_known(self.values):
            n = self.boundaries.shape[0]
            checks.matching(
                "PiecewiseLinear", "values", self.values.shape[0], "boundaries", n, n
            )

    def evaluate(self, count):
        piece = clock.piece(count, self.boundaries)
        way = way_of(piece.done, piece.rest, piece.length)
        start, end = self.values[piece.left], self.values[piece.right]
        return Linear().along(way, start, end)

    def horizon(self):
        return self.boundaries[-1]


class Table(AbstractSchedule):
    r"""A value for each count, the last one ever after.

    $$s(t) = v_{\min(t, n - 1)}$$ and between two counts the straight line.

    Args:
        values: $v_0, \dots, v_{n-1}$, at least one.

    >>> Table(values=[0.0, 0.5, 1.0])(1)
    Array(0.5, dtype=float32)
    """

    values: Any

    def __post_init__(self):
        vectors.own(self, "values")
        checks.some(self, "values")

    def evaluate(self, count):
        last = self.values.shape[0] - 1
        if jnp.issubdtype(count.dtype, jnp.integer):
            return self.values[jnp.minimum(count, last)]
        count = jnp.minimum(count, last)
        left = jnp.floor(count).astype(clock.int_dtype())
        done = count - left.astype(count.dtype)
        right = jnp.minimum(left + 1, last)
        start, end = self.values[left], self.values[right]
        way = Way(done < 0.5, jnp.minimum(done, 1 - done))
        return Linear().along(way, start, end)

    def horizon(self):
        return len(self.values) - 1
