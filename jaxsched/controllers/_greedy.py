"""Greedy: the rate goes up while a metric improves, and down when it does not."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from jaxsched._core import Real, Steps, checks, clock, static

from ._controller import AbstractController


class GreedyState(NamedTuple):
    """State of `GreedyLR`."""

    scale: jax.Array
    best_value: jax.Array
    num_good: jax.Array
    num_bad: jax.Array
    rest_left: jax.Array
    num_floored: jax.Array
    num_recent: jax.Array
    recent: jax.Array


class GreedyLR(AbstractController):
    r"""A factor that rises while a metric improves, and falls while it does not.

    A value $v$ is better than the best so far $b$ if $v < b - (r |b| + a)$, or
    $v > b + (r |b| + a)$ for `mode="max"`. More than $p$ better values in a row raise the
    factor, and more than $p$ others in a row cut it:

    $$c \leftarrow \min(c / f, c_{max}) \quad \text{or} \quad
    c \leftarrow \max(c f, c_{min})$$

    Then the row begins anew, and the next values are not looked at: `warmup` of them after
    a raise, `cooldown` after a cut. Once as many cuts as `reset_after` have ended at the
    floor, with no raise among them, all is as at the start, but for the cooldown.

    | `patience=1`, `factor=f` | 1st | 2nd | 3rd | 4th | 5th | 6th | 7th |
    | ------------------------ | --- | --- | --- | --- | --- | --- | --- |
    | value                    | 5   | 4   | 3   | 2   | 2   | 2   | 2   |
    | factor after it          | 1   | 1/f | 1/f | 1/f² | 1/f² | 1/f | 1/f |

    NaN is not better than anything, and is left out of the mean. An update without a
    value changes nothing.

    Args:
        factor: $f$ of each cut, and one over that of each raise, in (0, 1).
        patience: $p$, values in a row before a change.
        rtol: $r \ge 0$, margin relative to the best value.
        atol: $a \ge 0$, absolute margin.
        cooldown: values after a cut that are not looked at.
        warmup: values after a raise that are not looked at.
        min_scale: $c_{min}$, floor of the factor. One that is below it is not cut.
        max_scale: $c_{max}$, ceiling of the factor. One that is above it is not raised.
        min_change: a change of no more than this is not made.
        reset_after: cuts at the floor before all starts again; infinity for never.
        window_size: looks at the mean of so many values, the last ones. A Python
            integer: the size of what the state remembers.
        mode: `"min"` for a metric that falls, `"max"` for one that rises.

    Raises:
        ValueError: for a setting outside its domain.

    >>> greedy = GreedyLR(factor=0.5, patience=1)
    >>> state, scales = greedy.init(), []
    >>> for loss in (5.0, 4.0, 3.0, 2.0, 2.0, 2.0):
    ...     state = greedy.update(state, value=loss)
    ...     scales.append(float(greedy(state)))
    >>> scales
    [1.0, 2.0, 2.0, 4.0, 4.0, 2.0]

    Reference: GreedyLR: A Novel Adaptive Learning Rate Scheduler, 2025,
    arXiv:2512.14527. Its bounds of the rate, 1e-3 and 1, are those of the factor here
    for a rate of 0.1.
    """

    factor: Real = 0.95
    patience: Steps = 10
    rtol: Real = 0.0
    atol: Real = 1e-6
    cooldown: Steps = 0
    warmup: Steps = 0
    min_scale: Real = 0.01
    max_scale: Real = 10.0
    min_change: Real = 0.0
    reset_after: Steps = 500
    window_size: int = static(default=1)
    mode: str = static(default="min")

    def __post_init__(self):
        checks.positive(self, "factor")
        checks.below(self, "factor", 1)
        checks.length(self, "patience", "cooldown", "warmup", "reset_after")
        for name in ("rtol", "atol", "min_scale", "max_scale", "min_change"):
            checks.at_least(self, name, 0)
        checks.size("GreedyLR", window_size=self.window_size)
        checks.choice(self, "mode", choices=("min", "max"))

    def init(self):
        # Each an array of its own, so that a step may donate them.
        zeros = [jnp.zeros((), clock.int_dtype()) for _ in range(5)]
        recent = jnp.zeros(self.window_size - 1, clock.float_dtype())
        start = clock.as_float(1), clock.as_float(self._worst())
        return GreedyState(*start, *zeros, recent=recent)

    def update(self, state, *, value: Any = None, **extra_args):
        del extra_args
        if value is None:
            return state
        chex.assert_shape(
            value,
            (),
            custom_message="GreedyLR needs one number as its value, got shape "
            f"{jnp.shape(value)}. Take a mean",
        )
        value, state = self._averaged(state, clock.as_float(value))
        changed = self._observed(state, value)
        return jax.tree.map(lambda new, old: new.astype(old.dtype), changed, state)

    def evaluate(self, state):
        return state.scale

    def _worst(self) -> float:
        return float("inf") if self.mode == "min" else -float("inf")

    def _averaged(
        self, state: GreedyState, value: jax.Array
    ) -> tuple[jax.Array, GreedyState]:
        """The mean of the last values, and the state that remembers this one."""
        is_held = jnp.arange(self.window_size - 1) < state.num_recent
        # From the newest, so that equal values have exactly themselves as their mean.
        gaps = jnp.where(is_held, state.recent - value, 0)
        mean = value + jnp.sum(gaps) / (1 + jnp.sum(is_held))
        recent = jnp.concatenate([value[None], state.recent])[: self.window_size - 1]
        is_nan = jnp.isnan(value)
        num_recent = jnp.minimum(state.num_recent + 1, self.window_size - 1)
        return mean, state._replace(
            recent=jnp.where(is_nan, state.recent, recent),
            num_recent=jnp.where(is_nan, state.num_recent, num_recent),
        )

    def _observed(self, state: GreedyState, value: jax.Array) -> GreedyState:
        is_resting = state.rest_left > 0
        is_better = self._is_better(value, state.best_value)
        num_good = jnp.where(is_resting | ~is_better, 0, state.num_good + 1)
        num_bad = jnp.where(is_resting | is_better, 0, state.num_bad + 1)
        is_raise = num_good > self.patience
        is_cut = num_bad > self.patience

        scale = jnp.where(is_raise, self._raised(state.scale), state.scale)
        scale = jnp.where(is_cut, self._cut(state.scale), scale)
        is_floored = is_cut & (scale <= self.min_scale)
        num_floored = jnp.where(is_raise, 0, state.num_floored + is_floored)
        is_reset = is_floored & (num_floored >= self.reset_after)

        best = jnp.where(is_better & ~is_resting, value, state.best_value)
        rest_left = jnp.where(is_raise, self.warmup, state.rest_left - is_resting)
        return GreedyState(
            scale=jnp.where(is_reset, 1, scale),
            best_value=jnp.where(is_reset, self._worst(), best),
            num_good=jnp.where(is_raise, 0, num_good),
            num_bad=jnp.where(is_cut, 0, num_bad),
            rest_left=jnp.where(is_cut, self.cooldown, rest_left),
            num_floored=jnp.where(is_reset, 0, num_floored),
            num_recent=jnp.where(is_reset, 0, state.num_recent),
            recent=state.recent,
        )

    def _is_better(self, value: jax.Array, best: jax.Array) -> jax.Array:
        margin = self.rtol * jnp.abs(best) + self.atol
        margin = jnp.where(jnp.isfinite(best), margin, 0)
        return value < best - margin if self.mode == "min" else value > best + margin

    def _raised(self, scale: jax.Array) -> jax.Array:
        raised = jnp.minimum(scale / jnp.clip(self.factor, 1e-6, 1), self.max_scale)
        return jnp.where(raised - scale > self.min_change, raised, scale)

    def _cut(self, scale: jax.Array) -> jax.Array:
        cut = scale * jnp.clip(self.factor, 0, 1)
        # A raise and a cut from the floor end there, whatever rounding makes of them.
        nearly = self.min_scale * (1 + 64 * jnp.finfo(scale.dtype).eps)
        cut = jnp.where(cut <= nearly, self.min_scale, cut)
        return jnp.where(scale - cut > self.min_change, cut, scale)
