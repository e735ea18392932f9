"""One of several schedules, chosen by a leaf: how different shapes share one batch."""

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Schedules, Steps, as_schedules, checks


class Switch(AbstractSchedule):
    r"""One of several schedules, by its place: $s(t) = s_k(t)$.

    The index is a leaf: it can be batched, so that members of a sweep have different
    shapes, and changed in mid-run. All branches are computed; a branch is a
    few operations.

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
        # A select, not `lax.switch`: its branches would have to agree on the mesh axes
        # that they vary over, and a batch of indices makes a select of it anyway.
        index = jnp.clip(self.index, 0, len(self.schedules) - 1)
        value = self.schedules[0].evaluate(count)
        for i, schedule in enumerate(self.schedules[1:], 1):
            value = jnp.where(index == i, schedule.evaluate(count), value)
        return value

    def horizon(self):
        return self.schedules[int(self.index)].horizon()
