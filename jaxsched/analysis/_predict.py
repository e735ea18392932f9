"""What several laws say of a schedule, and by how much they disagree."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import ScheduleLike, checks

from ._law import AbstractLaw


class Prediction(NamedTuple):
    """The losses of a schedule by several laws.

    Attributes:
        losses: the mean of the laws, at each count.
        low: the least of them.
        high: the largest.
        each: a row for each law.
    """

    losses: jax.Array
    low: jax.Array
    high: jax.Array
    each: jax.Array


def predict(
    laws: Sequence[AbstractLaw],
    schedule: ScheduleLike,
    num_steps: int,
    counts: Any = None,
) -> Prediction:
    """The losses of a schedule by several laws, all fitted to the same curves.

    From `low` to `high` is how far laws differ that explain the same data: the least that
    a prediction may be off by. It is no confidence interval: what all laws have in common
    may be wrong as well.

    Args:
        laws: one at least.
        schedule: a schedule, number or function of the count.
        num_steps: updates of the run.
        counts: updates done, from 1 to `num_steps`; the last one if not given.

    Raises:
        ValueError: without laws, or for counts out of their range.

    >>> import jaxsched as js
    >>> from jaxsched.analysis import AnnealingLaw, FunctionalLaw
    >>> laws = [
    ...     AnnealingLaw(2.0, 0.5, 0.5, 0.03, memory=0.99),
    ...     FunctionalLaw(2.0, 0.5, 0.5, 0.5, 0.4, 2.0, 0.8),
    ... ]
    >>> found = predict(laws, js.Transition(0.1, 0.0, 400), 400)
    >>> [round(float(x[0]), 3) for x in (found.low, found.losses, found.high)]
    [1.885, 1.985, 2.084]
    """
    checks.consistent("predict", "a law", len(laws) > 0, "none", "Give one at least.")
    checks.size("predict", num_steps=num_steps)
    counts = [num_steps] if counts is None else counts
    each = jnp.stack([law.loss_curve(schedule, num_steps, counts) for law in laws])
    return Prediction(each.mean(0), each.min(0), each.max(0), each)
