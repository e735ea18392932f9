"""A metric as a controller takes it: one number."""

from typing import Any

import chex
import jax
import jax.numpy as jnp

from jaxsched._core import clock


def one_number(node: Any, name: str, value: Any) -> jax.Array:
    """The metric as an array of the default float type, whatever it came as."""
    chex.assert_shape(
        value,
        (),
        custom_message=f"{type(node).__name__} needs one number as its {name}, got shape "
        f"{jnp.shape(value)}. Take a mean",
    )
    return clock.as_float(value)
