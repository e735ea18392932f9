"""A cooldown that begins by itself, when a metric has stopped improving."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractCurve, Real, Steps, checks, clock, static

from ._controller import AbstractController
from ._line import line
from ._metric import one_number
from ._plateau import PlateauState, ReduceOnPlateau


class CooldownState(NamedTuple):
    """State of `CooldownOnPlateau`.

    Attributes:
        plateau: of the rule that watches the metric; `plateau.count` is the clock.
        decay_start: count at which the decay began; the last count there is for not yet.
    """

    plateau: PlateauState
    decay_start: jax.Array


class CooldownOnPlateau(AbstractController):
    r"""A factor of 1 until a metric has stopped improving, then a decay to the end.

    $$c(t) = 1, \; t \le t_0; \qquad
    c(t) = (1 - w) + w \, e, \; w = w\big((t - t_0) / T\big), \; t \ge t_0$$

    With a warmup as its schedule it is a warmup-stable-decay that ends when it is time to.
    The decay starts where `ReduceOnPlateau` with the same settings would make its first
    cut: at the update after more than `patience` values in a row that are not better. It
    is not called off by a better value, and its end is reached exactly and kept.

    The start is `state.decay_start`, a count; in the state of an optimizer it is found by
    `optax.tree_utils.tree_get(state, "decay_start")`. Before the decay it is the last
    count that there is, 2147483647 (or that of int64).

    NaN is not better than anything. An update without a value changes nothing but the
    clock.

    Args:
        decay_steps: $T \ge 0$, updates of the decay.
        end_scale: $e$, the factor at its end.
        patience: values that may be no better before it starts.
        rtol: margin relative to the best value, 0 or more.
        atol: absolute margin, 0 or more.
        warmup_steps: updates at the start whose values are not looked at.
        curve: $w$, a shape from `jaxsched.curves`; a straight line if not given.
        mode: `"min"` for a metric that falls, `"max"` for one that rises.

    Raises:
        ValueError: for a setting outside its domain.

    >>> import jaxsched as js
    >>> rate = 0.5 * CooldownOnPlateau(decay_steps=2, patience=1)
    >>> state, rates = rate.init(), []
    >>> for loss in (3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0):
    ...     rates.append(float(rate(state)))
    ...     state = rate.update(state, value=loss)
    >>> rates
    [0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.0]
    >>> int(state.controller.decay_start)
    4

    Reference: the shape is that of Hägele et al., 2024, arXiv:2405.18392, whose decay
    starts at a count that is given; so does `Cooldown`.
    """

    decay_steps: Steps
    end_scale: Real = 0.0
    patience: Steps = 10
    rtol: Real = 1e-4
    atol: Real = 0.0
    warmup_steps: Steps = 0
    curve: Any = None
    mode: str = static(default="min")

    def __post_init__(self):
        checks.length(self, "decay_steps", "patience", "warmup_steps")
        checks.number(self, "end_scale")
        checks.at_least(self, "rtol", 0)
        checks.at_least(self, "atol", 0)
        if self.curve is not None:
            checks.instance(self, "curve", AbstractCurve, "Linear()")
        checks.choice(self, "mode", choices=("min", "max"))

    def init(self):
        return CooldownState(self._rule().init(), clock.as_count(clock.max_count()))

    def update(self, state, *, value: Any = None, **extra_args):
        del extra_args
        if value is not None:
            value = one_number(self, "value", value)
        plateau = self._rule().update(state.plateau, value=value)
        begins = (plateau.scale < 1) & ~_has_begun(state)
        start = jnp.where(begins, plateau.count, state.decay_start)
        return CooldownState(plateau, start)

    def evaluate(self, state):
        blend = line if self.curve is None else self.curve.blend
        age = clock.gap(state.plateau.count, state.decay_start)
        path = blend(1, self.end_scale, age, self.decay_steps)
        return jnp.where(_has_begun(state), path, 1)

    def _rule(self) -> ReduceOnPlateau:
        # Of which only whether it has made a cut is of interest, not how large.
        return ReduceOnPlateau(
            factor=0.5,
            patience=self.patience,
            rtol=self.rtol,
            atol=self.atol,
            warmup_steps=self.warmup_steps,
            mode=self.mode,
        )


def _has_begun(state: CooldownState) -> jax.Array:
    return state.decay_start < clock.max_count()
