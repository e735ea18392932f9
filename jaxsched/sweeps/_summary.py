"""What a sweep says about families of schedules, and what a schedule costs."""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxsched._core import AbstractSchedule, checks

from ._engine import run
from ._result import SweepResult
from ._stack import stack


class FamilySummary(NamedTuple):
    """One family's outcome; means are over seeds.

    Attributes:
        family: its name.
        best_member: the member with the best score.
        score: that member's last value of the score.
        score_std: its standard deviation over seeds.
        final_loss: that member's last loss, a mean over the last twentieth of the steps.
        best_loss: the best such mean on its way.
        steps_to_target: median over its seeds of the updates to the target; infinity if
            most never reach it.
        sensitivity: standard deviation of the score over the family's settings, those that
            diverged left out.
        num_diverged: runs of the family with a number that is not finite.
    """

    family: str
    best_member: int
    score: float
    score_std: float
    final_loss: float
    best_loss: float
    steps_to_target: float
    sensitivity: float
    num_diverged: int


def summarise(
    result: SweepResult,
    *,
    score: str,
    target: float,
    mode: str = "max",
    loss: str = "loss",
    loss_mode: str = "min",
) -> list[FamilySummary]:
    """A summary of each family in the settings of a result, best first.

    Args:
        result: of a sweep over a `pool`.
        score: the metric that decides.
        target: the score that a run has converged at.
        mode: whether the score is to rise ("max") or to fall ("min").
        loss: the metric of the loss, or of what a task reports in its place.
        loss_mode: whether that is to fall ("min") or to rise ("max").

    Raises:
        ValueError: for another mode, or a `loss` that no step reports.
        KeyError: if the score is not reported.
    """
    checks.choice("summarise", mode=mode, loss_mode=loss_mode, choices=("min", "max"))
    checks.choice("summarise", loss=loss, choices=tuple(result.curves))
    with np.errstate(invalid="ignore"):  # of runs that diverged
        return _summaries(result, score, target, mode, loss, loss_mode)


def _summaries(
    result: SweepResult, score: str, target: float, mode: str, loss: str, loss_mode: str
) -> list[FamilySummary]:
    place = {int(member): at for at, member in enumerate(result.ranking(score, mode))}
    groups: dict[str, list[int]] = {}
    for member, settings in enumerate(result.settings):
        groups.setdefault(str(settings.get("family", "all")), []).append(member)
    final, scores = result.final(score).astype(np.float64), result.scores(score)
    steps = result.steps_to(score, target, mode)
    losses = _smooth(result.curves[loss], max(result.num_steps // 20, 1))
    best_of = np.min if loss_mode == "min" else np.max
    summaries = []
    for family, members in groups.items():
        best = min(members, key=place.__getitem__)
        summaries.append(
            FamilySummary(
                family=family,
                best_member=best,
                score=float(final[best].mean()),
                score_std=float(final[best].std()),
                final_loss=float(losses[best, :, -1].mean()),
                best_loss=float(best_of(losses[best], axis=-1).mean()),
                steps_to_target=float(np.median(steps[best])),
                sensitivity=_spread(scores[members]),
                num_diverged=int(result.diverged[members].sum()),
            )
        )
    return sorted(summaries, key=lambda summary: place[summary.best_member])


def measure_overhead(
    task: Any,
    schedules: Mapping[str, AbstractSchedule],
    *,
    num_steps: int = 50,
    num_members: int = 64,
    repeats: int = 5,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, float]:
    """Time of a warm sweep of each schedule, as a ratio to that of the first.

    They take turns, and the ratio is the median over the turns: a machine that is busy
    with something else slows all of them.

    Args:
        task: what to train.
        schedules: by name; the first one is the measure, a constant for instance.
        num_steps: updates of each run.
        num_members: copies of the schedule that are trained side by side.
        repeats: turns.
        tell: is told how many trainings are done, and of how many.
    """
    who = "measure_overhead"
    checks.size(who, num_steps=num_steps, num_members=num_members, repeats=repeats)
    holds, advice = len(schedules) > 0, "Give a constant as the measure."
    checks.consistent(who, "one schedule or more", holds, "none", advice)
    batches = {name: stack([s] * num_members) for name, s in schedules.items()}
    train = functools.partial(
        run,
        task,
        num_steps=num_steps,
        chunk_steps=num_steps,
        key=jax.random.key(0),
        progress=False,
    )
    seconds: dict[str, list[float]] = {name: [] for name in batches}
    num_done = 0
    for turn in range(repeats + 1):
        for name, batch in batches.items():
            start = time.perf_counter()
            train(batch)
            took = time.perf_counter() - start
            if turn > 0:  # the first one compiles
                seconds[name].append(took)
            tell(num_done := num_done + 1, len(batches) * (repeats + 1))
    first = np.asarray(next(iter(seconds.values())))
    return {name: float(np.median(took / first)) for name, took in seconds.items()}


def _spread(scores: np.ndarray) -> float:
    finite = scores[np.isfinite(scores)]
    return float(finite.std()) if finite.size else float("nan")


def _smooth(curves: np.ndarray, width: int) -> np.ndarray:
    """Means over a window that moves along the steps."""
    # Differences of a running sum would lose all digits after a spike.
    windows = np.lib.stride_tricks.sliding_window_view(curves, width, axis=-1)
    return windows.mean(axis=-1, dtype=np.float64)
