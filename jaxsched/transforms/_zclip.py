"""Gradients clipped where their norm jumps, whatever its usual size."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxsched._core import Real, Steps, checks
from jaxsched.controllers import Moments

from ._norm import global_norm


class ZClipState(NamedTuple):
    """State of `zclip`.

    Attributes:
        num_clipped: gradients clipped so far.
        norms: mean and variance of the norms.
    """

    num_clipped: jax.Array
    norms: Moments


def zclip(
    decay: Real = 0.97, threshold: Real = 2.5, warmup_steps: Steps = 25
) -> optax.GradientTransformation:
    r"""Clips a gradient whose norm stands out of the last ones.

    With the norm $g$ of all gradients together, its mean $m$ and deviation $s$,

    $$z = \frac{g - m}{s} > k: \quad g \leftarrow m + \frac{k^2}{z} s.$$

    So the farther out, the closer to the mean; where it begins, nothing jumps. The norm
    after it is what the statistics are of: of the first `warmup_steps` norms, which are
    not clipped, then exponential ones,

    $$m \leftarrow d m + (1 - d) g, \qquad s^2 \leftarrow d s^2 + (1 - d) (g - m)^2.$$

    A gradient with NaN or infinity passes untouched and is not in the statistics:
    `skip_spikes` or `optax.apply_if_finite` take care of it. Norms that have risen for
    good stay clipped for long, near their old mean if they rose far.

    Put it before the optimizer, and make it with `scheduled(zclip, threshold=2.5)`, so that
    `hyperparams` reads the threshold and `override` changes it; inside a `vmap` each number
    can be batched.

    Args:
        decay: $d$ in [0, 1), weight of the past.
        threshold: $k > 0$, deviations above the mean.
        warmup_steps: norms that the first mean and deviation are of, at least 2.

    Raises:
        ValueError: for a setting outside its domain.

    >>> clip = zclip(warmup_steps=2)
    >>> state, norms = clip.init(0.0), []
    >>> for grad in (1.0, 3.0, 12.0): # the last is 10 deviations up
    ...     update, state = clip.update(jnp.float32(grad), state)
    ...     norms.append(float(update))
    >>> norms
    [1.0, 3.0, 2.625]

    Reference: Kumar et al., ZClip: Adaptive Spike Mitigation for LLM Pre-Training, 2025,
    arXiv:2504.02507.
    """
    checks.positive("zclip", threshold=threshold)
    checks.number("zclip", decay=decay)
    checks.length("zclip", warmup_steps=warmup_steps)
    checks.consistent(
        "zclip",
        "0 <= decay < 1",
        (decay >= 0) & (decay < 1),
        f"{decay}",
        "The next mean takes 1 - decay of the norm.",
    )
    checks.consistent(
        "zclip",
        "warmup_steps >= 2",
        warmup_steps >= 2,
        f"{warmup_steps}",
        "A deviation is of two norms or more.",
    )

    def init(params: Any) -> ZClipState:
        del params
        return ZClipState(jnp.zeros((), jnp.int32), Moments.of_nothing())

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        del params
        norm, norms = global_norm(updates), state.norms
        # Not so where it is NaN, as that is above nothing.
        is_clipped = norms.are_known(warmup_steps) & (norm > norms.bound(threshold))
        # The square of the deviation is divided, which itself may be 0.
        above = jnp.where(is_clipped, norm - norms.mean, 1)
        clipped = norms.mean + threshold**2 * norms.variance / above
        norm_after = jnp.where(is_clipped, clipped, norm)
        factor = clipped / jnp.where(is_clipped, norm, 1)

        def clip(leaf: Any) -> jax.Array:
            return jnp.where(is_clipped, leaf * factor, leaf).astype(jnp.result_type(leaf))

        return jax.tree.map(clip, updates), ZClipState(
            state.num_clipped + is_clipped,
            norms.with_value(norm_after, decay, warmup_steps),
        )

    return optax.GradientTransformation(init, update)
