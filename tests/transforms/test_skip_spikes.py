"""Updates that are left out, against the rule in NumPy, and what is left of them."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced, assert_same

partial = functools.partial
NUMBERS = {"threshold": 3.0, "min_entries": 8, "window_size": 16}
ONES = {"x": jnp.ones(2), "y": jnp.ones(3)}


def is_skipped(norms, losses=None, *, threshold=6.0, min_entries=64, window_size=128):
    """Which updates are left out, in double precision; a loss may be None."""
    windows, found = ([], []), []
    losses = [None] * len(norms) if losses is None else losses
    for pair in zip(norms, losses, strict=True):
        is_outlier = False
        for value, window in zip(pair, windows, strict=True):
            if value is None:
                continue
            last = window[-window_size:]
            if len(last) >= min_entries:
                bound = np.mean(last) + threshold * np.std(last, ddof=1)
                is_outlier |= value > bound
            is_outlier |= not math.isfinite(value)
            if math.isfinite(value):
                window.append(value)
        found.append(bool(is_outlier))
    return found


def with_jumps(rng, *shape):
    values = rng.gamma(20, 0.1, shape)
    jumps = rng.random(shape) < 0.05
    values[jumps] *= np.exp(np.abs(rng.normal(scale=2, size=jumps.sum())))
    broken = rng.random(shape) < 0.01
    values[broken] = rng.choice([np.nan, np.inf], broken.sum())
    return values.astype(np.float32)


def run(optimizer, norms, losses=None):
    """What a scan makes of gradients of these norms, and the last state."""

    def step(state, given):
        norm, loss = given
        grads = jax.tree.map(lambda x: norm * x / jnp.sqrt(5.0), ONES)
        feed = {} if losses is None else {"value": loss}
        updates, state = optimizer.update(grads, state, ONES, **feed)
        return state, updates

    given = norms, norms if losses is None else losses
    state, updates = jax.lax.scan(step, optimizer.init(ONES), given)
    return updates, state


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
    losses = np.full((20, 51), size) * np.linspace(1, 2, 20)[:, None]
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
    """As if the others had never been: updates, moments and counts, bit for bit."""
    rng = np.random.default_rng(3)
    norms, losses = with_jumps(rng, 120), with_jumps(rng, 120)
    inner = js.scheduled(optax.adamw, learning_rate=js.linear_schedule(0.1, 0.0, 100))
    updates, state = run(js.skip_spikes(inner, **NUMBERS), norms, losses)
    skipped = np.asarray(is_skipped(norms.tolist(), losses.tolist(), **NUMBERS))
    expected, last = run(inner, norms[~skipped])

    assert 5 < skipped.sum() < 60
    assert_same(jax.tree.map(lambda x: x[~skipped], updates), expected)
    assert all(np.all(x[skipped] == 0) for x in jax.tree.leaves(updates))
    assert int(state.inner_state.count) == 120 - skipped.sum()
    assert_same(jax.tree.leaves(state.inner_state), jax.tree.leaves(last))


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


# In a run.


def test_settings_are_read_swept_and_changed():
    """`scheduled` makes them hyperparameters, beside those of the optimizer inside."""
    inner = js.scheduled(optax.sgd, learning_rate=1.0)
    entries = jnp.asarray(NUMBERS["min_entries"])
    optimizer = js.scheduled(
        partial(js.skip_spikes, inner), threshold=3.0, min_entries=entries, window_size=16
    )
    norms = with_jumps(np.random.default_rng(5), 120)
    state = optimizer.init(ONES)

    def skipped(threshold, min_entries):
        start = js.override(state, threshold=threshold, min_entries=min_entries)
        changed = optimizer._replace(init=lambda _: start)
        return run(changed, norms)[0]["x"][:, 0] == 0

    thresholds, entries = jnp.asarray([2.0, 3.0, 1e3]), jnp.asarray([2, 8, 12])
    got = jax.vmap(skipped)(thresholds, entries)
    expected = [
        is_skipped(norms.tolist(), threshold=t, min_entries=m, window_size=16)
        for t, m in zip(thresholds.tolist(), entries.tolist(), strict=True)
    ]

    found = {k: float(v) for k, v in js.hyperparams(state).items()}
    assert found == {"threshold": 3, "min_entries": 8, "learning_rate": 1}
    assert len({sum(e) for e in expected}) == 3
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", ["threshold", "min_entries"])
def test_each_setting_can_be_batched(name):
    """`vmap` over one of them gives what each value alone gives."""
    norms = with_jumps(np.random.default_rng(6), 120)
    norms[[4, 11]] = 50.0
    values = np.asarray([2.0, 3.0, 6.0] if name == "threshold" else [2, 5, 16])

    def skipped(value):
        optimizer = js.skip_spikes(optax.sgd(1.0), **NUMBERS | {name: value})
        return run(optimizer, norms)[0]["x"][:, 0] == 0

    got = jax.vmap(skipped)(values)
    alone = [is_skipped(norms.tolist(), **NUMBERS | {name: v.item()}) for v in values]

    assert len(np.unique(got, axis=0)) > 1
    np.testing.assert_array_equal(got, alone)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_short_floats(dtype):
    """Types are kept; norms and losses are those of single precision."""
    ones = {"x": jnp.ones(100_000, dtype)}
    inner = js.scheduled(optax.adam, learning_rate=1e-2)
    optimizer = js.skip_spikes(inner, **NUMBERS)

    def step(state, scale):
        grads = {"x": ones["x"] * scale.astype(dtype)}
        updates, state = optimizer.update(grads, state, ones, value=scale.astype(dtype))
        return state, updates["x"][0]

    start = optimizer.init(ones)
    scales = jnp.asarray([1.0, 1.125] * 8 + [4.0])
    state, updates = jax.lax.scan(step, start, scales)

    assert updates.dtype == dtype
    assert [x.dtype for x in jax.tree.leaves(state)] == [
        x.dtype for x in jax.tree.leaves(start)
    ]
    assert state.norms.dtype == state.losses.dtype == jnp.float32
    assert np.flatnonzero(updates == 0).tolist() == [16]
    np.testing.assert_allclose(state.norms[-1], 4 * math.sqrt(1e5), rtol=1e-6)


def test_one_trace_and_donated_memory():
    """Made or left out, a step may reuse the memory of the last one."""
    inner = js.scheduled(optax.adam, learning_rate=1e-2)
    optimizer = js.skip_spikes(inner, **NUMBERS)

    def step(params, state, value):
        updates, state = optimizer.update(ONES, state, params, value=value)
        return optax.apply_updates(params, updates), state

    step = Traced(step, donate_argnums=(0, 1))
    params = jax.tree.map(jnp.copy, ONES)
    state = optimizer.init(params)
    for k in range(20):
        params, state = step(params, state, 1.0 + k % 2 + 100.0 * (k == 15))

    assert step.count == 1
    assert int(state.num_skipped) == 1


def test_inside_and_around_optax_s_wrappers():
    """Accumulated and chained; random keys in the state; optax's own map over it."""
    noisy = optax.noisy_sgd(0.1, key=jax.random.key(0))
    optimizer = optax.MultiSteps(
        optax.chain(optax.clip(1.0), js.skip_spikes(noisy, **NUMBERS)), 2
    )
    update = jax.jit(optimizer.update)
    state = optimizer.init(ONES)
    for value in (1.0, 1.0, 1.0, math.nan):
        updates, state = update(ONES, state, ONES, value=value)

    assert all(np.all(x == 0) for x in jax.tree.leaves(updates))
    adam = js.skip_spikes(optax.adam(0.1))
    doubled = optax.tree_utils.tree_map_params(adam, lambda p: p + 2, adam.init(ONES))
    np.testing.assert_array_equal(doubled.inner_state[0].mu["x"], 2)


def test_double_precision():
    """Under x64 a rise is seen that single precision does not hold."""
    losses = np.asarray([1 + 1e-12 * (k % 2) for k in range(16)] + [1 + 1e-10])
    with jax.enable_x64(True):
        optimizer = js.skip_spikes(optax.sgd(1.0), **NUMBERS)
        updates, state = run(optimizer, np.ones(17), losses)
        assert state.losses.dtype == jnp.float64
        assert state.num_skipped.dtype == jnp.int32

    assert np.flatnonzero(np.asarray(updates["x"])[:, 0] == 0).tolist() == [16]


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"threshold": 0.0},
        {"threshold": math.nan},
        {"min_entries": 1},
        {"min_entries": -1},
        {"min_entries": 129},
        {"window_size": 0},
        {"window_size": 63},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the function, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"skip_spikes.*{name}.*{value}"):
        js.skip_spikes(optax.sgd(1.0), **numbers)


def test_size_of_the_window_is_an_integer():
    """It is the size of an array."""
    with pytest.raises(TypeError, match=r"skip_spikes\(window_size=.*integer.*64\.0"):
        js.skip_spikes(optax.sgd(1.0), window_size=64.0)
