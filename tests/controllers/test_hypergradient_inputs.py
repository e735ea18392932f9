"""What a hypergradient is given: gradients of any kind, settings, batches."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .hypergradient_rule import START, descent, gradient, plain_direction, trained

partial = functools.partial
FORMS = pytest.mark.parametrize("form", ["additive", "multiplicative"])

# What may happen to gradients.


@pytest.mark.parametrize("bounds", [{}, {"max_value": 1.0}])
@FORMS
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_gradients_that_are_not_finite(bad, form, bounds):
    """Neither with them nor with what was made of them does the value move."""
    rate = js.Hypergradient(init_value=0.1, gain=0.05, form=form, **bounds)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    params = jnp.ones(2)
    state, rates = optimizer.init(params), []
    update = jax.jit(optimizer.update)
    for x in (1.0, 1.0, bad, 1.0, 1.0, 1.0):
        _, state = update(jnp.asarray([1.0, x]), state, params)
        rates.append(float(js.hyperparams(state)["learning_rate"]))

    assert rates[0] < rates[1] == rates[2] == rates[3] < rates[4] < rates[5] < 1


def test_zero_gradients():
    """No direction, no change: the value stays finite in both forms."""
    for form in ("additive", "multiplicative"):
        rate = js.Hypergradient(init_value=0.1, gain=0.05, form=form)
        rates, _ = trained(optax.sgd, rate, 4, gradient=jnp.zeros_like)
        np.testing.assert_array_equal(rates, np.float32(0.1))


@FORMS
def test_short_floats_train(form):
    """The state is in single precision, of one type throughout, and so are products."""
    gain = 0.5 if form == "additive" else 0.02
    rate = js.Hypergradient(init_value=0.3, gain=gain, form=form)
    params = {"x": jnp.asarray(START, jnp.bfloat16)}
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update({"x": gradient(params["x"])}, state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), js.hyperparams(state)["learning_rate"]

    assert rate.init_for(params).applied["x"].dtype == jnp.float32
    state = optimizer.init(params)
    (after, last), rates = jax.lax.scan(step, (params, state), length=20)
    expected, _ = descent(plain_direction(), init_value=0.3, gain=gain, num=20, form=form)

    assert after["x"].dtype == jnp.bfloat16
    assert {leaf.dtype for leaf in jax.tree.leaves(last.controllers)} == {jnp.float32.dtype}
    # Gradients of eight bits.
    np.testing.assert_allclose(rates, expected, rtol=0.02)


def test_many_small_numbers_are_summed_in_single_precision():
    """A million products in bfloat16 would stop to add up at 256."""
    ones = jnp.ones(1_000_000, jnp.bfloat16)
    rate = js.Hypergradient(init_value=0.5, gain=1e-6)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    _, state = optimizer.update(ones, optimizer.init(ones), ones)
    _, state = optimizer.update(ones, state, ones)

    np.testing.assert_allclose(js.hyperparams(state)["learning_rate"], 1.5, rtol=1e-5)


def test_complex_parameters():
    """The inner product is that of the real and imaginary parts."""
    rates = []
    for params in (jnp.asarray([3 + 4j]), jnp.asarray([3.0, 4.0])):
        rate = js.Hypergradient(init_value=0.1, gain=0.01)
        optimizer = js.scheduled(optax.sgd, learning_rate=rate)
        state = optimizer.init(params)
        for _ in range(2):
            _, state = optimizer.update(params, state, params)
        rates.append(float(js.hyperparams(state)["learning_rate"]))

    np.testing.assert_allclose(rates, 0.35, rtol=1e-6)


# Around it.


def test_masked_and_reached_through_a_chain():
    """Only the parameters that it trains count."""
    rate = js.Hypergradient(init_value=0.1, gain=0.05)
    inner = js.scheduled(optax.sgd, learning_rate=rate)
    optimizer = optax.chain(optax.masked(inner, {"x": True, "y": False}))
    params = {"x": jnp.float32(1.0), "y": jnp.ones(5)}
    state = optimizer.init(params)
    for _ in range(2):
        _, state = jax.jit(optimizer.update)(params, state, params)

    np.testing.assert_allclose(js.hyperparams(state)["learning_rate"], 0.15, rtol=1e-6)


def test_state_can_be_donated():
    """What it remembers of an update is not the update's own memory."""
    rate = js.Hypergradient(init_value=0.1, gain=0.05)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params, state):
        updates, state = optimizer.update(params, state, params)
        return optax.apply_updates(params, updates), state

    params = jnp.ones(3) + 0
    state = optimizer.init(params)
    for _ in range(3):
        params, state = step(params, state)

    assert np.isfinite(params).all()


