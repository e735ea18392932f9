"""The picture of training: a metric over updates, with what the seeds make of it."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from jaxsched._core import checks
from jaxsched.sweeps import SweepResult

from ._style import falls_far, key, label, look, words

_MOST_POINTS = 2_001
_MOST_NAMES = 21  # colours times styles


def plot_curves(
    result: SweepResult,
    metric: str,
    members: Mapping[str, int] | Iterable[int] | None = None,
    *,
    window: int = 1,
    axes: Any,
) -> Any:
    """Draws a metric over the updates: means over seeds, within the range of the seeds.

    A line ends where a seed is no longer finite, with a cross: the mean of those that
    are left would flatter the schedule. Of more than 2 001 updates as many are drawn,
    evenly spaced.

    Args:
        result: of a sweep.
        metric: what was evaluated or reported.
        members: their numbers, or their numbers by name; None is all of them.
        window: values that are averaged, from each to those before it: the loss of
            minibatches is a blur without.
        axes: Matplotlib axes, where to draw.

    Returns:
        The axes; logarithmic if a line falls to a tenth of what there is, above 0.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if a member does not exist, or the window is longer than the run.

    >>> from matplotlib.figure import Figure
    >>> loss = np.array([[[4.0, 2.0, 1.0], [2.0, 1.0, 1.0]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), [{}], [""], [0, 1], 0.0)
    >>> axes = plot_curves(result, "loss", {"constant": 0}, axes=Figure().subplots())
    >>> axes.lines[0].get_ydata()
    array([3. , 1.5, 1. ])
    """
    named = _named(range(result.num_members) if members is None else members)
    steps, table = result.series(metric)
    _check(result, named, window, len(steps))
    points = np.linspace(window - 1, len(steps) - 1, _MOST_POINTS).astype(np.int64)
    points = np.unique(points)
    lines, means = [], []
    alpha = min(0.15, 0.4 / max(len(named), 1))  # many bands are one grey
    for i, (name, member) in enumerate(named.items()):
        seeds = _smooth(table[member], window)[:, points - (window - 1)]
        x, y = steps[points], seeds.mean(axis=0)
        lines += axes.plot(x, y, label=words(name), marker=_marker(y), **look(i))
        if len(seeds) > 1:
            low, high = seeds.min(axis=0), seeds.max(axis=0)
            colour = look(i)["color"]
            axes.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0)
        if np.isnan(y).any():
            _end(axes, x, y, look(i)["color"])
        means.append(y)
    label(axes, "update", words(metric))
    if falls_far(means):
        axes.set_yscale("log")
    key(axes, lines if len(lines) <= _MOST_NAMES else [])
    return axes


def _named(members: Mapping[str, int] | Iterable[int]) -> dict[str, int]:
    if isinstance(members, Mapping):
        return {str(name): i for name, i in members.items()}
    return {f"member {i}": i for i in members}


def _check(result: SweepResult, members: Mapping[str, int], window: int, n: int) -> None:
    last = result.num_members - 1
    for member in members.values():
        exists, given = 0 <= member <= last, f"member={member}"
        wanted = f"members from 0 to {last}"
        checks.consistent("plot_curves", wanted, exists, given, "Count from 0.")
    checks.size("plot_curves", window=window)
    given = f"window={window} of {n} values"
    advice = "Take a shorter one."
    checks.consistent("plot_curves", "a window in the run", window <= n, given, advice)


def _smooth(seeds: np.ndarray, width: int) -> np.ndarray:
    """Means over a window that moves along the updates; NaN of what is not finite."""
    # Differences of a running sum would lose all digits after a spike.
    seeds = np.where(np.isfinite(seeds), seeds, np.nan).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(seeds, width, axis=-1)
    return windows.mean(axis=-1)


def _marker(y: np.ndarray) -> str:
    """A line needs two points in a row to be seen."""
    return "o" if np.isfinite(y).sum() < 2 else ""


def _end(axes: Any, x: np.ndarray, y: np.ndarray, colour: str) -> None:
    before = np.flatnonzero(np.isfinite(y[: np.isnan(y).argmax()]))
    if before.size:
        axes.plot(x[before[-1]], y[before[-1]], "x", color=colour, markersize=8)
