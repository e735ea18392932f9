"""Rates for another batch size: what to multiply a tuned rate by."""

import jax
import jax.numpy as jnp

from jaxsched._core import Real, checks, clock


def linear_scaling(batch_size: Real, base_batch_size: Real) -> jax.Array:
    r"""The factor on the rate of SGD for another batch size: $B / B_0$.

    Args:
        batch_size: $B > 0$, examples in a batch of the new run.
        base_batch_size: $B_0 > 0$, in one of the run whose rate was tuned.

    >>> import jaxsched as js
    >>> rate = linear_scaling(1024, 256) * js.linear_schedule(0.1, 0.0, 100)
    >>> round(float(rate(0)), 6)
    0.4

    Reference: Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour,
    2017, arXiv:1706.02677, who warm up to it; it holds as long as noise dominates.
    """
    checks.positive(
        "linear_scaling", batch_size=batch_size, base_batch_size=base_batch_size
    )
    return clock.as_float(batch_size) / base_batch_size


def square_root_scaling(batch_size: Real, base_batch_size: Real) -> jax.Array:
    r"""The factor on the rate of Adam for another batch size: $\sqrt{B / B_0}$.

    With $\kappa = B / B_0$ the rule has $1 - \beta_1$ and $1 - \beta_2$ grow by $\kappa$
    and $\epsilon$ shrink by $\sqrt \kappa$ as well.

    Args:
        batch_size: as in `linear_scaling`.
        base_batch_size: as in `linear_scaling`.

    >>> float(square_root_scaling(1024, 256))
    2.0

    Reference: Malladi et al., On the SDEs and Scaling Rules for Adaptive Gradient
    Algorithms, 2022, arXiv:2205.10287; for the rate alone Krizhevsky, One weird trick for
    parallelizing convolutional neural networks, 2014, arXiv:1404.5997.
    """
    checks.positive(
        "square_root_scaling", batch_size=batch_size, base_batch_size=base_batch_size
    )
    return jnp.sqrt(clock.as_float(batch_size) / base_batch_size)


def noise_scale_scaling(batch_size: Real, noise_scale: Real) -> jax.Array:
    r"""The share of the noiseless best rate for a batch size: $1 / (1 + B_{noise} / B)$.

    Linear in the batch far below the noise scale, 1 far above it. It is what the
    controller `GradientNoiseScale` multiplies by, for a noise scale that is known; from
    one batch size to another it is a quotient of two.

    Args:
        batch_size: $B > 0$, in examples.
        noise_scale: $B_{noise} \ge 0$, in examples.

    >>> float(noise_scale_scaling(64, 192))
    0.25

    Reference: McCandlish et al., An Empirical Model of Large-Batch Training, 2018,
    arXiv:1812.06162, equation 2.6.
    """
    checks.positive("noise_scale_scaling", batch_size=batch_size)
    checks.length("noise_scale_scaling", noise_scale=noise_scale)
    return 1 / (1 + clock.as_float(noise_scale) / batch_size)
