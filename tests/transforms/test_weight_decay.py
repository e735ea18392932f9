"""Weight decay that has a schedule of its own."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced, assert_close, loss, start, train

ONES = {"x": jnp.ones(3)}
ZEROS = {"x": jnp.zeros(3)}


def read(state):
    return {name: float(value) for name, value in js.hyperparams(state).items()}


def run(optimizer, num_steps, params=None):
    params = start() if params is None else params
    return jax.jit(lambda p, s: train(optimizer, p, s, num_steps))(
        params, optimizer.init(params)
    )[0]


def test_the_formula():
    """u - λ(t) θ, against double precision, in one trace."""
    optimizer = js.decoupled_weight_decay(js.linear_schedule(0.5, 0.0, 10))
    params, grads = start(), jax.tree.map(lambda p: 2 - p, start())
    step, state = Traced(optimizer.update), optimizer.init(params)
    for count in range(12):
        updates, state = step(grads, state, params)
        decay = max(0.5 - 0.05 * count, 0)
        assert read(state) == pytest.approx({"weight_decay": decay}, rel=1e-6, abs=0)
        for name in params:
            u, p = (np.asarray(tree[name], np.float64) for tree in (grads, params))
            np.testing.assert_allclose(updates[name], u - decay * p, rtol=1e-6, atol=1e-6)

    assert step.count == 1


@pytest.mark.parametrize("rate", [0.0, 1e-3])
def test_adamw_decays_nothing_without_a_rate(rate):
    """At a learning rate of 0 this one decays; optax's is scaled by the rate."""
    ours = optax.chain(optax.adam(rate), js.decoupled_weight_decay(0.25))
    theirs = optax.adamw(rate, weight_decay=0.25)
    no_grads = [
        o.update(ZEROS, o.init(ONES), ONES)[0]["x"] for o in (ours, theirs)
    ]  # fmt: skip

    np.testing.assert_array_equal(no_grads[0], -0.25)
    np.testing.assert_allclose(no_grads[1], -0.25 * rate, rtol=1e-6, atol=0)


def test_adamw_is_one_choice_of_schedules():
    """With λ(t) = rate(t) · w: the parameters of `optax.adamw` after 200 updates."""
    rate = js.warmup_cosine_decay_schedule(0.0, 1e-2, 10, 200)
    ours = optax.chain(
        js.scheduled(optax.adam, learning_rate=rate), js.decoupled_weight_decay(0.1 * rate)
    )
    theirs = js.scheduled(optax.adamw, learning_rate=rate, weight_decay=js.Constant(0.1))
    closed_over = optax.adamw(rate, weight_decay=0.1)

    got = run(ours, 200)
    assert_close(got, run(theirs, 200), rtol=1e-6)
    assert_close(got, run(closed_over, 200), rtol=1e-6)
    coupled = optax.chain(js.scheduled(optax.adam, learning_rate=rate))
    with pytest.raises(AssertionError):
        assert_close(got, run(coupled, 200), rtol=1e-3)


def test_the_papers_algorithm():
    """Line 12: one multiplier for both, the rate α for the step alone."""
    multiplier, alpha, decay = js.linear_schedule(1.0, 0.0, 20), 0.01, 0.05
    optimizer = optax.chain(
        js.scheduled(optax.adam, learning_rate=alpha * multiplier),
        js.decoupled_weight_decay(decay * multiplier),
    )
    p = {k: np.asarray(v, np.float64) for k, v in start().items()}
    m, v = ({k: np.zeros_like(x) for k, x in p.items()} for _ in range(2))
    grad = jax.jit(jax.grad(loss))
    for t in range(1, 21):
        eta = 1 - (t - 1) / 20
        single = {k: x.astype(np.float32) for k, x in p.items()}
        for k, g in grad(single).items():
            g = np.asarray(g, np.float64)
            m[k] = 0.9 * m[k] + 0.1 * g
            v[k] = 0.999 * v[k] + 0.001 * g**2
            step = m[k] / (1 - 0.9**t) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
            p[k] = p[k] - eta * (alpha * step + decay * p[k])

    assert_close(run(optimizer, 20), p, rtol=1e-5)


@pytest.mark.parametrize("as_function", [False, True])
def test_masks_are_masks(as_function):
    """Booleans, for branches too, or a function that never sees a count."""

    def mask(params):
        assert set(params) == {"w", "b"}
        return {"w": True, "b": False}

    given = mask if as_function else {"w": True, "b": False}
    optimizer = js.decoupled_weight_decay(0.5, given)
    params = start()
    grads = jax.tree.map(jnp.ones_like, params)
    updates, state = jax.jit(optimizer.update)(grads, optimizer.init(params), params)

    np.testing.assert_allclose(updates["w"], 1 - 0.5 * params["w"], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(updates["b"], 1.0)
    assert list(js.hyperparams(state)) == ["weight_decay"]


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_updates_keep_their_type(dtype):
    """Added in float32, rounded once."""
    params, grads = start(dtype), jax.tree.map(jnp.ones_like, start(dtype))
    optimizer = js.decoupled_weight_decay(0.01)
    updates, state = jax.jit(optimizer.update)(grads, optimizer.init(params), params)
    exact = 1 - np.float32(0.01) * np.asarray(params["w"], np.float64)

    assert updates["w"].dtype == updates["b"].dtype == dtype
    assert state.hyperparams["weight_decay"].dtype == jnp.float32
    # One rounding: within half a unit, and a little for float32's own.
    far = np.abs(np.asarray(updates["w"], np.float64) - exact)
    assert (far <= 0.501 * float(jnp.finfo(dtype).eps) * np.maximum(exact, 1)).all()


def test_every_number_is_batched():
    """A sweep over the decay and its length, each lane as if alone."""
    members = js.grid(
        lambda decay, steps: js.linear_schedule(decay, 0.0, steps),
        decay=[1e-3, 1e-1],
        steps=[4, 20],
    )

    def final(schedule):
        optimizer = optax.chain(optax.adam(1e-2), js.decoupled_weight_decay(schedule))
        params = start()
        return train(optimizer, params, optimizer.init(params), 8)[0]

    lanes, alone = jax.jit(jax.vmap(final))(members.schedules), jax.jit(final)
    for i, schedule in enumerate(js.unstack(members.schedules)):
        assert_close(jax.tree.map(lambda x, i=i: x[i], lanes), alone(schedule), rtol=2e-6)


def test_it_is_overridden_apart_from_the_rate():
    """Under its own name, also where the rate is one of groups."""
    optimizer = optax.chain(
        optax.scale_by_adam(),
        js.groups("all", {"all": 0.0}),
        js.decoupled_weight_decay(js.linear_schedule(0.5, 0.0, 10)),
    )
    state = js.override(optimizer.init(ONES), weight_decay=0.125)
    updates, state = jax.jit(optimizer.update)(ONES, state, ONES)

    np.testing.assert_array_equal(updates["x"], -0.125)
    assert read(state) == {"all": 0.0, "weight_decay": 0.125}


def test_functions_of_the_count_are_schedules():
    """One of Optax's is read like one of ours."""
    optimizer = js.decoupled_weight_decay(optax.linear_schedule(0.5, 0.0, 10))
    state = js.seek(optimizer.init(ONES), 5)

    assert read(optimizer.update(ZEROS, state, ONES)[1]) == {"weight_decay": 0.25}


def test_parameters_are_needed():
    """An update without them is refused, in Optax's words."""
    optimizer = js.decoupled_weight_decay(0.1)
    with pytest.raises(ValueError, match="params"):
        optimizer.update(ONES, optimizer.init(ONES))
