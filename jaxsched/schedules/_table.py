"""Explicit values at explicit counts.

However many pieces, the traced program is the same: one comparison with all
boundaries, one look-up.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractSchedule, between, checks, clock


class PiecewiseConstant(AbstractSchedule):
    r"""Steps from value to value: $s(t) = v_i$ for $b_i \le t < b_{i+1}$.

    Args:
        boundaries: $b_1 \le \dots \le b_n$, the counts at which the next value starts.
        values: $v_0, \dots, v_n$, one more than boundaries; absolute, not factors.

    Raises:
        ValueError: if the numbers of entries do not match or boundaries are unsorted.

    >>> steps = PiecewiseConstant(boundaries=[10, 20], values=[1.0, 0.5, 0.25])
    >>> [float(steps(count)) for count in (9, 10, 20)]
    [1.0, 0.5, 0.25]
    """

    boundaries: Any
    values: Any

    def __post_init__(self):
        _vectors(self, "boundaries", "values")
        if _is_vector(self.boundaries) and _is_vector(self.values):
            n = self.boundaries.shape[0]
            checks.matching(
                "PiecewiseConstant", "values", self.values.shape[0], "boundaries", n, n + 1
            )

    def evaluate(self, count):
        return self.values[_index(count, self.boundaries)]


class PiecewiseLinear(AbstractSchedule):
    r"""Straight lines through the points $(b_i, v_i)$, constant before and after.

    Args:
        boundaries: $b_1 \le \dots \le b_n$, counts; at equal ones the value jumps.
        values: $v_1, \dots, v_n$, the value at each of them.

    Raises:
        ValueError: if the numbers of entries do not match or boundaries are unsorted.

    >>> line = PiecewiseLinear(boundaries=[0, 10, 20], values=[0.0, 1.0, 0.5])
    >>> [float(line(count)) for count in (0, 5, 15, 99)]
    [0.0, 0.5, 0.75, 0.5]
    """

    boundaries: Any
    values: Any

    def __post_init__(self):
        _vectors(self, "boundaries", "values")
        checks.some(self, "values")
        if _is_vector(self.boundaries) and _is_vector(self.values):
            n = self.boundaries.shape[0]
            checks.matching(
                "PiecewiseLinear", "values", self.values.shape[0], "boundaries", n, n
            )

    def evaluate(self, count):
        after = _index(count, self.boundaries)
        last = self.boundaries.shape[0] - 1
        left, right = jnp.clip(after - 1, 0, last), jnp.clip(after, 0, last)
        start, end = self.boundaries[left], self.boundaries[right]
        length = jnp.maximum(end - start, 0)
        inside = (after > 0) & (after <= last)
        done = clock.fraction(clock.since(count, start), length)
        rest = clock.fraction(clock.until(count, end), length)
        done, rest = jnp.where(inside, done, 0), jnp.where(inside, rest, 1)
        return between(self.values[left], self.values[right], done, rest, done < 0.5)


class Table(AbstractSchedule):
    r"""A value for each count, the last one ever after.

    $$s(t) = v_{\min(t, n - 1)}$$ and between two counts the straight line.

    Args:
        values: $v_0, \dots, v_{n-1}$, at least one.

    >>> Table(values=[0.0, 0.5, 1.0])(1)
    Array(0.5, dtype=float32)
    """

    values: Any

    def __post_init__(self):
        _vectors(self, "values")
        checks.some(self, "values")

    def evaluate(self, count):
        last = self.values.shape[0] - 1
        if jnp.issubdtype(count.dtype, jnp.integer):
            return self.values[jnp.minimum(count, last)]
        count = jnp.minimum(count, last)
        left = jnp.floor(count).astype(clock.int_dtype())
        done = count - left.astype(count.dtype)
        right = jnp.minimum(left + 1, last)
        start, end = self.values[left], self.values[right]
        return between(start, end, done, 1 - done, done < 0.5)


def _vectors(node: Any, *names: str) -> None:
    """Sequences of numbers as one array each, so that a node has one leaf for all."""
    for name in names:
        value = getattr(node, name)
        if isinstance(value, (list, tuple)) and any(_is_traced(v) for v in value):
            value = _stacked(value)
        elif isinstance(value, (list, tuple, np.ndarray)):
            value = np.array(value)
            if name == "values" or value.size == 0:
                value = value.astype(np.float64 if name == "values" else np.int64)
            value.setflags(write=False)
        object.__setattr__(node, name, value)
        if isinstance(value, (np.ndarray, jax.Array)):
            _check_vector(node, name, value)


def _is_traced(value: Any) -> bool:
    return isinstance(value, jax.Array)


def _stacked(values: Any) -> jax.Array:
    arrays = [jnp.asarray(v) for v in values]
    whole = all(jnp.issubdtype(a.dtype, jnp.integer) for a in arrays)
    dtype = clock.int_dtype() if whole else clock.float_dtype()
    return jnp.stack([a.astype(dtype) for a in arrays])


def _check_vector(node: Any, name: str, value: Any) -> None:
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


def _is_vector(value: Any) -> bool:
    return isinstance(value, (np.ndarray, jax.Array)) and value.ndim == 1


def _index(count: jax.Array, boundaries: jax.Array) -> jax.Array:
    """How many boundaries are over at each count."""
    row = jnp.expand_dims(boundaries, tuple(range(count.ndim)))
    is_over = clock.reached(count[..., None], row)
    return jnp.sum(is_over, axis=-1, dtype=clock.int_dtype())
