"""What a task does to one lane, as JAX sees it before anything is compiled."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr

from ._cache import kept_by_task


class Trace(NamedTuple):
    """A task traced for one lane; shapes have no axis of lanes.

    Attributes:
        programs: of `init`, `step` and `evaluate`, by name.
        state: shapes of the state.
        metrics: shapes of what a step reports.
        evaluation: shapes of what an evaluation reports.
    """

    programs: dict[str, ClosedJaxpr]
    state: Any
    metrics: dict[str, Any]
    evaluation: dict[str, Any]


def trace(task: Any, batch: Any, key: jax.Array) -> Trace:
    """Traces a task for a member of a batch, unless that is done already."""
    leaves, structure = jax.tree.flatten(batch)
    shapes = tuple((np.shape(x)[1:], jnp.result_type(x)) for x in leaves)
    floats = jax.dtypes.canonicalize_dtype(np.float64)
    return _trace(task, structure, shapes, key.dtype, floats)


@kept_by_task
def _trace(task: Any, structure: Any, shapes: Any, key_dtype: Any, floats: Any) -> Trace:
    del floats  # with double precision on, the same task is another
    leaves = [jax.ShapeDtypeStruct(*shape) for shape in shapes]
    schedule = jax.tree.unflatten(structure, leaves)
    key = jax.ShapeDtypeStruct((), key_dtype)
    init, state = _traced(lambda s, k: starting(task, s, k), schedule, key)
    step, (state, metrics) = _traced(lambda s: stepping(task, s), state)
    evaluate, evaluation = _traced(lambda s, m: evaluating(task, s, m), state, metrics)
    programs = {"init": init, "step": step, "evaluate": evaluate}
    return Trace(programs, state, metrics, evaluation)


def _traced(function: Any, *arguments: Any) -> tuple[ClosedJaxpr, Any]:
    return jax.make_jaxpr(function, return_shape=True)(*arguments)


def starting(task: Any, schedule: Any, key: Any) -> Any:
    """A state of arrays."""
    return jax.tree.map(jnp.asarray, task.init(schedule, key))


def stepping(task: Any, state: Any) -> tuple[Any, dict[str, Any]]:
    """The next state, and what was reported by name; a number alone is the loss."""
    state, metrics = task.step(state)
    return state, _named(metrics)


def evaluating(task: Any, state: Any, metrics: dict[str, Any]) -> dict[str, Any]:
    """What a task evaluates, under other names than what its step reports."""
    evaluate = getattr(task, "evaluate", None)
    evaluation = _named(evaluate(state)) if evaluate else {}
    twice = sorted(set(metrics) & set(evaluation))
    if twice:
        raise ValueError(
            f"sweeps.run needs a task whose step and evaluate report different "
            f"names, got {', '.join(twice)} from both. Rename one."
        )
    return evaluation


_NUMBERS = (jax.Array, np.ndarray, np.generic, int, float, complex)


def _named(metrics: Any) -> dict[str, Any]:
    named = dict(metrics) if isinstance(metrics, dict) else {"loss": metrics}
    for name, value in named.items():
        if not (isinstance(name, str) and isinstance(value, _NUMBERS)):
            raise TypeError(
                f"sweeps.run needs a task that reports a number, or numbers by name, got "
                f"{value!r} by the name {name!r}. Report a flat dict."
            )
        chex.assert_shape(
            value,
            (),
            custom_message=f"sweeps.run needs a task that reports numbers, but its "
            f"{name!r} has shape {jnp.shape(value)}. Take a mean",
        )
    return named
