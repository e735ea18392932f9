"""What the fields and arguments of a schedule may hold.

A type checker sees array-likes, because every number may be traced or batched.
At run time the two field types are plain `float` and `int`, so that configuration
tools can read them and the node can tell a value from a length.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

if TYPE_CHECKING:
    Real = float | jax.Array | np.ndarray | np.number
    Steps = float | jax.Array | np.ndarray | np.number
else:
    Real = float
    Steps = int

CountLike = float | jax.Array | np.ndarray | np.number
"""A count: a whole or fractional number of updates, or an array of them."""

ScheduleLike = float | jax.Array | np.ndarray | np.number | Callable[[Any], Any]
"""A number, any function of the count, or a schedule."""

Schedules = Any
"""A sequence of numbers, functions or schedules; held as a tuple of schedules."""
