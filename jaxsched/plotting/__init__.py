"""Pictures, with Matplotlib (extra `examples`)."""

from ._schedules import plot as plot
from ._sweep import plot_sweep as plot_sweep
from ._sweep import require_matplotlib as require_matplotlib

__all__ = ["plot", "plot_sweep", "require_matplotlib"]
