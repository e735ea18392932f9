"""What a sweep has reported so far, on the host."""

from typing import Any

import numpy as np

from ._lanes import Chunk


class History:
    """The chunks of a sweep in their order.

    Attributes:
        chunks: all of them.
        best: the lowest loss so far, and its name: of an evaluation, or else the mean of
            a chunk. The loss is the metric with `loss` in its name; without one, None.
        diverged: whether any number of a lane is not finite, `[lanes]`.
    """

    def __init__(self):
        self.chunks: list[Chunk] = []
        self.best: tuple[str, float] | None = None
        self.diverged: Any = False

    @property
    def done(self) -> int:
        """Updates done."""
        return self.chunks[-1].done if self.chunks else 0

    @property
    def num_diverged(self) -> int:
        """Lanes with a number that is not finite."""
        return int(np.sum(self.diverged))

    @property
    def eval_steps(self) -> np.ndarray:
        """Updates done at the end of each chunk."""
        return np.asarray([chunk.done for chunk in self.chunks])

    def add(self, chunk: Chunk) -> None:
        """Appends a chunk."""
        self.chunks.append(chunk)
        tables = [*chunk.curves.values(), *(v[:, None] for v in chunk.evaluation.values())]
        finite = np.all([np.isfinite(table).all(axis=1) for table in tables], axis=0)
        self.diverged = self.diverged | ~finite
        found = _lowest(chunk)
        if found is not None and (self.best is None or found[1] < self.best[1]):
            self.best = found

    def curves(self) -> dict[str, np.ndarray]:
        """What the steps reported, `[lanes, steps]`."""
        return {
            name: np.concatenate([chunk.curves[name] for chunk in self.chunks], axis=1)
            for name in self.chunks[0].curves
        }

    def evaluations(self) -> dict[str, np.ndarray]:
        """What was evaluated after each chunk, `[lanes, chunks]`."""
        return {
            name: np.stack([chunk.evaluation[name] for chunk in self.chunks], axis=1)
            for name in self.chunks[0].evaluation
        }

    def to_tree(self) -> dict[str, Any]:
        """For a file."""
        return {
            "curves": self.curves(),
            "evaluations": self.evaluations(),
            "eval_steps": self.eval_steps,
        }

    @classmethod
    def from_tree(cls, tree: dict[str, Any]) -> "History":
        """What `to_tree` gave."""
        history, start = cls(), 0
        for i, done in enumerate(map(int, tree["eval_steps"])):
            curves = {k: np.asarray(v)[:, start:done] for k, v in tree["curves"].items()}
            evaluation = {k: np.asarray(v)[:, i] for k, v in tree["evaluations"].items()}
            history.add(Chunk(done, curves, evaluation))
            start = done
        return history


def _lowest(chunk: Chunk) -> tuple[str, float] | None:
    for table in (chunk.evaluation, chunk.curves):
        names = sorted((name for name in table if "loss" in name), key=len)
        if not names:
            continue
        values = table[names[0]].astype(np.float64)
        with np.errstate(invalid="ignore"):  # of lanes that diverged
            values = values if values.ndim == 1 else values.mean(axis=1)
        values = values[np.isfinite(values)]
        return (names[0], float(values.min())) if values.size else None
    return None
