"""Heat maps: a cell is the mean of what lies in it, and says who is missing."""

import numpy as np
import pytest

from jaxsched.plotting import plot_heatmap

from ..sweeps.outcomes import outcome
from .helpers import NAN, axes, crossed, finish, noisy, pooled


def cells(drawn):
    """The means, NaN where there is none, from bottom to top."""
    return drawn.collections[0].get_array().filled(NAN)


def crosses(drawn):
    """Columns and rows that are marked."""
    marks = [c for c in drawn.collections if c.get_label() == "some diverged"]
    return [tuple(at - 0.5) for c in marks for at in c.get_offsets()]


def names(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_cells_are_means_over_all_else():
    """Over the third setting and the seeds, by a loop; axes in rising order."""
    rows = crossed(peak=[0.4, 0.1], curve=["b", "a"], power=[1, 2, 3])
    result = noisy(rows)
    drawn = finish(plot_heatmap(result, "loss", x="peak", y="curve", axes=axes()))
    found = cells(drawn)

    assert (names(drawn.xaxis), names(drawn.yaxis)) == (["0.1", "0.4"], ["b", "a"])
    for i, j in np.ndindex(2, 2):
        peak, curve = [0.1, 0.4][i], "ba"[j]
        inside = [
            result.curves["loss"][k, seed, -1]
            for k, row in enumerate(rows)
            for seed in range(3)
            if row["peak"] == peak and row["curve"] == curve
        ]
        assert len(inside) == 9
        np.testing.assert_allclose(found[j, i], sum(inside) / 9, rtol=1e-12)


def test_diverged_members_are_marked_and_not_averaged():
    """Grey if there is nobody else; empty if nobody tried."""
    result = outcome(
        [[1.0, 2.0], [NAN, 2.0], [4.0, np.inf], [5.0, 6.0]],
        [{"x": 1, "y": 1}, {"x": 1, "y": 1}, {"x": 2, "y": 1}, {"x": 2, "y": 2}],
    )
    drawn = finish(plot_heatmap(result, "loss", x="x", y="y", axes=axes()))

    np.testing.assert_array_equal(cells(drawn), [[1.5, NAN], [NAN, 5.5]])
    assert sorted(crosses(drawn)) == [(0, 0), (1, 0)]
    grey = drawn.collections[1].get_array()
    assert grey.filled(0).tolist() == [[0, 1], [0, 0]]


def test_families_are_a_setting_and_some_lack_the_other():
    """Members without one of the settings are in no cell."""
    result = pooled()
    by_family = plot_heatmap(result, "loss", x="peak", y="family", axes=axes())
    by_power = plot_heatmap(result, "loss", x="peak", y="power", axes=axes())

    assert cells(by_family).shape == (2, 3)
    assert np.isnan(cells(by_family)[1, 0])
    assert names(by_power.yaxis) == ["1", "2"]
    last = result.curves["loss"][[3, 5], :, -1].mean(axis=1)
    np.testing.assert_allclose(cells(by_power)[0, 1:], last, rtol=1e-12)
    assert crosses(by_power) == [(2, 1)]


@pytest.mark.parametrize("ratio", [1.0, 1.3])
def test_many_values_are_binned(ratio):
    """Ten bins, of equal widths or of equal ratios; nobody falls out."""
    values = 1 + np.arange(40) / 40 if ratio == 1 else ratio ** np.arange(40)
    rng = np.random.default_rng(0)
    scores = rng.random(40)
    order = rng.permutation(40)
    rows = [{"x": float(values[i]), "y": 0} for i in order]
    drawn = plot_heatmap(outcome(scores[order, None], rows), "loss", x="x", y="y",
                         axes=axes())  # fmt: skip

    expected = scores.reshape(10, 4).mean(axis=1)
    np.testing.assert_allclose(cells(drawn)[0], expected, rtol=1e-12)


def test_a_value_between_two_bins_is_in_the_upper():
    """And the largest in the last: 0 to 3, 4 to 7, and so on to 36 to 40."""
    rows = [{"x": k, "y": 0} for k in range(41)]
    result = outcome(np.arange(41.0)[:, None], rows)
    drawn = plot_heatmap(result, "loss", x="x", y="y", axes=axes())

    assert cells(drawn)[0].tolist() == [*np.arange(1.5, 34, 4), 38]


def test_colours_of_losses_are_logarithmic_and_dark_is_good():
    """For accuracies they are linear, and the high ones dark."""
    result = outcome([[0.01], [1.0]], [{"x": 1, "y": 1}, {"x": 2, "y": 1}])
    for mode, best, middle in (("min", 0, 0.1), ("max", 1, 0.505)):
        mesh = plot_heatmap(result, "loss", mode, x="x", y="y", axes=axes()).collections[0]
        lightness = [sum(mesh.cmap(mesh.norm(v))[:3]) for v in (0.01, 1.0)]
        assert np.argmin(lightness) == best
        np.testing.assert_allclose(mesh.norm(middle), 0.5, rtol=1e-6)


def test_nothing_to_average():
    """All diverged, or no member with both settings: still a picture that says so."""
    rows = [{"x": 1, "y": 1}, {"x": 2, "y": 1}]
    lost = finish(plot_heatmap(outcome([[NAN], [NAN]], rows), "loss", x="x", y="y",
                               axes=axes()))  # fmt: skip
    assert np.isnan(cells(lost)).all()
    assert len(crosses(lost)) == 2
    apart = outcome([[1.0], [2.0]], [{"x": 1}, {"y": 2}])
    empty = finish(plot_heatmap(apart, "loss", x="x", y="y", axes=axes()))
    assert [text.get_text() for text in empty.texts] == ["no member has both settings"]


def test_unknown_settings_are_refused():
    """By name, with those that there are."""
    with pytest.raises(KeyError, match="'z' must be one of family, peak, power"):
        plot_heatmap(pooled(), "loss", x="peak", y="z", axes=axes())
    with pytest.raises(KeyError, match="no settings"):
        plot_heatmap(outcome([[1.0]]), "loss", x="x", y="y", axes=axes())
    with pytest.raises(ValueError, match=r"plot_heatmap\(mode=...\)"):
        plot_heatmap(pooled(), "loss", "mni", x="peak", y="family", axes=axes())
