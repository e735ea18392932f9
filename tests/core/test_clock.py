"""The clock: integers for as long as possible, divided last."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import jaxsched as js
from jaxsched._core import clock

LAST = 2**31 - 1
counts = st.integers(0, LAST)
lengths = st.integers(1, LAST)
few = settings(deadline=None, max_examples=150, derandomize=True)

ratio = jax.jit(clock.ratio)
cycle = jax.jit(clock.cycle)
growing_cycle = jax.jit(clock.growing_cycle)
difference = jax.jit(
    lambda t, b: (clock.since(t, b), clock.until(t, b), clock.reached(t, b))
)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (5, 5),
        (-3, 0),
        (LAST, LAST),
        (-(2**70), 0),
        (np.int64(LAST), LAST),
        (np.int64(-(2**40)), 0),
        (np.uint8(200), 200),
        (jnp.uint32(3_000_000_000), LAST),
        (jnp.int8(-5), 0),
        (np.asarray([LAST, -1, 7]), [LAST, 0, 7]),
    ],
    ids=str,
)
def test_whole_counts(count, expected):
    """Any integer is a count: negative ones are 0, late ones of JAX's own the last."""
    inside = clock.as_count(clock.countable(count))

    assert inside.dtype == jnp.int32
    np.testing.assert_array_equal(inside, expected)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (2.5, 2.5),
        (-0.5, 0.0),
        (np.float64(2.5), 2.5),
        (jnp.bfloat16(3.5), 3.5),
        (np.float16(2.25), 2.25),
        (np.float32([1.5, -2.0]), [1.5, 0.0]),
        (float("inf"), np.float32(1e30)),
        (2**31, 2.0**31),
        (2**70, 2.0**70),
        (10**40, np.float32(1e30)),
        (np.int64(2**40), 2.0**40),
        (np.uint64(2**63 + 1), 2.0**63),
        (np.asarray([2**40, -1, 7]), [2.0**40, 0, 7]),
    ],
    ids=str,
)
def test_fractional_counts(count, expected):
    """A float stays fractional; an integer that is too large for a count becomes one."""
    inside = clock.as_count(clock.countable(count))

    assert inside.dtype == jnp.float32
    np.testing.assert_array_equal(inside, expected)


@pytest.mark.parametrize("count", [True, np.bool_(False), np.asarray([True]), jnp.bool_(1)])
def test_a_bool_is_no_count(count):
    """It would be a mask by mistake."""
    with pytest.raises(TypeError, match="a count must be a number of updates, got a bool"):
        js.Constant(1.0)(count)


@pytest.mark.parametrize("count", [1j, "3"])
def test_only_real_numbers_are_counts(count):
    """Anything else raises."""
    with pytest.raises((TypeError, ValueError)):
        js.Constant(1.0)(count)


@few
@given(counts, lengths)
def test_ratio_is_close_and_knows_its_error(count, steps):
    """A quotient of counts is within 1.5 ulp, and most of that is given back."""
    value, error = ratio(np.int32(count), np.int32(steps))
    exact = Fraction(count, steps)
    unit = Fraction(float(np.spacing(np.float32(float(exact)))))

    assert abs(Fraction(float(value)) - exact) <= unit * Fraction(3, 2)
    known = Fraction(float(value)) + Fraction(float(error))
    assert abs(known - exact) <= max(exact, 1) / 2**35


@few
@given(counts, st.floats(0.5, 2**31, width=32))
def test_ratio_with_a_fractional_length(count, steps):
    """A length that is a float costs at most a few ulp."""
    value, _ = ratio(np.int32(count), np.float32(steps))

    np.testing.assert_allclose(float(value), count / steps, rtol=4e-7, atol=0)


def test_sums_and_products_hold_when_the_count_is_constant():
    """XLA adds the constants of a sum first, and would lose what the sum is taken for."""
    counts = np.asarray([2**24 + 1, 2**27 + 12_345, 913_350_807, 2**31 - 2], np.int32)
    rates = np.float32([1e-8, 3.7e-7, 0.123])
    lanes = jax.jit(jax.vmap(lambda rate: clock.product(counts, rate)))(rates)
    exact = rates.astype(np.longdouble)[:, None] * counts
    _is_close(lanes, exact, 1e-9)

    x = np.float32([0.1, 0.7, 1 / 3, 123.456])
    plus = jax.jit(lambda x: clock.one_plus(clock.Ratio(x, jnp.zeros_like(x))))(x)
    _is_close(plus, 1 + x.astype(np.longdouble), 1e-12)


