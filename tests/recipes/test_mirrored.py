"""Momentum that mirrors a rate."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

COUNTS = np.arange(130)


@pytest.mark.parametrize("curve", [js.curves.Cosine(), js.curves.Linear()])
def test_of_one_cycle_it_is_the_policy_s_own(curve):
    """Base and peak are found in the rate."""
    lengths = {"warmup_steps": 30, "decay_steps": 70, "curve": curve}
    rate = js.onecycle_schedule(0.01, 0.25, 0.01, **lengths)
    expected = js.onecycle_momentum_schedule(0.95, 0.85, **lengths)

    found = js.mirrored_momentum_schedule(rate, 0.95, 0.85)
    np.testing.assert_allclose(found(COUNTS), expected(COUNTS), rtol=1e-6, atol=0)
    assert float(found(0)) == float(found(100)) == np.float32(0.95)
    assert float(found(30)) == np.float32(0.85)


RATES = {
    "restarts": js.cosine_restarts_schedule(0.5, period_steps=20),
    "inverse": js.InverseSqrtDecay(0.5, 10),
    "triangular": js.triangular_schedule(0.1, 0.5, half_period_steps=16),
    "function": lambda t: 0.5 / (1 + t.astype(float)),
}


@pytest.mark.parametrize("name", RATES)
def test_any_rate_has_one(name):
    """In the same proportion, whatever the shape, without an end too."""
    rates = np.asarray(js.as_schedule(RATES[name])(np.arange(130)), np.float64)
    momentum = js.mirrored_momentum_schedule(RATES[name], 0.9, 0.8, total_steps=129)

    w = (rates - rates.min()) / (rates.max() - rates.min())
    np.testing.assert_allclose(momentum(COUNTS), 0.9 - 0.1 * w, rtol=1e-6, atol=0)


def test_given_rates_are_kept_and_not_passed():
    """Below the base and above the peak it stays where it is."""
    rate = js.linear_schedule(1.0, 0.0, 100)
    momentum = js.mirrored_momentum_schedule(rate, 1.0, 0.5, base_rate=0.25, peak_rate=0.75)

    assert [float(momentum(t)) for t in (0, 25, 50, 75, 100)] == [0.5, 0.5, 0.75, 1, 1]
    assert (momentum.low, momentum.high) == (0.25, 0.75)


def test_of_traced_rates():
    """Peaks are found under vmap, and a gradient passes through them."""

    def early(peak):
        rate = js.linear_schedule(peak, 0.0, 4)
        options = {"base_rate": 0.0, "total_steps": 4}
        return js.mirrored_momentum_schedule(rate, 1.0, 0.5, **options)(1)

    np.testing.assert_array_equal(jax.vmap(early)(jnp.asarray([1.0, 8.0])), [0.625] * 2)
    assert float(jax.grad(early)(2.0)) == 0
    with pytest.raises(ValueError, match="a rate with an end"):
        jax.vmap(
            lambda n: js.mirrored_momentum_schedule(js.linear_schedule(1.0, 0.0, n))(1)
        )(jnp.asarray([3, 4]))


@pytest.mark.parametrize(
    ("rate", "options", "message"),
    [
        (0.1, {}, "base_rate < peak_rate, got 0.1.* and 0.1"),
        (js.Constant(0.1), {"base_rate": 0.2}, "base_rate < peak_rate"),
        (js.InverseSqrtDecay(0.1, 10), {}, "a rate with an end, got InverseSqrtDecay"),
        (js.InverseSqrtDecay(0.1, 10), {"total_steps": 0}, "total_steps"),
        (lambda t: jnp.nan * t.astype(float), {"total_steps": 3}, "a number"),
    ],
)
def test_what_has_no_mirror_image_is_refused(rate, options, message):
    """Flat, endless or not a number."""
    with pytest.raises(ValueError, match=message):
        js.mirrored_momentum_schedule(rate, **options)


def test_remapped_needs_two_values():
    """In order."""
    for low, high in ((1.0, 1.0), (1.0, 0.5)):
        with pytest.raises(ValueError, match=f"low < high, got low={low} and high={high}"):
            js.Remapped(js.Constant(0.5), low, high, 0.0, 1.0)


def test_a_run_that_is_too_long_to_look_at():
    """Its extremes are to be given."""
    rate = js.Transition(1.0, 0.0, 2e12)
    with pytest.raises(ValueError, match=r"at most 268435456 updates.* Give base_rate and"):
        js.mirrored_momentum_schedule(rate)

    momentum = js.mirrored_momentum_schedule(rate, 0.95, 0.85, base_rate=0, peak_rate=1)
    assert float(momentum(0)) == pytest.approx(0.85)
