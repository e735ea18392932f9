"""Reading and overriding the hyperparameters of a scheduled optimizer."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced

ONES = {"x": jnp.ones(3)}
LINE = js.linear_schedule(1.0, 0.0, 10)


def rate(state):
    return float(js.hyperparams(state)["learning_rate"])


@pytest.fixture(scope="module")
def line():
    """SGD down a line, and its step compiled once for the module."""
    optimizer = js.scheduled(optax.sgd, learning_rate=LINE)
    return optimizer, Traced(optimizer.update)


def used(step, state, num):
    """The rates that updates by gradients of one were made with, and the state."""
    rates = []
    for _ in range(num):
        updates, state = step(ONES, state)
        rates.append(-float(updates["x"][0]))
    return rates, state


# Reading.


def test_logged_is_used():
    """At every step, a restart included, the state shows what made the update."""
    schedule = js.cosine_restarts_schedule(1.0, 0.1, period_steps=5)
    optimizer = js.scheduled(optax.sgd, learning_rate=schedule)

    def step(state, _):
        updates, state = optimizer.update(ONES, state)
        logged = optax.tree_utils.tree_get(state, "learning_rate")
        return state, (logged, js.hyperparams(state)["learning_rate"], -updates["x"][0])

    _, (got, read, made) = jax.lax.scan(step, optimizer.init(ONES), length=12)

    np.testing.assert_array_equal(got, made)
    np.testing.assert_array_equal(read, made)
    np.testing.assert_allclose(made, jax.vmap(schedule)(jnp.arange(12)), rtol=1e-6)
    assert float(made[5]) == 1.0


def test_outer_clock():
    """One count per outer update: the rate holds within 16 minibatch updates."""
    per_update = js.Hold(js.linear_schedule(1.0, 0.0, 160), 16)
    optimizer = js.scheduled(optax.sgd, learning_rate=per_update)

    def step(state, _):
        updates, state = optimizer.update(ONES, state)
        return state, -updates["x"][0]

    _, used = jax.jit(lambda s: jax.lax.scan(step, s, length=160))(optimizer.init(ONES))
    by_hand = np.asarray([1 - count // 16 / 10 for count in range(160)])

    np.testing.assert_allclose(used, by_hand, rtol=1e-6)


def test_before_the_first_update_the_first_value_is_shown(line):
    """A fresh state shows what the first update will use."""
    optimizer, step = line
    fresh = optimizer.init(ONES)

    assert rate(fresh) == used(step, fresh, 1)[0][0] == 1.0


def test_tree_get_finds_one_value():
    """Optax's own reader finds the rate in use, whatever the schedule holds."""
    schedule = js.Transition(0.5, 0.0, 10) + js.Constant(0.5)
    optimizer = js.scheduled(optax.adamw, learning_rate=schedule, weight_decay=0.1)
    state = optimizer.init(ONES)

    assert float(optax.tree_utils.tree_get(state, "learning_rate")) == 1.0
    assert float(optax.tree_utils.tree_get(state, "weight_decay")) == np.float32(0.1)


def test_schedules_of_one_optimizer_are_independent():
    """Each hyperparameter follows its own schedule, on one clock."""
    optimizer = js.scheduled(
        optax.adamw, learning_rate=LINE, weight_decay=0.1 * LINE, b1=js.Constant(0.5)
    )
    state = optimizer.init(ONES)
    step = jax.jit(optimizer.update)
    for _ in range(3):
        _, state = step(ONES, state, ONES)
    values = js.hyperparams(state)

    np.testing.assert_allclose(values["learning_rate"], 0.8, rtol=1e-6)
    np.testing.assert_allclose(values["weight_decay"], 0.08, rtol=1e-6)
    assert float(values["b1"]) == 0.5


def test_state_without_a_scheduled_optimizer_is_refused():
    """The error says what is missing and how to get it."""
    with pytest.raises(ValueError, match=r"scheduled\(factory"):
        js.hyperparams(optax.adam(0.1).init(ONES))


# Overriding.


@pytest.mark.parametrize("kind", [float, np.float64, np.float32, jnp.float32])
def test_override_wins_until_cleared(line, kind):
    """The next updates use the value; cleared, those of the count; no new trace."""
    optimizer, step = line
    _, state = used(step, optimizer.init(ONES), 3)
    by_hand, state = used(step, js.override(state, learning_rate=kind(0.123)), 2)
    assert rate(state) == by_hand[-1]
    after, state = used(step, js.clear_override(state, "learning_rate"), 1)

    np.testing.assert_allclose(by_hand, [0.123, 0.123], rtol=1e-6)
    np.testing.assert_allclose(after, [0.5], rtol=1e-6)
    assert step.count == 1


