"""Hyperparameters set by hand in mid-run: no step is traced again."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import checks

from . import _nested
from ._state import ScheduledState


def override(state: Any, **values: Any) -> Any:
    """Sets hyperparameters by hand; they stay until `clear_override`.

    Args:
        state: a state with `scheduled` at any depth.
        **values: numbers, by the names that `hyperparams` shows; a list for a batch.
            A name with a group goes as `**{"encoder/learning_rate": 1e-4}`.

    Raises:
        ValueError: for a name that is not scheduled, a value that is NaN, or another
            number of them than the state has lanes.
        TypeError: for what is no real number.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=0.5)
    >>> params = jnp.zeros(())
    >>> state = override(optimizer.init(params), learning_rate=0.25)
    >>> optimizer.update(jnp.ones(()), state, params)[0]
    Array(-0.25, dtype=float32)
    """

    def entry(value: jax.Array) -> dict[str, Any]:
        return {"values": value, "is_set": ~jnp.isnan(value)}

    return _set("override", state, values, entry)


def scale(state: Any, **factors: Any) -> Any:
    """Multiplies what schedules say, until `clear_override`; a second call replaces it.

    Args:
        state: a state with `scheduled` at any depth.
        **factors: numbers, by the names that `hyperparams` shows; a list for a batch.

    Raises:
        ValueError: for a name that is not scheduled, a factor that is NaN, or another
            number of them than the state has lanes.
        TypeError: for what is no real number.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(1.0, 0.0, 10))
    >>> state = scale(optimizer.init(jnp.zeros(())), learning_rate=0.5)
    >>> js.next_hyperparams(state)
    {'learning_rate': Array(0.5, dtype=float32)}
    """
    return _set("scale", state, factors, lambda v: {"scales": v})


def clear_override(state: Any, *names: str) -> Any:
    """Gives hyperparameters back to their schedules: those named, or all.

    Undoes `override` and `scale`.

    Raises:
        ValueError: for a name that is not scheduled.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=0.5)
    >>> params = jnp.zeros(())
    >>> state = override(optimizer.init(params), learning_rate=0.25)
    >>> optimizer.update(jnp.ones(()), clear_override(state), params)[0]
    Array(-0.5, dtype=float32)
    """
    names = names or tuple(_nested.names(_nested.find(state, "clear_override")))

    def changed(state: ScheduledState, mine: dict[str, Any]) -> ScheduledState:
        return _with(state, dict.fromkeys(mine, _NOTHING))

    return edit("clear_override", state, dict.fromkeys(names), changed)


def edit(
    who: str,
    state: Any,
    given: Mapping[str, Any],
    changed: Callable[[ScheduledState, dict[str, Any]], ScheduledState],
) -> Any:
    """Changes each optimizer that has one of the names, by what is given for them."""
    known = _nested.names(_nested.find(state, who))
    by_path: dict[Any, dict[str, Any]] = {}
    for text, value in given.items():
        path, name = _known(who, text, known)
        by_path.setdefault(path, {})[name] = value

    def visit(path: Any, state: ScheduledState) -> ScheduledState:
        return changed(state, by_path[path]) if path in by_path else state

    return _nested.change(state, who, visit)


def numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """With lists as arrays."""
    lists = (list, tuple)
    return {k: np.asarray(v) if isinstance(v, lists) else v for k, v in values.items()}


def per_lane(who: str, name: str, value: Any, like: Any) -> jax.Array:
    """A number in the shape and type of one in the state, which may be that of many.

    A new array, so that a step may donate the state.

    Raises:
        ValueError: for numbers that are not one for each lane.
    """
    if jnp.shape(value) not in ((), like.shape):
        each = f", or one for each of {like.shape} lanes" if like.shape else ""
        raise ValueError(
            f"{who}({name}=...) must be one number{each}, got shape {jnp.shape(value)}. "
            f"Pass as many as the state has lanes."
        )
    return jnp.broadcast_to(jnp.array(value, like.dtype, copy=True), like.shape)


def _known(who: str, text: str, known: Mapping[str, Any]) -> Any:
    if text in known:
        return known[text]
    groups = [other for other in known if other.endswith(f"/{text}")]
    if groups:
        raise ValueError(
            f"{who}: {text!r} must be named with its group, one of {', '.join(groups)}. "
            f"As a keyword that is **{{{groups[0]!r}: ...}}."
        )
    raise ValueError(
        f"{who}: {text!r} must be a scheduled hyperparameter, one of {', '.join(known)}. "
        f"Name it in scheduled(...) to make it one."
    )


_NOTHING = {"is_set": False, "values": 0.0, "scales": 1.0}


def _set(
    who: str,
    state: Any,
    given: Mapping[str, Any],
    entry: Callable[[jax.Array], dict[str, Any]],
) -> Any:
    arrays = numbers(given)
    checks.number(who, **arrays)

    def changed(state: ScheduledState, mine: dict[str, Any]) -> ScheduledState:
        dtype = state.overrides.values.dtype
        like = jax.ShapeDtypeStruct(state.count.shape, dtype)
        mine = {k: entry(per_lane(who, k, value, like)) for k, value in mine.items()}
        return _with(state, mine)

    return edit(who, state, arrays, changed)


def _with(state: ScheduledState, mine: Mapping[str, dict[str, Any]]) -> ScheduledState:
    overrides = state.overrides
    for name, entry in mine.items():
        at = (..., state.schedules.names.index(name))
        changed = {
            field: jnp.asarray(getattr(overrides, field)).at[at].set(value)
            for field, value in entry.items()
        }
        overrides = overrides._replace(**changed)
    return state._replace(overrides=overrides)
