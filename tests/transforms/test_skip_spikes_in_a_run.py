"""Guards against spikes in a run: swept, wrapped, in any type; settings refused."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced
from .skip_rule import NUMBERS, ONES, is_skipped, run, with_jumps

partial = functools.partial

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
