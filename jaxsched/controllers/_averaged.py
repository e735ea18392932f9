"""A metric averaged before a controller sees it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import Steps, checks, clock

from ._controller import AbstractController


class AveragedState(NamedTuple):
    """State of `Averaged`: the sum so far, how many it is of, and its controller's."""

    total: jax.Array
    num_values: jax.Array
    controller: Any


class Averaged(AbstractController):
    """Tells a controller the mean of every so many values, and nothing in between.

    Args:
        controller: what is told.
        window_steps: values in a mean, at least 1.

    >>> import jaxsched as js
    >>> rule = Averaged(js.ReduceOnPlateau(factor=0.5, patience=0), window_steps=2)
    >>> state = rule.init()
    >>> for loss in (1.0, 3.0, 2.0, 2.0):  # two means of 2
    ...     state = rule.update(state, value=loss)
    >>> rule(state)
    Array(0.5, dtype=float32)
    """

    controller: Any
    window_steps: Steps

    def __post_init__(self):
        checks.instance(self, "controller", AbstractController, "ReduceOnPlateau()")
        checks.positive_length(self, "window_steps")

    def init(self):
        zeros = clock.as_float(0), jnp.zeros((), clock.int_dtype())
        return AveragedState(*zeros, self.controller.init())

    def init_for(self, params):
        zeros = clock.as_float(0), jnp.zeros((), clock.int_dtype())
        return AveragedState(*zeros, self.controller.init_for(params))

    def update(self, state, *, value: Any = None, **extra_args):
        total, num_values = _with(state, value)
        is_full = num_values >= self.window_steps
        return AveragedState(
            jnp.where(is_full, 0, total).astype(state.total.dtype),
            jnp.where(is_full, 0, num_values).astype(state.num_values.dtype),
            self._told(self.controller.update, state, value, extra_args),
        )

    def ahead(self, state, *, value: Any = None, **extra_args):
        told = self._told(self.controller.ahead, state, value, extra_args)
        return state._replace(controller=told)

    def _told(self, tell: Any, state: Any, value: Any, extra_args: dict[str, Any]) -> Any:
        quiet = tell(state.controller, **extra_args)
        if value is None:
            return quiet
        total, num_values = _with(state, value)
        mean = total / clock.as_float(num_values)
        told = tell(state.controller, value=mean, **extra_args)
        is_full = num_values >= self.window_steps
        return jax.tree.map(lambda a, b: jnp.where(is_full, a, b), told, quiet)

    def evaluate(self, state):
        return self.controller.evaluate(state.controller)


def _with(state: AveragedState, value: Any) -> tuple[jax.Array, jax.Array]:
    """The sum and the number with one more value, if there is one."""
    if value is None:
        return state.total, state.num_values
    return state.total + clock.as_float(value), state.num_values + 1
