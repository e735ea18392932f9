"""Which sweep a folder holds: its settings in JSON, and whether they are still the same."""

import hashlib
import importlib.metadata
import itertools
import json
import re
import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from ._lanes import Layout
from ._processes import all_say, is_first

_PACKAGES = ("jaxsched", "jax", "jaxlib", "optax", "numpy")


class Identity:
    """The file `sweep.json` of a folder: settings, where it ran, and with what.

    Other settings are another sweep. Another layout or other packages are the same one,
    to rounding.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], programs: Any):
        self._file = folder / "sweep.json"
        digests = {name: _program_digest(value) for name, value in programs.items()}
        self._now = {"settings": settings, "programs": digests, "packages": _packages()}
        self._found = _read(self._file)
        is_there = self._found is not None
        if not (all_say(is_there) or all_say(not is_there)):
            raise self._cannot_be_written()
        if is_there:
            self._refuse_another()

    def batch_size(self, mesh: Mesh) -> int | None:
        """What it ran with on as many of these devices, so that it goes on bit for bit."""
        layout = (self._found or {}).get("layout", {})
        batch_size = layout.get("batch_size")
        return batch_size if layout == _layout(mesh, batch_size) else None

    def write(self, layout: Layout) -> None:
        """Says what the folder holds, from now on."""
        now = self._now | {"layout": _layout(layout.mesh, layout.batch_size)}
        failure = None
        if now != self._found and is_first():
            failure = _write(self._file, now)
        # All go on or none: JAX has a process wait for another one for minutes.
        if not (all_say(failure is None) and all_say(self._file.exists())):
            raise self._cannot_be_written(failure) from failure

    def _cannot_be_written(self, failure: OSError | None = None) -> OSError:
        why = failure.strerror if failure else "not all processes see the same one"
        return OSError(
            f"sweeps.run(checkpoint_dir={str(self._file.parent)!r}) must be a folder "
            f"that can be written, on a disk that all processes share: {why}."
        )

    def _refuse_another(self) -> None:
        found, now = self._found or {}, self._now
        changes = _changes(found.get("settings", {}), now["settings"])
        packages = _changes(found.get("packages", {}), now["packages"])
        same_code = not packages and found.get("layout", {}).get("platform") == _platform()
        if same_code:  # or else JAX may write the same step in another way
            changes += _changes(found.get("programs", {}), now["programs"], " of the task")
        if changes:
            raise ValueError(
                f"sweeps.run(checkpoint_dir={str(self._file.parent)!r}) must be a folder "
                f"of this sweep, got one of another: {'; '.join(changes)}. Choose a new "
                f"folder."
            )
        if packages:
            warnings.warn(
                f"sweeps.run(checkpoint_dir={str(self._file.parent)!r}) goes on with other "
                f"packages, so that the rest may differ in the last digits: "
                f"{'; '.join(packages)}.",
                stacklevel=5,
            )


def settings_of(task: Any, batch: Any, key: jax.Array) -> dict[str, Any]:
    """What makes a sweep that one and no other."""
    return {
        "task": _name(task),
        "schedules": _digest(batch),
        "structure": _without_addresses(str(jax.tree.structure(batch))),
        "key": _digest(jax.random.key_data(key)),
    }


def _read(file: Path) -> dict[str, Any] | None:
    if not file.exists():
        return None
    try:
        return dict(json.loads(file.read_text()))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"sweeps.run(checkpoint_dir={str(file.parent)!r}) needs its sweep.json, which "
            f"is damaged: which sweep the folder holds is not known. Put the file back, "
            f"or choose a new folder."
        ) from error


def _write(file: Path, record: dict[str, Any]) -> OSError | None:
    """Whole or not there, like the saves beside it; gives what went wrong."""
    partial = file.with_suffix(".partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(record, indent=1))
        partial.rename(file)
    except OSError as error:
        return error
    return None


def _changes(there: dict[str, Any], now: dict[str, Any], of: str = "") -> list[str]:
    return [
        "{}{}: {} there, {} now".format(name, of, *_apart(there.get(name), now.get(name)))
        for name in {**there, **now}
        if there.get(name) != now.get(name)
    ]


def _apart(there: Any, now: Any) -> tuple[str, str]:
    """Long texts from a little before they differ."""
    a, b = str(there), str(now)
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    start = max(sum(1 for _ in same) - 40, 0)
    ellipsis = "..." if start else ""

    def part(text: str) -> str:
        return ellipsis + text[start : start + 200] + "..." * (len(text) > start + 200)

    return part(a), part(b)


def _packages() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # a source tree on the path
            found[name] = "unknown"
    return found


def _layout(mesh: Mesh, batch_size: int | None) -> dict[str, Any]:
    here = {"platform": _platform(), "num_devices": mesh.size}
    return here | {"batch_size": batch_size}


def _platform() -> str:
    return jax.default_backend()


def _name(task: Any) -> str:
    """The class of a task and its settings: its repr, or else its attributes."""
    kind = type(task)
    text = repr(task)
    if kind.__repr__ is object.__repr__:
        text = repr(getattr(task, "__dict__", {}))
    return f"{kind.__module__}.{kind.__qualname__}: {_without_addresses(text)}"


def _program_digest(program: Any) -> str:
    """A function of the task as JAX traced it, and the data that it holds."""
    text = _without_addresses(str(program.jaxpr))
    return hashlib.sha256((text + _digest(program.consts)).encode()).hexdigest()[:16]


def _without_addresses(text: str) -> str:
    """Without the places in memory, which are others in the next process."""
    return re.sub(r"(?: at)? 0x[0-9a-fA-F]+", "", text)


def _digest(tree: Any) -> str:
    """Numbers, types and shapes in a few letters."""
    parts = [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]
    data = b"".join(f"{p.dtype}{p.shape}".encode() + p.tobytes() for p in parts)
    return hashlib.sha256(data).hexdigest()[:16]
