"""Schedules that come back."""

import numpy as np
import pytest

import jaxsched as js

POLICIES = [
    (js.triangular_schedule, {}, [0.001, 0.0035, 0.006, 0.0035, 0.001, 0.006, 0.006], 1e-6),
    (
        *(js.triangular2_schedule, {}),
        *([0.001, 0.0035, 0.006, 0.0035, 0.001, 0.0035, 0.00225], 1e-6),
    ),
    (
        # The rate as a float32 is 3e-8 off, and raised to the ten thousandth power.
        *(js.exp_range_schedule, {"decay_rate": 0.99994}),
        [0.001, 0.00335441, 0.00543459, 0.00308816, 0.001, 0.00448834, 0.00374401],
        3e-4,
    ),
]


@pytest.mark.parametrize(("recipe", "more", "values", "rtol"), POLICIES)
def test_cyclical_rates(recipe, more, values, rtol):
    """The three policies of Smith (2015), with its own numbers."""
    schedule = recipe(0.001, 0.006, half_period_steps=2_000, **more)
    counts = np.asarray([0, 1_000, 2_000, 3_000, 4_000, 6_000, 10_000])

    np.testing.assert_allclose(schedule(counts), values, rtol=rtol, atol=0)


def test_warm_restarts():
    """Loshchilov and Hutter (2017): periods of 10, 20, 40."""
    schedule = js.cosine_restarts_schedule(1.0, period_steps=10, period_growth=2)
    counts = np.asarray([0, 5, 9, 10, 20, 29, 30, 69, 70])
    values = [1, 0.5, 0.02447174, 1, 0.5, 0.00615583, 1, 0.001541333, 1]

    np.testing.assert_allclose(schedule(counts), values, rtol=1e-6, atol=0)


def test_restarts_decay_towards_the_floor():
    """Peaks shrink above the floor, never below it."""
    schedule = js.cosine_restarts_schedule(1.0, 0.5, period_steps=10, peak_decay=0.5)

    np.testing.assert_array_equal(schedule(np.asarray([0, 10, 20])), [1, 0.75, 0.625])
    assert (np.asarray(schedule(np.arange(200))) >= 0.5).all()


@pytest.mark.parametrize("half", [1, 2, 3, 4, 5])
def test_short_cycles(half):
    """Both ends are met exactly, in every cycle, however short."""
    for build in (js.triangular_schedule, js.cosine_oscillation_schedule):
        keys = (
            {"half_period_steps": half}
            if "tri" in build.__name__
            else {"decay_steps": half}
        )
        values = np.asarray(build(0.25, 1.0, **keys)(np.arange(6) * half))
        np.testing.assert_array_equal(values, [0.25, 1] * 3)


def test_momentum_mirrors_the_rate():
    """Where the rate has its peak the momentum has its lowest value."""
    lengths = {"warmup_steps": 30, "decay_steps": 70}
    rate = js.onecycle_schedule(0.0, 1.0, **lengths)(np.arange(101))
    momentum = js.onecycle_momentum_schedule(0.75, 0.25, **lengths)(np.arange(101))

    assert int(np.argmax(rate)) == int(np.argmin(momentum)) == 30
    np.testing.assert_array_equal(np.asarray(momentum)[[0, 30, 100]], [0.75, 0.25, 0.75])


def test_one_cycle_as_fastai_prints_it():
    """A quarter of the way up, a division by 25, and down to a hundred-thousandth."""
    schedule = js.onecycle_schedule(0.04, 1.0, 1e-5, warmup_steps=25, decay_steps=75)
    counts = np.asarray([0, 10, 25, 50, 75, 100])

    values = [0.04, 0.37167184, 1, 0.7500025, 0.2500075, 1e-5]
    np.testing.assert_allclose(schedule(counts), values, rtol=1e-6, atol=0)
