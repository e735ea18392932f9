"""How firm a ranking is, against SciPy's tau and all draws of seeds by hand."""

import itertools

import numpy as np
import pytest
from scipy import stats

from jaxsched.sweeps import rank_stability

from .outcomes import outcome, trajectories

INF, NAN = np.inf, np.nan
RNG = np.random.default_rng(0)
MANY = outcome(RNG.normal(size=(30, 1)) + RNG.normal(size=(30, 4)))
TIES = outcome(RNG.integers(0, 5, size=(30, 4)))
each = pytest.mark.parametrize("result", [MANY, TIES], ids=["distinct", "ties"])


def shares_by_hand(scores):
    """Of all draws of seeds, the share that each member wins; a tie is shared."""
    wins = np.zeros(len(scores))
    seeds = range(scores.shape[1])
    draws = list(itertools.product(seeds, repeat=len(seeds)))
    for draw in draws:
        totals = [sum(sorted(row[list(draw)])) for row in scores]
        winners = [i for i, total in enumerate(totals) if total == min(totals)]
        for i in winners:
            wins[i] += 1 / len(winners)
    return wins / len(draws)


@each
@pytest.mark.parametrize("mode", ["min", "max"])
def test_tau_is_scipy_s(result, mode):
    """The mean over all pairs of seeds, the same whichever way is up."""
    seeds = result.final("loss").T
    expected = [
        stats.kendalltau(a, b).statistic for a, b in itertools.combinations(seeds, 2)
    ]
    found = rank_stability(result, "loss", mode)

    np.testing.assert_allclose(found.kendall_tau, np.mean(expected), rtol=1e-12)
    assert 0.0 < abs(found.kendall_tau) < 0.9


@each
def test_shares_of_all_draws(result):
    """Four seeds have 256 draws: exact, and a tie is shared."""
    found = rank_stability(result, "loss")

    expected = shares_by_hand(result.final("loss"))
    np.testing.assert_allclose(found.win_shares, expected, rtol=1e-12)
    assert found.winner == result.ranking("loss")[0]
    assert 0.1 < found.win_shares[found.winner] < 1
    best = rank_stability(outcome(-result.final("loss")), "loss", "max")
    np.testing.assert_array_equal(best.win_shares, found.win_shares)


def test_random_draws_are_near_to_all_of_them():
    """Within four standard errors, the same for a seed, others for another."""
    every = rank_stability(MANY, "loss").win_shares
    some = rank_stability(MANY, "loss", num_resamples=255, seed=1).win_shares
    error = np.sqrt(every * (1 - every) / 255)

    assert np.all(np.abs(some - every) <= 4 * error)
    np.testing.assert_allclose(some.sum(), 1, rtol=1e-12)
    again = rank_stability(MANY, "loss", num_resamples=255, seed=1).win_shares
    other = rank_stability(MANY, "loss", num_resamples=255, seed=2).win_shares
    np.testing.assert_array_equal(some, again)
    assert np.any(some != other)


def test_roundings_do_not_break_ties():
    """Tenths are tied where whole numbers are."""
    tenths = np.asarray([[8, 3, 8], [6, 8, 5]])
    found = rank_stability(outcome(tenths / 10), "loss")

    np.testing.assert_allclose(found.win_shares, [13 / 27, 14 / 27], rtol=1e-12)
    np.testing.assert_allclose(found.win_shares, shares_by_hand(tenths), rtol=1e-12)


def test_diverged_members_are_last_where_they_diverged():
    """The third wins all draws without its second seed, 1 of 4."""
    loss = [[[1], [1]], [[2], [2]], [[0], [NAN]]]
    found = rank_stability(trajectories(loss), "loss")

    assert found.winner == 0
    assert found.win_shares.tolist() == [0.75, 0, 0.25]
    # 0 < 1 < 2 at one seed and 1 < 2 < diverged at the other: one pair of three agrees.
    np.testing.assert_allclose(found.kendall_tau, -1 / 3, rtol=1e-12)


@pytest.mark.parametrize("mode", ["min", "max"])
def test_nobody_wins_if_all_diverged(mode):
    """There is no winner, and no order to agree with."""
    found = rank_stability(outcome([[NAN, INF], [-INF, INF]]), "loss", mode)

    assert found.winner is None
    assert found.win_shares.tolist() == [0, 0]
    assert np.isnan(found.kendall_tau)


def test_one_seed_and_one_member():
    """A seed says nothing of others; a member wins."""
    seed = rank_stability(outcome([[1], [2]]), "loss")
    member = rank_stability(outcome([[1, 2]]), "loss")

    assert (seed.winner, seed.num_seeds) == (0, 1)
    assert np.isnan([*seed.win_shares, seed.kendall_tau, member.kendall_tau]).all()
    assert (member.winner, member.win_shares.tolist()) == (0, [1.0])


def test_many_members_and_draws_go_in_parts():
    """More than a million means at once are not held."""
    scores = np.arange(3000.0)[::-1, None] + [[0, 0.25, 0.125]] * 3000
    found = rank_stability(outcome(scores), "loss", num_resamples=2000)

    assert found.win_shares[-1] == 1.0
    np.testing.assert_allclose(found.kendall_tau, 1.0, rtol=1e-12)


def test_unknown_modes_are_refused():
    """A slip of the pen does not rank the other way round."""
    with pytest.raises(ValueError, match=r"rank_stability\(mode=...\)"):
        rank_stability(MANY, "loss", "mni")
