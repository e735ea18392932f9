"""The pictures of statistics: they show the numbers of the functions."""

import numpy as np

from jaxsched.plotting import plot_convergence, plot_pareto, plot_sensitivity
from jaxsched.sweeps import MainEffect, kaplan_meier, main_effects, pareto_front

from .helpers import NAN, axes, crossed, finish, noisy, pooled


def test_bars_are_shares_and_ticks_are_chances():
    """The largest on top; families by name."""
    effects = main_effects(pooled(), "loss")
    drawn = finish(plot_sensitivity(effects, axes=axes()))
    expected = sorted(effects, key=lambda e: -e.share)

    assert [bar.get_width() for bar in drawn.patches] == [e.share for e in expected]
    ticks = drawn.collections[0].get_offsets()
    np.testing.assert_array_equal(ticks[:, 0], [e.chance for e in expected])
    names = [label.get_text() for label in drawn.get_yticklabels()]
    assert sorted(names) == ["cosine: peak", "family", "power: peak", "power: power"]
    bottom, top = drawn.get_ylim()
    assert bottom > top  # so the first is the highest


def test_effects_without_a_share_are_left_out():
    """And of many the smallest; none at all is said."""
    effects = [MainEffect("all", f"s{k}", k / 40, 0.1, 2, 9, 0) for k in range(40)]
    assert len(plot_sensitivity(effects, axes=axes()).patches) == 16
    lost = [effects[0]._replace(share=NAN, chance=NAN)]
    for nothing in (lost, []):
        drawn = finish(plot_sensitivity(nothing, axes=axes()))
        assert [text.get_text() for text in drawn.texts] == ["no setting explains anything"]


def test_shares_that_have_converged():
    """Without censoring before the end, the share is a count; from 0 to the end."""
    times = np.array([3, 5, 5, 8, 10])
    reached = np.array([True, True, True, True, False])
    drawn = plot_convergence(
        {"a": kaplan_meier(times, reached), "b": kaplan_meier([10, 10], [False, False])},
        10,
        axes=axes(),
    )
    line, never = finish(drawn).lines

    assert line.get_drawstyle() == "steps-post"
    for x, y in line.get_xydata():
        np.testing.assert_allclose(y, np.mean(reached & (times <= x)), atol=1e-12)
    assert line.get_xdata().tolist() == [0, 3, 5, 8, 10]
    assert never.get_xydata().tolist() == [[0, 0], [10, 0]]


def test_the_front_is_the_best_so_far():
    """Of the means over seeds; each leader's points in a colour."""
    result = noisy(crossed(peak=[0.1, 0.2, 0.3, 0.4]))
    points = pareto_front(result, "loss")
    drawn = finish(plot_pareto(points, 25, axes=axes()))
    best = np.minimum.accumulate(result.curves["loss"].mean(axis=1).min(axis=0))
    line = drawn.lines[0]

    for x, y in line.get_xydata()[:-1]:
        np.testing.assert_allclose(y, best[int(x) - 1], rtol=1e-12)
    assert line.get_xdata()[-1] == 25
    dots = {c.get_label(): len(c.get_offsets()) for c in drawn.collections}
    members = [p.member for p in points]
    assert dots == {f"member {m}": members.count(m) for m in members}
    assert drawn.get_yscale() == "log"


def test_an_empty_front_is_said():
    """As it is if every member diverged."""
    drawn = finish(plot_pareto([], 10, axes=axes()))

    assert [text.get_text() for text in drawn.texts] == ["every member diverged"]
