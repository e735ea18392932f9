"""Checkpoints that cannot be restored: one error that says why, and nothing is changed."""

import copy

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import adam, after, assert_same, start

LINE = js.linear_schedule(1.0, 0.0, 10)


@pytest.fixture(scope="module")
def saved():
    plateau = js.ReduceOnPlateau(factor=0.5, patience=0)
    _, state = after(adam(LINE * plateau), 4, value=1.0)
    return jax.tree.map(np.array, js.to_checkpoint(js.scale(state, learning_rate=0.5)))


def refused(saved, optimizer, words, params=None):
    """By `from_checkpoint` and by `diff`, with these words; the state is as it was."""
    fresh = optimizer.init(start() if params is None else params)
    before = jax.tree.map(np.array, fresh)
    for function in (js.from_checkpoint, js.diff):
        with pytest.raises(ValueError, match=rf"(?s)^{function.__name__}\(.*{words}"):
            function(saved, fresh)
    assert_same(jax.tree.map(np.array, fresh), before)


def changed(saved, *path, value):
    """A copy in which something is another."""
    new = copy.deepcopy(saved)
    place = new
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return new


# Not a checkpoint.


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (None, "got NoneType. Save to_checkpoint"),
        ([1, 2], "got list"),
        ({"params": 1, "opt_state": 2}, "got dict of params, opt_state"),
        ({}, "got dict"),
    ],
)
def test_something_else(thing, words):
    """What came is named, and what to save."""
    refused(thing, adam(LINE), words)


def test_the_state_itself():
    """Saved as it is, in the place of what `to_checkpoint` makes of it."""
    refused(adam(LINE).init(start()), adam(LINE), "got ScheduledState")


def test_of_another_format(saved):
    """Written by a version to come, or by nobody."""
    for version in (2, 0, np.asarray(7, np.int32), np.nan, [1, 1], "1"):
        refused(changed(saved, "format", value=version), adam(LINE), "of format 1, got")


@pytest.mark.parametrize("part", ["optimizers", "leaves"])
def test_with_other_containers(saved, part):
    """What a restore into lists leaves behind."""
    words = f"'{part}' in the checkpoint must be a dict, got list"
    refused(changed(saved, part, value=[1]), adam(LINE), words)


# Damaged.

RECORD = ("optimizers", "optimizer")


@pytest.mark.parametrize(
    "count", [-1, np.int32(-7), np.nan, 4.0, [-1], None, "4", True, 2**40, 1j]
)
def test_a_count_that_is_none(saved, count):
    """Negative, no integer, not a number."""
    damaged = changed(saved, *RECORD, "count", value=count)
    refused(damaged, adam(LINE), "the record of 'optimizer' .* damaged.*older save")


