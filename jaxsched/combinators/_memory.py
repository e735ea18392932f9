"""The decay rate of a running average, from how long it is to remember."""

from typing import Any

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, as_schedule


class AveragingDecay(AbstractSchedule):
    r"""The decay rate $\beta$ of an average that remembers $\tau$ updates.

    $$s(t) = e^{-1 / \tau(t)}$$

    With $\tau$ growing in a straight line this is AdEMAMix's schedule of $\beta_3$, and
    with $\tau \propto t$ a memory that stays the same share of the run.

    Args:
        timescale: $\tau$, a schedule in updates; one below 1e-6 counts as that.

    >>> import jaxsched as js
    >>> memory = AveragingDecay(js.Transition(10.0, 1_000.0, transition_steps=500))
    >>> print(f"{float(memory(0)):.4f} {float(memory(500)):.4f}")
    0.9048 0.9990

    Reference: Pagliardini et al., The AdEMAMix Optimizer, 2024, arXiv:2409.03137.
    """

    timescale: Any

    def __post_init__(self):
        object.__setattr__(self, "timescale", as_schedule(self.timescale))

    def evaluate(self, count):
        return jnp.exp(-1 / jnp.maximum(self.timescale.evaluate(count), 1e-6))

    def horizon(self):
        return self.timescale.horizon()
