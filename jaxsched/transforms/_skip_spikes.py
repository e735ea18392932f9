"""Updates that are left out, because the loss or the gradient has jumped."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
import optax

from jaxsched._core import Real, Steps, checks, clock

from ._norm import global_norm


class SkipState(NamedTuple):
    """State of `skip_spikes`.

    Attributes:
        num_skipped: updates left out so far.
        losses: the last ones, the latest at the end; infinite where there is none yet.
        norms: those of the gradients, likewise.
        inner_state: the state of the optimizer itself.
    """

    num_skipped: jax.Array
    losses: jax.Array
    norms: jax.Array
    inner_state: Any


def skip_spikes(
    optimizer: optax.GradientTransformation,
    *,
    threshold: Real = 6.0,
    min_entries: Steps = 64,
    window_size: int = 128,
) -> optax.GradientTransformationExtraArgs:
    r"""An optimizer that leaves out each update whose loss or gradient is an outlier.

    $$x > m + k s$$

    Either the loss `value=`, if the update is given one, or the norm of all gradients
    together; $m$ and $s$ are mean and standard deviation of the last ones before it, of
    each by itself. Nothing is left out before there are `min_entries` of them. A loss or
    a gradient that is NaN or infinite is an outlier from the first update on.

    An update that is left out is 0, and the state of the optimizer stays as it was:
    moments and counts, and what controllers in it have learnt.

    What is left out enters the window all the same, as in OLMo-core, unless it is NaN or
    infinite. So a lasting rise to a new level is taken for one after 4 updates, or there
    would be no end to it. While an outlier is in the window, it hides smaller ones. NaN is
    left out for as long as it comes.

    Make it with `scheduled(skip_spikes, optimizer, threshold=6.0)`, and `hyperparams`
    reads the threshold and `override` changes it; inside a `vmap` each number can be
    batched.

    Args:
        optimizer: any transformation.
        threshold: $k > 0$, deviations above the mean; infinity for NaN alone.
        min_entries: in a window before it is asked, from 2 to `window_size`.
        window_size: losses and norms to remember. A Python integer: the size of arrays.

    Returns:
        A transformation whose `update` takes the loss as `value=`, and passes it on.

    Raises:
        ValueError: for a setting outside its domain.

    >>> optimizer = skip_spikes(optax.sgd(1.0), min_entries=3)
    >>> state, updates = optimizer.init(0.0), []
    >>> for grad in (1.0, 1.1, 0.9, 50.0, 1.0):
    ...     update, state = optimizer.update(jnp.float32(grad), state)
    ...     updates.append(round(float(update), 1))
    >>> updates
    [-1.0, -1.1, -0.9, 0.0, -1.0]
    >>> int(state.num_skipped)
    1

    Reference: SkipStepOptimizer of OLMo-core. There the value that is asked about counts
    among the 64, and a NaN is 129 updates without a step.
    """
    checks.positive("skip_spikes", threshold=threshold)
    checks.length("skip_spikes", min_entries=min_entries)
    checks.size("skip_spikes", window_size=window_size)
    checks.consistent(
        "skip_spikes",
        "2 <= min_entries <= window_size",
        (min_entries >= 2) & (min_entries <= window_size),
        f"{min_entries} and {window_size}",
        "Lower the one or raise the other.",
    )
    optimizer = optax.with_extra_args_support(optimizer)

    def init(params: Any) -> SkipState:
        # Each an array of its own, so that a step may donate them.
        losses, norms = (
            jnp.full(window_size, jnp.inf, clock.float_dtype()) for _ in range(2)
        )
        return SkipState(jnp.zeros((), jnp.int32), losses, norms, optimizer.init(params))

    def update(
        updates: Any,
        state: Any,
        params: Any = None,
        *,
        value: Any = None,
        **extra_args: Any,
    ) -> Any:
        norm, losses = global_norm(updates), state.losses
        is_skipped = _is_outlier(norm, state.norms, threshold, min_entries)
        if value is not None:
            loss = _one_number(value)
            is_skipped |= _is_outlier(loss, losses, threshold, min_entries)
            losses = _with(losses, loss)
            extra_args = {**extra_args, "value": value}
        made, inner_state = optimizer.update(
            updates, state.inner_state, params, **extra_args
        )

        def unless_skipped(new: Any, old: Any) -> Any:
            return jax.tree.map(lambda a, b: jnp.where(is_skipped, b, a), new, old)

        return unless_skipped(made, jax.tree.map(jnp.zeros_like, made)), SkipState(
            state.num_skipped + is_skipped,
            losses,
            _with(state.norms, norm),
            unless_skipped(inner_state, state.inner_state),
        )

    return optax.GradientTransformationExtraArgs(init, update)


def _is_outlier(
    value: jax.Array, window: jax.Array, threshold: Any, min_entries: Any
) -> jax.Array:
    is_there = jnp.isfinite(window)
    num = jnp.sum(is_there)
    # Above the lowest one: what is constant has exactly itself as its mean.
    lowest = jnp.where(num > 0, jnp.min(window), 0)
    above = jnp.where(is_there, window - lowest, 0)
    mean = jnp.sum(above) / jnp.maximum(num, 1)
    square = jnp.sum(jnp.where(is_there, jnp.square(above - mean), 0))
    deviation = jnp.sqrt(square / jnp.maximum(num - 1, 1))
    is_high = value - lowest > mean + threshold * deviation
    is_asked = num >= jnp.maximum(min_entries, 2)
    return (is_asked & is_high) | ~jnp.isfinite(value)


def _with(window: jax.Array, value: jax.Array) -> jax.Array:
    """With a value as the last one, and without the first, unless it is not finite."""
    moved = jnp.append(window[1:], value)
    return jnp.where(jnp.isfinite(value), moved, window).astype(window.dtype)


def _one_number(value: Any) -> jax.Array:
    chex.assert_shape(
        value,
        (),
        custom_message="skip_spikes(...).update needs one number as its value, got shape "
        f"{jnp.shape(value)}. Take a mean",
    )
    return clock.as_float(value)
