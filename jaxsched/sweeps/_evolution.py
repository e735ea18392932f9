"""What population-based training found: rounds, lineages, and the schedules they make."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched.schedules import PiecewiseConstant

from ._history import History
from ._result import SweepResult


class Round(NamedTuple):
    """Some updates of all members, and who went on from whom.

    Attributes:
        done: updates done at its end.
        scores: the metric then, `[members, seeds]`; NaN for what diverged.
        parents: whose state each member has from then on, `[members, seeds]`; its own
            number if it stayed.
        schedules: what the members trained with in this round, a batch of all members
            and seeds, member by member.
    """

    done: int
    scores: np.ndarray
    parents: np.ndarray
    schedules: Any

    @property
    def members(self) -> np.ndarray:
        """The number of each member, `[members, seeds]`."""
        num, num_seeds = self.parents.shape
        return np.repeat(np.arange(num)[:, None], num_seeds, axis=1)


@dataclasses.dataclass(frozen=True)
class Evolution:
    """The outcome of `evolve`.

    Attributes:
        rounds: in their order.
        result: curves and evaluations along the lineage of each last member, so what its
            weights have lived through; its settings are those of its first ancestor.
        ranking: members from best to worst by the last score, the mean over seeds.
    """

    rounds: list[Round]
    result: SweepResult
    ranking: np.ndarray

    @property
    def winner(self) -> int:
        """The best member."""
        return int(self.ranking[0])

    @property
    def started_from(self) -> np.ndarray:
        """Whose state each member started a round with, `[rounds, members, seeds]`."""
        first, *_ = self.rounds
        return np.stack([first.members, *(r.parents for r in self.rounds[:-1])])

    def lineage(self, member: int, seed: int = 0) -> list[int]:
        """Which member it was in each round, from the first to the last."""
        return [int(row[member, seed]) for row in _ancestry(self.rounds)]

    def schedule(self, member: int, seed: int = 0) -> PiecewiseConstant:
        """What a member has lived through, as a table: a value for each update.

        After the last update it stays.
        """
        return _table(self.rounds, self.lineage(member, seed), seed)

    @classmethod
    def of(
        cls,
        rounds: list[Round],
        history: History,
        settings: list[dict[str, Any]],
        metric: str,
        mode: str,
        seconds: float,
    ) -> "Evolution":
        """Puts together what was trained."""
        ancestry = _ancestry(rounds)
        num, num_seeds = ancestry[0].shape
        rows = [(row * num_seeds + np.arange(num_seeds)).reshape(-1) for row in ancestry]

        def along(tables: list[np.ndarray]) -> np.ndarray:
            picked = [
                table.reshape(len(at), -1)[at]
                for table, at in zip(tables, rows, strict=True)
            ]
            return np.concatenate(picked, axis=1).reshape(num, num_seeds, -1)

        chunks = history.chunks
        result = SweepResult(
            curves={k: along([c.curves[k] for c in chunks]) for k in chunks[0].curves},
            evaluations={
                k: along([c.evaluation[k] for c in chunks]) for k in chunks[0].evaluation
            },
            eval_steps=history.eval_steps,
            settings=[settings[member] for member in ancestry[0][:, 0]],
            schedules=[
                repr(_table(rounds, [int(row[member, 0]) for row in ancestry], 0))
                for member in range(num)
            ],
            seeds=list(range(num_seeds)),
            seconds=seconds,
        )
        return cls(rounds, result, result.ranking(metric, mode))


def _ancestry(rounds: list[Round]) -> list[np.ndarray]:
    """Of each last member and seed the member that it was in each round."""
    now = rounds[-1].members
    ancestry = [now]
    for earlier in reversed(rounds[:-1]):
        now = np.take_along_axis(earlier.parents, now, axis=0)
        ancestry.append(now)
    return ancestry[::-1]


def _table(rounds: list[Round], lineage: list[int], seed: int) -> PiecewiseConstant:
    values, start = [], 0
    for part, member in zip(rounds, lineage, strict=True):
        lane = member * part.parents.shape[1] + seed
        schedule = jax.tree.map(lambda leaf, lane=lane: leaf[lane], part.schedules)
        values.append(np.asarray(schedule(jnp.arange(start, part.done))))
        start = part.done
    table = np.concatenate(values)
    return PiecewiseConstant(boundaries=np.arange(1, len(table)), values=table)
