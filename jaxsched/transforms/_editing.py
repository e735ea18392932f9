"""Hyperparameters set by hand in mid-run: no step is traced again."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import checks

from . import _nested
from ._state import Overrides, ScheduledState


def override(state: Any, **values: Any) -> Any:
    """Sets hyperparameters by hand; they stay until `clear_override`.

    Args:
        state: a state with `scheduled` at any depth.
        **values: numbers, by the names that `hyperparams` shows; a list for a batch.
            A name with a group goes as `**{"encoder/learning_rate": 1e-4}`.

    Raises:
        ValueError: for a name that is not scheduled, or a value that is NaN.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=0.5)
    >>> params = jnp.zeros(())
    >>> state = override(optimizer.init(params), learning_rate=0.25)
    >>> optimizer.update(jnp.ones(()), state, params)[0]
    Array(-0.25, dtype=float32)
    """
    numbers = _numbers("override", values)

    def changed(state: ScheduledState, mine: dict[str, Any]) -> ScheduledState:
        vector = _with(state, state.overrides.values, mine)
        return state._replace(overrides=state.overrides._replace(values=vector))

    return edit("override", state, numbers, changed)


def scale(state: Any, **factors: Any) -> Any:
    """Multiplies what schedules say, until `clear_override`; a second call replaces it.

    Args:
        state: a state with `scheduled` at any depth.
        **factors: numbers, by the names that `hyperparams` shows; a list for a batch.

    Raises:
        ValueError: for a name that is not scheduled, or a factor that is NaN.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(1.0, 0.0, 10))
    >>> state = scale(optimizer.init(jnp.zeros(())), learning_rate=0.5)
    >>> js.next_hyperparams(state)
    {'learning_rate': Array(0.5, dtype=float32)}
    """
    numbers = _numbers("scale", factors)

    def changed(state: ScheduledState, mine: dict[str, Any]) -> ScheduledState:
        vector = _with(state, state.overrides.scales, mine)
        return state._replace(overrides=state.overrides._replace(scales=vector))

    return edit("scale", state, numbers, changed)


def clear_override(state: Any, *names: str) -> Any:
    """Gives hyperparameters back to their schedules: those named, or all.

    Undoes `override` and `scale`.

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
        values, scales = state.overrides
        values = _with(state, values, dict.fromkeys(mine, np.nan))
        scales = _with(state, scales, dict.fromkeys(mine, 1.0))
        return state._replace(
            overrides=state.overrides._replace(values=values, scales=scales)
        )

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

    return _nested.change(state, visit)


def _known(who: str, text: str, known: Mapping[str, Any]) -> Any:
    if text in known:
        return known[text]
    raise ValueError(
        f"{who}: {text!r} must be a scheduled hyperparameter, one of {', '.join(known)}. "
        f"Name it in scheduled(...) to make it one."
    )


def _numbers(who: str, values: Mapping[str, Any]) -> dict[str, Any]:
    arrays = {k: np.asarray(v) if isinstance(v, list) else v for k, v in values.items()}
    checks.number(who, **arrays)
    return arrays


def _with(state: ScheduledState, vector: jax.Array, mine: Mapping[str, Any]) -> jax.Array:
    for name, value in mine.items():
        at = state.schedules.names.index(name)
        vector = vector.at[..., at].set(jnp.asarray(value, vector.dtype))
    return vector
