"""The saves of a sweep, whole or not there.

A save is a folder named by the updates done: the state of all lanes and what they
reported, by Orbax, and a seal, the digests of these files. It gets its name when all of
it is written, so that a save is whole or not there; one that was damaged later breaks its
seal, and the one before is used.
"""

import hashlib
import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from ._history import History
from ._lanes import Trainer
from ._processes import is_first, wait_for_all

_NUM_KEPT = 2
_SEAL = "seal.json"


class Saves:
    """The saves in a folder."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._orbax = _orbax()
        self._writer = self._orbax.Checkpointer(self._orbax.CompositeCheckpointHandler())

    def restore(self, trainer: Trainer, lane: Any) -> History | None:
        """Puts the trainer where the last good save is; None if there is none.

        Args:
            trainer: not started.
            lane: shapes of the state of a lane.
        """
        saves = self._good()
        if not saves:
            return None
        save = saves[-1]
        num_rows = json.loads((save / _SEAL).read_text())["num_rows"]
        layout, args = trainer.layout, self._orbax.args
        fits = num_rows % layout.mesh.size == 0
        sharding = layout.sharding if fits else NamedSharding(layout.mesh, PartitionSpec())

        def rows(x: Any) -> Any:
            return jax.ShapeDtypeStruct((num_rows, *x.shape), x.dtype, sharding=sharding)

        saved = self._writer.restore(
            save,
            args.Composite(
                state=args.StandardRestore({"leaves": list(map(rows, _raw(lane)))}),
                reports=args.StandardRestore(),
            ),
        )
        trainer.state, trainer.done = _cooked(saved.state["leaves"], lane), int(save.name)
        if num_rows != layout.size:
            trainer.take(np.arange(layout.num_lanes))
        return History.from_tree(saved.reports)

    def save(self, trainer: Trainer, history: History) -> None:
        """Saves after a chunk; returns when it is on the disk.

        Raises:
            OSError: if it cannot be written, for instance because the disk is full.
        """
        target = self._folder / str(trainer.done)
        try:
            self._write(target, trainer, history)
        except Exception as error:  # an OSError, or what Orbax makes of one
            last = self.last
            state = f"the save of {last} updates is whole" if last else "nothing is saved"
            if is_first():
                self._clean()
            reason = _reason(error)
            then = (
                "Make room and run" if reason in _FULL else "Without another run there, run"
            )
            raise OSError(
                f"sweeps.run(checkpoint_dir={str(self._folder.parent)!r}) could not save "
                f"after {trainer.done} updates, {state}: {reason}. {then} the same again "
                f"to go on."
            ) from error

    @property
    def last(self) -> int:
        """Updates done in the last save."""
        return max([int(save.name) for save in self._all()], default=0)

    def close(self) -> None:
        """Ends the threads that write."""
        self._writer.close()

    def _write(self, target: Path, trainer: Trainer, history: History) -> None:
        partial, args = target.with_name(f"{target.name}.partial"), self._orbax.args
        self._writer.save(
            partial,
            args.Composite(
                state=args.StandardSave({"leaves": _raw(trainer.state)}),
                reports=args.StandardSave(history.to_tree()),
            ),
        )
        if is_first():
            seal = {"num_rows": trainer.layout.size, "files": _digests(partial)}
            (partial / _SEAL).write_text(json.dumps(seal))
            partial.rename(target)
            for old in self._all()[:-_NUM_KEPT]:
                shutil.rmtree(old)
        wait_for_all(f"save {target.name}")

    def _good(self) -> list[Path]:
        """The saves whose seal is whole, up to the newest; others are put aside."""
        saves = self._all()
        broken = []
        while saves and not _is_whole(saves[-1]):
            broken.append(saves.pop())
        wait_for_all("the saves are read")
        if is_first():
            self._clean()
            for save in broken:
                aside = save.with_name(f"damaged-{save.name}")
                shutil.rmtree(aside, ignore_errors=True)
                save.rename(aside)
        wait_for_all("the damaged saves are put aside")
        if broken:
            names = ", ".join(save.name for save in broken)
            then = f"that of {saves[-1].name} updates" if saves else "the beginning"
            warnings.warn(
                f"sweeps.run(checkpoint_dir={str(self._folder.parent)!r}) goes on from "
                f"{then}: damaged are the saves of {names} updates, now in "
                f"{self._folder}/damaged-*.",
                stacklevel=5,
            )
        return saves

    def _all(self) -> list[Path]:
        """From the first to the last one."""
        found = self._folder.iterdir() if self._folder.exists() else ()
        return sorted((s for s in found if s.name.isdigit()), key=lambda s: int(s.name))

    def _clean(self) -> None:
        """Removes what a killed process left half-written."""
        for partial in self._folder.glob("*.partial*"):
            shutil.rmtree(partial, ignore_errors=True)


def _orbax() -> Any:
    try:
        import orbax.checkpoint as ocp
    except ImportError as error:
        raise ImportError(
            "sweeps.run(checkpoint_dir=...) needs Orbax: pip install "
            "'jaxsched[checkpoint]'."
        ) from error
    return ocp


def _digests(save: Path) -> dict[str, str]:
    files = sorted(f for f in save.rglob("*") if f.is_file() and f.name != _SEAL)
    found = {}
    for file in files:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        found[file.relative_to(save).as_posix()] = digest
    return found


def _is_whole(save: Path) -> bool:
    try:
        return json.loads((save / _SEAL).read_text())["files"] == _digests(save)
    except (OSError, ValueError, KeyError, TypeError):
        return False


_FULL = ("No space left on device", "File too large", "Disk quota exceeded")


def _reason(error: BaseException) -> str:
    """The system's words for it, deep in what was raised on the way."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
        link = link.__cause__ or link.__context__
    for words in _FULL:
        if words in str(error):
            return words
    return str(error)


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _raw(tree: Any) -> list[Any]:
    """The leaves in their order, random keys as their bits: a layout without classes."""

    def data(leaf):
        if not _is_key(leaf):
            return leaf
        if isinstance(leaf, jax.ShapeDtypeStruct):
            return jax.eval_shape(jax.random.key_data, leaf)
        return jax.random.key_data(leaf)

    return [data(leaf) for leaf in jax.tree.leaves(tree)]


def _cooked(leaves: list[Any], like: Any) -> Any:
    shapes, treedef = jax.tree.flatten(like)

    def key(leaf, shape):
        if not _is_key(shape):
            return leaf
        impl = str(shape.dtype).removeprefix("key<").removesuffix(">")
        return jax.random.wrap_key_data(leaf, impl=_IMPLS.get(impl, impl))

    cooked = [key(leaf, shape) for leaf, shape in zip(leaves, shapes, strict=True)]
    return jax.tree.unflatten(treedef, cooked)


_IMPLS = {"fry": "threefry2x32", "urbg": "unsafe_rbg"}
