"""Many pieces of one shape, one after another: a batch of schedules and its boundaries.

`Join` writes each of its schedules into the program. Here the running piece is looked
up, so that five hundred pieces cost what one costs.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import (
    AbstractSchedule,
    ScheduleLike,
    as_schedules,
    batched,
    checks,
    clock,
    kind_of,
    vectors,
)


class Segments(AbstractSchedule):
    r"""Runs the members of a batch one after another, each from its own count 0.

    $$s(t) = s_i(t - b_i) \quad \text{for } b_i \le t < b_{i+1}, \qquad b_0 = 0$$

    What `Join` does, for schedules of one structure and in one piece of program however
    many they are. `segments` makes one of a list.

    Args:
        schedule: a batch of $n$ schedules: leaves with a leading axis, as from `stack`.
        boundaries: $n - 1$ counts, in order, in one array.

    Raises:
        ValueError: if the numbers do not match, or the boundaries are not in order.

    >>> import jaxsched as js
    >>> pieces = js.stack([js.Transition(1.0, 0.5, 4), js.Transition(0.5, 0.0, 8)])
    >>> decay = Segments(pieces, boundaries=[4])
    >>> [float(decay(count)) for count in (0, 2, 4, 8, 99)]
    [1.0, 0.75, 0.5, 0.25, 0.0]
    """

    schedule: Any
    boundaries: Any

    def __post_init__(self):
        vectors.own(self, "boundaries")
        shapes = [np.shape(leaf) for leaf in jax.tree.leaves(self.schedule)]
        rows = {shape[:1] for shape in shapes}
        checks.consistent(
            "Segments",
            "a batch of schedules, with one common leading axis",
            len(rows) == 1 and () not in rows,
            f"leaves of shapes {shapes}",
            "Make one with stack, or use segments.",
        )
        if vectors.is_known(self.boundaries):
            n, m = rows.pop()[0], self.boundaries.shape[0]
            checks.matching("Segments", "boundaries", m, "schedules", n, n - 1)

    def evaluate(self, count):
        place = clock.index(count, self.boundaries)
        first = jnp.zeros(1, self.boundaries.dtype)
        start = jnp.concatenate([first, self.boundaries])[place]

        def run(place, age):
            at = jnp.asarray(place)
            return jax.tree.map(lambda leaf: leaf[at], self.schedule).evaluate(age)

        for _ in range(count.ndim):
            run = jax.vmap(run)
        return run(place, clock.since(count, start))

    def __repr__(self):
        rows = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(self.schedule)}
        if len(rows) != 1 or () in rows:
            return super().__repr__()  # a placeholder, or itself in a batch
        host = jax.tree.map(np.asarray, self.schedule)
        members = [
            repr(jax.tree.map(lambda leaf, i=i: leaf[i], host))
            for i in range(rows.pop()[0])
        ]
        return f"segments([{', '.join(members)}], {np.asarray(self.boundaries).tolist()})"

    def horizon(self):
        last = jax.tree.map(lambda leaf: leaf[-1], self.schedule)
        return (self.boundaries[-1] if len(self.boundaries) else 0) + last.horizon()


def segments(schedules: Sequence[ScheduleLike], boundaries: Any) -> Segments:
    """Schedules of one structure, one after another, at the cost of one.

    Args:
        schedules: at least one; the same nodes in all, with any numbers.
        boundaries: one count between neighbours, in order.

    Raises:
        ValueError: if their structures differ (`Join` takes any).

    >>> import jaxsched as js
    >>> steps = segments([js.Constant(v) for v in (1.0, 0.5, 0.25)], boundaries=[10, 20])
    >>> [float(steps(count)) for count in (9, 10, 20)]
    [1.0, 0.5, 0.25]
    """
    nodes = as_schedules(schedules)
    kinds = {kind_of(node) for node in nodes}
    if len(kinds) != 1:
        raise ValueError(
            f"segments(schedules=...) must be schedules of one structure, got {len(kinds)} "
            f"structures. Use Join for different ones."
        )
    return Segments(batched(nodes), boundaries)
