"""Hypergradient descent against its algorithms in double precision."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .hypergradient_rule import (
    MATRIX,
    START,
    TARGET,
    adam_direction,
    descent,
    momentum_direction,
    plain_direction,
    trained,
)

partial = functools.partial

CASES = {
    "sgd": (optax.sgd, plain_direction, 0.3, 1.0),
    "momentum": (partial(optax.sgd, momentum=0.9), momentum_direction, 0.05, 0.02),
    "adam": (optax.adam, adam_direction, 0.01, 1e-3),
    "adamw": (
        partial(optax.adamw, weight_decay=0.3),
        partial(adam_direction, weight_decay=0.3),
        0.01,
        1e-3,
    ),
}


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
@pytest.mark.parametrize("name", CASES)
def test_follows_the_algorithm(name, form):
    """Rates and parameters of 60 updates, in double precision."""
    factory, direction, init_value, gain = CASES[name]
    gain = gain if form == "additive" else 0.02
    numbers = {"init_value": init_value, "gain": gain, "form": form}
    expected_rates, expected = descent(direction(), **numbers, num=60)
    with jax.enable_x64(True):
        rates, points = trained(factory, js.Hypergradient(**numbers), 60)

    assert rates.dtype == np.float64
    assert np.ptp(rates) > 0.2 * init_value
    np.testing.assert_allclose(rates, expected_rates, rtol=1e-9, atol=0)
    np.testing.assert_allclose(points, expected, rtol=1e-8, atol=0)


@pytest.mark.parametrize("name", CASES)
def test_single_precision(name):
    """The same to the digits that there are."""
    factory, direction, init_value, gain = CASES[name]
    numbers = {"init_value": init_value, "gain": gain}
    rates, _ = trained(factory, js.Hypergradient(**numbers), 30)
    expected, _ = descent(direction(), **numbers, num=30)

    assert rates.dtype == np.float32
    np.testing.assert_allclose(rates, expected, rtol=2e-5, atol=0)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            "additive",
            [
                [0.1, 0.9],
                [0.145, 0.7695],
                [0.1796275, 0.63127664],
                [0.20391587, 0.50254931],
            ],
        ),
        ("multiplicative", [[0.1, 0.9], [0.105, 0.8055], [0.11025, 0.71669363]]),
    ],
)
def test_known_trace(form, expected):
    """The rate and x after each update on x²/2 from x = 1."""
    rate = js.Hypergradient(init_value=0.1, gain=0.05, form=form)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    update = jax.jit(optimizer.update)
    x, found = jnp.float32(1.0), []
    state = optimizer.init(x)
    for _ in expected:
        updates, state = update(x, state, x)
        x = optax.apply_updates(x, updates)
        found.append([js.hyperparams(state)["learning_rate"], x])

    np.testing.assert_allclose(found, expected, rtol=5e-7, atol=0)


def test_moves_against_the_derivative():
    """The rate changes by the gain times minus dL/da of the last step, by autodiff."""
    with jax.enable_x64(True):
        gain, start = 0.1, jnp.asarray(START)

        def loss(x):
            return jnp.sum(jnp.log(jnp.cosh(jnp.asarray(MATRIX) @ x - TARGET))) / 12

        def after(rate):
            optimizer = optax.adamw(rate, weight_decay=0.3)
            g = jax.grad(loss)(start)
            updates, _ = optimizer.update(g, optimizer.init(start), start)
            return loss(start + updates)

        rate = js.Hypergradient(init_value=0.01, gain=gain)
        rates, _ = trained(
            partial(optax.adamw, weight_decay=0.3), rate, 2, gradient=jax.grad(loss)
        )

        np.testing.assert_allclose(
            rates[1] - rates[0], -gain * jax.grad(after)(0.01), rtol=1e-8
        )


def test_rides_on_a_schedule():
    """On a plan it learns the factor, with the derivative by the factor."""
    numbers = {"init_value": 1.0, "gain": 0.5}
    plan = js.linear_schedule(0.1, 0.5, 20)
    expected, _ = descent(
        plain_direction(), **numbers, num=30, plan=lambda t: 0.1 + 0.4 * min(t / 20, 1)
    )
    with jax.enable_x64(True):
        rates, _ = trained(optax.sgd, plan * js.Hypergradient(**numbers), 30)

    assert expected[-1] > 0.6
    np.testing.assert_allclose(rates, expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
@pytest.mark.parametrize("bounds", [(0.2, 1.5), (-math.inf, math.inf)])
def test_bounds(bounds, form):
    """It stays within them; without a floor a rate turns negative, and back."""
    numbers = {"init_value": 0.3, "gain": 20.0 if form == "additive" else 2.0}
    expected, _ = descent(plain_direction(), **numbers, num=15, bounds=bounds, form=form)
    rate = js.Hypergradient(**numbers, form=form, min_value=bounds[0], max_value=bounds[1])
    with jax.enable_x64(True):
        rates = np.asarray(trained(optax.sgd, rate, 15)[0])

    np.testing.assert_allclose(rates, expected, rtol=1e-6, atol=0)
    if bounds[0] > 0:
        assert {rates.min(), rates.max()} == {0.2, 1.5}
    else:
        assert rates.min() < 0 < rates.max()


def test_zero_is_where_it_ends_and_a_floor_prevents_it():
    """Too great a gain: a rate of 0 makes no step to learn from."""
    numbers = {"init_value": 2.5, "gain": 10.0}
    rates, points = trained(
        optax.sgd, js.Hypergradient(**numbers), 12, gradient=lambda x: x
    )
    assert rates[1] == 0
    assert np.all(rates[1:] == 0)
    assert np.all(np.isfinite(points))

    floored = js.Hypergradient(**numbers, min_value=1e-3)
    rates, _ = trained(optax.sgd, floored, 12, gradient=lambda x: x)
    np.testing.assert_allclose(rates[1], 1e-3, rtol=1e-6)
    assert rates[2] > 1
