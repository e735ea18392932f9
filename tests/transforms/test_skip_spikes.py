"""Updates that are left out, against the rule in NumPy, and what is left of them."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import assert_close
from .skip_rule import NUMBERS, ONES, is_skipped, run, with_jumps

# The rule.


@pytest.mark.parametrize("has_losses", [True, False])
def test_follows_the_rule(has_losses):
    """A hundred runs with settings of their own; a window of each size."""
    rng = np.random.default_rng(0)
    for window_size in (2, 16, 128):
        num, length = 50, 150
        norms, losses = with_jumps(rng, num, length), with_jumps(rng, num, length)
        numbers = {
            "threshold": rng.uniform(2, 5, num).astype(np.float32),
            "min_entries": rng.integers(2, min(window_size, 40) + 1, num),
        }

        @jax.jit
        @jax.vmap
        def updates(numbers, norms, losses, window_size=window_size):
            optimizer = js.skip_spikes(optax.sgd(1.0), window_size=window_size, **numbers)
            updates, state = run(optimizer, norms, losses if has_losses else None)
            return updates["x"][:, 0], state.num_skipped

        got, tally = updates(numbers, norms, losses)
        expected = [
            is_skipped(
                norms[i].tolist(),
                losses[i].tolist() if has_losses else None,
                window_size=window_size,
                **{k: v[i].item() for k, v in numbers.items()},
            )
            for i in range(num)
        ]

        assert 100 < np.sum(expected) < 3000
        np.testing.assert_array_equal(np.asarray(got) == 0, expected)
        np.testing.assert_array_equal(tally, np.sum(expected, axis=1))


def test_never_before_there_are_enough():
    """By default the 65th update is the first that may be left out."""
    rng = np.random.default_rng(1)
    calm = rng.uniform(1, 2, 64)
    for num, expected in ((63, []), (64, [64])):
        norms = np.append(calm[:num], 1e3).astype(np.float32)
        updates, _ = run(js.skip_spikes(optax.sgd(1.0)), norms)

        assert np.flatnonzero(updates["x"][:, 0] == 0).tolist() == expected


def test_a_lasting_rise_is_the_new_level():
    """By any amount, with a full window, after four updates that are left out."""
    rng = np.random.default_rng(2)
    for rise in (10.0, 1e3, 1e6):
        norms = np.append(rng.uniform(1, 1.1, 128), rise * rng.uniform(1, 1.1, 50))
        updates, state = run(js.skip_spikes(optax.sgd(1.0)), norms.astype(np.float32))

        assert np.flatnonzero(updates["x"][:, 0] == 0).tolist() == [128, 129, 130, 131]
        assert int(state.num_skipped) == 4


def test_the_oldest_leave_the_window():
    """An outlier hides others for as long as the window is, and no longer."""
    numbers = {"threshold": 3.0, "min_entries": 8, "window_size": 16}
    norms = [1.0, 1.1] * 8 + [100.0] + [1.0, 1.1] * 7 + [1.0, 10.0]
    expected = is_skipped(norms, **numbers)
    later = [*norms[:-1], 1.1, 10.0]

    for given in (norms, later):
        updates, _ = run(js.skip_spikes(optax.sgd(1.0), **numbers), np.float32(given))
        assert (updates["x"][:, 0] == 0).tolist() == is_skipped(given, **numbers)
    assert not expected[-1]
    assert is_skipped(later, **numbers)[-1]


@pytest.mark.parametrize("size", [0.0, 0.1, 1e-13])
def test_constant_losses(size):
    """Rounding makes no outliers of them, however small they are; a rise is one."""
    optimizer = js.skip_spikes(optax.sgd(1.0), min_entries=9, window_size=11)
    losses = np.full((20, 51), size) * np.linspace(1, 1.9, 20)[:, None]
    losses[:, -1] = 2 * size + 1e-10
    states = jax.vmap(lambda x: run(optimizer, jnp.zeros(51), x)[1])(np.float32(losses))
    last = jax.vmap(lambda x: run(optimizer, jnp.zeros(50), x)[1])(
        np.float32(losses[:, :-1])
    )

    np.testing.assert_array_equal(last.num_skipped, 0)
    np.testing.assert_array_equal(states.num_skipped, 1)
    np.testing.assert_array_equal(states.norms, 0)


# What is left of an update that is left out.


def test_the_rest_is_the_optimizer_s_own():
    """As if the others had never been: updates, moments and counts, but for fusions."""
    rng = np.random.default_rng(3)
    norms, losses = with_jumps(rng, 120), with_jumps(rng, 120)
    inner = js.scheduled(optax.adamw, learning_rate=js.linear_schedule(0.1, 0.0, 100))
    updates, state = run(js.skip_spikes(inner, **NUMBERS), norms, losses)
    skipped = np.asarray(is_skipped(norms.tolist(), losses.tolist(), **NUMBERS))
    expected, last = run(inner, norms[~skipped])

    assert 5 < skipped.sum() < 60
    assert_close(jax.tree.map(lambda x: x[~skipped], updates), expected)
    assert all(np.all(x[skipped] == 0) for x in jax.tree.leaves(updates))
    assert int(state.inner_state.count) == 120 - skipped.sum()
    numbers = (state.inner_state.hyperparams, state.inner_state.inner_state)
    assert_close(numbers, (last.hyperparams, last.inner_state))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_not_finite(bad):
    """Left out from the first update on, for as long as it comes, without a trace."""
    optimizer = js.skip_spikes(js.scheduled(optax.adam, learning_rate=0.1), **NUMBERS)
    state = optimizer.init(ONES)
    broken = {**ONES, "y": jnp.asarray([1.0, bad, 1.0])}
    update = jax.jit(optimizer.update)
    for _ in range(30):
        updates, state = update(broken, state, ONES, value=1.0)
        updates, state = update(ONES, state, ONES, value=bad)
    good, last = update(ONES, state, ONES, value=1.0)
    moments = state.inner_state.inner_state

    assert int(state.num_skipped) == 60
    assert all(np.all(x == 0) for x in jax.tree.leaves(updates))
    assert all(np.all(np.isfinite(x)) for x in jax.tree.leaves(moments))
    np.testing.assert_allclose(good["x"], -0.1, rtol=1e-5)
    assert (int(last.num_skipped), int(last.inner_state.count)) == (60, 1)


def test_gradients_that_overflow_when_squared():
    """Their norm is a number, and an outlier."""
    optimizer = js.skip_spikes(optax.sgd(1.0), **NUMBERS)
    updates, state = run(optimizer, np.float32([1.0, 1.1] * 4 + [1e30, 1.0]))

    assert np.flatnonzero(updates["x"][:, 0] == 0).tolist() == [8]
    np.testing.assert_allclose(state.norms[-2], 1e30, rtol=1e-6)


def test_losses_that_come_now_and_then():
    """An update without one is judged by its gradient alone."""
    optimizer = js.skip_spikes(optax.sgd(1.0), **NUMBERS)
    rng = np.random.default_rng(4)
    losses = [*rng.uniform(1, 2, 8), None, 9.0, None, None, 2.0, math.nan, None]
    state, got = optimizer.init(ONES), []
    for loss in losses:
        updates, state = optimizer.update(ONES, state, ONES, value=loss)
        got.append(float(updates["x"][0]) == 0)

    assert got == is_skipped([math.sqrt(5)] * 15, losses, **NUMBERS)
    assert np.flatnonzero(got).tolist() == [9, 13]


def test_the_loss_is_passed_on():
    """To an optimizer that needs it, and to controllers; not where there is none."""
    polyak = js.skip_spikes(optax.polyak_sgd(), **NUMBERS)
    updates, _ = polyak.update(ONES, polyak.init(ONES), ONES, value=2.0)
    rate = js.ReduceOnPlateau(factor=0.5, patience=0)
    inner = js.scheduled(optax.sgd, learning_rate=rate)
    optimizer = js.skip_spikes(inner, **NUMBERS)
    state = optimizer.init(ONES)
    for loss in (1.0, math.nan, 1.0):
        _, state = optimizer.update(ONES, state, ONES, value=loss)
    _, state = optimizer.update(ONES, state, ONES)

    np.testing.assert_allclose(updates["x"], -0.4, rtol=1e-6)
    assert float(js.next_hyperparams(state)["learning_rate"]) == 0.5
    assert int(js.hyperparams(state)["learning_rate"] * 4) == 2


def test_loss_of_a_batch_is_refused():
    """The message says what to do."""
    optimizer = js.skip_spikes(optax.sgd(1.0))
    with pytest.raises(
        AssertionError, match=r"skip_spikes.* needs one number.*Take a mean"
    ):
        optimizer.update(ONES, optimizer.init(ONES), ONES, value=jnp.ones(2))
