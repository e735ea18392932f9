"""A scheduled optimizer in what trainers hold: train states, modules, tuples."""

import io
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import serialization
from flax.training.train_state import TrainState

import jaxsched as js

from .helpers import EDITS, LINE, PLATEAU, Traced, signature

PARAMS = {"x": jnp.zeros(2), "y": jnp.zeros(3)}
ONES = jax.tree.map(jnp.ones_like, PARAMS)
OPTIMIZER = optax.chain(
    optax.clip(5.0), js.scheduled(optax.sgd, learning_rate=LINE * PLATEAU)
)


class Module(eqx.Module):
    """Everything of a training in one."""

    params: Any
    opt_state: Any
    optimizer: Any = eqx.field(static=True)


def flax_state():
    return TrainState.create(apply_fn=lambda: None, params=PARAMS, tx=OPTIMIZER)


def flax_step(state):
    return state.apply_gradients(grads=ONES)


def equinox_state():
    return Module(PARAMS, OPTIMIZER.init(PARAMS), OPTIMIZER)


def equinox_step(state):
    updates, opt_state = state.optimizer.update(ONES, state.opt_state, state.params)
    params = eqx.apply_updates(state.params, updates)
    return Module(params, opt_state, state.optimizer)


def tuple_state():
    return PARAMS, OPTIMIZER.init(PARAMS), jnp.zeros((), jnp.int32)


def tuple_step(state):
    params, opt_state, count = state
    updates, opt_state = OPTIMIZER.update(ONES, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, count + 1


KINDS = {
    "TrainState": (flax_state, flax_step, jax.jit),
    "Equinox": (equinox_state, equinox_step, eqx.filter_jit),
    "tuple": (tuple_state, tuple_step, jax.jit),
}
kinds = pytest.mark.parametrize(("init", "step", "jit"), KINDS.values(), ids=KINDS)


def rate(state):
    return float(js.hyperparams(state)["learning_rate"])


def params(state):
    return state[0] if isinstance(state, tuple) else state.params


@kinds
def test_reads_and_edits(init, step, jit):
    """The whole state is passed and comes back as it was, with the edit; one trace."""
    traces = []

    @jit
    def counted(state):
        traces.append(1)
        return step(state)

    state = counted(init())
    for edit, expected in EDITS.values():
        edited = edit(state)
        assert type(edited) is type(state)
        assert signature(edited) == signature(state)
        after = counted(edited)
        moved = params(state)["x"] - params(after)["x"]
        np.testing.assert_allclose(moved, expected, rtol=1e-6)
        np.testing.assert_allclose(rate(after), expected, rtol=1e-6)
    assert len(traces) == 1


@kinds
def test_logged_is_used(init, step, jit):
    """What is read beside a loss made the update, from the first one on."""
    state, step = init(), jit(step)
    for _ in range(4):
        before, state = state, step(state)
        moved = params(before)["x"] - params(state)["x"]
        np.testing.assert_allclose(moved, rate(state), rtol=1e-5)


@kinds
def test_batched(init, step, jit):
    """Three trainings side by side: a number for each."""
    states = jax.vmap(lambda _: init())(jnp.arange(3))
    after = jit(jax.vmap(step))(js.override(states, learning_rate=[0.5, 0.25, 2]))

    np.testing.assert_allclose(params(after)["x"][:, 0], [-0.5, -0.25, -2], rtol=1e-6)
    assert js.hyperparams(after)["learning_rate"].tolist() == [0.5, 0.25, 2.0]
    sought = js.next_hyperparams(js.seek(states, [0, 5, 10]))["learning_rate"]
    np.testing.assert_allclose(sought, [1.0, 0.5, 0.0], rtol=1e-6)


def test_train_state_counts_micro_batches():
    """The rate is that of the optimizer's own count, whatever the train state counts."""
    accumulated = optax.MultiSteps(OPTIMIZER, 4).gradient_transformation()
    state = TrainState.create(apply_fn=None, params=PARAMS, tx=accumulated)
    step = jax.jit(flax_step)
    for _ in range(8):
        state = step(state)

    assert int(state.step) == 8
    np.testing.assert_allclose(rate(state), 0.9, rtol=1e-6)
    np.testing.assert_allclose(js.next_hyperparams(state)["learning_rate"], 0.8, rtol=1e-6)


def test_through_flax_serialization():
    """As a dictionary it is read, and put back with what was set by hand."""
    state = js.override(flax_state(), learning_rate=0.25)
    saved = serialization.to_state_dict(flax_step(state))
    restored = serialization.from_state_dict(flax_state(), saved)

    assert rate(saved) == rate(restored) == 0.25
    assert float(js.next_hyperparams(restored)["learning_rate"]) == 0.25


def test_through_equinox_serialisation():
    """Leaves written to a file and read into a new state: the override among them."""
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, js.override(equinox_state(), learning_rate=0.25))
    file.seek(0)
    restored = eqx.tree_deserialise_leaves(file, equinox_state())

    assert float(js.next_hyperparams(restored)["learning_rate"]) == 0.25


def test_equinox_surgery():
    """An edited state is put in its place, and filtering loses nothing."""
    module = equinox_state()
    edited = js.override(module.opt_state, learning_rate=0.25)
    module = eqx.tree_at(lambda module: module.opt_state, module, edited)
    arrays, rest = eqx.partition(module, eqx.is_array)

    assert float(js.next_hyperparams(arrays)["learning_rate"]) == 0.25
    assert float(js.next_hyperparams(eqx.combine(arrays, rest))["learning_rate"]) == 0.25


def test_scan_carries_an_edited_state():
    """Edits within a scan of compiled steps: the types of the carry do not change."""
    values = jnp.asarray([0.5, 0.25, 0.125])

    def body(state, value):
        for edit, _ in EDITS.values():
            state = edit(state)
        state = tuple_step(js.override(state, learning_rate=value))
        return state, js.hyperparams(state)["learning_rate"]

    scan = Traced(lambda state: jax.lax.scan(body, state, values)[1])
    np.testing.assert_array_equal(scan(tuple_state()), values)
