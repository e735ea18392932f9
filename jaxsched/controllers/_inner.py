"""The inner product of two trees, of gradients and the like."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import clock


def inner_product(a: Any, b: Any) -> jax.Array:
    """The real part of it, summed in the default float type whatever theirs.

    As products and a sum: a `dot` may be of fewer digits on an accelerator.
    """

    def product(x: Any, y: Any) -> jax.Array:
        dtype = jnp.promote_types(jnp.result_type(x, y), clock.float_dtype())
        x, y = jnp.asarray(x, dtype), jnp.asarray(y, dtype)
        return jnp.sum(jnp.real(jnp.conj(x) * y))

    return clock.as_float(sum(jax.tree.leaves(jax.tree.map(product, a, b)), 0.0))
