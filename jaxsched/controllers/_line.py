"""The straight line that factors go along where no curve is given."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import clock, way_between


def line(start: Any, end: Any, count: Any, steps: Any) -> jax.Array:
    """From `start` at count 0 to `end` at count `steps`, both exact."""
    start, end = clock.as_float(start), clock.as_float(end)
    way = way_between(count, steps)
    near = jnp.where(way.from_start, start, end)
    far = jnp.where(way.from_start, end, start)
    return near + (far - near) * way.share
