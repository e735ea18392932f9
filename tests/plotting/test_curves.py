"""Curves: their points are the means, their bands the range of the seeds."""

import numpy as np
import pytest

from jaxsched.plotting import plot_curves

from ..sweeps.outcomes import trajectories
from .helpers import NAN, axes, crossed, finish, noisy

RESULT = noisy(crossed(peak=[0.1, 0.2, 0.3]))


def test_lines_are_means_and_bands_are_ranges():
    """Of each member asked for, in their order, by their names."""
    drawn = plot_curves(RESULT, "loss", {"second": 1, "first": 0}, axes=axes())

    assert [line.get_label() for line in drawn.lines] == ["second", "first"]
    for line, band, member in zip(drawn.lines, drawn.collections, [1, 0], strict=True):
        seeds = RESULT.curves["loss"][member]
        mean = sum(seeds) / len(seeds)
        np.testing.assert_allclose(line.get_ydata(), mean, rtol=1e-12)
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 21))
        corners = band.get_paths()[0].vertices
        for x in (1, 7, 20):
            y = corners[corners[:, 0] == x, 1]
            np.testing.assert_allclose(
                [y.min(), y.max()], [seeds[:, x - 1].min(), seeds[:, x - 1].max()]
            )


def test_evaluations_lie_at_their_updates():
    """Not at their numbers; members without a name get theirs."""
    result = trajectories(np.ones((2, 1, 9)), [[[0.5, 0.75]], [[0.25, 1.0]]], [4, 9])
    drawn = plot_curves(result, "accuracy", [1], axes=axes())

    assert drawn.lines[0].get_xydata().tolist() == [[4, 0.25], [9, 1.0]]
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == ["member 1"]
    assert not drawn.collections  # one seed has no range


def test_all_members_unless_told():
    """And no legend that nobody can read."""
    assert len(plot_curves(RESULT, "loss", axes=axes()).lines) == 3
    many = trajectories(np.ones((30, 1, 2)))
    assert plot_curves(many, "loss", axes=axes()).get_legend() is None


def test_a_window_averages_what_lies_before():
    """Over a window of 4, the first point is at the fourth update."""
    line = plot_curves(RESULT, "loss", [2], window=4, axes=axes()).lines[0]
    mean = RESULT.curves["loss"][2].mean(axis=0)
    expected = [mean[k - 4 : k].mean() for k in range(4, 21)]

    np.testing.assert_array_equal(line.get_xdata(), np.arange(4, 21))
    np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-12)


@pytest.mark.parametrize("lost", [NAN, np.inf, -np.inf])
def test_a_line_ends_where_a_seed_does(lost):
    """With a cross, though the other seed goes on; its band ends there too."""
    loss = np.array([[[4.0, 2.0, 1.0, 1.0], [4.0, 4.0, lost, lost]]])
    drawn = finish(plot_curves(trajectories(loss), "loss", axes=axes()))
    line, cross = drawn.lines

    np.testing.assert_array_equal(line.get_ydata(), [4, 3, NAN, NAN])
    assert cross.get_xydata().tolist() == [[2, 3]]
    assert drawn.collections[0].get_datalim(drawn.transData).xmax == 2


def test_a_run_that_is_lost_at_once_is_an_empty_line():
    """No cross either; and one that has a single point shows it."""
    drawn = plot_curves(trajectories([[[NAN, NAN]], [[1.0, NAN]]]), "loss", axes=axes())

    assert len(drawn.lines) == 3
    assert np.isnan(drawn.lines[0].get_ydata()).all()
    assert drawn.lines[1].get_marker() == "o"


@pytest.mark.parametrize(
    ("curve", "scale"),
    [
        ([10.0, 5.0, 1.0], "log"),
        ([10.0, 5.0, 1.1], "linear"),
        ([0.05, 0.5, 0.9], "linear"),  # accuracies have their best far from 0
        ([10.0, 0.0, 0.0], "linear"),
        ([10.0, 1.0, -1.0], "linear"),
    ],
)
def test_log_scale_where_losses_fall_far(curve, scale):
    """To a tenth, and above 0."""
    drawn = plot_curves(trajectories([[curve]]), "loss", axes=axes())

    assert drawn.get_yscale() == scale


def test_long_runs_are_thinned():
    """To points of the run itself, its ends included."""
    loss = np.random.default_rng(0).random((1, 2, 30_000))
    line = plot_curves(trajectories(loss), "loss", axes=axes()).lines[0]
    x, y = line.get_xdata(), line.get_ydata()

    assert (len(x), x[0], x[-1]) == (2_001, 1, 30_000)
    np.testing.assert_allclose(y, loss[0].mean(axis=0)[x - 1], rtol=1e-12)


def test_names_are_no_mathematics():
    """Dollars and underscores are letters, and long names are cut."""
    names = {"$\\frac{$": 0, "_hidden": 1, "x" * 80: 2}
    drawn = finish(plot_curves(RESULT, "loss", names, axes=axes()))
    texts = [text.get_text() for text in drawn.get_legend().get_texts()]

    assert texts[:2] == ["\\$\\frac{\\$", "hidden"]
    assert len(texts[2]) < 40


def test_what_does_not_exist_is_refused():
    """Metrics, members, windows."""
    with pytest.raises(KeyError, match="'acc' must be one of loss"):
        plot_curves(RESULT, "acc", axes=axes())
    with pytest.raises(ValueError, match="members from 0 to 2, got member=3"):
        plot_curves(RESULT, "loss", [3], axes=axes())
    with pytest.raises(ValueError, match="a window in the run, got window=21 of 20"):
        plot_curves(RESULT, "loss", window=21, axes=axes())
    with pytest.raises(ValueError, match=r"plot_curves\(window=...\)"):
        plot_curves(RESULT, "loss", window=0, axes=axes())


def test_many_bands_are_lighter():
    """So that they do not add up to one grey."""
    found = trajectories(np.ones((8, 2, 3)))
    few, many = (plot_curves(found, "loss", range(n), axes=axes()) for n in (2, 8))

    assert few.collections[0].get_alpha() == 0.15
    assert [band.get_alpha() for band in many.collections] == [0.05] * 8
