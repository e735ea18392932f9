"""What a scheduled optimizer keeps, and reading it wherever it is nested."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import Node, checks, clock, static


class Named(Node):
    """Values by name, like a dict; but `optax.tree_utils.tree_get` does not see in.

    So that `tree_get(state, "learning_rate")` finds one value, the one in use.
    """

    names: tuple[str, ...] = static()
    values: tuple[Any, ...]

    @classmethod
    def of(cls, items: dict[str, Any]) -> "Named":
        """From a dict."""
        return cls(tuple(items), tuple(items.values()))

    def items(self) -> dict[str, Any]:
        """As a dict."""
        return dict(zip(self.names, self.values, strict=True))

    def __getitem__(self, name: str) -> Any:
        return self.items()[name]


class ScheduledState(NamedTuple):
    """State of `scheduled`.

    Attributes:
        count: updates done so far.
        schedules: the schedule or controller of each hyperparameter; the numbers in
            them may be batched, and changed at any time.
        controllers: the state of each controller.
        hyperparams: the values that the last update used (before the first: that it
            will use).
        overrides: values that win over the schedules; NaN for none.
        inner_state: the state of the optimizer itself.
    """

    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride] - optax's name
    schedules: Named
    controllers: Named
    hyperparams: dict[str, jax.Array]
    overrides: Named
    inner_state: Any


def hyperparams(state: Any) -> dict[str, jax.Array]:
    """The hyperparameters that the last update used, at any depth of a state.

    Args:
        state: the state of an optimizer that has `scheduled` somewhere in it: in a
            chain, masked, partitioned, accumulated, in a train state.

    Returns:
        Each by its name; where a name occurs more than once, by its path and name.

    Raises:
        ValueError: if there is no scheduled optimizer in it.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = optax.chain(
    ...     optax.clip_by_global_norm(1.0),
    ...     js.scheduled(optax.sgd, learning_rate=js.linear_schedule(0.5, 0.0, 10)),
    ... )
    >>> hyperparams(optimizer.init(jnp.zeros(3)))
    {'learning_rate': Array(0.5, dtype=float32)}
    """
    found = list(_found(state, ""))
    if not found:
        raise ValueError(
            f"hyperparams(state) needs the state of a scheduled optimizer, got "
            f"{type(state).__name__} without one. Build it with scheduled(factory, ...)."
        )
    names = [name for _, values in found for name in values]
    twice = {name for name in names if names.count(name) > 1}
    return {
        f"{path}/{name}" if name in twice and path else name: value
        for path, values in found
        for name, value in values.items()
    }


def _found(state: Any, prefix: str):
    nodes, _ = jax.tree_util.tree_flatten_with_path(
        state, is_leaf=lambda node: isinstance(node, ScheduledState)
    )
    for path, node in nodes:
        if isinstance(node, ScheduledState):
            place = jax.tree_util.keystr(path, simple=True, separator="/")
            place = "/".join(part for part in (prefix, place) if part)
            yield place, node.hyperparams
            yield from _found(node.inner_state, place)


def override(state: ScheduledState, **values: Any) -> ScheduledState:
    """Sets hyperparameters by hand; they stay until `clear_override`.

    Args:
        state: the state of a scheduled optimizer.
        **values: numbers, by the names that were scheduled; a list for a batch.

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
    known = _overrides(state, *values)
    values = {k: np.asarray(v) if isinstance(v, list) else v for k, v in values.items()}
    checks.number("override", **values)
    for name, value in values.items():
        like = state.hyperparams[name]
        known[name] = jnp.broadcast_to(jnp.asarray(value, like.dtype), like.shape)
    return state._replace(overrides=Named.of(known))


def clear_override(state: ScheduledState, *names: str) -> ScheduledState:
    """Gives hyperparameters back to their schedules: those named, or all.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=0.5)
    >>> params = jnp.zeros(())
    >>> state = override(optimizer.init(params), learning_rate=0.25)
    >>> optimizer.update(jnp.ones(()), clear_override(state), params)[0]
    Array(-0.5, dtype=float32)
    """
    known = _overrides(state, *names)
    for name in names or known:
        known[name] = jnp.full_like(known[name], jnp.nan)
    return state._replace(overrides=Named.of(known))


def _overrides(state: ScheduledState, *names: str) -> dict[str, jax.Array]:
    """The overrides by name, where these names are among them."""
    if not isinstance(state, ScheduledState):
        raise TypeError(
            f"override and clear_override need the state of scheduled(...) itself, got "
            f"{type(state).__name__}. In a chain, pick it by its place: state[1]."
        )
    for name in names:
        if name not in state.overrides.names:
            raise ValueError(
                f"{name!r} must be a scheduled hyperparameter, one of "
                f"{', '.join(state.overrides.names)}. Name it in scheduled(...) to make "
                f"it one."
            )
    return state.overrides.items()


def no_override() -> jax.Array:
    """What stands for no override."""
    return clock.as_float(jnp.nan)
