"""A scheduled optimizer inside Optax's wrappers: it counts its own updates."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib

import jaxsched as js

from .helpers import EDITS, LINE, PLATEAU, Traced, signature

PARAMS = {"x": jnp.zeros(2), "y": jnp.zeros(3)}
ONES = jax.tree.map(jnp.ones_like, PARAMS)


def sgd(schedule=LINE):
    return js.scheduled(optax.sgd, learning_rate=schedule)


def read(state):
    return {name: float(value) for name, value in js.hyperparams(state).items()}


def steps(optimizer, num, grads=ONES, params=PARAMS):
    """Updates of `x`, and the state after each."""
    state, made, states = optimizer.init(params), [], []
    update = jax.jit(optimizer.update)
    for _ in range(num):
        updates, state = update(grads, state, params)
        made.append(float(updates["x"][0]))
        states.append(state)
    return made, states


def test_accumulation_counts_updates_not_micro_batches():
    """8 micro-batches of 4: two updates, rates 1.0 and 0.9, nothing in between."""
    made, states = steps(optax.MultiSteps(sgd(), 4), 8)
    state = states[-1]

    np.testing.assert_allclose(made, [0, 0, 0, -1.0, 0, 0, 0, -0.9], rtol=1e-6)
    assert int(state.inner_opt_state.count) == 2
    np.testing.assert_allclose(read(state)["learning_rate"], 0.9, rtol=1e-6)
    np.testing.assert_allclose(LINE(state.inner_opt_state.count), 0.8, rtol=1e-6)


def test_accumulation_takes_an_override():
    """Set in the inner state, the value acts at the next emitted update."""
    optimizer = optax.MultiSteps(sgd(), 2)
    state = optimizer.init(PARAMS)
    inner = js.override(state.inner_opt_state, learning_rate=0.25)
    state = state._replace(inner_opt_state=inner)
    update = jax.jit(optimizer.update)
    _, state = update(ONES, state, PARAMS)
    updates, _ = update(ONES, state, PARAMS)

    assert float(updates["x"][0]) == -0.25


def test_skipped_updates_do_not_count():
    """good, NaN, NaN, good: the rates of the first and the second update."""
    optimizer = optax.apply_if_finite(sgd(js.as_schedule(lambda count: count + 1.0)), 5)
    state, made, counts = optimizer.init(PARAMS), [], []
    update = jax.jit(optimizer.update)
    for size in (0.1, np.nan, np.nan, 0.1):
        grads = jax.tree.map(lambda g, s=size: g * np.float32(s), ONES)
        updates, state = update(grads, state, PARAMS)
        made.append(float(updates["x"][0]))
        counts.append(int(state.inner_state.count))

    np.testing.assert_allclose(made, [-0.1, 0, 0, -0.2], rtol=1e-6)
    assert counts == [1, 1, 1, 2]
    assert int(state.total_notfinite) == 2
    assert read(state) == {"learning_rate": 2.0}


def test_in_a_chain():
    """Read at any place of a chain; others of the chain are none of its business."""
    optimizer = optax.chain(optax.clip_by_global_norm(1e3), optax.identity(), sgd())
    made, states = steps(optimizer, 2)

    np.testing.assert_allclose(made, [-1.0, -0.9], rtol=1e-6)
    assert read(states[0]) == {"learning_rate": 1.0}


def test_masked():
    """Some of the parameters are trained, by its schedule."""
    optimizer = optax.masked(sgd(), {"x": True, "y": False})
    made, states = steps(optimizer, 2)

    np.testing.assert_allclose(made, [-1.0, -0.9], rtol=1e-6)
    np.testing.assert_allclose(read(states[-1])["learning_rate"], 0.9, rtol=1e-6)


def test_in_lookahead():
    """Read through the wrapper that keeps two copies of the parameters."""
    optimizer = optax.lookahead(sgd(), sync_period=5, slow_step_size=0.5)
    params = optax.LookaheadParams.init_synced(PARAMS)
    updates, state = jax.jit(optimizer.update)(ONES, optimizer.init(params), params)

    np.testing.assert_allclose(updates.fast["x"], -1.0, rtol=1e-6)
    assert read(state) == {"learning_rate": 1.0}


@pytest.mark.parametrize("combine", [optax.partition, optax.multi_transform])
def test_groups_are_told_apart(combine):
    """Each group has its schedule; their names say which group is meant."""
    groups = {"fast": sgd(LINE), "slow": sgd(0.5 * LINE)}
    optimizer = combine(groups, {"x": "fast", "y": "slow"})
    _, states = steps(optimizer, 2)
    values = read(states[-1])

    assert list(values) == ["fast/learning_rate", "slow/learning_rate"]
    np.testing.assert_allclose(list(values.values()), [0.9, 0.45], rtol=1e-6)


def test_one_in_another():
    """A scheduled optimizer that holds a scheduled one: both are read."""

    def outer(weight):
        return optax.chain(sgd(), optax.scale(weight))

    optimizer = js.scheduled(outer, weight=0.5)
    made, states = steps(optimizer, 2)

    np.testing.assert_allclose(made, [-0.5, -0.45], rtol=1e-6)
    np.testing.assert_allclose(
        [read(states[-1])[name] for name in ("weight", "learning_rate")], [0.5, 0.9]
    )


def test_metric_reaches_a_controller_through_wrappers():
    """`value=` of the outermost update feeds the controller inside."""
    plateau = js.ReduceOnPlateau(factor=0.5, patience=0)
    optimizer = optax.chain(optax.clip(1.0), optax.masked(sgd(plateau), True))
    update = jax.jit(lambda s: optimizer.update(ONES, s, PARAMS, value=1.0)[1])
    state = optimizer.init(PARAMS)
    for _ in range(3):
        state = update(state)

    # The third update used what the first two made of it.
    assert read(state) == {"learning_rate": 0.5}


def test_accumulation_feeds_what_the_emitting_step_was_given():
    """A controller inside accumulation sees a metric once for each update."""
    plateau = js.ReduceOnPlateau(factor=0.5, patience=0)
    optimizer = optax.MultiSteps(sgd(plateau), 2)
    state = optimizer.init(PARAMS)
    update = jax.jit(lambda s, v: optimizer.update(ONES, s, PARAMS, value=v)[1])
    for value in (9.0, 1.0, 9.0, 1.0, 9.0, 1.0):
        state = update(state, value)
    controller = state.inner_opt_state.controllers[0]

    assert int(controller.count) == 3
    assert float(controller.best_value) == 1.0
    assert float(controller.scale) == 0.25


# Reading and editing, wherever the state is.


def alone(mine):
    """In a partition whose other group is not scheduled."""
    groups = {"mine": mine, "other": optax.set_to_zero()}
    return optax.partition(groups, {"x": "mine", "y": "other"})


WRAPPERS = {
    "itself": lambda mine: mine,
    "chain": lambda mine: optax.chain(optax.clip(5.0), mine, optax.identity()),
    "named chain": lambda mine: optax.named_chain(
        ("clip", optax.clip(5.0)), ("mine", mine)
    ),
    "masked": lambda mine: optax.masked(mine, {"x": True, "y": False}),
    "partition": alone,
    "accumulated": lambda mine: optax.MultiSteps(mine, 1).gradient_transformation(),
    "if finite": lambda mine: optax.apply_if_finite(mine, 3),
    "conditional": lambda mine: optax.conditionally_transform(mine, lambda step: step >= 0),
    "conditional mask": lambda mine: optax.conditionally_mask(mine, lambda step: step >= 0),
    "flat": optax.flatten,
    "mechanic": contrib.mechanize,
    "schedule-free": lambda mine: contrib.schedule_free(mine, 1.0),
    "scheduled": lambda mine: js.scheduled(
        lambda weight: optax.chain(mine, optax.scale(weight)), weight=1.0
    ),
    "scheduled at once": lambda mine: js.scheduled(lambda weight: mine, weight=1.0),
    "deep": lambda mine: optax.chain(alone(optax.MultiSteps(optax.flatten(mine), 1))),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_reads_and_edits_through(wrap):
    """Each function finds its state in each wrapper; the compiled step goes on."""
    optimizer = wrap(sgd(LINE * PLATEAU))
    step = Traced(lambda state: optimizer.update(ONES, state, PARAMS)[1])
    state = step(optimizer.init(PARAMS))
    assert read(state)["learning_rate"] == 1.0
    for edit, expected in EDITS.values():
        edited = edit(state)
        following = js.next_hyperparams(edited)["learning_rate"]
        np.testing.assert_allclose(following, expected, rtol=1e-6)
        assert signature(edited) == signature(state)
        after = step(edited)
        np.testing.assert_allclose(read(after)["learning_rate"], expected, rtol=1e-6)
        in_use = optax.tree_utils.tree_get(after, "learning_rate")
        assert float(in_use) == read(after)["learning_rate"]

    assert step.count == 1
    assert read(step(state))["learning_rate"] == np.float32(0.9)


def test_edits_through_lookahead():
    """It keeps its own copy of the parameters, and the state beside it."""
    optimizer = optax.lookahead(sgd(LINE * PLATEAU), sync_period=5, slow_step_size=0.5)
    params = optax.LookaheadParams.init_synced(PARAMS)
    update = jax.jit(lambda state: optimizer.update(ONES, state, params))
    _, state = update(optimizer.init(params))
    for edit, expected in EDITS.values():
        updates, _ = update(edit(state))
        np.testing.assert_allclose(updates.fast["x"], -expected, rtol=1e-6)
