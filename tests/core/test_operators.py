"""The algebra: numbers, functions and schedules, on either side."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

DOWN = js.Transition(1.0, 0.0, 4)
numbers = pytest.mark.parametrize(
    "two",
    [2, 2.0, np.float32(2), np.float64(2), np.int64(2), np.asarray(2.0), jnp.float32(2)],
    ids=lambda x: f"{type(x).__name__}_{np.asarray(x).dtype}",
)


@numbers
def test_numbers_on_both_sides(two):
    """`2 * s` is a schedule whatever kind of number 2 is."""
    results = {
        "2 * s": (two * DOWN, 1.5),
        "s * 2": (DOWN * two, 1.5),
        "2 + s": (two + DOWN, 2.75),
        "s + 2": (DOWN + two, 2.75),
        "2 - s": (two - DOWN, 1.25),
        "s - 2": (DOWN - two, -1.25),
        "s / 2": (DOWN / two, 0.375),
        "2 / s": (two / DOWN, 2 / 0.75),
    }

    for text, (schedule, value) in results.items():
        assert isinstance(schedule, js.AbstractSchedule), text
        np.testing.assert_allclose(schedule(1), value, rtol=1e-7, err_msg=text)


def test_functions_and_schedules():
    """Anything that takes a count takes part."""
    schedule = DOWN * (lambda count: 1 / (count + 1)) + DOWN - (lambda count: 0.5)

    assert float(schedule(1)) == 0.75 / 2 + 0.75 - 0.5
    assert float((-DOWN)(1)) == -0.75


def test_sum_of_a_list():
    """Python's own sum and its start of 0 work."""
    total = sum([DOWN, DOWN, 1.0])

    assert isinstance(total, js.Sum)
    assert len(total.schedules) == 3
    assert float(total(2)) == 2.0


def test_nested_sums_and_products_are_flat():
    """However they are bracketed, a sum of four is one node of four."""
    a, b, c, d = (js.Constant(value) for value in (1.0, 2.0, 3.0, 4.0))

    for nested in ((a + b) + (c + d), a + (b + (c + d)), ((a + b) + c) + d):
        assert nested.schedules == (a, b, c, d)
    for nested in ((a * b) * (c * d), a * (b * (c * d))):
        assert nested.schedules == (a, b, c, d)
    assert [type(s) for s in (a * b + c * d).schedules] == [js.Product, js.Product]


@pytest.mark.parametrize("wrong", [js.Constant, "0.1", None, True, b"x"])
def test_what_is_no_schedule_raises(wrong):
    """A class, a string, None and a bool are refused by name, with a way out."""
    with pytest.raises(TypeError, match="must be a number, a function of the count or"):
        DOWN * wrong
    with pytest.raises(TypeError, match=r"Pass an instance, such as Constant\(0.1\)"):
        js.as_schedule(wrong)


@pytest.mark.parametrize("wrong", [[1.0, 2.0], {"a": 1.0}])
def test_containers_are_no_numbers(wrong):
    """A list is not a constant."""
    with pytest.raises(TypeError, match=r"Constant\(value=...\) must be a real number"):
        DOWN + wrong


def test_a_function_must_give_a_real_number():
    """Bools and complex numbers are refused with the type that came."""
    with pytest.raises(TypeError, match=r"must give a real number .* got bool"):
        js.as_schedule(lambda count: count > 3)(0)


def test_empty_algebra_raises():
    """A sum of nothing is a mistake."""
    for kind in (js.Sum, js.Product, js.Minimum, js.Maximum):
        with pytest.raises(ValueError, match=r"\(schedules=...\) must not be empty"):
            kind([])


@pytest.mark.parametrize("wrong", [1j, np.complex64(1j), object(), len])
def test_only_real_numbers_are_numbers(wrong):
    """A complex number would lose its imaginary part without a word."""
    with pytest.raises(TypeError, match=r"Constant\(value=...\) must be a real number"):
        js.Constant(wrong)
