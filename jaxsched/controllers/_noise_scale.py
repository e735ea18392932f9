"""The gradient noise scale: up to which batch it pays, and the rate for a smaller one."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import Real, checks, clock

from ._controller import AbstractController
from ._inner import inner_product
from ._metric import one_number


class NoiseScaleState(NamedTuple):
    """State of `GradientNoiseScale`.

    Attributes:
        noise_scale: the estimate, in examples.
        noise: average of the estimates of the noise.
        signal: average of the estimates of the squared gradient.
        weight: what the averages have to be divided by.
    """

    noise_scale: jax.Array
    noise: jax.Array
    signal: jax.Array
    weight: jax.Array


class GradientNoiseScale(AbstractController):
    r"""A factor for the noise in gradients, measured from batches of two sizes.

    $$c = \frac{1}{1 + B_{noise} / B}, \qquad
    B_{noise} = \frac{\operatorname{tr} \Sigma}{\lvert G \rvert^2}$$

    $G$ is the gradient of all data and $\Sigma$ the covariance of that of one example. Up
    to a batch of $B_{noise}$ the loss falls by nearly twice as much per update when the
    batch is doubled. The factor multiplies the rate that would be best without noise.

    The squared norms of the gradients of a small and of a large batch give unbiased
    estimates of both, which are averaged separately, with weights $d^n$:

    $$\lvert G \rvert^2 \approx
    \frac{B_b \lvert g_b \rvert^2 - B_s \lvert g_s \rvert^2}{B_b - B_s}, \qquad
    \operatorname{tr} \Sigma \approx
    \frac{\lvert g_s \rvert^2 - \lvert g_b \rvert^2}{1 / B_s - 1 / B_b}$$

    An average below 0, which chance may give, counts as 0. So the estimate is between 0
    and `max_noise_scale`, where it is if there is no gradient to be seen in the noise.

    An update takes the mean of $\lvert g_s \rvert^2$ over the parts of a batch, or over
    devices, as `small_sq_norm=`, and $\lvert g_b \rvert^2$ as `big_sq_norm=`; inside
    `scheduled` the latter is by default that of the gradients as they reach the
    optimizer. Without the former, or if one is NaN, infinite, negative or so large that an
    estimate overflows, it changes nothing. The factor acts from the next update on;
    before the first estimate it is 1.

    `noise_scale(state)` is the estimate. In the state of an optimizer it is found by
    `optax.tree_utils.tree_get(state, "noise_scale")`.

    Args:
        small_batch_size: $B_s > 0$, examples.
        big_batch_size: $B_b > B_s$, examples.
        batch_size: $B > 0$, examples in a batch of the training; `big_batch_size` if not
            given.
        decay: $d$ in [0, 1), weight of the past in the averages.
        max_noise_scale: ceiling of the estimate, above 0; finite.

    Raises:
        ValueError: for a setting outside its domain.

    >>> scale = GradientNoiseScale(small_batch_size=32, big_batch_size=256)
    >>> state = scale.update(scale.init(), small_sq_norm=5.0, big_sq_norm=1.5)
    >>> scale.noise_scale(state)
    Array(128., dtype=float32)
    >>> float(scale(state)) # 1 / (1 + 128 / 256)
    0.6666666865348816

    Reference: McCandlish et al., An Empirical Model of Large-Batch Training, 2018,
    arXiv:1812.06162, equation 2.6 and appendix A.1. The rate is that of SGD; for Adam
    they found a weaker dependence.
    """

    small_batch_size: Real
    big_batch_size: Real
    batch_size: Any = None
    decay: Real = 0.99
    max_noise_scale: Real = 1e9

    def __post_init__(self):
        checks.positive(self, "small_batch_size", "big_batch_size", "max_noise_scale")
        checks.below(self, "max_noise_scale", float("inf"))
        small, big = self.small_batch_size, self.big_batch_size
        checks.consistent(
            "GradientNoiseScale",
            "small_batch_size < big_batch_size",
            small < big,
            f"{small} and {big}",
            "Take the small batches as parts of the big one.",
        )
        if self.batch_size is not None:
            checks.positive(self, "batch_size")
        checks.at_least(self, "decay", 0)
        checks.below(self, "decay", 1)

    def init(self):
        return NoiseScaleState(*(clock.as_float(0) for _ in range(4)))

    def update(
        self,
        state,
        *,
        small_sq_norm: Any = None,
        big_sq_norm: Any = None,
        updates: Any = None,
        **extra_args,
    ):
        del extra_args
        if big_sq_norm is None and updates is not None:
            big_sq_norm = inner_product(updates, updates)
        if small_sq_norm is None or big_sq_norm is None:
            return state
        small = one_number(self, "small_sq_norm", small_sq_norm)
        big = one_number(self, "big_sq_norm", big_sq_norm)
        is_known = jnp.isfinite(small + big) & (small >= 0) & (big >= 0)
        small, big = jnp.where(is_known, small, 0), jnp.where(is_known, big, 0)
        noise, signal = self._estimates(small, big)
        # One infinite value would stay in the averages for good.
        is_known &= jnp.isfinite(noise) & jnp.isfinite(signal)
        noise, signal = jnp.where(is_known, noise, 0), jnp.where(is_known, signal, 0)
        seen = self._seen(state, noise, signal)
        return jax.tree.map(
            lambda new, old: jnp.where(is_known, new, old).astype(old.dtype), seen, state
        )

    def evaluate(self, state):
        size = self.big_batch_size if self.batch_size is None else self.batch_size
        return 1 / (1 + state.noise_scale / size)

    def noise_scale(self, state: NoiseScaleState) -> jax.Array:
        """The estimate in a state, in examples; 0 before the first one."""
        return state.noise_scale

    def _estimates(self, small: Any, big: Any) -> tuple[Any, Any]:
        """The noise and the squared gradient, unbiased, from one pair of squared norms."""
        few, many = self.small_batch_size, self.big_batch_size
        # With few * many / more, not 1 / few - 1 / many, in which digits cancel.
        part = few / (many - few)
        return (small - big) * (part * many), big - (small - big) * part

    def _seen(self, state: NoiseScaleState, noise: Any, signal: Any) -> NoiseScaleState:
        share: Any = 1 - self.decay
        # Each a mean, so that no difference of two large ones overflows.
        noise = self.decay * state.noise + share * noise
        signal = self.decay * state.signal + share * signal
        weight = self.decay * state.weight + share
        return NoiseScaleState(self._quotient(noise, signal), noise, signal, weight)

    def _quotient(self, noise: Any, signal: Any) -> jax.Array:
        noise, signal = jnp.maximum(noise, 0), jnp.maximum(signal, 0)
        quotient = noise / jnp.where(signal > 0, signal, 1)
        is_below = noise <= self.max_noise_scale * signal
        return jnp.where(is_below, quotient, self.max_noise_scale)
