"""The picture of a range test: losses over rates, and what the rules suggest."""

from typing import Any

import numpy as np

from jaxsched.analysis import RangeTest

from ._style import GREY, key, label, look, say_empty


def plot_range_test(found: RangeTest, *, axes: Any) -> Any:
    """Draws the losses of a range test over the rates, and the four suggestions.

    A thin line for each seed up to where it diverged, a thick one for the median over the
    seeds that are left; a vertical line at the median over seeds of what each rule says,
    with the rate in the legend. Lines at one place take turns. Where a seed has too few
    points for the rules, the title says so in their place.

    Args:
        found: what `analysis.range_test` or `parallel_range_test` gave.
        axes: Matplotlib axes, where to draw.

    Returns:
        The axes, with a logarithmic scale of rates.

    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> losses = np.array([[4.0, 3.0, 1.0, 0.9, 2.0]])
    >>> found = RangeTest(10.0 ** np.arange(-3, 2), losses, losses, np.array([5]), 0, 0)
    >>> axes = plot_range_test(found, axes=Figure().subplots())
    >>> [line.get_label() for line in axes.lines[-2:]]
    ['minimum / 10: 0.1', 'slide: 0.001']
    """
    shown = [
        np.where(np.arange(row.size) < stop, row, np.nan)
        for row, stop in zip(found.smoothed, found.stops, strict=True)
    ]
    table = np.asarray(shown)
    known = np.isfinite(table).any(axis=0)
    if not known.any():
        return say_empty(axes, "diverged at once")
    for row in table:
        axes.plot(found.rates, row, color=GREY, linewidth=0.8)
    middle = np.nanmedian(table[:, known], axis=0)
    axes.plot(found.rates[known], middle, color="black", linewidth=2)
    lines = _suggested(axes, found) if found.has_suggestions else []
    axes.set_xscale("log")
    start = np.nanmax(middle[: max(len(middle) // 2, 1)])
    axes.set_ylim(top=min(1.5 * start, np.nanmax(table)))
    title = "" if lines else "too few points for suggestions"
    label(axes, "learning rate", "loss", title)
    key(axes, lines)
    return axes


def _suggested(axes: Any, found: RangeTest) -> list[Any]:
    """A line for each rule; gives what the legend shows, which is not dashed."""
    from matplotlib.lines import Line2D

    shown = []
    for i, (rule, (_, rate, _)) in enumerate(found.spread().items()):
        name = "minimum / 10" if rule == "minimum" else rule
        looks = {**look(i), "linewidth": 2.5, "label": f"{name}: {rate:.2g}"}
        shown.append(Line2D([], [], **looks))
        dashes = (2 * i, (2, 6))  # each of the four fills a gap of the others
        axes.axvline(rate, **{**looks, "linestyle": dashes})
    return shown
