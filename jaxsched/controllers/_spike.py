"""Cut on a spike: the rate drops when a metric jumps, and comes back along a line."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import Real, Steps, checks, clock

from ._controller import AbstractController
from ._line import line
from ._metric import one_number
from ._moments import Moments


class SpikeState(NamedTuple):
    """State of `SpikeCut`.

    Attributes:
        moments: mean and variance of the metric.
        num_spikes: spikes so far.
        last_spike: count at which the last one was known.
        count: updates so far.
    """

    moments: Moments
    num_spikes: jax.Array
    last_spike: jax.Array
    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride] - optax's name


class SpikeCut(AbstractController):
    r"""A factor that drops when a metric spikes, and comes back along a line.

    A value $v$ is a spike if $v > m + k s$, or if it is NaN or infinite. The factor is
    then $f$, and $n$ updates later

    $$c = f + (1 - f) \, \min(n / R, 1).$$

    It acts at once: the update that is given a spike uses $f$. A new spike during the
    recovery starts it again, from $f$. An update without a value goes on with it.

    Mean $m$ and deviation $s$ are those of the first `warmup_steps` values, among which
    only what is not finite is a spike, and then exponential ones, of which each setting
    can be batched, as the size of a window cannot:

    $$m \leftarrow d m + (1 - d) v, \qquad s^2 \leftarrow d s^2 + (1 - d) (v - m)^2$$

    A spike enters them as $m + k s$, so that it does not hide the next one, and yet a
    lasting rise becomes the new level: one by a thousand deviations is 16 spikes. (With a
    deviation of 0 it enters as it is.) A finite spike is one upwards only; signs do not
    matter otherwise.

    Args:
        factor: $f$ in [0, 1], right after a spike.
        recovery_steps: $R > 0$, updates from there back to 1.
        threshold: $k > 0$, deviations above the mean.
        decay: $d$ in [0, 1), weight of the past; it forgets in $1 / (1 - d)$ values.
        warmup_steps: values that the first mean and deviation are of, at least 2.

    Raises:
        ValueError: for a setting outside its domain.

    >>> cut = SpikeCut(factor=0.5, recovery_steps=2, warmup_steps=4)
    >>> state, scales = cut.init(), []
    >>> for loss in (3.0, 3.1, 3.0, 2.9, 9.0, 3.0, 3.0):
    ...     state = cut.update(state, value=loss)
    ...     scales.append(float(cut(state)))
    >>> scales
    [1.0, 1.0, 1.0, 1.0, 0.5, 0.75, 1.0]

    Reference: the test is that of OLMo-core's SkipStep, the statistics are those of ZClip,
    arXiv:2504.02507, but for what a spike enters them as. Cut and recovery are what people
    do by hand; there is no paper.
    """

    factor: Real = 0.1
    recovery_steps: Steps = 100
    threshold: Real = 6.0
    decay: Real = 0.97
    warmup_steps: Steps = 25

    def __post_init__(self):
        checks.at_least(self, "factor", 0)
        checks.at_most(self, "factor", 1)
        checks.positive_length(self, "recovery_steps")
        checks.positive(self, "threshold")
        checks.at_least(self, "decay", 0)
        checks.below(self, "decay", 1)
        checks.length(self, "warmup_steps")
        checks.consistent(
            "SpikeCut",
            "warmup_steps >= 2",
            self.warmup_steps >= 2,
            f"{self.warmup_steps}",
            "A deviation is of two values or more.",
        )

    def init(self):
        # Each an array of its own, so that a step may donate them.
        zeros = [jnp.zeros((), clock.int_dtype()) for _ in range(3)]
        return SpikeState(Moments.of_nothing(), *zeros)

    def update(self, state, *, value: Any = None, **extra_args):
        del extra_args
        count = jnp.minimum(state.count, clock.max_count() - 1) + 1
        if value is None:
            return state._replace(count=count)
        value, moments = one_number(self, "value", value), state.moments
        bound = moments.bound(self.threshold)
        is_finite = jnp.isfinite(value)
        is_high = moments.are_known(self.warmup_steps) & (value > bound) & is_finite
        is_spike = is_high | ~is_finite
        # Without a deviation nothing but the value itself says how far up it is.
        taken = jnp.where(is_high & (moments.variance > 0), bound, value)
        return SpikeState(
            moments.with_value(taken, self.decay, self.warmup_steps),
            state.num_spikes + is_spike,
            jnp.where(is_spike, count, state.last_spike),
            count,
        )

    def ahead(self, state, **extra_args):
        return self.update(state, **extra_args)

    def evaluate(self, state):
        age = clock.gap(state.count, state.last_spike)
        # A run that was taken back to before its spike has none.
        is_past = (state.num_spikes > 0) & (state.last_spike - 1 <= state.count)
        return jnp.where(is_past, line(self.factor, 1, age, self.recovery_steps), 1)
