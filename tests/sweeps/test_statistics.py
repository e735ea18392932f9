"""Intervals and comparisons over seeds, against SciPy and against all draws by hand."""

import itertools

import numpy as np
import pytest
from scipy import stats

from jaxsched.sweeps import mean_interval, paired_difference

from .outcomes import outcome, trajectories

INF, NAN = np.inf, np.nan
NUM_RESAMPLES = 4999

# Eighths add up without rounding: no draw of them changes sides by one.
EIGHT_SEEDS = outcome(
    np.asarray([[9, 14, 3, 8, 11, 30, 2, 5], [10, 12, 9, 16, 17, 26, 4, 13]]) / 8
)
SHIFTED = outcome([[0.5, 0.75, 1.0, 0.25], [0.75, 0.5, 2.0, 1.25]])
intervals = [
    lambda result, **options: mean_interval(result, "loss", 0, **options),
    lambda result, **options: paired_difference(result, "loss", 0, 0, **options),
]


def quantile(values, share):
    """The first value in order that as large a share does not exceed."""
    values = sorted(values)
    return values[next(k for k in range(len(values)) if (k + 1) / len(values) >= share)]


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("confidence", [0.95, 0.5])
def test_bootstrap_is_scipy_s(seed, confidence):
    """The same random draws, and the quantiles of their means."""
    options = {"confidence": confidence, "num_resamples": NUM_RESAMPLES, "seed": seed}
    scores = EIGHT_SEEDS.final("loss")
    for got, values in [
        (mean_interval(EIGHT_SEEDS, "loss", 0, **options), scores[0]),
        (paired_difference(EIGHT_SEEDS, "loss", 0, 1, **options), scores[0] - scores[1]),
    ]:
        draws = stats.bootstrap(
            (values,),
            np.mean,
            n_resamples=NUM_RESAMPLES,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).bootstrap_distribution

        assert got[0] == values.mean()
        ends = [(1 - confidence) / 2, (1 + confidence) / 2]
        np.testing.assert_allclose(
            [got.low, got.high], [quantile(draws, end) for end in ends], rtol=1e-12
        )


def test_bootstrap_of_few_seeds_takes_all_draws():
    """No chance is left: all 256 draws of four seeds, whatever the number of the seed."""
    means = [np.mean(draw) for draw in itertools.product([0.5, 0.75, 1.0, 0.25], repeat=4)]
    found = mean_interval(SHIFTED, "loss", 0, confidence=0.8)

    assert len(means) == 256
    expected = (0.625, quantile(means, 0.1), quantile(means, 0.9))
    np.testing.assert_allclose(found[:3], expected, rtol=1e-15)
    assert found == mean_interval(SHIFTED, "loss", 0, confidence=0.8, seed=5)
    assert found.low < found.mean < found.high


@pytest.mark.parametrize("num_seeds", [2, 3, 4, 5, 9, 30])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_student_s_interval_is_scipy_s(num_seeds, confidence):
    """Of odd and even degrees of freedom, of a mean and of a paired difference."""
    scores = np.random.default_rng(num_seeds).normal(size=(2, num_seeds))
    result = outcome(scores)
    options = {"method": "student", "confidence": confidence}
    single = stats.ttest_1samp(scores[1], 0).confidence_interval(confidence)
    paired = stats.ttest_rel(*scores).confidence_interval(confidence)

    got = mean_interval(result, "loss", 1, **options)
    np.testing.assert_allclose((got.low, got.high), single, rtol=1e-9)
    got = paired_difference(result, "loss", 0, 1, **options)
    np.testing.assert_allclose((got.low, got.high), paired, rtol=1e-9)


def test_student_s_interval_covers_what_it_says():
    """Of five normal scores 95% do, of which the bootstrap covers fewer."""
    result = outcome(np.random.default_rng(0).normal(size=(2000, 5)))
    covered = {}
    for method in ("student", "bootstrap"):
        found = [mean_interval(result, "loss", i, method=method) for i in range(2000)]
        covered[method] = np.mean([e.low <= 0 <= e.high for e in found])

    assert 0.935 < covered["student"] < 0.965
    assert 0.81 < covered["bootstrap"] < 0.86


