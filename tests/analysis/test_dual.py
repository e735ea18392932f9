"""Dual coefficients: printed numbers, a real run of AdamW, a million updates."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import analysis


def exact(shares):
    """Suffix products in extended precision."""
    shares = np.asarray(shares, np.longdouble)
    kept = np.append(np.cumprod((1 - shares)[::-1])[::-1], 1)
    return shares * kept[1:], kept[0]


@pytest.mark.parametrize(
    ("shares", "updates", "initial"),
    [
        ([0.1] * 5, [0.06561, 0.0729, 0.081, 0.09, 0.1], 0.59049),
        ([0.5, 0.4, 0.3, 0.2, 0.1], [0.1512, 0.2016, 0.216, 0.18, 0.1], 0.1512),
        ([0.25], [0.25], 0.75),
        ([0.0, 0.0], [0.0, 0.0], 1.0),
    ],
)
def test_printed_numbers(shares, updates, initial):
    """Whichever of the two schedules they come from."""
    table = js.Table(shares)
    for pair in ((table, 1.0), (1.0, table), (2.0 * table, 0.5)):
        found = analysis.dual_coefficients(*pair, len(shares))
        np.testing.assert_allclose(found.updates, updates, rtol=1e-6, atol=0)
        np.testing.assert_allclose(found.initial, initial, rtol=1e-6, atol=0)


def test_they_rebuild_the_weights_of_adamw():
    """Of a run with both schedules: directions of Adam by the decay, averaged."""
    num_steps = 60
    rate = js.warmup_cosine_decay_schedule(0.0, 0.3, warmup_steps=10, decay_steps=60)
    decay = js.linear_schedule(0.9, 0.2, 60)
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        start, target = rng.normal(size=(2, 4))
        optimizer = js.scheduled(optax.adamw, learning_rate=rate, weight_decay=decay)
        adam = optax.scale_by_adam()
        params = jnp.asarray(start)
        state, moments = optimizer.init(params), adam.init(params)
        directions = []
        for _ in range(num_steps):
            grads = jnp.tanh(params - target) + rng.normal(size=4)
            direction, moments = adam.update(grads, moments)
            updates, state = optimizer.update(grads, state, params)
            params = optax.apply_updates(params, updates)
            directions.append(-np.asarray(direction))
        shares = analysis.dual_coefficients(rate, decay, num_steps)
        decays = np.asarray(analysis.values(decay, num_steps))

    averaged = np.asarray(directions) / decays[:, None]
    rebuilt = np.asarray(shares.updates) @ averaged + float(shares.initial) * start
    assert 1e-3 < float(shares.initial) < 1
    np.testing.assert_allclose(rebuilt, params, rtol=1e-12, atol=0)


SCHEDULES = {
    "line": js.linear_schedule(3e-4, 0.0, 10**6),
    "wsd": js.warmup_stable_decay_schedule(
        0.0, 3e-4, warmup_steps=10**4, stable_steps=8 * 10**5, decay_steps=19 * 10**4
    ),
    "constant": js.Constant(1e-4),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_million_updates(name):
    """In float32 as good as exact, and they add up to 1."""
    rates = np.asarray(analysis.values(SCHEDULES[name], 10**6), np.float64)
    found = analysis.dual_coefficients(SCHEDULES[name], 0.125, 10**6)
    updates, initial = exact(rates * 0.125)

    # The rounding of a logarithm of -33 reaches shares of 1e-15 of the largest.
    np.testing.assert_allclose(found.updates, updates, rtol=2e-5, atol=0)
    np.testing.assert_allclose(found.initial, initial, rtol=2e-5, atol=0)
    matters = updates > 1e-3 * updates.max()
    np.testing.assert_allclose(
        np.asarray(found.updates)[matters], updates[matters], rtol=2e-6, atol=0
    )
    total = np.asarray(found.updates, np.float64).sum() + float(found.initial)
    np.testing.assert_allclose(total, 1, rtol=1e-6, atol=0)


def test_a_million_updates_in_double_precision():
    """To twelve digits."""
    with jax.enable_x64(True):
        found = analysis.dual_coefficients(SCHEDULES["line"], 0.1, 10**6)
        rates = np.asarray(analysis.values(SCHEDULES["line"], 10**6))
        updates, initial = exact(rates * 0.1)

    np.testing.assert_allclose(found.updates[:-1], updates[:-1], rtol=1e-12, atol=0)
    total = np.asarray(found.updates).sum() + float(found.initial)
    np.testing.assert_allclose(total, 1, rtol=1e-13, atol=0)
    np.testing.assert_allclose(found.initial, initial, rtol=1e-12, atol=0)


def test_gradients_and_batches():
    """Of the start's share: minus itself by what is kept, at each update."""
    table = np.asarray([0.5, 0.25, 0.125])

    def initial(shares):
        return analysis.dual_coefficients(js.Table(shares), 1.0, 3).initial

    kept = np.prod(1 - table)
    found = jax.grad(initial)(jnp.asarray(table, jnp.float32))
    np.testing.assert_allclose(found, -kept / (1 - table), rtol=1e-6)
    lanes = jax.jit(jax.vmap(initial))(jnp.asarray([table, table / 2], jnp.float32))
    np.testing.assert_allclose(lanes, [kept, np.prod(1 - table / 2)], rtol=1e-6)


def test_what_has_no_average():
    """A product of 1 or more, a negative one, NaN: an error, or NaN where it is traced."""
    for rate in (1.0, -0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match=r"0 <= learning_rate \* weight_decay < 1"):
            analysis.dual_coefficients(lambda t, rate=rate: t * rate, 1.0, 2)
    traced = jax.jit(lambda a: analysis.dual_coefficients(js.Table(a), 1.0, 2))
    assert np.isnan(traced(jnp.asarray([0.5, 2.0])).initial)
    with pytest.raises(ValueError, match="num_steps"):
        analysis.dual_coefficients(0.1, 0.1, 0)
