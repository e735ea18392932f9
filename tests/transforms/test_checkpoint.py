"""Saving and restoring a state, without a disk: every kind of tree, every kind of plan."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from flax.training import train_state

import jaxsched as js

from .helpers import Traced, adam, after, assert_same, loss, start

COSINE = js.warmup_cosine_decay_schedule(0.0, 1e-2, 10, 100)
PLATEAU = js.ReduceOnPlateau(factor=0.5, patience=0)
SCHEDULES = {
    "constant": 1e-3,
    "cosine": COSINE,
    "longer": js.warmup_cosine_decay_schedule(0.0, 1e-2, 10, 1000),
    "higher": 10 * COSINE,
    "function": js.as_schedule(lambda count: 1e-3 / (count + 1)),
    "table": js.Table(np.linspace(0.1, 0.0, 500)),
}


def layout(saved):
    return jax.tree.map(lambda leaf: (np.shape(leaf), np.asarray(leaf).dtype), saved)


# What is saved.


def test_layout_does_not_depend_on_the_schedule():
    """The same keys, shapes and types for a number, a cosine, a function, a long table."""
    saved = [js.to_checkpoint(adam(s).init(start())) for s in SCHEDULES.values()]

    assert all(layout(one) == layout(saved[0]) for one in saved)
    assert all(isinstance(x, (np.ndarray, jax.Array)) for x in jax.tree.leaves(saved))


def test_layout_does_not_depend_on_what_has_no_state():
    """Clipping before, inside or behind: nothing moves."""
    clip = optax.clip_by_global_norm(1.0)

    def inner(learning_rate):
        return optax.chain(clip, optax.adam(learning_rate))

    optimizers = [
        adam(0.1),
        optax.chain(clip, adam(0.1)),
        optax.chain(optax.chain(clip, adam(0.1)), optax.chain(clip, clip)),
        js.scheduled(inner, learning_rate=0.1),
    ]
    layouts = [layout(js.to_checkpoint(each.init(start()))) for each in optimizers]

    assert all(one == layouts[0] for one in layouts)


def test_names():
    """Types and fields, keys, list indexes; numbers where only a chain's index differs."""
    trace = optax.trace(0.9)
    optimizer = optax.partition(
        {"a/b": optax.chain(trace, optax.clip(1.0), trace), "c": optax.sgd(0.1)},
        {"x.y": "a/b", "z": ["a/b", "c"]},
    )
    params = {"x.y": jnp.ones(2), "z": [jnp.ones(3), jnp.ones(1)]}
    saved = js.to_checkpoint((params, optimizer.init(params), {3: jnp.ones(1)}))
    masked = "PartitionState:inner_states:a%2Fb:MaskedState:inner_state:TraceState:trace"

    assert set(saved["leaves"]) == {
        *("x%2Ey", "z:0", "z:1", "3"),
        *(f"{masked}:x%2Ey", f"{masked}:z:0", f"{masked}:x%2Ey#1", f"{masked}:z:0#1"),
    }


# Restoring into the same optimizer.


def with_noise(rate):
    return optax.chain(optax.add_noise(0.1, 0.5, jax.random.key(3)), adam(rate))


def grouped(rate):
    labels = {"w": "weights", "b": "biases"}
    return optax.partition({"weights": adam(rate), "biases": adam(2 * rate)}, labels)


OPTIMIZERS = {
    "alone": adam,
    "chain": lambda rate: optax.chain(optax.clip(1.0), adam(rate), optax.ema(0.9)),
    "random key": with_noise,
    "groups": grouped,
    "accumulation": lambda rate: optax.MultiSteps(adam(rate), 3),
    "nested": lambda rate: js.scheduled(js.skip_spikes, adam(rate), threshold=6.0),
    "two in a chain": lambda rate: optax.chain(adam(rate), js.decoupled_weight_decay(rate)),
    "controller": lambda rate: adam(rate * PLATEAU),
    "parameters in a controller": lambda rate: adam(js.Hypergradient(0.1, 1e-3)),
    "retrying": lambda rate: js.retrying(adam(1.5 * js.BoldDriver())),
}


