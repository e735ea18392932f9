"""The engine: members x seeds in one compiled program, each as if it were alone."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import sweeps

from .helpers import KEY, MEMBERS, RATES, assert_identical, run
from .tasks import Counted, Descent, Regression, by_hand

# What a result holds.


def test_lanes_are_trainings_of_their_own(trained):
    """Each lane is the training that a hand-written loop does with its seed."""

    def lane(schedule, key):
        return by_hand(Regression(), schedule, key, 40)[0]

    keys = jax.random.split(KEY, 3)
    each_seed = jax.vmap(lane, in_axes=(None, 0))
    curves = jax.jit(jax.vmap(each_seed, in_axes=(0, None)))(MEMBERS.schedules, keys)

    for name in ("loss", "rate"):
        np.testing.assert_allclose(trained.curves[name], curves[name], rtol=1e-5)


def test_shapes_and_labels(trained):
    """Members, seeds, steps; each member's settings and code."""
    assert trained.curves["loss"].shape == (4, 3, 40)
    assert trained.evaluations["error"].shape == (4, 3, 5)
    assert trained.eval_steps.tolist() == [8, 16, 24, 32, 40]
    assert trained.settings == [{"peak": rate} for rate in RATES]
    assert trained.seeds == [0, 1, 2]
    assert trained.seconds > 0
    for text, rate in zip(trained.schedules, RATES, strict=True):
        again = eval(text, {**vars(js), **vars(js.curves)})
        np.testing.assert_allclose(again(5), rate, rtol=1e-6)


def test_evaluations_are_of_the_state_then(trained):
    """What `evaluate` says after a chunk is of the weights that chunk ended with."""

    def error_after(schedule, key, num_steps):
        return Regression().evaluate(by_hand(Regression(), schedule, key, num_steps)[1])

    schedule, key = js.unstack(MEMBERS.schedules)[2], jax.random.split(KEY, 3)[1]
    for at, num_steps in ((0, 8), (4, 40)):
        expected = jax.jit(error_after, static_argnums=2)(schedule, key, num_steps)
        np.testing.assert_allclose(
            trained.evaluations["error"][2, 1, at], expected["error"], rtol=1e-5
        )


def test_curves_of_the_rate_are_the_schedule(trained):
    """What was logged is what the schedule gives, the same for all seeds."""
    expected = jax.vmap(lambda s: s(jnp.arange(40)))(MEMBERS.schedules)

    for seed in range(3):
        np.testing.assert_allclose(trained.curves["rate"][:, seed], expected, rtol=1e-6)


def test_seeds_are_paired():
    """Seed j is the same for every member; members are compared under like conditions."""
    result = run(Descent(), [0.5, 0.5, 0.25], num_steps=6, num_seeds=4)
    losses = result.curves["loss"]

    np.testing.assert_array_equal(losses[0], losses[1])
    assert len(np.unique(losses[0, :, 0])) == 4
    # The start is the same, whatever the rate.
    np.testing.assert_allclose(
        losses[2, :, 0] / 0.75**2, losses[0, :, 0] / 0.5**2, rtol=1e-5
    )


def test_runs_repeat():
    """The same key gives the same numbers, another one others."""
    first, again = (run(Descent(), [0.5], num_steps=6) for _ in range(2))
    other = run(Descent(), [0.5], num_steps=6, key=jax.random.key(1))

    assert_identical(again, first)
    assert (other.curves["loss"] != first.curves["loss"]).all()


def test_diverging_member_disturbs_no_other():
    """It is reported; the others are bit for bit what they are without it."""
    with_it = run(members=[0.01, 1e30, 0.03, float("inf")], num_steps=20)
    without = run(members=[0.01, 0.02, 0.03, 0.02], num_steps=20)

    assert with_it.diverged[:, 0].tolist() == [False, True, False, True]
    order = [member for member in without.ranking("loss") if member in (0, 2)]
    assert with_it.ranking("loss").tolist() == [*order, 1, 3]
    for name in ("loss", "rate"):
        np.testing.assert_array_equal(with_it.curves[name][::2], without.curves[name][::2])


def test_mixed_shapes_side_by_side():
    """Members of any structure share the program, and are labelled."""
    members = sweeps.pool(
        constant=js.grid(js.Constant, value=[0.5, 0.25]),
        cosine=js.grid(lambda peak: js.cosine_decay_schedule(peak, 10), peak=[0.5]),
        table=js.grid(js.Table, values=[np.asarray([0.5, 0.25])]),
    )
    result = run(Descent(), members, num_steps=6)

    for lane, schedule in zip(
        result.curves["loss"][:, 0], js.unstack(members.schedules), strict=True
    ):
        x = float(jax.random.normal(jax.random.split(KEY, 1)[0]))
        shrink = np.cumprod([1 - float(schedule(t)) for t in range(6)])
        np.testing.assert_allclose(lane, (x * shrink) ** 2 / 2, rtol=1e-5)
    assert [row["family"] for row in result.settings] == [
        *("constant", "constant", "cosine", "table")
    ]
    assert result.settings[3] == {"family": "table", "values": [0.5, 0.25]}


@pytest.mark.parametrize("kind", [list, iter, np.asarray, js.stack])
def test_schedules_of_any_kind(kind):
    """Numbers, anything to iterate over, or a batch; settings are then empty."""
    result = run(Descent(), kind([0.5, 0.25]), num_steps=2)

    assert result.settings == [{}, {}]


# Compiling.


def test_default_chunks_divide_the_steps():
    """About twenty chunks where a divisor is near, and never more than the steps."""
    assert [sweeps.default_chunk(n) for n in (1, 19, 20, 100, 2000)] == [1, 1, 1, 5, 100]
    for num_steps in range(1, 300):
        assert 1 <= sweeps.default_chunk(num_steps) <= num_steps


