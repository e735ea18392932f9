"""The comparison of schedules that textbooks describe, as a function."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from jaxsched._core import AbstractSchedule, Constant, ScheduleLike, as_schedule, checks
from jaxsched.sweeps import (
    Members,
    SweepResult,
    Task,
    area_under_curve,
    convergence_times,
    grid,
    mean_interval,
    measure_overhead,
    paired_difference,
    pool,
    run,
    stack,
    unstack,
)

from ._comparison import Compared, ScheduleComparison

Family = Callable[[float], ScheduleLike] | AbstractSchedule
_PEAKS = tuple(float(0.01 * 2 ** (k / 2)) for k in range(15))  # to 1.28


def compare(
    task: Task,
    families: Mapping[str, Family],
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
    progress: bool = False,
) -> ScheduleComparison:
    r"""Tunes the rate of each kind of schedule, then compares them on new seeds.

    Each kind is trained with every one of the peak values and the peak with the best
    mean score is taken. A winner has been lucky on the seeds that chose it, so the
    chosen ones are trained again with as many new seeds, and all that the table says but
    the sensitivity is of these. Seed by seed all kinds have the same start and the same
    data: differences are paired.

    What to be wary of is said in the table: a best peak at the edge of those that were
    tried (the kind may do better beyond it), runs that diverged, an interval of a
    difference that holds 0 (a tie).

    Args:
        task: what `sweeps.run` takes.
        families: by name, a function from a peak value to a schedule, or a schedule,
            which the peak values then multiply.
        num_steps: updates of each run.
        key: a JAX random key.
        score: the metric that decides, evaluated or reported.
        mode: whether the score is to fall ("min") or to rise ("max").
        peak_values: what each kind is tuned over: a grid, by factors of $\sqrt 2$ from
            0.01 to 1.28 if not given, or draws of a random search.
        num_seeds: $n \ge 2$ runs of each, for the tuning and again for the comparison.
        target: the score at which a run has converged; None leaves that column out.
        baseline: the name that the others are compared with; the first if not given.
        loss: the metric of the trajectory.
        confidence: of Student's intervals.
        progress: whether the two sweeps show their progress.

    Returns:
        A row for each kind, best first, as text, Markdown or a dict; both sweeps are in
        it.

    Raises:
        ValueError: for no family, one seed, a peak that is not a positive number, or an
            unknown baseline.
        KeyError: if the score or the loss is not reported.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, jax.random.normal(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {"loss": x * x}
    >>> found = compare(
    ...     Descent(),
    ...     {"constant": js.Constant, "linear": js.Transition(1.0, 0.0, 20)},
    ...     num_steps=20, key=jax.random.key(0), score="loss", peak_values=[0.1, 0.2, 0.4],
    ... )
    >>> [(row.name, round(row.peak, 2), row.edge) for row in found.rows]
    [('constant', 0.4, 'highest'), ('linear', 0.4, 'highest')]
    """
    _check(families, peak_values, num_seeds, baseline)
    members = pool(**{n: _members(family, peak_values) for n, family in families.items()})
    options: dict[str, Any] = {
        "num_steps": num_steps,
        "num_seeds": num_seeds,
        "progress": progress,
    }
    first, second = jax.random.split(key)
    tuned = run(task, members, key=first, **options)
    tuned.final(loss)  # an unknown one is refused before more is done
    names = list(families)
    best = _best(tuned, names, score, mode)
    schedules = [unstack(members.schedules)[i] for i in best]
    chosen = Members(stack(schedules), [tuned.settings[i] for i in best])
    final = run(task, chosen, key=second, **options)
    constant = {"": Constant(peak_values[0])}
    costs = measure_overhead(
        task,
        constant | dict(zip(names, schedules, strict=True)),
        num_steps=min(num_steps, 50),
    )
    against = names.index(baseline) if baseline else 0
    times = None if target is None else convergence_times(final, score, target, mode)
    areas = area_under_curve(final, loss).mean(axis=1) / max(num_steps - 1, 1)
    options = {"method": "student", "confidence": confidence}
    rows = [
        Compared(
            name=name,
            peak=float(tuned.settings[best[i]]["peak_value"]),
            edge=_edge(tuned.settings[best[i]]["peak_value"], peak_values),
            score=mean_interval(final, score, i, **options),
            difference=paired_difference(final, score, i, against, mode=mode, **options),
            final_loss=mean_interval(final, loss, i, **options),
            mean_loss=float(areas[i]),
            time=None if times is None else times[i],
            sensitivity=_sensitivity(tuned, score, name),
            num_diverged=int(tuned.diverged[_rows(tuned, name)].sum()),
            num_tuned=len(peak_values) * num_seeds,
            overhead=costs[name],
        )
        for i, name in enumerate(names)
    ]
    order = final.ranking(score, mode)
    return ScheduleComparison(
        [rows[i] for i in order], score, mode, target, names[against], tuned, final
    )


def _check(families: Any, peaks: Any, num_seeds: int, baseline: str | None) -> None:
    checks.matching("compare", "families", min(len(families), 1), "comparison", 1, 1)
    checks.size("compare", num_seeds=num_seeds)
    advice = "An interval needs two."
    checks.consistent("compare", "num_seeds >= 2", num_seeds > 1, f"{num_seeds}", advice)
    checks.matching("compare", "peak_values", min(len(peaks), 1), "tuning", 1, 1)
    for peak in peaks:
        checks.positive("compare", peak_values=peak)
    if baseline is not None:
        checks.choice("compare", baseline=baseline, choices=tuple(families))


def _members(family: Family, peaks: Sequence[float]) -> Members:
    def schedule(peak_value: float) -> AbstractSchedule:
        if isinstance(family, AbstractSchedule):
            return peak_value * family
        return as_schedule(family(peak_value))

    return grid(schedule, peak_value=[float(peak) for peak in peaks])


def _best(result: SweepResult, names: list[str], score: str, mode: str) -> list[int]:
    """The best member of each family."""
    order = result.ranking(score, mode).tolist()
    return [min(_rows(result, name), key=order.index) for name in names]


def _rows(result: SweepResult, name: str) -> list[int]:
    return [i for i, row in enumerate(result.settings) if row["family"] == name]


def _edge(peak: float, peaks: Sequence[float]) -> str | None:
    """Which end of what was tried a peak is; None if neither, or if there was no choice."""
    if len(set(peaks)) < 2 or min(peaks) < peak < max(peaks):
        return None
    return "lowest" if peak <= min(peaks) else "highest"


def _sensitivity(result: SweepResult, score: str, name: str) -> float:
    """Standard deviation of the mean score over the peaks that trained to the end."""
    scores = result.scores(score)[_rows(result, name)]
    known = scores[np.isfinite(scores)]
    return float(known.std()) if known.size else float("nan")
