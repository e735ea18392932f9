"""How members of a population change: schedules exchanged inside the states of lanes."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding

from jaxsched._core import Constant, Node, Product, checks
from jaxsched.combinators import Bundle
from jaxsched.transforms import ScheduledState

from ._cache import kept_by_task
from ._lanes import Trainer, place_on
from ._processes import to_host
from ._stack import num_members, stack
from ._trace import starting

Explore = Callable[[jax.Array, Any], Any]


def perturb(*factors: float) -> Explore:
    """Multiplies a schedule by one of some factors, each as likely; 0.8 or 1.2 by default.

    Of a plan each schedule, by a factor of its own.

    Raises:
        ValueError: for a factor that is not positive.

    >>> import jaxsched as js
    >>> explore = perturb(0.5)
    >>> explore(jax.random.key(0), js.Constant(1.0) * js.Constant(0.1))
    Product(schedules=(Constant(value=0.5), Constant(value=0.1)))
    """
    chosen = factors or (0.8, 1.2)
    for factor in chosen:
        checks.positive("perturb", factors=factor)

    def explore(key: jax.Array, schedule: Any) -> Any:
        if isinstance(schedule, Bundle):
            keys = jax.random.split(key, len(schedule))
            names = zip(keys, schedule, strict=True)
            return Bundle({name: explore(k, schedule[name]) for k, name in names})
        first, *others = schedule.schedules
        factor = jax.random.choice(key, jnp.asarray(chosen))
        return Product((Constant(first.value * factor), *others))

    return explore


DEFAULT = perturb()  # one and the same, so that its program is kept


def with_factors(batch: Any) -> Any:
    """Each member as a product with a factor of 1, which `perturb` changes."""
    if isinstance(batch, Bundle):
        return Bundle({name: with_factors(batch[name]) for name in batch})
    return Product((stack([1.0] * num_members(batch)), batch))


def factors_of(batch: Any) -> dict[str, np.ndarray]:
    """The factors of a batch that has them, `[lanes]`, by the names of their columns."""
    if isinstance(batch, Bundle):
        return {f"factor_{name}": batch[name].schedules[0].value for name in batch}
    return {"factor": batch.schedules[0].value}


def check_explore(explore: Explore, batch: Any, key: jax.Array) -> None:
    """Refuses another structure before anything is trained."""
    old = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), batch)
    new = jax.eval_shape(explore, jax.ShapeDtypeStruct((), key.dtype), old)
    kinds = [
        (jax.tree.structure(tree), [jnp.shape(leaf) for leaf in jax.tree.leaves(tree)])
        for tree in (old, new)
    ]
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"sweeps.evolve(explore=...) must return a schedule of the structure and "
            f"shapes that it was given, {kinds[0]}, got {kinds[1]}. Change numbers only."
        )


def exchange(
    trainer: Trainer, explore: Explore, keys: Any, batch: Any, parents: np.ndarray
) -> Any:
    """Goes on with the lanes of parents, where a copy explores its schedule.

    What the task makes of a schedule, it makes of the new one.

    Args:
        trainer: between two chunks.
        explore: from a key and a schedule to another one.
        keys: of exploring, one a lane, and of the start of each lane.
        batch: the schedules of all lanes, on the host.
        parents: whom each member copies, `[members, seeds]`; itself if it stays.

    Returns:
        The schedules of all lanes from now on, on the host.
    """
    num_seeds = parents.shape[1]
    lanes = (parents * num_seeds + np.arange(num_seeds)).reshape(-1)
    trainer.take(lanes)
    batch = jax.tree.map(lambda leaf: leaf[lanes], batch)
    is_copy = lanes != np.arange(len(lanes))
    where = trainer.layout
    rows = where.padded(np.arange(len(lanes)))
    (given,) = place_on(where.sharding)(((*keys, batch, is_copy),), (rows,))
    program = _program(trainer.task, explore, where.sharding)
    batch, nodes = program(*given)
    parts = iter(nodes)
    trainer.state = jax.tree.map(
        lambda part: next(parts) if _is_node(part) else part,
        trainer.state,
        is_leaf=_is_node,
    )
    # A copy, since the devices may write where a view would look.
    return jax.tree.map(lambda x: np.array(x[: len(lanes)]), to_host(batch))


@kept_by_task
def _program(task: Any, explore: Explore, sharding: NamedSharding) -> Callable[..., Any]:
    def lane(key, start, schedule, is_copy):
        def chosen(new, old):
            return jnp.where(is_copy, new, old).astype(old.dtype)

        schedule = jax.tree.map(chosen, explore(key, schedule), schedule)
        # Nothing else of the start is computed.
        return schedule, nodes_in(starting(task, schedule, start))

    return jax.jit(jax.vmap(lane), out_shardings=sharding)


def nodes_in(state: Any) -> list[Any]:
    """Schedules in a state: nodes never learn, so that they are as the task made them."""
    return list(filter(_is_node, jax.tree.leaves(state, is_leaf=_is_node)))


def counts_of(state: Any, num_lanes: int, done: int) -> np.ndarray:
    """At which count each lane is, `[lanes]`.

    Updates done, unless `scheduled` counts fewer, as it does inside `optax.MultiSteps`.

    Raises:
        ValueError: if several optimizers in a state count differently.
    """
    found = jax.tree.leaves(state, is_leaf=_is_scheduled)
    clocks = [jax.tree.leaves(part.count)[0] for part in found if _is_scheduled(part)]
    if not clocks:
        return np.full(num_lanes, done)
    counts = np.stack([clock[:num_lanes] for clock in to_host(clocks)])
    if (counts != counts[0]).any():
        raise ValueError(
            f"sweeps.evolve needs optimizers that count alike, so that what a member lives "
            f"through is one schedule, got counts {counts[:, 0].tolist()} in the first "
            f"lane. Put optax.MultiSteps around all of them, or around none."
        )
    return counts[0]


def _is_node(part: Any) -> bool:
    return isinstance(part, Node)


def _is_scheduled(part: Any) -> bool:
    return isinstance(part, ScheduledState)