@pytest.mark.parametrize("build", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_restored_goes_on_as_if_nothing_had_happened(build):
    """In mid-accumulation, in mid-plateau: the same numbers at once and 5 updates later."""
    optimizer = build(COSINE)
    params, state = after(optimizer, 7, value=1.0)
    saved = js.to_checkpoint((params, state))
    fresh = start(), optimizer.init(start())
    restored = js.from_checkpoint(saved, fresh)

    assert_same(restored, (params, state))
    assert str(js.diff(saved, fresh)) == "nothing changed"
    expected = after(optimizer, 5, params, state, value=1.0)
    assert_same(after(optimizer, 5, *restored, value=1.0), expected)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_low_precision(dtype):
    """Moments keep their type."""
    params, state = after(adam(1e-3), 3, start(dtype))
    restored = js.from_checkpoint(js.to_checkpoint(state), adam(COSINE).init(params))

    assert_same(restored.inner_state, state.inner_state)


def test_x64_and_back():
    """What is ours takes the width of the run; a plateau survives the change."""
    rate = COSINE * PLATEAU
    params = start()
    _, narrow = after(adam(rate), 7, value=1.0)
    with jax.enable_x64(True):
        fresh = adam(rate).init(params)
        wide = js.from_checkpoint(js.to_checkpoint(narrow), fresh)
        assert str(js.diff(js.to_checkpoint(narrow), fresh)) == "nothing changed"
        assert wide.hyperparams["learning_rate"].dtype == jnp.float64
        saved = jax.tree.map(np.asarray, js.to_checkpoint(wide))

    assert float(wide.controllers[0].controller.scale) == 0.5**6
    for narrowed in (saved, jax.tree.map(jnp.asarray, saved)):
        again = js.from_checkpoint(narrowed, adam(rate).init(params))
        assert_same(again, narrow)


def test_train_state():
    """A step that was a Python number at the start is one again; functions stay."""
    optimizer = adam(COSINE)

    def fresh():
        return train_state.TrainState.create(apply_fn=loss, params=start(), tx=optimizer)

    step = Traced(lambda state: state.apply_gradients(grads=jax.grad(loss)(state.params)))
    state = fresh()
    for _ in range(4):
        state = step(state)
    restored = js.from_checkpoint(js.to_checkpoint(state), fresh())
    before = step.count

    assert (type(restored.step), restored.step) == (int, 4)
    assert_same(step(restored), step(state))
    assert step.count == before


def test_equinox_module():
    """Its functions are leaves, and none of a checkpoint's business."""
    model = eqx.nn.MLP(2, 1, 4, 1, key=jax.random.key(0))
    optimizer = adam(COSINE)
    state = optimizer.init(eqx.filter(model, eqx.is_array))
    moved = jax.tree.map(lambda x: x + 1 if eqx.is_array(x) else x, (model, state))
    restored = js.from_checkpoint(js.to_checkpoint(moved), (model, state))

    assert restored[0].activation is model.activation
    assert_same(eqx.filter(restored, eqx.is_array)[0], eqx.filter(moved, eqx.is_array)[0])
    assert_same(restored[1].inner_state, moved[1].inner_state)


def test_nnx():
    """Variables in, variables out; into another schedule, and from a Linen state too."""

    def build(rate):
        model = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
        return model, nnx.Optimizer(model, adam(rate), wrt=nnx.Param)

    model, optimizer = build(1e-3)
    step = nnx.jit(
        lambda m, o: o.update(m, nnx.grad(lambda m: m(jnp.ones((1, 2))).sum())(m))
    )
    for _ in range(3):
        step(model, optimizer)
    saved = js.to_checkpoint(optimizer.opt_state)
    _, other = build(COSINE)
    other.opt_state = js.from_checkpoint(saved, other.opt_state)
    value = js.next_hyperparams(other.opt_state)["learning_rate"]

    np.testing.assert_allclose(value, COSINE(3), rtol=1e-6)
    assert_same(other.opt_state.inner_state, optimizer.opt_state.inner_state)
    step(model, other)
    plain = adam(COSINE).init({"kernel": jnp.ones((2, 1)), "bias": jnp.ones(1)})
    assert int(js.from_checkpoint(saved, plain).inner_state[0].count) == 3


def test_nnx_optimizer_is_refused():
    """It is changed in place; split, its types are lost. Said at the save."""
    model = nnx.Linear(2, 1, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, adam(0.1), wrt=nnx.Param)
    with pytest.raises(TypeError, match=r"to_checkpoint\(optimizer.opt_state\)"):
        js.to_checkpoint(optimizer)
    with pytest.raises(ValueError, match=r"nnx.merge"):
        js.to_checkpoint(nnx.state(optimizer))


def test_batch_of_states():
    """The lanes of a sweep, each with its schedule, count and override."""
    batch = js.stack([js.linear_schedule(1.0, 0.0, 10), js.linear_schedule(2.0, 0.0, 20)])
    params = jnp.ones(3)
    states = jax.vmap(lambda rate: adam(rate).init(params))(batch)
    update = jax.vmap(lambda s: adam(0.0).update(params, s, params)[1])
    moved = js.override(update(update(states)), learning_rate=[0.5, 0.25])
    saved = js.to_checkpoint(moved)

    assert_same(js.from_checkpoint(saved, states), moved)
    assert_same(js.from_checkpoint(saved, states).overrides.values, moved.overrides.values)
    assert str(js.diff(saved, states)) == (
        "learning_rate: [0.5  0.25] by hand, until clear_override"
    )
    with pytest.raises(ValueError, match=r"shape \(2,\), not \(\)"):
        js.from_checkpoint(
            {**saved, "leaves": {}}, js.scheduled(optax.sgd, learning_rate=1.0).init(params)
        )


def test_odd_leaves():
    """Empty arrays, None, Python numbers, NumPy arrays, weak types: as they were."""
    weak = jnp.full((2,), 0.5)
    fresh = {
        "state": adam(0.1).init(
            {"none": None, "empty": jnp.zeros((0, 3)), "x": jnp.ones(2)}
        ),
        "rest": (None, 3, True, 0.5, np.float32(2), np.arange(3), weak, "text", ()),
    }
    assert weak.weak_type
    moved = jax.tree.map(lambda x: x if isinstance(x, (str, bool)) else x + 1, fresh)
    saved = js.to_checkpoint(moved)
    restored = js.from_checkpoint(saved, fresh)

    assert all(leaf.size for leaf in saved["leaves"].values())
    assert restored["rest"][1:4] == (4, True, 1.5)
    for old, new in zip(jax.tree.leaves(fresh), jax.tree.leaves(restored), strict=True):
        assert type(old) is type(new)
        assert old is not new or not isinstance(old, jax.Array)
        assert getattr(old, "weak_type", None) == getattr(new, "weak_type", None)
    assert_same(restored["rest"][4:7], moved["rest"][4:7])
