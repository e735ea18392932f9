"""Published traces: what torch, optax and the authors of methods give, value for value."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import trace

ONES = [1.0] * 10
HALVES = {
    "torch": [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125],
    "optax": [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625],
    "torch, cooldown": [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25],
    "optax, cooldown": [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25],
    "torch, no patience": [0.5**k for k in range(10)],
    "optax, no patience": [0.5] * 10,
}
NUMBERS = {
    "torch": {"patience": 2},
    "optax": {"patience": 2},
    "torch, cooldown": {"patience": 2, "cooldown": 2},
    "optax, cooldown": {"patience": 2, "cooldown": 2},
    "torch, no patience": {"patience": 0},
    "optax, no patience": {"patience": 0},
}


@pytest.mark.parametrize("name", HALVES)
def test_plateau_of_a_constant_metric(name):
    """A metric that stays at 1, halved by the rule of torch and by that of optax."""
    kind = js.ReduceOnPlateau if name.startswith("torch") else js.OptaxPlateau
    got = trace(kind(factor=0.5, **NUMBERS[name]), jnp.asarray(ONES))

    np.testing.assert_array_equal(got, np.float32(HALVES[name]))


@pytest.mark.parametrize("name", [name for name in HALVES if name.startswith("optax")])
def test_the_traces_of_optax_are_optax_s(name):
    """Its own transformation gives them."""
    theirs = optax.contrib.reduce_on_plateau(factor=0.5, **NUMBERS[name])

    def step(state, value):
        _, state = theirs.update(jnp.ones(()), state, value=value)
        return state, state.scale

    got = jax.lax.scan(step, theirs.init(jnp.ones(())), jnp.asarray(ONES))[1]

    np.testing.assert_array_equal(got, np.float32(HALVES[name]))


def test_greedy():
    """The trace of the authors' code, from a rate of 0.1 within its bounds."""
    metrics = [5, 4, 3, 2, 2, 2, 2, 2, 1, 0.5, 0.25]
    rates = [0.1, 0.11111111, 0.11111111, 0.12345679, 0.12345679, 0.11111111, 0.11111111]
    rates += [0.1, 0.1, 0.11111111, 0.11111111]
    greedy = js.GreedyLR(factor=0.9, patience=1, min_scale=1e-2, max_scale=10.0)
    got = 0.1 * np.asarray(trace(greedy, jnp.asarray(metrics, jnp.float32)), np.float64)

    np.testing.assert_allclose(got, rates, rtol=3e-7, atol=0)


@pytest.mark.parametrize("kind", [js.ReduceOnPlateau, js.CooldownOnPlateau])
def test_warmup_then_plateau(kind):
    """Bad metrics from the start: the warmup is not touched, the first cut is after it."""
    numbers = {"patience": 1, "warmup_steps": 5}
    numbers |= {"factor": 0.5} if kind is js.ReduceOnPlateau else {"decay_steps": 2}
    optimizer = js.scheduled(
        optax.sgd, learning_rate=js.linear_schedule(0.2, 1.0, 4) * kind(**numbers)
    )
    ones = jnp.ones(2)

    def step(state, value):
        _, state = optimizer.update(ones, state, ones, value=value)
        return state, js.hyperparams(state)["learning_rate"]

    metrics = 1.0 + jnp.arange(12.0)
    _, used = jax.jit(lambda s: jax.lax.scan(step, s, metrics))(optimizer.init(ones))
    cuts = [0.5, 0.5, 0.25, 0.25] if kind is js.ReduceOnPlateau else [1, 0.5, 0, 0]

    np.testing.assert_allclose(used[:5], [0.2, 0.4, 0.6, 0.8, 1.0], rtol=2e-7, atol=0)
    np.testing.assert_allclose(used[5:8], 1.0, rtol=0, atol=0)
    np.testing.assert_allclose(used[8:], cuts, rtol=0, atol=0)
