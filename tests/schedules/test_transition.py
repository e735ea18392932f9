"""From one value to another in a number of updates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves

CURVES = [
    *(curves.Linear(), curves.Cosine(), curves.Polynomial(0.5), curves.Power(2.0)),
    *(curves.SquareRoot(), curves.SmoothStep(), curves.Exponential(-4.0)),
]


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_short_transitions(curve):
    """With 0 to 5 updates both ends are exact and the way lies between them."""
    lengths = np.arange(6, dtype=np.int32)
    counts = np.arange(8, dtype=np.int32)
    run = jax.vmap(lambda T: js.Transition(0.25, 1.0, T, curve)(counts))
    for T, values in zip(lengths, np.asarray(jax.jit(run)(lengths)), strict=True):
        assert (values[counts >= T] == 1.0).all()
        assert T == 0 or values[0] == 0.25
        assert (np.diff(values) >= 0).all()
        assert ((values[1:T] > 0.25) & (values[1:T] < 1)).all()


def test_zero_length_is_already_there():
    """At count 0 it is at its end."""
    assert float(js.Transition(1.0, 0.5, 0)(0)) == 0.5


def test_a_length_may_have_a_fraction():
    """The end is reached at the first count that is not before it."""
    way = js.Transition(0.0, 1.0, 2.5)

    np.testing.assert_allclose(way(np.arange(5)), [0, 0.4, 0.8, 1, 1], rtol=1e-6, atol=0)
    np.testing.assert_allclose(way(1.25), 0.5, rtol=1e-6, atol=0)


def test_an_infinite_length_never_leaves():
    """Infinity means never."""
    way = js.Transition(1.0, 0.0, float("inf"))

    assert float(way(2**31 - 1)) == 1.0


def test_gradient_of_the_length():
    """A longer decay is higher half way, by the derivative of the formula."""
    slope = jax.grad(lambda T: js.Transition(1.0, 0.0, T)(5))(10.0)

    np.testing.assert_allclose(slope, 5 / 10**2, rtol=1e-6, atol=0)


def test_gradients_of_the_ends():
    """Each end moves the value by its share."""
    slopes = jax.grad(lambda s: s(4))(js.Transition(1.0, 0.0, 10.0))

    np.testing.assert_allclose(slopes.init_value, 0.6, rtol=1e-6, atol=0)
    np.testing.assert_allclose(slopes.end_value, 0.4, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1.0, 0.0, -5), ValueError, r"transition_steps=...\) must be 0 or more, got -5"),
        ((float("nan"), 0.0, 5), ValueError, r"init_value=...\) must be a number, got nan"),
        (("1", 0.0, 5), TypeError, r"init_value=...\) must be a real number, got '1'"),
        ((None, 0.0, 5), TypeError, r"init_value=...\) must be a real number, got None"),
        ((1.0, [0.0], 5), TypeError, r"end_value=...\) must be a real number, got \[0.0\]"),
        (
            (1.0, 0.0, 2**31),
            ValueError,
            r"must be at most 2147483647.* Use a float, or enab",
        ),
        ((1.0, 0.0, np.asarray([3, -1])), ValueError, r"must be 0 or more, got \[ 3 -1\]"),
    ],
)
def test_wrong_arguments_raise(arguments, error, message):
    """Who, what is required, what came, what to do."""
    with pytest.raises(error, match=f"Transition.*{message}"):
        js.Transition(*arguments)


def test_wrong_traced_lengths_are_clamped():
    """A negative length that only shows at run time counts as 0."""
    end = jax.jit(lambda T: js.Transition(1.0, 0.5, T)(0))

    assert float(end(jnp.int32(-5))) == 0.5
    assert float(end(jnp.float32(-5))) == 0.5
