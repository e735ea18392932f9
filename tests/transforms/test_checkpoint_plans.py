"""What may be different in the program that resumes, and how `diff` says it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import adam, after, start

LINE = js.linear_schedule(1.0, 0.0, 10)
PLATEAU = js.ReduceOnPlateau(factor=0.5, patience=0)


def saved_after(optimizer, num_steps=4, **extra_args):
    return js.to_checkpoint(after(optimizer, num_steps, **extra_args)[1])


def fresh(optimizer):
    return optimizer.init(start())


def lines(saved, optimizer):
    return str(js.diff(saved, fresh(optimizer))).splitlines()


def next_of(state):
    return {name: float(value) for name, value in js.next_hyperparams(state).items()}


# Schedules.


def test_another_schedule_is_said():
    """The values that each has at the count, and both as code; for programs too."""
    saved = saved_after(adam(1e-3))
    (change,) = js.diff(saved, fresh(adam(LINE)))

    assert change[:2] == ("learning_rate", "schedule")
    assert str(change) == (
        "learning_rate: 0.001 -> 0.6 (Constant(value=0.001) -> Transition(init_value=1.0, "
        "end_value=0.0, transition_steps=10, curve=Linear()))"
    )
    assert not js.diff(saved, fresh(adam(1e-3)))


def test_functions_of_one_name():
    """They read the same, so their values tell them apart; an address does not."""

    def build(factor):
        return adam(js.as_schedule(lambda count: factor / (count + 1)))

    (changed,) = lines(saved_after(build(1.0)), build(2.0))

    assert changed.startswith("learning_rate: 0.2 -> 0.4 (")
    assert lines(saved_after(build(1.0)), build(1.0)) == ["nothing changed"]


def test_addresses_do_not_count():
    """An object is somewhere else in the next process."""

    class Slow:
        def __call__(self, count):
            return 1.0 / (count + 1)

    old, new = (adam(js.as_schedule(Slow())) for _ in range(2))

    assert " at 0x" in repr(js.as_schedule(Slow()))
    assert lines(saved_after(old), new) == ["nothing changed"]


def test_a_long_schedule_is_cut_and_still_compared():
    """A table with another number far behind what there is space for."""
    table = np.linspace(1.0, 0.5, 300)
    other = np.where(np.arange(300) == 250, 9.0, table)
    saved = saved_after(adam(js.Table(table)))
    (changed,) = lines(saved, adam(js.Table(other)))

    assert "... -> Table(" in changed
    assert lines(saved, adam(js.Table(table))) == ["nothing changed"]


def test_names_come_and_go():
    """One that is scheduled anew follows its schedule from the count; one that is not is
    dropped; others keep what was set by hand."""
    optimizer = adam(LINE, b1=0.9)
    _, state = after(optimizer, 4)
    saved = js.to_checkpoint(js.override(state, b1=0.5, learning_rate=0.25))
    other = adam(LINE, eps=0.001 * LINE)
    restored = js.from_checkpoint(saved, fresh(other))

    assert next_of(restored) == {"learning_rate": 0.25, "eps": np.float32(0.0006)}
    used = {name: float(value) for name, value in js.hyperparams(restored).items()}
    assert used == {"learning_rate": np.float32(0.7), "eps": np.float32(0.0006)}
    assert [change[:2] for change in js.diff(saved, fresh(other))] == [
        ("learning_rate", "override"),
        ("eps", "new"),
        ("b1", "gone"),
    ]
    assert "not in the checkpoint" in lines(saved, other)[1]
    assert (
        "0.9 (Constant(value=0.9)) in the checkpoint, no longer" in lines(saved, other)[2]
    )


def test_by_hand_until_cleared():
    """Overrides and factors are in force after the restore, and `diff` lists them."""
    _, state = after(adam(LINE), 4)
    scaled = js.to_checkpoint(js.scale(state, learning_rate=0.5))
    restored = js.from_checkpoint(scaled, fresh(adam(LINE)))

    np.testing.assert_allclose(next_of(restored)["learning_rate"], 0.3, rtol=1e-6)
    assert lines(scaled, adam(LINE)) == [
        "learning_rate: scaled by 0.5, until clear_override"
    ]
    cleared = next_of(js.clear_override(restored))["learning_rate"]
    np.testing.assert_allclose(cleared, 0.6, rtol=1e-6)
    # One that the program sets before is not in the checkpoint, which wins.
    by_hand = js.override(fresh(adam(LINE)), learning_rate=9.0)
    plain = js.from_checkpoint(js.to_checkpoint(state), by_hand)
    np.testing.assert_allclose(next_of(plain)["learning_rate"], 0.6, rtol=1e-6)


def test_groups_are_told_apart():
    """Each goes on from its own; names are those of `hyperparams`."""

    def build(weights, biases):
        groups = {"weights": adam(weights), "biases": adam(biases)}
        return optax.partition(groups, {"w": "weights", "b": "biases"})

    _, state = after(build(LINE, 0.1), 4)
    saved = js.to_checkpoint(js.override(state, **{"biases/learning_rate": 0.5}))
    restored = js.from_checkpoint(saved, fresh(build(2 * LINE, 0.1)))

    biases, weights = lines(saved, build(2 * LINE, 0.1))
    assert biases == "biases/learning_rate: 0.5 by hand, until clear_override"
    assert weights.startswith("weights/learning_rate: 0.6 -> 1.2 (Transition(")
    assert next_of(restored) == {
        "biases/learning_rate": 0.5,
        "weights/learning_rate": np.float32(1.2),
    }


def test_a_new_name_in_every_lane():
    """In a batch of states, each lane at its own count."""
    params = jnp.ones(3)
    batch = js.stack([1.0, 2.0])
    state = jax.vmap(lambda rate: adam(rate).init(params))(batch)
    state = js.seek(state, [2, 5])
    new = jax.vmap(lambda rate: adam(rate, b1=LINE).init(params))(batch)
    values = js.next_hyperparams(js.from_checkpoint(js.to_checkpoint(state), new))

    np.testing.assert_allclose(values["b1"], [0.8, 0.5], rtol=1e-6)
    np.testing.assert_array_equal(values["learning_rate"], [1.0, 2.0])


# Controllers.


def test_controller_goes_on_under_another_schedule():
    """What a plateau has cut stays cut, whatever it rides on, and with other numbers."""
    saved = saved_after(adam(0.1 * PLATEAU), value=1.0)
    patient = js.ReduceOnPlateau(factor=0.1, patience=7)
    restored = js.from_checkpoint(saved, fresh(adam(LINE * patient)))

    np.testing.assert_allclose(next_of(restored)["learning_rate"], 0.6 / 8, rtol=1e-6)
    assert [c.kind for c in js.diff(saved, fresh(adam(LINE * patient)))] == ["schedule"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LINE * PLATEAU, LINE * js.GreedyLR()),
        (LINE * PLATEAU, LINE * js.ReduceOnPlateau(mode="max")),
        (LINE * PLATEAU, LINE * js.Averaged(PLATEAU, 2)),
        (LINE, LINE * PLATEAU),
    ],
)
def test_another_controller_starts_anew(old, new):
    """At the count, and `diff` says so; what it has no use for is dropped."""
    saved = saved_after(adam(old), value=1.0)
    restored = js.from_checkpoint(saved, fresh(adam(new)))

    np.testing.assert_allclose(next_of(restored)["learning_rate"], 0.6, rtol=1e-6)
    assert int(restored.controllers[0].count) == 4
    kinds = [change.kind for change in js.diff(saved, fresh(adam(new)))]
    assert kinds == ["schedule", "controller"]
    assert lines(saved, adam(new))[1] == "learning_rate: its controller starts anew"


def test_controller_of_another_layout_starts_anew():
    """Of the same name, and with a longer memory: nothing is squeezed into it."""

    def memory(size):
        class Memory(js.AbstractController):
            factor: float = 1.0

            def init(self):
                return jnp.full(size, self.factor)

            def update(self, state, **extra_args):
                return state / 2

            def evaluate(self, state):
                return state.mean()

        return adam(Memory())

    saved = saved_after(memory(3))
    kept, anew = (js.from_checkpoint(saved, fresh(memory(size))) for size in (3, 4))

    assert next_of(kept)["learning_rate"] == 0.5**4
    assert next_of(anew)["learning_rate"] == 1.0


def test_controller_is_left_out():
    """The schedule alone, uncut."""
    saved = saved_after(adam(LINE * PLATEAU), value=1.0)
    restored = js.from_checkpoint(saved, fresh(adam(LINE)))

    assert restored.controllers == ()
    np.testing.assert_allclose(next_of(restored)["learning_rate"], 0.6, rtol=1e-6)
