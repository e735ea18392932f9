"""Schedules inside an optimizer: its hyperparameters, read from its own state.

An optimizer that closes over a schedule makes its numbers compile-time constants. Here
the schedule travels in the state: one compiled step serves all values, a sweep is a
`vmap` over states, and an edit in mid-run does not trace again.
"""

import inspect
import math
import typing
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched._core import AbstractSchedule, as_schedule, clock
from jaxsched.combinators import Bundle
from jaxsched.controllers import AbstractController

from ._packed import Packed
from ._probe import check_traceable, explained
from ._state import ScheduledState, controlled, controllers_of, no_overrides, values_of


def scheduled(
    factory: Callable[..., optax.GradientTransformation], *args: Any, **hyperparams: Any
) -> optax.GradientTransformationExtraArgs:
    """An optimizer whose named hyperparameters follow schedules.

    Numbers, schedules and controllers given by name become dynamic: they live in the
    state and can be read, batched, differentiated and replaced there. All other
    arguments (a mask, a flag, a dtype, an int where no float may be, any function
    that is not a schedule of this library) reach the factory untouched, as do
    positional ones. Fix a number that must not become dynamic with
    `functools.partial(factory, name=number)`, and make a schedule of a function with
    `as_schedule`.

    Hyperparameters are computed in the default float type whatever the type of the
    parameters; updates keep the type of the gradients, the state that of its start.

    Args:
        factory: makes the transformation, such as `optax.adamw`.
        *args: its positional arguments, untouched.
        **hyperparams: its named ones.

    Returns:
        A transformation whose `update` takes extra arguments, such as the `value=` that
        a controller is fed.

    Raises:
        TypeError: for a name that the factory does not take; for a schedule that is not
            given by name; if there is nothing to schedule; for a number that the
            optimizer has to know in Python.

    >>> import jaxsched as js
    >>> rate = js.warmup_cosine_decay_schedule(0.0, 1e-3, 100, 1_000)
    >>> optimizer = js.scheduled(optax.adamw, learning_rate=rate, weight_decay=0.1 * rate)
    >>> state = optimizer.init(jnp.zeros(3))
    >>> sorted(js.hyperparams(state))
    ['learning_rate', 'weight_decay']
    """
    _check_names(factory, args, hyperparams)
    sizes = _sizes(factory)
    dynamic = {
        k: as_node(v)
        for k, v in hyperparams.items()
        if _is_dynamic(v) and not (k in sizes and isinstance(v, int))
    }
    _check_some(factory, dynamic)
    fixed = {k: v for k, v in hyperparams.items() if k not in dynamic}
    check_traceable(factory, args, fixed, dynamic)

    def build(values: dict[str, jax.Array]) -> optax.GradientTransformationExtraArgs:
        return optax.with_extra_args_support(factory(*args, **fixed, **values))

    def init(params: Any) -> Any:
        schedules = Packed.of(dynamic)
        controllers = tuple(
            jax.tree.map(_owned, node.init_for(params))
            for node in dynamic.values()
            if isinstance(node, AbstractController)
        )
        count, overrides = jnp.zeros((), jnp.int32), no_overrides(len(dynamic))
        state = ScheduledState(count, schedules, controllers, {}, overrides, ())
        values = values_of(state)
        with explained(factory, args, fixed, dynamic, params):
            inner_state = jax.tree.map(_strong, build(values).init(params))
        return state._replace(hyperparams=values, inner_state=inner_state)

    def update(updates: Any, state: Any, params: Any = None, **extra_args: Any) -> Any:
        told = {**extra_args, "updates": updates, "params": params}
        values = values_of(state, **told)
        with explained(factory, args, fixed, dynamic, params, **extra_args):
            applied, inner_state = _updated(
                build(values), updates, state.inner_state, params, extra_args
            )
        for like in (updates, params):
            if jax.tree.structure(applied) == jax.tree.structure(like):
                applied = jax.tree.map(_cast_like, applied, like)
                break
        nodes, learnt = controlled(state.schedules), controllers_of(state)
        return applied, state._replace(
            count=jnp.asarray(optax.safe_increment(state.count)),
            controllers=tuple(
                node.update(learnt[name], applied=applied, **told)
                for name, node in nodes.items()
            ),
            hyperparams=values,
            inner_state=jax.tree.map(_cast_like, inner_state, state.inner_state),
        )

    return optax.GradientTransformationExtraArgs(init, update)


