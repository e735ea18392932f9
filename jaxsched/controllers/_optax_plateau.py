"""Reduce on plateau by optax's rule, where that differs from ours."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from jaxsched._core import Real, Steps, checks, clock

from ._controller import AbstractController


class OptaxPlateauState(NamedTuple):
    """State of `OptaxPlateau`."""

    scale: jax.Array
    best_value: jax.Array
    num_bad: jax.Array
    cooldown_left: jax.Array


class OptaxPlateau(AbstractController):
    r"""The factor of `optax.contrib.reduce_on_plateau`, for runs that are to repeat it.

    `ReduceOnPlateau` is the one to use. Here a value $v$ is better than the best so far
    $b$ if $v < (1 - r) b - a$, a margin of the wrong sign below zero; the cut comes with
    the bad value number `patience`, so that with a patience of 0 it comes with every good
    one; and a `min_scale` above the factor raises it.

    Args:
        factor: of each cut, in (0, 1).
        patience: values in a row that are no better and make a cut.
        rtol: $r$ in [0, 1], margin relative to the best value; 1 is never reached.
        atol: $a \ge 0$, absolute margin.
        cooldown: values after a cut that do not count as bad.
        min_scale: floor of the factor.

    >>> plateau = OptaxPlateau(factor=0.5, patience=2)
    >>> state = plateau.init()
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     state = plateau.update(state, value=loss)
    >>> plateau(state)
    Array(0.5, dtype=float32)
    """

    factor: Real = 0.1
    patience: Steps = 10
    rtol: Real = 1e-4
    atol: Real = 0.0
    cooldown: Steps = 0
    min_scale: Real = 0.0

    def __post_init__(self):
        checks.positive(self, "factor")
        checks.below(self, "factor", 1)
        checks.length(self, "patience", "cooldown")
        checks.number(self, "min_scale")
        for name in ("rtol", "atol"):
            checks.at_least(self, name, 0)
        checks.at_most(self, "rtol", 1)

    def init(self):
        # Each an array of its own, so that a step may donate them.
        zeros = [jnp.zeros((), clock.int_dtype()) for _ in range(2)]
        return OptaxPlateauState(clock.as_float(1), clock.as_float(jnp.inf), *zeros)

    def update(self, state, *, value: Any = None, **extra_args):
        del extra_args
        if value is None:
            return state
        chex.assert_shape(value, ())
        value = clock.as_float(value)
        # Of an infinite best nothing is left to compare with where r is 1.
        known = jnp.isfinite(state.best_value)
        best = jnp.where(known, state.best_value, 0)
        is_better = jnp.where(
            known,
            value < (1 - self.rtol) * best - self.atol,
            (self.rtol < 1) & (value < state.best_value),
        )
        cooling = state.cooldown_left > 0
        num_bad = jnp.where(is_better | cooling, 0, state.num_bad + 1)
        is_cut = (num_bad == self.patience) & ~cooling
        scale = jnp.where(is_cut, state.scale * self.factor, state.scale)
        scale = jnp.where(cooling, scale, jnp.maximum(scale, self.min_scale))
        left = jnp.where(is_cut, self.cooldown, state.cooldown_left - cooling)
        return OptaxPlateauState(
            scale=scale.astype(state.scale.dtype),
            best_value=jnp.where(is_better, value, state.best_value),
            num_bad=jnp.where(is_cut, 0, num_bad),
            cooldown_left=left.astype(state.cooldown_left.dtype),
        )

    def evaluate(self, state):
        return state.scale
