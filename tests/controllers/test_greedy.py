"""The greedy rule against one in plain Python, its published trace, and its inputs."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxsched as js
from jaxsched.controllers import GreedyLR

from .helpers import NUM_METRICS, many, row, same_metrics, trace


def exact(number):
    return Fraction(number) if math.isfinite(number) else number


def rule(
    metrics,
    *,
    factor,
    patience,
    rtol=0.0,
    atol=0.0,
    cooldown=0,
    warmup=0,
    min_scale=0.0,
    max_scale=math.inf,
    min_change=0.0,
    reset_after=math.inf,
    window_size=1,
    mode="min",
):
    """The factor after each of some metrics, from the formulas; None is no metric.

    In fractions: a raise and a cut cancel exactly.
    """
    factor, min_scale = Fraction(factor), Fraction(min_scale)
    worst = math.inf if mode == "min" else -math.inf
    scale, best, row_of, row_length, rest, floored = Fraction(1), worst, None, 0, 0, 0
    window, scales = [], []
    for metric in metrics:
        if metric is None:
            scales.append(float(scale))
            continue
        value = metric
        if not math.isnan(metric):
            window = [*window, metric][-window_size:]
            value = sum(window) / len(window)
        if rest > 0:
            rest, row_length = rest - 1, 0
            scales.append(float(scale))
            continue
        margin = 0.0 if math.isinf(best) else rtol * abs(best) + atol
        better = value < best - margin if mode == "min" else value > best + margin
        best = value if better else best
        row_length = row_length + 1 if row_of is better else 1
        row_of = better
        if row_length > patience:
            row_length = 0
            if better:
                changed = max(min(scale / factor, exact(max_scale)), scale)
                rest, floored = warmup, 0
            else:
                changed = min(max(scale * factor, min_scale), scale)
                rest = cooldown
            scale = changed if abs(changed - scale) > min_change else scale
            if not better and scale <= min_scale:
                floored += 1
                if floored >= reset_after:
                    scale, best, floored, window = Fraction(1), worst, 0, []
        scales.append(float(scale))
    return scales


def random_settings(rng, num):
    """Float32 numbers, so that the rule sees what the controller holds."""
    floats = {
        "factor": rng.uniform(0.3, 0.95, num),
        "rtol": rng.choice([0, 1e-2, 0.1], num),
        "atol": rng.choice([0, 1e-3, 0.1], num),
        "min_scale": rng.choice([0, 0.1234, 0.6], num),
        "max_scale": rng.choice([0.5, 1.777, 8, np.inf], num),
        "min_change": rng.choice([0, 0.0567], num),
    }
    steps = {
        "patience": rng.integers(0, 4, num),
        "cooldown": rng.integers(0, 4, num),
        "warmup": rng.integers(0, 4, num),
        "reset_after": rng.integers(0, 6, num),
    }
    return {k: v.astype(np.float32) for k, v in floats.items()} | {
        k: v.astype(np.int32) for k, v in steps.items()
    }


def scales(metrics, **numbers):
    """The factor after each of a list of metrics, without a scan."""
    controller = GreedyLR(**numbers)
    state, found = controller.init(), []
    for value in metrics:
        state = controller.update(state, value=value)
        found.append(float(controller(state)))
    return found


# The rule.


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


# What may happen to a metric.


def test_nan_is_no_progress():
    """It counts as bad, never as best, and does not stay in the mean."""
    numbers = {"factor": 0.5, "patience": 1, "min_scale": 0.0}

    assert scales([np.nan] * 4, **numbers) == [1, 0.5, 0.5, 0.25]
    got = scales([4.0, np.nan, 3.0, 2.0], **numbers, window_size=2)
    assert got == [1, 1, 1, 2]


def test_update_without_a_metric_is_legal():
    """It changes nothing, wherever it comes; other arguments are ignored."""
    metrics = [2.0, None, 1.0, None, None, 1.0, 1.0, None]
    got = scales(metrics, factor=0.5, patience=1)

    assert got == rule(metrics, factor=0.5, patience=1, atol=1e-6)
    assert got == [1, 1, 2, 2, 2, 2, 1, 1]
    controller = GreedyLR(factor=0.5, patience=0)
    state = controller.update(controller.init(), grad=jnp.ones(3), loss=1.0)
    assert float(controller(state)) == 1.0


@pytest.mark.parametrize("value", [1, True, np.float64(1), np.int32(1), jnp.bfloat16(1)])
def test_metric_of_any_type(value):
    """The state keeps its types, so that a scan accepts it."""
    controller = GreedyLR(factor=0.5, patience=0, window_size=3)
    start = controller.init()
    state = controller.update(controller.update(start, value=value), value=value)

    assert float(controller(state)) == 1.0
    assert [leaf.dtype for leaf in state] == [leaf.dtype for leaf in start]


def test_metric_of_a_batch_is_refused():
    """The error says what to do."""
    controller = GreedyLR()
    with pytest.raises(AssertionError, match=r"GreedyLR needs one number.*Take a mean"):
        controller.update(controller.init(), value=jnp.ones(3))


# Bounds.


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"max_scale": 3.0}, [2, 3, 3, 1.5, 0.75]),
        ({"max_scale": 0.5}, [1, 1, 1, 0.5, 0.25]),
        ({"min_scale": 1.5}, [2, 4, 8, 4, 2]),
        ({"min_scale": 9.0}, [2, 4, 8, 8, 8]),
        ({"min_change": 1.5}, [1, 1, 1, 1, 1]),
        ({"min_scale": 2.0, "max_scale": 1.0}, [1, 1, 1, 1, 1]),
    ],
    ids=str,
)
def test_bounds(numbers, expected):
    """Neither is overstepped, nor does it pull a factor that is beyond it."""
    losses = [3.0, 2.0, 1.0, 1.0, 1.0]

    assert scales(losses, factor=0.5, patience=0, **numbers) == expected


# Transformations.


def test_batched_settings_are_each_its_own():
    """`vmap` over every number gives what each alone gives; one structure, one trace."""
    rng = np.random.default_rng(3)
    metrics = rng.normal(size=NUM_METRICS).astype(np.float32)
    numbers = random_settings(rng, 12)
    batch = same_metrics(GreedyLR(**numbers, window_size=3), metrics)
    before = trace._cache_size()
    alone = [
        trace(GreedyLR(**{k: v[i] for k, v in numbers.items()}, window_size=3), metrics)
        for i in range(12)
    ]

    assert trace._cache_size() <= before + 1
    np.testing.assert_array_equal(batch, alone)


def test_traced_settings():
    """A controller is made of traced numbers as of others, and has gradients."""

    @jax.jit
    def last(factor):
        return trace(GreedyLR(factor=factor, patience=0), jnp.asarray([2.0, 1.0]))[-1]

    value, slope = jax.value_and_grad(last)(0.5)

    np.testing.assert_allclose([value, slope], [4.0, -16.0], rtol=1e-6)


def test_rides_on_a_schedule_in_an_optimizer():
    """The value is the schedule times the factor."""
    rate = js.linear_schedule(1.0, 0.0, 8) * GreedyLR(factor=0.5, patience=0)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    ones = jnp.ones(2)
    state, rates = optimizer.init(ones), []
    update = jax.jit(lambda state, value: optimizer.update(ones, state, ones, value=value))
    for value in (2.0, 1.0, 1.0):
        updates, state = update(state, value)
        rates.append(-float(updates[0]))

    np.testing.assert_allclose(rates, [1, 2 * 7 / 8, 4 * 6 / 8], rtol=1e-6)


def test_double_precision():
    """Under x64 the state has doubles, and sees what single precision does not."""
    with jax.enable_x64(True):
        controller = GreedyLR(factor=0.5, patience=0, atol=0.0)
        state = controller.init()
        for k in range(4):
            state = controller.update(state, value=1.0 - 1e-12 * k)

        assert state.best_value.dtype == np.float64
        assert float(controller(state)) == 10.0


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"factor": 0.0},
        {"factor": 1.0},
        {"factor": float("nan")},
        {"patience": -1},
        {"cooldown": -1},
        {"warmup": -1},
        {"rtol": -1e-4},
        {"atol": -1e-4},
        {"min_scale": -0.1},
        {"max_scale": -0.1},
        {"min_change": -0.1},
        {"reset_after": -1},
        {"window_size": 0},
        {"mode": "auto"},
    ],
    ids=lambda numbers: next(iter(numbers)),
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The error names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"GreedyLR\({name}=.*{value}"):
        GreedyLR(**numbers)


def test_size_of_the_window_is_an_integer():
    """It is the size of an array."""
    with pytest.raises(TypeError, match=r"GreedyLR\(window_size=.*integer.*2\.5"):
        GreedyLR(window_size=2.5)


def test_repr_is_code():
    """A controller reads back from its text."""
    controller = GreedyLR(factor=0.5, patience=3, window_size=4, mode="max")
    again = eval(repr(controller), {"GreedyLR": GreedyLR})

    assert jax.tree.leaves(again) == jax.tree.leaves(controller)
    assert (again.window_size, again.mode) == (4, "max")
