"""The bound as a function of numbers, and what it makes of what it is given."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import analysis, curves

from .shapes import exact

# A function of the numbers.


def test_gradients_are_differences():
    """With respect to the leaves of a schedule, the norms and the distance."""
    with jax.enable_x64(True):

        def bound(peak, end, norm, distance):
            schedule = js.Transition(peak, end, 40, curves.Cosine())
            options = {"gradient_norms": norm, "distance": distance}
            return analysis.last_iterate_bound(schedule, 40, **options)

        numbers = np.array([0.3, 0.02, 1.5, 2.0])
        slopes = jax.grad(bound, argnums=(0, 1, 2, 3))(*numbers)
        step = 1e-6 * np.diag(numbers)
        expected = [
            (bound(*(numbers + h)) - bound(*(numbers - h))) / (2 * h.sum()) for h in step
        ]

    np.testing.assert_allclose(slopes, expected, rtol=1e-5, atol=0)


def test_gradients_with_zeros_are_finite():
    """At the end, inside, and throughout."""
    for rates in ([1.0, 0.0, 0.5, 0.0], [0.0, 1.0], [0.0, 0.0]):
        n = len(rates)
        for ask in (analysis.last_iterate_bound, analysis.optimal_rate):
            slopes = jax.grad(lambda r, ask=ask, n=n: ask(js.Table(r), n))(
                jnp.asarray(rates)
            )
            assert np.isfinite(slopes).all()


def test_batches_and_traces():
    """Inside `jit` and `vmap`, as constants and as arguments: the same numbers."""
    peaks = [0.01, 0.1, 1.0]
    batch = js.stack([js.Transition(p, 0.0, 30) for p in peaks])

    def bound(s):
        return analysis.last_iterate_bound(s, 30)

    together = jax.jit(jax.vmap(bound))(batch)
    alone = [bound(js.Transition(p, 0.0, 30)) for p in peaks]
    constant = jax.jit(lambda: bound(js.Transition(0.1, 0.0, 30)))()

    np.testing.assert_allclose(together, alone, rtol=1e-6, atol=0)
    np.testing.assert_allclose(constant, alone[1], rtol=1e-6, atol=0)


def test_a_single_count_gives_a_single_bound():
    every = analysis.bound_curve(1.0, 5)

    assert analysis.bound_curve(1.0, 5, counts=3) == every[2]


# What it is given.


def test_nothing_and_no_gradients():
    """A schedule of 0 goes nowhere; without gradients any rate will do."""
    assert float(analysis.last_iterate_bound(0.0, 5)) == math.inf
    late = js.Join([0.0, 1.0], [10])  # it begins after the run
    assert float(analysis.optimal_bound(late, 5)) == math.inf
    assert float(jax.grad(lambda peak: analysis.optimal_bound(peak, 5))(0.0)) == 0
    assert float(analysis.optimal_rate(js.Constant(0.0), 5)) == math.inf
    assert float(analysis.optimal_rate(js.Constant(1.0), 5, gradient_norms=0.0)) == math.inf
    flat = analysis.last_iterate_bound(js.Constant(0.1), 5, gradient_norms=0.0)
    assert float(flat) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: analysis.last_iterate_bound(-0.1, 5), "rates of 0 or more"),
        (
            lambda: analysis.last_iterate_bound(0.1, 0),
            r"num_steps=...\) must be an integer",
        ),
        (
            lambda: analysis.optimal_rate(0.1, 5, distance=0.0),
            r"distance=...\) must be abo",
        ),
        (lambda: analysis.optimal_rate(0.1, 3, gradient_norms=[1.0, 2.0]), "3 entries"),
        (lambda: analysis.bound_terms(0.1, 2, gradient_norms=[1.0, -1]), "0 or more, got"),
        (lambda: analysis.bound_terms(0.1, 2, gradient_norms=[1.0, np.nan]), "not finite"),
        (lambda: analysis.bound_terms(0.1, 2, gradient_norms=[1.0, np.inf]), "not finite"),
        (lambda: analysis.bound_curve(0.1, 5, counts=[0, 3]), "counts from 1 to 5"),
        (lambda: analysis.bound_curve(0.1, 5, counts=[6]), "counts from 1 to 5"),
        (lambda: analysis.minimize_bound(3, gradient_norms=0.0), "norms above 0"),
        (
            lambda: analysis.minimize_bound(3, gradient_norms=[1.0, 1.0, 0.0]),
            r"norms above 0, within 1e\+12 of each other, got \[1. 1. 0.\]",
        ),
        (lambda: analysis.optimal_bound(np.inf, 5), "finite rates of 0 or more"),
        (lambda: analysis.bound_curve(1.0, 5, counts=[1.5, 2]), "whole counts from 1 to 5"),
        (lambda: analysis.optimal_cooldown(9, gradient_norms=0.0), "a norm above 0"),
        (lambda: analysis.lower_plateau(9, 18, gradient_norms=0.0), "a norm above 0"),
        (lambda: analysis.longer_cooldown(9, 18, gradient_norms=0.0), "a norm above 0"),
    ],
)
def test_wrong_arguments_raise(ask, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        ask()


@pytest.mark.parametrize("num_steps", [1, 2])
def test_shortest_runs(num_steps):
    """Of one update and of two: finite numbers, and a table."""
    best = analysis.minimize_bound(num_steps)

    assert best.values.shape == (num_steps,)
    assert np.isfinite(np.asarray(best.values)).all()
    terms = analysis.bound_terms(best, num_steps)
    np.testing.assert_allclose(terms, exact(best.values, 1.0), rtol=1e-6, atol=0)
