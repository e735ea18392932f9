"""Population-based training: schedules that are edited while they train.

Between two rounds the worst members copy the best ones, state and all, and go on with a
schedule that is a little different. What a member has lived through is a schedule again.
"""

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from jaxsched._core import checks, random_key

from ._engine import Task
from ._evolution import Evolution, Round, numbers, recorded
from ._explore import (
    DEFAULT,
    Explore,
    check_explore,
    counts_of,
    exchange,
    nodes_in,
    with_factors,
)
from ._history import History
from ._lanes import AXIS, Chunk, Trainer
from ._members import as_members
from ._memory import planned
from ._progress import Progress, reporter
from ._stack import num_members
from ._trace import Trace, trace

_WHO = "sweeps.evolve"
# Beyond any number of seeds, whose keys are those of the numbers from 0 on.
_LUCK = np.uint32(2**32 - 1)


def evolve(
    task: Task,
    schedules: Any,
    *,
    num_steps: int,
    interval_steps: int,
    key: jax.Array,
    metric: str,
    mode: str = "min",
    quantile: float = 0.25,
    explore: Explore = DEFAULT,
    num_seeds: int = 1,
    batch_size: int | None = None,
    mesh: Mesh | None = None,
    progress: bool | Callable[[Progress], None] = True,
) -> Evolution:
    r"""Trains a population whose worst members become variants of its best ones.

    After every `interval_steps` updates members are ranked. Each of the last
    $\lfloor q n \rfloor$, at least one, and each that diverged, takes over the weights,
    the optimizer and the schedule of one of the first $\lfloor q n \rfloor$, drawn at
    random (exploit), and changes its schedule (explore). Nothing is compiled again.

    Of a seed all members have one key, so the same first weights and the same data, and
    whoever copies weights goes on with the data that it would have had. That is why
    `Evolution.schedule` can be run again: `run` with it, from the start and with the same
    `key` and `num_seeds`, comes to the same weights at that seed, to rounding. It would
    not if the data depended on more than the key and the number of updates, or the rate
    on an outside `clock`.

    Args:
        task: as for `run`; it has to keep the schedule in its state, as `scheduled` does.
            It may make something else of it, such as a tenth for the weight decay.
        schedules: the first generation, as for `run`; two or more, of any shapes.
        num_steps: updates of each member.
        interval_steps: updates of a round; the last one may be shorter.
        key: a JAX random key, of the seeds as in `run`, and of all that is drawn.
        metric: what members are ranked by: at the end of a round, if `task.evaluate`
            reports it, or else its mean over the round.
        mode: whether the metric is to fall ("min") or to rise ("max").
        quantile: $0 < q \le 0.5$, the share of members that is replaced.
        explore: a pure function from a key and a schedule to another one of the same
            structure, whose numbers keep their types. It sees
            `Product((Constant(factor), member))`, with a factor of 1 at first; of a plan,
            a `Bundle` of these. By default `perturb(0.8, 1.2)`, which changes the factor.
        num_seeds: independent populations, side by side.
        batch_size: the most lanes that a device trains at a time, as for `run`.
        mesh: the devices, all by default; its one axis is named "sweep".
        progress: a bar or lines; or a function that is called after each round.

    Raises:
        ValueError: for a number outside its domain, fewer than two members, a metric that
            the task does not report, a state without a schedule, or another structure
            from `explore`.
        MemoryError: if the members are more than the devices can hold.

    >>> import optax
    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         x = jax.random.normal(key)
    ...         return x, self.sgd(schedule).init(x)
    ...     def step(self, state):
    ...         x, opt_state = state
    ...         update, opt_state = self.sgd(0.0).update(2 * x, opt_state, x)
    ...         return (x + update, opt_state), {"loss": x * x}
    ...     def sgd(self, schedule):
    ...         return js.scheduled(optax.sgd, learning_rate=schedule)
    >>> found = evolve(Descent(), [0.01, 0.02, 0.05, 0.1], num_steps=30, interval_steps=10,
    ...                key=jax.random.key(0), metric="loss", progress=False)
    >>> found.rounds[0].parents[:, 0].tolist()
    [3, 1, 2, 3]
    >>> found.schedule(found.winner)(0)
    Array(0.1, dtype=float32)

    Source: Jaderberg et al., Population Based Training of Neural Networks, 2017,
    arXiv:1711.09846, truncation selection.
    """
    start = time.perf_counter()
    sizes = {"num_steps": num_steps, "interval_steps": interval_steps}
    checks.size(_WHO, **sizes, num_seeds=num_seeds)
    checks.choice(_WHO, mode=mode, choices=("min", "max"))
    in_range, got = 0 < quantile <= 0.5, f"{quantile}"
    checks.consistent(_WHO, "0 < quantile <= 0.5", in_range, got, "Take 0.25.")
    if batch_size is not None:
        checks.size(_WHO, batch_size=batch_size)
    given, settings = as_members(schedules)
    shape = num, _ = num_members(given), num_seeds
    checks.consistent(_WHO, "two members or more", num > 1, f"{num}", "Add some.")
    key = random_key(_WHO, key)
    batch = with_factors(given)
    traced = trace(task, batch, key)
    checks.choice(_WHO, metric=metric, choices=(*traced.metrics, *traced.evaluation))
    _check_state(traced)
    check_explore(explore, batch, key)

    mesh = mesh or Mesh(np.asarray(jax.devices()), (AXIS,))
    num_lanes = num * num_seeds
    where = planned(traced, mesh, num_lanes, interval_steps, num_seeds, batch_size)
    trainer = Trainer(task, where)
    trainer.start(batch, key, num_seeds)
    starts = jax.random.split(key, num_seeds)[np.arange(num_lanes) % num_seeds]
    luck = jax.random.fold_in(key, _LUCK)

    lanes = jax.tree.map(lambda leaf: np.repeat(leaf, num_seeds, axis=0), batch)
    begun = np.zeros(shape, int)
    history, rounds = History(), []
    with reporter(progress, num_lanes, num_steps) as tell:
        for chunk in trainer.chunks(num_steps, interval_steps):
            history.add(chunk)
            scores = _scores(chunk, metric).reshape(shape)
            ended = counts_of(trainer.state, num_lanes, chunk.done).reshape(shape)
            values = recorded(lanes, begun, ended)
            parents = numbers(shape)
            draw, other = jax.random.split(jax.random.fold_in(luck, chunk.done))
            if chunk.done < num_steps:
                uniforms = np.asarray(jax.random.uniform(draw, shape))
                parents = chosen_parents(scores, mode, quantile, uniforms)
            rounds.append(Round(chunk.done, scores, parents, lanes, ended, values))
            begun = np.take_along_axis(ended, parents, axis=0)
            if (parents != numbers(shape)).any():
                keys = jax.random.split(other, num_lanes), starts
                lanes = exchange(trainer, explore, keys, lanes, parents)
            tell(
                Progress(
                    done=chunk.done,
                    num_steps=num_steps,
                    num_lanes=num_lanes,
                    seconds=time.perf_counter() - start,
                    best=history.best,
                    num_diverged=history.num_diverged,
                )
            )
    seconds = time.perf_counter() - start
    return Evolution.of(rounds, history, given, settings, mode, seconds)


