"""The parts of a schedule by their places, such as `schedules[1].end_value`."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from jaxsched._core import Node


def parts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Everything inside of a node with its place, from the outside in."""
    if path:
        yield path, value
    for name, part in _inside(value):
        yield from parts(part, _join(path, name))


def leaves(node: Any) -> list[str]:
    """The places of what has no parts: numbers, entries of rows, shapes."""
    return [
        path
        for path, part in parts(node)
        if (isinstance(part, (Node, int, float)) or hasattr(part, "dtype"))
        and not _inside(part)
    ]


def replaced(value: Any, changes: dict[str, Any], path: str = "") -> Any:
    """A copy with other parts at some places.

    All parts of a node are exchanged at once, and it is validated like a new one.
    """
    if path in changes:
        return changes[path]
    old = _inside(value)
    inner = {name: replaced(part, changes, _join(path, name)) for name, part in old}
    if all(inner[name] is part for name, part in old):
        return value
    if isinstance(value, Node):
        return value.replace(**inner)
    if isinstance(value, dict):
        return dict(zip(value, inner.values(), strict=True))
    new = list(inner.values())
    if isinstance(value, (np.ndarray, jax.Array)):
        return np.array(new)
    return tuple(new) if isinstance(value, tuple) else new


def _inside(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Node):
        fields = [f for f in dataclasses.fields(value) if f.init]  # pyright: ignore[reportArgumentType] - every subclass is a dataclass
        held = [(f.name, getattr(value, f.name)) for f in fields]
        return [(name, part) for name, part in held if part is not None]
    if isinstance(value, dict):
        return [(f".{name}", part) for name, part in value.items()]
    if isinstance(value, (np.ndarray, jax.Array)) and value.ndim == 1:
        value = np.asarray(value).tolist()
    if isinstance(value, (tuple, list)):
        return [(f"[{i}]", part) for i, part in enumerate(value)]
    return []


def _join(path: str, name: str) -> str:
    return f"{path}{name}" if name[0] in "[." or not path else f"{path}.{name}"
