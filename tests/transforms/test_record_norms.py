"""Recorded gradient norms, against NumPy's, wherever the record is."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxsched as js
from jaxsched import analysis

from .helpers import Traced, loss, start, train

GRADS = np.random.default_rng(0).normal(size=(12, 7)).astype(np.float32)


def tree(row):
    return {"a": row[:4].reshape(2, 2), "b": row[4:]}


def recorded(num_steps, ord=2, grads=GRADS):
    """What a scan over gradients has kept, and what it made of them."""
    record = js.record_norms(num_steps, ord=ord)

    def step(state, row):
        updates, state = record.update(tree(row), state)
        return state, updates

    state, updates = jax.lax.scan(step, record.init(None), jnp.asarray(grads))
    return state, updates


@pytest.mark.parametrize("ord", [1, 2])
def test_norms_are_numpy_s(ord):
    """Of all leaves together; gradients pass untouched."""
    state, updates = recorded(12, ord)
    expected = np.linalg.norm(GRADS.astype(np.float64), ord=ord, axis=1)

    np.testing.assert_allclose(js.recorded_norms(state), expected, rtol=1e-6, atol=0)
    np.testing.assert_array_equal(updates["b"], GRADS[:, 4:])


@pytest.mark.parametrize("num_steps", [1, 5, 11, 12, 13, 20])
def test_keeps_the_last_ones_in_order(num_steps):
    """Of a longer run the end; of a shorter one all, then infinity."""
    state, _ = recorded(num_steps)
    norms = np.linalg.norm(GRADS.astype(np.float64), axis=1)
    room = np.full(max(num_steps - 12, 0), np.inf)

    expected = np.append(norms[-num_steps:], room)
    np.testing.assert_allclose(js.recorded_norms(state), expected, rtol=1e-6, atol=0)
    assert int(state.num_recorded) == 12


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("ord", [1, 2])
def test_not_finite_is_recorded_as_infinity(bad, ord):
    """No NaN is ever kept; the gradient itself passes."""
    grads = GRADS.copy()
    grads[3, 5] = bad
    state, updates = recorded(12, ord, grads)
    norms = np.asarray(js.recorded_norms(state))

    assert norms[3] == math.inf
    assert np.isfinite(np.delete(norms, 3)).all()
    np.testing.assert_array_equal(updates["b"], grads[:, 4:])


def test_norms_that_overflow():
    """Each square does, their norm does not; a sum that does is infinite."""
    state, _ = recorded(2, 2, np.full((1, 7), 1e30, np.float32))
    other, _ = recorded(2, 1, np.full((1, 7), 3e38, np.float32))

    np.testing.assert_allclose(js.recorded_norms(state)[0], 7**0.5 * 1e30, rtol=1e-6)
    assert float(js.recorded_norms(other)[0]) == math.inf


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_half_precision(dtype):
    """Norms are in single precision, and updates stay as they are."""
    ones = jnp.ones(100_000, dtype)
    for ord, expected in ((1, 1e5), (2, 1e5**0.5)):
        record = js.record_norms(3, ord=ord)
        updates, state = record.update(ones, record.init(ones))
        assert (updates.dtype, state.norms.dtype) == (dtype, jnp.float32)
        np.testing.assert_allclose(js.recorded_norms(state)[0], expected, rtol=1e-5)


def chain(num_steps=6, **options):
    return optax.chain(
        js.record_norms(num_steps, **options), js.scheduled(optax.adam, learning_rate=0.1)
    )


def test_a_training_and_its_refined_schedule():
    """Norms of the gradients that the run has seen; what is left of the room is dropped."""
    num, optimizer = 8, chain(11)
    params, state = jax.jit(lambda p, s: train(optimizer, p, s, num))(
        start(), optimizer.init(start())
    )
    plain, norms = optax.adam(0.1), []
    here, there = start(), optax.adam(0.1).init(start())
    for _ in range(num):
        grads = jax.grad(loss)(here)
        norms.append(optax.tree.norm(grads))
        updates, there = plain.update(grads, there, here)
        here = optax.apply_updates(here, updates)
    found = js.recorded_norms(state)

    np.testing.assert_allclose(found[:num], norms, rtol=1e-4, atol=0)
    assert np.isinf(found[num:]).all()
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), params, here)
    assert analysis.refine(found).values.shape == (num,)


WRAPPERS = {
    "chain": chain(),
    "inside scheduled": js.scheduled(
        lambda learning_rate: optax.chain(js.record_norms(6), optax.sgd(learning_rate)),
        learning_rate=0.1,
    ),
    "partition": optax.partition(
        {"x": chain(), "y": js.scheduled(optax.sgd, learning_rate=0.1)},
        {"w": "x", "b": "y"},
    ),
    "masked": optax.masked(chain(), {"w": True, "b": False}),
    "skip_spikes": js.skip_spikes(chain()),
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_is_found_at_any_depth(name):
    """Two updates are read back; in a train state around it too."""
    optimizer, params = WRAPPERS[name], start()
    state = optimizer.init(params)
    for _ in range(2):
        _, state = optimizer.update(params, state, params)
    only_w = name in ("partition", "masked")
    expected = optax.tree.norm(params["w"] if only_w else params)

    for given in (state, {"params": params, "opt_state": (state,)}):
        found = js.recorded_norms(given)
        np.testing.assert_allclose(found[:2], expected, rtol=1e-6)
        assert np.isinf(found[2:]).all()


def test_is_found_in_flax():
    """In an optimizer, in what it is split into, and in dicts of that."""
    model = nnx.Linear(2, 1, use_bias=False, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, chain(3), wrt=nnx.Param)
    optimizer.update(model, nnx.grad(lambda m: m(jnp.ones(2)).sum())(model))
    state = nnx.state(optimizer)

    for given in (optimizer, optimizer.opt_state, state, nnx.to_pure_dict(state)):
        found = js.recorded_norms(given)
        np.testing.assert_allclose(found[0], 2**0.5, rtol=1e-6)
        assert np.isinf(found[1:]).all()


def test_a_state_of_many_lanes():
    """Each lane's norms in its own order, whatever its count."""
    record = js.record_norms(3)

    def run(num):
        def step(i, state):
            _, new = record.update(jnp.full(4, i + 1.0), state)
            return jax.tree.map(lambda a, b: jnp.where(i < num, a, b), new, state)

        return jax.lax.fori_loop(0, 5, step, record.init(None))

    state = jax.jit(jax.vmap(run))(jnp.asarray([0, 2, 5]))
    found = js.recorded_norms(state)

    inf = math.inf
    np.testing.assert_array_equal(found, [[inf, inf, inf], [2, 4, inf], [6, 8, 10]])


