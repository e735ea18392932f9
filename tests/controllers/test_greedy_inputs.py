"""What the greedy controller is given: metrics of any kind, settings, batches."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched.controllers import GreedyLR

from .greedy_rule import random_settings, rule, scales
from .helpers import NUM_METRICS, same_metrics, trace

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
