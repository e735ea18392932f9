"""Steps that raised the error are taken back, and made anew from where they began."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
import optax

from jaxsched._core import Steps, checks, clock

from ._replacing import seek
from ._state import ScheduledState


class Point(NamedTuple):
    """What a step begins with.

    Attributes:
        params: parameters.
        updates: their gradients.
        inner_state: the state of the optimizer; in memory only what rolls back of it.
    """

    params: Any
    updates: Any
    inner_state: Any


class RetryState(NamedTuple):
    """State of `retrying`.

    Attributes:
        best_value: the lowest error so far, that of the accepted parameters.
        num_rejected: steps taken back so far.
        num_in_row: those of them since parameters were accepted.
        accepted: where steps begin from.
        inner_state: the state of the optimizer itself.
    """

    best_value: jax.Array
    num_rejected: jax.Array
    num_in_row: jax.Array
    accepted: Point
    inner_state: Any


def retrying(
    optimizer: optax.GradientTransformation, *, restart_after: Steps = 5
) -> optax.GradientTransformationExtraArgs:
    r"""An optimizer that takes back each step which did not lower the error.

    With `BoldDriver` as its learning rate it is the bold driver method. Parameters whose
    error `value=` is below the best so far are accepted. From others it goes back to the
    accepted ones $x_b$, and with the gradients $g_b$ and the optimizer's state that were
    kept of these makes another step at once, so that no evaluation is spent on the way:

    $$\Delta x = x_b + u(x_b, g_b) - x$$

    Moments and counts know nothing of the step that was taken back; controllers and what
    was edited by hand do. One of them has to make the next step another one: a constant
    rate makes the same again. No step is short enough where momentum points uphill, so
    after some rejections in a row the optimizer starts with new moments; the counts of
    `scheduled` stay.

    An error or a gradient that is NaN or infinite rejects, and controllers are told NaN.
    Until there is a first error, the parameters stay.

    The error has to be that of the same data each time, all of it or a part: after one
    lucky batch no other is below the best. What the optimizer adds to gradients, such as
    weight decay, belongs into it. The updates have to be added to the parameters as they
    are, so this is the outermost transformation but for `optax.MultiSteps`; added to ones
    that are far off they are inexact, and to ones that are not finite they are of no
    help. The state holds one more copy of parameters, gradients and optimizer's state.

    Args:
        optimizer: any transformation.
        restart_after: rejections in a row, with the old moments, before the new ones;
            infinity for never.

    Returns:
        A transformation whose `update` needs the parameters, and as `value=` the error
        that they have. Its state counts rejections, `state.num_rejected`.

    Raises:
        ValueError: if `restart_after` is negative.
        TypeError: if an update comes without `value` or without parameters.

    >>> import jaxsched as js
    >>> rate = 1.5 * js.BoldDriver(increase=2.0, decrease=0.25)
    >>> optimizer = retrying(js.scheduled(optax.sgd, learning_rate=rate))
    >>> x = jnp.float32(1.0)
    >>> state, seen = optimizer.init(x), []
    >>> for _ in range(3): # on x²/2
    ...     seen.append(float(x))
    ...     updates, state = optimizer.update(x, state, x, value=x**2 / 2)
    ...     x = optax.apply_updates(x, updates)
    >>> seen # 1 - 3.0 is worse than 1, so 1 - 0.75 is tried
    [1.0, -2.0, 0.25]
    >>> int(state.num_rejected)
    1

    Reference: Battiti, Accelerated Backpropagation Learning: Two Optimization Methods,
    Complex Systems 3, 1989.
    """
    checks.length("retrying", restart_after=restart_after)
    optimizer = optax.with_extra_args_support(optimizer)

    def init(params: Any) -> RetryState:
        inner_state = optimizer.init(params)
        zeros = jax.tree.map(jnp.zeros_like, params)
        return RetryState(
            clock.as_float(jnp.inf),
            jnp.zeros((), jnp.int32),
            jnp.zeros((), jnp.int32),
            # Copies, so that a step may donate them.
            jax.tree.map(jnp.copy, Point(params, zeros, _rolling(inner_state))),
            inner_state,
        )

    def update(
        updates: Any,
        state: Any,
        params: Any = None,
        *,
        value: Any = None,
        **extra_args: Any,
    ) -> Any:
        _check_given(value, params, extra_args)
        value = jnp.where(_is_finite(updates), clock.as_float(value), jnp.nan)
        is_accepted = jnp.isfinite(value) & (value < state.best_value)

        here = Point(params, updates, state.inner_state)
        kept = state.accepted.inner_state
        fresh = _restarted(optimizer.init(state.accepted.params), kept)
        kept = _either(state.num_in_row >= restart_after, fresh, kept)
        rolled = _rolled(state.inner_state, kept)
        accepted = _like(state.accepted._replace(inner_state=rolled), here)
        start = _either(is_accepted, here, accepted)
        moves, inner_state = optimizer.update(
            start.updates, start.inner_state, start.params, value=value, **extra_args
        )
        moves = jax.tree.map(_move_between, moves, start.params, params)
        is_rejected = 1 - is_accepted.astype(jnp.int32)
        kept = start._replace(inner_state=_rolling(start.inner_state))
        return moves, RetryState(
            jnp.where(is_accepted, value, state.best_value),
            state.num_rejected + is_rejected,
            (state.num_in_row + 1) * is_rejected,
            _like(kept, state.accepted),
            inner_state,
        )

    return optax.GradientTransformationExtraArgs(init, update)


def _check_given(value: Any, params: Any, extra_args: dict[str, Any]) -> None:
    if value is None or params is None:
        missing = "the error as value=" if value is None else "the parameters"
        given = ", ".join(["gradients", *extra_args])
        raise TypeError(
            f"retrying(...).update needs {missing}, got {given} without. "
            "Call optimizer.update(grads, state, params, value=loss)."
        )
    chex.assert_shape(
        value,
        (),
        custom_message="retrying(...).update needs one number as its value, got shape "
        f"{jnp.shape(value)}. Take a mean",
    )


def _is_finite(tree: Any) -> jax.Array:
    finite = [jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]
    return jnp.all(jnp.asarray(finite))


def _either(choice: jax.Array, a: Any, b: Any) -> Any:
    return jax.tree.map(lambda x, y: jnp.where(choice, x, y), a, b)


def _like(tree: Any, other: Any) -> Any:
    """Each leaf in the dtype that it has in another tree."""

    def cast(x: Any, y: Any) -> Any:
        dtype = jnp.asarray(y).dtype
        return x if jnp.asarray(x).dtype == dtype else jnp.asarray(x, dtype)

    return jax.tree.map(cast, tree, other)


def _move_between(move: Any, start: Any, here: Any) -> jax.Array:
    """What leads from here to where a move from the start leads."""
    dtype = jnp.promote_types(jnp.result_type(move), clock.float_dtype())
    start, here = jnp.asarray(start, dtype), jnp.asarray(here, dtype)
    way = jnp.where(start == here, 0, start - here)  # also of what is infinite
    return (way + jnp.asarray(move, dtype)).astype(move.dtype)


# Controllers keep what they have learnt, so schedules, overrides and controllers of a
# scheduled state do not roll back, and are not remembered: as a pair it is not found by
# what reads and edits scheduled states.


def _is_scheduled(node: Any) -> bool:
    return isinstance(node, ScheduledState)


def _rolling(state: Any) -> Any:
    """What rolls back of an optimizer's state."""

    def rolling(node: Any) -> Any:
        if isinstance(node, ScheduledState):
            return node.count, _rolling(node.inner_state)
        return node

    return jax.tree.map(rolling, state, is_leaf=_is_scheduled)


def _restarted(fresh: Any, rolling: Any) -> Any:
    """What rolls back of a new state, with the clocks of the old one."""

    def restarted(node: Any, was: Any) -> Any:
        if isinstance(node, ScheduledState):
            count, inner_state = was
            return count, _restarted(node.inner_state, inner_state)
        return node

    return jax.tree.map(restarted, fresh, rolling, is_leaf=_is_scheduled)


def _rolled(state: Any, rolling: Any) -> Any:
    """An optimizer's state with that as it was, the clocks of controllers too."""

    def rolled(node: Any, was: Any) -> Any:
        if not isinstance(node, ScheduledState):
            return was
        count, inner_state = was
        outer = seek(node._replace(inner_state=()), count)
        return outer._replace(inner_state=_rolled(node.inner_state, inner_state))

    return jax.tree.map(rolled, state, rolling, is_leaf=_is_scheduled)
