"""Values set by hand: any number, in any state, for a step that is not traced again."""

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import EDITS, LINE, PLATEAU, Traced, assert_same, signature

ONES = {"x": jnp.ones(3)}


def sgd(rate=LINE * PLATEAU, **others):
    return js.scheduled(optax.sgd, learning_rate=rate, **others)


@pytest.fixture(scope="module")
def step():
    """The rate that an update uses, and the state after it; one compiled step for all."""

    def update(state):
        updates, state = sgd().update(ONES, state)
        return -updates["x"][0], state

    return Traced(update)


@pytest.fixture(scope="module")
def state(step):
    """After one update."""
    return step(sgd().init(ONES))[1]


def following(state):
    return float(js.next_hyperparams(state)["learning_rate"])


# Numbers.

NUMBERS = {
    "float": 0.5,
    "int": 2,
    "np.float64": np.float64(0.5),
    "np.float16": np.float16(0.5),
    "np.int8": np.int8(2),
    "np.uint32": np.uint32(2),
    "np array": np.asarray(0.5),
    "jnp float32": jnp.float32(0.5),
    "bfloat16": jnp.bfloat16(0.5),
    "jnp int": jnp.int32(2),
    "weak": jnp.asarray(0.5),
    "zero": 0.0,
    "negative": -0.5,
    "infinite": np.inf,
}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_any_number(step, state, number):
    """It acts at the next update, on the one trace."""
    by_hand = js.override(state, learning_rate=number)
    scaled = js.scale(state, learning_rate=number)

    assert float(step(by_hand)[0]) == float(number)
    np.testing.assert_allclose(step(scaled)[0], float(number) * 0.9, rtol=1e-6)
    for edited in (by_hand, scaled, js.clear_override(scaled)):
        assert signature(edited) == signature(state)
        assert signature(step(edited)[1]) == signature(state)
    assert step.count == 1


def test_traced_numbers(state):
    """Under `jit`, in a batch, and differentiated."""

    def edited(number):
        by_hand = js.override(state, learning_rate=number)
        scaled = js.scale(state, learning_rate=number)
        values = js.next_hyperparams(by_hand), js.next_hyperparams(scaled)
        return jnp.stack([value["learning_rate"] for value in values])

    np.testing.assert_allclose(jax.jit(edited)(0.5), [0.5, 0.45], rtol=1e-6)
    np.testing.assert_allclose(
        jax.vmap(edited)(jnp.asarray([0.5, 2])), [[0.5, 0.45], [2, 1.8]], rtol=1e-6
    )
    np.testing.assert_allclose(jax.jacobian(edited)(0.5), [1, 0.9], rtol=1e-6)


def test_traced_nan_is_no_override(state):
    """What cannot be refused while tracing leaves the schedule as it is."""
    rate = jax.jit(
        lambda value: js.next_hyperparams(js.override(state, learning_rate=value))
    )

    np.testing.assert_allclose(rate(jnp.nan)["learning_rate"], 0.9, rtol=1e-6)


def test_scaling_again_replaces(state):
    """A factor is of the schedule, not of the last factor; an override wins over it."""
    scaled = js.scale(js.scale(state, learning_rate=0.5), learning_rate=0.5)
    by_hand = js.override(scaled, learning_rate=0.25)

    np.testing.assert_allclose(following(scaled), 0.45, rtol=1e-6)
    assert following(by_hand) == 0.25
    np.testing.assert_allclose(following(js.clear_override(by_hand)), 0.9, rtol=1e-6)


def test_clearing_some():
    """Of several hyperparameters those that are named, in the group that is named."""
    groups = {k: sgd(momentum=0.5) for k in ("fast", "slow")}
    optimizer = optax.partition(groups, {"x": "fast", "y": "slow"})
    state = optimizer.init({"x": jnp.ones(2), "y": jnp.ones(2)})
    names = list(js.hyperparams(state))
    state = js.override(state, **dict.fromkeys(names, 0.25))
    state = js.clear_override(state, "fast/momentum", "slow/learning_rate")

    assert {k: float(v) for k, v in js.next_hyperparams(state).items()} == {
        "fast/learning_rate": 0.25,
        "slow/learning_rate": 1.0,
        "fast/momentum": 0.5,
        "slow/momentum": 0.25,
    }
    cleared = js.next_hyperparams(js.clear_override(state))
    assert [float(v) for v in cleared.values()] == [1.0, 1.0, 0.5, 0.5]


# States.

