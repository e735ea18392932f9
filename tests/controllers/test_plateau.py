"""Reduce on plateau against torch's rule, and where it is better than torch's."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxsched as js

from .helpers import NUM_METRICS, many, random_settings, row, scales, trace
from .oracle import plateau


@pytest.mark.parametrize("mode", ["min", "max"])
def test_follows_the_rule_of_torch(mode):
    """A thousand settings, each on its own metrics (some NaN), batched in one scan."""
    rng = np.random.default_rng(0)
    walk = rng.normal(size=(1000, NUM_METRICS)).cumsum(axis=1)
    trend = rng.normal(size=(1000, 1)) * np.arange(NUM_METRICS)
    metrics = (walk + 0.5 * trend).astype(np.float32)
    metrics[rng.random(metrics.shape) < 0.05] = np.nan
    numbers = random_settings(rng, 1000)
    got = many(js.ReduceOnPlateau(**numbers, mode=mode), metrics)
    expected = [
        plateau(metrics[i].tolist(), **row(numbers, i), mode=mode) for i in range(1000)
    ]

    assert len(np.unique(got)) > 1000
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
            "patience": st.integers(0, 4),
            "rtol": st.sampled_from([0.0, 0.25, 0.5]),
            "atol": st.sampled_from([0.0, 0.25, 1.0]),
            "cooldown": st.integers(0, 4),
            "min_scale": st.sampled_from([0.0, 0.125, 0.75]),
            "warmup_steps": st.integers(0, NUM_METRICS),
        }
    ),
    mode=st.sampled_from(["min", "max"]),
)
def test_follows_the_rule_where_it_is_close(metrics, numbers, mode):
    """Ties with the margin, repeated values and infinities: exactly the rule."""
    got = trace(js.ReduceOnPlateau(**numbers, mode=mode), np.asarray(metrics, np.float32))

    np.testing.assert_array_equal(got, plateau(metrics, **numbers, mode=mode))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"patience": 2}, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]),
        (
            {"patience": 2, "cooldown": 2},
            [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25],
        ),
        ({"patience": 0}, [0.5**k for k in range(10)]),
    ],
    ids=["patience", "cooldown", "at_once"],
)
def test_published_traces(numbers, expected):
    """What torch gives for a metric that stays at 1."""
    assert scales([1.0] * 10, factor=0.5, **numbers) == expected
    assert plateau([1.0] * 10, factor=0.5, rtol=1e-4, **numbers) == expected


def test_optax_cuts_one_value_earlier():
    """Optax's `patience=p` is `patience=p - 1` here, for positive metrics."""
    rng = np.random.default_rng(1)
    metrics = rng.uniform(1.0, 2.0, NUM_METRICS).astype(np.float32)
    for patience in (1, 2, 4):
        theirs = optax.contrib.reduce_on_plateau(
            factor=0.5, patience=patience, rtol=1e-2, min_scale=0.01
        )

        @jax.jit
        def optax_trace(metrics, theirs=theirs):
            def step(state, value):
                _, state = theirs.update(jnp.ones(()), state, value=value)
                return state, state.scale

            return jax.lax.scan(step, theirs.init(jnp.ones(())), metrics)[1]

        ours = js.ReduceOnPlateau(0.5, patience - 1, rtol=1e-2, min_scale=0.01)
        np.testing.assert_array_equal(trace(ours, metrics), optax_trace(metrics))


def test_minimum_and_maximum_mirror_each_other():
    """`mode="max"` on -x cuts where `mode="min"` cuts on x, whatever the sign."""
    rng = np.random.default_rng(2)
    metrics = rng.normal(size=(200, NUM_METRICS)).astype(np.float32)
    numbers = random_settings(rng, 200)
    low = many(js.ReduceOnPlateau(**numbers), metrics)
    high = many(js.ReduceOnPlateau(**numbers, mode="max"), -metrics)

    np.testing.assert_array_equal(low, high)
    assert len(np.unique(low)) > 100


@pytest.mark.parametrize("mode", ["min", "max"])
def test_negative_metrics_count_as_positive_ones(mode):
    """A metric that stays at -1 is a plateau as at +1."""
    numbers = {"factor": 0.1, "patience": 2, "mode": mode}
    below = scales([-1.0] * 8, **numbers)

    assert below == scales([1.0] * 8, **numbers)
    assert below[-1] < 0.05


def test_best_of_negative_metrics_does_not_drift():
    """Values a little worse than -5 never replace it, however slowly they come."""
    controller = js.ReduceOnPlateau(factor=0.5, patience=100)
    state = controller.init()
    for k in range(20):
        state = controller.update(state, value=-5.0 + 0.0003 * k)

    assert float(state.best_value) == -5.0


def test_slow_progress_is_progress():
    """Ten times the threshold is better, though bfloat16 could not tell."""
    params = jnp.ones(4, jnp.bfloat16)
    plateau_ = js.ReduceOnPlateau(factor=0.5, patience=0, rtol=1e-4)
    optimizer = js.scheduled(optax.sgd, learning_rate=plateau_)
    state = optimizer.init(params)
    update = jax.jit(lambda s, v: optimizer.update(params, s, params, value=v))
    for k in range(7):
        updates, state = update(state, 1.0 - 0.001 * k)

    assert float(js.hyperparams(state)["learning_rate"]) == 1.0
    assert updates.dtype == jnp.bfloat16
    found = jax.tree.leaves(state.controllers)
    assert {leaf.dtype for leaf in found} <= {np.dtype(np.float32), np.dtype(np.int32)}
