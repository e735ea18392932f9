"""Pictures, with Matplotlib (extra `examples`)."""

from ._schedules import plot as plot
from ._sweep import plot_sweep as plot_sweep

__all__ = ["plot", "plot_sweep"]
