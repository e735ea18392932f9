"""What a scheduled optimizer used last, and what it will use next."""

from typing import Any

import jax

from . import _nested
from ._state import ScheduledState, values_of


def hyperparams(state: Any) -> dict[str, jax.Array]:
    """The hyperparameters that the last update used, at any depth of a state.

    Before the first update: those that it will use.

    Args:
        state: the state of an optimizer that has `scheduled` somewhere in it: in a
            chain, masked, partitioned, accumulated, in a train state; or a Flax
            `nnx.Optimizer`, its `opt_state` or its `nnx.state`.

    Returns:
        Each by its name; where a name occurs more than once, with its group:
        `encoder/learning_rate`.

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
    found = _nested.find_to_read(state, "hyperparams")
    return {
        text: found[path].hyperparams[name]
        for text, (path, name) in _nested.names(found).items()
    }


def next_hyperparams(state: Any, **extra_args: Any) -> dict[str, jax.Array]:
    """The hyperparameters that the next update will use, at any depth of a state.

    `hyperparams` is what to log beside the loss of an update that was made; this is
    what to show before one is.

    Args:
        state: as for `hyperparams`.
        **extra_args: those that the update will be given, such as `clock=`; without
            them a controller that acts at once is read as it stands.

    Raises:
        ValueError: if there is no scheduled optimizer in it.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(1.0, 0.0, 4))
    >>> params = jnp.zeros(())
    >>> _, state = optimizer.update(params, optimizer.init(params), params)
    >>> hyperparams(state)
    {'learning_rate': Array(1., dtype=float32)}
    >>> next_hyperparams(state)
    {'learning_rate': Array(0.75, dtype=float32)}
    """
    found = _nested.find(state, "next_hyperparams")
    values = {path: next_values(s, **extra_args) for path, s in found.items()}
    return {text: values[path][name] for text, (path, name) in _nested.names(found).items()}


def next_values(state: ScheduledState, **extra_args: Any) -> dict[str, jax.Array]:
    """As `values_of`, and in a state of many those of each lane."""

    def values(state):
        return values_of(state, **extra_args)

    for _ in state.count.shape:
        values = jax.vmap(values)
    return values(state._replace(inner_state=()))
