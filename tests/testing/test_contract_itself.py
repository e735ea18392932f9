"""The contract finds what is wrong, and says where."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import testing


class Hidden(js.AbstractSchedule):
    value: float
    length: int = js.static(default=10)

    def evaluate(self, count):
        return jnp.where(count >= self.length, 0.0, self.value)


class Stateful(js.AbstractSchedule):
    value: float

    def init(self):
        return ()

    def update(self, state):
        return state

    def evaluate(self, count):
        return self.value


class Infinite(js.AbstractSchedule):
    value: float

    def evaluate(self, count):
        return self.value / jnp.float32(count)


class Steep(js.AbstractSchedule):
    value: float

    def evaluate(self, count):
        return jnp.sqrt(self.value * jnp.maximum(0.0, 5 - jnp.float32(count)))


class Branching(js.AbstractSchedule):
    value: float

    def evaluate(self, count):
        return self.value if self.value > 0 else 0.0


class Wobbling(js.AbstractSchedule):
    value: float

    def evaluate(self, count):
        return self.value + 0.1 * jnp.sin(jnp.float32(count))


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Hidden(0.1), r"Hidden.length is a number but static: a sweep would compile once"),
        (Stateful(0.1), r"Stateful has both `init` and `update`: optax would take it"),
        (Infinite(0.1), r"Infinite\(-?\d+\) is not finite"),
        (Steep(0.1), r"Steep.value: the gradient is not finite at counts"),
        (lambda count: 0.1, r"function is not an AbstractSchedule"),
    ],
)
def test_faults_are_named(schedule, message):
    """Which promise, which field, which count."""
    with pytest.raises(AssertionError, match=message):
        testing.check_schedule(schedule)


def test_a_python_branch_on_a_number_is_found():
    """It would stop every sweep."""
    with pytest.raises(jax.errors.TracerBoolConversionError):
        testing.check_schedule(Branching(0.1))


def test_a_wrong_formula_is_found():
    """The first count that is off is named, with both values."""
    with pytest.raises(
        AssertionError, match=r"ulp from the oracle at count .* expected 0.2"
    ):
        testing.check_schedule(js.Constant(0.1), oracle=lambda t: 0.2)


def test_a_turn_is_found():
    """A schedule that should fall and does not."""
    with pytest.raises(AssertionError, match="Wobbling: moves the wrong way at"):
        testing.check_monotone(Wobbling(0.5), np.arange(10))
    testing.check_monotone(js.Transition(0.0, 1.0, 9), np.arange(10), falling=False)


def test_a_bent_curve_is_found():
    """A curve has to begin at 0 and agree with what it says is left."""

    class Lying(js.AbstractCurve):
        def evaluate(self, x):
            return x

        def rest(self, y):
            return y / 2

    with pytest.raises(AssertionError, match="must add up to 1"):
        testing.check_curve(Lying())
    with pytest.raises(AssertionError, match="ulp at x ="):
        testing.check_curve(js.curves.Linear(), oracle=lambda x: x * x)


def test_equality_is_of_structure_and_numbers():
    """Another class or another number is another schedule."""
    one = js.Transition(1.0, 0.0, 10)
    testing.assert_schedules_equal(one, js.Transition(1, 0, 10))
    with pytest.raises(AssertionError, match="different structures"):
        testing.assert_schedules_equal(one, js.Constant(1.0))
    with pytest.raises(AssertionError, match="end_value"):
        testing.assert_schedules_equal(one, one.replace(end_value=0.5))


def test_ulps():
    """Neighbours are one apart, whatever their size; what is flushed costs nothing."""
    for x in np.float32([1e-30, 0.1, 1.0, 3e7]):
        assert float(testing.ulps(np.nextafter(x, np.float32(np.inf)), x)) == 1
        assert float(testing.ulps(x, x)) == 0
    assert float(testing.ulps(np.float32(0), np.float64(1e-60))) < 1e-6