def test_sign_flips_are_scipy_s_permutations():
    """All choices of signs of eight pairs."""
    scores = EIGHT_SEEDS.final("loss")
    expected = stats.permutation_test(
        tuple(scores),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    found = paired_difference(EIGHT_SEEDS, "loss", 0, 1)

    assert 0.02 < found.p_value < 0.3
    np.testing.assert_allclose(found.p_value, expected, rtol=1e-12)


def test_sign_flips_by_hand():
    """Differences -1/4, 1/4, -1, -1: of 16 sums of signs 6 are as far as -2."""
    # The ones alike, in 2 ways, and the quarters not both against them, in 3 of 4.
    found = paired_difference(SHIFTED, "loss", 0, 1)

    assert found.difference == -0.5
    assert found.p_value == 6 / 16
    assert (found.num_better, found.num_seeds, found.num_diverged) == (3, 4, 0)
    assert paired_difference(SHIFTED, "loss", 0, 1, mode="max").num_better == 1


def test_random_signs_count_the_one_that_came():
    """Of 15 pairs that all agree hardly a random choice does, and none gives 0."""
    result = outcome([np.linspace(1, 2, 15), np.linspace(2, 4, 15)])

    assert paired_difference(result, "loss", 0, 1, num_resamples=99).p_value == 0.01
    assert paired_difference(result, "loss", 0, 1, num_resamples=2**15).p_value == 2**-14


def test_sums_in_another_order_are_ties():
    """Tenths have roundings, by which as far is not a little less far."""
    tenths = np.asarray([7, 3, 0, -4])
    result = outcome([tenths / 10, [0.0] * 4])
    sums = [abs(tenths @ signs) for signs in itertools.product([-1, 1], repeat=4)]

    expected = np.mean([total >= 6 for total in sums])
    assert paired_difference(result, "loss", 0, 1).p_value == expected == 0.75


def test_pairs_share_the_luck_of_a_seed():
    """A member that is better by a hair at each seed is better, whatever the spread."""
    luck = np.asarray([1.0, 100.0, 37.0, 4.0, 60.0, 8.0])
    hair = np.asarray([1, 2, 1, 2, 1, 2]) / 64
    found = paired_difference(outcome([luck, luck + hair]), "loss", 0, 1)

    assert -2 / 64 <= found.low < found.difference < found.high <= -1 / 64
    assert (found.p_value, found.num_better) == (2 / 64, 6)


@pytest.mark.parametrize("method", ["bootstrap", "student"])
def test_one_seed_has_no_interval(method):
    """The mean is known, its spread is not."""
    result = outcome([[0.5], [0.75]])
    found = mean_interval(result, "loss", 1, method=method)
    against = paired_difference(result, "loss", 0, 1, method=method)

    assert (found.mean, found.num_seeds) == (0.75, 1)
    assert np.isnan([found.low, found.high, against.low, against.high]).all()
    assert (against.difference, against.p_value) == (-0.25, 1.0)


@pytest.mark.parametrize("method", ["bootstrap", "student"])
def test_seeds_that_agree_leave_a_point(method):
    """No spread, no width; and nothing is warned of."""
    found = mean_interval(outcome([[0.3] * 3]), "loss", 0, method=method)
    tied = paired_difference(outcome([[0.3] * 3] * 2), "loss", 0, 1, method=method)

    np.testing.assert_allclose(found[:3], 0.3, rtol=1e-15)
    assert tied[:5] == (0, 0, 0, 1.0, 0)


@pytest.mark.parametrize("method", ["bootstrap", "student"])
def test_diverged_seeds_are_not_left_out(method):
    """One that diverged, even on the way, takes the mean with it, and is counted."""
    loss = [[[3, 1], [3, 1], [NAN, 1]], [[3, 1], [3, 2], [3, INF]], [[3, 1]] * 3]
    result = trajectories(loss)
    single = mean_interval(result, "loss", 0, method=method)
    pair = paired_difference(result, "loss", 0, 1, method=method)

    assert np.isnan(single[:3]).all()
    assert (single.num_seeds, single.num_diverged) == (3, 1)
    assert np.isnan(pair[:4]).all()
    assert (pair.num_better, pair.num_seeds, pair.num_diverged) == (1, 3, 1)
    assert mean_interval(result, "loss", 2, method=method).mean == 1


@pytest.mark.parametrize("interval", intervals)
def test_what_does_not_exist_is_refused(interval):
    """Methods, shares, sizes; each by its name."""
    with pytest.raises(ValueError, match="'bootstrap', 'student', got 'bca'"):
        interval(SHIFTED, method="bca")
    with pytest.raises(ValueError, match="0 < confidence < 1, got confidence=95"):
        interval(SHIFTED, confidence=95)
    with pytest.raises(ValueError, match="num_resamples"):
        interval(SHIFTED, num_resamples=0)


def test_members_metrics_and_modes_that_do_not_exist_are_refused():
    """A negative number is no member from behind."""
    for member in (-1, 2):
        with pytest.raises(ValueError, match=f"0 <= member <= 1, got member={member}"):
            mean_interval(SHIFTED, "loss", member)
        with pytest.raises(ValueError, match=f"0 <= other <= 1, got other={member}"):
            paired_difference(SHIFTED, "loss", 0, member)
    with pytest.raises(KeyError, match="'acc' must be one of loss"):
        mean_interval(SHIFTED, "acc", 0)
    with pytest.raises(ValueError, match=r"paired_difference\(mode=...\)"):
        paired_difference(SHIFTED, "loss", 0, 1, mode="mni")
