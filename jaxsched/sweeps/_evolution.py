"""What population-based training found: rounds, lineages, and the schedules they make."""

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched.combinators import Bundle
from jaxsched.schedules import Table

from ._explore import factors_of
from ._history import History
from ._result import SweepResult
from ._stack import unstack


class Round(NamedTuple):
    """Some updates of all members, and who went on from whom.

    Attributes:
        done: updates done at its end.
        scores: the metric, `[members, seeds]`; NaN for what diverged.
        parents: whose state each member has from then on, `[members, seeds]`; its own
            number if it stayed.
        schedules: what the members trained with in this round, a batch of all members
            and seeds, member by member.
        counts: of the schedules at its end, `[members, seeds]`; `done` unless an
            optimizer counts fewer updates.
        values: of the schedules from the count at its start on, `[members, seeds,
            counts]`; of a plan, by name.
    """

    done: int
    scores: np.ndarray
    parents: np.ndarray
    schedules: Any
    counts: np.ndarray
    values: Any

    @property
    def members(self) -> np.ndarray:
        """The number of each member, `[members, seeds]`."""
        return numbers(self.parents.shape)


@dataclasses.dataclass(frozen=True)
class Evolution:
    """The outcome of `evolve`.

    Attributes:
        rounds: in their order.
        trained: curves and evaluations of the members as they were trained, with what
            they copied from one round to the next, and the schedules that they began with.
        result: the same along the lineage of each last member, so what its weights have
            lived through; its settings are those of its first ancestor, and schedules
            what `schedule` gives, both at the first seed.
        ranking: members from best to worst by the last score, the mean over seeds.
    """

    rounds: list[Round]
    trained: SweepResult
    result: SweepResult
    ranking: np.ndarray

    def __repr__(self) -> str:
        # As of a sweep: the numbers would fill pages.
        return f"Evolution({len(self.rounds)} rounds, winner {self.winner}, {self.trained})"

    @property
    def winner(self) -> int | None:
        """The best member; None if all of them diverged."""
        best = int(self.ranking[0])
        return None if np.isnan(self.rounds[-1].scores[best].mean()) else best

    @property
    def started_from(self) -> np.ndarray:
        """Whose state each member started a round with, `[rounds, members, seeds]`."""
        first, *_ = self.rounds
        return np.stack([first.members, *(r.parents for r in self.rounds[:-1])])

    def lineage(self, member: int, seed: int = 0) -> list[int]:
        """Which member it was in each round, from the first to the last."""
        return [int(row[member, seed]) for row in _ancestry(self.rounds)]

    def schedule(self, member: int, seed: int = 0) -> Any:
        """What a member has lived through, as a table: a value for each count.

        After the last update it stays. Of plans it is a plan.
        """
        return _lived(self.rounds, self.lineage(member, seed), seed)

    def rows(self) -> list[dict[str, Any]]:
        """A flat dict for each round, seed and member: whence it came, what it became.

        `parent` is as in `started_from`, and `factor` by what the first schedule of a
        lineage is multiplied; of a plan there is one for each name.
        """
        rows = []
        for number, (part, origins) in enumerate(
            zip(self.rounds, self.started_from, strict=True)
        ):
            factors = {
                name: table.reshape(origins.shape)
                for name, table in factors_of(part.schedules).items()
            }
            rows += [
                {
                    "round": number,
                    "done": part.done,
                    "seed": seed,
                    "member": member,
                    "parent": int(origins[member, seed]),
                    "score": float(part.scores[member, seed]),
                    **{name: float(t[member, seed]) for name, t in factors.items()},
                }
                for seed in range(origins.shape[1])
                for member in range(len(origins))
            ]
        return rows

    @classmethod
    def of(
        cls,
        rounds: list[Round],
        history: History,
        members: Any,
        settings: list[dict[str, Any]],
        mode: str,
        seconds: float,
    ) -> "Evolution":
        """Puts together what was trained."""
        ancestry = _ancestry(rounds)
        num, num_seeds = ancestry[0].shape
        first = [row[:, 0].tolist() for row in ancestry]

        def put(path: list[np.ndarray], settings: Any, texts: Any) -> SweepResult:
            rows = [(part * num_seeds + np.arange(num_seeds)).reshape(-1) for part in path]
            picked = History()
            for chunk, at in zip(history.chunks, rows, strict=True):
                tables = chunk.curves, chunk.evaluation
                tables = jax.tree.map(lambda table, at=at: table[at], tables)
                picked.add(type(chunk)(chunk.done, *tables))
            tables = picked.curves(), picked.evaluations()
            curves, evaluations = jax.tree.map(
                lambda x: x.reshape(num, num_seeds, -1), tables
            )
            return SweepResult(
                curves=curves,
                evaluations=evaluations,
                eval_steps=history.eval_steps,
                settings=settings,
                schedules=texts,
                seeds=list(range(num_seeds)),
                seconds=seconds,
            )

        texts = [repr(member) for member in unstack(members)]
        trained = put([rounds[0].members] * len(rounds), settings, texts)
        tables = [_lived(rounds, list(path), 0) for path in zip(*first, strict=True)]
        roots = [settings[member] for member in first[0]]
        result = put(ancestry, roots, [repr(table) for table in tables])
        last = rounds[-1].scores.mean(axis=1)
        order = np.argsort(last if mode == "min" else -last, kind="stable")
        return cls(rounds, trained, result, order)


def numbers(shape: tuple[int, int]) -> np.ndarray:
    """The number of each member, `[members, seeds]`."""
    return np.repeat(np.arange(shape[0])[:, None], shape[1], axis=1)


def recorded(lanes: Any, begun: np.ndarray, ended: np.ndarray) -> Any:
    """What the schedules of lanes say from a count on, `[members, seeds, counts]`."""
    length = max(int((ended - begun).max()), 1)
    values = _recorded(lanes, begun.reshape(-1), length)
    return jax.tree.map(lambda x: np.asarray(x).reshape(*begun.shape, length), values)


@functools.partial(jax.jit, static_argnums=2)
def _recorded(lanes: Any, begun: jax.Array, length: int) -> Any:
    return jax.vmap(lambda lane, start: lane(start + jnp.arange(length)))(lanes, begun)


def _ancestry(rounds: list[Round]) -> list[np.ndarray]:
    """Of each last member and seed the member that it was in each round."""
    now = rounds[-1].members
    ancestry = [now]
    for earlier in reversed(rounds[:-1]):
        now = np.take_along_axis(earlier.parents, now, axis=0)
        ancestry.append(now)
    return ancestry[::-1]


def _lived(rounds: list[Round], lineage: list[int], seed: int) -> Any:
    pieces, start = [], 0
    for part, member in zip(rounds, lineage, strict=True):
        stop = int(part.counts[member, seed])
        if part is rounds[-1]:
            stop = max(stop, 1)  # without an update there is the next value
        length = max(stop - start, 0)
        piece = jax.tree.map(lambda x, i=member, n=length: x[i, seed, :n], part.values)
        pieces.append(piece)
        start = stop
    tables = jax.tree.map(lambda *parts: Table(np.concatenate(parts)), *pieces)
    return Bundle(tables) if isinstance(tables, dict) else tables
