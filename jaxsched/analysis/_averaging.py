"""Weights of checkpoints whose average is as good as a decay of the rate."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import ScheduleLike, checks, clock
from jaxsched.schedules import Table

from ._queries import values
from ._sums import tail_sums


def averaging_weights(schedule: ScheduleLike, num_checkpoints: int) -> jax.Array:
    r"""The weights with which an average of checkpoints stands for a decay of the rate.

    $$\bar\theta = \sum_{j=0}^{k} c_j \theta_j, \qquad
    c_0 = 1 - w_1, \quad c_j = w_j - w_{j+1}, \quad c_k = w_k$$

    where $w_j$ is the share of the step from checkpoint $j - 1$ to $j$ that a run with
    the decay would have taken. For SGD and gradients that stay what they are the average
    is exactly where the decay would have led; for a real training it is close.

    They add up to 1, whatever the schedule, and are none of them negative if it falls
    from 1 or less and stays at 0 or more.

    Args:
        schedule: $w_j = s(j - 1)$, the rate as a share of the one that the checkpoints
            were made with; a count is from one checkpoint to the next.
        num_checkpoints: $k + 1$, at least 1, the start of the decay among them.

    >>> import jaxsched as js
    >>> averaging_weights(js.Transition(1.0, 0.0, 4), 5)
    Array([0.  , 0.25, 0.25, 0.25, 0.25], dtype=float32)
    >>> root = js.Transition(1.0, 0.0, 4, js.curves.SquareRoot())
    >>> [round(float(c), 4) for c in averaging_weights(root, 5)]
    [0.0, 0.5, 0.2071, 0.1589, 0.134]

    Reference: WSM: decay-free learning rate schedule via checkpoint merging, 2025,
    arXiv:2507.17634.
    """
    checks.size("averaging_weights", num_checkpoints=num_checkpoints)
    if num_checkpoints == 1:
        return jnp.ones(1, clock.float_dtype())
    shares = values(schedule, num_checkpoints - 1)
    before, after = jnp.insert(shares, 0, 1), jnp.append(shares, 0)
    return before - after


def equivalent_decay(weights: Any) -> Table:
    r"""The decay that an average of checkpoints stands for.

    $$s(j - 1) = \sum_{i=j}^{k} c_i$$

    The inverse of `averaging_weights`: what the mean of the last few, or a moving
    average, makes of the rate.

    Args:
        weights: $c_0, \dots, c_k$, oldest first, at least two, which add up to 1.

    Raises:
        ValueError: for fewer weights, or others than in a row that adds up to 1.

    >>> decay = equivalent_decay([0.25, 0.25, 0.25, 0.25])
    >>> [float(decay(count)) for count in range(3)]
    [0.75, 0.5, 0.25]
    """
    weights = clock.as_float(weights)
    who, shape = "equivalent_decay", weights.shape
    is_row = weights.ndim == 1 and weights.size > 1
    checks.consistent(who, "two or more weights in a row", is_row, f"{shape}", "Add one.")
    total = weights.sum()
    is_one = jnp.abs(total - 1) <= 1e-4
    checks.consistent(who, "weights of sum 1", is_one, f"{total}", "Divide by it.")
    return Table(tail_sums(weights)[1:])
