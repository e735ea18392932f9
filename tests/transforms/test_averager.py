"""The copy that cools down, beside the parameters that train."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxsched as js
from jaxsched import analysis, curves

GRADS = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
COOLING = js.Delay(js.Transition(1.0, 0.0, 20, curves.SquareRoot()), 10)


def train(optimizer, grads=GRADS, params=None):
    """Parameters after every update, and the state at the end."""
    params = jnp.zeros(3) if params is None else params

    def step(carry, g):
        params, state = carry
        updates, state = optimizer.update(g, state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), params

    start = (params, optimizer.init(params))
    (_, state), rest = jax.jit(lambda s, g: jax.lax.scan(step, s, g))(start, grads)
    return np.concatenate([params[None], rest]), state


@pytest.mark.parametrize("num", [10, 17, 30, 40])
def test_it_is_the_run_with_the_decay(num):
    """Of gradients that stay what they are, at any time."""
    _, state = train(optax.chain(optax.sgd(0.25), js.averager(COOLING)), GRADS[:num])
    decayed, _ = train(optax.sgd(0.25 * COOLING), GRADS[:num])

    np.testing.assert_allclose(js.averaged_params(state), decayed[-1], rtol=1e-6, atol=1e-6)


def test_it_is_the_weighted_average_of_checkpoints():
    """Whatever the optimizer, its momentum and its decay."""
    optimizer = optax.chain(optax.adamw(0.1, weight_decay=0.1), js.averager(COOLING))
    checkpoints, state = train(optimizer)
    weights = np.asarray(analysis.averaging_weights(COOLING, 41), np.float64)

    np.testing.assert_allclose(
        js.averaged_params(state), weights @ checkpoints, rtol=1e-5, atol=1e-6
    )


def test_without_cooling_it_is_the_parameters():
    """Bit for bit."""
    trained, state = train(optax.chain(optax.adam(0.1), js.averager(1.0)))

    np.testing.assert_array_equal(js.averaged_params(state), trained[-1])


def test_updates_pass():
    """The parameters train as without it."""
    plain, _ = train(optax.adam(0.1))
    beside, _ = train(optax.chain(optax.adam(0.1), js.averager(COOLING)))

    np.testing.assert_array_equal(plain, beside)


def test_a_decay_can_begin_at_any_time():
    """The share is a hyperparameter: read, set by hand, exchanged for another."""
    averager = js.averager(1.0)
    state = averager.init(jnp.zeros(()))
    for count in range(6):
        if count == 2:
            state = js.override(state, cooling=0.5)
        if count == 4:
            state = js.replace_schedules(
                js.clear_override(state), cooling=js.linear_schedule(0.0, 1.0, 20)
            )
        _, state = averager.update(jnp.ones(()), state, jnp.zeros(()))

    np.testing.assert_allclose(js.averaged_params(state), 2 + 1 + 0.2 + 0.25, rtol=1e-6)
    np.testing.assert_allclose(js.hyperparams(state)["cooling"], 0.25, rtol=1e-6)


def test_a_sweep_of_decays():
    """One state for each, in one program."""
    averager = js.averager(js.Transition(1.0, 0.0, 40))
    shapes = js.grid(lambda v: js.Transition(1.0, v, 40), v=[0.0, 0.5, 1.0]).schedules
    state = averager.init(jnp.zeros(3))
    states = jax.vmap(lambda s: js.replace_schedules(state, cooling=s))(shapes)

    def run(state):
        step = lambda s, g: (averager.update(g, s)[1], None)  # noqa: E731
        return jax.lax.scan(step, state, jnp.asarray(GRADS))[0]

    found = js.averaged_params(jax.jit(jax.vmap(run))(states))
    falls = 1 - np.arange(40) / 40
    expected = [(end + (1 - end) * falls) @ GRADS for end in (0.0, 0.5, 1.0)]
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


def test_half_precision_is_kept_in_float32():
    """Small steps of a copy are not lost in bfloat16."""
    averager = js.averager(0.5)
    params = {"w": jnp.ones(2, jnp.bfloat16)}
    state = averager.init(params)
    small = {"w": jnp.full(2, 2.0**-12, jnp.bfloat16)}
    for _ in range(4):
        updates, state = averager.update(small, state, params)

    found = js.averaged_params(state)["w"]
    assert (updates["w"].dtype, found.dtype) == (jnp.bfloat16, jnp.float32)
    np.testing.assert_array_equal(found, 1 + 2.0**-11)


def test_double_precision_stays():
    """Under x64."""
    with jax.enable_x64(True):
        _, state = train(
            optax.chain(optax.sgd(0.25), js.averager(COOLING)),
            GRADS.astype(np.float64),
            jnp.zeros(3, jnp.float64),
        )
        shares = np.asarray(COOLING(np.arange(40)))
        found = js.averaged_params(state)

    assert found.dtype == np.float64
    expected = -0.25 * shares @ GRADS.astype(np.float64)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)


def test_a_step_may_donate():
    """The copy shares no memory with the parameters."""
    optimizer = optax.chain(optax.sgd(0.25), js.averager(1.0))
    params = jnp.ones(3)
    state = optimizer.init(params)

    @jax.jit
    def plain(params, state):
        updates, state = optimizer.update(jnp.ones(3), state, params)
        return optax.apply_updates(params, updates), state

    step = jax.jit(plain, donate_argnums=(0, 1))
    for _ in range(2):
        params, state = step(params, state)
    np.testing.assert_array_equal(js.averaged_params(state), params)


def test_it_is_found_anywhere():
    """Masked, accumulated, in a Flax optimizer and its split state; in the structure."""
    params = {"a": jnp.ones(2), "b": [jnp.zeros(())]}
    optimizer = optax.MultiSteps(optax.chain(optax.sgd(0.1), js.averager(1.0)), 2)
    found = js.averaged_params(optimizer.init(params))
    assert jax.tree.structure(found) == jax.tree.structure(params)

    model = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
    chain = optax.chain(optax.sgd(0.1), js.averager(1.0))
    optimizer = nnx.Optimizer(model, chain, wrt=nnx.Param)
    optimizer.update(model, nnx.grad(lambda m: m(jnp.ones((1, 2))).sum())(model))
    for state in (
        optimizer.opt_state,
        nnx.state(optimizer),
        nnx.to_pure_dict(nnx.state(optimizer)),
    ):
        leaves = jax.tree.leaves(js.averaged_params(state))
        expected = jax.tree.leaves(nnx.state(model, nnx.Param))
        assert len(leaves) == 2
        for got, want in zip(leaves, expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("num", [0, 2])
def test_one_is_needed(num):
    """None or two is an error that says how many."""
    chain = optax.chain(optax.sgd(0.1), *(js.averager(1.0) for _ in range(num)))
    with pytest.raises(ValueError, match=f"one averager in it, got tuple with {num}"):
        js.averaged_params(chain.init(jnp.ones(2)))
