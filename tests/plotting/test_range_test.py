"""Range tests, as they are drawn."""

import numpy as np

from jaxsched.analysis import RangeTest
from jaxsched.plotting import plot_range_test

from .helpers import axes, finish

RATES = 10.0 ** np.linspace(-4, 1, 40)
CURVE = 2.0 - 1.5 / (1 + np.exp(-3 * (np.log10(RATES) + 2))) + RATES**2


def test_a_line_for_each_seed_and_rule():
    """Up to where a seed stopped; the rules at the median over seeds."""
    losses = np.stack([CURVE, CURVE + 0.1, CURVE + 0.2])
    found = RangeTest(RATES, losses, losses, np.array([40, 30, 40]), 4, 5)
    drawn = finish(plot_range_test(found, axes=axes()))

    seeds = drawn.lines[:3]
    assert np.isnan(seeds[1].get_ydata()[30:]).all()
    np.testing.assert_array_equal(seeds[1].get_ydata()[:30], losses[1, :30])
    np.testing.assert_allclose(drawn.lines[3].get_ydata()[:30], CURVE[:30] + 0.1)
    rules = {
        line.get_label().partition(":")[0]: line.get_xdata()[0] for line in drawn.lines[4:]
    }
    middle = {name: row[1] for name, row in found.spread().items()}
    assert list(rules) == ["valley", "steep", "minimum / 10", "slide"]
    assert list(rules.values()) == list(middle.values())
    assert drawn.get_xscale() == "log"


def test_nothing_is_left():
    """All diverged at once."""
    losses = np.full((1, 5), np.nan)
    found = RangeTest(RATES[:5], losses, losses, np.array([0]), 0, 0)
    drawn = finish(plot_range_test(found, axes=axes()))

    assert [text.get_text() for text in drawn.texts] == ["diverged at once"]


def test_rules_at_one_place_take_turns():
    """Each line is drawn where the others have their gaps."""
    found = RangeTest(RATES, CURVE[None], CURVE[None], np.array([40]), 4, 5)
    drawn = finish(plot_range_test(found, axes=axes()))
    covered = [np.zeros(8, bool) for _ in range(4)]
    for where, line in zip(covered, drawn.lines[-4:], strict=True):
        offset, (dash, gap) = line._dash_pattern
        begin, on, off = (round(x / line.get_linewidth()) for x in (offset, dash, gap))
        where[(np.arange(on) - begin) % (on + off)] = True

    assert np.sum(covered, axis=0).tolist() == [1] * 8


def test_too_few_points_for_the_rules():
    """The curve is drawn, and the title says what is missing."""
    losses = np.stack([CURVE[:5], CURVE[:5]])
    found = RangeTest(RATES[:5], losses, losses, np.array([5, 2]), 0, 0)
    drawn = finish(plot_range_test(found, axes=axes()))

    assert drawn.get_title() == "too few points for suggestions"
    assert drawn.get_legend() is None
    assert len(drawn.lines) == 3
