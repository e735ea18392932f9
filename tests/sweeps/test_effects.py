"""What settings say: edges, divergence and variance, by hand and against SciPy."""

import itertools

import numpy as np
import pytest
from scipy import stats

from jaxsched.sweeps import count_diverged, main_effects, winner_placements

from .outcomes import outcome

INF, NAN = np.inf, np.nan


def settings(**columns):
    """A row for each member."""
    return [
        dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
    ]


def crossed(**axes):
    """All combinations, the last axis fastest."""
    return [dict(zip(axes, row, strict=True)) for row in itertools.product(*axes.values())]


POOLED = settings(
    family=["a", "a", "a", "b", "b"],
    peak=[0.1, 0.2, 0.4, 0.3, 0.8],
    steps=[10, 20, 30, 5, 5],
    curve=["Linear()", "Cosine()", "Cosine()", "Linear()", "Linear()"],
)


def test_winner_at_the_edge_of_its_own_family():
    """Of the third in a, though b tried more; of numbers that vary, no others."""
    result = outcome([[3.0], [2.0], [1.0], [4.0], [5.0]], POOLED)

    assert winner_placements(result, "loss") == [
        ("peak", 0.4, 0.1, 0.4, "highest"),
        ("steps", 30, 10, 30, "highest"),
    ]
    assert winner_placements(result, "loss", "max") == [("peak", 0.8, 0.3, 0.8, "highest")]


@pytest.mark.parametrize(("best", "edge"), [(0, "lowest"), (1, None), (2, "highest")])
def test_edges_of_a_grid(best, edge):
    """Lowest, between or highest, in whatever order they were tried."""
    rows = settings(peak=[0.1, 0.2, 0.4])
    for order in itertools.permutations(range(3)):
        scores = [[abs(i - best)] for i in order]
        (placement,) = winner_placements(outcome(scores, [rows[i] for i in order]), "loss")
        assert placement == ("peak", rows[best]["peak"], 0.1, 0.4, edge)


def test_diverged_members_have_been_tried():
    """The winner is not at the edge if what lies beyond it diverges."""
    result = outcome([[2.0], [1.0], [NAN]], settings(peak=[0.1, 0.2, 0.4]))

    assert winner_placements(result, "loss")[0].edge is None
    nobody = outcome([[INF], [NAN], [NAN]], settings(peak=[0.1, 0.2, 0.4]))
    assert winner_placements(nobody, "loss") == []


@pytest.mark.parametrize(
    "values", [[0.1, 0.1], [True, False], ["a", "b"], [None, 1.0], [[1], [2]], [1, INF]]
)
def test_what_has_no_edge(values):
    """Fixed settings, words, lists, what is not finite."""
    assert winner_placements(outcome([[1], [2]], settings(it=values)), "loss") == []


def test_settings_that_some_members_lack():
    """Only members with the setting are compared; a winner without it is not flagged."""
    rows = [{"peak": 0.1}, {"peak": 0.2, "power": 2.0}, {"peak": 0.3, "power": 3.0}]
    first = winner_placements(outcome([[1], [2], [3]], rows), "loss")
    second = winner_placements(outcome([[2], [1], [3]], rows), "loss")

    assert [(p.setting, p.edge) for p in first] == [("peak", "lowest")]
    assert [(p.setting, p.edge) for p in second] == [("peak", None), ("power", "lowest")]


def test_two_way_grid_by_hand():
    """Squares of 24 by peak (means 3 and 7), 13 by curve (3, 5.5, 6.5), 1 by both: 38."""
    result = outcome(
        [[1, 1], [2, 4], [5, 5], [6, 4], [8, 8], [6, 10]],
        crossed(peak=[0.1, 0.2], curve=["a", "b", "c"]),
    )
    peak, curve = main_effects(result, "loss")

    assert peak[:2] == ("all", "peak")
    np.testing.assert_allclose(peak.share, 24 / 38, rtol=1e-12)
    np.testing.assert_allclose(curve.share, 13 / 38, rtol=1e-12)
    assert (peak.chance, curve.chance) == (1 / 5, 2 / 5)
    assert (peak.num_groups, curve.num_groups) == (2, 3)
    assert (peak.num_members, peak.num_diverged) == (6, 0)


@pytest.mark.parametrize("scale", [1, 1e-200, 1e200])
def test_shares_are_scipy_s_f(scale):
    """Of unequal groups, some of which diverged; F and the share say the same."""
    rng = np.random.default_rng(0)
    peaks = rng.choice([0.1, 0.2, 0.4, 0.8], size=40)
    scores = rng.normal(size=40) + np.log(peaks)
    lost = rng.random(40) < 0.2
    result = outcome(np.where(lost, NAN, scores)[:, None] * scale, settings(peak=peaks))
    (effect,) = main_effects(result, "loss")
    groups = [scores[(peaks == p) & ~lost] for p in np.unique(peaks)]
    f = stats.f_oneway(*groups).statistic
    between, within = 3, (~lost).sum() - 4

    expected = f * between / (f * between + within)
    np.testing.assert_allclose(effect.share, expected, rtol=1e-12)
    assert 0.1 < effect.share < 0.9
    assert (effect.num_diverged, effect.num_members) == (lost.sum(), 40 - lost.sum())