def test_second_run_does_not_trace_again():
    """Other numbers, another key: the program of the first sweep is used."""
    task = Counted()
    first = run(task, js.stack([0.5, 0.25]), num_steps=6, chunk_steps=2)
    traced = len(task.traces)
    second = run(
        task, js.stack([0.125, 0.5]), num_steps=6, chunk_steps=2, key=jax.random.key(5)
    )

    assert traced >= 1
    assert len(task.traces) == traced
    assert (first.curves["loss"] != second.curves["loss"]).all()


@dataclasses.dataclass
class Mutable:
    """A task that has no hash, because it can change."""

    weight: float = 1.0

    def init(self, schedule, key):
        return Descent().init(schedule, key)

    def step(self, state):
        state, loss = Descent().step(state)
        return state, self.weight * loss


def test_task_that_cannot_be_hashed():
    """An ordinary dataclass is a task too, and each run reads it anew."""
    task = Mutable()
    first = run(task, [0.5], num_steps=4)
    task.weight = 2.0
    second = run(task, [0.5], num_steps=4)

    np.testing.assert_array_equal(second.curves["loss"], 2 * first.curves["loss"])


def test_state_that_holds_a_thing_twice():
    """The schedule or the key may be in two places of the state."""

    class Twice(Descent):
        def init(self, schedule, key):
            state = super().init(schedule, key)
            return {**state, "again": schedule, "key": key, "key_again": key}

    result = run(Twice(), [0.5, 0.25], num_steps=4, chunk_steps=2)
    assert_identical(result, run(Descent(), [0.5, 0.25], num_steps=4, chunk_steps=2))


# Errors.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_steps": 0}, r"sweeps.run\(num_steps=.* above 0, got 0"),
        ({"num_seeds": 0}, r"sweeps.run\(num_seeds=.* above 0, got 0"),
        ({"chunk_steps": 0}, r"sweeps.run\(chunk_steps=.* above 0, got 0"),
        ({"batch_size": 0}, r"sweeps.run\(batch_size=.* above 0, got 0"),
        ({"members": []}, "must not be empty"),
        ({"members": js.Constant(0.5)}, "stack, grid or sample"),
        ({"members": js.grid(lambda seed: seed, seed=[0.1])}, "got seed. Rename"),
        (
            {
                "members": sweeps.pool(
                    a=js.grid(js.Constant, value=[0.1]),
                    b=js.grid(lambda member: member, member=[0.1]),
                )
            },
            "got member. Rename",
        ),
        (
            {"members": sweeps.Members(js.stack([0.1, 0.2]), [{"value": 0.1}])},
            "must have 2 entries for 2 members of the batch, got 1",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_numbers_are_refused(options, words):
    """The error names the argument and what came."""
    with pytest.raises(ValueError, match=words):
        run(Descent(), **options)


class Plain:
    """A task that is changed between two sweeps."""

    def __init__(self, scale):
        self.scale = scale

    def init(self, schedule, key):
        return schedule

    def step(self, state):
        return state, {"loss": self.scale * state(0)}


def test_a_changed_task_is_compiled_again():
    """What a plain object holds may have changed; only a value is what it was."""
    task = Plain(1.0)
    first = run(task, [0.5], num_steps=2).curves["loss"]
    task.scale = 4.0
    second = run(task, [0.5], num_steps=2).curves["loss"]

    np.testing.assert_array_equal(second, 4 * first)


def test_members_without_numbers():
    """Plain functions can be swept too."""
    result = run(Plain(1.0), [lambda count: 0.5, lambda count: 0.25], num_steps=1)
    np.testing.assert_array_equal(result.curves["loss"][:, 0, 0], [0.5, 0.25])
    same = js.stack([js.Wrapped(len)] * 3)
    assert sweeps.num_members(same) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_steps": 1.5}, r"num_steps=...\) must be an integer above 0, got 1.5"),
        ({"chunk_steps": 1.5}, r"chunk_steps=...\) must be an integer above 0, got 1.5"),
        ({"key": 0}, r"key=...\) must be a JAX random key, got 0"),
    ],
    ids=str,
)
def test_wrong_types_are_refused(options, words):
    """Nothing is rounded without a word."""
    arguments = {"num_steps": 4, "key": jax.random.key(0), **options}
    with pytest.raises(TypeError, match=words):
        sweeps.run(Plain(1.0), [0.5], progress=False, **arguments)


def test_metrics_have_one_name_each():
    """A name that both step and evaluate report would hide one of them."""

    class Twice(Plain):
        def evaluate(self, state):
            return {"loss": state(0)}

    with pytest.raises(ValueError, match=r"different names, got loss from both"):
        run(Twice(1.0), [0.5], num_steps=2)


@pytest.mark.parametrize("reported", [None, {"a": {"loss": 1.0}}, {0: 1.0}, [1.0]], ids=str)
def test_metrics_are_numbers_by_name(reported):
    """What else a step may report is refused, and shown."""

    class Odd(Plain):
        def step(self, state):
            return state, reported

    with pytest.raises(
        TypeError, match=r"numbers by name, got .* by the name .* flat dict"
    ):
        run(Odd(1.0), [0.5], num_steps=2)


@pytest.mark.parametrize("axes", [("data",), ("sweep", "data")], ids=str)
def test_meshes_of_other_axes_are_refused(axes):
    """Lanes go along one axis, and devices along another one would repeat the work."""
    devices = np.asarray(jax.devices()[:1]).reshape([1] * len(axes))
    with pytest.raises(
        ValueError, match=r"mesh=...\) must have one axis, named 'sweep', got"
    ):
        run(Plain(1.0), [0.5], num_steps=2, mesh=jax.sharding.Mesh(devices, axes))
