"""The picture of schedules: values over counts."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractSchedule


def plot(
    schedules: AbstractSchedule | Mapping[str, AbstractSchedule],
    num_steps: int,
    *,
    axes: Any,
) -> Any:
    """Draws schedules on Matplotlib axes, and returns the axes.

    Args:
        schedules: one, or several by name.
        num_steps: counts from 0 to this one.
        axes: where to draw.

    >>> import jaxsched as js
    >>> from matplotlib.figure import Figure
    >>> axes = plot(js.cosine_decay_schedule(0.1, 100), 120, axes=Figure().subplots())
    >>> axes.get_xlabel()
    'update'
    """
    named = schedules if isinstance(schedules, Mapping) else {"": schedules}
    counts = np.unique(np.linspace(0, num_steps, 2_001).astype(np.int64))
    for name, schedule in named.items():
        axes.plot(counts, np.asarray(schedule(jnp.asarray(counts))), label=name or None)
    axes.set_xlabel("update")
    axes.set_ylabel("value")
    if "" not in named:
        axes.legend()
    return axes
