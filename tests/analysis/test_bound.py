"""The last-iterate bound, against the published tables and its formula term by term."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

import jaxsched as js
from jaxsched import analysis, curves

from .shapes import SQRT, exact, inverse_sqrt, parts, shapes, wsd

THREE = js.Table([1.0, 0.5, 0.25])


def tuned(schedule, num_steps, **options):
    """The best rate and the bound at it, in double precision."""
    with jax.enable_x64(True):
        rate = analysis.optimal_rate(schedule, num_steps, **options)
        return float(rate), float(analysis.optimal_bound(schedule, num_steps, **options))


def given(value, digits):
    """Equal to all digits that a table has."""
    return pytest.approx(value, rel=0, abs=0.51 * 10.0**-digits)


# The published numbers.


def test_three_updates_by_hand():
    """The terms of D = G = 1, and of other norms and distances."""
    with jax.enable_x64(True):
        distance, gradients = analysis.bound_terms(THREE, 3)
        assert float(distance) == pytest.approx(0.2857142857, abs=1e-10)
        assert float(gradients) == pytest.approx(0.375 + 0.9166666667, abs=1e-9)
        whole = analysis.last_iterate_bound(THREE, 3)
        assert float(whole) == pytest.approx(float(distance + gradients), rel=1e-15)
        options = {"gradient_norms": [3.0, 2.0, 1.0], "distance": 2.0}
        distance, gradients = analysis.bound_terms(THREE, 3, **options)
        assert float(distance) == pytest.approx(1.1428571429, abs=1e-9)
        assert float(gradients) == pytest.approx(2.875 + 5.25, rel=1e-14)
    rate, bound = tuned(THREE, 3)
    assert (rate, bound) == (given(0.4703170810, 10), given(1.2149857926, 10))


def test_no_proof_lowers_it_by_more_than_half():
    """A function is known on which 100 updates of a line end 0.10003815 too high."""
    _, bound = tuned(js.Transition(1.0, 0.0, 100), 100)

    assert 0.10003815 < bound < 2.04 * 0.10003815


@pytest.mark.parametrize("num_steps", [1, 2, 7, 100])
def test_constant_rates_have_a_closed_form(num_steps):
    """D²/(2 γ t), and γ G²/2 (1 + H_{t-1})."""
    harmonic = math.fsum(1 / k for k in range(1, num_steps))
    with jax.enable_x64(True):
        options = {"gradient_norms": 3.0, "distance": 2.0}
        terms = analysis.bound_terms(0.1, num_steps, **options)
    expected = [4 / (2 * 0.1 * num_steps), 0.1 * 9 / 2 * (1 + harmonic)]

    np.testing.assert_allclose(terms, expected, rtol=1e-13)
    rate, bound = tuned(js.Constant(1.0), num_steps, **options)
    best = 6 * math.sqrt((1 + harmonic) / num_steps)
    np.testing.assert_allclose(bound, best, rtol=1e-13)
    np.testing.assert_allclose(rate * bound / 2, 4 / (2 * num_steps), rtol=1e-13)


TABLE = {
    "constant": (0.018176, 0.137545),
    "inverse-sqrt": (0.212086, 0.122264),
    "wsd .2 linear": (0.025374, 0.109323),
    "wsd .2 1-sqrt": (0.026846, 0.107288),
    "cosine": (0.048242, 0.103386),
    "1-sqrt, full": (0.073797, 0.101243),
    "linear": (0.049563, 0.100630),
}


@pytest.mark.parametrize("name", TABLE)
def test_table_of_shapes(name):
    """Of 400 updates, in double and in single precision."""
    shape, (rate, bound) = shapes(400)[name], TABLE[name]

    assert tuned(shape, 400) == (given(rate, 6), given(bound, 6))
    assert float(analysis.optimal_rate(shape, 400)) == given(rate, 6)
    assert float(analysis.optimal_bound(shape, 400)) == given(bound, 6)


@pytest.mark.parametrize(
    ("num_steps", "rate", "bound"),
    [(10, 0.2715440, 0.6695716), (100, 0.0972552, 0.2036084), (1000, 0.0314972, 0.0634343)],
)
def test_table_of_linear_decays(num_steps, rate, bound):
    """Of 10, 100 and 1000 updates."""
    shape = js.Transition(1.0, 0.0, num_steps)

    assert tuned(shape, num_steps) == (given(rate, 7), given(bound, 7))


def test_table_of_cooldowns():
    """The share of the run that cools down, linear and 1-sqrt."""
    fractions = [0.1, 0.2, 0.4, 0.6, 0.8, 1.0]
    linear = [0.116136, 0.109323, 0.103762, 0.101567, 0.100766, 0.100630]
    sqrt = [0.113625, 0.107288, 0.102723, 0.101577, 0.101695, 0.101243]
    for curve, bounds in ((curves.Linear(), linear), (SQRT, sqrt)):
        batch = js.stack([wsd(c, 400, curve) for c in fractions])
        found = jax.vmap(lambda s: analysis.optimal_bound(s, 400))(batch)
        np.testing.assert_allclose(found, bounds, rtol=6e-6, atol=0)


@pytest.mark.parametrize(
    ("num_steps", "scaled"), [(400, 2.18646), (1600, 2.16853), (6400, 2.16234)]
)
def test_bounds_fall_as_the_square_root(num_steps, scaled):
    """The bound times it, of a plateau with a decay over the last fifth."""
    _, bound = tuned(wsd(0.2, num_steps), num_steps)

    assert bound * math.sqrt(num_steps) == given(scaled, 5)


def test_table_of_cycle_lengths():
    """A cosine to a tenth that is cut short, as it is made for a longer run.

    There a cycle is so many times a run and its end: 401 values, the last of the next one.
    """
    lengths = [1, 1.1, 1.25, 1.5, 2, 4, 5]
    bounds = [0.104053, 0.104543, 0.107928, 0.114616, 0.123784, 0.133989, 0.135264]
    for length, bound in zip(lengths, bounds, strict=True):
        shape = js.cosine_decay_schedule(1.0, int(401 * length) - 1, alpha=0.1)
        assert tuned(shape, 400)[1] == given(bound, 6)


def test_table_of_falling_norms():
    """They favour a plateau, however the norms are given."""
    expected = {"cosine": 0.013436, "wsd .2 linear": 0.009056, "linear": 0.012831}
    row = inverse_sqrt(np.arange(400))
    for name, bound in expected.items():
        for norms in (inverse_sqrt, row, row.tolist(), jnp.asarray(row), js.Table(row)):
            found = analysis.optimal_bound(shapes(400)[name], 400, gradient_norms=norms)
            assert float(found) == given(bound, 6)


def test_closed_form_of_a_plateau_with_decay():
    """The published upper estimate of the bound, at 1000 updates with a decay over 200."""

    def harmonic(n):
        return math.fsum(1 / k for k in range(1, n + 1))

    t, t0 = 1000, 801
    inside = (
        2 / 3
        + (t + 2 * t0) / (3 * (t + t0))
        + harmonic(t + t0 - 2)
        - harmonic(t - t0 + 1)
        - (t - t0) * (t0 - 1) / (3 * (t - t0 + 2) * (t + t0))
        + 1 / (t - t0) ** 2
        + harmonic(t - t0 - 1) / (t - t0 + 1)
    )
    estimate = math.sqrt(4 / (t + t0) * inside)
    _, bound = tuned(wsd(0.2, t), t)

    assert estimate == given(0.0846389, 7)
    assert bound == given(0.068707, 6)


@pytest.mark.parametrize(("num_steps", "least"), [(10, 0.578013), (100, 0.200114)])
def test_least_bound_of_all_schedules(num_steps, least):
    """Ours, and what SciPy finds by itself from the formula."""
    best = analysis.minimize_bound(num_steps)
    found = float(analysis.optimal_bound(best, num_steps))

    assert found == given(least, 6)
    assert float(best.values.max()) == 1
    if num_steps == 10:
        other = optimize.minimize(
            lambda x: math.log(math.prod(exact(np.exp(x), 1.0))), np.zeros(10), tol=1e-12
        )
        assert 2 * math.exp(other.fun / 2) == pytest.approx(found, rel=1e-6)


# The formula.


@pytest.mark.parametrize("seed", range(4))
def test_sums_as_they_are_written(seed):
    """Random rates and norms, of many sizes, with zeros at the start and inside."""
    rng = np.random.default_rng(seed)
    rates = np.exp(rng.normal(scale=3, size=60)) * 1e-3
    rates[[0, 1, 17, 40]] = 0
    norms, distance = rng.gamma(2, size=60), 1.7
    options = {"gradient_norms": norms, "distance": distance}
    expected = exact(rates, norms, distance)
    found = analysis.bound_terms(js.Table(rates), 60, **options)

    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=0)
    with jax.enable_x64(True):
        found = analysis.bound_terms(js.Table(rates), 60, **options)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=0)


def test_zeros_at_the_end_are_left_out():
    """A schedule with its end among the updates has the bound without it."""
    line = js.Transition(1.0, 0.0, 50)
    expected = float(analysis.last_iterate_bound(line, 50))

    for num_steps in (51, 52, 80):
        found = float(analysis.last_iterate_bound(line, num_steps))
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("shape", ["linear", "cosine", "wsd .2 1-sqrt", "constant"])
def test_a_million_updates_in_single_precision(shape):
    """As exact as three: against the same sums in double precision."""
    schedule = shapes(10**6)[shape]
    expected = parts(analysis.values(schedule, 10**6))
    found = analysis.bound_terms(schedule, 10**6)

    np.testing.assert_allclose(np.float64(found), expected, rtol=1e-6, atol=0)


def test_sizes_that_have_no_square():
    """Rates of 1e-30 and norms of 1e30 in single precision."""
    found = analysis.bound_terms(1e-30 * THREE, 3, gradient_norms=1e18, distance=1e3)

    distance, gradients = (float(x) for x in analysis.bound_terms(THREE, 3))
    np.testing.assert_allclose(found, [distance * 1e36, gradients * 1e6], rtol=1e-5)


def test_bound_after_each_update():
    """Each is the bound of a run of that length, with the same rates."""
    schedule, norms = wsd(0.4, 30), 1 + inverse_sqrt(np.arange(30))
    curve = analysis.bound_curve(schedule, 30, gradient_norms=norms, distance=2.0)
    rates = np.asarray(schedule(np.arange(30)))
    expected = [sum(exact(rates[:t], norms[:t], 2.0)) for t in range(1, 31)]
    some = analysis.bound_curve(
        schedule, 30, counts=[30, 7], gradient_norms=norms, distance=2.0
    )

    np.testing.assert_allclose(curve, expected, rtol=2e-6, atol=0)
    np.testing.assert_allclose(some, [expected[29], expected[6]], rtol=2e-6, atol=0)