def test_one_trace_and_donated_memory():
    """A step may reuse the memory of the last one."""
    record = js.record_norms(4)
    step = Traced(lambda g, s: record.update(g, s), donate_argnums=1)
    state = record.init(None)
    for norm in (1.0, 2.0, 3.0):
        _, state = step(jnp.asarray([norm]), state)

    assert step.count == 1
    np.testing.assert_array_equal(js.recorded_norms(state), [1, 2, 3, math.inf])


def test_goes_on_from_a_checkpoint():
    """The norms are there again, and the count."""
    optimizer, params = chain(), start()
    state = optimizer.init(params)
    for _ in range(3):
        _, state = optimizer.update(params, state, params)
    again = js.from_checkpoint(js.to_checkpoint(state), optimizer.init(params))

    np.testing.assert_array_equal(js.recorded_norms(again), js.recorded_norms(state))


def test_double_precision():
    """Under x64 all digits are kept."""
    with jax.enable_x64(True):
        record = js.record_norms(2)
        grads = jnp.asarray([0.1, 0.3])
        _, state = record.update(grads, record.init(None))
        found = js.recorded_norms(state)

        assert found.dtype == jnp.float64
        np.testing.assert_allclose(found[0], 0.1**0.5, rtol=1e-14)


def test_wrong_arguments_raise():
    """Another norm, no room, no record, and two of them."""
    with pytest.raises(ValueError, match=r"record_norms\(ord=...\) must be one of 1, 2"):
        js.record_norms(3, ord=3)
    with pytest.raises(ValueError, match=r"record_norms\(num_steps=...\)"):
        js.record_norms(0)
    plain = optax.sgd(0.1).init(start())
    with pytest.raises(ValueError, match=r"one record in it, got tuple with 0\. Build it"):
        js.recorded_norms(plain)
    with pytest.raises(ValueError, match="got tuple with 2"):
        js.recorded_norms((chain().init(start()), chain().init(start())))
