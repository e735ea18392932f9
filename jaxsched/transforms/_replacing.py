"""Other schedules, another count, a metric: changes of a scheduled optimizer in mid-run."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import as_schedule, checks, clock
from jaxsched.controllers import AbstractController

from . import _nested
from ._editing import edit, numbers, per_lane
from ._packed import Packed
from ._reading import next_values
from ._state import ScheduledState, controlled, controllers_of

_COUNT = jax.tree_util.GetAttrKey("count")
_LAST = np.iinfo(np.int32).max


def seek(state: Any, count: Any) -> Any:
    """Moves schedules to a count: the next update uses their values there.

    Moments and other state of the optimizer stay; what a controller has learnt stays.

    Args:
        state: a state with `scheduled` at any depth; all in it are moved.
        count: updates done, a whole number; a list for a batch.

    Raises:
        ValueError: if it is negative, has a fraction, or is beyond the last count.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(1.0, 0.0, 4))
    >>> js.next_hyperparams(seek(optimizer.init(jnp.zeros(())), 3))
    {'learning_rate': Array(0.25, dtype=float32)}
    """
    (count,) = numbers({"count": count}).values()
    checks.real("seek", count=count)
    known = checks.concrete(count)
    if known is not None and not np.all(
        (known == np.floor(known)) & (known >= 0) & (known <= _LAST)
    ):
        raise ValueError(
            f"seek(count=...) must be a whole number from 0 to {_LAST}, got {count}. "
            f"Pass the number of updates done."
        )

    def here(old: Any) -> jax.Array:
        # A traced one may be negative.
        return per_lane("seek", "count", jnp.maximum(count, 0), old)

    def changed(_: Any, state: ScheduledState) -> ScheduledState:
        controllers = _counted(state.controllers, here)
        return state._replace(count=here(state.count), controllers=controllers)

    return _nested.change(state, "seek", changed)


def replace_schedules(state: Any, **schedules: Any) -> Any:
    """Other schedules for the rest of a run, at the count where it is.

    Of the same kind, with other numbers: nothing is traced again. Of another kind: the
    step is traced once more. A controller of the same kind goes on from what it has
    learnt; another one starts.

    Args:
        state: a state with `scheduled` at any depth.
        **schedules: schedules, controllers, numbers or functions of the count, by the
            names that `hyperparams` shows.

    Raises:
        ValueError: for a name that is not scheduled.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(1.0, 0.0, 4))
    >>> state = seek(optimizer.init(jnp.zeros(())), 2)
    >>> state = replace_schedules(state, learning_rate=js.linear_schedule(3.0, 1.0, 4))
    >>> js.next_hyperparams(state)
    {'learning_rate': Array(2., dtype=float32)}
    """
    nodes = {
        k: v if isinstance(v, AbstractController) else as_schedule(v)
        for k, v in schedules.items()
    }

    def changed(state: ScheduledState, mine: dict[str, Any]) -> ScheduledState:
        packed = Packed.of({**state.schedules.items(), **mine}, state.count.shape)
        old, learnt = controlled(state.schedules), controllers_of(state)
        for name, node in mine.items():
            learnt.pop(name, None)
            if isinstance(node, AbstractController):
                learnt[name] = _taken_over(state, node, old.get(name), name)
        controllers = tuple(learnt[name] for name in controlled(packed))
        new = state._replace(schedules=packed, controllers=controllers)
        jax.eval_shape(next_values, new._replace(inner_state=()))  # refuses a wrong shape
        return new

    return edit("replace_schedules", state, nodes, changed)


def observe(state: Any, **metrics: Any) -> Any:
    """Tells controllers a metric between updates, such as a validation loss.

    No clock advances. Inside `optax.MultiSteps`, which makes an update of the last
    micro-batch with that one's metrics, this is the way to tell it a mean.

    Args:
        state: a state with `scheduled` at any depth; all controllers in it are told.
        **metrics: numbers, by the names that the controllers know.

    Raises:
        ValueError: if there is no controller, or none that knows one of the metrics.
        TypeError: for a metric that is no number; NaN is one.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> rate = 0.5 * js.ReduceOnPlateau(factor=0.5, patience=0)
    >>> state = js.scheduled(optax.sgd, learning_rate=rate).init(jnp.zeros(()))
    >>> for loss in (1.0, 1.0):
    ...     state = observe(state, value=loss)
    >>> js.next_hyperparams(state)
    {'learning_rate': Array(0.25, dtype=float32)}
    """
    metrics = numbers(metrics)
    checks.real("observe", **metrics)
    nodes = [
        node
        for found in _nested.find(state, "observe").values()
        for node in controlled(found.schedules).values()
    ]
    known = sorted(set().union(*(node.metrics() for node in nodes)))
    for name in metrics:
        if name not in known:
            raise ValueError(
                f"observe(state, {name}=...) must be given a metric that a controller in "
                f"the state knows: {', '.join(known) or 'there is no controller in it'}."
            )

    def told(state: ScheduledState, metrics: dict[str, Any]) -> tuple[Any, ...]:
        nodes, learnt = controlled(state.schedules), controllers_of(state)
        return tuple(nodes[k].update(learnt[k], **metrics) for k in nodes)

    def changed(path: Any, state: ScheduledState) -> ScheduledState:
        del path
        tell = told
        for _ in state.count.shape:  # a state of many, one a lane
            tell = jax.vmap(tell)
        like = jax.ShapeDtypeStruct(state.count.shape, clock.float_dtype())
        given = {k: per_lane("observe", k, v, like) for k, v in metrics.items()}
        after = tell(state._replace(inner_state=()), given)
        counts = iter(_counts(state.controllers))
        return state._replace(controllers=_counted(after, lambda _: next(counts)))

    return _nested.change(state, "observe", changed)


def _taken_over(
    state: ScheduledState, node: AbstractController, old: Any, name: str
) -> Any:
    """The state of a controller that takes the place of another."""
    if isinstance(old, type(node)) and jax.tree.structure(old) == jax.tree.structure(node):
        return controllers_of(state)[name]
    batch = state.count.shape
    # Copies, so that a step may donate them.
    fresh = jax.tree.map(
        lambda x: jnp.broadcast_to(jnp.array(x, copy=True), batch + jnp.shape(x)),
        node.init(),
    )
    return _counted(fresh, lambda old: jnp.array(state.count, old.dtype, copy=True))


def _is_count(path: Any, leaf: Any) -> bool:
    # A field of that name in the parameters, which a controller may keep, is a float.
    return path[-1:] == (_COUNT,) and jnp.issubdtype(leaf.dtype, jnp.integer)


def _counts(controllers: Any) -> list[Any]:
    """The clocks in the states of controllers: their fields of the name `count`."""
    pairs, _ = jax.tree_util.tree_flatten_with_path(controllers)
    return [leaf for path, leaf in pairs if _is_count(path, leaf)]


def _counted(controllers: Any, clock_of: Callable[[Any], Any]) -> Any:
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: clock_of(leaf) if _is_count(path, leaf) else leaf, controllers
    )
