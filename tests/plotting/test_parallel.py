"""Parallel coordinates: the heights of the lines, and which lie on top."""

import numpy as np
import pytest

from jaxsched.plotting import plot_parallel

from ..sweeps.outcomes import outcome
from .helpers import NAN, axes, finish, pooled

ROWS = [
    {"peak": 0.01, "curve": "a", "fixed": 1},
    {"peak": 0.1, "curve": "b", "fixed": 1},
    {"peak": 1.0, "curve": "a", "fixed": 1},
]


def segments(drawn):
    return [line[:, 1].tolist() for line in drawn.collections[-1].get_segments()]


def test_heights():
    """In ratios, by words, in parts; fixed settings are left out; the best is last."""
    drawn = finish(plot_parallel(outcome([[3.0], [1.0], [2.0]], ROWS), "loss", axes=axes()))
    texts = [label.get_text() for label in drawn.get_xticklabels()]

    assert texts == ["peak", "curve", "loss"]
    np.testing.assert_allclose(
        segments(drawn), [[0, 0.25, 1], [1, 0.25, 0.5], [0.5, 0.75, 0]], atol=1e-12
    )
    assert drawn.collections[-1].get_array().tolist() == [3, 2, 1]


def test_the_highest_is_on_top_if_scores_rise():
    """And scores that rise are in parts, however wide."""
    result = outcome([[0.01], [1.0], [0.505]], ROWS)
    drawn = plot_parallel(result, "loss", "max", settings=["curve"], axes=axes())

    np.testing.assert_allclose(segments(drawn)[-1], [0.75, 1])
    np.testing.assert_allclose(segments(drawn)[1], [0.25, 0.5])
    falling = plot_parallel(result, "loss", settings=["curve"], axes=axes())
    np.testing.assert_allclose(segments(falling)[-1], [0.25, 0])
    np.testing.assert_allclose(segments(falling)[1][1], np.log10(0.505) / 2 + 1)


def test_diverged_members_end_before_the_score():
    """In grey, below the others, and not in the scale of the scores."""
    drawn = finish(plot_parallel(outcome([[1.0], [NAN], [3.0]], ROWS), "loss", axes=axes()))
    lost, kept = drawn.collections[:2]

    np.testing.assert_allclose(lost.get_segments()[0], [[0, 0.5], [1, 0.75]])
    assert len(kept.get_segments()) == 2
    every = finish(plot_parallel(outcome([[NAN]] * 3, ROWS), "loss", axes=axes()))
    assert len(every.collections[0].get_segments()) == 3


def test_members_without_a_setting_pass_below():
    """Which is said; none of a real height lies there."""
    drawn = finish(plot_parallel(pooled(), "loss", axes=axes()))
    heights = np.asarray(segments(drawn))

    assert heights.shape == (6, 4)
    assert (heights[:, 2] < 0).sum() == 3
    assert (heights[:, [0, 1, 3]] >= 0).all()
    assert [text.get_text() for text in drawn.texts].count("none") == 1


def test_many_members_are_thinned_from_best_to_worst():
    """Both ends stay."""
    rows = [{"x": k} for k in range(2_000)]
    drawn = plot_parallel(outcome(np.arange(2_000.0)[:, None], rows), "loss", axes=axes())
    shown = drawn.collections[-1].get_array()

    assert (len(shown), shown[0], shown[-1]) == (500, 1_999, 0)


def test_little_to_draw():
    """One member, ties, no settings, nobody left: no warning, no failure."""
    for scores, rows in (
        ([[1.0]], [{"x": 1}]),
        ([[1.0], [1.0]], [{"x": 1}, {"x": 2}]),
        ([[1.0], [2.0]], [{}, {}]),
        ([[NAN], [NAN]], [{}, {}]),
    ):
        drawn = finish(plot_parallel(outcome(scores, rows), "loss", axes=axes()))
    assert [text.get_text() for text in drawn.texts] == ["every member diverged"]


def test_unknown_names_are_refused():
    """Settings, metrics, modes."""
    result = pooled()
    with pytest.raises(KeyError, match="'z' must be one of family, peak, power"):
        plot_parallel(result, "loss", settings=["z"], axes=axes())
    with pytest.raises(KeyError, match="'acc' must be one of loss"):
        plot_parallel(result, "acc", axes=axes())
    with pytest.raises(ValueError, match="must be one of 'min', 'max'"):
        plot_parallel(result, "loss", "mni", axes=axes())
