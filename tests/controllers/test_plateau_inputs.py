"""What a plateau controller is given: metrics of any kind, settings, batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

from .helpers import NUM_METRICS, random_settings, same_metrics, scales, trace
from .oracle import plateau

# What may happen to a metric.


def test_nan_is_no_progress():
    """It counts as bad, never as best, and the factor stays finite."""
    controller = js.ReduceOnPlateau(factor=0.5, patience=1)
    state = controller.init()
    for value in (2.0, np.nan, np.nan, 1.0):
        state = controller.update(state, value=value)

    assert float(controller(state)) == 0.5
    assert float(state.best_value) == 1.0
    assert scales([np.nan] * 4, factor=0.5, patience=1) == [1, 0.5, 0.5, 0.25]


def test_update_without_a_metric_is_legal():
    """It changes nothing, wherever it comes; other arguments are ignored."""
    metrics = [2.0, None, 2.0, None, None, 2.0, 2.0, None]
    got = scales(metrics, factor=0.5, patience=1)

    assert got == plateau(metrics, factor=0.5, patience=1, rtol=1e-4)
    assert got[-1] == 0.5
    controller = js.ReduceOnPlateau(factor=0.5, patience=0)
    state = controller.update(controller.init(), grad=jnp.ones(3), loss=1.0)
    assert float(controller(state)) == 1.0
    assert np.isinf(state.best_value)


@pytest.mark.parametrize("value", [1, True, np.float64(1), np.int32(1), jnp.bfloat16(1)])
def test_metric_of_any_type(value):
    """The state keeps its types, so that a scan accepts it."""
    controller = js.ReduceOnPlateau(factor=0.5, patience=0)
    start = controller.init()
    state = controller.update(controller.update(start, value=value), value=value)

    assert float(controller(state)) == 0.5
    assert [leaf.dtype for leaf in state] == [leaf.dtype for leaf in start]


def test_floor():
    """The factor stops at the floor, exactly; a floor above 1 raises nothing."""
    constant = [1.0] * 8

    assert scales(constant, factor=0.5, patience=0, min_scale=0.1875)[-1] == 0.1875
    assert scales(constant, factor=0.5, patience=0, min_scale=2.0) == [1.0] * 8


def test_warmup_is_not_watched():
    """Neither the best value nor patience starts before its end."""
    metrics = [0.0] * 5 + [3.0, 3.0, 3.0]
    got = scales(metrics, factor=0.5, patience=0, warmup_steps=5)

    assert got == [1] * 6 + [0.5, 0.25]


# Transformations.


def test_batched_settings_are_each_its_own():
    """`vmap` over every number gives what each alone gives; one structure, one trace."""
    rng = np.random.default_rng(3)
    metrics = rng.normal(size=NUM_METRICS).astype(np.float32)
    numbers = random_settings(rng, 16)
    batch = same_metrics(js.ReduceOnPlateau(**numbers), metrics)
    before = trace._cache_size()
    alone = [
        trace(js.ReduceOnPlateau(**{k: v[i] for k, v in numbers.items()}), metrics)
        for i in range(16)
    ]

    assert trace._cache_size() <= before + 1
    np.testing.assert_array_equal(batch, alone)


def test_batched_factors():
    """A controller is made of traced numbers as of others."""

    def found(factor):
        return trace(js.ReduceOnPlateau(factor=factor, patience=0), jnp.ones(2))

    got = jax.vmap(found)(jnp.asarray([0.1, 0.5]))

    np.testing.assert_array_equal(got, np.float32([[1, 0.1], [1, 0.5]]))


def test_double_precision():
    """Under x64 the state has doubles, and sees what single precision does not."""
    with jax.enable_x64(True):
        controller = js.ReduceOnPlateau(factor=0.5, patience=0, rtol=0.0)
        state = controller.init()
        for k in range(4):
            state = controller.update(state, value=1.0 - 1e-12 * k)

        assert state.best_value.dtype == np.float64
        assert float(controller(state)) == 1.0


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"factor": 0.0},
        {"factor": 1.0},
        {"factor": -0.5},
        {"factor": float("nan")},
        {"patience": -1},
        {"cooldown": -1},
        {"warmup_steps": -1},
        {"rtol": -1e-4},
        {"atol": -1e-4},
        {"min_scale": -0.1},
        {"mode": "auto"},
    ],
    ids=lambda numbers: next(iter(numbers)),
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The error names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"ReduceOnPlateau\({name}=.*{value}"):
        js.ReduceOnPlateau(**numbers)


def test_repr_is_code():
    """A controller reads back from its text."""
    controller = js.ReduceOnPlateau(factor=0.5, patience=3, mode="max")
    again = eval(repr(controller), {"ReduceOnPlateau": js.ReduceOnPlateau})

    assert jax.tree.leaves(again) == jax.tree.leaves(controller)
    assert again.mode == "max"
