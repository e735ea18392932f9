"""The picture of all settings: a line for each member, across an axis for each setting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jaxsched.sweeps import SweepResult

from ._data import are_numbers, setting, varying
from ._style import GREY, colour_bar, colouring, is_wide, say_empty, words

_MOST_LINES, _MOST_NAMES = 500, 16
_BELOW = -0.1  # the height of members without a setting


def plot_parallel(
    result: SweepResult,
    metric: str,
    mode: str = "min",
    *,
    settings: Sequence[str] | None = None,
    axes: Any,
) -> Any:
    """Draws members across their settings to their score, the best ones on top and dark.

    Each vertical axis goes from the lowest value to the highest, in ratios if its values
    are wide and positive (and a score is to fall); words are spread in the order in
    which they appear. Members without a setting pass below its axis. The lines of
    those that diverged are grey and end before the score. Of more than 500 members as many
    are drawn, evenly from the best to the worst.

    Args:
        result: of a sweep.
        metric: the score, evaluated or reported.
        mode: whether it is to fall ("min") or to rise ("max").
        settings: names, in the order of the axes; None is all that vary.
        axes: Matplotlib axes, where to draw.

    Returns:
        The axes. Their last collection holds the lines with a score, on axes from 0 to 1.

    Raises:
        KeyError: if the metric or a setting is unknown.
        ValueError: if the mode does not exist.

    >>> from matplotlib.figure import Figure
    >>> loss = np.array([1.0, 3.0, 2.0])[:, None, None]
    >>> result = SweepResult({"loss": loss}, {}, np.array([]),
    ...                      [{"peak": peak} for peak in (0.1, 1.0, 10.0)], [""] * 3,
    ...                      [0], 0.0)
    >>> axes = plot_parallel(result, "loss", axes=Figure().subplots())
    >>> axes.collections[-1].get_segments()[-1]  # member 0, the best
    array([[0., 0.], [1., 0.]])

    Source: Inselberg, The Plane with Parallel Coordinates, 1985.
    """
    order = result.ranking(metric, mode)
    values = result.scores(metric)
    shown = np.unique(np.linspace(0, len(order) - 1, _MOST_LINES).astype(np.int64))
    names = varying(result) if settings is None else list(settings)
    columns = [setting(result, name) for name in names]
    scales = [_with_none(*_scale(column)) for column in columns]
    known = [None if np.isnan(v) else v for v in values]
    scales.append(_scale(known, is_log=mode == "min"))
    heights = np.stack([at for at, _ in scales], axis=1)
    drawn = order[shown][::-1]  # the best last, on top
    lost = drawn[np.isnan(values[drawn])]
    kept = drawn[~np.isnan(values[drawn])]
    _lines(axes, heights[lost, :-1], {"colors": GREY, "alpha": 0.6, "linewidths": 0.8})
    if not kept.size and len(names) < 2:
        return say_empty(axes, "every member diverged")
    if kept.size:
        colours = colouring(values, mode)
        _lines(axes, heights[kept], {"array": values[kept], "linewidths": 1.2}, colours)
        colour_bar(axes, colours, words(metric))
    _axes(axes, [*names, metric], [ticks for _, ticks in scales])
    return axes


def _lines(axes: Any, heights: np.ndarray, looks: Any, colours: Any = None) -> None:
    from matplotlib.collections import LineCollection

    if heights.size:
        x = np.broadcast_to(np.arange(heights.shape[1]), heights.shape)
        if colours is not None:
            looks = {**looks, "norm": colours.norm, "cmap": colours.cmap}
        axes.add_collection(LineCollection(list(np.stack([x, heights], -1)), **looks))


def _scale(
    values: list[Any], *, is_log: bool = True
) -> tuple[np.ndarray, list[tuple[float, str]]]:
    """Heights from 0 to 1, NaN if there is no value, and ticks."""
    if not are_numbers(values):
        known = list(dict.fromkeys(str(v) for v in values if v is not None))
        at = {word: (i + 0.5) / len(known) for i, word in enumerate(known)}
        heights = [np.nan if v is None else at[str(v)] for v in values]
        ticks = [(height, words(word)) for word, height in at.items()]
        return np.asarray(heights), ticks[:: -(-len(ticks) // _MOST_NAMES)]
    x = np.asarray([np.nan if v is None else v for v in values], np.float64)
    finite = x[np.isfinite(x)]
    if not finite.size or finite.min() == finite.max():
        return np.where(np.isfinite(x), 0.5, np.nan), [
            (0.5, f"{v:.4g}") for v in finite[:1]
        ]
    is_log = is_log and is_wide(finite)
    x = np.log(x) if is_log else x
    low, high = np.nanmin(x), np.nanmax(x)
    marks = np.unique(x[np.isfinite(x)])
    if len(marks) > 2 and np.diff(marks).min() < (high - low) / _MOST_NAMES:
        marks = np.linspace(low, high, 5)
    shown = np.exp(marks) if is_log else marks
    places = (marks - low) / (high - low)
    ticks = [(float(h), f"{v:.3g}") for h, v in zip(places, shown, strict=True)]
    return (x - low) / (high - low), ticks


def _with_none(
    heights: np.ndarray, ticks: list[tuple[float, str]]
) -> tuple[np.ndarray, list[tuple[float, str]]]:
    if np.isnan(heights).any():
        ticks = [(_BELOW, "none"), *ticks]
    return np.where(np.isnan(heights), _BELOW, heights), ticks


def _axes(axes: Any, names: list[str], ticks: list[list[tuple[float, str]]]) -> None:
    back: Any = {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.8}
    for i, marks in enumerate(ticks):
        axes.plot([i, i], [0, 1], color="black", linewidth=0.8)
        for height, text in marks:
            where: Any = {"ha": "left", "va": "center", "fontsize": "small", "bbox": back}
            axes.annotate(text, (i, height), (4, 0), textcoords="offset points", **where)
    axes.set_xlim(-0.05, (len(names) - 1) * 1.045 + 0.05)
    lowest = min([0.0, *(height for marks in ticks for height, _ in marks)])
    axes.set_ylim(lowest - 0.05, 1.05)
    axes.set_xticks(range(len(names)), [words(name) for name in names])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
