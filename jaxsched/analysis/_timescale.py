"""How long AdamW remembers: weight decay as the timescale of an average."""

import jax

from jaxsched._core import Real, Steps, checks, clock


def weight_decay_timescale(
    learning_rate: Real, weight_decay: Real, *, steps_per_epoch: Steps = 1
) -> jax.Array:
    r"""How many updates the weights of AdamW remember: $\tau = 1 / (\eta \lambda)$.

    Decoupled weight decay makes of the weights a moving average of the updates: each has
    lost all but $1 / e$ of its share $\tau$ updates later. The timescale that is best in
    epochs stays about the same when model and data grow.

    Args:
        learning_rate: $\eta > 0$; of a schedule, its peak.
        weight_decay: $\lambda > 0$, as in `optax.adamw`.
        steps_per_epoch: updates of an epoch, for a timescale in epochs.

    >>> print(f"{weight_decay_timescale(3e-4, 0.1):.1f} updates")
    33333.3 updates
    >>> print(f"{weight_decay_timescale(3e-4, 0.1, steps_per_epoch=5_000):.2f} epochs")
    6.67 epochs

    Reference: Wang and Aitchison, How to set AdamW's weight decay as you scale model and
    dataset size, 2024, arXiv:2405.13698.
    """
    checks.positive(
        "weight_decay_timescale", learning_rate=learning_rate, weight_decay=weight_decay
    )
    checks.positive_length("weight_decay_timescale", steps_per_epoch=steps_per_epoch)
    return 1 / clock.as_float(learning_rate) / weight_decay / steps_per_epoch


def weight_decay_for_timescale(
    learning_rate: Real, timescale: Real, *, steps_per_epoch: Steps = 1
) -> jax.Array:
    r"""The weight decay with which AdamW remembers so long: $\lambda = 1 / (\eta \tau)$.

    Args:
        learning_rate: $\eta > 0$; of a schedule, its peak.
        timescale: $\tau > 0$, in updates, or in epochs of `steps_per_epoch`.
        steps_per_epoch: updates of an epoch, for a timescale in epochs.

    >>> tuned = weight_decay_timescale(3e-4, 0.1, steps_per_epoch=5_000)
    >>> decay = weight_decay_for_timescale(1e-4, tuned, steps_per_epoch=40_000)
    >>> print(f"{decay:.4f}")  # a third of the rate, eight times the data
    0.0375

    Reference: as of `weight_decay_timescale`.
    """
    checks.positive(
        "weight_decay_for_timescale", learning_rate=learning_rate, timescale=timescale
    )
    checks.positive_length("weight_decay_for_timescale", steps_per_epoch=steps_per_epoch)
    return 1 / clock.as_float(learning_rate) / timescale / steps_per_epoch
