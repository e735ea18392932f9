"""A learning rate for each group of parameters."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced, assert_close, assert_same, loss, start, train

LINE = js.linear_schedule(1.0, 0.0, 10)
HALF = js.linear_schedule(0.5, 0.0, 4)
PARAMS = {"encoder": [jnp.ones(2), jnp.ones(3)], "head": {"w": jnp.ones(2)}}
LABELS = {"encoder": ["low", "high"], "head": {"w": "head"}}
RATES = {"low": 0.125, "high": HALF, "head": LINE}


def by_path(params):
    """Labels as a function: `w` or `b`."""
    return jax.tree_util.tree_map_with_path(lambda path, _: path[-1].key, params)


def read(state):
    return {name: float(value) for name, value in js.hyperparams(state).items()}


# Values.


def test_each_group_follows_its_rate():
    """Against factors worked out by hand, for 12 updates in one trace."""
    optimizer = js.groups(LABELS, RATES)
    step, state = Traced(optimizer.update), optimizer.init(PARAMS)
    grads = jax.tree.map(lambda p: 3.0 * p, PARAMS)
    for count in range(12):
        updates, state = step(grads, state)
        by_hand = {
            "low": 0.125,
            "high": 0.5 * max(1 - count / 4, 0),
            "head": max(1 - count / 10, 0),
        }
        assert read(state) == pytest.approx(by_hand, rel=1e-6, abs=0)
        (low, high), head = updates["encoder"], updates["head"]["w"]
        for got, label in ((low, "low"), (high, "high"), (head, "head")):
            np.testing.assert_allclose(got, -3.0 * by_hand[label], rtol=1e-6, atol=0)

    assert step.count == 1
    assert int(state.count) == 12


def adam_by_hand(params, factors, num_steps):
    """Adam in double precision, one rate a parameter; gradients by the same loss."""
    p = {k: np.asarray(v, np.float64) for k, v in params.items()}
    m, v = ({k: np.zeros_like(x) for k, x in p.items()} for _ in range(2))
    grad = jax.jit(jax.grad(loss))
    for t in range(1, num_steps + 1):
        single = {k: x.astype(np.float32) for k, x in p.items()}
        for k, g in grad(single).items():
            g = np.asarray(g, np.float64)
            m[k] = 0.9 * m[k] + 0.1 * g
            v[k] = 0.999 * v[k] + 0.001 * g**2
            step = (m[k] / (1 - 0.9**t)) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
            p[k] = p[k] - factors(k, t - 1) * step
    return p


def test_behind_adam():
    """Each parameter moves at its own rate; the moments know nothing of it."""
    rates = {"w": js.linear_schedule(1e-2, 0.0, 50), "b": 1e-3}
    optimizer = optax.chain(optax.scale_by_adam(), js.groups(by_path, rates))
    params = start()
    final, state = jax.jit(lambda p, s: train(optimizer, p, s, 40))(
        params, optimizer.init(params)
    )

    def factors(name, count):
        return 1e-2 * (1 - count / 50) if name == "w" else 1e-3

    assert_close(final, adam_by_hand(params, factors, 40), rtol=1e-5)
    np.testing.assert_allclose(read(state)["w"], 1e-2 * 11 / 50, rtol=1e-6)


def test_one_rate_is_the_optimizer_itself():
    """With the same rate for all: the parameters of `optax.adam`, bit for bit."""
    ours = optax.chain(optax.scale_by_adam(), js.groups(by_path, {"w": 3e-3, "b": 3e-3}))
    plain = optax.adam(3e-3)
    params = start()
    runs = [
        jax.jit(lambda p, s, o=o: train(o, p, s, 50))(params, o.init(params))[0]
        for o in (ours, plain)
    ]

    assert_same(*runs)


def test_partition_of_optimizers_gives_the_same():
    """Without what they share (a norm, a count), groups are a partition."""
    rates = {"w": js.linear_schedule(1e-2, 0.0, 50), "b": 1e-3}
    ours = optax.chain(optax.scale_by_adam(), js.groups(by_path, rates))
    theirs = optax.partition(
        {k: js.scheduled(optax.adam, learning_rate=r) for k, r in rates.items()}, by_path
    )
    params = start()
    runs = [
        jax.jit(lambda p, s, o=o: train(o, p, s, 30))(params, o.init(params))[0]
        for o in (ours, theirs)
    ]

    assert_close(*runs, rtol=1e-6)


def test_factors_behind_a_whole_optimizer():
    """With `flip_sign=False` they multiply what another rate has made."""
    factors = js.groups(by_path, {"w": 0.5, "b": 0.0}, flip_sign=False)
    whole = js.scheduled(optax.adamw, learning_rate=1e-2)
    both = optax.chain(whole, factors)
    params = start()
    grads = jax.grad(loss)(params)
    full, _ = whole.update(grads, whole.init(params), params)
    updates, state = both.update(grads, both.init(params), params)

    np.testing.assert_array_equal(updates["w"], 0.5 * full["w"])
    np.testing.assert_array_equal(updates["b"], np.zeros(3))
    assert set(read(state)) == {"learning_rate", "w", "b"}


# Types, transformations, edits.


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32])
def test_updates_keep_their_type(dtype):
    """Multiplied in float32 and rounded once; a scan accepts the state."""
    params = start(dtype)
    optimizer = optax.chain(
        optax.scale_by_adam(), js.groups(by_path, {"w": 1e-3, "b": js.Constant(0.3)})
    )
    final, state = jax.jit(lambda p, s: train(optimizer, p, s, 3))(
        params, optimizer.init(params)
    )
    plain = js.groups(by_path, {"w": 1e-3, "b": js.Constant(0.3)})
    updates, _ = plain.update(params, plain.init(params))
    exact = -np.asarray(params["w"], np.float64) * np.float32(1e-3)

    assert {leaf.dtype for leaf in jax.tree.leaves((final, updates))} == {jnp.dtype(dtype)}
    np.testing.assert_array_equal(
        updates["w"], jnp.asarray(exact, jnp.float32).astype(dtype)
    )
    assert {v.dtype for v in js.hyperparams(state).values()} == {jnp.dtype("float32")}


def test_every_number_of_every_rate_is_batched():
    """A sweep over peaks and lengths of both groups: each lane as if alone."""
    members = js.grid(
        lambda peak, steps: js.bundle(
            w=js.linear_schedule(peak, 0.0, steps), b=js.Constant(0.5 * peak)
        ),
        peak=[0.01, 0.1],
        steps=[5, 20],
    )

    def final(plan):
        optimizer = optax.chain(optax.scale_by_adam(), js.groups(by_path, plan))
        params = start()
        return train(optimizer, params, optimizer.init(params), 8)[0]

    lanes, alone = jax.jit(jax.vmap(final))(members.schedules), jax.jit(final)
    for i, plan in enumerate(js.unstack(members.schedules)):
        assert_close(jax.tree.map(lambda x, i=i: x[i], lanes), alone(plan), rtol=2e-6)


def test_gradients_reach_each_rate():
    """d(loss)/d(rate of a group), by differences."""

    def final(rates):
        optimizer = js.groups(by_path, rates)
        params = start()
        return loss(train(optimizer, params, optimizer.init(params), 5)[0])

    rates = {"w": jnp.float32(0.3), "b": jnp.float32(0.2)}
    slopes = jax.jit(jax.grad(final))(rates)
    for name in rates:
        ahead, behind = (
            float(jax.jit(final)({**rates, name: rates[name] + d})) for d in (0.05, -0.05)
        )
        np.testing.assert_allclose(slopes[name], (ahead - behind) / 0.1, rtol=1e-2)


def test_rates_are_sought_scaled_and_replaced():
    """Whatever can be done to a scheduled optimizer, one trace for all of it."""
    optimizer = optax.chain(optax.scale_by_adam(), js.groups(LABELS, RATES))
    step = Traced(lambda s: optimizer.update(PARAMS, s, PARAMS)[1])
    state = js.seek(optimizer.init(PARAMS), 2)
    assert read(step(state)) == pytest.approx({"low": 0.125, "high": 0.25, "head": 0.8})
    state = js.replace_schedules(state, head=js.linear_schedule(4.0, 0.0, 8))
    assert read(step(state))["head"] == 3.0
    state = js.scale(state, head=0.5, low=2.0)
    assert read(step(state)) == {"low": 0.25, "high": 0.25, "head": 1.5}
    assert read(step(js.clear_override(state)))["head"] == 3.0
    assert step.count == 1


def test_a_controller_for_one_group():
    """It is told the metric; the other group keeps its rate."""
    plateau = 0.5 * js.ReduceOnPlateau(factor=0.5, patience=0)
    optimizer = js.groups(by_path, {"w": plateau, "b": 1.0})
    params = start()
    state = optimizer.init(params)
    for _ in range(4):
        _, state = optimizer.update(params, state, params, value=1.0)

    assert read(state) == {"w": 0.125, "b": 1.0}


def test_functions_of_the_count_are_rates():
    """Those of Optax, too: nothing is closed over by the optimizer."""
    optimizer = js.groups(by_path, {"w": optax.linear_schedule(1.0, 0.0, 4), "b": 1})
    params = start()
    state = js.seek(optimizer.init(params), 3)
    _, state = optimizer.update(params, state)

    assert read(state) == {"w": 0.25, "b": 1.0}
