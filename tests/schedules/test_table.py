"""Explicit values at explicit counts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js


@pytest.mark.parametrize(
    "build",
    [
        lambda n: js.PiecewiseConstant(np.arange(1, n), np.ones(n)),
        lambda n: js.PiecewiseLinear(np.arange(n), np.ones(n)),
        lambda n: js.Table(np.ones(n)),
    ],
    ids=["PiecewiseConstant", "PiecewiseLinear", "Table"],
)
def test_the_program_does_not_grow_with_the_pieces(build):
    """3 000 pieces cost no more operations than 3."""
    few, many = (
        len(jax.make_jaxpr(lambda s, t: s(t))(build(n), 5).jaxpr.eqns) for n in (3, 3_000)
    )

    assert few == many


def test_a_range_is_a_list_of_counts():
    """Boundaries at every tenth count, say."""
    made = js.PiecewiseConstant(range(10, 30, 10), range(3))

    assert repr(made) == repr(js.PiecewiseConstant([10, 20], [0, 1, 2]))
    assert float(made(20)) == 2


def test_a_boundary_belongs_to_the_next_value():
    """As in optax; also beyond what float32 can count."""
    steps = js.PiecewiseConstant([10, 2**24 + 1], [1.0, 0.5, 0.25])
    counts = np.asarray([9, 10, 2**24, 2**24 + 1])

    np.testing.assert_array_equal(steps(counts), [1, 0.5, 0.5, 0.25])


def test_no_boundaries():
    """A single value for ever."""
    assert float(js.PiecewiseConstant([], [0.5])(7)) == 0.5
    assert float(js.PiecewiseLinear([3], [0.5])(2)) == 0.5
    assert float(js.Table([0.5])(7)) == 0.5


def test_equal_boundaries_leave_a_piece_out():
    """The piece in between has no count."""
    steps = js.PiecewiseConstant([2, 2], [1.0, 9.0, 0.5])
    jump = js.PiecewiseLinear([0, 2, 2, 4], [0.0, 1.0, 3.0, 5.0])

    np.testing.assert_array_equal(steps(np.arange(4)), [1, 1, 0.5, 0.5])
    np.testing.assert_array_equal(jump(np.arange(6)), [0, 0.5, 3, 4, 5, 5])


def test_a_first_boundary_of_zero():
    """The value before it is never used."""
    np.testing.assert_array_equal(
        js.PiecewiseConstant([0], [9.0, 0.5])(np.arange(2)), [0.5] * 2
    )


def test_a_table_between_its_counts():
    """A whole count is looked up, a fractional one interpolated."""
    table = js.Table([0.0, 1.0, 0.5])

    np.testing.assert_array_equal(table(np.arange(5)), [0, 1, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(table(np.float32([0.5, 1.5, 7.5])), [0.5, 0.75, 0.5])


def test_boundaries_and_values_can_be_batched():
    """A sweep moves boundaries and values without compiling again."""
    boundaries = jnp.asarray([[2, 4], [1, 3]])
    values = jnp.float32([[1.0, 0.5, 0.25], [2.0, 1.0, 0.5]])
    run = jax.jit(jax.vmap(lambda b, v: js.PiecewiseConstant(b, v)(np.arange(5))))

    np.testing.assert_array_equal(
        run(boundaries, values), [[1, 1, 0.5, 0.5, 0.25], [2, 1, 1, 0.5, 0.5]]
    )


def test_traced_entries_in_a_list():
    """Lists of tracers become one array, and a gradient reaches each of them."""
    slope = jax.grad(lambda v: js.PiecewiseConstant([5], [v, 0.5 * v])(7))(1.0)

    assert float(slope) == 0.5


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: js.PiecewiseConstant([10], [1.0]),
            r"values=...\) must have 2 entries for 1 boundaries, got 1. Give one for each",
        ),
        (
            lambda: js.PiecewiseLinear([0, 10], [1.0]),
            r"values=...\) must have 2 entries for 2 boundaries, got 1",
        ),
        (
            lambda: js.PiecewiseConstant([10, 5], [1.0, 2.0, 3.0]),
            r"boundaries=...\) must be in the order of time, got 5 after 10. Sort them",
        ),
        (
            lambda: js.PiecewiseConstant([-1], [1.0, 2.0]),
            r"boundaries=...\) must be 0 or more, got -1. Counts start at 0",
        ),
        (lambda: js.PiecewiseLinear([], []), r"values=...\) must not be empty"),
        (lambda: js.Table([]), r"values=...\) must not be empty. Give at least one"),
        (lambda: js.Table([[1.0], [2.0]]), r"needs values in one row, got shape \(2, 1\)"),
        (lambda: js.Table([1.0, float("nan")]), r"values=...\) must be a number"),
    ],
)
def test_wrong_tables_raise(build, message):
    """Who, what is required, what came, what to do."""
    with pytest.raises(ValueError, match=message):
        build()


def test_unsorted_traced_boundaries_do_not_raise():
    """Values that only show at run time are trusted."""
    got = jax.jit(lambda b: js.PiecewiseLinear(b, [1.0, 2.0, 3.0])(np.arange(9)))(
        jnp.asarray([6, 2, 4])
    )

    assert np.isfinite(got).all()
