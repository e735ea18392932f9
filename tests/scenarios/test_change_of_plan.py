"""What users trip over, 5 to 7 and 11: resuming, other plans, values set by hand."""

import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx

import jaxsched as js

from ..transforms.helpers import Traced, assert_same, start, train

ONES = {"x": jnp.ones(3)}
LINE = js.linear_schedule(1.0, 0.0, 10)


@pytest.fixture(scope="module")
def constant_run(tmp_path_factory):
    """7 updates of Adam at 1e-3, saved: the state, and what Orbax gives back."""
    optimizer = js.scheduled(optax.adam, learning_rate=1e-3)
    _, state = train(optimizer, start(), optimizer.init(start()), 7)
    path = tmp_path_factory.mktemp("run") / "saved"
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path, js.to_checkpoint(state))
        checkpointer.wait_until_finished()
        return state, checkpointer.restore(path)


RATES = {
    "warmup-cosine": js.warmup_cosine_decay_schedule(0.0, 1e-2, 10, 100),
    "plateau": 1e-2 * js.ReduceOnPlateau(patience=0, factor=0.5),
}


@pytest.mark.parametrize("rate", RATES.values(), ids=RATES)
def test_05_constant_resumes_as_another(constant_run, rate):
    """Moments and count go on; the next rate is the new schedule's at count 7."""
    state, saved = constant_run
    fresh = js.scheduled(optax.adam, learning_rate=rate).init(start())
    restored = js.from_checkpoint(saved, fresh)

    assert_same(restored.inner_state, state.inner_state)
    assert int(restored.count) == 7
    at_7 = rate(7) if isinstance(rate, js.AbstractSchedule) else 1e-2
    np.testing.assert_allclose(
        js.next_hyperparams(restored)["learning_rate"], at_7, rtol=1e-6
    )


def test_06_configuration_against_checkpoint(constant_run):
    """The new rate is used, and said; an override of the old run lives until cleared."""
    state, saved = constant_run
    optimizer = js.scheduled(optax.adam, learning_rate=5e-2)
    fresh = optimizer.init(start())
    restored = js.from_checkpoint(saved, fresh)
    _, after = train(optimizer, start(), restored, 1)

    assert float(js.hyperparams(after)["learning_rate"]) == np.float32(5e-2)
    assert "learning_rate: 0.001 -> 0.05" in str(js.diff(saved, fresh))
    by_hand = js.to_checkpoint(js.override(state, learning_rate=0.25))
    restored = js.from_checkpoint(by_hand, fresh)
    assert float(js.next_hyperparams(restored)["learning_rate"]) == 0.25
    cleared = js.clear_override(restored)
    assert float(js.next_hyperparams(cleared)["learning_rate"]) == np.float32(5e-2)


def test_07_join_and_jump_in():
    """The same values from any count, whatever came first; an empty phase is absent."""
    decay = js.exponential_decay(1.0, 1, 0.9)
    rate = js.join_schedules([0.1, decay], [3])
    expected = [0.1, 0.1, 0.1, 1, 0.9, 0.81, 0.729, 0.6561, 0.59049, 0.531441]
    np.testing.assert_allclose(rate(jnp.arange(10)), expected, rtol=1e-6)

    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    sought = js.seek(optimizer.init(ONES), 4)
    constant = js.scheduled(optax.sgd, learning_rate=0.1).init(ONES)
    replaced = js.replace_schedules(js.seek(constant, 4), learning_rate=rate)
    swapped = js.seek(js.replace_schedules(constant, learning_rate=rate), 4)
    restored = js.from_checkpoint(js.to_checkpoint(sought), optimizer.init(ONES))
    for state in (sought, replaced, swapped, restored):
        used = []
        for _ in range(6):
            updates, state = optimizer.update(ONES, state)
            used.append(-float(updates["x"][0]))
        np.testing.assert_allclose(used, expected[4:], rtol=1e-6)

    at_once = js.join_schedules([0.1, js.exponential_decay(1.0, 1, 0.5)], [0])
    np.testing.assert_array_equal(at_once(jnp.arange(3)), [1, 0.5, 0.25])


def test_11_override_wins():
    """Used by the next update, given as any number, on one trace; and given back."""
    optimizer = js.scheduled(optax.sgd, learning_rate=LINE)
    step, state = Traced(lambda s: optimizer.update(ONES, s)), optimizer.init(ONES)
    for _ in range(3):
        _, state = step(state)
    for value in (0.123, np.float64(0.123), jnp.float32(0.123)):
        updates, after = step(js.override(state, learning_rate=value))
        np.testing.assert_allclose(updates["x"], -0.123, rtol=1e-6)
    updates, _ = step(js.clear_override(after))

    assert step.count == 1
    np.testing.assert_allclose(updates["x"], -LINE(4), rtol=1e-6)
    with pytest.raises(ValueError, match=r"momentum.*learning_rate"):
        js.override(state, momentum=0.5)


def test_11_in_groups():
    """One group is set by hand, by its name; the other follows its schedule."""
    groups = {k: js.scheduled(optax.sgd, learning_rate=LINE) for k in ("fast", "slow")}
    optimizer = optax.multi_transform(groups, {"x": "fast", "y": "slow"})
    params = {"x": jnp.ones(2), "y": jnp.ones(2)}
    state = js.override(optimizer.init(params), **{"fast/learning_rate": 0.123})
    updates, state = optimizer.update(params, state, params)

    np.testing.assert_allclose(updates["x"], -0.123, rtol=1e-6)
    np.testing.assert_array_equal(updates["y"], -1.0)
    assert sorted(js.hyperparams(state)) == ["fast/learning_rate", "slow/learning_rate"]


def test_11_in_nnx():
    """Through `nnx.Optimizer`, jitted, without another trace."""
    model = nnx.Linear(2, 1, use_bias=False, rngs=nnx.Rngs(0))
    transformation = js.scheduled(optax.sgd, learning_rate=LINE)
    optimizer = nnx.Optimizer(model, transformation, wrt=nnx.Param)
    traces = []

    @nnx.jit
    def step(model, optimizer):
        traces.append(1)
        optimizer.update(model, nnx.grad(lambda m: m(jnp.ones(2)).sum())(model))

    def moved():
        before = np.asarray(model.kernel[...])
        step(model, optimizer)
        return np.asarray(model.kernel[...]) - before

    np.testing.assert_allclose(moved(), -1.0, rtol=1e-6)
    optimizer.opt_state = js.override(optimizer.opt_state, learning_rate=0.123)
    np.testing.assert_allclose(moved(), -0.123, rtol=1e-5)
    optimizer.opt_state = js.clear_override(optimizer.opt_state)
    np.testing.assert_allclose(moved(), -0.8, rtol=1e-6)
    assert len(traces) == 1
    assert float(js.hyperparams(optimizer)["learning_rate"]) == np.float32(0.8)
