"""An optimizer whose hyperparameters are read from its own state."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced, assert_close, assert_same, loss, run, start, train

partial = functools.partial
ONES = {"x": jnp.ones(3)}


def cosine(peak):
    return js.warmup_cosine_decay_schedule(0.0, peak, 5, 50, 1e-6)


# One trace.


def test_one_trace_for_all_learning_rates():
    """A step that takes the schedule as its argument compiles once for every peak."""

    def after_ten(schedule):
        optimizer = js.scheduled(optax.adam, learning_rate=schedule)
        params = start()
        return loss(train(optimizer, params, optimizer.init(params), 10)[0])

    after_ten = Traced(after_ten)
    losses = [float(after_ten(cosine(peak))) for peak in (1e-1, 1e-2, 1e-3, 1e-4)]

    assert after_ten.count == 1
    assert losses == sorted(losses)
    assert len(set(losses)) == 4


def test_lowered_text_does_not_depend_on_the_schedule():
    """No number of a schedule is a constant of the program."""
    texts = set()
    for peak in (1e-1, 1e-4):
        optimizer = js.scheduled(optax.sgd, learning_rate=cosine(peak))
        lowered = jax.jit(optimizer.update).lower(ONES, optimizer.init(ONES))
        texts.add(lowered.as_text())

    assert len(texts) == 1


def test_schedule_can_be_replaced_in_mid_run():
    """The next update follows the new numbers, and nothing is traced again."""
    optimizer = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(1.0, 0.0, 10))
    other = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(3.0, 1.0, 4))
    step = Traced(optimizer.update)
    _, state = step(ONES, optimizer.init(ONES))
    _, state = step(ONES, state)
    state = state._replace(schedules=other.init(ONES).schedules)
    updates, state = step(ONES, state)

    assert step.count == 1
    np.testing.assert_array_equal(updates["x"], -2.0)
    assert int(state.count) == 3


def test_python_numbers_and_arrays_share_a_trace():
    """Whatever kind of number a schedule was made of, its state has one signature."""
    optimizer = js.scheduled(optax.sgd, learning_rate=0.1)
    step = Traced(optimizer.update)
    for value in (0.1, 1, np.float64(0.1), np.float32(0.1), jnp.float32(0.1)):
        step(ONES, js.scheduled(optax.sgd, learning_rate=value).init(ONES))

    assert step.count == 1


def test_stacked_schedules_train_side_by_side():
    """Each lane of a vmapped training is its own training, compiled once for all."""
    members = js.grid(
        lambda peak_value, warmup_steps, horizon: js.warmup_cosine_decay_schedule(
            0.0, peak_value, warmup_steps, horizon
        ),
        peak_value=[1e-3, 1e-2],
        warmup_steps=[0, 10, 40],
        horizon=[100, 200],
    )

    def final(schedule):
        optimizer = js.scheduled(optax.adam, learning_rate=schedule)
        params = start()
        return train(optimizer, params, optimizer.init(params), 200)[0]

    batched = Traced(jax.vmap(final))
    lanes = batched(members.schedules)
    alone = jax.jit(final)

    assert batched.count == 1
    assert len(members.settings) == 12
    for i, row in enumerate(members.settings):
        schedule = js.warmup_cosine_decay_schedule(0.0, *row.values())
        lane = jax.tree.map(lambda leaf, i=i: leaf[i], lanes)
        assert_close(lane, alone(jax.tree.map(jnp.asarray, schedule)))


# The trajectory is that of the optimizer itself.

OPTIMIZERS = {
    "sgd": optax.sgd,
    "momentum": partial(optax.sgd, momentum=0.9),
    "adam": optax.adam,
    "adamw": optax.adamw,
    "rmsprop": optax.rmsprop,
    "lion": optax.lion,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_constant_rate_changes_nothing(name):
    """500 updates with a scheduled constant: the same parameters bit for bit."""
    factory = OPTIMIZERS[name]
    ours = js.scheduled(factory, learning_rate=js.Constant(3e-3))

    assert_same(run(ours, 500), run(factory(3e-3), 500))


@pytest.mark.parametrize("name", ["adam", "adamw", "lion"])
def test_scheduled_momentum_changes_next_to_nothing(name):
    """500 updates with `b2` scheduled as well: the same parameters to 1e-6.

    Of the same number: 0.999 as a float32 is 1e-8 off, and 1 - b2 then 1e-5.
    """
    factory = OPTIMIZERS[name]
    b2 = float(np.float32(0.99 if name == "lion" else 0.999))
    ours = js.scheduled(factory, learning_rate=3e-3, b2=b2)

    assert_close(run(ours, 500), run(factory(3e-3, b2=b2), 500))


def test_schedule_gives_what_optax_gives():
    """A schedule in the state trains as the same one closed over."""
    ours = js.scheduled(optax.adamw, learning_rate=cosine(1e-2))
    theirs = optax.adamw(optax.warmup_cosine_decay_schedule(0.0, 1e-2, 5, 50, 1e-6))

    assert_close(run(ours, 60), run(theirs, 60), rtol=1e-5)


# Types.


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_short_floats_train(dtype):
    """Hyperparameters keep their digits where parameters have few.

    With `b2 = 0.999` rounded to bfloat16 it is 1, and with `eps = 1e-8` rounded to
    float16 it is 0: either way the first update is NaN.
    """
    params = {"x": jnp.ones(4, dtype), "still": jnp.zeros(2, dtype)}
    grads = {"x": jnp.full(4, 0.1, dtype), "still": jnp.zeros(2, dtype)}
    numbers = {"learning_rate": 1e-3, "b1": 0.9, "b2": 0.999, "eps": 1e-8}
    optimizer = js.scheduled(optax.adamw, **numbers, weight_decay=1e-4)
    plain = optax.adamw(1e-3)
    state = optimizer.init(params)

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update(grads, state, params)
        return (optax.apply_updates(params, updates), state), updates

    (_, after), updates = jax.jit(lambda c: jax.lax.scan(step, c, length=10))(
        (params, state)
    )
    expected = jax.jit(plain.update)(grads, plain.init(params), params)[0]["x"]
    first = np.asarray(updates["x"][0], np.float64)

    assert updates["x"].dtype == dtype
    assert all(bool(jnp.isfinite(u).all()) for u in jax.tree.leaves(updates))
    # One unit of bfloat16 in the last place at 1e-3.
    np.testing.assert_allclose(first, np.asarray(expected, np.float64), rtol=2**-8)
    np.testing.assert_array_equal(updates["still"], 0)
    dtypes = [[leaf.dtype for leaf in jax.tree.leaves(s)] for s in (state, after)]
    assert dtypes[0] == dtypes[1]
    assert after.inner_state[0].nu["x"].dtype == dtype
    assert {v.dtype for v in js.hyperparams(after).values()} == {np.dtype(np.float32)}


def test_moments_in_a_type_of_their_own():
    """An argument that is a type reaches the optimizer, and its state keeps it."""
    optimizer = js.scheduled(optax.adam, learning_rate=1e-2, mu_dtype=jnp.bfloat16)
    _, state = optimizer.update(ONES, optimizer.init(ONES), ONES)

    assert state.inner_state[0].mu["x"].dtype == jnp.bfloat16
    assert state.inner_state[0].nu["x"].dtype == jnp.float32


def test_double_precision():
    """Under x64 hyperparameters are doubles, and updates still of the gradients' type."""
    with jax.enable_x64(True):
        optimizer = js.scheduled(optax.sgd, learning_rate=js.linear_schedule(0.1, 0.0, 3))
        params = {"wide": jnp.ones(2, jnp.float64), "narrow": jnp.ones(2, jnp.float32)}
        state = optimizer.init(params)
        _, state = jax.jit(optimizer.update)(params, state, params)
        updates, state = jax.jit(optimizer.update)(params, state, params)

        assert js.hyperparams(state)["learning_rate"].dtype == np.float64
        np.testing.assert_allclose(updates["wide"], -0.2 / 3, rtol=1e-15, strict=False)
        assert updates["wide"].dtype == np.float64
        assert updates["narrow"].dtype == np.float32


