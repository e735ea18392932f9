"""What is advised, tried on the digits: real runs, small, of the benchmark's own code."""

import math

import numpy as np
import pytest

from jaxsched import sweeps

from ..benchmarks import advice

pytestmark = pytest.mark.slow
NUM_STEPS = 96
NUM_SEEDS = 6


@pytest.fixture(scope="module")
def moved():
    rates = advice.rates_for(1, step=1.0)
    return advice.shifts(advice.digits(1), NUM_STEPS, rates, NUM_SEEDS)


@pytest.fixture(scope="module")
def compared():
    rates = advice.rates_for(32, step=1.0)
    return advice.refined(advice.digits(32), NUM_STEPS, rates, NUM_SEEDS)


def test_a_line_takes_a_higher_rate_than_a_constant(moved):
    """As predicted, where noise rules; by less than the bound says."""
    found, changes = moved

    assert all(tuned.is_inside for tuned in found.values())
    for n in (NUM_STEPS, 4 * NUM_STEPS):
        shift = changes[f"constant to linear, {n}"]
        assert 0.8 < shift.predicted < 1.2
        assert shift.corrected == pytest.approx(0.77 * shift.predicted, rel=1e-5)
        assert 2 * shift.error < shift.observed < shift.predicted + 0.3


def test_four_times_as_long_takes_a_lower_rate_by_less_than_predicted(moved):
    """The bound says about half of it: so low it is not."""
    for shape in ("constant", "linear"):
        shift = moved[1][f"{NUM_STEPS} to {4 * NUM_STEPS}, {shape}"]
        assert -0.85 < shift.predicted < -0.6
        assert shift.corrected == pytest.approx(shift.predicted / 2, rel=1e-5)
        assert shift.predicted < shift.observed < 0.2
        assert 0 < shift.error < 0.4


def test_a_refined_schedule_is_compared_seed_by_seed(compared):
    """With lines, cosines and constants, each at its own rate, on new seeds."""
    norms, tuned, result = compared
    names = list(tuned)

    assert norms.shape == (NUM_STEPS,)
    # The gradients get smaller on the way.
    assert norms[-NUM_STEPS // 4 :].mean() < 0.7 * norms[: NUM_STEPS // 4].mean()
    assert {"constant", "linear", "cosine", "refined"} <= set(names)
    assert all(row.is_inside for row in tuned.values())
    assert not result.diverged.any()
    for other in ("constant", "linear", "cosine"):
        found = sweeps.paired_difference(
            result, advice.METRIC, names.index("refined"), names.index(other)
        )
        assert found.num_seeds == NUM_SEEDS
        assert all(math.isfinite(x) for x in found[:4])
        assert found.low <= found.difference <= found.high
    # All are schedules that train: from 2.3 to below a half.
    assert (result.final(advice.METRIC).mean(1) < 0.5).all()
    assert np.ptp(result.final(advice.METRIC).mean(1)) > 0
