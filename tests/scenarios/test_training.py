"""What users trip over, 3, 4, 8 to 10, 20, 21, 23, 24: schedules inside an optimizer."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from ..transforms.helpers import assert_close, assert_same, run

ONES = {"x": jnp.ones(3)}


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_03_short_floats_with_everything_scheduled(dtype):
    """Finite, the update of plain adamw, types kept, a scan that checks."""
    params, grads = {"x": jnp.ones(4, dtype)}, {"x": jnp.full(4, 0.1, dtype)}
    numbers = {"learning_rate": 1e-3, "b1": 0.9, "b2": 0.999, "eps": 1e-8}
    constants = {k: js.Constant(v) for k, v in numbers.items()}
    optimizer = js.scheduled(optax.adamw, **constants, weight_decay=js.Constant(1e-4))

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update(grads, state, params)
        return (optax.apply_updates(params, updates), state), updates["x"]

    state = optimizer.init(params)
    (_, after), made = jax.jit(lambda c: jax.lax.scan(step, c, length=10))((params, state))

    assert made.dtype == dtype
    assert bool(jnp.isfinite(made).all())
    # Adam's first update is the rate, but for the decay of 1e-4 of it.
    np.testing.assert_allclose(made[0].astype(jnp.float32), -0.001, rtol=2**-8)
    assert after.inner_state[0].mu["x"].dtype == after.inner_state[0].nu["x"].dtype == dtype


@pytest.mark.parametrize("factory", [optax.sgd, optax.adam, optax.adamw, optax.lion])
def test_04_wrapping_changes_nothing(factory):
    """500 updates, bit for bit; and to 1e-6 with a moment's decay scheduled as well."""
    plain = run(factory(3e-3), 500)
    assert_same(run(js.scheduled(factory, learning_rate=js.Constant(3e-3)), 500), plain)
    if factory is not optax.sgd:
        # A number that float32 holds: of 0.999 it holds 1 - b2 to 1e-5 only.
        b2 = float(np.float32(0.99 if factory is optax.lion else 0.999))
        ours = run(js.scheduled(factory, learning_rate=3e-3, b2=js.Constant(b2)), 500)
        assert_close(ours, run(factory(3e-3, b2=b2), 500), rtol=1e-6)


def test_08_accumulation():
    """8 micro-batches of 4: two updates; the last used 0.9, the next will use 0.8."""
    rate = js.linear_schedule(1.0, 0.0, 10)
    optimizer = optax.MultiSteps(js.scheduled(optax.sgd, learning_rate=rate), 4)
    state, made = optimizer.init(ONES), []
    update = jax.jit(optimizer.update)
    for _ in range(8):
        updates, state = update(ONES, state, ONES)
        made.append(float(updates["x"][0]))

    np.testing.assert_allclose(made, [0, 0, 0, -1.0, 0, 0, 0, -0.9], rtol=1e-6)
    assert int(state.inner_opt_state.count) == 2
    np.testing.assert_allclose(js.hyperparams(state)["learning_rate"], 0.9, rtol=1e-6)
    np.testing.assert_allclose(js.next_hyperparams(state)["learning_rate"], 0.8, rtol=1e-6)


def test_09_logged_is_used():
    """Restarts every 5 updates: what is read after each update is what it used."""
    rate = js.cosine_restarts_schedule(1.0, period_steps=5)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    state = optimizer.init(ONES)
    update = jax.jit(optimizer.update)
    for count in range(12):
        updates, state = update(ONES, state)
        logged = js.hyperparams(state)["learning_rate"]
        assert float(logged) == -float(updates["x"][0])
        np.testing.assert_allclose(logged, rate(count % 5), rtol=1e-6)


