"""The parts of the last-iterate bound, of a row of rates and a row of norms."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import checks, clock

from ._queries import values
from ._sums import tail_sums, total

_CHUNK = 2**15  # of numbers that stay in a cache
_NEAR = 1e-12  # the square of its inverse is a float32


class BoundTerms(NamedTuple):
    r"""The parts of a bound: $a / \gamma + \gamma b$ at $\gamma$ times the schedule.

    Attributes:
        distance: $a$, of the way from the start to the optimum.
        gradients: $b$, of the size of the gradients.
    """

    distance: jax.Array
    gradients: jax.Array


def terms_of(rates: jax.Array, norms: jax.Array, distance: Any = 1.0) -> BoundTerms:
    """The parts of the bound of a row of rates."""
    # Of the shape alone: squares of small rates and of large norms stay in range.
    unit, size = _largest(rates), _largest(norms)
    width = min(rates.size, _CHUNK)
    # Zeros in front add nothing.
    rows = [
        jnp.pad(row, (-row.size % width, 0)).reshape(-1, width)
        for row in (rates / unit, norms / size)
    ]
    zero = jnp.zeros_like(unit)
    # A gradient goes through the chunks again, for less memory and time.
    add = jax.checkpoint(_with_chunk)
    sums, _ = jax.lax.scan(add, (zero, zero, zero), tuple(rows), reverse=True)
    end, square, rises = sums
    is_some = end > 0
    end = jnp.where(is_some, end, 1)
    way = jnp.square(distance) / (2 * unit * end)
    return BoundTerms(
        jnp.where(is_some, way, jnp.inf),
        unit * jnp.square(size) * (square / end + rises) / 2,
    )


def _with_chunk(sums: Any, rows: Any) -> tuple[Any, None]:
    """The sums of rates, squares and quotients with those of a chunk before them."""
    end, square, rises = sums
    rates, norms = rows
    ends = tail_sums(rates) + end
    squares = tail_sums(jnp.square(rates * norms)) + square
    later = jnp.append(ends[1:], end)
    # At the last positive rate and after it there is no later one.
    is_before = later > 0
    quotients = rates / jnp.where(is_before, later, 1)
    means = squares / jnp.where(ends > 0, ends, 1)
    rises += total(jnp.where(is_before, means * quotients, 0))
    return (ends[0], squares[0], rises), None


def rate_of(terms: BoundTerms) -> jax.Array:
    """The best multiple of rates whose bound has these parts."""
    is_some = terms.gradients > 0
    gradients = jnp.where(is_some, terms.gradients, 1)
    return jnp.where(is_some, jnp.sqrt(terms.distance / gradients), jnp.inf)


def norms_of(who: str, gradient_norms: Any, num_steps: int) -> jax.Array:
    """A norm for each update, of a number, a row or a function of the count."""
    if isinstance(gradient_norms, (list, tuple)):
        gradient_norms = np.asarray(gradient_norms)
    if getattr(gradient_norms, "ndim", 0) == 1:
        num = gradient_norms.shape[0]
        checks.matching(who, "gradient_norms", num, "updates", num_steps, num_steps)
        norms = clock.as_float(gradient_norms)
    else:
        norms = values(gradient_norms, num_steps)
    fits = (norms >= 0) & (norms < jnp.inf)
    advice = "Leave out what is not finite."
    checks.consistent(who, "gradient_norms that are 0 or more", fits, f"{norms}", advice)
    return norms


def check_range(who: str, norms: jax.Array, advice: str) -> None:
    """Requires norms whose inverse squares, as quotients, are numbers."""
    holds = jnp.min(norms) > _NEAR * jnp.max(norms)
    what = f"norms above 0, within {1 / _NEAR:.0e} of each other"
    checks.consistent(who, what, holds, f"{norms}", advice)


def _largest(row: jax.Array) -> jax.Array:
    # It cancels, so nothing is to be differentiated.
    largest = jax.lax.stop_gradient(jnp.max(row))
    return jnp.where(largest > 0, largest, 1)
