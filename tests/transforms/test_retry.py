"""Steps taken back and made anew: the bold driver method against one in NumPy."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .bold_driver import (
    adam,
    as_jax,
    bold,
    bold_driver,
    cliff,
    decay,
    momentum,
    pair,
    trained,
    valley,
)
from .helpers import assert_close, loss, run, start

partial = functools.partial
CASES = [
    (valley, [2.0, -1.0, 3.0], 0.5, 60),
    (cliff, [0.1, -0.8, 0.5], 0.7, 40),
]


def decayed(learning_rate):
    return optax.chain(optax.add_decayed_weights(0.01), optax.sgd(learning_rate))


OPTIMIZERS = {
    "momentum": (partial(optax.sgd, momentum=0.9), momentum),
    "adam": (optax.adam, adam),
    "decay": (decayed, decay),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(("problem", "x", "rate", "num"), CASES)
def test_is_the_bold_driver(problem, x, rate, num, name):
    """Every point that is visited, every rate, every rejection."""
    factory, direction = OPTIMIZERS[name]
    x = np.asarray(x)
    expected, rates, rejected = bold_driver(problem, x, direction, rate=rate, num=num)
    with jax.enable_x64(True):
        driver = js.BoldDriver(increase=1.2)
        optimizer = js.retrying(js.scheduled(factory, learning_rate=rate * driver))
        points, used, state = trained(optimizer, as_jax(problem), jnp.asarray(x), num)

    assert 5 < rejected < num - 5
    assert (problem is cliff) == any(math.isnan(problem(p)[0]) for p in expected)
    assert int(state.num_rejected) == rejected
    np.testing.assert_allclose(used, rates, rtol=1e-12, atol=0)
    np.testing.assert_allclose(points, expected, rtol=1e-9, atol=0)


def test_clocks_roll_back_and_controllers_do_not():
    """A schedule beside the factor, and under it, counts accepted steps only."""
    x = np.asarray([2.0, -1.0, 3.0])
    _, rates, rejected = bold_driver(
        valley, x, momentum, rate=2.0, num=30, plan=lambda t: 0.9**t
    )
    decay = js.exponential_decay(2.0, 1, 0.9)
    with jax.enable_x64(True):
        optimizer = js.retrying(
            js.scheduled(
                optax.sgd,
                learning_rate=decay * js.BoldDriver(increase=1.2),
                momentum=js.linear_schedule(0.9, 0.9, 10),
            )
        )
        _, used, state = trained(optimizer, as_jax(valley), jnp.asarray(x), 30)
    inside = state.inner_state

    assert rejected > 3
    np.testing.assert_allclose(used, rates, rtol=1e-9, atol=0)
    assert int(inside.count) == int(inside.controllers[0].count)
    assert int(inside.count) <= 30 - rejected
    assert set(js.hyperparams(state)) == {"learning_rate", "momentum"}
    assert float(optax.tree_utils.tree_get(state, "momentum")) == 0.9


def test_accepted_steps_are_the_optimizer_s_own():
    """While the error falls nothing differs but by what XLA fuses."""
    inner = js.scheduled(optax.adamw, learning_rate=1e-3)
    optimizer = js.retrying(inner)

    def step(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(grads, state, params, value=value)
        return (optax.apply_updates(params, updates), state), None

    params = start()
    carry = params, optimizer.init(params)
    params, state = jax.jit(lambda c: jax.lax.scan(step, c, length=40)[0])(carry)

    assert int(state.num_rejected) == 0
    assert_close(params, run(inner, 40))


# One rejection, looked at closely.

WRAPPED = {
    "bare": lambda inner: inner,
    "chain": lambda inner: optax.chain(optax.clip(5.0), inner),
    "masked": lambda inner: optax.masked(inner, {"x": True}),
    "partition": lambda inner: optax.partition({"a": inner}, {"x": "a"}),
    "nested": lambda inner: js.scheduled(
        lambda factor: optax.chain(inner, optax.scale(factor)), factor=1.0
    ),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_found_at_any_depth(name):
    """A step of -1 is taken back, and half of it made: the way there is 1/2."""
    made = pair(js.retrying(WRAPPED[name](bold())))
    counts = optax.tree_utils.tree_get_all_with_path(made[2].inner_state, "count")

    assert made[:2] == (-1.0, 0.5)
    assert {int(count) for _, count in counts} == {1}
    assert float(js.hyperparams(made[2])["learning_rate"]) == 0.5
    assert (int(made[2].num_rejected), int(made[2].num_in_row)) == (1, 1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (partial(js.override, learning_rate=0.125), 0.125),
        (partial(js.scale, learning_rate=0.25), 0.125),
        (partial(js.replace_schedules, learning_rate=js.BoldDriver(decrease=0.25)), 0.25),
        (partial(js.replace_schedules, learning_rate=js.Constant(0.375)), 0.375),
    ],
    ids=["override", "scale", "numbers", "kind"],
)
def test_edits_survive_a_rejection(change, expected):
    """What is set by hand in mid-run is not undone with the step."""
    _, second, state = pair(js.retrying(bold()), edit=change)

    assert second == 1 - expected
    assert float(js.hyperparams(state)["learning_rate"]) == expected
