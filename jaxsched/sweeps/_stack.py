"""Many schedules as one: a batch whose leaves have a leading axis of members."""

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import (
    AbstractSchedule,
    ScheduleLike,
    as_schedules,
    batched,
    clock,
    kind_of,
    to_python,
)
from jaxsched.combinators import Bundle, Switch


def stack(schedules: Iterable[ScheduleLike]) -> Any:
    """One batched schedule of many, of any shapes.

    Equal structures stack leaf by leaf. Different ones become one `Switch` with a
    branch for each structure and a batch of indices; a member's leaves in the branches
    that it does not use are those of another, real, member.

    Bundles of the same names are stacked name by name.

    Args:
        schedules: at least one schedule, number or function of the count; or bundles.

    Returns:
        A schedule for `jax.vmap`, whose leaves have a leading axis of members.

    Raises:
        ValueError: if there are none, or if bundles differ in their names.

    >>> import jaxsched as js
    >>> batch = stack([js.Constant(0.5), js.Constant(0.25)])
    >>> jax.vmap(lambda schedule: schedule(0))(batch)
    Array([0.5 , 0.25], dtype=float32)
    >>> mixed = stack([js.Constant(0.5), js.Transition(1.0, 0.0, 4)])
    >>> jax.vmap(lambda schedule: schedule(1))(mixed)
    Array([0.5 , 0.75], dtype=float32)
    """
    given: list[Any] = list(schedules)
    if given and all(isinstance(member, Bundle) for member in given):
        return _stacked_bundles(given)
    members = as_schedules(given)
    if not members:
        raise ValueError("stack(schedules) must not be empty. Give at least one.")
    groups: dict[Any, list[Any]] = {}
    places: list[tuple[int, int]] = []
    order: dict[Any, int] = {}
    for member in members:
        kind = kind_of(member)
        group = groups.setdefault(kind, [])
        places.append((order.setdefault(kind, len(order)), len(group)))
        group.append(member)
    branches = [batched(group) for group in groups.values()]
    if len(branches) == 1 and jax.tree.leaves(branches[0]):
        return branches[0]
    # Several shapes; or members without a number, that the index makes a batch of.
    index = np.asarray([branch for branch, _ in places])
    at = np.asarray([place for _, place in places])
    spread = [
        jax.tree.map(lambda leaf, i=i: leaf[np.where(index == i, at, 0)], branch)
        for i, branch in enumerate(branches)
    ]
    return Switch(jnp.asarray(index, clock.int_dtype()), tuple(spread))


def unstack(batch: Any) -> list[Any]:
    """The members of a batched schedule, each with the shape that it had.

    Args:
        batch: what `stack` gave, or any schedule whose leaves have one leading axis.

    Raises:
        ValueError: if the leaves do not have one.

    >>> import jaxsched as js
    >>> unstack(stack([js.Constant(0.5), js.Transition(1.0, 0.0, 4)]))[0]
    Constant(value=0.5)
    """
    if isinstance(batch, Bundle):
        columns = [unstack(schedule) for schedule in batch.schedules.values()]
        rows = zip(*columns, strict=True)
        return [Bundle(dict(zip(batch, row, strict=True))) for row in rows]
    num = num_members(batch)
    host = jax.tree.map(np.asarray, batch)
    if isinstance(host, Switch):
        chosen = [host.schedules[int(i)] for i in np.asarray(host.index)]
    else:
        chosen = [host] * num
    return [jax.tree.map(lambda x, i=i: _member(x[i]), s) for i, s in enumerate(chosen)]


def _stacked_bundles(bundles: list[Bundle]) -> Bundle:
    names = list(bundles[0])
    for other in bundles[1:]:
        if sorted(other) != sorted(names):
            raise ValueError(
                f"stack(schedules) needs bundles of the same names, got {sorted(names)} "
                f"and {sorted(other)}. Give each the same ones."
            )
    return Bundle({name: stack([bundle[name] for bundle in bundles]) for name in names})


def num_members(batch: AbstractSchedule) -> int:
    """How many members a batch has: the one length of the leading axes of its leaves."""
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(batch)]
    sizes = {shape[0] if shape else None for shape in shapes}
    if len(sizes) != 1 or None in sizes:
        raise ValueError(
            f"a batch must have leaves with one common leading axis, got shapes "
            f"{shapes[:8]}. Make one with stack, grid or sample."
        )
    return int(sizes.pop() or 0)


def _member(leaf: np.ndarray) -> Any:
    return leaf if leaf.ndim else to_python(leaf)
