"""Saving a sweep after each chunk, and going on where it stopped.

The state of all lanes and what they reported are saved together, by Orbax, which writes
to a temporary name and renames: a save is whole or not there. Beside it a JSON file says
which sweep it is.
"""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Reports = list[dict[str, np.ndarray]]
Evaluations = list[tuple[int, dict[str, np.ndarray]]]


class Plan:
    """Where, and of which sweep; without a folder it does nothing."""

    def __init__(
        self,
        folder: str | Path | None,
        batch: Any,
        key: jax.Array,
        num_steps: int,
        num_seeds: int,
        chunk_steps: int,
        task: Any,
    ):
        self.manager = None
        if folder is None:
            return
        path = Path(folder).absolute()
        settings = {
            "task": _name(task),
            "schedules": _digest(batch),
            "structure": _without_addresses(str(jax.tree.structure(batch))),
            "key": _digest(jax.random.key_data(key)),
            "num_steps": num_steps,
            "num_seeds": num_seeds,
            "chunk_steps": chunk_steps,
        }
        _claim(path, settings)
        self.manager = _manager(path)

    @property
    def is_on(self) -> bool:
        """Whether there is a folder to save to."""
        return self.manager is not None

    def restore(
        self, init: Callable[[], Any], sharding: Any
    ) -> tuple[int, Any, Reports, Evaluations]:
        """What the last save holds, or the start."""
        latest = None if self.manager is None else self.manager.latest_step()
        if self.manager is None or latest is None:
            return 0, init(), [], []
        import orbax.checkpoint as ocp

        template = jax.tree.map(
            lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding),
            _raw(jax.eval_shape(init)),
        )
        saved = self.manager.restore(
            latest,
            args=ocp.args.Composite(
                state=ocp.args.StandardRestore({"leaves": template}),
                reports=ocp.args.StandardRestore(),
            ),
        )
        state = _cooked(saved.state["leaves"], jax.eval_shape(init))
        reports = saved.reports
        steps = [int(step) for step in reports["eval_steps"]]
        evaluated = [
            (step, {k: np.asarray(v[:, i]) for k, v in reports["evaluations"].items()})
            for i, step in enumerate(steps)
        ]
        reported = [{k: np.asarray(v) for k, v in reports["curves"].items()}]
        return int(latest), state, reported, evaluated

    def save(
        self, done: int, state: Any, reported: Reports, evaluated: Evaluations
    ) -> None:
        """Saves after a chunk; returns when it is on the disk."""
        if self.manager is None:
            return
        import orbax.checkpoint as ocp

        names = evaluated[0][1]
        reports = {
            "curves": {
                k: np.concatenate([part[k] for part in reported], axis=1)
                for k in reported[0]
            },
            "eval_steps": np.asarray([step for step, _ in evaluated]),
            "evaluations": {
                k: np.stack([part[k] for _, part in evaluated], axis=1) for k in names
            },
        }
        self.manager.save(
            done,
            args=ocp.args.Composite(
                state=ocp.args.StandardSave({"leaves": _raw(state)}),
                reports=ocp.args.StandardSave(reports),
            ),
        )
        # The next chunk donates this state.
        self.manager.wait_until_finished()

    def close(self) -> None:
        """Ends the threads that write."""
        if self.manager is not None:
            self.manager.close()


def _manager(path: Path) -> Any:
    try:
        import orbax.checkpoint as ocp
    except ImportError as error:
        raise ImportError(
            "sweeps.run(checkpoint_dir=...) needs Orbax: pip install "
            "'jaxsched[checkpoint]'."
        ) from error
    options = ocp.CheckpointManagerOptions(max_to_keep=2, create=True)
    return ocp.CheckpointManager(path / "state", options=options)


def _claim(path: Path, settings: dict[str, Any]) -> None:
    """Refuses a folder that holds another sweep."""
    path.mkdir(parents=True, exist_ok=True)
    file = path / "sweep.json"
    if not file.exists():
        # Whole or not there, like the saves beside it.
        partial = path / "sweep.json.partial"
        partial.write_text(json.dumps(settings, indent=1))
        partial.rename(file)
        return
    found = json.loads(file.read_text())
    other = {k: (found.get(k), v) for k, v in settings.items() if found.get(k) != v}
    if other:
        changes = "; ".join(f"{k}: {a} there, {b} now" for k, (a, b) in other.items())
        raise ValueError(
            f"sweeps.run(checkpoint_dir={str(path)!r}) must be a folder of this sweep, "
            f"got one of another: {changes}. Choose a new folder."
        )


def _name(task: Any) -> str:
    """The class of a task and its settings: its repr, or else its attributes."""
    kind = type(task)
    text = repr(task)
    if kind.__repr__ is object.__repr__:
        text = repr(getattr(task, "__dict__", {}))
    return f"{kind.__module__}.{kind.__qualname__}: {_without_addresses(text)}"


def _without_addresses(text: str) -> str:
    """Without the places in memory, which are others in the next process."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def _digest(tree: Any) -> str:
    """Numbers, types and shapes in a few letters."""
    parts = [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]
    data = b"".join(f"{p.dtype}{p.shape}".encode() + p.tobytes() for p in parts)
    return hashlib.sha256(data).hexdigest()[:16]


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
