"""Combinators that change the clock."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves

LAST = 2**31 - 1


def test_delay_waits_at_the_first_value():
    """And is then the schedule, bit for bit, also without any delay."""
    cosine = js.Transition(1.0, 0.0, 10, curves.Cosine())

    for delay in (0, 1, 5, 2**30 + 1):
        later = js.Delay(cosine, delay)
        np.testing.assert_array_equal(later(delay + np.arange(12)), cosine(np.arange(12)))
        assert float(later(max(delay - 1, 0))) == 1.0


@pytest.mark.parametrize("per_epoch", [1, 3, 7, 47, 390, 1_563, 10**6])
def test_an_epoch_never_starts_early(per_epoch):
    """A drop after whole epochs is at the exact update, never one before."""
    epochs = [e for e in (1, 2, 3, 10, 47, 100, 1_000, 2_000) if e * per_epoch < LAST]
    drops = js.PiecewiseConstant(epochs, np.arange(len(epochs) + 1.0))
    schedule = js.Stretch(drops, per_epoch)
    starts = np.asarray(epochs) * per_epoch

    np.testing.assert_array_equal(schedule(starts), np.arange(1, len(epochs) + 1))
    np.testing.assert_array_equal(schedule(starts - 1), np.arange(len(epochs)))


@pytest.mark.parametrize("per_epoch", [1_563, 100_000, 10**6])
def test_a_long_stretch_keeps_its_digits(per_epoch):
    """A cosine in epochs keeps its digits to the last update, where it is 1e-16."""
    epochs = 90
    total = per_epoch * epochs
    counts = np.asarray([*range(0, total, total // 97), *range(total - 50, total + 2)])
    in_epochs = js.Stretch(js.Transition(1.0, 0.0, epochs, curves.Cosine()), per_epoch)
    in_updates = js.Transition(1.0, 0.0, total, curves.Cosine())

    np.testing.assert_allclose(in_epochs(counts), in_updates(counts), rtol=5e-6, atol=0)
    assert (np.asarray(in_epochs(counts))[counts < total] > 0).all()


def test_a_fraction_of_an_update_in_a_stretch():
    """A factor with a fraction is as good."""
    stretched = js.Stretch(js.Transition(0.0, 1.0, 4), 2.5)

    np.testing.assert_allclose(
        stretched(np.arange(11)), np.arange(11) / 10, rtol=1e-6, atol=0
    )


@pytest.mark.parametrize("hold", [1, 2, 3, 7, 1_000])
def test_hold_is_a_staircase(hold):
    """Constant within an interval, the schedule itself at its start."""
    line = js.Transition(1.0, 0.0, 50)
    counts = np.asarray([*range(60), 2**24 + 1, LAST - 1])

    np.testing.assert_array_equal(js.Hold(line, hold)(counts), line(counts // hold * hold))


@pytest.mark.parametrize("period", [1, 2, 3, 5, 7, 1_000, 2**24 + 1])
def test_equal_cycles_restart_exactly(period):
    """Every restart is at its own count, up to the last count there is."""
    saw = js.Repeat(js.Transition(1.0, 0.0, period), period)
    index = np.unique(np.asarray([0, 1, 2, LAST // period // 2, LAST // period - 1]))
    starts = index * period

    np.testing.assert_array_equal(saw(starts), np.ones(len(starts)))
    np.testing.assert_array_equal(saw(starts + period - 1), [saw(period - 1)] * len(starts))


@pytest.mark.parametrize(
    ("period", "growth"), [(10, 2), (7, 3), (1, 2), (1_000, 10), (1, 9)]
)
def test_growing_cycles_restart_exactly(period, growth):
    """With whole growth every restart is the geometric sum, as far as counts go."""
    starts, length = [0], period
    while starts[-1] + length <= LAST - 1:
        starts.append(starts[-1] + length)
        length *= growth
    saw = js.Repeat(js.Transition(1.0, 0.0, period), period, growth)
    starts = np.asarray(starts)

    np.testing.assert_array_equal(saw(starts), np.ones(len(starts)))
    assert (np.asarray(saw(starts[1:] - 1)) < 1).all() or period == 1


def test_a_growth_with_a_fraction():
    """Starts are those of the geometric sum to the nearest count."""
    saw = js.Repeat(js.Transition(1.0, 0.0, 8), 8, 1.5)
    starts, length = [0.0], 8.0
    for _ in range(12):
        starts.append(starts[-1] + length)
        length *= 1.5
    first = np.ceil(np.asarray(starts)).astype(int)
    lengths = 8 * 1.5 ** np.arange(13)

    expected = 1 - (first - np.asarray(starts)) / lengths
    np.testing.assert_allclose(saw(first), expected, rtol=1e-5, atol=0)
    assert (np.asarray(saw(first[1:] - 1)) < 0.25).all()


def test_growth_of_one_is_no_growth():
    """Whether it is left out, whole, real or traced."""
    counts = np.asarray([*range(25), 10**6 + 3])
    plain = js.Repeat(js.Transition(1.0, 0.0, 10), 10)(counts)

    for growth in (1, 1.0, jnp.int32(1), jnp.float32(1)):
        saw = js.Repeat(js.Transition(1.0, 0.0, 10), 10, growth)
        np.testing.assert_allclose(saw(counts), plain, rtol=2e-6, atol=0)


def test_peaks_decay_by_cycle():
    """Each cycle is lower by the factor; with zero only the first one is left."""
    flat = js.Repeat(1.0, 2, peak_decay=0.5)
    once = js.Repeat(1.0, 2, peak_decay=0.0)

    np.testing.assert_array_equal(flat(np.arange(6)), [1, 1, 0.5, 0.5, 0.25, 0.25])
    np.testing.assert_array_equal(once(np.arange(4)), [1, 1, 0, 0])


def test_peaks_that_grow_are_bounded():
    """A factor above 1 stops at e^60 instead of at infinity, gradients included."""
    grow = lambda d: js.Repeat(1.0, 1, peak_decay=d)(LAST - 1)  # noqa: E731
    value, slope = jax.value_and_grad(grow)(1.5)

    np.testing.assert_allclose(value, np.exp(60), rtol=1e-4, atol=0)
    assert np.isfinite(slope)


def test_gradients_cross_a_restart():
    """Every number of a growing, decaying cycle has a finite derivative."""
    schedule = js.Repeat(js.Transition(1.0, 0.25, 10.0), 10.0, 1.5, 0.75)
    slopes = jax.jit(jax.vmap(jax.grad(lambda s, t: s(t)), in_axes=(None, 0)))

    for leaf in jax.tree.leaves(slopes(schedule, np.arange(60))):
        assert np.isfinite(leaf).all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: js.Delay(1.0, -1), r"Delay\(delay_steps=...\) must be 0 or more, got -1"),
        (lambda: js.Stretch(1.0, 0), r"Stretch\(factor=...\) must be above 0, got 0"),
        (lambda: js.Hold(1.0, 0), r"Hold\(hold_steps=...\) must be above 0, got 0"),
        (lambda: js.Repeat(1.0, 0), r"Repeat\(period_steps=...\) must be above 0, got 0"),
        (lambda: js.Repeat(1.0, 5, 0.5), r"period_growth=...\) must be 1 or more, got 0.5"),
        (lambda: js.Repeat(1.0, 5, 2, -1), r"peak_decay=...\) must be 0 or more, got -1"),
    ],
)
def test_wrong_clocks_raise(build, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    ("total", "cycles"), [(22, 6), (10, 6), (100, 3), (1_000, 7), (79, 12)]
)
def test_periods_that_are_no_float_meet_their_whole_lengths(total, cycles):
    """A period of 22/6, rounded, still restarts at count 11."""
    restarts = js.cosine_hard_restarts_schedule(1.0, decay_steps=total, num_cycles=cycles)
    at = [t for t in range(total) if t * cycles % total == 0]

    np.testing.assert_array_equal(restarts(np.asarray(at)), np.ones(len(at)))
    with jax.enable_x64(True):
        np.testing.assert_array_equal(restarts(np.asarray(at)), np.ones(len(at)))


def test_stairs_of_a_decimal_length_come_in_time():
    """A step every 1.1 updates is due at count 11."""
    stairs = js.Hold(js.Transition(22.0, 0.0, 22), 1.1)

    np.testing.assert_allclose(stairs(11), 11, rtol=1e-6)
    np.testing.assert_allclose(stairs(10), 22 - 9.9, rtol=1e-6)


def test_horizons():
    """Where a schedule ends, through every change of the clock; endless ones say so."""
    decay, endless = js.Transition(1.0, 0.0, 10), js.ExponentialDecay(1.0, 0.5, 3)

    assert js.Delay(decay, 5).horizon() == 15
    assert js.Advance(decay, 4).horizon() == 6
    assert js.Advance(decay, 40).horizon() == 0
    assert js.Stretch(decay, 7).horizon() == 70
    assert js.Hold(decay, 3).horizon() == 12
    assert js.Repeat(decay, 10).horizon() == np.inf
    assert js.Hold(endless, 3).horizon() == np.inf
    assert (decay * endless).horizon() == np.inf
    assert js.Join([endless, decay], [20]).horizon() == 30
    assert js.warmup_schedule(decay, warmup_steps=5).horizon() == 15
