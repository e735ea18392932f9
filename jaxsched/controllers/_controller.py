"""The controller: a rate that has state and is fed a metric.

Optax's stateful protocol (`init`, `update`, call with the state), so that
`optax.inject_hyperparams` takes one too. A controller may hold a schedule; a schedule
never holds a controller.
"""

import abc
import dataclasses
import inspect
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import Node, ScheduleLike, as_schedule, clock


class AbstractController(Node):
    """A value that depends on what it has been told: `init`, `update`, call.

    `update(state, **extra_args)` takes what it knows of the extra arguments of an
    optimizer's update and ignores the rest; without its metric it changes nothing. The
    value acts from the next update on, unless `ahead` says otherwise. Written
    `schedule * controller`, it rides on a schedule.

    Inside `scheduled` the extra arguments also hold `updates` (the gradients as they
    reach the optimizer) and `params`, and those of `update` hold `applied`, what the
    optimizer made of them.
    """

    __array_ufunc__ = None

    @abc.abstractmethod
    def init(self) -> Any:
        """The state before the first update: arrays, floats of the default type."""
        raise TypeError(f"{type(self).__name__} must define init(self).")

    def init_for(self, params: Any) -> Any:
        """The state before the first update, where it depends on the parameters."""
        del params
        return self.init()

    @abc.abstractmethod
    def update(self, state: Any, **extra_args: Any) -> Any:
        """The state after an update that was given these extra arguments."""
        raise TypeError(f"{type(self).__name__} must define update(self, state).")

    @abc.abstractmethod
    def evaluate(self, state: Any) -> Any:
        """The value in a state."""
        raise TypeError(f"{type(self).__name__} must define evaluate(self, state).")

    def ahead(self, state: Any, **extra_args: Any) -> Any:
        """The state whose value an update with these extra arguments uses.

        The one that it was given; what acts at once returns its `update` here. Not
        called where there are no extra arguments.
        """
        del extra_args
        return state

    def metrics(self) -> set[str]:
        """The names of the extra arguments that it looks at, and its controllers do."""
        parameters = inspect.signature(self.update).parameters.values()
        held = (getattr(self, f.name) for f in dataclasses.fields(self))
        return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}.union(
            *(node.metrics() for node in held if isinstance(node, AbstractController))
        )

    def __call__(self, state: Any, **extra_args: Any) -> jax.Array:
        """The value in a state, an array of the default float type."""
        if extra_args:
            state = self.ahead(state, **extra_args)
        return clock.as_float(self.evaluate(state))

    def __mul__(self, schedule: ScheduleLike) -> "Controlled":
        return Controlled(self, schedule)

    __rmul__ = __mul__


class ControlledState(NamedTuple):
    """State of `Controlled`: its clock, and the state of its controller."""

    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride] - optax's name
    controller: Any


class Controlled(AbstractController):
    r"""A controller riding on a schedule: $s(t) \cdot c(\text{state})$.

    Written `schedule * controller`.

    Args:
        controller: $c$, its value is a factor.
        schedule: $s$, a schedule, number or function of the count.

    >>> import jaxsched as js
    >>> rate = js.Transition(0.0, 1.0, 4) * js.ReduceOnPlateau(factor=0.5, patience=0)
    >>> state = rate.init()
    >>> for loss in (1.0, 1.0, 1.0):
    ...     state = rate.update(state, value=loss)
    >>> float(rate(state)) # 3/4 of the way up, cut twice
    0.1875
    """

    controller: Any
    schedule: Any

    def __post_init__(self):
        if isinstance(self.schedule, AbstractController):
            one, other = (type(c).__name__ for c in (self.controller, self.schedule))
            raise TypeError(
                f"a hyperparameter must have one controller, got {one} and {other} in a "
                f"product. Give the other one a place of its own in the chain: "
                f"scheduled(optax.scale, step_size={other}(...))."
            )
        object.__setattr__(self, "schedule", as_schedule(self.schedule))

    def init(self):
        return ControlledState(jnp.zeros((), clock.int_dtype()), self.controller.init())

    def init_for(self, params):
        inner = self.controller.init_for(params)
        return ControlledState(jnp.zeros((), clock.int_dtype()), inner)

    def update(self, state, **extra_args):
        count = jnp.minimum(state.count, clock.max_count() - 1) + 1
        return ControlledState(
            count, self.controller.update(state.controller, **extra_args)
        )

    def ahead(self, state, **extra_args):
        controller = self.controller.ahead(state.controller, **extra_args)
        outside = extra_args.get("clock")
        return ControlledState(state.count if outside is None else outside, controller)

    def evaluate(self, state):
        return self.schedule(state.count) * self.controller(state.controller)
