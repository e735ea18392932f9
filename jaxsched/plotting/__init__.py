"""Pictures, with Matplotlib (extra `examples`), and a page that holds them."""

from ._comparison import plot_comparison as plot_comparison
from ._curves import plot_curves as plot_curves
from ._findings import plot_convergence as plot_convergence
from ._findings import plot_pareto as plot_pareto
from ._findings import plot_sensitivity as plot_sensitivity
from ._heatmap import plot_heatmap as plot_heatmap
from ._lineage import plot_lineage as plot_lineage
from ._parallel import plot_parallel as plot_parallel
from ._range_test import plot_range_test as plot_range_test
from ._report import write_report as write_report
from ._rungs import plot_rungs as plot_rungs
from ._schedules import plot as plot
from ._schedules import plot_plan as plot_plan
from ._style import require_matplotlib as require_matplotlib
from ._sweep import plot_sweep as plot_sweep

__all__ = [
    "plot",
    "plot_comparison",
    "plot_convergence",
    "plot_curves",
    "plot_heatmap",
    "plot_lineage",
    "plot_parallel",
    "plot_pareto",
    "plot_plan",
    "plot_range_test",
    "plot_rungs",
    "plot_sensitivity",
    "plot_sweep",
    "require_matplotlib",
    "write_report",
]
