"""What speaks against the winner of a sweep, in words."""

import functools
import math
from collections.abc import Iterator

import numpy as np

from jaxsched.sweeps import (
    SweepResult,
    count_diverged,
    paired_difference,
    winner_placements,
)

_LEVEL = 0.05
_NUM_RIVALS = 19  # the winner and these are the table of the best 20


class Verdicts:
    """The ranking of a sweep, and what a paired test says of the winner and the others."""

    def __init__(self, result: SweepResult, score: str, mode: str) -> None:
        self.result, self.score, self.mode = result, score, mode
        self.order = result.ranking(score, mode)
        first = int(self.order[0])
        self.winner = None if result.diverged[first].any() else first
        self.p_value = functools.cache(self._p_value)

    def _p_value(self, member: int) -> float:
        """Of the sign-flip test against the winner; NaN if there is nothing to test."""
        is_one = len(self.result.seeds) == 1
        if self.winner is None or member == self.winner or is_one:
            return math.nan
        pair = self.result, self.score, self.winner, member
        return paired_difference(*pair, mode=self.mode, method="student").p_value


def warnings(verdicts: Verdicts) -> list[str]:
    """A sentence for each thing that a reader should know before trusting the winner."""
    found = [*_edges(verdicts), *_ties(verdicts), *_diverged(verdicts)]
    return found or [
        "None: the winner lies within what was tried, the test tells it from all that are "
        "ranked next, and no run diverged."
    ]


def counted(number: int, noun: str) -> str:
    """A number of things, as text."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def settings_of(result: SweepResult, member: int) -> str:
    """The settings of a member, as text, without the name of its family."""
    return ", ".join(
        f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in result.settings[member].items()
        if name != "family"
    )


def _edges(verdicts: Verdicts) -> Iterator[str]:
    for p in winner_placements(verdicts.result, verdicts.score, verdicts.mode):
        if p.edge:
            yield (
                f"{p.setting}={p.value:.6g} of the winner is the {p.edge} of "
                f"{p.lowest:.6g} to {p.highest:.6g}, so the best value may lie beyond. "
                "Widen the range before comparing with others."
            )


def _ties(verdicts: Verdicts) -> Iterator[str]:
    num_seeds = len(verdicts.result.seeds)
    if verdicts.winner is None:
        return
    if num_seeds == 1:
        yield "One seed: no interval and no test; the ranking may be luck."
        return
    lost = np.asarray(verdicts.result.diverged.any(axis=1))
    rivals = [int(i) for i in verdicts.order[1 : _NUM_RIVALS + 1] if not lost[i]]
    tied = [i for i in rivals if verdicts.p_value(i) > _LEVEL]
    if tied:
        yield (
            f"{len(tied)} of the {counted(len(rivals), 'member')} ranked next cannot be "
            f"told from the winner (paired sign-flip test, p > {_LEVEL:g}): "
            f"{', '.join(map(str, tied))}."
        )
    least = 2.0 ** (1 - num_seeds)
    if least > _LEVEL:
        enough = math.ceil(1 - math.log2(_LEVEL))
        yield (
            f"With {num_seeds} seeds this test cannot give less than p = {least:g}, "
            f"whatever the scores. Run {enough} seeds or more to show a difference at "
            f"{_LEVEL:.0%}."
        )


def _diverged(verdicts: Verdicts) -> Iterator[str]:
    diverged = verdicts.result.diverged
    if not diverged.any():
        return
    num_members = int(diverged.any(axis=1).sum())
    counts = [row for row in count_diverged(verdicts.result) if row.num_diverged]
    worst = max(counts, key=lambda row: row.num_diverged / row.num_runs, default=None)
    where = ""
    if worst is not None and worst.num_diverged > diverged.mean() * worst.num_runs:
        where = f" Worst: {worst.setting} = {worst.values}"
        where += f" of {worst.family}" if worst.family != "all" else ""
        where += f", {worst.num_diverged} of {worst.num_runs} runs."
    yield (
        f"{diverged.sum()} of {diverged.size} runs diverged, in {num_members} of "
        f"{counted(len(diverged), 'member')}; these have no score and rank last.{where}"
    )
