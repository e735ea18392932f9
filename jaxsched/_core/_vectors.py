"""Fields that are rows of numbers: one leaf for all, whatever sequence they came in."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from . import _checks as checks
from . import _clock as clock


def own(node: Any, *names: str) -> None:
    """Turns sequences of numbers into one array each, and checks them.

    Boundaries have to be in order. A sequence with a length that is not in updates
    yet stays a tuple.
    """
    for name in names:
        value = getattr(node, name)
        value = list(value) if isinstance(value, range) else value
        if isinstance(value, (list, tuple)) and checks.has_units(value):
            object.__setattr__(node, name, tuple(value))
            continue
        is_sequence = isinstance(value, (list, tuple))
        if is_sequence and any(isinstance(v, jax.Array) for v in value):
            value = _stacked(value)
        elif is_sequence or isinstance(value, np.ndarray):
            value = np.array(value)
            if name == "values" or value.size == 0:
                value = value.astype(np.float64 if name == "values" else np.int64)
            value.setflags(write=False)
        object.__setattr__(node, name, value)
        if isinstance(value, (np.ndarray, jax.Array)):
            _check(node, name, value)


def is_known(value: Any) -> bool:
    """Whether it is one row of numbers, which a batch or a placeholder is not."""
    return isinstance(value, (np.ndarray, jax.Array)) and value.ndim == 1


def _stacked(values: Any) -> jax.Array:
    arrays = [jnp.asarray(v) for v in values]
    whole = all(jnp.issubdtype(a.dtype, jnp.integer) for a in arrays)
    dtype = clock.int_dtype() if whole else clock.float_dtype()
    return jnp.stack([a.astype(dtype) for a in arrays])


def _check(node: Any, name: str, value: Any) -> None:
    who = type(node).__name__
    checks.consistent(
        who,
        f"{name} in one row",
        value.ndim == 1,
        f"shape {value.shape}",
        "Pass a list of numbers; make batches with stack or vmap.",
    )
    checks.number(node, name)
    known = checks.concrete(value)
    if name == "boundaries" and known is not None:
        checks.increasing(who, name, list(known))