def test_10_skipped_updates():
    """good, NaN, NaN, good: the clock stands still, and the tally is kept."""
    rate = js.as_schedule(lambda count: count + 1.0)
    optimizer = optax.apply_if_finite(js.scheduled(optax.sgd, learning_rate=rate), 5)
    state, made, counts = optimizer.init(ONES), [], []
    for size in (0.1, np.nan, np.nan, 0.1):
        grads = {"x": jnp.full(3, size)}
        updates, state = jax.jit(optimizer.update)(grads, state, ONES)
        made.append(float(updates["x"][0]))
        counts.append(int(state.inner_state.count))

    np.testing.assert_allclose(made, [-0.1, 0, 0, -0.2], rtol=1e-6)
    assert counts == [1, 1, 1, 2]
    assert int(state.total_notfinite) == 2


class Flags(eqx.Module):
    """A mask that is a module, and can be called."""

    x: bool

    def __call__(self, count):
        raise AssertionError(f"called with {count}")


def test_20_only_schedules_are_schedules():
    """Masks stay masks, and an optimizer that decides by shapes starts under jit."""

    def mask(params):
        assert set(params) == {"x"}
        return {"x": True}

    for given in (mask, {"x": True}):
        optimizer = js.scheduled(
            optax.adamw, learning_rate=1e-2, weight_decay=0.1, mask=given
        )
        plain = optax.adamw(1e-2, weight_decay=0.1, mask=given)
        updates, state = optimizer.update(ONES, optimizer.init(ONES), ONES)
        assert sorted(js.hyperparams(state)) == ["learning_rate", "weight_decay"]
        assert_close(updates, plain.update(ONES, plain.init(ONES), ONES)[0])
    module = js.scheduled(optax.adamw, learning_rate=1e-2, mask=Flags(True))
    params = Flags(jnp.ones(3))
    module.update(params, module.init(params), params)
    adafactor = js.scheduled(optax.adafactor, learning_rate=1e-2)
    assert list(js.hyperparams(jax.jit(adafactor.init)(ONES))) == ["learning_rate"]


def test_21_clock_of_samples():
    """The batch doubles after 20 iterations; the decay still ends with the last one."""
    sizes = [8] * 20 + [16] * 80
    total, warm, decay = sum(sizes), sum(sizes[:10]), sum(sizes[-20:])
    rate = js.warmup_stable_decay_schedule(
        0.0, 1.0, warmup_steps=warm, stable_steps=total - warm - decay, decay_steps=decay
    )
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    update = jax.jit(lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock)[1])
    state, used, samples = optimizer.init(ONES), [], 0
    for size in sizes:
        state = update(state, samples)
        used.append(float(js.hyperparams(state)["learning_rate"]))
        samples += size

    np.testing.assert_allclose(used[:11], np.arange(11) / 10, rtol=1e-6)
    np.testing.assert_array_equal(used[10:80], 1.0)
    np.testing.assert_allclose(used[-20:], np.arange(20, 0, -1) / 20, rtol=1e-6)
    assert float(js.next_hyperparams(state, clock=samples)["learning_rate"]) == 0
    assert int(state.count) == 100


def test_23_chunked_training():
    """Four chunks of 25, each from a new state sought to its place: as in one piece."""
    rate = js.linear_schedule(1.0, 0.0, 100)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)

    @jax.jit
    def chunk(total, state):
        def step(carry, _):
            updates, state = optimizer.update(ONES, carry[1], ONES)
            return (carry[0] + updates["x"][0], state), None

        return jax.lax.scan(step, (total, state), length=25)[0][0]

    total = jnp.float32(0)
    for i in range(4):
        total = chunk(total, js.seek(optimizer.init(ONES), 25 * i))
    np.testing.assert_allclose(total, -50.5, rtol=1e-6)


def test_24_outer_clock():
    """4 minibatches x 4 epochs in each of 10 updates: the rate of the update."""
    rate = js.every(js.linear_schedule(1.0, 0.0, 10), 4 * 4)
    counts = jnp.arange(10 * 16 + 5)
    by_hand = 1.0 - jnp.minimum(counts // 16, 10) / 10
    np.testing.assert_allclose(rate(counts), by_hand, rtol=1e-6)
    np.testing.assert_allclose(
        partial(rate)(jnp.arange(32)), [1.0] * 16 + [0.9] * 16, rtol=1e-6
    )
