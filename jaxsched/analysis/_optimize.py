"""Schedules learnt by gradient descent through whole training runs."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import Real, ScheduleLike, checks, random_key
from jaxsched.sweeps import (
    Members,
    PairedDifference,
    SweepResult,
    Task,
    paired_difference,
    run,
    stack,
    unstack,
)

from ._descent import Where, check_start, chosen, descend, multiplied
from ._unroll import unroll

_WHO = "optimize"


@dataclasses.dataclass(frozen=True)
class Learned:
    """What `optimize` found, and how it does on seeds that it was not learnt on.

    Attributes:
        schedule: the best schedule on the way; the start if none is surely better.
        start: the best starting point.
        losses: mean over the choosing seeds for each start, before the first iteration
            and after each, `[starts, num_iterations + 1]`; infinite where a run diverged.
        gradient_norms: of the mean clipped gradient, of the same shape.
        result: a sweep on fresh seeds: member 0 is `schedule`, member 1 is `start`.
        comparison: the first against the second there, with Student's interval.
    """

    schedule: Any
    start: Any
    losses: np.ndarray
    gradient_norms: np.ndarray
    result: SweepResult
    comparison: PairedDifference


def optimize(
    task: Task,
    schedules: ScheduleLike | Sequence[ScheduleLike] | Members,
    *,
    num_steps: int,
    key: jax.Array,
    metric: str = "validation_loss",
    num_seeds: int = 8,
    num_test_seeds: int = 16,
    num_iterations: int = 100,
    learning_rate: Real = 0.1,
    max_norm: Real = 1.0,
    where: Where | None = None,
    max_value: Real | None = None,
) -> Learned:
    r"""Descends what a training run ends with, with respect to its schedule's numbers.

    The gradient goes back through all updates of the run. Each real number is multiplied
    with a factor whose logarithm is learnt by Adam, so that signs and zeros stay. Seeds
    are of three kinds, and none is of two. Each iteration learns on new ones. One set is
    the same for all iterations and chooses the best: the one with the largest lead over
    its start, pair by pair and less two standard errors. Fresh ones compare it with its
    start in the end.

    An iteration trains each start about $5 n + m$ times, with $n$ seeds to learn and $m$
    to choose, side by side; a gradient keeps about $2 \sqrt T$ states. What is learnt is
    the best for this length, this task and this metric. If the metric is of validation
    data, these have been learnt on: let `task.evaluate` report a test metric beside it
    and see `sweeps.paired_difference(found.result, "test_loss", 0, 1)`. Gradients through
    long runs at high rates are chaotic, and short runs favour small rates; start from a
    schedule that trains well.

    Args:
        task: as for `sweeps.run`, differentiable, with the schedule in its state as
            `scheduled` keeps it.
        schedules: a start; or several, as a list or from `grid` or `sample`, which are
            descended side by side. To learn a shape give a table with a number for each
            update (`tabulate`), or a few points of a `PiecewiseLinear`.
        num_steps: updates of a run.
        key: a JAX random key.
        metric: what is to fall, of `task.evaluate` after the last update or of its step.
        num_seeds: runs that a gradient is the mean of.
        num_test_seeds: runs that choose the best, and as many fresh ones to compare it.
        num_iterations: steps of Adam.
        learning_rate: of Adam, in the logarithm; it falls to 0 as a cosine.
        max_norm: the gradient of each seed is scaled down to this norm; one that is not
            finite is left out.
        where: takes out of a schedule what is to be learnt, as
            `lambda s: (s.init_value, s.end_value)`; by default all real numbers. Several
            starts then have to be of one structure.
        max_value: the largest value that a learnt number may take.

    Raises:
        KeyError: if the task does not report the metric.
        ValueError: for a number outside its domain, if nothing can be learnt, if every
            start diverges, or if the metric has no gradient, as an accuracy.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, jax.random.normal(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {}
    ...     def evaluate(self, state):
    ...         return {"validation_loss": state[2] ** 2}
    >>> found = optimize(Descent(), 0.5, num_steps=3, key=jax.random.key(0))
    >>> round(float(found.schedule(0)), 1), found.comparison.num_better
    (1.0, 16)

    Source: Maclaurin, Duvenaud and Adams, Gradient-based Hyperparameter Optimization
    through Reversible Learning, 2015; on what short runs teach, Wu, Ren, Liao and Grosse,
    Understanding Short-Horizon Bias in Stochastic Meta-Optimization, 2018.
    """
    sizes = {"num_seeds": num_seeds, "num_test_seeds": num_test_seeds}
    checks.size(_WHO, num_steps=num_steps, num_iterations=num_iterations, **sizes)
    checks.positive(_WHO, learning_rate=learning_rate, max_norm=max_norm)
    starts = _stacked(schedules)
    places = chosen(_WHO, starts, where)
    check_start(_WHO, starts, places, max_value)
    *keys, testing = jax.random.split(random_key("optimize", key), 3)

    @jax.jit
    def learn(start):
        def ending(logs, key):
            return _outcome(task, metric, num_steps, multiplied(start, places, logs), key)

        choosing = jax.random.split(keys[1], num_test_seeds)
        slope = _slope(ending, keys[0], num_seeds, choosing, max_norm)
        options = {"num_iterations": num_iterations, "learning_rate": learning_rate}
        trail = descend(slope, start, places, max_value, **options)
        met = jax.vmap(lambda logs: multiplied(start, places, logs))(trail.logs)
        return met, trail.scores, trail.norms

    met, scores, norms = jax.tree.map(np.asarray, jax.vmap(learn)(starts))
    losses = scores.mean(axis=-1)
    _check_descent(metric, losses, norms)
    at = _surest(scores)
    rows = np.arange(len(at))
    picked = jax.tree.map(lambda leaf: leaf[rows, at], met)
    best = unstack(picked)[losses[rows, at].argmin()]
    start = unstack(starts)[losses[:, 0].argmin()]
    options = {"num_steps": num_steps, "num_seeds": num_test_seeds, "progress": False}
    result = run(task, [best, start], key=testing, **options)
    comparison = paired_difference(result, metric, 0, 1, method="student")
    return Learned(best, start, losses, norms, result, comparison)


def _stacked(schedules: Any) -> Any:
    """The starts as one batch."""
    if isinstance(schedules, Members):
        return schedules.schedules
    return stack(schedules if isinstance(schedules, Sequence) else [schedules])


def _slope(ending: Any, learning: Any, num_seeds: int, choosing: Any, max_norm: Any) -> Any:
    """Scores on the same seeds each time, and a gradient on new ones."""

    def slope(logs, i):
        scores = jax.vmap(ending, (None, 0))(logs, choosing)
        keys = jax.random.split(jax.random.fold_in(learning, i), num_seeds)
        gradients = jax.vmap(jax.grad(ending), (None, 0))(logs, keys)
        clipped = jax.vmap(functools.partial(_clipped, max_norm))(gradients)
        return scores, jax.tree.map(lambda g: g.mean(0), clipped)

    return slope


def _surest(scores: np.ndarray) -> np.ndarray:
    """The iteration whose lead over the start is the largest, less two standard errors.

    Of many iterations the one with the lowest mean has been lucky.
    """
    with np.errstate(invalid="ignore"):  # infinite ones
        leads = scores - scores[:, :1]
        num = leads.shape[-1]
        error = leads.std(axis=-1) / max(num - 1, 1) ** 0.5
        sure = leads.mean(axis=-1) + 2 * error
    diverges = ~np.isfinite(scores[:, :1]).all(axis=-1)
    rank = np.where(diverges, scores.mean(axis=-1), sure)
    return np.where(np.isnan(rank), np.inf, rank).argmin(axis=1)


def _outcome(task: Any, metric: str, num_steps: int, schedule: Any, key: Any) -> Any:
    """The metric at the end of a run."""
    state = jax.tree.map(jnp.asarray, task.init(schedule, key))

    def step(state, _):
        state, metrics = task.step(state)
        return state, metrics if isinstance(metrics, dict) else {"loss": metrics}

    state, reported = unroll(step, state, jnp.arange(num_steps))
    metrics = {name: values[-1] for name, values in reported.items()}
    if hasattr(task, "evaluate"):
        metrics |= task.evaluate(state)
    if metric not in metrics:
        raise KeyError(f"{metric!r} must be one of {', '.join(metrics)}.")
    return metrics[metric]


def _clipped(max_norm: Any, gradient: Any) -> Any:
    """At most of this norm; zero if it is not finite."""
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in gradient))
    factor = jnp.minimum(1, max_norm / jnp.maximum(norm, jnp.finfo(norm.dtype).tiny))
    return [jnp.where(jnp.isfinite(norm), g * factor, 0) for g in gradient]


def _check_descent(metric: str, losses: np.ndarray, norms: np.ndarray) -> None:
    if not np.isfinite(losses[:, 0]).any():
        raise ValueError(
            f"{_WHO} needs a start that does not diverge, got {metric} {losses[:, 0]}. "
            f"Lower its rates."
        )
    if not norms.any():
        raise ValueError(
            f"{_WHO}(metric=...) must have a gradient with respect to the schedule, got "
            f"{metric!r}, whose gradient is 0 throughout. Take a loss, of a task that "
            f"keeps the schedule in its state."
        )
