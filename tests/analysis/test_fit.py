"""Fits of laws: published data, known answers, what cannot be known, and digits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import sweeps, tasks
from jaxsched.analysis import AnnealingLaw, FunctionalLaw, LossCurve, MultiPowerLaw, fit

# The demonstration of Tissue et al., arXiv:2408.11029: losses every 1000 updates.
COSINE = [
    *(3.6696358, 3.3254106, 3.1908393, 3.1158533, 3.0604768, 3.020384, 2.9880967),
    *(2.9612265, 2.9395165, 2.9195616, 2.9030452, 2.8881907, 2.8767889, 2.8654318),
    *(2.8565135, 2.8489892, 2.843639, 2.8398669, 2.8380618, 2.8376071),
]
CONSTANT = [
    *(3.6714418, 3.325626, 3.1884103, 3.111947, 3.058354, 3.0211415, 2.9874816),
    *(2.96082, 2.9406552, 2.9241402, 2.9054413, 2.8942103, 2.8807929, 2.8702695),
    *(2.862175, 2.8530996, 2.8448784, 2.8383856, 2.8326995, 2.8294308),
]


def test_published_demonstration():
    """L0 = 2.627796, A = .429665, C = .410772, alpha = .549846 were found elsewhere."""

    def warm(schedule):
        return js.Join([js.Transition(0.0, 2e-4, 500), schedule], [500])

    counts = np.arange(1000, 20_001, 1000)
    cosine = js.cosine_annealing_schedule(2e-4, decay_steps=19_500)
    curves = [
        LossCurve(warm(cosine), counts, COSINE),
        LossCurve(warm(js.Constant(2e-4)), counts, CONSTANT),
    ]
    guess = AnnealingLaw(2.0, 0.5, 0.5, 0.5, memory=0.999, warmup_steps=500)
    found = fit(guess, curves, fixed=["memory"], num_starts=3, num_iterations=60)

    assert found.law.floor == pytest.approx(2.627796, rel=2e-4)
    assert found.law.scale == pytest.approx(0.429665, rel=1e-3)
    assert found.law.drop_scale == pytest.approx(0.410772, rel=1e-3)
    assert found.law.exponent == pytest.approx(0.549846, rel=1e-3)
    assert found.objective <= 1.62925e-5
    assert min(found.r_squared) > 0.9996
    assert found.unidentified == []
    assert (found.law.memory, found.law.warmup_steps) == (0.999, 500)


STEPS = 300
COUNTS = np.arange(10, STEPS + 1, 10)
SCHEDULES = [
    js.Constant(0.1),
    js.Transition(0.1, 0.0, STEPS),
    js.Transition(0.1, 0.05, STEPS),
]
TRUE = {
    "annealing": (
        AnnealingLaw(2.0, 0.5, 0.5, 0.3, 0.95),
        AnnealingLaw(1.5, 1.0, 0.8, 0.1, 0.9),
    ),
    "functional": (
        FunctionalLaw(2.0, 0.5, 0.5, 0.5, 0.4, 2.0, 0.8),
        FunctionalLaw(1.5, 0.8, 0.7, 0.3, 0.6, 1.0, 0.5),
    ),
    "multi-power": (
        MultiPowerLaw(2.0, 0.5, 0.5, 3.0, 2.0, 0.6, 0.5),
        MultiPowerLaw(1.5, 0.8, 0.7, 2.0, 1.0, 0.4, 0.4),
    ),
}


def curves_of(law, noise=0.0, schedules=SCHEDULES):
    rng = np.random.default_rng(1)
    return [
        LossCurve(
            s,
            COUNTS,
            np.asarray(law.loss_curve(s, STEPS, COUNTS))
            * np.exp(noise * rng.standard_normal(COUNTS.size)),
        )
        for s in schedules
    ]


@pytest.mark.parametrize("kind", TRUE)
def test_a_law_predicts_what_it_made(kind):
    """A schedule that was not among those that were fitted, to a thousandth."""
    true, guess = TRUE[kind]
    found = fit(guess, curves_of(true), num_starts=4)
    other = js.Join([js.Constant(0.1), js.Transition(0.1, 0.0, 60)], [240])
    expected = np.asarray(true.loss_curve(other, STEPS, COUNTS))

    np.testing.assert_allclose(
        found.law.loss_curve(other, STEPS, COUNTS), expected, rtol=2e-3
    )
    assert min(found.r_squared) > 0.9998
    assert np.abs(found.end_errors).max() < 2e-3
    assert found.objectives == sorted(found.objectives)


def test_parameters_that_are_known_are_found():
    """Within their intervals under noise, which a fit without any does not have."""
    true, guess = TRUE["annealing"]
    noisy = fit(guess, curves_of(true, noise=1e-3))
    exact = fit(guess, curves_of(true))

    for name in ("floor", "scale", "exponent", "drop_scale", "memory"):
        low, high = noisy.intervals[name]
        assert low * 0.9 < getattr(true, name) < high * 1.1
        assert getattr(exact.law, name) == pytest.approx(getattr(true, name), rel=2e-2)
    assert noisy.unidentified == []
    assert "floor" in str(noisy)


def test_what_curves_do_not_say_is_said():
    """Without a decay nothing is known of what a decay brings."""
    true, guess = TRUE["multi-power"]
    found = fit(guess, curves_of(true, schedules=SCHEDULES[:1]), num_starts=2)

    assert {"drop_scale", "drop_rate", "drop_exponent"} <= set(found.unidentified)
    assert "not identified" in str(found)
    assert not {"floor", "exponent"} & set(found.unidentified)


@pytest.mark.parametrize(("value", "num"), [(3.0, 7), (3.1, 9), (2.7, 9), (0.1, 7)])
def test_losses_that_are_all_alike_have_no_share(value, num):
    """Whatever their mean rounds to."""
    counts = np.arange(1, num + 1)
    curve = LossCurve(0.1, counts, np.full(num, value))
    found = fit(AnnealingLaw(1.0, 1.0, 1.0, 0.1, 0.99), [curve], fixed=["memory"])

    assert np.isnan(found.r_squared[0])


def test_outliers_count_little():
    """A tenth of the losses twice as high moves a prediction by less than a hundredth."""
    true, guess = TRUE["annealing"]
    curves = curves_of(true, noise=1e-3)
    spoilt = [
        c._replace(losses=np.where(np.arange(30) % 10 == 3, 2, 1) * c.losses)
        for c in curves
    ]
    found = fit(guess, spoilt)

    np.testing.assert_allclose(
        found.law.loss_curve(SCHEDULES[1], STEPS, COUNTS), curves[1].losses, rtol=1e-2
    )


def test_a_third_schedule_of_the_digits():
    """Fitted to a constant and a line, it predicts a cosine to a few hundredths."""
    num_steps, peak = 600, 0.05
    schedules = [
        js.Constant(peak),
        js.Transition(peak, 0.0, num_steps),
        js.cosine_annealing_schedule(peak, decay_steps=num_steps),
    ]
    result = sweeps.run(
        tasks.Digits(),
        schedules,
        num_steps=num_steps,
        num_seeds=24,
        key=jax.random.key(0),
        chunk_steps=20,
        progress=False,
    )
    counts = result.eval_steps[2:]
    losses = result.evaluations["validation_loss"].mean(axis=1)[:, 2:]
    curves = [LossCurve(s, counts, y) for s, y in zip(schedules[:2], losses, strict=False)]
    found = fit(AnnealingLaw(0.05, 0.2, 0.7, 0.2, memory=0.97), curves)
    predicted = np.asarray(found.law.loss_curve(schedules[2], num_steps, counts))
    error = predicted / losses[2] - 1

    assert np.abs(error).mean() < 0.03
    assert abs(error[-1]) < 0.1
    # The next best guess, the curve of the line, is further off on the way.
    assert np.abs(error).mean() < np.abs(losses[1] / losses[2] - 1).mean()


LAW = TRUE["annealing"][0]


@pytest.mark.parametrize(
    ("curves", "options", "words"),
    [
        ([LossCurve(0.1, [1, 2, 3], [3.0, 2.0, 1.0])], {}, "3 for 5. Measure more often"),
        ([LossCurve(0.1, [1, 2], [3.0, 2.0, 1.0])], {}, "a loss for each count"),
        ([LossCurve(0.1, [1, 2], [3.0, np.nan])], {}, "finite losses above 0"),
        ([LossCurve(0.1, [1, 2], [3.0, -1.0])], {}, "finite losses above 0, got .-1.0."),
        ([LossCurve(0.1, [0, 2], [3.0, 1.0])], {}, "counts from 1 on, got 0"),
        ([LossCurve(0.1, [1, 2.5], [3.0, 1.0])], {}, "whole counts, got"),
        ([LossCurve(0.1, [1, np.nan], [3.0, 1.0])], {}, "counts from 1 on, got nan"),
        ([], {}, "0 for 5"),
        (curves_of(LAW), {"fixed": ["memmory"]}, "must be one of 'floor'"),
        ([LossCurve(lambda t: t * np.nan, [1, 2], [3.0, 1.0])], {}, "finite rates of 0"),
        ([LossCurve(js.Transition(-0.1, 0.1, 9), [5, 6], [3.0, 1.0])], {}, "of 0 or more"),
        (
            [LossCurve(js.Transition(0.0, 0.1, 9), [1, 6], [3.0, 1.0])],
            {},
            "a rate above 0 before each count, got 0 up to count 1. Leave out",
        ),
        ([LossCurve(0.0, [3, 6], [3.0, 1.0])], {}, "a rate above 0 before each count"),
        (curves_of(LAW), {"num_starts": 0}, "num_starts"),
        (curves_of(LAW), {"num_blocks": 0}, "num_blocks"),
        (curves_of(LAW), {"ridge": -1.0}, "ridge >= 0"),
        (curves_of(LAW), {"threshold": 0.0}, "threshold"),
    ],
)
def test_errors(curves, options, words):
    with pytest.raises(ValueError, match=words):
        fit(LAW, curves, **options)


def test_a_guess_of_zero_is_refused():
    with pytest.raises(ValueError, match="floor"):
        fit(LAW.replace(floor=0.0), curves_of(LAW))


def test_a_guess_without_a_finite_loss_is_refused():
    """A power that float32 does not hold."""
    with pytest.raises(ValueError, match="a start with finite losses"):
        fit(LAW.replace(exponent=1e9), curves_of(LAW), num_starts=1)
    assert jnp.isfinite(LAW.expected_loss(0.1, 10))


def test_a_guess_with_losses_below_zero_is_climbed_from():
    """Where there is no logarithm there is a slope."""
    guess = LAW.replace(drop_scale=5.0)
    assert float(guess.loss_curve(SCHEDULES[1], STEPS, COUNTS).min()) < 0
    found = fit(guess, curves_of(LAW), num_starts=1)

    assert found.law.drop_scale == pytest.approx(LAW.drop_scale, rel=2e-2)
    assert found.objective < 1e-8


def test_a_memory_stays_below_one():
    """Whatever the curves: also without any drop, where it is not identified."""
    found = fit(LAW.replace(memory=0.999), curves_of(LAW, schedules=SCHEDULES[:1]))

    assert 0 <= found.law.memory <= 1
    assert "memory" in found.unidentified
    low, high = found.intervals["memory"]
    assert (low, high) == (0, 1)
    with pytest.raises(ValueError, match=r"memory < 1, got 1\.0"):
        fit(LAW.replace(memory=1.0), curves_of(LAW))


def test_a_ridge_holds_what_is_not_known():
    """At the guess, and has little to say where curves have much."""
    true, guess = TRUE["multi-power"]
    curves = curves_of(true, schedules=SCHEDULES[:1])
    held = fit(guess, curves, num_starts=2, ridge=1e-6)

    assert held.law.drop_rate == pytest.approx(guess.drop_rate, rel=1e-3)
    assert held.law.drop_scale == pytest.approx(guess.drop_scale, rel=1e-3)
    assert held.law.floor == pytest.approx(true.floor, rel=1e-2)
    # What holds them is the guess, not the curves.
    assert {"drop_scale", "drop_rate", "drop_exponent"} <= set(held.unidentified)
    for name in ("floor", "exponent"):
        low, high = held.intervals[name]
        assert 0 < low < getattr(held.law, name) < high < np.inf