def leaky(learning_rate):
    """A transformation whose state starts as a weak type, as a careless one does."""

    def init(params):
        return jax.tree.map(lambda _: jnp.asarray(0.0), params)

    def update(updates, state, params=None):
        state = jax.tree.map(lambda s, u: 0.5 * s - learning_rate * u.sum(), state, updates)
        return jax.tree.map(lambda u, s: s + 0 * u, updates, state), state

    return optax.GradientTransformation(init, update)


def test_state_keeps_its_signature():
    """The second update has the first one's types: one trace, and `lax.cond` takes it."""
    optimizer = js.scheduled(leaky, learning_rate=0.5)
    step = Traced(optimizer.update)
    _, state = step(ONES, optimizer.init(ONES))
    step(ONES, step(ONES, state)[1])
    accumulated = optax.MultiSteps(optimizer, 2)
    accumulated.update(ONES, accumulated.init(ONES), ONES)

    assert step.count == 1


# Transformations of the whole.


def test_gradient_of_the_final_loss_reaches_the_schedule():
    """Hypergradients: finite for each real number of the schedule, and right."""
    schedule = js.warmup_decay_schedule(0.01, 0.2, 0.02, warmup_steps=5, decay_steps=15)

    def final(schedule):
        optimizer = js.scheduled(partial(optax.sgd, momentum=0.9), learning_rate=schedule)
        params = start()
        return loss(train(optimizer, params, optimizer.init(params), 20)[0])

    real, lengths = eqx.partition(
        schedule, lambda leaf: isinstance(leaf, (float, np.floating))
    )
    real = jax.tree.map(jnp.float32, real)
    value = jax.jit(lambda r: final(eqx.combine(r, lengths)))
    grads = jax.tree.leaves(jax.jit(jax.grad(value))(real))
    direction = jax.tree.map(jnp.ones_like, real)
    step = 1e-2
    ahead, behind = (
        float(value(jax.tree.map(lambda a, d, s=s: a + s * d, real, direction)))
        for s in (step, -step)
    )

    assert grads
    assert np.isfinite(np.asarray(grads)).all()
    assert all(float(g) != 0 for g in grads)
    # Central differences in single precision have few digits.
    np.testing.assert_allclose(float(sum(grads)), (ahead - behind) / (2 * step), rtol=2e-2)


