"""Saving a state so that the plan may change before it is read back.

What is saved has no trace of the kinds of schedules in its layout. On the way back they
come from the configuration, and all that was learnt from the checkpoint.
"""

from typing import Any

import numpy as np

from . import _nested
from ._leaves import entries, filled, is_split, stored
from ._matching import FORMAT, matched
from ._record import record_of, restored
from ._state import ScheduledState


def to_checkpoint(state: Any) -> dict[str, Any]:
    """A dict of arrays to save in the place of a state.

    It is made of dicts with texts as keys and of arrays, so that Orbax, msgpack, pickle or
    NumPy save it. Its layout depends on the optimizer, but not on the schedules in it, nor
    on what has no state of its own in a chain, such as clipping. Random keys are in it as
    their bits; functions and texts, which an Equinox module holds, are not.

    Args:
        state: what a step gets and returns: the state of an optimizer with `scheduled` at
            any depth, or a tree that holds one, such as `(params, state)` or a train
            state. Also that of an optimizer which is to become a scheduled one.

    Raises:
        TypeError: for an `nnx.Optimizer`, in the place of its `opt_state`.
        ValueError: for what Flax has split, in the place of what it was.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> optimizer = js.scheduled(optax.sgd, learning_rate=0.1, momentum=0.9)
    >>> saved = to_checkpoint(optimizer.init({"w": jnp.zeros(3)}))
    >>> saved["leaves"]
    {'TraceState:trace:w': Array([0., 0., 0.], dtype=float32)}
    """
    if hasattr(state, "opt_state") and hasattr(state, "wrt"):
        raise TypeError(
            "to_checkpoint(state) must be given a state, got the "
            f"{type(state).__name__} that has one. Save to_checkpoint(optimizer.opt_state)."
        )
    items = entries(state)
    if any(is_split(item) for _, item in items):
        _nested.find(state, "to_checkpoint")  # says how to put it together
    names = [name for name, item in items if isinstance(item, ScheduledState)]
    found = _nested.find(state, "to_checkpoint").values() if names else ()
    leaves = {name: stored(item) for name, item in items}
    return {
        "format": np.asarray(FORMAT, np.int32),
        "optimizers": dict(zip(names, map(record_of, found), strict=True)),
        "leaves": {name: leaf for name, leaf in leaves.items() if leaf is not None},
    }


def from_checkpoint(saved: Any, state: Any) -> Any:
    """The state to go on with: learnt is what the checkpoint holds, planned what is new.

    Schedules, the settings of controllers, types and devices come from `state`; counts,
    moments and all other arrays, what controllers have learnt, and what `override` and
    `scale` have set from the checkpoint.

    A controller goes on if it is of the same type, with the same settings that are not
    numbers; another one starts anew at the count. A hyperparameter that was not scheduled
    before follows its schedule from the count on. `diff` says what is different.

    Args:
        saved: what `to_checkpoint` made, as it was read back, with or without a target.
        state: a state as it is at the start of a run, of the same optimizer but for its
            schedules. It is not changed. If it was moved by `seek`, optimizers that are
            not in the checkpoint start there.

    Returns:
        The state in the types and on the devices of `state`, in new arrays.

    Raises:
        ValueError: for a checkpoint that is damaged, or of another optimizer, of other
            parameters or types.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> params = jnp.zeros(3)
    >>> optimizer = js.scheduled(optax.adam, learning_rate=0.5)
    >>> _, state = optimizer.update(params, optimizer.init(params), params)
    >>> saved = to_checkpoint(state)
    >>> optimizer = js.scheduled(optax.adam, learning_rate=js.linear_schedule(1.0, 0.0, 4))
    >>> js.next_hyperparams(from_checkpoint(saved, optimizer.init(params)))
    {'learning_rate': Array(0.75, dtype=float32)}
    """
    match = matched("from_checkpoint", saved, state)
    state = _nested.change(
        state, "from_checkpoint", lambda path, here: restored(match.records[path], here)
    )
    return filled(state, match.leaves)
