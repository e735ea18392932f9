"""The bold driver against its rule in plain Python, and what it is given."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxsched as js

from .helpers import NUM_METRICS, many, row, same_metrics, trace

ONES = jnp.ones(2)


def rule(errors, *, increase, decrease, min_scale=0.0, max_scale=math.inf):
    """The factor after each of some errors; None is an update without one."""
    scale, best, scales = 1.0, math.inf, []
    for error in errors:
        if error is not None:
            if math.isfinite(error) and error < best:
                best = error
                scale = scale if scale > max_scale else min(scale * increase, max_scale)
            else:
                scale = scale if scale < min_scale else max(scale * decrease, min_scale)
        scales.append(scale)
    return scales


def scales(errors, **numbers):
    driver = js.BoldDriver(**numbers)
    state, found = driver.init(), []
    for error in errors:
        state = driver.update(state, value=error)
        found.append(float(driver(state)))
    return found


def random_settings(rng, num):
    draws = {
        "increase": rng.uniform(1, 1.5, num),
        "decrease": rng.uniform(0.3, 0.95, num),
        "min_scale": rng.choice([0, 0.1234, 0.6, 1.3], num),
        "max_scale": rng.choice([1.3, 1.777, 8, np.inf], num),
    }
    return {k: v.astype(np.float32) for k, v in draws.items()}


# The rule.

ERRORS = [10.0, 8.0, 7.0, 7.5, 6.0, 6.5]
RATES = [0.105, 0.11025, 0.1157625, 0.05788125, 0.0607753125, 0.03038765625]


def test_known_trace():
    """From a rate of 0.1, with the classical factors; each error acts at once."""
    optimizer = js.scheduled(optax.sgd, learning_rate=0.1 * js.BoldDriver())
    update = jax.jit(lambda s, v: optimizer.update(ONES, s, ONES, value=v))
    state, used, read = optimizer.init(ONES), [], []
    for error in ERRORS:
        updates, state = update(state, error)
        used.append(-float(updates[0]))
        read.append(float(js.hyperparams(state)["learning_rate"]))

    np.testing.assert_allclose(used, RATES, rtol=5e-7, atol=0)
    assert read == used
    np.testing.assert_allclose(
        np.multiply(0.1, rule(ERRORS, increase=1.05, decrease=0.5)), RATES, rtol=1e-14
    )


def test_follows_the_rule():
    """Three hundred settings, each on its own errors, some of them NaN or infinite."""
    num, rng = 300, np.random.default_rng(0)
    errors = rng.normal(-0.3, 1, size=(num, NUM_METRICS)).cumsum(axis=1)
    errors = errors.astype(np.float32)
    broken = rng.random(errors.shape) < 0.05
    errors[broken] = rng.choice([np.nan, np.inf, -np.inf], broken.sum())
    numbers = random_settings(rng, num)
    got = many(js.BoldDriver(**numbers), errors)
    expected = [rule(errors[i].tolist(), **row(numbers, i)) for i in range(num)]

    assert np.sum(np.diff(expected, axis=1) > 0) > 1000
    assert np.sum(np.diff(expected, axis=1) < 0) > 1000
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=0)


quarters = st.integers(-8, 8).map(lambda k: k / 4)
broken = st.sampled_from([math.inf, -math.inf, math.nan])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    errors=st.lists(quarters | broken, min_size=NUM_METRICS, max_size=NUM_METRICS),
    increase=st.sampled_from([1.0, 2.0]),
    decrease=st.sampled_from([0.5, 0.25]),
    min_scale=st.sampled_from([0.0, 2.0**-20, 0.5, 2.0]),
    max_scale=st.sampled_from([2.0, 4.0, math.inf]),
)
def test_follows_the_rule_where_it_is_close(errors, **numbers):
    """Equal errors, factors at a bound and beyond: exactly the rule."""
    got = trace(js.BoldDriver(**numbers), np.asarray(errors, np.float32))

    np.testing.assert_array_equal(got, rule(errors, **numbers))


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([2.0, 2.0], [2, 1]),
        ([2.0, 3.0, 2.5, 1.0], [2, 1, 0.5, 1]),
        ([math.nan, 2.0, math.nan, 1.0], [0.5, 1, 0.5, 1]),
        ([math.inf, 2.0], [0.5, 1]),
        ([-math.inf, -2.0, -3.0], [0.5, 1, 2]),
        ([0.0, 0.0, -1.0], [2, 1, 2]),
    ],
    ids=str,
)
def test_what_counts_as_fallen(errors, expected):
    """Only a finite error below the best so far, not below the last one."""
    assert scales(errors, increase=2.0, decrease=0.5) == expected


def test_neither_end_is_for_ever():
    """By default a factor comes back from a long fall, and never gets infinite."""
    low = scales([math.nan] * 200 + [1.0], increase=2.0)
    high = scales([-float(k) for k in range(200)] + [1.0], increase=2.0)

    np.testing.assert_allclose(low[-2:], [1e-6, 2e-6], rtol=1e-6)
    np.testing.assert_allclose(high[-2:], [1e6, 5e5], rtol=1e-6)


# What it is given.


def test_update_without_an_error_changes_nothing():
    """Wherever it comes; other arguments are ignored."""
    errors = [None, 2.0, None, 3.0, None]
    numbers = {"increase": 2.0, "decrease": 0.5}

    assert scales(errors, **numbers) == rule(errors, **numbers) == [1, 2, 2, 1, 1]
    driver = js.BoldDriver()
    assert float(driver(driver.update(driver.init(), loss=1.0, updates=ONES))) == 1.0


@pytest.mark.parametrize("value", [1, True, np.float64(1), np.int32(1), jnp.bfloat16(1)])
def test_error_of_any_type(value):
    """The state keeps its types, so that a scan accepts it."""
    driver = js.BoldDriver(decrease=0.25, increase=2.0)
    start = driver.init()
    state = driver.update(driver.update(start, value=value), value=value)

    assert float(driver(state)) == 0.5
    assert [leaf.dtype for leaf in state] == [leaf.dtype for leaf in start]


def test_error_of_a_batch_is_refused():
    """The message says what to do."""
    driver = js.BoldDriver()
    with pytest.raises(AssertionError, match=r"BoldDriver needs one number.*Take a mean"):
        driver.update(driver.init(), value=jnp.ones(3))


def test_asked_ahead_of_an_update():
    """With an error: the value after it. Without: as it stands, and nothing is kept."""
    driver = js.BoldDriver(increase=2.0)
    state = driver.init()

    assert float(driver(state, value=1.0)) == 2.0
    assert float(driver(state)) == float(driver(state, clock=3)) == 1.0


# Transformations.


@pytest.mark.parametrize("name", ["increase", "decrease", "min_scale", "max_scale"])
def test_each_setting_can_be_batched(name):
    """`vmap` over one of them gives what each value alone gives; one trace."""
    rng = np.random.default_rng(3)
    errors = rng.normal(-0.3, 1, size=NUM_METRICS).cumsum().astype(np.float32)
    numbers = {"increase": 1.2, "decrease": 0.5, "min_scale": 0.1, "max_scale": 2.0}
    values = random_settings(rng, 6)[name]
    batch = jax.vmap(lambda v: trace(js.BoldDriver(**{**numbers, name: v}), errors))(values)
    alone = [rule(errors.tolist(), **{**numbers, name: float(v)}) for v in values]

    assert len(np.unique(batch, axis=0)) > 1
    np.testing.assert_allclose(batch, alone, rtol=1e-5, atol=0)


def test_all_settings_can_be_batched():
    """Also by `stack`ed numbers, as in a sweep."""
    rng = np.random.default_rng(4)
    errors = rng.normal(-0.3, 1, size=NUM_METRICS).cumsum().astype(np.float32)
    numbers = random_settings(rng, 12)
    batch = same_metrics(js.BoldDriver(**numbers), errors)
    alone = [rule(errors.tolist(), **row(numbers, i)) for i in range(12)]

    np.testing.assert_allclose(batch, alone, rtol=1e-5, atol=0)


def test_gradients_of_the_settings():
    """The factor after two rises and a fall is u²d; NaN errors do not spoil it."""

    def last(increase, decrease):
        driver = js.BoldDriver(increase=increase, decrease=decrease)
        return trace(driver, jnp.asarray([2.0, jnp.nan, 1.0]))[-1]

    slopes = jax.jit(jax.grad(last, argnums=(0, 1)))(1.5, 0.5)

    np.testing.assert_allclose(slopes, [2 * 1.5 * 0.5, 1.5**2], rtol=1e-6)


def test_double_precision():
    """Under x64 the state has doubles, and sees what single precision does not."""
    with jax.enable_x64(True):
        driver = js.BoldDriver(increase=2.0)
        state = driver.init()
        for k in range(4):
            state = driver.update(state, value=1.0 - 1e-12 * k)

        assert state.best_value.dtype == np.float64
        assert float(driver(state)) == 16.0


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"increase": 0.99},
        {"increase": math.nan},
        {"decrease": 0.0},
        {"decrease": 1.0},
        {"min_scale": -0.1},
        {"max_scale": 1e-7},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"BoldDriver.*{name}.*{value}"):
        js.BoldDriver(**numbers)


def test_repr_is_code():
    """A controller reads back from its text."""
    driver = js.BoldDriver(increase=1.25, max_scale=float("inf"))
    again = eval(repr(driver), {"BoldDriver": js.BoldDriver})

    assert jax.tree.leaves(again) == jax.tree.leaves(driver)
