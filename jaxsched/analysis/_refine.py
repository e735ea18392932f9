"""From the gradient norms of a run to the schedule that would have been best for it."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import Real, checks, clock
from jaxsched.schedules import Table

from ._median import running_median
from ._sums import tail_sums
from ._terms import check_range

_POWERS = (1, 2)


def refine(
    norms: Any,
    *,
    power: int = 2,
    smoothing: float = 0.1,
    floor: Real = 0.0,
    num_steps: int | None = None,
) -> Table:
    r"""The schedule that the gradient norms of an earlier run ask for.

    Of all bounds on the last iterate of one kind, the best for norms $\hat G_t$:

    $$w_t = \hat G_t^{-p}, \qquad
      s(t) \propto w_t \, \frac{\sum_{u > t} w_u}{\sum_u w_u}, \qquad \max_t s(t) = 1.$$

    Norms that are all the same give the line to 0. Large ones at the start give a warmup,
    growing ones towards the end a sharp annealing. Tune its base rate as that of any
    other.

    $\hat G$ is the running median of the norms over a share of them. Beyond the end they
    are reflected, before the start the first one is repeated. Norms that are not finite
    are dropped first: a table of `record_norms` may have room left.

    It is not always better than a line: measure. Where norms fall far towards the end, as
    on what is learnt to perfection, the weights of the end drown all others, and the
    schedule is a spike: give a `floor`.

    Args:
        norms: one for each update, or for every so many, in the order of time; means over
            seeds if there are several. Two or more finite ones.
        power: 2 with Euclidean norms for SGD, 1 with sums of absolute values for Adam
            and its like.
        smoothing: share of the norms that a median is of, from 0 to 1. Python numbers,
            since it is a size.
        floor: share of the median norm under which no norm counts, 0 or more.
        num_steps: updates of the run to come, 2 or more, if not as many as there are
            finite norms: the values are interpolated.

    Returns:
        A table of `num_steps` values, the last one 0.

    Raises:
        ValueError: for fewer than two finite norms, a negative one, or one that is 0, or
            1e-12 of the largest, after smoothing and the floor.

    >>> norms = [4.0, 2.0, 1.0, 1.0, 2.0]
    >>> for power in (2, 1):
    ...     found = refine(norms, power=power, smoothing=0)
    ...     print([round(float(value), 4) for value in found.values])
    [0.125, 0.45, 1.0, 0.2, 0.0]
    [0.5, 0.8333, 1.0, 0.3333, 0.0]

    Source: Defazio et al., Optimal Linear Decay Learning Rate Schedules and Further
    Refinements, 2023, arXiv:2310.07831.
    """
    checks.choice("refine", power=power, choices=_POWERS)
    is_share = 0 <= smoothing <= 1
    advice = "It is a share of the norms; try 0.1."
    checks.consistent("refine", "0 <= smoothing <= 1", is_share, f"{smoothing}", advice)
    checks.number("refine", floor=floor)
    checks.consistent("refine", "floor >= 0", floor >= 0, f"{floor}", "Try 0.1.")
    row = _finite(norms)
    # Odd, so that a median is one of the norms.
    width = 2 * (math.floor(smoothing * row.shape[0]) // 2) + 1
    smooth = _smoothed(row, floor, width=width)
    advice = "A weight is one over its power. Give a floor, such as 0.1."
    check_range("refine", smooth, advice)
    refined = _refined(smooth, power=power)
    return Table(refined if num_steps is None else _moved(refined, num_steps))


def _finite(norms: Any) -> jax.Array:
    """As one row, without what is not finite; traced ones as they are."""
    row = np.asarray(norms) if isinstance(norms, (list, tuple)) else norms
    checks.real("refine", norms=row)
    known = checks.concrete(row)
    if known is not None:
        row = known[np.isfinite(known)] if known.ndim == 1 else known
    is_row = row.ndim == 1 and row.shape[0] >= 2
    what = "norms in one row, two or more of them finite"
    advice = "Give one for each update, means over seeds if there are several."
    checks.consistent("refine", what, is_row, f"shape {row.shape}", advice)
    row = clock.as_float(row)
    checks.consistent("refine", "norms of 0 or more", row >= 0, f"{row}", "Norms are.")
    return row


@functools.partial(jax.jit, static_argnames="width")
def _smoothed(row: jax.Array, floor: Any, *, width: int) -> jax.Array:
    half, last = width // 2, row.size - 1
    # There and back again, each end once.
    way = jnp.abs(jnp.arange(-half, last + 1 + half)) % (2 * last)
    inside = jnp.minimum(way, 2 * last - way)
    padded = row[jnp.where(jnp.arange(-half, last + 1 + half) < 0, 0, inside)]
    return jnp.maximum(running_median(padded, width), floor * jnp.median(row))


@functools.partial(jax.jit, static_argnames="power")
def _refined(norms: jax.Array, *, power: int) -> jax.Array:
    weights = (jnp.min(norms) / norms) ** power
    later = jnp.append(tail_sums(weights)[1:], 0)
    values = weights * (later / later[0])
    return values / jnp.max(values)


def _moved(values: jax.Array, num_steps: int) -> jax.Array:
    """From its first value to its last one in another number of updates."""
    checks.size("refine", num_steps=num_steps)
    is_run = num_steps >= 2
    advice = "The last rate is 0, and one is to be above it."
    checks.consistent("refine", "num_steps >= 2", is_run, f"{num_steps}", advice)
    old, new = values.size - 1, num_steps - 1
    # The whole part in integers.
    counts = np.arange(num_steps)
    left = np.minimum(counts * old // new, old - 1)
    done = counts * old - left * new
    before, after = clock.as_float((new - done) / new), clock.as_float(done / new)
    return before * values[left] + after * values[left + 1]
