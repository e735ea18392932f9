"""What a checkpoint holds of one scheduled optimizer, whatever its schedules are."""

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched.controllers import AbstractController

from ._leaves import entries, filled, placed, safe, stored
from ._reading import next_values
from ._replacing import seek
from ._state import (
    Overrides,
    ScheduledState,
    controlled,
    controllers_of,
    no_overrides,
)

_TEXT_SIZE = 1000
_FIELDS = ("overrides", "hyperparams", "schedules", "controllers")

Record = Mapping[str, Any]


def record_of(state: ScheduledState) -> dict[str, Any]:
    """Count, overrides and controllers to go on with; schedules as texts to compare."""
    overrides = jax.tree.map(np.asarray, state.overrides)
    nodes, said = state.schedules.items(), said_by(state)
    record: dict[str, Any] = {
        "count": np.array(state.count),
        "overrides": {
            safe(k): {field: v[..., i] for field, v in overrides._asdict().items()}
            for i, k in enumerate(nodes)
        },
        "hyperparams": {safe(k): np.array(v) for k, v in state.hyperparams.items()},
        "schedules": {
            safe(k): {**_text_of(node), "value": np.array(said[k])}
            for k, node in nodes.items()
        },
        "controllers": {
            safe(k): {"kind": _digest(_kind(nodes[k])), "state": _flat(learnt)}
            for k, learnt in controllers_of(state).items()
        },
    }
    return {**record, "checksum": checksum(record)}


def record_of_count(count: Any) -> dict[str, Any]:
    """Of an optimizer of which nothing else is known."""
    return {"count": count, **{field: {} for field in _FIELDS}}


def names_in(record: Record) -> tuple[str, ...]:
    """The hyperparameters that were scheduled."""
    return tuple(map(unquote, record["schedules"]))


def text_in(record: Record, name: str) -> str:
    """A schedule as it was, as far as there was space for it."""
    data = np.asarray(record["schedules"][safe(name)]["text"], np.uint8).tobytes()
    return data.rstrip(b"\0").decode(errors="ignore")


def is_same(record: Record, name: str, node: Any) -> bool:
    """Whether a schedule reads as it did."""
    was, now = record["schedules"][safe(name)], _text_of(node)
    return np.array_equal(was["digest"], now["digest"])


def said_by(state: ScheduledState) -> dict[str, jax.Array]:
    """What schedules and controllers say that is next, whatever was set by hand."""
    nothing = no_overrides(len(state.schedules.names), state.count.shape)
    return next_values(state._replace(overrides=nothing))


def restored(record: Record, state: ScheduledState) -> ScheduledState:
    """The state with all that the checkpoint knows better."""
    state = seek(state._replace(inner_state=()), record["count"])._replace(
        inner_state=state.inner_state
    )
    learnt = {**controllers_of(state), **taken_over(record, state)}
    by_hand = [np.array(vector) for vector in state.overrides]
    for i, name in enumerate(map(safe, state.schedules.names)):
        saved = record["overrides"].get(name)
        for vector, field in zip(by_hand, Overrides._fields, strict=True):
            if saved:
                vector[..., i] = saved[field]
    overrides = Overrides(*map(placed, by_hand, state.overrides))
    state = state._replace(controllers=tuple(learnt.values()), overrides=overrides)
    used = {
        # Before its first update it shows what that will use.
        k: placed(record["hyperparams"].get(safe(k), value), state.hyperparams[k])
        for k, value in next_values(state).items()
    }
    return state._replace(hyperparams=used)


def taken_over(record: Record, state: ScheduledState) -> dict[str, Any]:
    """The states of those controllers that go on from what they have learnt."""
    learnt, taken = controllers_of(state), {}
    for name, node in controlled(state.schedules).items():
        old = record["controllers"].get(safe(name))
        if old and np.array_equal(old["kind"], _digest(_kind(node))):
            fresh = _flat(learnt[name])
            if _forms(old["state"]) == _forms(fresh):
                taken[name] = filled(learnt[name], old["state"])
    return taken


def checksum(record: Record) -> np.ndarray:
    """Of texts and of all that is one number a lane, whatever the width of numbers."""
    pairs, _ = jax.tree_util.tree_flatten_with_path(
        {k: v for k, v in record.items() if k != "checksum"}
    )
    text = hashlib.sha256()
    for path, leaf in pairs:
        text.update(jax.tree_util.keystr(path).encode())
        numbers = stored(leaf)
        if numbers is None:
            continue
        if numbers.dtype == np.uint8 or numbers.ndim == np.ndim(record["count"]):
            is_float = jnp.issubdtype(numbers.dtype, jnp.floating)
            with np.errstate(over="ignore"):
                narrow = np.asarray(numbers).astype(np.float32 if is_float else np.int32)
            text.update(narrow.tobytes())
    return _bytes(text.digest()[:16])


def _text_of(node: Any) -> dict[str, np.ndarray]:
    """A node as a text of a fixed size, so that its kind leaves no trace in the layout."""
    # Places in memory are others in the next process.
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(node))
    data = text.encode()
    if len(data) > _TEXT_SIZE:
        data = data[: _TEXT_SIZE - 3] + b"..."
    return {"text": _bytes(data.ljust(_TEXT_SIZE, b"\0")), "digest": _digest(text)}


def _digest(text: str) -> np.ndarray:
    return _bytes(hashlib.sha256(text.encode()).digest()[:16])


def _bytes(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8).copy()


def _kind(node: AbstractController) -> str:
    """What a controller's state has to fit: types and settings, but no schedule."""
    parts = []
    for field in dataclasses.fields(node):  # pyright: ignore[reportArgumentType] - every subclass is a dataclass
        value = getattr(node, field.name)
        if isinstance(value, AbstractController):
            parts.append(_kind(value))
        elif field.metadata.get("static"):
            parts.append(f"{field.name}={value!r}")
    return f"{type(node).__name__}({', '.join(parts)})"


def _flat(tree: Any) -> dict[str, Any]:
    leaves = {name: stored(leaf) for name, leaf in entries(tree)}
    return {name: leaf for name, leaf in leaves.items() if leaf is not None}


def _forms(leaves: Mapping[str, Any]) -> dict[str, Any]:
    """Shapes and kinds of numbers, whatever their width."""
    return {
        name: (np.shape(leaf), jnp.issubdtype(leaf.dtype, jnp.floating))
        for name, leaf in leaves.items()
    }
