"""The best schedule of a noisy quadratic, by gradient descent on its numbers."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Real, ScheduleLike, as_schedule, checks

from ._descent import Where, check_start, chosen, descend, multiplied
from ._lab import NoisyQuadratic
from ._law import AbstractLaw

_WHO = "optimal_schedule"


class Optimum(NamedTuple):
    """What a descent in the lab came to.

    Attributes:
        schedule: the best one on the way, of the structure of the start.
        losses: the expected loss of the start and after each iteration.
    """

    schedule: AbstractSchedule
    losses: jax.Array


def optimal_schedule(
    task: NoisyQuadratic | AbstractLaw,
    start: ScheduleLike,
    num_steps: int,
    *,
    where: Where | None = None,
    max_value: Real | None = None,
    num_iterations: int = 200,
    learning_rate: Real = 0.1,
) -> Optimum:
    r"""Descends the expected loss with respect to the numbers of a schedule.

    Adam on the logarithms of factors: each real number of the start is multiplied with
    one, so that signs and zeros stay. Give a table (`tabulate`) to learn a value for each
    update, any other schedule to learn the best of its kind.

    A function of the numbers of task and start, which may be traced and batched. An
    iteration costs about five times what the expected loss does.

    Args:
        task: the quadratic, or a law of the loss.
        start: where to start from; it must not diverge.
        num_steps: updates of the run, at least 1.
        where: takes out of a schedule what is to be learnt, as
            `lambda s: (s.init_value, s.end_value)`; by default all real numbers.
        max_value: the largest value that a learnt number may take.
        num_iterations: steps of Adam.
        learning_rate: of Adam, in the logarithm; it falls to 0 as a cosine.

    Raises:
        ValueError: if nothing can be learnt, or the start diverges or exceeds
            `max_value`.

    >>> import jaxsched as js
    >>> from jaxsched.analysis import power_law_quadratic
    >>> task = power_law_quadratic(1.5, 1.0, size=100, noise=0.5, batch_size=4)
    >>> line = js.Transition(0.5, 0.001, 300)
    >>> found = optimal_schedule(task, line, 300, where=lambda s: s.init_value)
    >>> round(float(found.schedule(0)), 2)
    0.29
    """
    checks.size(_WHO, num_steps=num_steps, num_iterations=num_iterations)
    start = as_schedule(start)
    checks.resolved(start)
    places = chosen(_WHO, start, where)
    check_start(_WHO, start, places, max_value)
    found = _optimum(
        task, start, max_value, learning_rate, places, num_steps, num_iterations
    )
    stays = jnp.isfinite(found.losses[0])
    what, advice = "a start that does not diverge", "Lower it, or raise it over 0."
    checks.consistent(_WHO, what, stays, f"{start!r}", advice)
    return found


@functools.partial(jax.jit, static_argnums=(4, 5, 6))
def _optimum(task, start, max_value, learning_rate, places, num_steps, num_iterations):
    def expected(logs):
        return task.expected_loss(multiplied(start, places, logs), num_steps)

    def slope(logs, _):
        loss, gradient = jax.value_and_grad(expected)(logs)
        # Of the logarithm; a law can say a loss below 0, which falls on.
        size = jnp.where(loss == 0, 1, jnp.abs(loss))
        return loss, jax.tree.map(lambda x: x / size, gradient)

    options = {"num_iterations": num_iterations, "learning_rate": learning_rate}
    trail = descend(slope, start, places, max_value, **options)
    best = jax.tree.map(lambda x: x[trail.scores.argmin()], trail.logs)
    return Optimum(multiplied(start, places, best), trail.scores)
