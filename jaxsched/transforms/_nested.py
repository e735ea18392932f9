"""Finding scheduled optimizers at any depth of a state, and changing them there.

In chains, masks, partitions and wrappers, in train states, and inside Flax nnx, which
wraps each array of a state in a variable of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax

from ._state import OWN, ScheduledState

Path = tuple[Any, ...]


def find(state: Any, who: str) -> dict[Path, ScheduledState]:
    """Each scheduled optimizer by its place, an outer one before those inside it.

    Raises:
        ValueError: if there is none.
    """
    found = dict(_walk(state, ()))
    if not found:
        raise ValueError(
            f"{who}(state) needs the state of a scheduled optimizer, got "
            f"{type(state).__name__} without one. Build it with scheduled(factory, ...)."
        )
    return found


def change(state: Any, changed: Callable[[Path, ScheduledState], ScheduledState]) -> Any:
    """The same state with each scheduled optimizer in it as the function returns it."""
    return _rebuilt(state, (), changed)


def names(found: Mapping[Path, ScheduledState]) -> dict[str, tuple[Path, str]]:
    """Each hyperparameter by a name of its own: with its group where there are several.

    `learning_rate`, or `encoder/learning_rate` and `head/learning_rate`: the keys of the
    dicts that lead to it, if they tell apart those of the same name; else all that does.
    """
    places: dict[str, list[Path]] = {}
    for path, state in found.items():
        for name in state.schedules.names:
            places.setdefault(name, []).append(path)
    named = {}
    for name, paths in places.items():
        for path, text in zip(paths, _told_apart(paths), strict=True):
            named[f"{text}/{name}" if text else name] = (path, name)
    return named


def _told_apart(paths: list[Path]) -> list[str]:
    if len(paths) == 1:
        return [""]
    keys, texts = jax.tree_util.DictKey, [_text(path) for path in paths]
    places = (keys, jax.tree_util.SequenceKey)
    for kinds in (keys, places):
        texts = [_text(part for part in path if isinstance(part, kinds)) for path in paths]
        if len(set(texts)) == len(paths):
            return texts
    return [_text(path) for path in paths]


def _text(path: Any) -> str:
    return jax.tree_util.keystr(tuple(path), simple=True, separator="/")


def _is_ours(node: Any) -> bool:
    return isinstance(node, ScheduledState)


def _walk(state: Any, prefix: Path) -> Iterator[tuple[Path, ScheduledState]]:
    for path, node in jax.tree_util.tree_flatten_with_path(state, is_leaf=_is_ours)[0]:
        if isinstance(node, ScheduledState):
            place = prefix + tuple(path)
            yield place, _bare(node)
            yield from _walk(node.inner_state, place)


def _rebuilt(state: Any, prefix: Path, changed: Any) -> Any:
    pairs, structure = jax.tree_util.tree_flatten_with_path(state, is_leaf=_is_ours)
    leaves = []
    for path, node in pairs:
        if isinstance(node, ScheduledState):
            place = prefix + tuple(path)
            new = changed(place, _bare(node))
            inner = _rebuilt(new.inner_state, place, changed)
            leaves.append(_wrapped(new._replace(inner_state=inner), node))
        else:
            leaves.append(node)
    return jax.tree.unflatten(structure, leaves)


# Flax nnx keeps each array of a state in a variable, a pytree node around it.


def _is_variable(node: Any) -> bool:
    return hasattr(node, "get_value") and hasattr(node, "set_value")


def _bare(state: ScheduledState) -> ScheduledState:
    """With plain arrays in the fields that are ours."""

    def bare(node: Any) -> Any:
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
