"""A long loop that can be differentiated without keeping all of its states."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def unroll(
    step: Callable[[Any, Any], tuple[Any, Any]], state: Any, inputs: Any
) -> tuple[Any, Any]:
    r"""`jax.lax.scan`, whose gradient keeps about $2 \sqrt T$ states instead of $T$.

    Segments of about $\sqrt T$ steps are run once more when their gradient is due; only
    the states between segments are kept on the way.
    """
    num_steps = len(jax.tree.leaves(inputs)[0])
    length = _segment_length(num_steps)
    segments = num_steps // length
    whole = segments * length

    @jax.checkpoint
    def segment(state, inputs):
        return jax.lax.scan(step, state, inputs)

    def rows(x):
        return x[:whole].reshape(segments, length, *x.shape[1:])

    def flat(x):
        return x.reshape(whole, *x.shape[2:])

    state, outputs = jax.lax.scan(segment, state, jax.tree.map(rows, inputs))
    outputs = jax.tree.map(flat, outputs)
    if whole == num_steps:
        return state, outputs
    state, rest = segment(state, jax.tree.map(lambda x: x[whole:], inputs))
    return state, jax.tree.map(lambda *x: jnp.concatenate(x), outputs, rest)


def _segment_length(num_steps: int) -> int:
    """About the root; a divisor if one is near, since a rest is compiled once more."""
    root = math.isqrt(num_steps)
    divisors = [k for k in range(root, 2 * root + 1) if num_steps % k == 0]
    return divisors[0] if divisors else root
