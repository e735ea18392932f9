"""Many nodes of one structure as one: each leaf gets a leading axis."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ._clock import strong


def kind_of(node: Any) -> Any:
    """What nodes must agree in to be a batch: structure, and shapes of leaves.

    A table of another length is another structure to a batch.
    """
    leaves, treedef = jax.tree.flatten(node)
    return treedef, tuple(np.shape(leaf) for leaf in leaves)


def batched(nodes: Sequence[Any]) -> Any:
    """Nodes of one kind, leaf by leaf."""
    treedef = jax.tree.structure(nodes[0])
    columns = zip(*map(jax.tree.leaves, nodes), strict=True)
    return jax.tree.unflatten(treedef, [_column(list(column)) for column in columns])


def _column(values: list[Any]) -> jax.Array:
    if any(isinstance(value, Tracer) for value in values):
        return jnp.stack([strong(value) for value in values])
    return strong(np.array(values))
