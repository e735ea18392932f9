"""Many pieces in one program, and many schedules under their names."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import curves

PIECES = [
    js.Transition(1.0 / (i + 1), 0.0, 10 * (i + 1), curves.Cosine()) for i in range(12)
]
BOUNDARIES = [30 * (i + 1) for i in range(11)]


def test_segments_are_what_a_join_is():
    """The same values at every count, also of arrays of counts and fractional ones."""
    one, other = js.segments(PIECES, BOUNDARIES), js.Join(PIECES, BOUNDARIES)
    counts = np.arange(500).reshape(50, 10)

    np.testing.assert_allclose(one(counts), other(counts), rtol=1e-6, atol=0)
    np.testing.assert_allclose(one(31.5), other(31.5), rtol=1e-6, atol=0)
    assert one.horizon() == other.horizon() == 330 + 120


def test_joining_many_of_a_kind_makes_segments():
    """A drop-in for optax's, at the cost of one piece; a few stay written out."""
    many = js.join_schedules(PIECES, BOUNDARIES)
    theirs = optax.join_schedules(
        [optax.cosine_decay_schedule(1.0 / (i + 1), 10 * (i + 1)) for i in range(12)],
        BOUNDARIES,
    )
    counts = np.arange(0, 400, 5)

    assert isinstance(many, js.Segments)
    assert isinstance(js.join_schedules(PIECES[:3], BOUNDARIES[:2]), js.Join)
    with jax.numpy_dtype_promotion("standard"):
        expected = [theirs(t) for t in counts]
    np.testing.assert_allclose(many(counts), expected, rtol=1e-5, atol=1e-7)


def test_the_program_does_not_grow_with_the_pieces():
    """Five hundred are as many lines as twelve."""

    def lines(n):
        pieces = js.join_schedules(
            [js.Transition(1.0, 0.5, i + 1) for i in range(n)], list(range(1, n))
        )
        return len(jax.jit(lambda s, t: s(t)).lower(pieces, 3).as_text().splitlines())

    assert lines(500) == lines(12)


def test_segments_batch_and_differentiate():
    """Their leaves are arrays, batched and differentiated like any."""
    batch = jax.tree.map(lambda x: jnp.stack([x, x]), js.segments(PIECES, BOUNDARIES))
    lanes = jax.vmap(lambda s: s(35))(batch)
    slope = jax.grad(lambda s: s(35), allow_int=True)(js.segments(PIECES, BOUNDARIES))

    np.testing.assert_allclose(lanes, [js.Join(PIECES, BOUNDARIES)(35)] * 2, rtol=1e-6)
    changed = np.flatnonzero(slope.schedule.init_value)
    np.testing.assert_array_equal(changed, [1])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: js.segments(PIECES, BOUNDARIES[:-1]), r"must have 11 entries for 12 sche"),
        (lambda: js.segments(PIECES[:2], [30, 60]), r"must have 1 entries for 2 schedules"),
        (
            lambda: js.Segments(js.Constant(1.0), [3]),
            r"a batch of sch.* shapes \[\(\)\]. M",
        ),
        (
            lambda: js.segments([PIECES[0], js.Constant(1.0)], [3]),
            r"must be schedules of one structure, got 2 structures. Use Join",
        ),
        (
            lambda: js.segments(PIECES[:3], [9, 3]),
            r"must be in the order of time, got 3 af",
        ),
    ],
)
def test_wrong_segments_raise(build, message):
    """Who, what is required, what came, what to do."""
    with pytest.raises(ValueError, match=message):
        build()


PLAN = js.bundle(
    learning_rate=js.Transition(0.1, 0.0, 10),
    weight_decay=js.PiecewiseConstant([5], [0.1, 0.01]),
    momentum=0.9,
)


def test_a_bundle_gives_a_value_for_each_name():
    """At a count, at an array of counts, jitted, batched."""
    values = jax.jit(lambda plan, count: plan(count))(PLAN, 5)
    tables = PLAN(np.arange(12))
    batch = jax.tree.map(lambda x: jnp.stack([jnp.asarray(x)] * 3), PLAN)

    assert {k: round(float(v), 6) for k, v in values.items()} == {
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 0.01,
    }
    assert {k: v.shape for k, v in tables.items()} == dict.fromkeys(PLAN, (12,))
    assert jax.vmap(lambda plan: plan(5)["momentum"])(batch).shape == (3,)
    assert PLAN.horizon() == 10
    assert len(PLAN) == 3


def test_an_optimizer_takes_a_bundle():
    """As the names of its hyperparameters."""
    plan = js.bundle(learning_rate=js.Transition(0.1, 0.0, 10), weight_decay=1e-2)
    optimizer = js.scheduled(optax.adamw, **plan)
    with jax.numpy_dtype_promotion("standard"):
        state = optimizer.init(jnp.ones(2))
        _, state = optimizer.update(jnp.ones(2), state, jnp.ones(2))

    assert sorted(js.hyperparams(state)) == ["learning_rate", "weight_decay"]


def test_bundles_are_swept():
    """Stacked name by name, whatever the shapes, in a grid and back again."""
    other = js.bundle(
        learning_rate=js.Constant(0.2), weight_decay=0.0, momentum=js.Constant(0.5)
    )
    batch = js.stack([PLAN, other])
    values = jax.vmap(lambda plan: plan(5))(batch)
    members, settings = js.grid(lambda peak: js.bundle(lr=peak, wd=0.5 * peak), peak=[1, 2])

    np.testing.assert_allclose(values["learning_rate"], [0.05, 0.2], rtol=1e-6)
    np.testing.assert_allclose(values["momentum"], [0.9, 0.5], rtol=1e-6)
    np.testing.assert_allclose(jax.vmap(lambda s: s(0)["wd"])(members), [0.5, 1])
    assert [row["peak"] for row in settings] == [1, 2]
    assert float(js.unstack(batch)[1]["learning_rate"](7)) == np.float32(0.2)
    with pytest.raises(ValueError, match=r"bundles of the same names, got \['lr'\] and"):
        js.stack([js.bundle(lr=1.0), js.bundle(wd=1.0)])


def test_unknown_names_and_empty_bundles_raise():
    """What there is is listed."""
    with pytest.raises(KeyError, match=r"Bundle has no 'lr'. It has learning_rate, weight"):
        PLAN["lr"]
    with pytest.raises(ValueError, match=r"Bundle\(schedules=...\) must not be empty"):
        js.bundle()
