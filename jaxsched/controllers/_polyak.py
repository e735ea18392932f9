"""Polyak's step: the rate that would reach the lowest loss if the loss were its tangent."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from jaxsched._core import Real, checks, clock

from ._controller import AbstractController
from ._inner import inner_product


class PolyakState(NamedTuple):
    """State of `PolyakStep`: the rate that the last update used."""

    rate: jax.Array


class PolyakStep(AbstractController):
    r"""A rate computed from the loss and its gradient, the stochastic Polyak step size.

    $$a = \min\left(\frac{\max(f - f^*, 0)}{c \, \lVert g \rVert^2}, \, a_{max}\right)$$

    It acts at once. The loss comes as `value=` with each update, and is the one that the
    gradients are of; the gradients are those that reach the optimizer. The rate is 0 at
    and below $f^*$, else $a_{max}$ where the gradient is zero. A loss or a norm that is
    not finite leaves the rate as it was; before the first one it is 0.

    Args:
        max_value: $a_{max} \ge 0$, ceiling of the rate; finite.
        damping: $c > 0$. With 1/2 a quadratic of which $f^*$ is known is solved along a
            line at once; more is more careful.
        optimum: $f^*$, the lowest loss there is. One too low makes the steps too long.

    Raises:
        ValueError: for a setting outside its domain.
        TypeError: if an update comes without `value`.

    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=PolyakStep(max_value=10.0))
    >>> x = jnp.float32(0.0)
    >>> loss = lambda x: (x - 3) ** 2 / 2
    >>> value, grads = jax.value_and_grad(loss)(x)
    >>> updates, state = optimizer.update(grads, optimizer.init(x), x, value=value)
    >>> optax.apply_updates(x, updates)
    Array(3., dtype=float32)

    Reference: Loizou et al., Stochastic Polyak Step-size for SGD, 2021,
    arXiv:2002.10542. `optax.polyak_sgd(a)` is SGD with `PolyakStep(a, damping=1.0)`,
    but for losses below the optimum, where that steps back.
    """

    max_value: Real = 1.0
    damping: Real = 0.5
    optimum: Real = 0.0

    def __post_init__(self):
        checks.at_least(self, "max_value", 0)
        checks.below(self, "max_value", float("inf"))
        checks.positive(self, "damping")
        checks.above(self, "optimum", -float("inf"))
        checks.below(self, "optimum", float("inf"))

    def init(self):
        return PolyakState(clock.as_float(0))

    def update(self, state, *, value: Any = None, updates: Any = None, **extra_args):
        if updates is None:
            return state
        if value is None:
            given = ", ".join(["updates", *extra_args])
            raise TypeError(
                f"PolyakStep needs the loss as value= with each update, got {given}. "
                "Call optimizer.update(grads, state, params, value=loss)."
            )
        chex.assert_shape(
            value,
            (),
            custom_message="PolyakStep needs one number as its value, got shape "
            f"{jnp.shape(value)}. Take a mean",
        )
        gap = clock.as_float(value) - self.optimum
        norm = inner_product(updates, updates)
        is_known = jnp.isfinite(gap) & jnp.isfinite(norm)
        step = self._step(jnp.where(is_known, gap, 0), jnp.where(is_known, norm, 1))
        return PolyakState(jnp.where(is_known, step, state.rate).astype(state.rate.dtype))

    def ahead(self, state, **extra_args):
        if "value" in extra_args and extra_args.get("updates") is None:
            raise TypeError(
                "PolyakStep needs the gradients as updates= beside the loss, got "
                f"{', '.join(extra_args)}. Put it into an optimizer with scheduled(...), "
                "which passes them on."
            )
        return self.update(state, **extra_args)

    def evaluate(self, state):
        return state.rate

    def _step(self, gap: jax.Array, norm: jax.Array) -> jax.Array:
        scale = self.damping * norm
        is_flat = scale == 0
        step = jnp.minimum(gap / jnp.where(is_flat, 1, scale), self.max_value)
        return jnp.where(gap > 0, jnp.where(is_flat, self.max_value, step), 0)
