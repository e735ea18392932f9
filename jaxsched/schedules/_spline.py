"""A smooth curve through control points that never overshoots them."""

from typing import Any

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, checks, clock, vectors, way_of


class MonotoneCubic(AbstractSchedule):
    r"""A smooth line through the points $(b_i, v_i)$, monotone between neighbours.

    Cubic pieces, whose slopes are the weighted harmonic means of Fritsch and Butland:
    zero at a turning point, so that nothing overshoots. Constant before the first and
    after the last point. Every point can be swept, and differentiated for a search by
    gradient.

    Args:
        boundaries: $b_1 \le \dots \le b_n$, counts; at equal ones the value jumps.
        values: $v_1, \dots, v_n$, the value at each of them.

    Raises:
        ValueError: if the numbers of entries do not match or boundaries are unsorted.

    >>> line = MonotoneCubic(boundaries=[0, 10, 30], values=[0.0, 1.0, 0.0])
    >>> [float(line(count)) for count in (0, 10, 20, 99)]
    [0.0, 1.0, 0.875, 0.0]

    Reference: Fritsch and Butland, A Method for Constructing Local Monotone Piecewise
    Cubic Interpolants, 1984.
    """

    boundaries: Any
    values: Any

    def __post_init__(self):
        vectors.own(self, "boundaries", "values")
        checks.some(self, "values")
        if vectors.is_known(self.boundaries) and vectors.is_known(self.values):
            n = self.boundaries.shape[0]
            checks.matching("MonotoneCubic", "values", len(self.values), "boundaries", n, n)

    def evaluate(self, count):
        slopes = _slopes(clock.as_float(jnp.diff(self.boundaries)), jnp.diff(self.values))
        piece = clock.piece(count, self.boundaries)
        left, right = self.values[piece.left], self.values[piece.right]
        length = clock.as_float(piece.length)
        way = way_of(piece.done, piece.rest, piece.length)
        done = jnp.where(way.from_start, way.share, 1 - way.share)
        rest = jnp.where(way.from_start, 1 - way.share, way.share)
        bend = rest * slopes[piece.left] - done * slopes[piece.right]
        value = rest * rest * (1 + 2 * done) * left + done * done * (1 + 2 * rest) * right
        value = value + length * done * rest * bend
        # A piece stays between its ends; so does its rounding.
        low, high = jnp.minimum(left, right), jnp.maximum(left, right)
        return jnp.clip(value, low, high)

    def horizon(self):
        return self.boundaries[-1]


def _slopes(lengths, changes):
    """The slope at each point, from the lengths of the pieces and the changes on them."""
    if lengths.shape[0] == 0:
        return jnp.zeros(1, changes.dtype)
    steep = jnp.where(lengths > 0, changes / jnp.maximum(lengths, 1e-6), 0)
    if lengths.shape[0] == 1:
        return jnp.concatenate([steep, steep])
    before, after = lengths[:-1], lengths[1:]
    first, second = steep[:-1], steep[1:]
    same = first * second > 0
    weight, other = 2 * after + before, after + 2 * before
    safe = jnp.where(same, first, 1), jnp.where(same, second, 1)
    mean = (weight + other) / (weight / safe[0] + other / safe[1])
    inner = jnp.where(same, mean, 0)
    ends = [_end_slope(lengths[i], lengths[j], steep[i], steep[j]) for i, j in _ENDS]
    return jnp.concatenate([ends[0], inner, ends[1]])


_ENDS = ((slice(0, 1), slice(1, 2)), (slice(-1, None), slice(-2, -1)))


def _end_slope(near, next_, steep, next_steep):
    """The parabola through three points, bent so that the first piece is monotone."""
    both = jnp.maximum(near + next_, 1e-6)
    slope = ((2 * near + next_) * steep - near * next_steep) / both
    turns = (steep * next_steep < 0) & (jnp.abs(slope) > 3 * jnp.abs(steep))
    return jnp.where(slope * steep <= 0, 0, jnp.where(turns, 3 * steep, slope))