def chosen_parents(
    scores: np.ndarray, mode: str, quantile: float, uniforms: np.ndarray
) -> np.ndarray:
    """Whom each member copies, `[members, seeds]`; itself if it stays."""
    num, num_seeds = scores.shape
    parents = numbers(scores.shape)
    share = max(int(quantile * num + 1e-9), 1)  # 0.29 * 100 is below 29
    for seed in range(num_seeds):
        column = scores[:, seed] if mode == "min" else -scores[:, seed]
        order = np.argsort(column, kind="stable")  # what diverged, NaN, is last
        alive = np.count_nonzero(~np.isnan(column))
        best, worst = order[: min(share, alive)], order[min(num - share, alive) :]
        if alive:
            drawn = (uniforms[worst, seed] * len(best)).astype(int)
            parents[worst, seed] = best[drawn]
    return parents


def _scores(chunk: Chunk, metric: str) -> np.ndarray:
    """What members are ranked by, `[lanes]`; NaN for what diverged in this round."""
    tables = [*chunk.curves.values(), *(v[:, None] for v in chunk.evaluation.values())]
    is_finite = np.all([np.isfinite(table).all(axis=1) for table in tables], axis=0)
    if metric in chunk.evaluation:
        found = chunk.evaluation[metric].astype(np.float64)
    else:
        table = chunk.curves[metric].astype(np.float64)
        found = np.where(is_finite[:, None], table, np.nan).mean(axis=1)
    return np.where(is_finite, found, np.nan)


def _check_state(traced: Trace) -> None:
    if not nodes_in(traced.state):
        raise ValueError(
            f"{_WHO} needs a task that keeps its schedule in its state, where it can be "
            f"exchanged, got a state without one. Train with scheduled(factory, ...)."
        )
