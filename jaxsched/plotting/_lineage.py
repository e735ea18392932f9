"""The picture of a population: who descends from whom."""

from typing import Any

import numpy as np

from jaxsched._core import checks

from ._style import COLOURS, GREY, is_wide, key, label, say_empty

_MODES = ("min", "max")


def plot_lineage(parents: Any, scores: Any, mode: str = "min", *, axes: Any) -> Any:
    """Draws a population's scores over its rounds, and where each was copied from.

    A line joins each member to its parent of the round before: grey if it went on by
    itself, orange if it was copied from another. The line of descent of the best at the
    end is thick. Scores that are not finite are not drawn.

    Args:
        parents: `[rounds, members]`, whole numbers: whose state of the round before each
            member started from, itself if it was not replaced. The first row says nothing.
        scores: `[rounds, members]`, at the end of each round.
        mode: whether scores are to fall ("min") or to rise ("max").
        axes: Matplotlib axes, where to draw.

    Returns:
        The axes; their one line of two rounds or more is that of descent.

    Raises:
        ValueError: if the mode does not exist, the shapes differ, or there is no such
            parent.

    >>> from matplotlib.figure import Figure
    >>> axes = plot_lineage([[0, 1], [0, 0], [0, 1]], [[2.0, 4.0], [2.5, 1.5], [2.0, 1.0]],
    ...                     axes=Figure().subplots())
    >>> axes.lines[0].get_ydata()
    array([2. , 1.5, 1. ])

    Source: Jaderberg et al., Population Based Training of Neural Networks, 2017, figure 6.
    """
    from matplotlib.collections import LineCollection

    checks.choice("plot_lineage", mode=mode, choices=_MODES)
    parents, scores = np.asarray(parents), np.asarray(scores, np.float64)
    _check_lineage(parents, scores)
    scores = np.where(np.isfinite(scores), scores, np.nan)
    if np.isnan(scores).all():
        return say_empty(axes, "no score is finite")
    rounds, members = np.nonzero(np.ones_like(parents[1:], bool))
    origins = parents[1:][rounds, members]
    before = np.stack([rounds, scores[rounds, origins]], axis=-1)
    after = np.stack([rounds + 1, scores[rounds + 1, members]], axis=-1)
    segments, copied = np.stack([before, after], axis=1), origins != members
    drawn = np.isfinite(segments).all(axis=(1, 2))
    handles = []
    for name, rows, colour in (
        ("goes on", drawn & ~copied, GREY),
        ("is a copy", drawn & copied, COLOURS[1]),
    ):
        look: Any = {"colors": colour, "linewidths": 0.9, "label": name}
        if rows.any():
            handles.append(
                axes.add_collection(LineCollection(list(segments[rows]), **look))
            )
    at, known = np.nonzero(np.isfinite(scores))
    axes.scatter(at, scores[at, known], s=8, color=GREY, zorder=2)
    descent = _descent(parents, scores, mode)
    if descent.size:
        look = {"color": COLOURS[0], "linewidth": 2.5, "marker": "o", "markersize": 4}
        x = np.arange(len(descent))
        handles += axes.plot(x, descent, label="descent of the best", zorder=3, **look)
    axes.autoscale_view()
    label(axes, "round", "score")
    axes.xaxis.get_major_locator().set_params(integer=True)
    if mode == "min" and is_wide(scores):
        axes.set_yscale("log")
    key(axes, handles)
    return axes


def _descent(parents: np.ndarray, scores: np.ndarray, mode: str) -> np.ndarray:
    """Scores of the best at the end and of all it descends from; none if all are lost."""
    last = scores[-1] if mode == "min" else -scores[-1]
    if np.isnan(last).all():
        return np.zeros(0)
    member = int(np.nanargmin(last))
    path = []
    for row, origins in zip(scores[::-1], parents[::-1], strict=True):
        path.append(row[member])
        member = int(origins[member])
    return np.asarray(path[::-1])


def _check_lineage(parents: np.ndarray, scores: np.ndarray) -> None:
    given = f"{parents.shape} and {scores.shape}"
    alike = parents.shape == scores.shape and parents.ndim == 2 and parents.size > 0
    wanted = "parents and scores [rounds, members]"
    checks.consistent("plot_lineage", wanted, alike, given, "Match them.")
    num_members, rest = parents.shape[1], parents[1:]
    known = rest.size == 0 or (rest.min() >= 0 and rest.max() < num_members)
    given = f"parents={rest.tolist()}"
    wanted = f"parents from 0 to {num_members - 1}"
    checks.consistent("plot_lineage", wanted, bool(known), given, "Count from 0.")