def _updated(
    optimizer: optax.GradientTransformationExtraArgs,
    updates: Any,
    inner_state: Any,
    params: Any,
    extra_args: dict[str, Any],
) -> Any:
    """An update; in the type of the hyperparameters where optax mixes it with no other."""
    try:
        return optimizer.update(updates, inner_state, params, **extra_args)
    except TypeError as error:
        # A `select` or `cond` between a gradient and what a hyperparameter has made of it.
        given = (updates, inner_state, params, extra_args)
        updates, inner_state, params, extra_args = jax.tree.map(_wide, given)
        try:
            return optimizer.update(updates, inner_state, params, **extra_args)
        except TypeError:
            raise error from None


def _wide(leaf: Any) -> Any:
    dtype = getattr(leaf, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.floating):
        return leaf
    return jnp.asarray(leaf, jnp.promote_types(dtype, clock.float_dtype()))


def _is_dynamic(value: Any) -> bool:
    if _is_node(value):
        return True
    if isinstance(value, bool):
        return False
    if isinstance(value, (np.ndarray, jax.Array)):
        return value.ndim == 0 and not jnp.issubdtype(value.dtype, jax.dtypes.extended)
    return isinstance(value, (int, float, np.number))


def _sizes(factory: Any) -> set[str]:
    """Parameters that take an int but no float: sizes, seeds, axes, numbers of steps."""
    parameters = inspect.signature(factory).parameters.values()
    return {p.name for p in parameters if _is_size(p)}


def _is_size(parameter: inspect.Parameter) -> bool:
    if type(parameter.default) is int or parameter.name in ("key", "seed"):
        return True
    may_be = parameter.annotation
    if isinstance(may_be, str):
        return may_be in ("int", "int | None", "None | int", "Optional[int]")
    may_be = typing.get_args(may_be) or (may_be,)
    return int in may_be and float not in may_be and type(parameter.default) is not float


def as_node(value: Any) -> AbstractSchedule | AbstractController:
    """A number or a function of the count as a schedule; a controller as it is."""
    return value if isinstance(value, AbstractController) else as_schedule(value)


def _owned(leaf: Any) -> jax.Array:
    """A copy: a step may donate its state, but not the user's numbers, nor one twice."""
    return jnp.array(clock.strong(leaf), copy=True)


def _strong(leaf: Any) -> Any:
    return jnp.asarray(leaf, leaf.dtype) if isinstance(leaf, jax.Array) else leaf


def _cast_like(new: Any, old: Any) -> Any:
    """Computed in whatever type promotion made of it, rounded once to what it was."""
    dtype = getattr(old, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.number):
        return new
    return jnp.asarray(new).astype(dtype)


def _check_names(factory: Any, args: tuple, hyperparams: dict[str, Any]) -> None:
    if not callable(factory):
        raise TypeError(
            f"scheduled(factory, ...) must be given a function that makes an optimizer, "
            f"got {type(factory).__name__}. Pass optax.sgd, not optax.sgd(0.1)."
        )
    signature = inspect.signature(factory)
    try:
        signature.bind(*args, **hyperparams)
    except TypeError as error:
        known = ", ".join(signature.parameters)
        raise TypeError(
            f"scheduled({_name(factory)}, ...) must be given arguments of "
            f"{_name(factory)}: {error}. It takes {known}."
        ) from None
    for name, value in zip(signature.parameters, args, strict=False):
        if _is_node(value):
            raise TypeError(
                f"scheduled({_name(factory)}, ...) must be given schedules by name, got "
                f"{value!r} by position. Write {name}=..."
            )
    for name, value in hyperparams.items():
        if isinstance(value, Bundle) or _is_number_as_text(value):
            is_bundle = isinstance(value, Bundle)
            given = f"a bundle of {', '.join(value)}" if is_bundle else repr(value)
            advice = "one of its schedules, by name" if is_bundle else f"float({given})"
            raise TypeError(
                f"scheduled({_name(factory)}, {name}=...) must be a number, schedule or "
                f"controller, got {given}. Pass {advice}."
            )
        if isinstance(value, (list, tuple)) and any(map(_is_node, value)):
            raise TypeError(
                f"scheduled({_name(factory)}, {name}=...) must be given one schedule or "
                f"controller, got {value!r}. Join or multiply schedules; a controller is "
                f"alone with its schedule: schedule * controller."
            )


def _check_some(factory: Any, dynamic: dict[str, Any]) -> None:
    if not dynamic:
        raise TypeError(
            f"scheduled({_name(factory)}, ...) must be given a number, schedule or "
            f"controller by name, such as learning_rate=0.1, got none. Make a schedule of "
            f"a function with as_schedule."
        )


def _is_number_as_text(value: Any) -> bool:
    """As YAML reads 1e-3."""
    try:
        return isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return False


def _is_node(value: Any) -> bool:
    return isinstance(value, (AbstractSchedule, AbstractController))


def _name(factory: Any) -> str:
    return getattr(factory, "__name__", repr(factory))
