"""Hypergradient descent: the rate learns from the gradients that it leads to."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import Real, checks, clock, static

from ._controller import AbstractController
from ._inner import inner_product


class HypergradientState(NamedTuple):
    """State of `Hypergradient`: its value, and what the last update made with it."""

    value: jax.Array
    applied: Any


class Hypergradient(AbstractController):
    r"""A rate that follows the derivative of the loss with respect to itself.

    An optimizer steps from $x$ to $x - a d$, and finds the gradient $g$ there. The loss
    changes with the rate of that step by $-\langle g, d \rangle$, so the next rate is

    $$a \leftarrow a + k \langle g, d \rangle \quad \text{or} \quad
    a \leftarrow a \left(1 + k \frac{\langle g, d \rangle}
    {\lVert g \rVert \lVert d \rVert}\right),$$

    `form="additive"` or `"multiplicative"`. It acts at once, with the gradients that
    reach the optimizer. The direction is $d = -u / a$ of the update $u$ that the
    optimizer made: of any optimizer, momentum, moments and weight decay included; on a
    schedule it is the derivative with respect to the factor. At the first update there
    is none, and the value is `init_value`.

    Gradients that are not finite leave the value as it was. From 0 it does not move
    again: no step was made, so there is no direction. A floor above 0 prevents that.

    It works inside `scheduled`, whose state then holds one more copy of the parameters,
    the last update, in the default float type, as the inner products are.

    Args:
        init_value: $a$ of the first update.
        gain: $k \ge 0$. Additive: in units of the rate squared over the loss, so another
            one for each problem. Multiplicative: a pure number, below 1.
        min_value: floor, so that a rate does not turn negative.
        max_value: ceiling.
        form: `"additive"` or `"multiplicative"`.

    Raises:
        ValueError: for a setting outside its domain.
        TypeError: if it is started without parameters, by `init()`.

    >>> import jaxsched as js
    >>> import optax
    >>> rate = Hypergradient(init_value=0.125, gain=0.0625)
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    >>> x = jnp.float32(2.0)
    >>> state = optimizer.init(x)
    >>> for _ in range(2): # of x²/2, whose gradient is x
    ...     updates, state = optimizer.update(x, state, x)
    ...     x = optax.apply_updates(x, updates)
    >>> js.hyperparams(state)
    {'learning_rate': Array(0.34375, dtype=float32)}

    Reference: Baydin et al., Online Learning Rate Adaptation with Hypergradient
    Descent, 2018, arXiv:1703.04782.
    """

    init_value: Real
    gain: Real
    min_value: Real = 0.0
    max_value: Real = float("inf")
    form: str = static(default="additive")

    def __post_init__(self):
        checks.at_least(self, "gain", 0)
        checks.ordered(self, "min_value", "max_value")
        checks.number(self, "init_value")
        checks.below(self, "init_value", float("inf"))
        low, first, high = self.min_value, self.init_value, self.max_value
        checks.consistent(
            "Hypergradient",
            "min_value <= init_value <= max_value",
            (low <= first) & (first <= high),
            f"{low}, {first} and {high}",
            "Move the bound or the value.",
        )
        checks.choice(self, "form", choices=("additive", "multiplicative"))

    def init(self):
        raise TypeError(
            "Hypergradient needs the parameters for its first state, got init() without "
            "them. Put it into an optimizer with scheduled(...), or call init_for(params)."
        )

    def init_for(self, params):
        return HypergradientState(
            clock.as_float(self.init_value), jax.tree.map(_zeros, params)
        )

    def update(self, state, *, updates: Any = None, applied: Any = None, **extra_args):
        del extra_args
        if updates is None:
            return state
        moved = state.value + self.gain * self._slope(state, updates)
        clipped = jnp.clip(moved, self.min_value, self.max_value)
        value = jnp.where(jnp.isfinite(moved), clipped, state.value)
        kept = state.applied
        if applied is not None:
            kept = jax.tree.map(lambda new, old: new.astype(old.dtype), applied, kept)
        return HypergradientState(value.astype(state.value.dtype), kept)

    def ahead(self, state, **extra_args):
        return self.update(state, **extra_args)

    def evaluate(self, state):
        return state.value

    def _slope(self, state: HypergradientState, updates: Any) -> jax.Array:
        """What the gain is multiplied with: minus the derivative, or the cosine."""
        product = -inner_product(updates, state.applied)
        if self.form == "additive":
            return _quotient(product, state.value)
        cosine = _quotient(_quotient(product, _norm(updates)), _norm(state.applied))
        # Of the direction, which has the sign of the update over that of the value.
        return cosine * jnp.abs(state.value)


def _zeros(leaf: Any) -> jax.Array:
    dtype = jnp.promote_types(jnp.result_type(leaf), clock.float_dtype())
    return jnp.zeros_like(leaf, dtype)


def _norm(tree: Any) -> jax.Array:
    square = inner_product(tree, tree)
    is_zero = square == 0
    return jnp.where(is_zero, 0, jnp.sqrt(jnp.where(is_zero, 1, square)))


def _quotient(a: jax.Array, b: jax.Array) -> jax.Array:
    """Zero where it would be divided by zero."""
    is_zero = b == 0
    return jnp.where(is_zero, 0, a / jnp.where(is_zero, 1, b))