def test_override_by_zero(line):
    """Zero is a value like any other."""
    optimizer, step = line
    rates, _ = used(step, js.override(optimizer.init(ONES), learning_rate=0), 2)

    assert rates == [0, 0]


def test_override_of_some():
    """The others follow their schedules; `clear_override` without names clears all."""
    optimizer = js.scheduled(optax.adamw, learning_rate=LINE, weight_decay=LINE)
    step = jax.jit(optimizer.update)
    state = js.override(optimizer.init(ONES), learning_rate=0.5, weight_decay=0.25)
    state = js.clear_override(state, "weight_decay")
    values = js.hyperparams(step(ONES, state, ONES)[1])
    cleared = js.hyperparams(step(ONES, js.clear_override(state), ONES)[1])

    assert {k: float(v) for k, v in values.items()} == {
        "learning_rate": 0.5,
        "weight_decay": 1.0,
    }
    assert {float(v) for v in cleared.values()} == {1.0}


def test_override_inside_jit(line):
    """A traced value can be set from within a compiled step."""
    optimizer, _ = line

    @jax.jit
    def step(state, value):
        return optimizer.update(ONES, js.override(state, learning_rate=value))[0]

    assert float(step(optimizer.init(ONES), 0.25)["x"][0]) == -0.25


def test_override_of_a_batch():
    """One value for all members of a sweep, or one for each."""
    batch = js.stack([0.1, 0.2])

    def init(schedule):
        return js.scheduled(optax.sgd, learning_rate=schedule).init(ONES)

    def update(state):
        return js.scheduled(optax.sgd, learning_rate=0.0).update(ONES, state)[0]["x"][0]

    states, update = jax.vmap(init)(batch), jax.jit(jax.vmap(update))

    np.testing.assert_allclose(update(states), [-0.1, -0.2], rtol=1e-6)
    same = js.override(states, learning_rate=0.5)
    np.testing.assert_array_equal(update(same), [-0.5, -0.5])
    each = js.override(states, learning_rate=[0.5, 0.25])
    np.testing.assert_array_equal(update(each), [-0.5, -0.25])


def test_override_wins_over_a_controller():
    """And the controller goes on watching."""
    plateau = js.ReduceOnPlateau(factor=0.5, patience=0)
    optimizer = js.scheduled(optax.sgd, learning_rate=plateau)
    state = js.override(optimizer.init(ONES), learning_rate=0.125)
    step = jax.jit(lambda s: optimizer.update(ONES, s, value=1.0)[1])
    for _ in range(3):
        state = step(state)

    assert rate(state) == 0.125
    assert rate(step(js.clear_override(state))) == 0.25


@pytest.mark.parametrize("change", ["override", "clear_override"])
def test_unknown_names_are_refused(line, change):
    """The error names those that there are."""
    state = line[0].init(ONES)
    arguments = ((), {"lr": 0.1}) if change == "override" else (("lr",), {})
    with pytest.raises(ValueError, match=r"'lr' .* one of learning_rate"):
        getattr(js, change)(state, *arguments[0], **arguments[1])


def test_override_by_nan_is_refused(line):
    """NaN stands for no override, so it cannot be one."""
    with pytest.raises(ValueError, match="learning_rate"):
        js.override(line[0].init(ONES), learning_rate=float("nan"))


def test_override_in_a_chain():
    """It finds its state; where there is none, the error says how to make one."""
    chain = optax.chain(optax.clip(1.0), js.scheduled(optax.sgd, learning_rate=0.1))
    state = js.override(chain.init(ONES), learning_rate=0.25)
    updates, _ = chain.update(ONES, state, ONES)

    jax.tree.map(lambda u: np.testing.assert_array_equal(u, -0.25), updates)
    with pytest.raises(ValueError, match=r"override\(state\) needs .* got tuple without"):
        js.override(optax.adam(0.1).init(ONES), learning_rate=0.2)
    with pytest.raises(TypeError, match=r"learning_rate=...\) must be a real number"):
        js.override(chain.init(ONES), learning_rate="high")