def test_without_gradients_it_stays():
    """An update that knows nothing of them, and a look ahead without them."""
    rate = js.Hypergradient(init_value=0.1, gain=0.05)
    state = rate.init_for(jnp.ones(2))
    again = rate.update(state, value=1.0)
    ahead = rate(state, updates=jnp.ones(2), params=jnp.ones(2))

    assert (
        float(rate(again)) == float(rate(state, clock=1)) == float(ahead) == np.float32(0.1)
    )


@pytest.mark.parametrize("name", ["init_value", "gain", "min_value", "max_value"])
@FORMS
def test_each_setting_can_be_batched(name, form):
    """`vmap` over one of them gives what each value alone gives."""
    # Gains with which it meets both bounds.
    gain = 20.0 if form == "additive" else 2.0
    numbers = {"init_value": 0.3, "gain": gain, "min_value": 0.2, "max_value": 1.5}
    values = {
        "init_value": [0.2, 0.3, 0.4],
        "gain": [0.0, 0.01, gain],
        "min_value": [0.1, 0.2, 0.3],
        "max_value": [0.3, 1.0, 1.5],
    }[name]

    def rates(value):
        rate = js.Hypergradient(**{**numbers, name: value}, form=form)
        return trained(optax.sgd, rate, 15)[0]

    with jax.enable_x64(True):
        batch = np.asarray(jax.jit(jax.vmap(rates))(jnp.asarray(values)))
        one = jax.jit(rates)
        alone = np.stack([one(value) for value in values])

    assert len(np.unique(alone, axis=0)) == 3
    np.testing.assert_allclose(batch, alone, rtol=1e-9, atol=0)


@FORMS
def test_gradients_of_the_settings(form):
    """Right through the training, by differences; finite where no step is made."""
    with jax.enable_x64(True):

        @jax.jit
        def last(numbers):
            rate = js.Hypergradient(init_value=numbers[0], gain=numbers[1], form=form)
            return jnp.sum(trained(optax.adam, rate, 6)[1][-1] ** 2)

        at, step = jnp.asarray([0.01, 0.01]), 1e-6
        slopes = jax.grad(last)(at)
        differences = [
            (last(at + step * e) - last(at - step * e)) / (2 * step) for e in jnp.eye(2)
        ]

    assert np.all(np.abs(slopes) > 1e-6)
    np.testing.assert_allclose(slopes, differences, rtol=1e-5)


@FORMS
def test_gradient_where_no_step_is_made(form):
    """Finite: neither a norm nor a rate of zero is divided by."""

    def last(value):
        rate = js.Hypergradient(init_value=value, gain=0.1, form=form)
        return trained(optax.sgd, rate, 3, gradient=jnp.zeros_like)[0][-1]

    assert float(jax.grad(last)(0.1)) == 1.0
    assert np.isfinite(jax.grad(last)(0.0))


# Errors.


def test_started_without_parameters():
    """The message says where it works."""
    with pytest.raises(TypeError, match=r"Hypergradient needs the parameters.*scheduled"):
        js.Hypergradient(init_value=0.1, gain=0.1).init()
    with pytest.raises(TypeError, match=r"scheduled"):
        (0.1 * js.Hypergradient(init_value=1.0, gain=0.1)).init()


@pytest.mark.parametrize(
    "numbers",
    [
        {"gain": -0.1},
        {"gain": math.nan},
        {"init_value": math.nan},
        {"init_value": math.inf},
        {"init_value": -0.5},
        {"min_value": 0.5},
        {"max_value": 0.0625},
        {"form": "geometric"},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"Hypergradient.*{name}.*{value}"):
        js.Hypergradient(**{"init_value": 0.1, "gain": 0.1, **numbers})


def test_repr_is_code():
    """A controller reads back from its text."""
    rate = js.Hypergradient(init_value=0.1, gain=1e-4, form="multiplicative")
    again = eval(repr(rate), {"Hypergradient": js.Hypergradient})

    assert jax.tree.leaves(again) == jax.tree.leaves(rate)
    assert again.form == "multiplicative"
