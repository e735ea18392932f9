"""Range tests of real trainings, and of descents whose edge is known."""

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched.analysis import RangeTest, parallel_range_test, range_test
from jaxsched.tasks import Digits

from .descent import Descent

KEY = jax.random.key(0)
EXPONENTIAL = js.Transition(1e-3, 10.0, 60, js.curves.Geometric())


def test_the_rate_rises_as_fastai_has_it():
    """From 1e-7 by equal factors: point i at 1e-7 * 1e8^(i / 100)."""
    found = range_test(Descent(), key=KEY)

    np.testing.assert_allclose(found.rates, 1e-7 * 1e8 ** (np.arange(100) / 100), rtol=2e-6)
    assert (found.first, found.last) == (10, 5)


@pytest.mark.parametrize(
    "ramp",
    [
        js.Transition(0.01, 1.0, 20),
        js.Transition(0.1, 1.0, 20) * js.Transition(0.5, 1.0, 10),
        lambda count: 0.01 * (1 + count),
    ],
    ids=["linear", "product", "function"],
)
def test_it_trains_with_the_rates_that_it_gives(ramp):
    """Whatever schedule the ramp is: what the task says it trained with."""
    found = range_test(Descent(), ramp, key=KEY, num_steps=20, loss="rate")

    np.testing.assert_allclose(found.losses[0], found.rates, rtol=1e-6)
    assert found.rates.shape == (20,)


@pytest.fixture(scope="module")
def digits():
    ramps = {"exponential": EXPONENTIAL, "linear": js.Transition(1e-3, 1.0, 60)}
    return range_test(Digits(), ramps, key=KEY, num_seeds=4, num_steps=60)


def test_ramps_and_seeds_side_by_side(digits):
    """The losses are those of the training; every seed has its own."""
    found = digits["exponential"]
    alone = js.sweeps.run(
        Digits(), [EXPONENTIAL], num_steps=60, num_seeds=4, key=KEY, progress=False
    )

    assert found.losses.shape == found.smoothed.shape == (4, 60)
    np.testing.assert_allclose(found.losses, alone.curves["loss"][0], rtol=1e-3)
    assert len(np.unique(found.losses[:, 10])) == 4
    assert (digits["linear"].losses != found.losses).any()


def test_suggestions_train(digits):
    """On the digits each rule of most ramps is between 1e-3 and 1; in the order of fear."""
    low, middle, high = digits["exponential"].spread()["valley"]
    assert 1e-3 <= low <= middle <= high <= 1
    for test in digits.values():
        for one in test.suggestions():
            assert all(1e-4 <= rate <= 1.0 for rate in one)
    table = np.asarray(digits["exponential"].suggestions())
    spread = np.asarray(list(digits["exponential"].spread().values()))
    np.testing.assert_array_equal(spread[:, 1], np.median(table, axis=0))


def test_it_stops_where_the_average_explodes():
    """Without smoothing, at the first loss above four times the best before."""
    ramp = js.Transition(0.1, 100.0, 50, js.curves.Geometric())
    found = range_test(Descent(), ramp, key=KEY, num_steps=50, smoothing=0.0)
    losses = found.losses[0].astype(np.float64)
    best = np.minimum.accumulate(np.concatenate([[np.inf], losses[:-1]]))
    first = np.argmax(~np.isfinite(losses) | (losses > 4 * best))

    assert found.stops.tolist() == [first]
    np.testing.assert_array_equal(found.smoothed[0, :first], losses[:first])


def test_parallel_rates_have_no_memory():
    """Each rate is trained from the start, and what it says is the mean of its end."""
    rates = [0.01, 0.1, 0.5, 1.5, 50.0]
    found = parallel_range_test(Descent(), rates, key=KEY, num_steps=16, num_seeds=2)
    alone = js.sweeps.run(
        Descent(), rates, num_steps=16, num_seeds=2, key=KEY, progress=False
    )

    expected = alone.curves["loss"][..., -4:].mean(-1, dtype=float).T
    np.testing.assert_allclose(found.losses[:, :4], expected[:, :4], rtol=1e-6)
    assert repr(found) == "RangeTest(5 rates from 0.01 to 50, 2 seeds)"
    assert found.stops.tolist() == [3, 4]  # 50 explodes, 1.5 with one of the curvatures
    assert found.suggestions()[0].minimum == 0.05


def test_rates_that_overflow_are_left_out():
    """A loss that is not finite ends the curve."""
    found = parallel_range_test(Descent(), [0.1, 0.2, 0.3, 1e30], key=KEY, num_steps=8)

    assert np.isnan(found.losses[0, -1])
    assert found.stops.tolist() == [3]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: range_test(Descent(), key=KEY, num_steps=0), "num_steps"),
        (lambda: range_test(Descent(), js.Constant(0.1), key=KEY), "rates that rise"),
        (lambda: range_test(Descent(), js.Transition(0.0, 1.0, 9), key=KEY), "above 0"),
        # A ramp that ends before the test does.
        (
            lambda: range_test(Descent(), js.Transition(0.1, 1.0, 9), key=KEY),
            "got 1 after 1, at 10. Begin above 0 and go up with each, a ramp with each of",
        ),
        (lambda: range_test(Descent(), key=KEY, smoothing=1.0), "smoothing < 1"),
        (lambda: range_test(Descent(), key=KEY, divergence=1.0), "divergence > 1"),
        (lambda: parallel_range_test(Descent(), [], key=KEY), "rates that rise"),
        (lambda: parallel_range_test(Descent(), [2.0, 1.0], key=KEY), "rates that rise"),
        (lambda: parallel_range_test(Descent(), [1.0, np.inf], key=KEY), "finite rates"),
        (lambda: parallel_range_test(Descent(), [1.0, np.nan], key=KEY), "finite rates"),
        (lambda: range_test(Descent(-2.0), key=KEY), "of 0 or more, got loss=-2"),
        (lambda: parallel_range_test(Descent(-2.0), [0.1], key=KEY), "of 0 or more"),
    ],
)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("loss", ["los", "distance"])
def test_a_loss_that_no_step_reports(loss):
    """Nor is what is only evaluated a curve."""
    with pytest.raises(KeyError, match=f"'{loss}' must be one of curvature, loss, rate"):
        range_test(Descent(), key=KEY, loss=loss, num_steps=10, ramps=EXPONENTIAL)


def test_too_few_points_are_an_error_and_the_curve_is_kept():
    """A test of one update has a curve, and no suggestion."""
    ramp = js.Transition(1e-3, 1.0, 1)
    found = range_test(Descent(), ramp, key=KEY, num_steps=1)

    assert found.losses.shape == (1, 1)
    assert not found.has_suggestions
    with pytest.raises(ValueError, match=r"3 points or more of each seed, got \[0\]"):
        found.suggestions()


def test_seeds_that_have_too_few_points_are_named():
    """No rule says anything of a seed that diverged at once."""
    losses = np.ones((3, 8))
    losses[[0, 2], 1] = np.nan
    rates = np.geomspace(0.1, 1.0, 8)
    found = RangeTest(rates, losses, losses, np.array([1, 8, 1]), 0, 0)

    assert found.points.tolist() == [1, 8, 1]
    with pytest.raises(ValueError, match=r"got \[1, 1\] of the seeds \[0, 2\]"):
        found.spread()


def test_divergence_at_the_first_update():
    """Nothing is left of it, and the error says so."""
    ramp = js.Transition(1e25, 1e30, 20)
    found = range_test(Descent(), ramp, key=KEY, num_steps=20)

    assert found.stops[0] <= 2
    with pytest.raises(ValueError, match="a ramp that diverges later"):
        found.suggestions()
