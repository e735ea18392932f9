"""The picture of a comparison: how the tuned schedules train, and how they end."""

from typing import Any

from jaxsched.analysis import ScheduleComparison

from ._curves import plot_curves
from ._style import GREY, is_wide, label, look, say_empty, words

_MOST_LINES = 7


def plot_comparison(found: ScheduleComparison, *, axes: tuple[Any, Any]) -> Any:
    """Draws losses on the way, then scores with their intervals, the best on top.

    Losses are means over seeds within the range of the seeds, smoothed over a twentieth
    of the updates; of more than 7 kinds those of the best 7, and the others have grey
    scores. A hollow dot is a kind whose best peak value is at the edge of those that were
    tried. The dashed line is the baseline's score. A kind that diverged at a seed has no
    dot.

    Args:
        found: what `analysis.compare` gave.
        axes: two Matplotlib axes, where to draw.

    Returns:
        The axes; logarithmic where losses fall, or scores that are to, by ten times.

    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from jaxsched.sweeps import SweepResult
    >>> loss = np.array([[[0.5], [0.25]]])
    >>> rows = [{"family": "constant", "peak_value": 0.1}]
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), rows, [""], [0, 1], 0.0)
    >>> found = ScheduleComparison(result, result, "loss", "constant")
    >>> losses, scores = plot_comparison(found, axes=Figure().subplots(1, 2))
    >>> losses.get_ylabel(), scores.get_xlabel()
    ('loss', 'loss')
    """
    losses, scores = axes
    members = {row.name: found.names.index(row.name) for row in found.rows}
    shown = dict(list(members.items())[:_MOST_LINES])
    num_values = len(found.final.series(found.loss)[0])
    window = max(num_values // 20, 1)
    plot_curves(found.final, found.loss, shown, window=window, axes=losses)
    _plot_scores(found, axes=scores)
    return losses, scores


def _plot_scores(found: ScheduleComparison, *, axes: Any) -> None:
    for place, row in enumerate(found.rows):
        mean, low, high, _, num_diverged = row.score
        if num_diverged:
            continue
        colour = look(place)["color"] if place < _MOST_LINES else GREY
        face = "white" if row.edge else colour
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        dot: Any = {"markeredgecolor": colour, "markerfacecolor": face}
        axes.plot(mean, place, "o", markersize=7, **dot)
        if row.name == found.baseline:
            axes.axvline(mean, color=GREY, linestyle="--", linewidth=1, zorder=0)
    if all(row.score.num_diverged for row in found.rows):
        say_empty(axes, "every kind diverged")
        return
    label(axes, words(found.score), "")
    ends = [end for row in found.rows for end in row.score[1:3]]
    if found.mode == "min" and is_wide(ends):  # what is to rise has its best far from 0
        axes.set_xscale("log")
    axes.set_yticks(range(len(found.rows)), [words(row.name) for row in found.rows])
    axes.set_ylim(max(len(found.rows), 4) - 0.5, -0.5)  # one alone is not in the middle