def test_chance_is_the_mean_of_all_orders():
    """Of a setting that does nothing: every order of the scores, once."""
    rows = settings(peak=[1, 1, 2, 2, 3, 3])
    orders = itertools.permutations([0.0, 1.0, 3.0, 4.0, 4.0, 9.0])
    effects = [main_effects(outcome(np.c_[list(o)], rows), "loss")[0] for o in orders]

    np.testing.assert_allclose(np.mean([e.share for e in effects]), 2 / 5, rtol=1e-12)
    assert effects[0].chance == 2 / 5


@pytest.mark.parametrize(
    ("num_members", "num_bins", "used"),
    [(100, 4, 4), (225, None, 10), (16, None, 4), (5, None, 2)],
)
def test_bins_of_a_sample_hide_what_varies_within(num_members, num_bins, used):
    """Of a straight line, bins of as many members leave 1 / k ** 2 unexplained."""
    peaks = np.random.default_rng(0).permutation(num_members) / 8
    result = outcome(3 * peaks[:, None], settings(peak=peaks))
    (effect,) = main_effects(result, "loss", num_bins=num_bins)

    assert effect.num_groups == used
    sizes = np.diff(np.ceil(np.arange(used + 1) * num_members / used))
    within = (sizes**3 - sizes).sum() / (num_members**3 - num_members)
    np.testing.assert_allclose(effect.share, 1 - within, rtol=1e-12)
    if num_members == 100:
        np.testing.assert_allclose(effect.share, 1 - 1 / 16, rtol=1e-3)


def test_bins_keep_equal_values_together():
    """And take a setting that varies at all as one that varies."""
    for peaks in ([0, 0, 1], [0, 1, 1], [1, 1, 1, 2, 3], [1, 2, 3, 3, 3]):
        result = outcome(np.c_[peaks], settings(peak=peaks))
        (effect,) = main_effects(result, "loss")
        assert effect.num_groups == 2
        counts = count_diverged(result)
        assert sum(row.num_runs for row in counts) == len(peaks)


def test_families_first_and_then_their_settings():
    """Which family matters over all, what else only within its family."""
    result = outcome([[1.0], [2.0], [3.0], [4.0], [5.0]], POOLED)
    effects = main_effects(result, "loss")

    assert [(e.family, e.setting) for e in effects] == [
        ("all", "family"),
        *(("a", name) for name in ("peak", "steps", "curve")),
        ("b", "peak"),
    ]
    np.testing.assert_allclose(effects[0].share, 7.5 / 10, rtol=1e-12)
    assert effects[0].num_members == 5
    np.testing.assert_allclose(effects[3].share, 1.5 / 2, rtol=1e-12)


def test_nothing_to_explain():
    """All tie, all diverged, one member is left: no share; and nothing is warned of."""
    rows = settings(peak=[0.1, 0.1, 0.2, 0.2])
    for scores in ([[0.1]] * 4, [[NAN]] * 4, [[1.0], [INF], [INF], [INF]]):
        (effect,) = main_effects(outcome(scores, rows), "loss")
        assert np.isnan([effect.share, effect.chance]).all()
    assert effect.num_diverged == 3
    assert main_effects(outcome([[1.0], [2.0]]), "loss") == []


def test_diverged_runs_by_family_and_setting():
    """Runs, not members: each seed counts."""
    result = outcome([[1, 1], [NAN, 1], [NAN, INF], [1, 1], [1, INF]], POOLED)
    rows = count_diverged(result, num_bins=9)  # no more than there are values

    assert [r[2:] for r in rows if r.setting == "family"] == [("a", 3, 6), ("b", 1, 4)]
    assert [r[2:] for r in rows if r[:2] == ("a", "peak")] == [
        ("0.1", 0, 2),
        ("0.2", 1, 2),
        ("0.4", 2, 2),
    ]
    assert [r[2:] for r in rows if r[:2] == ("a", "curve")] == [
        ("Linear()", 0, 2),
        ("Cosine()", 3, 4),
    ]
    assert not [r for r in rows if r[:2] == ("b", "steps")]
    coarse = [r[2:] for r in count_diverged(result, num_bins=2) if r[:2] == ("a", "peak")]
    assert coarse == [("0.1 to 0.2", 1, 4), ("0.4", 2, 2)]


def test_bins_modes_and_metrics_that_do_not_exist_are_refused():
    """By the name of the function that was called."""
    result = outcome([[1.0], [2.0]], settings(peak=[0.1, 0.2]))
    with pytest.raises(ValueError, match="main_effects"):
        main_effects(result, "loss", num_bins=0)
    with pytest.raises(ValueError, match="count_diverged"):
        count_diverged(result, num_bins=0)
    with pytest.raises(ValueError, match=r"winner_placements\(mode=...\)"):
        winner_placements(result, "loss", "mni")
    with pytest.raises(KeyError, match="'acc' must be one of loss"):
        main_effects(result, "acc")
