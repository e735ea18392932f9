"""The comparison of schedules that textbooks describe, as a function."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax

from jaxsched._core import AbstractSchedule, Constant, ScheduleLike, as_schedule, checks
from jaxsched.sweeps import (
    Members,
    SweepResult,
    Task,
    grid,
    measure_overhead,
    metric_names,
    pool,
    run,
    stack,
)

from ._comparison import ScheduleComparison

Kind = Callable[[float], ScheduleLike] | AbstractSchedule
_MODES = ("min", "max")
_PEAKS = tuple(0.01 * 2 ** (k / 2) for k in range(15))  # to 1.28
_MOST_COPIES, _MOST_STEPS = 64, 50  # of what measures the overhead


def compare(
    task: Task,
    schedules: Mapping[str, Kind],
    *,
    num_steps: int,
    key: jax.Array,
    score: str,
    mode: str = "min",
    peak_values: Sequence[float] = _PEAKS,
    num_seeds: int = 5,
    target: float | None = None,
    baseline: str | None = None,
    loss: str = "loss",
    confidence: float = 0.95,
    chunk_steps: int | None = None,
    overhead_turns: int = 5,
    progress: bool = False,
) -> ScheduleComparison:
    r"""Tunes the rate of each kind of schedule, then compares them on new seeds.

    Each kind is trained with every one of the peak values and the peak with the best
    mean score is taken. A winner has been lucky on the seeds that chose it, so the
    chosen ones are trained again with as many new seeds, and all that is reported but the
    sensitivity and the runs that diverged is of these. At a seed all kinds have the same
    start and the same data: differences are paired.

    All peaks and seeds of all kinds are trained side by side in one program, and the
    chosen ones in a second.

    Args:
        task: what `sweeps.run` takes.
        schedules: by name, a function from a peak value to a schedule, as those of
            `tasks.families`, or a schedule, which the peak values then multiply.
        num_steps: updates of each run.
        key: a JAX random key.
        score: the metric that decides, evaluated or reported.
        mode: whether the score is to fall ("min") or to rise ("max").
        peak_values: what each kind is tuned over: a grid, by factors of $\sqrt 2$ from
            0.01 to 1.28 if not given, or draws of a random search.
        num_seeds: $n \ge 2$ runs of each, for the tuning and again for the comparison.
        target: the score at which a run has converged; None leaves that part out.
        baseline: the name that the others are compared with; the first if not given.
        loss: the metric of the trajectory.
        confidence: of Student's intervals, between 0 and 1.
        chunk_steps: updates between two evaluations, to which the time to a target is
            known; about a twentieth of `num_steps` by default.
        overhead_turns: measurements of the time that a schedule costs, the median of
            which is taken; 0 leaves that part out, and saves a compilation for each kind.
        progress: whether the two sweeps show their progress.

    Returns:
        A row for each kind, best first, as text, Markdown, rows or a dict; both sweeps
        are in it.

    Raises:
        ValueError: for no schedule, one seed, a peak that is not a positive finite
            number, or a metric, mode, baseline or confidence that does not exist.

    >>> from jaxsched import tasks
    >>> kinds = tasks.families(20)
    >>> found = compare(
    ...     tasks.Digits(), {"constant": kinds["constant"], "cosine": kinds["cosine"]},
    ...     num_steps=20, key=jax.random.key(0), score="validation_accuracy", mode="max",
    ...     peak_values=[0.001, 0.1, 50.0], num_seeds=2, overhead_turns=0,
    ... )
    >>> {row.name: (row.peak, row.edge) for row in found.rows} == {
    ...     "constant": (0.1, None), "cosine": (0.1, None)
    ... }
    True

    Source: on what tuning does to a comparison, Sivaprasad et al., Optimizer Benchmarking
    Needs to Account for Hyperparameter Tuning, 2020; on pairing, Fisher, The Design of
    Experiments, 1935.
    """
    baseline = next(iter(schedules), "") if baseline is None else baseline
    checks.choice("compare", mode=mode, choices=_MODES)
    _check_kinds(schedules, baseline, peak_values)
    _check_numbers(num_seeds, confidence, overhead_turns)
    peaks = sorted(map(float, peak_values))  # of those that all diverge, take the lowest
    make = {name: functools.partial(_scaled, kind) for name, kind in schedules.items()}
    tries = pool(**{name: grid(kind, peak_value=peaks) for name, kind in make.items()})
    names = metric_names(task, tries, key=key)
    checks.choice("compare", score=score, loss=loss, choices=names)

    train = functools.partial(
        run,
        task,
        num_steps=num_steps,
        num_seeds=num_seeds,
        chunk_steps=chunk_steps,
        progress=progress,
    )
    tuning, confirming = jax.random.split(key)
    tuned = train(tries, key=tuning)
    order = [tuned.settings[i] for i in tuned.ranking(score, mode)]
    best = [next(row for row in order if row["family"] == name) for name in make]
    chosen = {row["family"]: make[row["family"]](row["peak_value"]) for row in best}
    final = train(Members(stack(list(chosen.values())), best), key=confirming)
    overhead = _overhead(task, chosen, peaks[0], tuned, overhead_turns)
    return ScheduleComparison(
        tuned, final, score, baseline, mode, loss, target, confidence, overhead
    )


def _overhead(
    task: Task,
    chosen: dict[str, AbstractSchedule],
    peak: float,
    tuned: SweepResult,
    turns: int,
) -> dict[str, float]:
    """Times against a constant's, with no more copies than the tuning has trained."""
    if not turns:
        return {}
    costs = measure_overhead(
        task,
        {"": Constant(peak), **chosen},
        num_steps=min(tuned.num_steps, _MOST_STEPS),
        num_members=min(tuned.diverged.size, _MOST_COPIES),
        repeats=turns,
    )
    return {name: costs[name] for name in chosen}


def _check_kinds(schedules: Any, baseline: str, peaks: Sequence[float]) -> None:
    given, advice = f"schedules={schedules!r}", 'Try {"constant": Constant}.'
    wanted = "a schedule or more, by name"
    is_named = isinstance(schedules, Mapping) and bool(schedules)
    checks.consistent("compare", wanted, is_named, given, advice)
    checks.choice("compare", baseline=baseline, choices=tuple(schedules))
    advice = "Give at least one."
    checks.consistent("compare", "peak values", len(peaks), f"{peaks!r}", advice)
    for peak in peaks:
        checks.positive("compare", peak_values=peak)
        is_finite, given = math.isfinite(peak), f"{peak}"
        checks.consistent("compare", "finite peak_values", is_finite, given, "Lower it.")


def _check_numbers(num_seeds: int, confidence: float, overhead_turns: int) -> None:
    checks.size("compare", num_seeds=num_seeds)
    given, advice = f"num_seeds={num_seeds}", "One seed has no interval."
    checks.consistent("compare", "num_seeds >= 2", num_seeds > 1, given, advice)
    given, is_share = f"confidence={confidence}", 0 < confidence < 1
    checks.consistent("compare", "0 < confidence < 1", is_share, given, "Try 0.95.")
    if overhead_turns:
        checks.size("compare", overhead_turns=overhead_turns)


def _scaled(kind: Kind, peak_value: float) -> AbstractSchedule:
    """The schedule of a kind with this peak."""
    if isinstance(kind, AbstractSchedule):
        return peak_value * kind
    return as_schedule(kind(peak_value))
