"""Brackets of successive halving, as they are drawn."""

import numpy as np
import pytest

from jaxsched.plotting import plot_rungs

from .helpers import NAN, axes, finish

RUNGS = [
    (1, {0: 3.0, 1: 4.0, 2: 5.0, 5: NAN}),
    (3, {0: 2.0, 1: NAN}),
    (9, {0: 0.25}),
]


def test_a_line_for_each_member_up_to_where_it_is_stopped():
    """Scores that are not finite are left out; counts of members are not."""
    drawn = finish(plot_rungs(RUNGS, axes=axes()))
    lines = {line.get_label(): line.get_xydata().tolist() for line in drawn.lines}

    assert lines == {
        "member 0": [[1, 3.0], [3, 2.0], [9, 0.25]],
        "member 1": [[1, 4.0]],
        "member 2": [[1, 5.0]],
    }
    assert [text.get_text() for text in drawn.texts] == ["4 members", "2", "1"]
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == ["member 0"]
    assert drawn.get_xticks().tolist() == [1, 3, 9]


@pytest.mark.parametrize(
    ("factor", "last", "scales"),
    [(2, 3.0, ("linear", "linear")), (4, 0.1, ("log", "log"))],
)
def test_log_scales_where_they_help(factor, last, scales):
    """Updates that rise, and scores that fall, by ten times."""
    rungs = [(10 * factor**k, {0: 4.0 if k < 2 else last}) for k in range(3)]
    drawn = finish(plot_rungs(rungs, axes=axes()))

    assert (drawn.get_xscale(), drawn.get_yscale()) == scales


def test_little_to_draw():
    """One rung, from the start on; nothing finite; nothing."""
    assert len(finish(plot_rungs([(0, {7: 1.0})], axes=axes())).lines) == 1
    for rungs in ([(1, {0: NAN, 1: np.inf})], []):
        drawn = finish(plot_rungs(rungs, axes=axes()))
        assert [text.get_text() for text in drawn.texts] == ["no score is finite"]


def test_what_is_no_bracket_is_refused():
    """Updates that fall, and members from nowhere."""
    with pytest.raises(ValueError, match=r"updates that rise, got \[3, 1\]"):
        plot_rungs([(3, {0: 1.0}), (1, {0: 1.0})], axes=axes())
    with pytest.raises(ValueError, match=r"got \[4\] new at 3 updates"):
        plot_rungs([(1, {0: 1.0}), (3, {0: 1.0, 4: 1.0})], axes=axes())
