"""The picture of two settings: a score for each pair of their values."""

from itertools import pairwise
from typing import Any

import numpy as np

from jaxsched._core import checks
from jaxsched.sweeps import SweepResult

from ._data import are_numbers, setting
from ._style import GREY, colour_bar, colouring, is_wide, say_empty, words

_MODES = ("min", "max")
_MOST_VALUES, _NUM_BINS, _MOST_NAMES = 16, 10, 25


def plot_heatmap(
    result: SweepResult, metric: str, mode: str = "min", *, x: str, y: str, axes: Any
) -> Any:
    """Draws the score over two settings: means over all other settings and seeds.

    Members that diverged at some seed have no score and are left out of the means. A cell
    with such members has a cross, and is grey if there are no others; a cell that nobody
    tried is empty. Dark is good. A numeric setting with more than 16 values is cut into
    10 bins, of equal ratios if its values are wide and positive.

    Args:
        result: of a sweep.
        metric: the score, evaluated or reported.
        mode: whether it is to fall ("min") or to rise ("max").
        x: the setting from left to right, numbers or words; "family" is one of a pool.
        y: the setting from bottom to top.
        axes: Matplotlib axes, where to draw; their figure gets a colour bar.

    Returns:
        The axes. The means are the array of their first collection.

    Raises:
        KeyError: if the metric or a setting is unknown.
        ValueError: if the mode does not exist.

    >>> from matplotlib.figure import Figure
    >>> loss = np.array([1.0, 2.0, 3.0, 5.0])[:, None, None]
    >>> result = SweepResult({"loss": loss}, {}, np.array([]),
    ...                      [{"peak": a, "decay": b} for a in (0.1, 0.2) for b in (1, 2)],
    ...                      [""] * 4, [0], 0.0)
    >>> axes = plot_heatmap(result, "loss", x="peak", y="decay", axes=Figure().subplots())
    >>> axes.collections[0].get_array().tolist()
    [[1.0, 3.0], [2.0, 5.0]]
    """
    checks.choice("plot_heatmap", mode=mode, choices=_MODES)
    columns, across = _cells(setting(result, x))
    rows, up = _cells(setting(result, y))
    values = result.scores(metric)
    shape = (len(up), len(across))
    sums, counts, lost = (np.zeros(shape) for _ in range(3))
    there = (columns >= 0) & (rows >= 0)
    scored, gone = there & np.isfinite(values), there & ~np.isfinite(values)
    np.add.at(sums, (rows[scored], columns[scored]), values[scored])
    np.add.at(counts, (rows[scored], columns[scored]), 1)
    np.add.at(lost, (rows[gone], columns[gone]), 1)
    if not there.any():
        return say_empty(axes, "no member has both settings")
    with np.errstate(invalid="ignore"):
        means = np.ma.masked_invalid(sums / counts)
    colours = colouring(means.compressed(), mode)
    axes.pcolormesh(means, norm=colours.norm, cmap=colours.cmap)
    _cross(axes, lost > 0, lost * (counts == 0) > 0)
    if scored.any():
        colour_bar(axes, colours, words(metric))
    _ticks(axes, x, y, across, up)
    return axes


def _cells(values: list[Any]) -> tuple[np.ndarray, list[str]]:
    """The place of each value on an axis, -1 if it is missing, and their names."""
    if not are_numbers(values):
        names = list(dict.fromkeys(str(v) for v in values if v is not None))
        return np.asarray([names.index(str(v)) if v is not None else -1 for v in values]), [
            words(name) for name in names
        ]
    x = np.asarray([np.nan if v is None else v for v in values], np.float64)
    there = np.isfinite(x)
    distinct, groups = np.unique(x[there], return_inverse=True)
    names = [f"{v:.4g}" for v in distinct]
    if len(distinct) > _MOST_VALUES:
        space = np.geomspace if is_wide(distinct) else np.linspace
        edges = space(distinct[0], distinct[-1], _NUM_BINS + 1)
        groups = np.searchsorted(edges[1:-1], x[there], side="right")
        names = [f"{a:.3g} to {b:.3g}" for a, b in pairwise(edges)]
    places = np.full(len(x), -1)
    places[there] = groups
    return places, names


def _cross(axes: Any, some: np.ndarray, every: np.ndarray) -> None:
    from matplotlib.patches import Patch

    handles = []
    if every.any():
        axes.pcolormesh(np.ma.masked_equal(every, 0), cmap=_plain(), vmin=0, vmax=1)
        handles.append(Patch(color=GREY, label="all diverged"))
    if some.any():
        rows, columns = np.nonzero(some)
        look: Any = {"marker": "X", "s": 45, "color": "white", "edgecolors": "black"}
        crosses = axes.scatter(columns + 0.5, rows + 0.5, label="some diverged", **look)
        handles.append(crosses)
    if handles:
        place: Any = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2}
        axes.legend(handles=handles, frameon=False, fontsize="small", **place)


def _plain() -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([GREY])


def _ticks(axes: Any, x: str, y: str, across: list[str], up: list[str]) -> None:
    is_long = sum(map(len, across)) > 30
    turn: Any = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    for place, names, looks in (
        (axes.set_xticks, across, turn if is_long else {}),
        (axes.set_yticks, up, {}),
    ):
        every = slice(None, None, -(-len(names) // _MOST_NAMES))
        place((np.arange(len(names)) + 0.5)[every], names[every], **looks)
    axes.tick_params(labelsize="small", length=0)
    axes.set_xlabel(words(x))
    axes.set_ylabel(words(y))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
