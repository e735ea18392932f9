"""What cannot be meant is refused, with a message that says what to do."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import EDITS, LINE, PLATEAU

ONES = {"x": jnp.ones(3)}
STATE = js.scheduled(optax.sgd, learning_rate=LINE * PLATEAU).init(ONES)
GROUPS = optax.partition(
    {k: js.scheduled(optax.sgd, learning_rate=LINE) for k in ("fast", "slow")},
    {"x": "fast", "y": "slow"},
).init({"x": jnp.ones(2), "y": jnp.ones(2)})

# Values.

NO_NUMBERS = {
    "bool": True,
    "np.bool": np.True_,
    "traced bool": jnp.asarray(True),
    "str": "0.1",
    "None": None,
    "complex": 1j,
    "complex array": jnp.complex64(1),
    "dict": {},
    "list of str": ["a"],
    "list of None": [None],
    "key": jax.random.key(0),
    "length": js.epochs(1),
    "schedule": LINE,
}
TAKE_NUMBERS = {
    "override(learning_rate=...)": lambda value: js.override(STATE, learning_rate=value),
    "scale(learning_rate=...)": lambda value: js.scale(STATE, learning_rate=value),
    "seek(count=...)": lambda value: js.seek(STATE, value),
    "observe(value=...)": lambda value: js.observe(STATE, value=value),
}
takers = pytest.mark.parametrize(("who", "take"), TAKE_NUMBERS.items(), ids=TAKE_NUMBERS)


@takers
@pytest.mark.parametrize("value", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_no_numbers(who, take, value):
    """Anything but a real number is refused by type."""
    with pytest.raises(TypeError) as error:
        take(value)
    assert f"{who} must be a real number, got " in str(error.value)


@takers
@pytest.mark.parametrize(
    "value", [[0.5, 0.25], [0.5], [], (1, 2), jnp.ones(1), np.ones((2, 2))], ids=np.shape
)
def test_wrong_shapes(who, take, value):
    """Of a state that is no batch, one number is asked."""
    if who.startswith("seek"):
        value = np.ceil(value)
    with pytest.raises(ValueError, match="must be one number, got shape") as error:
        take(value)
    assert str(error.value).startswith(who)


@pytest.mark.parametrize("change", [js.override, js.scale])
@pytest.mark.parametrize("value", [float("nan"), np.float32("nan"), [0.1, float("nan")]])
def test_nan_is_no_value(change, value):
    """It stands for none."""
    with pytest.raises(ValueError, match=r"\(learning_rate=...\) must be a number, got"):
        change(STATE, learning_rate=value)


@pytest.mark.parametrize(
    "count", [-1, 2.5, np.int64(-7), 2**31, 2**40, 1e12, [-1, 0], np.nan, np.inf, -np.inf]
)
def test_no_counts(count):
    """A count is whole, not negative and not beyond the last."""
    with pytest.raises(ValueError, match=r"a whole number from 0 to 2147483647, got"):
        js.seek(STATE, count)


def test_no_schedules():
    """Refused when they are given, not by the next update."""
    for value in (True, "0.1", None, [0.1], 1j, {}, [PLATEAU, PLATEAU]):
        with pytest.raises(TypeError, match="must be a"):
            js.replace_schedules(STATE, learning_rate=value)
    for value in (jnp.ones(2), js.stack([0.1, 0.2]), js.Constant(jnp.ones(1)) * PLATEAU):
        with pytest.raises(AssertionError, match="gave shape"):
            js.replace_schedules(STATE, learning_rate=value)
    for value in (float("nan"), js.Constant):
        with pytest.raises((TypeError, ValueError), match="must be a number"):
            js.replace_schedules(STATE, learning_rate=value)


# Names.

BY_NAME = {
    "override": lambda state, name: js.override(state, **{name: 0.5}),
    "scale": lambda state, name: js.scale(state, **{name: 0.5}),
    "clear_override": lambda state, name: js.clear_override(state, name),
    "replace_schedules": lambda state, name: js.replace_schedules(state, **{name: LINE}),
}
namers = pytest.mark.parametrize(("who", "change"), BY_NAME.items(), ids=BY_NAME)


@namers
def test_unknown_names(who, change):
    """The error lists those that there are, with their groups."""
    for state, known in (
        (STATE, "learning_rate"),
        (GROUPS, "fast/learning_rate, slow/learning_rate"),
    ):
        for name in ("lr", "momentum", "", "slow", "learning_rates", "x/learning_rate"):
            with pytest.raises(ValueError, match="Name it in scheduled") as error:
                change(state, name)
            assert f"{who}: {name!r} must be a scheduled" in str(error.value)
            assert f"one of {known}." in str(error.value)


@namers
def test_names_of_several(who, change):
    """A name that several groups have needs its group; the error shows how."""
    with pytest.raises(ValueError, match="must be named with its group") as error:
        change(GROUPS, "learning_rate")
    message = str(error.value)
    assert message.startswith(f"{who}: 'learning_rate'")
    assert "one of fast/learning_rate, slow/learning_rate." in message
    assert "**{'fast/learning_rate': ...}" in message


def test_one_wrong_name_changes_nothing():
    """All or nothing: the right ones among them are not set."""
    with pytest.raises(ValueError, match="'momentum'"):
        js.override(STATE, learning_rate=0.5, momentum=0.5)
    assert not np.any(STATE.overrides.is_set)


def test_unknown_metrics():
    """The error lists those that a controller knows."""
    with pytest.raises(ValueError, match=r"observe\(state, loss=...\) .* knows: value\."):
        js.observe(STATE, loss=1.0)
    with pytest.raises(ValueError, match="there is no controller in it"):
        js.observe(GROUPS, value=1.0)


# States.

NO_STATES = {
    "optax": optax.adam(0.1).init(ONES),
    "optax's injection": optax.inject_hyperparams(optax.sgd)(learning_rate=0.1).init(ONES),
    "empty": (),
    "None": None,
    "number": 3,
    "parameters": ONES,
    "optimizer": js.scheduled(optax.sgd, learning_rate=0.1),
    "schedule": LINE,
}
READERS = {"hyperparams": js.hyperparams, "next_hyperparams": js.next_hyperparams}


@pytest.mark.parametrize("state", NO_STATES.values(), ids=NO_STATES)
def test_states_without_a_scheduled_optimizer(state):
    """Nothing is ever read as empty, nor edited in vain."""
    for function in (*READERS.values(), *(edit for edit, _ in EDITS.values())):
        with pytest.raises(ValueError, match="needs the state of a scheduled") as error:
            function(state)
        assert f"got {type(state).__name__} without one" in str(error.value)


# Schedules where an optimizer needs them otherwise.


@pytest.mark.parametrize("value", [LINE, PLATEAU, LINE * PLATEAU], ids=repr)
def test_schedules_by_position(value):
    """They would be constants of the program, or fail in Optax: the error names them."""
    with pytest.raises(TypeError, match=r"scheduled\(adam, .* Write learning_rate="):
        js.scheduled(optax.adam, value)
    with pytest.raises(TypeError, match=r"by position\. Write b1="):
        js.scheduled(optax.adam, 0.1, value)


@pytest.mark.parametrize(
    ("args", "others"),
    [
        ((1e-3,), {}),
        ((optax.linear_schedule(1.0, 0.0, 10),), {}),
        ((), {"learning_rate": optax.linear_schedule(1.0, 0.0, 10)}),
        ((), {"learning_rate": jnp.ones(2)}),
        ((0.1,), {"nesterov": True}),
    ],
)
def test_nothing_to_schedule(args, others):
    """An optimizer that would have no hyperparameters to read is none."""
    with pytest.raises(TypeError, match=r"by name, such as learning_rate=0\.1, got none"):
        js.scheduled(optax.sgd, *args, **others)


def test_no_factory():
    """An optimizer is not what makes one."""
    with pytest.raises(TypeError, match=r"Pass optax\.sgd, not optax\.sgd\(0\.1\)"):
        js.scheduled(optax.sgd(0.1), learning_rate=0.1)


def test_two_controllers_of_one_hyperparameter():
    """They would fight over it."""
    two = [js.ReduceOnPlateau(), js.GreedyLR()]
    with pytest.raises(TypeError, match=r"one controller, got ReduceOnPlateau and Greedy"):
        two[0] * two[1]
    with pytest.raises(TypeError, match=r"got Controlled and Greedy.* step_size=Greedy"):
        (LINE * two[0]) * two[1]
    for several in (two, tuple(two), [LINE, two[0]], [LINE, LINE]):
        with pytest.raises(TypeError, match="one schedule or controller, got"):
            js.scheduled(optax.sgd, learning_rate=several)


def test_a_schedule_is_no_number_to_optax():
    """Where Optax takes a number alone, it says so when it computes with it."""
    optimizer = optax.chain(optax.clip(LINE), js.scheduled(optax.sgd, learning_rate=0.1))
    with pytest.raises(TypeError, match="Transition"):
        optimizer.update(ONES, optimizer.init(ONES))
