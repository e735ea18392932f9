"""Advice on rates, cooldowns and extensions, against the published tables."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

import jaxsched as js
from jaxsched import analysis

from .shapes import LINE, SQRT, best_rate, inverse_sqrt, parts, wsd

FRACTIONS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1]
SHIFTS = {  # from the longest cooldown to one update's, then to each share
    LINE: [1.1673, 0.7748, 0.6652, 0.5779, 0.4985, 0.4217, 0.3449, 0.1835, 0],
    SQRT: [1.5658, 1.1368, 1.0098, 0.9034, 0.8020, 0.6993, 0.5911, 0.3413, 0],
}
EXTENSIONS = {  # factor, bound with the same rate, bound with the factor, cooldown
    1.5: (0.6367, 0.02849, 0.026771, 0.446),
    2: (0.5330, 0.025628, 0.023101, 0.633),
    2.5: (0.4727, 0.023911, 0.02073, 0.771),
    3: (0.4312, 0.022766, 0.019017, 0.876),
    3.5: (0.4000, 0.021948, 0.017697, 0.959),
}


@pytest.mark.parametrize("curve", SHIFTS, ids=["linear", "1-sqrt"])
def test_table_of_transfers(curve):
    """The logarithm of the rate for the longest cooldown over that for a shorter one."""
    shares = [1 / 6400, *FRACTIONS]
    batch = js.stack([wsd(c, 6400, curve) for c in shares])
    found = jax.vmap(
        lambda s: analysis.transfer(1.0, s, wsd(1.0, 6400, curve), old_steps=6400)
    )(batch)

    np.testing.assert_allclose(np.log(found), SHIFTS[curve], rtol=0, atol=6e-5)


def test_transfer_is_a_quotient_of_optimal_rates():
    """With the tuned rate in front, and the share of the shift as an exponent."""
    old, new = js.Constant(1.0), js.Transition(1.0, 0.0, 1600)
    options = {"old_steps": 400, "new_steps": 1600}
    ratio = analysis.optimal_rate(new, 1600) / analysis.optimal_rate(old, 400)

    for correction in (1.0, 0.5, 0.0):
        found = analysis.transfer(0.3, old, new, correction=correction, **options)
        np.testing.assert_allclose(found, 0.3 * ratio**correction, rtol=1e-6)
    back = analysis.transfer(found, new, old, old_steps=1600, new_steps=400)
    there = analysis.transfer(back, old, new, **options)
    np.testing.assert_allclose(there, found, rtol=1e-6, atol=0)


def test_peaks_do_not_count():
    """A factor on a schedule of another peak makes up for it."""
    options = {"old_steps": 400, "gradient_norms": inverse_sqrt}
    old, new = wsd(0.2, 400), wsd(1.0, 400)
    found = float(analysis.transfer(0.3, old, new, **options))
    other = float(analysis.transfer(1.0, 0.3 * old, 0.01 * new, **options))

    np.testing.assert_allclose(other * 0.01, found, rtol=1e-6, atol=0)


def test_horizons():
    """Four times as long, half the rate; corrected, by what the logs show."""
    old, new = (js.Transition(1.0, 0.0, n) for n in (1000, 4000))
    options = {"old_steps": 1000, "new_steps": 4000}
    exact = math.log(analysis.transfer(1.0, old, new, **options)) / math.log(4)
    correction = analysis.CORRECTIONS["horizon"]
    half = analysis.transfer(1.0, old, new, correction=correction, **options)

    assert -0.505 < exact < -0.49
    assert -0.27 < math.log(half) / math.log(4) < -0.24


def test_corrections_are_fits_to_what_was_measured():
    """Logarithms of six cooldowns against the longest, and two powers of the horizon."""
    predicted = np.array([0.77, 0.66, 0.49, 0.34, 0.18, 0.09])
    observed = np.array([0.72, 0.52, 0.29, 0.11, 0.08, 0.03])
    slope = (predicted @ observed) / (predicted @ predicted)

    assert analysis.CORRECTIONS["cooldown"] == pytest.approx(slope, abs=0.005)
    powers = np.array([0.24, 0.27])
    assert analysis.CORRECTIONS["horizon"] == pytest.approx(
        (powers / 0.5).mean(), abs=0.015
    )


@pytest.mark.parametrize(
    ("rate", "fraction"), [(0.02, 0.29), (0.04, 0.79), (0.05, 1), (0.07, 1)]
)
def test_table_of_best_cooldowns(rate, fraction):
    """At a fixed rate: the higher, the longer."""
    found = analysis.optimal_cooldown(400, rate=rate)
    shape = rate * wsd(fraction, 400)

    assert round(float(found.fraction), 2) == fraction
    assert float(found.rate) == pytest.approx(rate)
    bound = float(analysis.last_iterate_bound(shape, 400))
    assert float(found.bound) == pytest.approx(bound, rel=1e-6)


def test_best_cooldown_of_all_rates():
    """The whole run, at the rate that is best for it; units cancel."""
    found = analysis.optimal_cooldown(400)
    other = analysis.optimal_cooldown(400, gradient_norms=10.0, distance=3.0)

    assert [round(float(x), 6) for x in found] == [1, 0.049563, 0.100630]
    assert float(other.fraction) == 1
    np.testing.assert_allclose(other.rate, 0.3 * found.rate, rtol=1e-6, atol=0)
    np.testing.assert_allclose(other.bound, 30 * found.bound, rtol=1e-6, atol=0)


def test_falling_norms_ask_for_short_cooldowns():
    """Where the last gradients are small there is less noise to average."""
    found = analysis.optimal_cooldown(400, gradient_norms=inverse_sqrt)
    norms = inverse_sqrt(np.arange(400))
    runs = [parts(wsd(c, 400)(np.arange(400)), norms) for c in np.arange(1, 101) / 100]
    bounds = [2 * np.sqrt(a * b) for a, b in runs]

    assert round(float(found.fraction), 2) == (1 + np.argmin(bounds)) / 100 < 0.2
    np.testing.assert_allclose(found.bound, min(bounds), rtol=1e-6, atol=0)


@pytest.mark.parametrize("times", EXTENSIONS)
def test_table_of_extensions(times):
    """Of a run of 4000 updates with a cooldown of a fifth, tuned."""
    new_steps, (factor, same, lowered, fraction) = round(4000 * times), EXTENSIONS[times]
    rate = best_rate(wsd(0.2, 4000)(np.arange(4000)))
    lower = analysis.lower_plateau(4000, new_steps)
    longer = analysis.longer_cooldown(4000, new_steps)

    assert float(lower.value) == pytest.approx(factor, abs=6e-5)
    assert float(longer.value) == pytest.approx(fraction, abs=6e-4)
    for shape, bound in ((wsd(0.2, new_steps), same), (lower.schedule, lowered)):
        found = sum(parts(rate * shape(np.arange(new_steps))))
        assert found == pytest.approx(bound, abs=6e-7)
    for found in (lower, longer):
        best = best_rate(found.schedule(np.arange(new_steps)))
        assert best == pytest.approx(rate, rel=1e-5)


def test_extended_schedules():
    """The plateau that was, up to where the paths part; 0 at the new end."""
    lower = analysis.lower_plateau(1000, 2000).schedule(np.arange(2001))
    longer = analysis.longer_cooldown(1000, 2000)
    begin = int(2000 * (1 - float(longer.value)))
    values = longer.schedule(np.arange(2001))

    np.testing.assert_array_equal(lower[:800], 1)
    np.testing.assert_array_equal(lower[800:1601], lower[800])
    assert float(lower[1800]) == pytest.approx(float(lower[800]) / 2, rel=1e-6)
    np.testing.assert_array_equal(values[: begin + 1], 1)
    assert float(values[begin + 2]) < 1
    assert float(lower[2000]) == float(values[2000]) == 0


def test_factor_is_a_root():
    """Found by SciPy too, with other shares, shapes and norms."""
    options = {"decay_fraction": 0.5, "curve": SQRT}
    found = analysis.lower_plateau(200, 500, gradient_norms=inverse_sqrt, **options)
    norms = inverse_sqrt(np.arange(500))
    plateau = np.append(np.zeros(100), np.ones(150))
    after = np.append(plateau, 1 - np.sqrt(np.arange(250) / 250))
    target = best_rate(wsd(0.5, 200, SQRT)(np.arange(200)), norms[:200])

    def excess(factor):
        return best_rate(np.where(np.arange(500) < 100, 1, factor * after), norms) - target

    root = optimize.brentq(excess, 0.2, 1.0)
    np.testing.assert_allclose(found.value, root, rtol=1e-5, atol=0)


def test_too_long_for_a_cooldown():
    """Four times as long there is none; in a trace the answer is the longest."""
    with pytest.raises(ValueError, match=r"none for 16000 updates. Lower the plateau"):
        analysis.longer_cooldown(4000, 16000)
    factor = float(analysis.lower_plateau(4000, 16000).value)
    traced = jax.jit(lambda c: analysis.longer_cooldown(400, 1800, decay_fraction=c).value)

    assert factor == pytest.approx(0.3754, abs=6e-5)
    assert float(traced(0.2)) == pytest.approx(1, abs=1e-6)


def test_advice_is_traced_and_batched():
    """One program for many shares of a run, many rates."""
    shares = jnp.asarray([0.1, 0.2, 0.4])
    for advise in (analysis.lower_plateau, analysis.longer_cooldown):
        found = jax.jit(jax.vmap(lambda c, f=advise: f(400, 700, decay_fraction=c).value))(
            shares
        )
        alone = [advise(400, 700, decay_fraction=float(c)).value for c in shares]
        np.testing.assert_allclose(found, alone, rtol=1e-4, atol=0)
    rates = jnp.asarray([0.02, 0.04])
    found = jax.vmap(lambda r: analysis.optimal_cooldown(400, rate=r).fraction)(rates)
    np.testing.assert_allclose(found, [0.29, 0.79], rtol=1e-6)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: analysis.transfer(0.0, 1.0, 1.0, old_steps=5),
            r"rate=...\) must be above",
        ),
        (lambda: analysis.transfer(1.0, 0.0, 1.0, old_steps=5), "optimal rates above 0"),
        (lambda: analysis.transfer(1.0, 1.0, 0.0, old_steps=5), "optimal rates above 0"),
        (lambda: analysis.transfer(1.0, 1.0, 1.0, old_steps=0), "old_steps"),
        (lambda: analysis.optimal_cooldown(0), "num_steps"),
        (lambda: analysis.optimal_cooldown(5, rate=-1.0), r"rate=...\) must be above 0"),
        (lambda: analysis.lower_plateau(400, 400), "new_steps > old_steps, got 400, 400"),
        (lambda: analysis.longer_cooldown(400, 300), "new_steps > old_steps"),
        (lambda: analysis.lower_plateau(400, 800, decay_fraction=20), "0 < decay_fraction"),
        (
            lambda: analysis.lower_plateau(400, 800, decay_fraction=0.0),
            "0 < decay_fraction",
        ),
    ],
)
def test_wrong_arguments_raise(ask, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        ask()
