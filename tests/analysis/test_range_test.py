"""Range tests of real trainings, and of descents whose edge is known."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.analysis import divergence_edge, parallel_range_test, range_test
from jaxsched.tasks import Digits

KEY = jax.random.key(0)
EXPONENTIAL = js.Transition(1e-3, 10.0, 60, js.curves.Geometric())


@dataclasses.dataclass(frozen=True)
class Descent:
    """x <- (1 - rate h) x with a curvature h that the seed draws from 1 to 2."""

    def init(self, schedule, key):
        return schedule, 0, jnp.float32(1.0), 1 + jax.random.uniform(key)

    def step(self, state):
        schedule, count, x, h = state
        state = schedule, count + 1, x - schedule(count) * h * x, h
        return state, {"loss": x * x, "curvature": h, "rate": schedule(count)}


def test_the_rate_rises_as_fastai_has_it():
    """From 1e-7 by equal factors: point i at 1e-7 * 1e8^(i / 100)."""
    found = range_test(Descent(), key=KEY)

    np.testing.assert_allclose(found.rates, 1e-7 * 1e8 ** (np.arange(100) / 100), rtol=2e-6)
    assert (found.first, found.last) == (10, 5)


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
    assert found.stops.tolist() == [3, 4]  # 50 explodes, 1.5 with one of the curvatures
    assert found.suggestions()[0].minimum == 0.05


def test_rates_that_overflow_are_left_out():
    """A loss that is not finite ends the curve."""
    found = parallel_range_test(Descent(), [0.1, 0.2, 0.3, 1e30], key=KEY, num_steps=8)

    assert np.isnan(found.losses[0, -1])
    assert found.stops.tolist() == [3]


def test_the_edge_of_a_quadratic():
    """Is 2 over the curvature, whatever the seed; the loss of k updates is 4 there."""
    edges = divergence_edge(Descent(), key=KEY, num_steps=400, num_seeds=3)
    curves = js.sweeps.run(
        Descent(), [0.1], num_steps=1, num_seeds=3, key=KEY, progress=False
    ).curves
    # After 399 updates |1 - rate h| ^ 798 is 4.
    expected = (1 + 4 ** (1 / 798)) / curves["curvature"][0, :, 0]

    np.testing.assert_allclose(edges, expected, rtol=1e6 ** (8.0**-5) - 1)
    assert (edges <= expected * (1 + 1e-6)).all()
    assert len(np.unique(edges)) == 3


def test_edges_out_of_reach():
    """Where nothing is safe, the low end; where all is, just below the high one."""
    options = {"key": KEY, "num_steps": 50, "rounds": 2}
    assert divergence_edge(Descent(), low=5.0, high=9.0, **options).tolist() == [5.0]
    found = divergence_edge(Descent(), low=0.01, high=0.02, **options)
    assert 0.0195 < found[0] < 0.02


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: range_test(Descent(), key=KEY, num_steps=0), "num_steps"),
        (lambda: range_test(Descent(), js.Constant(0.1), key=KEY), "rates that rise"),
        (lambda: range_test(Descent(), js.Transition(0.0, 1.0, 9), key=KEY), "above 0"),
        (lambda: range_test(Descent(), key=KEY, smoothing=1.0), "smoothing < 1"),
        (lambda: range_test(Descent(), key=KEY, divergence=1.0), "divergence > 1"),
        (lambda: parallel_range_test(Descent(), [], key=KEY), "rates that rise"),
        (lambda: parallel_range_test(Descent(), [2.0, 1.0], key=KEY), "rates that rise"),
        (lambda: divergence_edge(Descent(), key=KEY, low=1.0, high=1.0), "low < high"),
        (lambda: divergence_edge(Descent(), key=KEY, low=0.0), "low"),
        (lambda: divergence_edge(Descent(), key=KEY, rounds=0), "rounds"),
    ],
)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_loss_that_is_not_reported():
    for call in (range_test, divergence_edge):
        with pytest.raises(KeyError, match="'los' must be one of"):
            call(Descent(), key=KEY, loss="los", num_steps=10)


def test_too_few_points_are_an_error_and_the_curve_is_kept():
    """A test of one update has a curve, and no suggestion."""
    ramp = js.Transition(1e-3, 1.0, 1)
    found = range_test(Descent(), ramp, key=KEY, num_steps=1)

    assert found.losses.shape == (1, 1)
    with pytest.raises(ValueError, match="3 points or more, got 0"):
        found.suggestions()


def test_divergence_at_the_first_update():
    """Nothing is left of it, and the error says so."""
    ramp = js.Transition(1e25, 1e30, 20)
    found = range_test(Descent(), ramp, key=KEY, num_steps=20)

    assert found.stops[0] <= 2
    with pytest.raises(ValueError, match="a ramp that diverges later"):
        found.suggestions()
