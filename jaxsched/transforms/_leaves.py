"""The leaves of a state by names that outlive a change of the chain around them.

An index in a chain moves when a transformation is added, and a type's field does not: so
`ScaleByAdamState:mu:w`, wherever it is in a chain. Names hold letters, digits and `_-~%:#`
only, which every format of checkpoints takes.
"""

import collections
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ._state import ScheduledState

_INJECTED = (optax.InjectHyperparamsState, optax.InjectStatefulHyperparamsState)


def entries(tree: Any) -> list[tuple[str, Any]]:
    """Each leaf by its name, in the order of `jax.tree.leaves`.

    A scheduled optimizer is an entry, which stands for the leaves of its own fields; those
    of its inner state follow. What has the same name is numbered.
    """
    found, named = collections.Counter(), []
    for parts, item in _walk(tree, ()):
        is_leaf = not isinstance(item, ScheduledState)
        name = ":".join(map(safe, parts)) or ("leaf" if is_leaf else "optimizer")
        number = found[is_leaf, name]
        found[is_leaf, name] += 1
        named.append((f"{name}#{number}" if number else name, item))
    return named


def safe(text: str) -> str:
    """A text as a part of a name; `urllib.parse.unquote` is the way back."""
    return quote(text, safe="").replace(".", "%2E")


def is_split(node: Any) -> bool:
    """Whether it was the state of a scheduled optimizer before Flax made a dict of it."""
    return isinstance(node, Mapping) and {"schedules", "overrides"} <= set(node)


def stored(leaf: Any) -> Any:
    """What a checkpoint holds of a leaf; None of one that is no numbers, or empty."""
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        return jax.random.key_data(leaf)
    if isinstance(leaf, (bool, int, float, complex, np.generic)):
        leaf = np.asarray(leaf)
    if not isinstance(leaf, (np.ndarray, jax.Array)) or not leaf.size:
        return None
    is_number = leaf.dtype == bool or jnp.issubdtype(leaf.dtype, jnp.number)
    return leaf if is_number else None


def difference(value: Any, like: Any) -> str | None:
    """Why what is in a checkpoint cannot take the place of a leaf; None if it can."""
    value, expected = _viewed(value, like), stored(like)
    if value.shape != expected.shape:
        return f"has shape {value.shape}, not {expected.shape}"
    # A Python number becomes an array of some width as soon as it is counted up.
    is_python = isinstance(like, (int, float, complex))
    if is_python and value.dtype.kind == expected.dtype.kind:
        return None
    if value.dtype != expected.dtype:
        return f"is {value.dtype}, not {expected.dtype}"
    return None


def filled(tree: Any, leaves: Mapping[str, Any]) -> Any:
    """A tree with other leaves, by their names, as new arrays where the old ones are.

    What is not among them is copied, so that a step may donate the tree.
    """
    new = []
    for name, item in entries(tree):
        if isinstance(item, ScheduledState):
            new += map(_copy, jax.tree.leaves(item._replace(inner_state=())))
        else:
            new.append(placed(leaves[name], item) if name in leaves else _copy(item))
    return jax.tree.unflatten(jax.tree.structure(tree), new)


def placed(value: Any, like: Any) -> Any:
    """Numbers as a new array of the type, and where it is, of another; of its shape."""
    value = _viewed(value, like)
    if isinstance(like, (bool, int, float, complex)):
        return type(like)(value.item())
    if not isinstance(like, jax.Array):
        return np.array(value, like.dtype)[() if isinstance(like, np.generic) else ...]
    if jnp.issubdtype(like.dtype, jax.dtypes.prng_key):
        data = placed(value, jax.random.key_data(like))
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(like))
    if like.weak_type:
        # The one way to make an array of any shape that has a weak type, too.
        return like.at[...].set(np.asarray(value))
    value = value.astype(like.dtype)
    if not like.committed:
        return jnp.array(np.asarray(value))
    if isinstance(value, jax.Array):
        return jax.device_put(value, like.sharding, may_alias=False)
    # Over several processes `device_put` compares what each has, and NaN is not NaN.
    return jax.make_array_from_callback(
        value.shape, like.sharding, lambda index: np.array(value[index])
    )


def _walk(node: Any, parts: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, ScheduledState):
        yield parts, node
        yield from _walk(node.inner_state, parts)
        return
    if is_split(node):
        yield parts, node
        return
    children = jax.tree_util.tree_leaves_with_path(node, is_leaf=lambda x: x is not node)
    for path, child in children:
        if path:
            yield from _walk(child, parts + _part(node, path[0]))
        else:
            yield parts, node


def _part(node: Any, key: Any) -> tuple[str, ...]:
    """What a child's place adds to its name."""
    name = jax.tree_util.keystr((key,), simple=True)
    is_variable = hasattr(node, "get_value") and hasattr(node, "set_value")  # of Flax nnx
    is_inner = isinstance(node, _INJECTED) and name == "inner_state"
    if is_variable or is_inner or (type(node) is tuple and _has_states(node)):
        return ()
    return (type(node).__name__, name) if _is_state(node) else (name,)


def _is_state(node: Any) -> bool:
    return isinstance(node, tuple) and hasattr(node, "_fields")


def _has_states(node: Any) -> bool:
    """Whether it is a chain's tuple: one with optimizer states in it."""
    return type(node) is tuple and any(_is_state(x) or _has_states(x) for x in node)


def _copy(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, (np.ndarray, jax.Array)) else leaf


def _viewed(value: Any, like: Any) -> Any:
    """As an array; raw bytes, which NumPy's files make of bfloat16, as what they were."""
    value = value if hasattr(value, "dtype") else np.asarray(value)
    dtype = getattr(like, "dtype", value.dtype)
    is_raw = value.dtype.type is np.void and value.dtype.itemsize == dtype.itemsize
    return value.view(dtype) if is_raw else value
