"""Laws of the loss curve: what training with a schedule will have come to, and when."""

import abc
import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import Node, ScheduleLike, checks

from ._drops import Drops, drops_at, drops_in_blocks, over_counts
from ._queries import values

_LANES = 16  # counts that are evaluated at a time


class AbstractLaw(Node):
    r"""The loss as a function of all learning rates up to an update.

    A subclass has its parameters as fields and writes `evaluate(rates, counts)`.
    `warmup_steps` is how many updates at the start are warmup, which each law treats in
    its own way.
    """

    shares = ()  # names of parameters that are below 1

    def __post_init__(self) -> None:
        checks.number(self, *(f.name for f in dataclasses.fields(self)))

    @abc.abstractmethod
    def evaluate(self, rates: jax.Array, counts: jax.Array) -> jax.Array:
        """The losses after `counts` updates with these rates, one for each update."""
        raise TypeError(f"{type(self).__name__} must define evaluate(self, rates, counts).")

    def condense(self, rates: Any, counts: Any, num_blocks: int) -> Any:
        """What a fit is to keep of a run, outside of JAX: nothing is left out here."""
        del num_blocks
        return rates, counts

    def evaluate_condensed(self, condensed: Any) -> jax.Array:
        """The losses at the counts that `condense` was given."""
        return self.evaluate(*condensed)

    def loss_curve(
        self, schedule: ScheduleLike, num_steps: int, counts: Any = None
    ) -> jax.Array:
        """The losses that the law predicts; infinite while all rates have been 0.

        Args:
            schedule: a schedule, number or function of the count.
            num_steps: updates of the run.
            counts: updates done, from 1 to `num_steps`; all of them if not given, which
                costs `num_steps` squared.

        Raises:
            ValueError: for counts that are no integers from 1 to `num_steps`, and rates
                that are not finite or below 0.
        """
        checks.size("loss_curve", num_steps=num_steps)
        if counts is None:
            counts = jnp.arange(1, num_steps + 1)
        _check_counts(counts, num_steps)
        rates = values(schedule, num_steps)
        fits = (rates >= 0) & (rates < jnp.inf)
        advice = "A law is of rates that train."
        checks.consistent(
            "loss_curve", "finite rates of 0 or more", fits, f"{rates}", advice
        )
        counts = jnp.asarray(counts)
        return self.evaluate(rates, counts.ravel()).reshape(counts.shape)

    def expected_loss(self, schedule: ScheduleLike, num_steps: int) -> jax.Array:
        """The loss at the end, in a time that is linear in `num_steps`."""
        return self.loss_curve(schedule, num_steps, jnp.asarray([num_steps]))[0]


class DropLaw(AbstractLaw):
    """A law that sums over drops of the rate, each on its own.

    A subclass writes `sizes(rates)` and `loss(drops)`. A curve costs the number of
    counts times that of updates, in a memory of a few times that of updates.
    """

    @abc.abstractmethod
    def sizes(self, rates: jax.Array) -> jax.Array:
        """Of the drop before each update, as it counts."""

    @abc.abstractmethod
    def loss(self, drops: Drops) -> jax.Array:
        """Seen after some update."""

    def evaluate(self, rates, counts):
        sizes = self.sizes(rates)

        def loss(count):
            return self.loss(drops_at(rates, sizes, count))

        return jax.lax.map(loss, counts, batch_size=_LANES)

    def condense(self, rates, counts, num_blocks):
        return drops_in_blocks(rates, self.sizes(rates), counts, num_blocks)

    def evaluate_condensed(self, condensed):
        return over_counts(self.loss, condensed)


def _check_counts(counts: Any, num_steps: int) -> None:
    known = checks.concrete(np.asarray(counts) if isinstance(counts, list) else counts)
    if known is None:
        return
    holds = known.dtype.kind in "iu" and np.all((known >= 1) & (known <= num_steps))
    wanted, advice = f"integer counts from 1 to {num_steps}", "Count updates done."
    checks.consistent("loss_curve", wanted, bool(holds), f"{known}", advice)