def test_state_can_be_donated():
    """The state of an update may be built in the memory of the last."""
    optimizer = js.scheduled(optax.adam, learning_rate=cosine(0.1), b2=0.99)
    step = jax.jit(optimizer.update, donate_argnums=1)
    fresh = jax.jit(optimizer.update)
    donated = kept = jax.jit(optimizer.init)(ONES)
    kept = jax.tree.map(jnp.copy, kept)
    for _ in range(3):
        updates, donated = step(ONES, donated)
        expected, kept = fresh(ONES, kept)

    assert_same((updates, donated.hyperparams), (expected, kept.hyperparams))


def test_fresh_state_shares_no_buffer():
    """A state can be donated straight from `init`, which JAX refuses for shared buffers."""
    optimizer = js.scheduled(optax.adamw, learning_rate=0.1, b1=0.9, weight_decay=0.1)
    step = jax.jit(lambda s, g, p: optimizer.update(g, s, p), donate_argnums=0)
    state = step(optimizer.init(ONES), ONES, ONES)[1]
    step(state, ONES, ONES)


def test_donation_spares_the_schedule():
    """A step that donates its state deletes no number of the user's schedule."""
    rate = js.Constant(jnp.float32(0.1))
    optimizer = js.scheduled(optax.adamw, learning_rate=rate, weight_decay=0.1 * rate)
    step = jax.jit(lambda s, g, p: optimizer.update(g, s, p)[1], donate_argnums=0)
    for _ in range(2):
        step(optimizer.init(ONES), ONES, ONES)

    assert float(rate(0)) == np.float32(0.1)


def test_state_of_a_controller_can_be_donated():
    """No two of its numbers share a buffer."""
    rate = js.Constant(0.1) * js.ReduceOnPlateau(patience=0, factor=0.5)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    step = jax.jit(lambda s, v: optimizer.update(ONES, s, value=v)[1], donate_argnums=0)
    state = optimizer.init(ONES)
    for _ in range(3):
        state = step(state, 1.0)

    np.testing.assert_allclose(js.hyperparams(state)["learning_rate"], 0.05, rtol=1e-6)


def test_sizes_stay_sizes():
    """An int where the default is one shapes the program, and reaches the factory."""
    params = {"w": jnp.ones((4, 4))}
    for factory, sizes in (
        (optax.contrib.muon, {"ns_steps": 5}),
        (optax.adafactor, {"min_dim_size_to_factor": 2}),
    ):
        optimizer = js.scheduled(factory, learning_rate=0.1, **sizes)
        state = optimizer.init(params)
        updates, _ = optimizer.update(params, state, params)

        assert set(js.hyperparams(state)) == {"learning_rate"}
        assert np.isfinite(updates["w"]).all()