def _is_close(ratio, exact, rtol):
    value, error = (np.asarray(part, np.longdouble) for part in ratio)
    np.testing.assert_allclose(value + error, exact, rtol=rtol, atol=0)


@few
@given(counts, lengths)
def test_cycle_is_integer_division(count, period):
    """Whole cycles, and the remainder, exactly."""
    index, within = cycle(np.int32(count), np.int32(period))

    assert (int(index), int(within)) == divmod(count, period)


@few
@example(count=1_140_850_753, period=1.0625)  # more than 2^30 cycles
@example(count=2**31 - 2, period=0.5)
@given(counts, st.floats(0.5, 2**20, width=32))
def test_cycle_with_a_fractional_period_stays_within(count, period):
    """Cycle number and remainder add up to the count again."""
    index, within = cycle(np.int32(count), np.float32(period))

    assert int(index) >= 0
    assert -1e-7 * count <= float(within) <= period * (1 + 1e-6) + 1e-7 * count
    total = int(index) * float(np.float32(period)) + float(within)
    if count < 2**31 * period:  # or else an integer cannot hold the cycle number
        np.testing.assert_allclose(total, count, rtol=3e-7, atol=0)


def _growing(count, period, growth):
    index, start, length = 0, 0, period
    while count >= start + length:
        index, start, length = index + 1, start + length, length * growth
    return index, Fraction(count - start, length // period)


def _check_growing(count, period, growth, index, age):
    exact_index, exact = _growing(count, period, growth)

    assert int(index) == exact_index
    np.testing.assert_allclose(float(age.value), float(exact), rtol=2e-7, atol=0)


@few
@given(counts, st.integers(1, 10**6), st.integers(2, 3_000))
def test_growing_cycle_is_exact(count, period, growth):
    """With whole numbers every start is the geometric sum itself."""
    index, age = growing_cycle(np.int32(count), np.int32(period), np.int32(growth))

    _check_growing(count, period, growth, index, age)


def test_growing_cycle_at_every_start():
    """The last count of a cycle and the first of the next, up to the last count."""
    members = []
    for period, growth in [
        (1, 2),
        (10, 2),
        (7, 3),
        (1_000, 10),
        (LAST, 2),
        (1, 9),
        (10, 2_000),
    ]:
        start, length = 0, period
        while start <= LAST:
            near = (start - 1, start, start + length // 2)
            members += [(t, period, growth) for t in near if 0 <= t <= LAST]
            start, length = start + length, length * growth
    columns = (np.asarray(column, np.int32) for column in zip(*members, strict=True))
    index, age = jax.jit(jax.vmap(clock.growing_cycle))(*columns)

    for i, member in enumerate(members):
        _check_growing(*member, index[i], clock.Ratio(age.value[i], age.error[i]))


@few
@given(counts, counts)
def test_whole_differences_are_exact(count, boundary):
    """Also where float32 has no digits left, beyond 2^24."""
    since, until, reached = difference(np.int32(count), np.int32(boundary))

    assert int(since) == max(count - boundary, 0)
    assert int(until) == max(boundary - count, 0)
    assert bool(reached) == (count >= boundary)


@few
@given(st.integers(0, 2**31 - 129), st.integers(0, 2**24 - 1))
def test_a_float_boundary_is_compared_exactly(count, boundary):
    """A length that is a float counts with all the digits that it has."""
    boundary = float(np.float32(boundary * 64.0 + 0.25))
    since, until, reached = difference(np.int32(count), np.float32(boundary))

    assert bool(reached) == (count >= boundary)
    np.testing.assert_allclose(float(since), max(count - boundary, 0), rtol=1e-7, atol=0)
    np.testing.assert_allclose(float(until), max(boundary - count, 0), rtol=1e-7, atol=0)


def test_clock_under_x64():
    """Counts are 64 bits there, and later ones than 2^31 are told apart."""
    with jax.enable_x64(True):
        count = clock.as_count(clock.countable(2**40 + 1))

        assert count.dtype == jnp.int64
        assert int(clock.since(count, 2**40)) == 1
        assert float(clock.as_count(clock.countable(2**70))) == 2.0**70
        assert js.PiecewiseConstant([2**40], [1.0, 2.0])(2**40).dtype == jnp.float64
