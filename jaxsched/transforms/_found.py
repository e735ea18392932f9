"""States of one kind, wherever they are in the state of an optimizer."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax


def found(state: Any, kind: Any) -> Iterator[Any]:
    """Each named tuple of a kind in it, at any depth."""

    def is_one(node: Any) -> bool:
        # Flax makes dicts of what it splits.
        is_dict = isinstance(node, Mapping) and set(node) == set(kind._fields)
        return isinstance(node, kind) or is_dict

    for node in jax.tree.leaves(state, is_leaf=is_one):
        if is_one(node):
            fields = node if isinstance(node, Mapping) else node._asdict()
            yield kind(**{k: _bare(v) for k, v in fields.items()})


def _bare(value: Any) -> Any:
    """Out of the variables that Flax nnx keeps arrays in."""

    def is_variable(node: Any) -> bool:
        return hasattr(node, "get_value")

    return jax.tree.map(
        lambda v: v.get_value() if is_variable(v) else v, value, is_leaf=is_variable
    )
