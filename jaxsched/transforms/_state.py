"""What a scheduled optimizer keeps, and the values that follow from it."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from jaxsched._core import clock
from jaxsched.controllers import AbstractController

from ._packed import Packed


class Overrides(NamedTuple):
    """What was set by hand, a number for each hyperparameter in the order of its names.

    Attributes:
        is_set: whether there is a value.
        values: win over the schedules where they are set.
        scales: factors of what the schedules say.
    """

    is_set: jax.Array
    values: jax.Array
    scales: jax.Array


class ScheduledState(NamedTuple):
    """State of `scheduled`.

    Attributes:
        count: updates done so far.
        schedules: the schedule or controller of each hyperparameter, by its name:
            `state.schedules["learning_rate"]`. Their numbers may be batched, and changed
            at any time.
        controllers: the state of each controller, in the order of the names.
        hyperparams: the values that the last update used (before the first: that it
            will use).
        overrides: values and factors that were set by hand.
        inner_state: the state of the optimizer itself.
    """

    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride] - optax's name
    schedules: Packed
    controllers: tuple[Any, ...]
    hyperparams: dict[str, jax.Array]
    overrides: Overrides
    inner_state: Any


OWN = ("count", "schedules", "controllers", "hyperparams", "overrides")
"""The fields that are ours; the last one is the optimizer's."""


def no_overrides(num: int, batch: tuple[int, ...] = ()) -> Overrides:
    """Nothing set by hand."""
    values = jnp.zeros((*batch, num), clock.float_dtype())
    return Overrides(jnp.zeros(values.shape, bool), values, jnp.ones_like(values))


def controlled(schedules: Packed) -> dict[str, AbstractController]:
    """Those of them that are controllers."""
    nodes = schedules.items()
    return {k: v for k, v in nodes.items() if isinstance(v, AbstractController)}


def controllers_of(state: ScheduledState) -> dict[str, Any]:
    """The states of the controllers, by name."""
    return dict(zip(controlled(state.schedules), state.controllers, strict=True))


def values_of(state: ScheduledState, **extra_args: Any) -> dict[str, jax.Array]:
    """The hyperparameters for an update with these extra arguments.

    At the count of the state, or at an outside `clock` among the arguments.
    """
    count = _clock(state, extra_args.get("clock"))
    learnt, values = controllers_of(state), {}
    for i, (name, node) in enumerate(state.schedules.items().items()):
        value = node(learnt[name], **extra_args) if name in learnt else node(count)
        is_set, by_hand, scale = (vector[i] for vector in state.overrides)
        values[name] = jnp.where(is_set, by_hand, value * scale)
    return values


def _clock(state: ScheduledState, outside: Any) -> Any:
    if outside is None:
        return state.count
    chex.assert_shape(
        outside,
        state.count.shape,
        custom_message="update(..., clock=...) needs one number, such as the samples seen "
        f"so far, got shape {jnp.shape(outside)}. Pass their sum",
    )
    return outside
