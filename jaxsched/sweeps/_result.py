"""What a sweep found: curves, evaluations and settings of every member and seed."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from jaxsched._core import checks

_MODES = ("min", "max")


@dataclasses.dataclass(frozen=True)
class SweepResult:
    """The outcome of `run`, on the host.

    Attributes:
        curves: what `task.step` reported, by name: arrays `[members, seeds, steps]`.
        evaluations: what `task.evaluate` reported after each chunk, by name: arrays
            `[members, seeds, chunks]`; empty if the task has none.
        eval_steps: updates done at each evaluation, `[chunks]`.
        settings: a dict for each member.
        schedules: each member's schedule as code.
        seeds: the number of each seed, the same for all members.
        seconds: wall time of the training, compilation included.
    """

    curves: dict[str, np.ndarray]
    evaluations: dict[str, np.ndarray]
    eval_steps: np.ndarray
    settings: list[dict[str, Any]]
    schedules: list[str]
    seeds: list[int]
    seconds: float

    def __repr__(self) -> str:
        # What there is; the numbers would fill pages.
        names = ", ".join((*self.curves, *self.evaluations))
        return (
            f"SweepResult({self.num_members} members, {len(self.seeds)} seeds, "
            f"{self.num_steps} updates, {self.diverged.sum()} diverged: {names})"
        )

    @property
    def num_members(self) -> int:
        """Number of schedules."""
        return len(self.settings)

    @property
    def num_steps(self) -> int:
        """Number of updates of each member."""
        return next(iter(self.curves.values())).shape[-1]

    @property
    def diverged(self) -> np.ndarray:
        """Whether any number of a run is not finite, `[members, seeds]`."""
        tables = [*self.curves.values(), *self.evaluations.values()]
        return ~np.all([np.isfinite(t).all(axis=-1) for t in tables], axis=0)

    def select(self, members: Iterable[int]) -> "SweepResult":
        """The result of some of the members, in the order in which they are given."""
        rows = [int(i) for i in members]
        return dataclasses.replace(
            self,
            curves={name: table[rows] for name, table in self.curves.items()},
            evaluations={name: table[rows] for name, table in self.evaluations.items()},
            settings=[self.settings[i] for i in rows],
            schedules=[self.schedules[i] for i in rows],
        )

    def series(self, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """Updates done where a metric is known, and its values, `[members, seeds, ...]`."""
        table = self._table(metric)
        is_evaluated = metric in self.evaluations
        return self.eval_steps if is_evaluated else np.arange(1, self.num_steps + 1), table

    def final(self, metric: str) -> np.ndarray:
        """The last value of a metric, evaluated or reported, `[members, seeds]`."""
        return self._table(metric)[..., -1]

    def best(self, metric: str, mode: str = "min") -> np.ndarray:
        """The best value of a metric on the way, `[members, seeds]`; NaN if none."""
        checks.choice("best", mode=mode, choices=_MODES)
        table = self._table(metric)
        finite = np.isfinite(table)
        worst = np.inf if mode == "min" else -np.inf
        best = (np.min if mode == "min" else np.max)(
            np.where(finite, table, worst), axis=-1
        )
        return np.where(finite.any(axis=-1), best, np.nan)

    def steps_to(self, metric: str, target: float, mode: str = "min") -> np.ndarray:
        """Updates until a metric first reaches a target; infinity if it never does."""
        checks.choice("steps_to", mode=mode, choices=_MODES)
        steps, table = self.series(metric)
        reached = table <= target if mode == "min" else table >= target
        first = np.asarray(steps, np.float64)[reached.argmax(axis=-1)]
        return np.where(reached.any(axis=-1), first, np.inf)

    def scores(self, metric: str) -> np.ndarray:
        """The mean over seeds of the last value, NaN if one diverged, `[members]`."""
        with np.errstate(invalid="ignore"):  # infinities of both signs
            score = self.final(metric).astype(np.float64).mean(axis=1)
        return np.where(self.diverged.any(axis=1), np.nan, score)

    def ranking(self, metric: str, mode: str = "min") -> np.ndarray:
        """Members from best to worst by the mean over seeds of the last value.

        Diverged ones come last, in the order of their numbers; so does a tie.
        """
        checks.choice("ranking", mode=mode, choices=_MODES)
        score = self.scores(metric)
        score = score if mode == "min" else -score
        return np.argsort(np.where(np.isnan(score), np.inf, score), kind="stable")

    def rows(self) -> list[dict[str, Any]]:
        """A flat dict for each member and seed: settings, last values, diverged."""
        diverged = self.diverged
        last = {name: self.final(name) for name in (*self.curves, *self.evaluations)}
        return [
            {
                "member": i,
                "seed": seed,
                **settings,
                **{f"final_{name}": float(table[i, j]) for name, table in last.items()},
                "diverged": bool(diverged[i, j]),
            }
            for i, settings in enumerate(self.settings)
            for j, seed in enumerate(self.seeds)
        ]

    def table(self, metric: str, mode: str = "min", top: int = 10) -> str:
        """The best members as text, one a line."""
        lines = [f"{'rank':>4}  {metric:>20}  {'+-':>9}  settings"]
        final = self.final(metric).astype(np.float64)
        with np.errstate(invalid="ignore"):  # what diverged has no spread
            mean, spread = final.mean(axis=1), final.std(axis=1)
        for rank, i in enumerate(self.ranking(metric, mode)[:top], 1):
            settings = ", ".join(f"{k}={_brief(v)}" for k, v in self.settings[i].items())
            lines.append(f"{rank:>4}  {mean[i]:>20.6g}  {spread[i]:>9.2g}  {settings}")
        return "\n".join(lines)

    def _table(self, metric: str) -> np.ndarray:
        tables = {**self.curves, **self.evaluations}
        if metric not in tables:
            raise KeyError(f"{metric!r} must be one of {', '.join(tables)}.")
        return tables[metric]


def _brief(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
