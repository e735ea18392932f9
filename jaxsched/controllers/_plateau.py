"""Reduce on plateau: a cut when a metric has stopped improving."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from jaxsched._core import Real, Steps, checks, clock, static

from ._controller import AbstractController


class PlateauState(NamedTuple):
    """State of `ReduceOnPlateau`."""

    scale: jax.Array
    best_value: jax.Array
    num_bad: jax.Array
    cooldown_left: jax.Array
    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride] - optax's name


class ReduceOnPlateau(AbstractController):
    r"""A factor that is cut when a metric has stopped improving.

    A value $v$ is better than the best so far $b$ if $v < b - (r |b| + a)$, or
    $v > b + (r |b| + a)$ for `mode="max"`. With $|b|$ this also holds for negative
    metrics, where a margin of $r b$ (torch, optax) has the wrong sign.

    Patience is counted as in torch: more than `patience` values in a row that are not
    better, and the factor is cut. optax cuts one value earlier: its `patience=p` is
    `patience=p - 1` here.

    | `patience=2`, constant metric | 1st | 2nd | 3rd | 4th | 5th | 6th | 7th |
    | ----------------------------- | --- | --- | --- | --- | --- | --- | --- |
    | here and in torch             | 1   | 1   | 1   | f   | f   | f   | f²  |
    | in optax                      | 1   | 1   | f   | f   | f²  | f²  | f³  |

    NaN is not better than anything. An update without a value changes nothing but the
    clock of the warmup.

    Args:
        factor: of each cut, in (0, 1).
        patience: values that may be no better before a cut.
        rtol: $r \ge 0$, margin relative to the best value.
        atol: $a \ge 0$, absolute margin.
        cooldown: values after a cut that do not count as bad.
        min_scale: floor of the factor.
        min_cut: a cut that lowers the factor by no more than this is not made (torch's
            `eps`, over the rate).
        warmup_steps: updates at the start whose values are not looked at.
        mode: `"min"` for a metric that falls, `"max"` for one that rises.

    Raises:
        ValueError: for a setting outside its domain.

    >>> plateau = ReduceOnPlateau(factor=0.5, patience=1)
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
    min_cut: Real = 0.0
    warmup_steps: Steps = 0
    mode: str = static(default="min")

    def __post_init__(self):
        checks.positive(self, "factor")
        checks.below(self, "factor", 1)
        checks.length(self, "patience", "cooldown", "warmup_steps")
        for name in ("rtol", "atol", "min_scale", "min_cut"):
            checks.at_least(self, name, 0)
        checks.choice(self, "mode", choices=("min", "max"))

    def init(self):
        start = jnp.inf if self.mode == "min" else -jnp.inf
        # Each an array of its own, so that a step may donate them.
        zeros = [jnp.zeros((), clock.int_dtype()) for _ in range(3)]
        return PlateauState(clock.as_float(1), clock.as_float(start), *zeros)

    def update(self, state, *, value: Any = None, **extra_args):
        del extra_args
        count = jnp.minimum(state.count, clock.max_count() - 1) + 1
        if value is None:
            return state._replace(count=count)
        chex.assert_shape(
            value,
            (),
            custom_message="ReduceOnPlateau needs one number as its value, got shape "
            f"{jnp.shape(value)}. Take a mean",
        )
        seen = self._observed(state, clock.as_float(value))
        is_warm = state.count >= self.warmup_steps
        kept = jax.tree.map(lambda new, old: jnp.where(is_warm, new, old), seen, state)
        return kept._replace(count=count)

    def evaluate(self, state):
        return state.scale

    def _observed(self, state: PlateauState, value: jax.Array) -> PlateauState:
        is_better = self._is_better(value, state.best_value)
        cooling = state.cooldown_left > 0
        num_bad = jnp.where(is_better | cooling, 0, state.num_bad + 1)
        is_cut = num_bad > self.patience
        cut = jnp.maximum(state.scale * self.factor, self.min_scale)
        # A floor above the scale is no reason to raise it.
        cut = jnp.minimum(cut, state.scale)
        cut = jnp.where(state.scale - cut > self.min_cut, cut, state.scale)
        left = jnp.where(is_cut, self.cooldown, state.cooldown_left - cooling)
        return PlateauState(
            scale=jnp.where(is_cut, cut, state.scale).astype(state.scale.dtype),
            best_value=jnp.where(is_better, value, state.best_value),
            num_bad=jnp.where(is_cut, 0, num_bad),
            cooldown_left=left.astype(state.cooldown_left.dtype),
            count=state.count,
        )

    def _is_better(self, value: jax.Array, best: jax.Array) -> jax.Array:
        margin = self.rtol * jnp.abs(best) + self.atol
        margin = jnp.where(jnp.isfinite(best), margin, 0)
        gain = best - value if self.mode == "min" else value - best
        return gain > margin
