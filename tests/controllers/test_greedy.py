"""The greedy rule against one in plain Python, its published trace, its floor."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxsched.controllers import GreedyLR

from .greedy_rule import random_settings, rule, scales
from .helpers import NUM_METRICS, many, row, trace


@pytest.mark.parametrize("window_size", [1, 2, 5])
@pytest.mark.parametrize("mode", ["min", "max"])
def test_follows_the_rule(mode, window_size):
    """Three hundred settings, each on its own metrics (some NaN), batched in one scan."""
    num = 300
    rng = np.random.default_rng(window_size)
    walk = rng.normal(size=(num, NUM_METRICS)).cumsum(axis=1)
    trend = rng.normal(size=(num, 1)) * np.arange(NUM_METRICS)
    metrics = (walk + 0.5 * trend).astype(np.float32)
    metrics[rng.random(metrics.shape) < 0.05] = np.nan
    numbers = random_settings(rng, num)
    got = many(GreedyLR(**numbers, window_size=window_size, mode=mode), metrics)
    expected = [
        rule(metrics[i].tolist(), **row(numbers, i), window_size=window_size, mode=mode)
        for i in range(num)
    ]

    assert len(np.unique(got)) > 1000
    assert np.sum(np.diff(expected, axis=1) > 0) > 300
    assert np.sum(np.diff(expected, axis=1) < 0) > 300
    # A few dozen products of float32 numbers.
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=0)


quarters = st.integers(-12, 12).map(lambda k: k / 4)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    metrics=st.lists(
        quarters | st.sampled_from([float("inf"), float("-inf"), float("nan")]),
        min_size=NUM_METRICS,
        max_size=NUM_METRICS,
    ),
    numbers=st.fixed_dictionaries(
        {
            "factor": st.sampled_from([0.5, 0.25]),
            "patience": st.integers(0, 3),
            "rtol": st.sampled_from([0.0, 0.25]),
            "atol": st.sampled_from([0.0, 0.25, 1.0]),
            "cooldown": st.integers(0, 3),
            "warmup": st.integers(0, 3),
            "min_scale": st.sampled_from([0.0, 0.125, 0.75, 2.0]),
            "max_scale": st.sampled_from([0.25, 4.0, float("inf")]),
            "min_change": st.sampled_from([0.0, 0.25]),
            "reset_after": st.integers(0, 4),
        }
    ),
    mode=st.sampled_from(["min", "max"]),
)
def test_follows_the_rule_where_it_is_close(metrics, numbers, mode):
    """Ties with margins and bounds, repeated values and infinities: exactly the rule."""
    got = trace(GreedyLR(**numbers, mode=mode), np.asarray(metrics, np.float32))

    np.testing.assert_array_equal(got, rule(metrics, **numbers, mode=mode))


def test_published_trace():
    """What the authors' own code gives for losses that fall, stay and fall again."""
    losses = [5, 4, 3, 2, 2, 2, 2, 2, 1, 0.5, 0.25]
    rates = [1, 10 / 9, 10 / 9, 100 / 81, 100 / 81, 10 / 9, 10 / 9, 1, 1, 10 / 9, 10 / 9]

    got = scales(losses, factor=0.9, patience=1)

    np.testing.assert_allclose(got, rates, rtol=1e-6, atol=0)
    np.testing.assert_allclose(
        rule(losses, factor=0.9, patience=1), rates, rtol=1e-12, atol=0
    )


def test_minimum_and_maximum_mirror_each_other():
    """`mode="max"` on -x does what `mode="min"` does on x, whatever the sign."""
    rng = np.random.default_rng(2)
    metrics = rng.normal(size=(100, NUM_METRICS)).astype(np.float32)
    numbers = random_settings(rng, 100)
    low = many(GreedyLR(**numbers), metrics)
    high = many(GreedyLR(**numbers, mode="max"), -metrics)

    np.testing.assert_array_equal(low, high)
    assert len(np.unique(low)) > 100


def test_starts_over_from_the_floor():
    """After three cuts that ended there; the best value is forgotten too."""
    losses = [1.0] * 6 + [3.0, 2.0]
    got = scales(losses, factor=0.5, patience=0, min_scale=0.5, reset_after=3)

    assert got == [2.0, 1.0, 0.5, 0.5, 1.0, 2.0, 1.0, 0.5]


def test_raise_forgives_the_floor():
    """Cuts at the floor are counted from the last raise on."""
    losses = [1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0]
    numbers = {"factor": 0.5, "patience": 0, "min_scale": 0.5}

    assert scales(losses, **numbers, reset_after=3)[-2:] == [0.5, 0.5]
    assert scales(losses, **numbers, reset_after=2)[-2:] != [0.5, 0.5]


def test_equal_values_are_their_own_mean():
    """A window of equal values is no progress, with no margin at all."""
    got = scales([0.7] * 40, factor=0.5, patience=0, atol=0.0, window_size=7, min_scale=0)

    assert got == [2.0 / 2**k for k in range(40)]
