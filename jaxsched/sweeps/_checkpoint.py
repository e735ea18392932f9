"""Saving a sweep after each chunk, and going on where it stopped.

A folder holds `sweep.json`, which says which sweep it is, and `saves`.
"""

from pathlib import Path
from typing import Any

import jax
from jax.sharding import Mesh

from ._history import History
from ._identity import Identity, settings_of
from ._lanes import Trainer
from ._saves import Saves
from ._trace import Trace


class Plan:
    """Where, and of which sweep; without a folder it does nothing."""

    def __init__(
        self,
        folder: str | Path | None,
        trace: Trace,
        task: Any,
        batch: Any,
        key: jax.Array,
        numbers: dict[str, int],
    ):
        self._folder = None if folder is None else Path(folder).absolute()
        self._lane = trace.state
        self._num_steps = numbers["num_steps"]
        if self._folder is not None:
            settings = settings_of(task, batch, key) | numbers
            self._identity = Identity(self._folder, settings, trace.programs)
            self._saves = Saves(self._folder / "saves")

    @property
    def is_on(self) -> bool:
        """Whether there is a folder to save to."""
        return self._folder is not None

    def batch_size(self, mesh: Mesh) -> int | None:
        """What the sweep ran with on these devices, if it did."""
        return self._identity.batch_size(mesh) if self.is_on else None

    def restore(self, trainer: Trainer) -> History | None:
        """Puts the trainer where the last save is; None if there is none."""
        if not self.is_on:
            return None
        self._identity.write(trainer.layout)
        return self._saves.restore(trainer, self._lane)

    def save(self, trainer: Trainer, history: History) -> None:
        """Saves after a chunk; returns when it is on the disk."""
        if self.is_on:
            self._saves.save(trainer, history)

    def when_stopped(self, done: int) -> str:
        """What is lost, and how to go on."""
        if not self.is_on:
            return (
                f"sweeps.run stopped after {done} of {self._num_steps} updates, and "
                f"nothing is saved. With checkpoint_dir=... the same run can go on."
            )
        return (
            f"sweeps.run stopped. {self._saves.last} of {self._num_steps} updates are "
            f"saved in {str(self._folder)!r}: run the same again to go on."
        )

    def close(self) -> None:
        """Ends the threads that write."""
        if self.is_on:
            self._saves.close()
