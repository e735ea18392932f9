"""The check of a random key, for all that draws."""

from typing import Any

import jax
import jax.numpy as jnp


def random_key(who: str, key: Any) -> jax.Array:
    """A random key of the new kind.

    Raises:
        TypeError: for what is no key.
    """
    if not isinstance(key, jax.Array):
        raise TypeError(
            f"{who}(key=...) must be a JAX random key, got {key!r}. "
            f"Make one: jax.random.key(0)."
        )
    is_typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return key if is_typed else jax.random.wrap_key_data(key)
