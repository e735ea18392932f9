"""With `jax_debug_nans` on: nothing that the library keeps or computes is NaN."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

RATE = 0.5 * js.linear_schedule(1.0, 0.0, 10)


@pytest.fixture(autouse=True)
def _debug_nans():
    with jax.debug_nans(True):
        yield


@pytest.mark.parametrize("is_jitted", [False, True], ids=["eager", "jit"])
def test_edits(is_jitted):
    """A number set by hand, scaled, given back; saved and restored."""
    optimizer = js.scheduled(optax.adam, learning_rate=RATE, b1=0.9)
    params = jnp.ones(3)
    state = optimizer.init(params)
    update = jax.jit(optimizer.update) if is_jitted else optimizer.update
    for edit, rate in (
        (lambda s: s, 0.5),
        (lambda s: js.override(s, learning_rate=0.25), 0.25),
        (lambda s: js.scale(s, learning_rate=0.5), 0.25),
        (lambda s: js.from_checkpoint(js.to_checkpoint(s), s), 0.25),
        (js.clear_override, 0.5 * 0.6),
    ):
        state = edit(state)
        _, state = update(params, state, params)
        np.testing.assert_allclose(js.hyperparams(state)["learning_rate"], rate, rtol=1e-6)


@pytest.mark.parametrize("is_jitted", [False, True], ids=["eager", "jit"])
@pytest.mark.parametrize("wrap", [js.skip_spikes, js.retrying, lambda o: o])
def test_wrappers(wrap, is_jitted):
    """From an empty window on."""
    sgd = optax.chain(js.zclip(), js.scheduled(optax.sgd, learning_rate=RATE))
    optimizer = optax.with_extra_args_support(wrap(sgd))
    params = jnp.ones(3)
    state = optimizer.init(params)
    update = jax.jit(optimizer.update) if is_jitted else optimizer.update
    for i in range(4):
        updates, state = update(params, state, params, value=1.0 - 0.1 * i)
        assert np.all(np.asarray(updates) < 0)


@pytest.mark.parametrize(
    "controller",
    [
        js.ReduceOnPlateau(),
        js.GreedyLR(),
        js.BoldDriver(),
        js.Hypergradient(0.1, 1e-3),
        js.PolyakStep(),
        js.SpikeCut(),
        js.CooldownOnPlateau(3),
    ],
    ids=lambda node: type(node).__name__,
)
def test_controllers(controller):
    """From the state that they start with."""
    optimizer = js.scheduled(optax.sgd, learning_rate=controller)
    params = jnp.ones(3)
    state = optimizer.init(params)
    for i in range(4):
        updates, state = jax.jit(optimizer.update)(
            params, state, params, value=1.0 - 0.1 * i
        )
        assert np.all(np.isfinite(updates))
