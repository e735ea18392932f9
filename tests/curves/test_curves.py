"""Unit shapes: from (0, 0) to (1, 1)."""

import inspect
import math

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves
from jaxsched.testing import check_curve

from .. import oracles as o

SHAPES = [
    (curves.Linear(), o.linear),
    (curves.Polynomial(2.0), o.polynomial(2)),
    (curves.Polynomial(0.5), o.polynomial(0.5)),
    (curves.Power(2.0), o.power(2)),
    (curves.Power(0.25), o.power(0.25)),
    (curves.SquareRoot(), o.power(0.5)),
    (curves.Cosine(), o.cosine),
    (curves.Cosine(2.5), o.cosine_power(2.5)),
    (curves.Cosine(0.5), o.cosine_power(0.5)),
    (curves.SmoothStep(), o.smooth_step),
    (curves.Exponential(0.0), o.linear),
    (curves.Exponential(3.0), o.exponential(3)),
    (curves.Exponential(-3.0), o.exponential(-3)),
    (curves.Rex(), o.rex(0.5)),
    (curves.Rex(0.1), o.rex(o.real32(0.1))),
    (curves.Rex(10.0), o.rex(10)),
    (curves.InverseSqrt(), o.inverse_sqrt_curve(10)),
    (curves.Hyperbolic(1.0), o.hyperbolic(1)),
    (curves.Hyperbolic(0.25), o.hyperbolic(0.25)),
    (curves.Tanh(), o.tanh(-6, 3)),
    (curves.Tanh(-2.5, 2.5), o.tanh(-2.5, 2.5)),
    (curves.MirrorCosine(), o.mirror_cosine),
    (curves.Logarithmic(100.0), o.logarithmic(100)),
    (curves.KDecay(curves.Cosine(), 2.0), o.k_decay_cosine(2)),
    (curves.KDecay(curves.Cosine(), 0.5), o.k_decay_cosine(0.5)),
    (curves.Envelope(curves.Cosine(), curves.Linear()), o.linear_cosine),
    (curves.Geometric(curves.SmoothStep()), o.smooth_step),
    (curves.Harmonic(curves.SmoothStep()), o.smooth_step),
]
IDS = [repr(curve) for curve, _ in SHAPES]


@pytest.mark.parametrize(("curve", "shape"), SHAPES, ids=IDS)
def test_shape(curve, shape):
    """Exact ends, finite slopes, both directions agree, and the formula holds."""
    check_curve(curve, oracle=o.transition(0, 1, 1, shape))


def test_every_curve_is_in_the_table():
    """Nothing public is left out."""
    public = {name for name in curves.__all__ if inspect.isclass(getattr(curves, name))}

    assert {type(curve).__name__ for curve, _ in SHAPES} == public


@pytest.mark.parametrize(("curve", "shape"), SHAPES, ids=IDS)
def test_outside_it_stays_at_the_ends(curve, shape):
    """The way is clipped to [0, 1]."""
    del shape
    np.testing.assert_array_equal(curve(np.float32([-1, 0, 1, 7])), [0, 0, 1, 1])


def test_the_exponential_is_geometric():
    """With a sharpness of ln(b / a) the way from a to b has equal factors."""
    way = js.Transition(1.0, 100.0, 2, curves.Exponential(math.log(100)))

    np.testing.assert_allclose([way(t) for t in range(3)], [1, 10, 100], rtol=1e-6, atol=0)


def test_the_exponential_is_bounded():
    """However sharp, it is finite."""
    for sharpness in (1e30, -1e30, 1e-9):
        assert np.isfinite(curves.Exponential(sharpness)(0.5))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: curves.Polynomial(0.0),
            r"Polynomial\(power=...\) must be above 0, got 0.0",
        ),
        (lambda: curves.Power(-1), r"Power\(power=...\) must be above 0, got -1"),
        (lambda: curves.Cosine(exponent=0), r"Cosine\(exponent=...\) must be above 0"),
        (
            lambda: curves.Exponential(float("nan")),
            r"Exponential\(sharpness=...\) must be a",
        ),
    ],
)
def test_wrong_shapes_raise(build, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("curve", [curves.Linear, "linear", abs, 1.0])
def test_a_curve_must_be_an_instance(curve):
    """A class, a word, a function or a number is refused, with an example."""
    with pytest.raises(
        TypeError, match=r"curve=...\) must be an AbstractCurve.*Linear\(\)"
    ):
        js.Transition(1.0, 0.0, 10, curve)


def test_a_curve_of_ones_own():
    """One line is enough, and `rest` is derived."""

    class Square(js.AbstractCurve):
        def evaluate(self, x):
            return x**2

    check_curve(Square(), oracle=lambda x: x * x)
    assert float(js.Transition(1.0, 0.0, 4, Square())(2)) == 0.75


def test_the_exponent_of_a_plain_cosine_has_a_gradient():
    """At exponent 1, where the value takes a shortcut, the derivative does not."""
    slope = jax.grad(lambda e, x: curves.Cosine(e)(x))
    x = 0.25
    left = math.cos(math.pi / 2 * x) ** 2

    np.testing.assert_allclose(slope(1.0, x), -left * math.log(left), rtol=1e-5, atol=0)


def test_cooldown_shapes():
    """The five shapes of Hägele et al. (2024), as their code computes them."""
    counts = [0, 25, 50, 75, 95, 100]
    printed = {
        curves.Linear(): [1, 0.75, 0.5, 0.25, 0.05, 0],
        curves.Cosine(): [1, 0.85355339, 0.5, 0.14644661, 0.00615583, 0],
        curves.SquareRoot(): [1, 0.5, 0.29289322, 0.1339746, 0.02532057, 0],
        curves.Power(2.0): [1, 0.9375, 0.75, 0.4375, 0.0975, 0],
        curves.Polynomial(1.5): [1, 0.64951905, 0.35355339, 0.125, 0.01118034, 0],
    }

    for curve, values in printed.items():
        got = js.decay_schedule(1.0, decay_steps=100, curve=curve)(np.asarray(counts))
        np.testing.assert_allclose(got, values, rtol=1e-6, atol=0, err_msg=repr(curve))


def test_exponential_cooldown():
    """From 1 to 0.1 by equal factors."""
    curve = curves.Exponential(math.log(0.1))
    got = js.decay_schedule(1.0, 0.1, decay_steps=100, curve=curve)

    values = [1, 0.56234133, 0.31622777, 0.17782794, 0.11220185, 0.1]
    counts = np.asarray([0, 25, 50, 75, 95, 100])
    np.testing.assert_allclose(got(counts), values, rtol=1e-6, atol=0)
