"""What a call gives back, whatever the leaves and wherever it happens."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

from ..cases import CASES

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@pytest.mark.parametrize(
    "number",
    [1, 1.0, np.float64(1), np.int64(1), np.float16(1), jnp.bfloat16(1), jnp.int32(1)],
    ids=lambda x: f"{type(x).__name__}_{np.asarray(x).dtype}",
)
def test_the_leaf_never_decides_the_type(number):
    """The result is a strong array of the default float type, in and out of jit."""
    schedules = [
        js.Constant(number),
        js.Transition(number, number, 10),
        js.PiecewiseConstant([3], [number, number]),
        js.Constant(number) + js.Clip(number),
    ]

    for schedule in schedules:
        for value in (schedule(3), jax.jit(schedule)(3), jax.jit(lambda s: s(3))(schedule)):
            assert value.dtype == jnp.float32
            assert not value.weak_type
            assert value.shape == ()


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (2, 3), (1, 2, 2)])
def test_the_result_has_the_shape_of_the_count(shape):
    """Elementwise for any shape, the empty one included."""
    counts = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    for schedule in (js.Constant(1.0), js.PiecewiseLinear([2, 4], [1.0, 0.0])):
        assert schedule(counts).shape == shape


def test_a_batch_must_be_called_under_vmap():
    """Calling a batch of schedules directly says what to do instead."""
    batch = js.Transition(jnp.arange(3.0), 0.0, 10)

    with pytest.raises(AssertionError, match=r"batch of schedules, call it under jax.vmap"):
        batch(5)
    axes = js.Transition(0.0, 0.0, 0).replace()
    axes = jax.tree.unflatten(jax.tree.structure(axes), [0, None, None])
    values = jax.vmap(lambda s: s(5), in_axes=(axes,))(batch)
    np.testing.assert_array_equal(values, [0.0, 0.5, 1.0])


def test_values_of_the_wrong_shape_raise():
    """A schedule that is not elementwise is caught at its first call."""

    class Wrong(js.AbstractSchedule):
        value: float

        def evaluate(self, count):
            return jnp.stack([self.value, self.value])

    with pytest.raises(AssertionError, match=r"Wrong gave shape \(2,\)"):
        Wrong(1.0)(0)


def test_an_abstract_schedule_says_what_is_missing():
    """Without `evaluate` there is nothing to call."""

    class Empty(js.AbstractSchedule):
        value: float

    with pytest.raises(TypeError, match="evaluate"):
        Empty(1.0)(0)


def test_no_tracer_escapes():
    """First called inside jit, then outside, then inside again: always its own value."""
    schedule = js.linear_schedule(1.0, 0.0, 10)
    with jax.checking_leaks():
        inside = jax.jit(lambda count: schedule(count) + schedule(2))(3)
    traced = jax.jit(lambda s: (s(3), s(count=jnp.int32(4))))(schedule)

    np.testing.assert_allclose(inside, 1.5, rtol=1e-6)
    np.testing.assert_allclose(schedule(3), 0.7, rtol=1e-6)
    np.testing.assert_allclose(traced, [0.7, 0.6], rtol=1e-6)
    np.testing.assert_allclose(jax.jit(schedule)(3), 0.7, rtol=1e-6)


def test_a_schedule_built_inside_jit():
    """A schedule of tracers, called with Python counts, stays inside."""

    @jax.jit
    def loss(peak):
        schedule = js.warmup_cosine_decay_schedule(0.0, peak, 4, 8)
        return schedule(4) + schedule(2)

    with jax.checking_leaks():
        np.testing.assert_allclose(loss(1.0), 1.5, rtol=1e-6)
        np.testing.assert_allclose(jax.grad(loss)(1.0), 1.5, rtol=1e-6)
        np.testing.assert_allclose(jax.vmap(loss)(jnp.arange(3.0)), [0, 1.5, 3], rtol=1e-6)


def test_in_a_scan_and_a_loop():
    """The count may be a tracer of any loop."""
    schedule = js.linear_schedule(1.0, 0.0, 10)
    total, _ = jax.lax.scan(lambda sum_, t: (sum_ + schedule(t), None), 0.0, jnp.arange(10))

    np.testing.assert_allclose(total, 5.5, rtol=1e-6)


def test_x64_is_followed_both_ways():
    """The same instance gives float64 under x64 and float32 after it, with all digits."""
    schedule = js.cosine_decay_schedule(0.1, 10)
    before = schedule(3)
    with jax.enable_x64(True):
        inside = schedule(3)
    after = schedule(3)

    assert (before.dtype, inside.dtype, after.dtype) == (
        jnp.float32,
        jnp.float64,
        jnp.float32,
    )
    exact = 0.1 * 0.5 * (1 + np.cos(0.3 * np.pi))
    np.testing.assert_allclose(inside, exact, rtol=1e-15, atol=0)
    np.testing.assert_array_equal(before, after)


def test_one_compilation_for_all_values():
    """Schedules of one structure share their compiled call."""
    traces = 0

    class Counted(js.AbstractSchedule):
        value: float

        def evaluate(self, count):
            nonlocal traces
            traces += 1
            return self.value

    values = [float(Counted(v)(t)) for t, v in enumerate((0.5, 0.25, 0.125))]

    assert values == [0.5, 0.25, 0.125]
    assert traces == 1


def test_lowered_text_does_not_hold_the_values():
    """Two values of a schedule give the same program."""
    step = jax.jit(lambda s, count: s(count))
    low = step.lower(jax.tree.map(jnp.float32, js.linear_schedule(0.1, 0.0, 10)), 3)
    high = step.lower(jax.tree.map(jnp.float32, js.linear_schedule(9.0, 1.0, 10)), 3)

    assert low.as_text() == high.as_text()


@each_case
def test_numbers_of_any_value_are_trusted_when_traced(case):
    """Degenerate lengths, shapes and places (0, -1, huge) neither raise nor give NaN."""
    leaves, treedef = jax.tree.flatten(case.schedule)
    paths = [path for path, _ in jax.tree_util.tree_leaves_with_path(case.schedule)]
    leaves = [np.asarray(x, np.int32 if _is_whole(x) else np.float32) for x in leaves]
    members = []
    for i, path in enumerate(paths):
        worst = (0, -1, 2**31 - 1) if _is_whole(leaves[i]) else (0, -1, 1e4)
        if "denominator" in jax.tree_util.keystr(path):
            continue  # a schedule that is divided by is the caller's
        for value in worst:
            changed = [
                np.full_like(x, value) if i == j else x for j, x in enumerate(leaves)
            ]
            members.append(changed)
    if not members:
        return
    batch = jax.tree.unflatten(treedef, [np.stack(x) for x in zip(*members, strict=True)])
    counts = np.asarray([0, 1, 9, 10, 11, 50, 99, 100, 2**24 + 1, 2**31 - 2], np.int32)

    values = jax.jit(jax.vmap(lambda s: s(counts)))(batch)

    assert np.isfinite(values).all(), f"{np.argwhere(~np.isfinite(values))}"


def _is_whole(x):
    return np.asarray(x).dtype.kind == "i"
