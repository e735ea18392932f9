"""The textbook's decays."""

import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves

COUNTS = np.asarray([0, 1, 10, 25, 50, 75, 90, 99, 100])


def test_step_decay():
    """A factor every so often, and no earlier."""
    schedule = js.step_decay_schedule(1.0, decay_rate=0.1, interval_steps=30)
    values = [1, 1, 1, 1, 0.1, 0.01, 1e-3, 1e-3, 1e-3]

    np.testing.assert_allclose(schedule(COUNTS), values, rtol=1e-6, atol=0)


def test_multistep_decay():
    """80, 10 and 10 percent, with factors on the value so far."""
    schedule = js.multistep_schedule(1.0, decay_rate=0.5, boundaries=[80, 90])

    np.testing.assert_array_equal(schedule(COUNTS), [1, 1, 1, 1, 1, 1, 0.25, 0.25, 0.25])
    same = js.piecewise_constant_schedule(1.0, {80: 0.5, 90: 0.5})
    np.testing.assert_array_equal(schedule(COUNTS), same(COUNTS))


def test_inverse_time_decay():
    """The time-based decay of the textbook, per update."""
    values = [
        *(1, 0.90909091, 0.5, 0.28571429, 0.16666667),
        *(0.11764706, 0.1, 0.09174312, 0.09090909),
    ]
    schedule = js.time_decay_schedule(1.0, decay_rate=0.1)

    np.testing.assert_allclose(schedule(COUNTS), values, rtol=1e-6, atol=0)


def test_power_decay():
    """Power scheduling with interval 20 and a square root."""
    schedule = js.power_decay_schedule(1.0, power=0.5, interval_steps=20)
    values = [
        *(1, 0.97590007, 0.81649658, 0.66666667, 0.53452248),
        *(0.45883147, 0.42640143, 0.40996003, 0.40824829),
    ]

    np.testing.assert_allclose(schedule(COUNTS), values, rtol=1e-6, atol=0)


def test_exponential_decay_by_factor_and_by_rate():
    """A hundredth over a hundred updates, either way of saying it."""
    values = [
        *(1, 0.95499259, 0.63095734, 0.31622777, 0.1),
        *(0.03162278, 0.01584893, 0.01047129, 0.01),
    ]
    rate = np.log(100) / 100

    by_factor = js.exponential_decay(1.0, 100, 0.01)
    by_rate = js.natural_exponential_decay_schedule(1.0, decay_rate=rate)
    np.testing.assert_allclose(by_factor(COUNTS), values, rtol=1e-6, atol=0)
    np.testing.assert_allclose(by_rate(COUNTS), values, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("curve", "values"),
    [
        (
            curves.Polynomial(2.0),
            [1, 0.98209, 0.829, 0.60625, 0.325, 0.15625, 0.109, 0.10009, 0.1],
        ),
        (
            curves.Cosine(),
            [
                *(1, 0.99977795, 0.97797543, 0.86819805, 0.55),
                *(0.23180195, 0.12202457, 0.10022205, 0.1),
            ],
        ),
    ],
    ids=repr,
)
def test_decay_with_a_floor(curve, values):
    """Down to a tenth along a curve."""
    schedule = js.decay_schedule(1.0, 0.1, decay_steps=100, curve=curve)

    np.testing.assert_allclose(schedule(COUNTS), values, rtol=1e-6, atol=0)


def test_lengths_and_shapes_are_keyword_only():
    """Values come first; two lengths cannot be swapped by mistake."""
    with pytest.raises(TypeError, match="positional"):
        js.decay_schedule(1.0, 0.1, 100)
    with pytest.raises(TypeError, match="positional"):
        js.step_decay_schedule(1.0, 0.5, 10)
