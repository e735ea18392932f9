"""The gradient norms of a run, kept in the state of its optimizer."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxsched._core import checks, clock

from ._found import found
from ._norm import global_norm, sum_of_sizes

_ORDS = (1, 2)


class RecordNormsState(NamedTuple):
    """State of `record_norms`; `recorded_norms` reads it.

    Attributes:
        num_recorded: norms recorded so far.
        norms: the last ones, in a ring; infinite where there is none yet.
    """

    num_recorded: jax.Array
    norms: jax.Array


def record_norms(num_steps: int, *, ord: int = 2) -> optax.GradientTransformation:
    r"""Passes gradients on and keeps their norms, $(\sum_i |g_i|^p)^{1/p}$.

    Put it first in a chain, so that it sees the gradients as they are:
    `chain(record_norms(1_000), scheduled(optax.adam, learning_rate=...))`. An update
    writes one number, whatever the length. Of a longer run it keeps the last norms.

    A gradient with NaN or infinity, and one whose norm overflows, is recorded as infinity;
    so no norm is NaN.

    Args:
        num_steps: norms to keep. A Python integer: the size of an array.
        ord: $p$, 2 or 1, of all gradients together.

    Raises:
        ValueError: for another `ord`, or no norms to keep.

    >>> record = record_norms(3)
    >>> state = record.init(0.0)
    >>> for grad in (3.0, -1.0):
    ...     update, state = record.update(jnp.float32(grad), state)
    >>> recorded_norms(state)
    Array([ 3.,  1., inf], dtype=float32)
    """
    checks.size("record_norms", num_steps=num_steps)
    checks.choice("record_norms", ord=ord, choices=_ORDS)
    norm_of = global_norm if ord == 2 else sum_of_sizes

    def init(params: Any) -> RecordNormsState:
        del params
        norms = jnp.full(num_steps, jnp.inf, clock.float_dtype())
        return RecordNormsState(jnp.zeros((), jnp.int32), norms)

    def update(updates: Any, state: Any, params: Any = None) -> Any:
        del params
        norm = norm_of(updates)
        norm = jnp.where(jnp.isfinite(norm), norm, jnp.inf).astype(state.norms.dtype)
        norms = state.norms.at[state.num_recorded % num_steps].set(norm)
        return updates, RecordNormsState(_counted(state.num_recorded), norms)

    return optax.GradientTransformation(init, update)


def recorded_norms(state: Any) -> jax.Array:
    """What `record_norms` has kept, at any depth of a state, in the order of time.

    Args:
        state: as for `hyperparams`, with one `record_norms` in it; of many lanes too.

    Returns:
        `[num_steps]`, after an axis for each of the state's lanes. Where there is no norm
        yet it is infinite, at the end.

    Raises:
        ValueError: if there is no record in it, or several.

    >>> import jaxsched as js
    >>> optimizer = optax.chain(
    ...     record_norms(2), js.scheduled(optax.sgd, learning_rate=0.1)
    ... )
    >>> state = optimizer.init(jnp.zeros(2))
    >>> for _ in range(3):
    ...     _, state = optimizer.update(jnp.asarray([3.0, 4.0]), state)
    >>> recorded_norms(state)
    Array([5., 5.], dtype=float32)
    """
    records = list(found(state, RecordNormsState))
    if len(records) != 1:
        raise ValueError(
            f"recorded_norms(state) needs a state with one record in it, got "
            f"{type(state).__name__} with {len(records)}. Build it with "
            f"chain(record_norms(num_steps), ...), or pass the part that has it."
        )
    num_recorded, norms = records[0]
    in_order = _in_order
    for _ in num_recorded.shape:
        in_order = jax.vmap(in_order)
    return in_order(num_recorded, norms)


def _counted(num: jax.Array) -> jax.Array:
    return jnp.minimum(num, jnp.iinfo(num.dtype).max - 1) + 1


def _in_order(num_recorded: jax.Array, norms: jax.Array) -> jax.Array:
    is_full = num_recorded >= norms.size
    return jnp.roll(norms, jnp.where(is_full, -num_recorded, 0))
