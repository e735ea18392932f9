"""One of several schedules, chosen by a leaf: how different shapes share one batch."""

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Schedules, Steps, as_schedules, checks, clock


class Switch(AbstractSchedule):
    r"""One of several schedules, by its place: $s(t) = s_k(t)$.

    The index is a leaf: it can be batched, so that members of a sweep have different
    shapes, and changed in mid-run. Under `vmap` all branches are computed.

    Args:
        index: $k$, clipped to the branches there are.
        schedules: at least one schedule, number or function of the count.

    >>> import jaxsched as js
    >>> Switch(index=1, schedules=[0.1, js.Transition(1.0, 0.0, 4)])(2)
    Array(0.5, dtype=float32)
    """

    index: Steps
    schedules: Schedules

    def __post_init__(self):
        object.__setattr__(self, "schedules", as_schedules(self.schedules))
        checks.some(self, "schedules")
        checks.whole(self, "index")
        last = len(self.schedules) - 1
        index = checks.concrete(self.index)
        if index is not None:
            checks.consistent(
                "Switch",
                f"0 <= index <= {last}",
                (index >= 0) & (index <= last),
                f"index={self.index}",
                "Count branches from 0.",
            )

    def evaluate(self, count):
        def branch(schedule):
            def run(count):
                value = clock.as_float(schedule.evaluate(count))
                return jnp.broadcast_to(value, count.shape)

            return run

        index = jnp.asarray(self.index).astype(jnp.int32)
        return jax.lax.switch(index, [branch(s) for s in self.schedules], count)
