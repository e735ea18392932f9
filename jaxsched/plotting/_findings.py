"""The pictures of statistics: what matters, who converges when, who leads when."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxsched.sweeps import MainEffect, ParetoPoint, Survival

from ._style import COLOURS, GREY, falls_far, key, label, look, say_empty, words

_MOST_BARS = 16


def plot_sensitivity(effects: Sequence[MainEffect], *, axes: Any) -> Any:
    """Draws the share of variance that each setting explains, the largest on top.

    A tick on a bar marks the share that a setting gets by chance, if it does nothing.

    Args:
        effects: what `main_effects` gave; those without a share are left out, and of
            more than 16 the smallest.
        axes: Matplotlib axes, where to draw.

    >>> from matplotlib.figure import Figure
    >>> effects = [MainEffect("all", "peak", 0.75, 0.25, 3, 9, 0),
    ...            MainEffect("all", "decay", 0.125, 0.25, 3, 9, 0)]
    >>> axes = plot_sensitivity(effects, axes=Figure().subplots())
    >>> [float(bar.get_width()) for bar in axes.patches]
    [0.75, 0.125]
    """
    shown = sorted((e for e in effects if not np.isnan(e.share)), key=lambda e: -e.share)
    shown = shown[:_MOST_BARS]
    if not shown:
        return say_empty(axes, "no setting explains anything")
    places = np.arange(len(shown))
    axes.barh(places, [e.share for e in shown], height=0.6, color=COLOURS[0])
    chance: Any = {"marker": "|", "s": 160, "color": COLOURS[1], "linewidths": 2}
    ticks = axes.scatter([e.chance for e in shown], places, **chance, label="by chance")
    names = [e.setting if e.family == "all" else f"{e.family}: {e.setting}" for e in shown]
    axes.set_yticks(places, [words(name) for name in names])
    label(axes, "share of variance explained", "")
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, 1)
    axes.set_ylim(max(len(shown), 4) - 0.5, -0.5)  # one bar alone is not a wall
    axes.legend(handles=[ticks], fontsize="small", loc="lower right")
    return axes


def plot_convergence(curves: Mapping[str, Survival], num_steps: int, *, axes: Any) -> Any:
    """Draws the share of runs that have converged by an update: one less the survival.

    Args:
        curves: what `kaplan_meier` gave, by name.
        num_steps: where the steps end, the length of the runs.
        axes: Matplotlib axes, where to draw.

    >>> from jaxsched.sweeps import kaplan_meier
    >>> from matplotlib.figure import Figure
    >>> curve = kaplan_meier([6, 6, 7, 10], [True, False, True, False])
    >>> axes = plot_convergence({"cosine": curve}, 10, axes=Figure().subplots())
    >>> axes.lines[0].get_ydata()
    array([0.   , 0.25 , 0.625, 0.625])
    """
    lines = []
    for i, (name, curve) in enumerate(curves.items()):
        x = np.concatenate([[0.0], curve.times, [num_steps]])
        share = 1 - np.concatenate([[1.0], curve.survival])
        y = np.append(share, share[-1])
        lines += axes.step(x, y, where="post", label=words(name), **look(i))
    label(axes, "update", "share of runs converged")
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(0, num_steps)
    key(axes, lines)
    return axes


def plot_pareto(points: Sequence[ParetoPoint], num_steps: int, *, axes: Any) -> Any:
    """Draws the best quality that any member has by an update, and who has it.

    Args:
        points: what `pareto_front` gave.
        num_steps: where the steps end, the length of the runs.
        axes: Matplotlib axes, where to draw.

    >>> from matplotlib.figure import Figure
    >>> points = [ParetoPoint(1, 0, 3.0), ParetoPoint(2, 0, 2.5), ParetoPoint(3, 1, 1.0)]
    >>> axes = plot_pareto(points, 4, axes=Figure().subplots())
    >>> axes.lines[0].get_xydata().tolist()
    [[1.0, 3.0], [2.0, 2.5], [3.0, 1.0], [4.0, 1.0]]
    """
    if not points:
        return say_empty(axes, "every member diverged")
    x = [*(p.num_updates for p in points), max(num_steps, points[-1].num_updates)]
    y = [*(p.value for p in points), points[-1].value]
    axes.step(x, y, where="post", color=COLOURS[-1], linewidth=0.8)
    leaders = list(dict.fromkeys(p.member for p in reversed(points)))
    shown = []
    for i, member in enumerate(leaders):
        at = [(p.num_updates, p.value) for p in points if p.member == member]
        is_named = i < len(COLOURS) - 1
        colour = COLOURS[i] if is_named else GREY
        dots = axes.scatter(*zip(*at, strict=True), color=colour, s=22, zorder=3)
        dots.set_label(f"member {member}" if is_named else f"{len(leaders) - i} others")
        shown += [dots] if i < len(COLOURS) else []
    label(axes, "update", "best so far")
    if falls_far([np.asarray(y)]):
        axes.set_yscale("log")
    key(axes, shown)
    return axes
