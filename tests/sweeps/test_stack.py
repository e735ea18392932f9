"""Many schedules as one batch, and back."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves, sweeps

COUNTS = jnp.arange(0, 40, 3)
MIXED = [
    js.Constant(0.5),
    js.Transition(1.0, 0.0, 30, curves.Cosine()),
    js.warmup_stable_decay_schedule(
        0.0, 1.0, warmup_steps=5, stable_steps=9, decay_steps=9
    ),
    js.Transition(0.25, 0.0, 10, curves.Cosine()),
    js.Table([0.1, 0.2, 0.3]),
    js.Table([0.5, 0.25]),
    js.PiecewiseConstant([10, 20], [1.0, 0.5, 0.25]),
    js.PiecewiseConstant([10], [1.0, 0.5]),
    2.0 * js.Constant(0.125) + js.Delay(js.Table([0.0, 1.0]), 3),
    js.Constant(0.75),
]
EQUAL = [js.warmup_cosine_decay_schedule(0.0, 0.125 * k, k, 20 + k) for k in range(1, 6)]


@jax.jit
def batched(batch):
    return jax.vmap(lambda schedule: schedule(COUNTS))(batch)


def alone(schedules):
    return np.stack([schedule(COUNTS) for schedule in schedules])


@pytest.mark.parametrize("schedules", [EQUAL, MIXED, MIXED[4:6], MIXED[:1]])
def test_lanes_are_the_schedules(schedules):
    """Under `vmap` each lane gives what its schedule gives."""
    batch = js.stack(schedules)

    assert sweeps.num_members(batch) == len(schedules)
    np.testing.assert_allclose(batched(batch), alone(schedules), rtol=1e-6, atol=0)


@pytest.mark.parametrize("schedules", [EQUAL, MIXED])
def test_unstack_undoes_stack(schedules):
    """Structures and numbers come back, as float32 holds them."""
    again = js.unstack(js.stack(schedules))

    assert [jax.tree.structure(s) for s in again] == list(
        map(jax.tree.structure, schedules)
    )
    for before, after in zip(schedules, again, strict=True):
        for a, b in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
            np.testing.assert_array_equal(np.float32(a), np.float32(b))
    assert list(map(repr, again)) == list(map(repr, schedules))


def test_round_trip_of_the_batch():
    """Stacking what was unstacked gives the same batch."""
    batch = js.stack(MIXED)
    again = js.stack(js.unstack(batch))

    assert jax.tree.structure(batch) == jax.tree.structure(again)
    jax.tree.map(np.testing.assert_array_equal, batch, again)


def test_numbers_and_functions_are_members():
    """Whatever may stand for a schedule can be stacked; lengths stay whole numbers."""
    batch = js.stack([0.5, np.float64(0.25), jnp.float32(0.125), lambda count: 1.0 + count])
    lengths = js.stack([js.Transition(1, 0, 10), js.Transition(1.0, 0.0, 20)])

    np.testing.assert_array_equal(
        jax.vmap(lambda s: s(3))(batch), np.float32([0.5, 0.25, 0.125, 4])
    )
    assert lengths.transition_steps.dtype == np.int32
    assert lengths.init_value.dtype == np.float32


@pytest.mark.parametrize("others", [[], [js.Table([0.5, 1.0])]])
def test_traced_schedules_stack(others):
    """Inside a transformation, with gradients to the numbers that are traced."""

    @jax.jit
    def total(value):
        members = [js.Transition(value, 0.0, 4), js.Transition(2 * value, 0.0, 4), *others]
        return jax.vmap(lambda s: s(1))(js.stack(members)).sum()

    expected = 2.25 * 0.5 + sum(float(s(1)) for s in others)
    np.testing.assert_allclose(total(0.5), expected, rtol=1e-6)
    np.testing.assert_allclose(jax.grad(total)(0.5), 2.25, rtol=1e-6)


def test_thousands_of_members():
    """16384 schedules of two shapes stack in seconds and come back in order."""
    values = (np.arange(1, 16385) / 16384).tolist()
    schedules = [
        js.Constant(v) if k % 3 else js.Transition(v, 0.0, 10) for k, v in enumerate(values)
    ]
    start = time.perf_counter()
    batch = js.stack(schedules)
    got = jax.vmap(lambda s: s(0))(batch)

    np.testing.assert_array_equal(got, np.float32(values))
    assert time.perf_counter() - start < 20


def test_double_precision():
    """Under x64 a batch holds doubles."""
    with jax.enable_x64(True):
        batch = js.stack([0.1, 0.2])

        assert batch.value.dtype == np.float64
        np.testing.assert_array_equal(batch.value, [0.1, 0.2])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: js.stack([]), "stack.* must not be empty"),
        (lambda: js.unstack(js.Constant(0.5)), "common leading axis"),
        (lambda: sweeps.num_members(js.Constant(0.5)), "stack, grid or sample"),
        (
            lambda: js.unstack(js.Transition(np.zeros(2), np.zeros(3), 4)),
            "common leading axis",
        ),
    ],
    ids=["none", "unstack_one", "count_one", "ragged"],
)
def test_what_is_no_batch_is_refused(make, words):
    """The error says what a batch is."""
    with pytest.raises(ValueError, match=words):
        make()
