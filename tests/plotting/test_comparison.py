"""Comparisons of schedules, as they are drawn."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from jaxsched.analysis import ScheduleComparison
from jaxsched.plotting import plot_comparison

from ..sweeps.outcomes import trajectories
from .helpers import NAN, finish


def comparison(num_kinds, num_steps=20, base=1.0):
    """Kind k falls to k + 1; the peak of the first is at the edge of what was tried."""
    names = [f"kind_{k}" for k in range(num_kinds)]
    fall = np.linspace(30, np.arange(num_kinds) + base, num_steps, axis=-1)
    loss = np.stack([fall, fall + base / 2], axis=1)
    one = [{"family": n, "peak_value": 0.2} for n in names]
    tried = [{"family": n, "peak_value": p} for n in names for p in (0.1, 0.2, 0.4)]
    scores = np.tile([[2.0], [1.0], [2.0]], (num_kinds, 1))
    scores[:3, 0] = [3, 2, 1]
    tuned = trajectories(scores[..., None].repeat(2, axis=1), settings=tried)
    final = trajectories(loss, settings=one)
    return ScheduleComparison(tuned, final, "loss", baseline=names[-1])


def drawn(found):
    axes = plot_comparison(found, axes=Figure(layout="constrained").subplots(1, 2))
    finish(axes[0])
    return axes


def test_scores_with_their_intervals():
    """From the best on top; hollow at the edge; dashed through the baseline's."""
    found = comparison(3)
    _, scores = drawn(found)
    intervals, dots = scores.lines[0:6:2], scores.lines[1:6:2]

    for place, (line, dot, row) in enumerate(zip(intervals, dots, found.rows, strict=True)):
        assert line.get_xydata().tolist() == [
            [row.score.low, place],
            [row.score.high, place],
        ]
        assert dot.get_xydata().tolist() == [[row.score.mean, place]]
    assert [text.get_text() for text in scores.get_yticklabels()] == [
        "kind 0",
        "kind 1",
        "kind 2",
    ]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [True, False, False]
    assert scores.lines[-1].get_xdata() == [3.25, 3.25]
    assert scores.get_ylim()[0] > scores.get_ylim()[1]


@pytest.mark.parametrize(
    ("base", "mode", "scale"),
    [(100.0, "min", "log"), (100.0, "max", "linear"), (1.0, "min", "linear")],
)
def test_scores_in_ratios_where_it_helps(base, mode, scale):
    """Those that are to fall, if their intervals are above 0 and wide."""
    found = dataclasses.replace(comparison(2, base=base), mode=mode, confidence=0.05)
    found.final.curves["loss"][1] *= 20 if base > 1 else 1
    _, scores = drawn(found)

    assert scores.get_xscale() == scale


def test_a_kind_has_one_colour():
    """On both axes."""
    losses, scores = drawn(comparison(3))

    lines = {line.get_label(): line.get_color() for line in losses.lines}
    dots = scores.lines[1:6:2]
    assert [dot.get_markeredgecolor() for dot in dots] == list(lines.values())
    assert list(lines) == ["kind 0", "kind 1", "kind 2"]
    assert losses.lines[0].get_xydata().shape == (20, 2)


def test_losses_are_smoothed_over_a_twentieth():
    """Of 60 updates 3, so the first point is at the third."""
    losses, _ = drawn(comparison(2, num_steps=60))

    assert losses.lines[0].get_xdata()[0] == 3


@pytest.mark.parametrize(("num_kinds", "num_lines"), [(7, 7), (13, 7)])
def test_of_many_the_best_are_lines(num_kinds, num_lines):
    """All are scores."""
    losses, scores = drawn(comparison(num_kinds))

    assert len(losses.lines) == num_lines
    assert len(scores.get_yticklabels()) == num_kinds


def test_what_diverged_has_no_dot():
    """Nor is there anything to see if all did."""
    found = comparison(2)
    found.final.curves["loss"][1, 0, 10:] = NAN
    _, scores = drawn(found)
    assert len(scores.lines) == 2  # the baseline is that which diverged

    found = comparison(2)
    found.final.curves["loss"][:, 0, 10:] = NAN
    _, scores = drawn(found)
    assert [text.get_text() for text in scores.texts] == ["every kind diverged"]
