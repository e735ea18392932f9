"""What a halving found: who was compared where, and the curves up to there."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from ._result import SweepResult


class Rung(NamedTuple):
    """A comparison on the way.

    Attributes:
        done: updates that each of these members had done.
        members: their numbers, from best to worst; what diverged is last.
        scores: the metric of each, a mean over seeds, in the order of `members`; NaN for
            what diverged.
    """

    done: int
    members: np.ndarray
    scores: np.ndarray


@dataclasses.dataclass(frozen=True)
class HalvingResult:
    """The outcome of `halve` or `hyperband`, on the host.

    Members are numbered as they were given. Where a member was no longer trained, its
    curves and evaluations are NaN; `sweep` gives them without.

    Attributes:
        rungs: the comparisons in their order; the last is after the whole training.
        brackets: how often the bracket of each member was cut, `[members]`.
        curves: what `task.step` reported, by name: arrays `[members, seeds, steps]`.
        evaluations: what `task.evaluate` reported after each chunk, by name: arrays
            `[members, seeds, chunks]`; empty if the task has none.
        eval_steps: updates done at each evaluation, `[chunks]`.
        settings: a dict for each member.
        schedules: each member's schedule as code.
        seeds: the number of each seed, the same for all members.
        seconds: wall time of the training, compilation included.
    """

    rungs: list[Rung]
    brackets: np.ndarray
    curves: dict[str, np.ndarray]
    evaluations: dict[str, np.ndarray]
    eval_steps: np.ndarray
    settings: list[dict[str, Any]]
    schedules: list[str]
    seeds: list[int]
    seconds: float

    def __repr__(self) -> str:
        # As of a sweep: the numbers would fill pages.
        names = ", ".join((*self.curves, *self.evaluations))
        sizes = ", ".join(f"{len(r.members)} after {r.done}" for r in self.rungs)
        return (
            f"HalvingResult({len(self.settings)} members, {len(self.seeds)} seeds, "
            f"winner {self.winner}; rungs of {sizes}: {names})"
        )

    @property
    def winner(self) -> int | None:
        """The best member of the last rung; None if all of them diverged."""
        last = self.rungs[-1]
        return None if np.isnan(last.scores[0]) else int(last.members[0])

    @property
    def steps(self) -> np.ndarray:
        """Updates that each member was trained for, `[members]`."""
        steps = np.zeros(len(self.settings), np.int64)
        for rung in self.rungs:
            steps[rung.members] = rung.done
        return steps

    @property
    def num_updates(self) -> int:
        """Updates of all members and seeds together."""
        return int(self.steps.sum()) * len(self.seeds)

    @property
    def cost(self) -> float:
        """`num_updates` as a share of what the full sweep takes."""
        return float(self.steps.mean() / self.rungs[-1].done)

    def sweep(self, rung: int = -1) -> SweepResult:
        """The members of a rung up to that rung, as a sweep of their own.

        Its members are those of `rungs[rung].members` in that order, best first, and
        renumbered so. Everything that takes a result takes it.
        """
        done, members, _ = self.rungs[rung]
        chunks = self.eval_steps <= done
        return SweepResult(
            curves={k: v[members, :, :done] for k, v in self.curves.items()},
            evaluations={k: v[members][..., chunks] for k, v in self.evaluations.items()},
            eval_steps=self.eval_steps[chunks],
            settings=[self.settings[member] for member in members],
            schedules=[self.schedules[member] for member in members],
            seeds=self.seeds,
            seconds=self.seconds,
        )
