"""Who descends from whom, as it is drawn."""

import numpy as np
import pytest

from jaxsched.plotting import plot_lineage

from .helpers import NAN, axes, finish

RNG = np.random.default_rng(0)
PARENTS = RNG.integers(0, 5, (6, 5))
SCORES = RNG.uniform(1, 2, (6, 5))


def by_kind(drawn):
    return {
        c.get_label(): {tuple(map(tuple, s)) for s in c.get_segments()}
        for c in drawn.collections
        if hasattr(c, "get_segments")
    }


def test_each_member_is_joined_to_its_parent():
    """Copies apart from those that go on; by a loop over both."""
    expected = {"goes on": set(), "is a copy": set()}
    for r in range(1, 6):
        for m in range(5):
            p = PARENTS[r, m]
            ends = ((r - 1, SCORES[r - 1, p]), (r, SCORES[r, m]))
            expected["goes on" if p == m else "is a copy"].add(ends)
    drawn = finish(plot_lineage(PARENTS, SCORES, axes=axes()))

    assert by_kind(drawn) == expected
    assert min(map(len, expected.values())) > 2


@pytest.mark.parametrize(("mode", "best"), [("min", np.argmin), ("max", np.argmax)])
def test_the_descent_of_the_best(mode, best):
    """Followed back to the first round."""
    drawn = plot_lineage(PARENTS, SCORES, mode, axes=axes())
    member = int(best(SCORES[-1]))
    path = []
    for r in range(5, -1, -1):
        path.insert(0, SCORES[r, member])
        member = PARENTS[r, member]

    np.testing.assert_array_equal(drawn.lines[0].get_ydata(), path)


def test_lost_scores_are_not_drawn():
    """A descent has a gap there; without any left nobody is the best."""
    scores = np.array([[1.0, 2.0], [NAN, np.inf], [3.0, 1.0]])
    drawn = finish(plot_lineage([[0, 1], [0, 1], [0, 0]], scores, axes=axes()))
    assert by_kind(drawn) == {}
    np.testing.assert_array_equal(drawn.lines[0].get_ydata(), [1, NAN, 1])

    ended = finish(plot_lineage([[0, 1], [0, 1]], [[1.0, 2.0], [NAN, NAN]], axes=axes()))
    assert not ended.lines
    nothing = finish(plot_lineage([[0]], [[NAN]], axes=axes()))
    assert [text.get_text() for text in nothing.texts] == ["no score is finite"]


def test_the_first_row_of_parents_says_nothing():
    """Whatever is in it; and one round alone is a row of dots."""
    some = [[-1, 99], [0, 0]]
    drawn = finish(plot_lineage(some, [[1.0, 2.0], [1.0, 3.0]], axes=axes()))
    assert drawn.lines[0].get_ydata().tolist() == [1, 1]
    assert len(finish(plot_lineage([[0, 1]], [[1.0, 2.0]], axes=axes())).lines) == 1


def test_what_is_no_lineage_is_refused():
    """Shapes, parents and modes."""
    with pytest.raises(ValueError, match=r"got \(1, 2\) and \(2, 2\)"):
        plot_lineage([[0, 1]], np.ones((2, 2)), axes=axes())
    with pytest.raises(ValueError, match="parents from 0 to 1"):
        plot_lineage([[0, 1], [0, 2]], np.ones((2, 2)), axes=axes())
    with pytest.raises(ValueError, match=r"plot_lineage\(mode=...\)"):
        plot_lineage(PARENTS, SCORES, "mni", axes=axes())
