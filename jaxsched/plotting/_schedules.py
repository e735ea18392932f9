"""The picture of schedules: values over counts, phases, plans."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from jaxsched._core import AbstractSchedule, as_schedule, checks, common_span, members_of
from jaxsched.analysis import describe
from jaxsched.combinators import Bundle
from jaxsched.sweeps import Members

from ._points import points
from ._style import GREY, key, label, look, new_figure, words

_MOST_MEMBERS = 21  # colours times styles
_DECADES = 3
_NARROWEST = 0.09  # share of the width at which a phase still has room for its name
_NAME_COLOUR = "#767676"  # is read on white and on black


def plot(
    schedules: Any,
    num_steps: int | None = None,
    *,
    axes: Any = None,
) -> Any:
    """Draws schedules over the count, each step as a step.

    Of a single one the phases are marked, with their names where there is room. The
    scale is logarithmic where that helps: all values are above 0, span three decades,
    and half of them are below a twentieth of the largest.

    Args:
        schedules: one (a schedule, number or function of the count), several in a
            sequence, or several by name; of a batch, as of `grid` and `sample`, at most
            21 members are drawn.
        num_steps: counts from 0 to this one. If not given, a tenth more than the
            longest takes to its end (`horizon()`); where none has an end, a few times
            the longest length in them.
        axes: Matplotlib axes, where to draw; a new figure of `pyplot` if not given.

    Returns:
        The axes.

    Raises:
        ImportError: without Matplotlib, which the extra `examples` brings.
        ValueError: if there are none, or a length is not in updates.

    >>> import jaxsched as js
    >>> from matplotlib.figure import Figure
    >>> axes = plot(js.warmup_constant_schedule(0.0, 0.1, 10), axes=Figure().subplots())
    >>> [text.get_text() for text in axes.texts]
    ['warmup', 'end']
    """
    named = _named(schedules)
    num_steps = _length(named, num_steps)
    axes = new_figure(1)[0] if axes is None else axes
    lines = [points(schedule, num_steps) for schedule in named.values()]
    for i, (name, line) in enumerate(zip(named, lines, strict=True)):
        axes.plot(*line, label=words(name), solid_joinstyle="miter", **look(i))
    label(axes, "update", "value")
    if _is_far([y for _, y in lines]):
        axes.set_yscale("log")
    if len(named) == 1:
        _mark_phases(axes, next(iter(named.values())), num_steps)
    elif not isinstance(schedules, AbstractSchedule):
        key(axes, axes.lines[-len(lines) :])
    return axes


def plot_plan(
    plan: Bundle | Mapping[str, Any], num_steps: int | None = None, *, axes: Any = None
) -> Any:
    """Draws everything that changes in a run: a panel for each, over the same counts.

    Args:
        plan: a bundle, or schedules by name.
        num_steps: as in `plot`, of all of them.
        axes: a sequence of Matplotlib axes, one for each name; a new figure of `pyplot`
            if not given.

    Returns:
        The axes, in an array.

    Raises:
        ValueError: if there are not as many axes as names.

    >>> import jaxsched as js
    >>> from matplotlib.figure import Figure
    >>> plan = js.bundle(learning_rate=js.Transition(0.1, 0.0, 100), b1=0.9)
    >>> panels = plot_plan(plan, axes=Figure().subplots(2, sharex=True))
    >>> [panel.get_ylabel() for panel in panels], panels[1].get_xlabel()
    (['learning rate', 'b1'], 'update')
    """
    if not isinstance(plan, (Bundle, Mapping)):
        raise TypeError(
            f"plot_plan needs a bundle, or schedules by name, got {type(plan).__name__}. "
            f"plot draws a single schedule."
        )
    named = {name: plan[name] for name in plan}
    checks.consistent(
        "plot_plan", "at least one schedule", bool(named), "none", "Give one."
    )
    num_steps = _length(
        {
            (name, i): member
            for name, schedule in named.items()
            for i, member in enumerate(_members(as_schedule(schedule)))
        },
        num_steps,
    )
    panels = np.ravel(new_figure(len(named)) if axes is None else axes)
    n, m = len(named), len(panels)
    checks.matching("plot_plan", "axes", m, "schedules", n, n)
    for panel, (name, schedule) in zip(panels, named.items(), strict=True):
        plot(schedule, num_steps, axes=panel)
        label(panel, "", words(name))
    panels[-1].set_xlabel("update")
    return panels


def _named(schedules: Any) -> dict[str, Any]:
    """Single schedules by name."""
    if isinstance(schedules, Members):
        schedules = schedules.schedules
    if isinstance(schedules, (Mapping, Bundle)):
        named = {str(name): as_schedule(schedules[name]) for name in schedules}
    elif isinstance(schedules, Iterable) and not isinstance(schedules, AbstractSchedule):
        several = map(as_schedule, schedules)
        named = {f"{i}: {_shapes(one)}": one for i, one in enumerate(several)}
    else:
        members = _members(as_schedule(schedules))
        return {f"member {i}": member for i, member in enumerate(members)}
    checks.consistent("plot", "at least one schedule", bool(named), "none", "Give one.")
    return named


def _shapes(schedule: Any) -> str:
    """The shapes of its phases, or the value that it is."""
    phases = describe(schedule)
    shapes = dict.fromkeys(p.shape for p in phases if p.shape != "constant")
    return ", ".join(shapes) or f"{phases[0].first:.4g}"


def _members(schedule: Any) -> list[Any]:
    checks.resolved(schedule)
    return members_of(schedule, _MOST_MEMBERS)


def _length(named: Mapping[Any, Any], num_steps: int | None) -> int:
    if num_steps is None:
        return common_span(list(named.values()))
    checks.size("plot", num_steps=num_steps)
    return num_steps


def _is_far(lines: list[np.ndarray]) -> bool:
    """Whether on a linear scale half of the values would be next to nothing."""
    values = np.concatenate(lines)
    values = values[np.isfinite(values)]
    if not values.size or values.min() <= 0:
        return False
    most = values.max()
    return bool(most >= 10**_DECADES * values.min() and np.median(values) < most / 20)


def _mark_phases(axes: Any, schedule: Any, num_steps: int) -> None:
    """Light lines at the counts where phases begin, and their names above."""
    phases = [phase for phase in describe(schedule) if phase.start < num_steps]
    if len(phases) < 2:
        return
    for phase in phases[1:]:
        axes.axvline(phase.start, color=GREY, linewidth=0.8, alpha=0.6, zorder=0)
    for phase in phases:
        stop = min(phase.stop, num_steps)
        if stop - phase.start < _NARROWEST * num_steps:
            continue
        axes.annotate(
            phase.name,
            ((phase.start + stop) / 2, 1.0),
            (0, 3),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize="x-small",
            color=_NAME_COLOUR,
        )