def test_each_bit_of_the_record(saved):
    """A flip of any bit in counts, factors, last values and a plateau is seen."""
    fresh = adam(LINE).init(start())
    pairs = jax.tree_util.tree_leaves_with_path(saved["optimizers"]["optimizer"])

    assert sum(leaf.ndim == 0 for _, leaf in pairs) == 12
    for path, leaf in pairs:
        keys = [key.key for key in path]
        for bit in range(8 * min(leaf.nbytes, 16)):
            data = bytearray(leaf.tobytes())
            data[bit // 8] ^= 1 << bit % 8
            flipped = np.frombuffer(data, leaf.dtype).reshape(leaf.shape)
            with pytest.raises(ValueError, match="the record of 'optimizer'"):
                js.from_checkpoint(changed(saved, *RECORD, *keys, value=flipped), fresh)


@pytest.mark.parametrize(
    "part", ["count", "checksum", "overrides", "hyperparams", "schedules", "controllers"]
)
def test_a_part_that_is_missing(saved, part):
    """Of the record of an optimizer."""
    record = {k: v for k, v in saved["optimizers"]["optimizer"].items() if k != part}
    damaged = changed(saved, *RECORD, value=record)
    refused(damaged, adam(LINE), "the record of 'optimizer'")
    for other in (None, "text", [1], {"a": object()}):
        damaged = changed(saved, *RECORD, part, value=other)
        refused(damaged, adam(LINE), "the record of 'optimizer'")
    refused(changed(saved, *RECORD, value=3), adam(LINE), "must be a dict with a count")


# Of another optimizer.


def test_another_optimizer(saved):
    """A few of the differences are listed, and how many more there are."""
    momentum = js.scheduled(optax.sgd, learning_rate=LINE, momentum=0.9)
    refused(saved, momentum, r"another one: TraceState:trace:b is missing; .* more\. Build")
    extra = optax.chain(adam(LINE), optax.ema(0.9))
    refused(saved, extra, "EmaState:count is missing; .*EmaState:ema:w is missing")
    refused(saved, optax.MultiSteps(adam(LINE), 2), "MultiStepsState:mini_step is missing")
    sgd = js.scheduled(optax.sgd, learning_rate=LINE)
    refused(saved, sgd, "ScaleByAdamState:count is not in the state")


def test_long_lists_are_cut(saved):
    """A model of a thousand leaves does not print a thousand lines."""
    fresh = adam(LINE).init({str(i): jnp.zeros(1) for i in range(1000)})
    with pytest.raises(ValueError, match="and 2001 more") as error:
        js.from_checkpoint(saved, fresh)
    assert len(str(error.value)) < 600


def test_other_parameters(saved):
    """Other shapes, names and types; a number of another width is not cast in silence."""
    shapes = {"w": jnp.zeros((5, 4)), "b": jnp.zeros(3)}
    refused(saved, adam(LINE), r"mu:w has shape \(5, 3\), not \(5, 4\)", shapes)
    renamed = {"weight": jnp.zeros((5, 3)), "b": jnp.zeros(3)}
    refused(saved, adam(LINE), "mu:weight is missing.*mu:w is not in the state", renamed)
    refused(saved, adam(LINE), "is float32, not bfloat16.*Cast", start(jnp.bfloat16))


@pytest.mark.parametrize("value", [None, "text", 3, [1.0, 2.0], np.zeros((5, 3), complex)])
def test_leaves_that_are_something_else(saved, value):
    """What stands where a moment should be is named."""
    damaged = changed(saved, "leaves", "ScaleByAdamState:mu:w", value=value)
    refused(damaged, adam(LINE), r"ScaleByAdamState:mu:w (is|has shape) ")


def test_another_number_of_lanes():
    """A batch of three is no batch of two."""
    params = jnp.ones(3)

    def states(num):
        rates = jnp.arange(1.0, num + 1)
        return jax.vmap(
            lambda rate: js.scheduled(optax.sgd, learning_rate=rate).init(params)
        )(rates)

    with pytest.raises(ValueError, match=r"shape \(3,\), not \(2,\)"):
        js.from_checkpoint(js.to_checkpoint(states(3)), states(2))


def test_a_count_of_the_program(saved):
    """A Python number takes an integer of any width for an integer, and no float."""
    sgd = js.scheduled(optax.sgd, learning_rate=LINE).init(start())
    fresh = {"step": 3, "state": sgd}
    for step in (np.int64(7), np.int32(7), jnp.int32(7)):
        narrow = js.to_checkpoint({"step": step, "state": sgd})
        assert js.from_checkpoint(narrow, fresh)["step"] == 7
    with pytest.raises(ValueError, match="step is float64, not int64"):
        js.from_checkpoint(js.to_checkpoint({**fresh, "step": 3.5}), fresh)


# Nothing to restore into.


def test_a_state_without_schedules(saved):
    """Plain Optax restores by itself."""
    fresh = optax.adam(0.1).init(start())
    for function in (js.from_checkpoint, js.diff):
        with pytest.raises(ValueError, match=r"needs the state of a scheduled optimizer"):
            function(saved, fresh)
