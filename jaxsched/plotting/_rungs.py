"""The picture of successive halving: who is stopped at which rung."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxsched._core import checks

from ._style import GREY, falls_far, is_wide, key, label, look, say_empty

_MOST_NAMES = 6


def plot_rungs(rungs: Sequence[tuple[int, Mapping[int, float]]], *, axes: Any) -> Any:
    """Draws a bracket of successive halving: scores at each rung, and who goes on.

    A line joins the scores of a member; it ends, with a dot, at the rung where the member
    is stopped. Those of the last rung are in colour, the others grey. How many stand on a
    rung is written above it. Scores that are not finite are not drawn.

    Args:
        rungs: updates done, rising, and the score there of each member by its number;
            members that go on are on the next rung too.
        axes: Matplotlib axes, where to draw.

    Returns:
        The axes; logarithmic where updates rise, or scores fall, by ten times and more.

    Raises:
        ValueError: if the updates do not rise, or a member comes back.

    >>> from matplotlib.figure import Figure
    >>> rungs = [(1, {0: 3.0, 1: 4.0, 2: 5.0}), (3, {0: 2.0, 1: 2.5}), (9, {0: 1.0})]
    >>> axes = plot_rungs(rungs, axes=Figure().subplots())
    >>> {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    {'member 2': [5.0], 'member 1': [4.0, 2.5], 'member 0': [3.0, 2.0, 1.0]}
    """
    updates = [done for done, _ in rungs]
    _check_rungs(rungs, updates)
    tracks: dict[int, list[tuple[int, float]]] = {}
    for done, at in rungs:
        for member, score in at.items():
            if np.isfinite(score):
                tracks.setdefault(member, []).append((done, score))
    if not tracks:
        return say_empty(axes, "no score is finite")
    last = [member for member in rungs[-1][1] if member in tracks]
    lines = []
    for member, track in sorted(tracks.items(), key=lambda item: (len(item[1]), -item[0])):
        if member not in last:
            _track(axes, track, f"member {member}", {"color": GREY, "alpha": 0.7})
    for i, member in enumerate(last):
        shown = {**look(i), "linewidth": 2, "zorder": 3}
        lines += _track(axes, tracks[member], f"member {member}", shown)
    label(axes, "updates done", "score")
    if falls_far([np.asarray([y for _, y in track]) for track in tracks.values()]):
        axes.set_yscale("log")
    if is_wide(updates):
        axes.set_xscale("log")
    axes.set_xticks(updates, [str(done) for done in updates])
    axes.set_xticks([], minor=True)
    for done, at in rungs:
        where = (done, 1.0)
        text: Any = {"ha": "center", "va": "bottom", "fontsize": "small"}
        text |= {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points"}
        unit = " members" if done == updates[0] else ""
        axes.annotate(f"{len(at)}{unit}", where, (0, 5), **text)
    key(axes, lines if len(lines) <= _MOST_NAMES else [])
    return axes


def _track(axes: Any, track: list[tuple[int, float]], name: str, look: Any) -> Any:
    x, y = zip(*track, strict=True)
    return axes.plot(x, y, marker="o", markersize=4, markevery=[-1], label=name, **look)


def _check_rungs(rungs: Sequence[tuple[int, Mapping[int, float]]], updates: Any) -> None:
    rises = all(a < b for a, b in itertools.pairwise(updates))
    given = f"{updates}"
    checks.consistent("plot_rungs", "updates that rise", rises, given, "Sort the rungs.")
    for (_, before), (done, at) in itertools.pairwise(rungs):
        new = sorted(set(at) - set(before))
        given = f"{new} new at {done} updates"
        advice = "Draw another bracket on axes of its own."
        wanted = "rungs of members of the rung before"
        checks.consistent("plot_rungs", wanted, not new, given, advice)
