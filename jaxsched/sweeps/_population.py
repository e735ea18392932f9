"""Population-based training: schedules that are edited while they train.

Between two rounds the worst members copy the best ones, state and all, and go on with a
schedule that is a little different. What a member has lived through is a schedule again.
"""

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding

from jaxsched._core import AbstractSchedule, Constant, Product, checks
from jaxsched.transforms import replace_schedules

from ._cache import kept
from ._engine import Task, typed
from ._evolution import Evolution, Round
from ._history import History
from ._lanes import AXIS, Trainer
from ._members import as_members
from ._memory import planned
from ._progress import Progress, reporter
from ._stack import num_members, stack
from ._trace import trace

Explore = Callable[[jax.Array, Any], Any]


def perturb(*factors: float) -> Explore:
    """Multiplies a schedule by one of some factors, each as likely; 0.8 or 1.2 by default.

    Raises:
        ValueError: for a factor that is not positive.

    >>> import jaxsched as js
    >>> explore = perturb(0.5)
    >>> explore(jax.random.key(0), js.Constant(1.0) * js.Constant(0.1))
    Product(schedules=(Constant(value=0.5), Constant(value=0.1)))
    """
    chosen = factors or (0.8, 1.2)
    for factor in chosen:
        checks.positive("perturb", factors=factor)

    def explore(key: jax.Array, schedule: Any) -> Any:
        first, *others = schedule.schedules
        factor = jax.random.choice(key, np.asarray(chosen, np.float32))
        return Product((Constant(first.value * factor), *others))

    return explore


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
    explore: Explore | None = None,
    name: str = "learning_rate",
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

    All members start from the same weights and see the same data, seed by seed, so that
    `Evolution.schedule` is what it says: trained from the start with it, `run` comes to
    the same weights, to rounding.

    Args:
        task: as for `run`; it has to train with `scheduled`, where the schedule can be
            exchanged.
        schedules: the first generation, as for `run`; two or more.
        num_steps: updates of each member.
        interval_steps: updates of a round.
        key: a JAX random key, of the seeds as in `run`, and of all that is drawn.
        metric: what members are ranked by, its value at the end of a round.
        mode: whether `"min"` or `"max"` of it is best.
        quantile: $0 < q \le 0.5$, the share of members that is replaced.
        explore: from a key and a schedule to another one of the same structure, traced
            and batched; the schedule is `Product((Constant(factor), member))`, and the
            factor starts at 1. By default `perturb(0.8, 1.2)`, which changes the factor.
        name: the hyperparameter that follows the schedule.
        num_seeds: independent populations.
        batch_size: the most lanes that a device trains at a time, as for `run`.
        mesh: the devices, all by default; its one axis is named "sweep".
        progress: a bar or lines; or a function that is called after each round.

    Raises:
        ValueError: for a number outside its domain, fewer than two members, a metric that
            the task does not report, or a state without the hyperparameter.

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

    Reference: Jaderberg et al., "Population Based Training of Neural Networks", 2017,
    arXiv:1711.09846.
    """
    start = time.perf_counter()
    who = "sweeps.evolve"
    sizes = {"num_steps": num_steps, "interval_steps": interval_steps}
    checks.size(who, **sizes, num_seeds=num_seeds)
    checks.choice(who, mode=mode, choices=("min", "max"))
    in_range, given = 0 < quantile <= 0.5, f"{quantile}"
    checks.consistent(who, "0 < quantile <= 0.5", in_range, given, "Take 0.25.")
    given_batch, settings = as_members(schedules)
    num = num_members(given_batch)
    checks.consistent(who, "two members or more", num > 1, f"{num}", "Add some.")
    key = typed(who, key)
    batch = Product((stack([1.0] * num), given_batch))
    traced = trace(task, batch, key)
    checks.choice(who, metric=metric, choices=(*traced.metrics, *traced.evaluation))
    vary = jax.jit(jax.vmap(explore or perturb()))

    mesh = mesh or Mesh(np.asarray(jax.devices()), (AXIS,))
    num_lanes = num * num_seeds
    where = planned(traced, mesh, num_lanes, interval_steps, num_seeds, batch_size)
    trainer = Trainer(task, where)
    trainer.start(batch, key, num_seeds)
    lanes = jax.tree.map(lambda leaf: np.repeat(leaf, num_seeds, axis=0), batch)
    history, rounds = History(), []
    with reporter(progress, num_lanes, num_steps) as tell:
        for chunk in trainer.chunks(num_steps, interval_steps):
            history.add(chunk)
            scores = _scores(chunk, metric, (num, num_seeds))
            parents = np.broadcast_to(np.arange(num)[:, None], scores.shape)
            draw = jax.random.fold_in(key, chunk.done)
            if chunk.done < num_steps:
                parents = _parents(scores, mode, quantile, draw)
            rounds.append(Round(chunk.done, scores, parents, lanes))
            if (parents != rounds[0].members).any():
                lanes = _next_generation(trainer, rounds[-1], vary, draw, name)
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
    return Evolution.of(rounds, history, settings, metric, mode, seconds)


def _scores(chunk: Any, metric: str, shape: tuple[int, int]) -> np.ndarray:
    """The last values, `[members, seeds]`; NaN for what diverged in this round."""
    tables = [*chunk.curves.values(), *(v[:, None] for v in chunk.evaluation.values())]
    is_finite = np.all([np.isfinite(table).all(axis=1) for table in tables], axis=0)
    found = {**{k: v[:, -1] for k, v in chunk.curves.items()}, **chunk.evaluation}
    return np.where(is_finite, found[metric].astype(np.float64), np.nan).reshape(shape)


def _parents(scores: np.ndarray, mode: str, quantile: float, key: jax.Array) -> np.ndarray:
    """Whom each member copies, `[members, seeds]`; itself if it stays."""
    num, num_seeds = scores.shape
    draws = np.asarray(jax.random.uniform(key, scores.shape))
    parents = np.repeat(np.arange(num)[:, None], num_seeds, axis=1)
    share = max(int(quantile * num), 1)
    for seed in range(num_seeds):
        column = scores[:, seed] if mode == "min" else -scores[:, seed]
        order = np.argsort(column, kind="stable")  # NaN is last
        alive = np.count_nonzero(~np.isnan(column))
        best = order[: min(share, alive)]
        if len(best):
            worst = order[min(num - share, alive) :]
            # Who is among the best stays, if few are alive.
            worst = np.setdiff1d(worst, best)
            drawn = (draws[worst, seed] * len(best)).astype(int)
            parents[worst, seed] = best[np.minimum(drawn, len(best) - 1)]
    return parents


def _next_generation(
    trainer: Trainer, last: Round, vary: Explore, key: jax.Array, name: str
) -> AbstractSchedule:
    """Copies lanes and changes the schedules of the copies; returns those of all lanes."""
    num, num_seeds = last.parents.shape
    rows = (last.parents * num_seeds + np.arange(num_seeds)).reshape(-1)
    is_copy = rows != np.arange(num * num_seeds)
    trainer.take(rows)
    copied = jax.tree.map(lambda leaf: np.asarray(leaf)[rows], last.schedules)
    keys = jax.random.split(jax.random.fold_in(key, 1), len(rows))
    varied = jax.tree.map(np.asarray, vary(keys, copied))

    def chosen(new: np.ndarray, old: np.ndarray) -> np.ndarray:
        where = is_copy.reshape(-1, *[1] * (old.ndim - 1))
        return np.where(where, new, old).astype(old.dtype)

    lanes = jax.tree.map(chosen, varied, copied)
    padded = trainer.layout.padded(np.arange(len(rows)))
    placed = jax.tree.map(lambda leaf: leaf[padded], lanes)
    trainer.state = _replacing(trainer.layout.sharding, name)(trainer.state, placed)
    return lanes


@kept
def _replacing(sharding: NamedSharding, name: str) -> Callable[[Any, Any], Any]:
    """Puts a batch of schedules into the state of all lanes, wherever they are."""

    def replaced(state: Any, schedules: Any) -> Any:
        return replace_schedules(state, **{name: schedules})

    return jax.jit(replaced, out_shardings=sharding)
