"""Finding scheduled optimizers at any depth of a state, and changing them there.

In chains, masks, partitions and wrappers, in train states, and inside Flax nnx, which
wraps each array of a state in a variable of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer

from ._state import OWN, ScheduledState

Path = tuple[Any, ...]

_INNER = jax.tree_util.GetAttrKey("inner_state")
_KEYS = {"count", "schedules", "hyperparams", "overrides"}


def find(state: Any, who: str) -> dict[Path, ScheduledState]:
    """Each scheduled optimizer by its place, an outer one before those inside it.

    Raises:
        ValueError: if there is none.
    """
    found = dict(_walk(state, (), _is_ours))
    if not found:
        advice = "Build it with scheduled(factory, ...)."
        if any(_walk(state, (), _is_like_ours)):
            advice = "Make it what it was first, as nnx.merge(graphdef, state) does."
        raise ValueError(
            f"{who}(state) needs the state of a scheduled optimizer, got "
            f"{type(state).__name__} without one. {advice}"
        )
    return found


def find_to_read(state: Any, who: str) -> dict[Path, ScheduledState]:
    """As `find`, and among dicts: what Flax splits and restores has lost its types."""
    return dict(_walk(state, (), _is_like_ours)) or find(state, who)


def change(
    state: Any, who: str, changed: Callable[[Path, ScheduledState], ScheduledState]
) -> Any:
    """The same state with each scheduled optimizer in it as the function returns it.

    Raises:
        ValueError: if there is none.
        TypeError: for an optimizer of Flax nnx, of which one expects a change in place.
    """
    find(state, who)
    if hasattr(state, "opt_state") and hasattr(state, "wrt"):
        raise TypeError(
            f"{who}(state) must be given a state and returns another, got the "
            f"{type(state).__name__} that has one. Write "
            f"optimizer.opt_state = {who}(optimizer.opt_state, ...)."
        )
    return _rebuilt(state, (), changed)


def names(found: Mapping[Path, ScheduledState]) -> dict[str, tuple[Path, str]]:
    """Each hyperparameter by a name of its own: with its group where there are several.

    `learning_rate`, or `encoder/learning_rate` and `head/learning_rate`: the keys at
    which the ways to those of the same name part, whatever leads to all of them.
    """
    places: dict[str, list[Path]] = {}
    for path, state in found.items():
        for name in getattr(state.schedules, "names", state.hyperparams):
            places.setdefault(name, []).append(path)
    named = {}
    for name, paths in places.items():
        for path, text in zip(paths, _told_apart(paths), strict=True):
            named[f"{text}/{name}" if text else name] = (path, name)
    return named


def _told_apart(paths: list[Path]) -> list[str]:
    ways: dict[Path, set[Path]] = {}
    for path in paths:
        for i in range(len(path) + 1):
            ways.setdefault(path[:i], set()).add(path[i : i + 1])
    kept = [
        tuple(key for i, key in enumerate(path) if len(ways[path[:i]]) > 1)
        for path in paths
    ]
    texts = [jax.tree_util.keystr(path, simple=True, separator="/") for path in kept]
    # A key may hold a slash.
    return texts if len(set(texts)) == len(texts) else list(map(jax.tree_util.keystr, kept))


def _is_ours(node: Any) -> bool:
    return isinstance(node, ScheduledState)


def _is_like_ours(node: Any) -> bool:
    return _is_ours(node) or (isinstance(node, Mapping) and set(node) >= _KEYS)


def _walk(
    state: Any, prefix: Path, is_ours: Callable[[Any], bool]
) -> Iterator[tuple[Path, ScheduledState]]:
    for path, node in jax.tree_util.tree_flatten_with_path(state, is_leaf=is_ours)[0]:
        if is_ours(node):
            place, ours = prefix + tuple(path), _bare(node)
            yield place, ours
            yield from _walk(ours.inner_state, (*place, _INNER), is_ours)


def _rebuilt(state: Any, prefix: Path, changed: Any) -> Any:
    pairs, structure = jax.tree_util.tree_flatten_with_path(state, is_leaf=_is_ours)
    leaves = []
    for path, node in pairs:
        if _is_ours(node):
            place = prefix + tuple(path)
            bare = _bare(node)
            new = _placed(changed(place, bare), bare.count)
            inner = _rebuilt(new.inner_state, (*place, _INNER), changed)
            leaves.append(_wrapped(new._replace(inner_state=inner), node))
        else:
            leaves.append(node)
    return jax.tree.unflatten(structure, leaves)


def _is_concrete(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array) and not isinstance(leaf, Tracer)


def _placed(new: ScheduledState, where: Any) -> ScheduledState:
    """On the devices of the old one, for a step that was compiled for these."""
    if not _is_concrete(where) or not where.committed:
        return new

    def placed(leaf: Any) -> Any:
        is_free = _is_concrete(leaf) and not leaf.committed
        return jax.device_put(leaf, where.sharding) if is_free else leaf

    return new._replace(**{k: jax.tree.map(placed, getattr(new, k)) for k in OWN})


# Flax nnx keeps each array of a state in a variable, a pytree node around it.


def _is_variable(node: Any) -> bool:
    return hasattr(node, "get_value") and hasattr(node, "set_value")


def _bare(state: Any) -> ScheduledState:
    """With plain arrays in the fields that are ours, as the type.

    They may be in variables, numbers that `optax.tree_utils.tree_set` put there, or in a
    dict.
    """
    if not _is_ours(state):
        # Flax drops what is empty.
        state = ScheduledState(*(state.get(k, ()) for k in ScheduledState._fields))

    def bare(node: Any) -> Any:
        if isinstance(node, (int, float)):
            return jnp.asarray(node)
        return node.get_value() if _is_variable(node) else node

    own = {k: jax.tree.map(bare, getattr(state, k), is_leaf=_is_variable) for k in OWN}
    return state._replace(**own)


def _wrapped(new: ScheduledState, old: ScheduledState) -> ScheduledState:
    """In variables again, if the old one had them."""
    if not _is_variable(old.count):
        return new
    like = jax.tree.structure(old.count)

    def wrap(part: Any, was: Any) -> Any:
        if jax.tree.structure(part) == jax.tree.structure(was, is_leaf=_is_variable):
            kinds = jax.tree.map(jax.tree.structure, was, is_leaf=_is_variable)
            return jax.tree.map(lambda leaf, kind: kind.unflatten([leaf]), part, kinds)
        return jax.tree.map(lambda leaf: like.unflatten([leaf]), part)

    return new._replace(**{k: wrap(getattr(new, k), getattr(old, k)) for k in OWN})
