"""Combinators that change or choose the value."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

DOWN = js.Transition(1.0, 0.0, 4)
FIVE = np.arange(5)


def test_clip_on_either_side():
    """Bounds may be left out."""
    np.testing.assert_array_equal(js.Clip(DOWN, 0.5)(FIVE), [1, 0.75, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(
        js.Clip(DOWN, max_value=0.5)(FIVE), [0.5, 0.5, 0.5, 0.25, 0]
    )


def test_clip_gradients_stay_finite_without_bounds():
    """An infinite bound does not make a derivative NaN."""
    slopes = jax.jit(jax.vmap(jax.grad(lambda s, t: s(t)), in_axes=(None, 0)))
    slopes = slopes(js.Clip(js.Transition(1.0, 0.0, 4.0)), FIVE)

    np.testing.assert_allclose(slopes.schedule.init_value, 1 - FIVE / 4, rtol=1e-6)
    assert not np.isnan(slopes.min_value).any()


def test_bounds_in_the_wrong_order_raise():
    """Both numbers are named."""
    with pytest.raises(
        ValueError, match=r"min_value <= max_value, got min_value=2.0 and max"
    ):
        js.Clip(DOWN, 2.0, 1.0)


def test_minimum_and_maximum():
    """Of schedules, numbers and functions."""
    np.testing.assert_array_equal(js.Minimum([DOWN, 0.5])(FIVE), [0.5, 0.5, 0.5, 0.25, 0])
    top = js.Maximum([DOWN, lambda t: 0.125 * jnp.float32(t)])
    np.testing.assert_array_equal(top(FIVE), [1, 0.75, 0.5, 0.375, 0.5])


def test_switch_chooses_by_a_number():
    """One program for all branches; the index can be batched and changed."""
    branches = [0.5, DOWN, lambda t: jnp.float32(t)]
    run = jax.jit(jax.vmap(lambda i: js.Switch(i, branches)(FIVE)))

    np.testing.assert_array_equal(
        run(jnp.arange(3)), [[0.5] * 5, [1, 0.75, 0.5, 0.25, 0], [0, 1, 2, 3, 4]]
    )


def test_a_traced_index_is_clipped():
    """Out of range at run time it is the nearest branch."""
    value = jax.jit(lambda i: js.Switch(i, [0.25, 0.5])(0))

    assert float(value(-3)) == 0.25
    assert float(value(9)) == 0.5


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (
            2,
            ValueError,
            r"Switch needs 0 <= index <= 1, got index=2. Count branches from 0",
        ),
        (-1, ValueError, r"Switch needs 0 <= index <= 1, got index=-1"),
        (0.5, TypeError, r"Switch\(index=...\) must be an integer, got 0.5. Pass an int"),
    ],
)
def test_wrong_indices_raise(index, error, message):
    """A branch that is not there is named at once."""
    with pytest.raises(error, match=message):
        js.Switch(index, [0.25, 0.5])


def test_switch_of_nothing_raises():
    """There must be a branch."""
    with pytest.raises(ValueError, match=r"Switch\(schedules=...\) must not be empty"):
        js.Switch(0, [])


def test_a_nan_in_a_branch_that_is_not_chosen():
    """Batched, all branches run; only the chosen one counts."""
    bad = js.Wrapped(lambda t: jnp.full(t.shape, jnp.nan))
    value = jax.vmap(lambda i: js.Switch(i, [DOWN, bad])(1))(jnp.zeros(2, int))

    np.testing.assert_array_equal(value, [0.75, 0.75])


def test_a_switch_varies_over_a_mesh():
    """In `shard_map` with its checks, over members or over counts."""
    mesh = jax.sharding.Mesh(np.asarray(jax.devices()[:1]), ("x",))
    spec = jax.sharding.PartitionSpec("x")
    switch = js.Switch(1, [0.5, js.Transition(1.0, 0.0, 4)])
    batch = js.stack([js.Constant(0.5), js.Transition(1.0, 0.0, 4)])
    sharded = functools.partial(jax.shard_map, mesh=mesh, in_specs=spec, out_specs=spec)

    over_counts = sharded(lambda counts: switch(counts))(np.arange(4))
    over_members = sharded(jax.vmap(lambda member: member(1)))(batch)

    np.testing.assert_array_equal(over_counts, [1.0, 0.75, 0.5, 0.25])
    np.testing.assert_array_equal(over_members, [0.5, 0.75])