FORMS = {
    "device_get": jax.device_get,
    "pickle": lambda state: pickle.loads(pickle.dumps(state)),
    "pickled numpy": lambda state: pickle.loads(pickle.dumps(jax.device_get(state))),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "placed": lambda state: jax.device_put(state, jax.devices()[0]),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_states_that_were_elsewhere(step, state, form):
    """From the host, from a file: edited and used as the state itself."""
    for edit, expected in EDITS.values():
        edited = edit(form(state))
        np.testing.assert_allclose(following(edited), expected, rtol=1e-6)
        np.testing.assert_allclose(step(edited)[0], expected, rtol=1e-6)
    assert step.count == 1


def test_types_without_numbers(state):
    """A state of types is read, printed, and edited under `jax.eval_shape`."""
    types = jax.eval_shape(lambda state: state, state)

    assert js.hyperparams(types)["learning_rate"].shape == ()
    assert "learning_rate" in repr(types)
    for edit, _ in EDITS.values():
        edited = jax.eval_shape(edit, types)
        assert jax.tree.structure(edited) == jax.tree.structure(types)
        assert jax.tree.leaves(edited) == jax.tree.leaves(types)
    with pytest.raises(TypeError, match="ShapeDtypeStruct"):
        js.override(types, learning_rate=0.5)


def test_an_edit_leaves_the_old_state(state):
    """It can be gone back to."""
    before = jax.device_get(state)
    for edit, _ in EDITS.values():
        edit(state)
        assert_same(jax.device_get(state), before)


CONTROLLERS = {
    "plateau": 0.1 * PLATEAU,
    "optax": 0.1 * js.OptaxPlateau(),
    "greedy": 0.1 * js.GreedyLR(window_size=3),
    "averaged": 0.1 * js.Averaged(PLATEAU, window_steps=2),
    "bold": 0.1 * js.BoldDriver(),
    "polyak": js.PolyakStep(),
    "hypergradient": js.Hypergradient(jnp.float32(0.1), gain=0.01),
    "schedule": js.Constant(jnp.float32(0.1)),
}


@pytest.mark.parametrize("rate", CONTROLLERS.values(), ids=CONTROLLERS)
def test_edited_states_can_be_donated(rate):
    """No buffer is in them twice, nor the caller's; types and traces stay the same."""
    optimizer = sgd(rate, momentum=jnp.float32(0.5))
    step = Traced(lambda s: optimizer.update(ONES, s, ONES, value=1.0)[1], donate_argnums=0)
    number, count = jnp.float32(0.25), jnp.int32(4)
    edits = [
        lambda state: js.override(state, learning_rate=number, momentum=number),
        lambda state: js.scale(state, learning_rate=number, momentum=number),
        js.clear_override,
        lambda state: js.seek(state, count),
        lambda state: js.replace_schedules(state, momentum=number, learning_rate=rate),
    ]
    if isinstance(rate, js.Controlled):
        edits.append(lambda state: js.observe(state, value=number))
        edits.append(
            lambda s: js.replace_schedules(
                js.replace_schedules(s, learning_rate=1), learning_rate=rate
            )
        )
    state = step(optimizer.init(ONES))
    for edit in edits:
        edited = edit(state)
        assert signature(edited) == signature(state)
        state = step(edited)

    assert step.count == 1
    assert (float(number), int(count)) == (0.25, 4)


class Last(js.AbstractController):
    """The last metric, as it came; before it a number of the user's, as it came."""

    start: object

    def init(self):
        return self.start

    def update(self, state, *, value=None, **extra_args):
        return state if value is None else value

    def evaluate(self, state):
        return state


def test_donation_spares_what_a_controller_was_given():
    """What it starts with and what it is told are the caller's."""
    start, told = jnp.float32(0.5), jnp.float32(0.25)
    optimizer = sgd(Last(0.0))
    step = jax.jit(lambda state: optimizer.update(ONES, state)[1], donate_argnums=0)
    another = js.replace_schedules(sgd(0.1).init(ONES), learning_rate=Last(start))
    state = js.observe(step(another), value=told)
    state = step(state)

    assert (float(start), float(told)) == (0.5, 0.25)
    assert float(js.hyperparams(state)["learning_rate"]) == 0.25


def test_double_precision():
    """Under x64 numbers set by hand are doubles, and types stay the same."""
    with jax.enable_x64(True):
        state = sgd().init(ONES)
        third = js.override(state, learning_rate=1 / 3)
        assert js.next_hyperparams(third)["learning_rate"] == 1 / 3
        for edit, _ in EDITS.values():
            assert signature(edit(state)) == signature(state)


# Optax's own way.


def test_what_optax_sets_is_what_was_used(step, state):
    """A value set in `hyperparams` is a record, and the next update makes another."""
    written = optax.tree_utils.tree_set(state, learning_rate=jnp.float32(0.5))
    rate, after = step(written)

    np.testing.assert_allclose(rate, 0.9, rtol=1e-6)
    assert signature(after) == signature(state)
    assert step.count == 1
    for number in (0.5, jnp.float32(0.5)):
        written = optax.tree_utils.tree_set(state, learning_rate=number)
        assert float(js.hyperparams(written)["learning_rate"]) == 0.5
        assert following(js.override(written, learning_rate=0.25)) == 0.25


def test_count_set_by_optax():
    """Its setter moves a schedule as well."""
    line = sgd(LINE).init(ONES)
    np.testing.assert_allclose(
        following(optax.tree_utils.tree_set(line, count=5)), 0.5, rtol=1e-6
    )
