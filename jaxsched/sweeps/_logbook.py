"""What members reported while they became fewer, on the host."""

from typing import Any

import numpy as np

from ._history import History
from ._lanes import Chunk


class Logbook:
    """A page for each rung: the members that got there, and their chunks since the last.

    Attributes:
        done: updates done by those that are still trained.
        num_updates: updates of all members and seeds together.
        best: the lowest loss so far, as in `History`.
        diverged: whether any number of a run is not finite, `[members, seeds]`.
    """

    def __init__(self, num_members: int, num_seeds: int):
        self.done = 0
        self.num_updates = 0
        self.best: tuple[str, float] | None = None
        self.diverged = np.zeros((num_members, num_seeds), bool)
        self._pages: list[tuple[np.ndarray, History]] = []

    def turn(self, members: np.ndarray) -> None:
        """A new page, for these members."""
        self._pages.append((members, History()))

    def add(self, chunk: Chunk) -> None:
        """Appends a chunk of the members of this page."""
        members, history = self._pages[-1]
        history.add(chunk)
        num_seeds = self.diverged.shape[1]
        self.num_updates += len(members) * num_seeds * (chunk.done - self.done)
        self.done = chunk.done
        self.diverged[members] |= history.diverged.reshape(-1, num_seeds)
        if history.best and (self.best is None or history.best[1] < self.best[1]):
            self.best = history.best

    def scores(self, metric: str, width: int) -> np.ndarray:
        """Of the members of this page; NaN for those with a run that diverged.

        The last evaluation, or the mean of the last `width` reports of this page.
        """
        members, history = self._pages[-1]
        last = history.chunks[-1].evaluation.get(metric)
        if last is None:
            reports = history.curves()[metric][:, -width:]
            last = reports.mean(axis=1, dtype=np.float64)
        by_seed = last.astype(np.float64).reshape(len(members), -1)
        by_seed[self.diverged[members]] = np.nan
        return by_seed.mean(axis=1)

    def curves(self) -> dict[str, np.ndarray]:
        """What the steps reported, `[members, seeds, steps]`."""
        return self._padded([history.curves() for _, history in self._pages])

    def evaluations(self) -> dict[str, np.ndarray]:
        """What was evaluated, `[members, seeds, chunks]`."""
        return self._padded([history.evaluations() for _, history in self._pages])

    def eval_steps(self) -> np.ndarray:
        """Updates done at the end of each chunk."""
        return np.concatenate([history.eval_steps for _, history in self._pages])

    def _padded(self, pages: list[dict[str, Any]]) -> dict[str, np.ndarray]:
        """Tables side by side, NaN where a member is not on a page."""
        whole = {}
        for name, first in pages[0].items():
            ends = np.cumsum([page[name].shape[1] for page in pages])
            shape = (*self.diverged.shape, ends[-1])
            # Whole numbers have no NaN.
            table = np.full(shape, np.nan, np.result_type(first, np.float32))
            for (members, _), page, end in zip(self._pages, pages, ends, strict=True):
                part = page[name]
                at = slice(end - part.shape[1], end)
                table[members, :, at] = part.reshape(len(members), shape[1], -1)
            whole[name] = table
        return whole
