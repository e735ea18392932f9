"""A schedule on the clock of an outer loop."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

LAST = 2**31 - 1
COUNTS = [0, 1, 14, 15, 16, 17, 159, 160, 2**24 + 1, 2**24 + 15, LAST - 1]


def by_hand(counts, period):
    """What is written by hand today: a line over ten outer updates."""
    turn = np.asarray(counts, np.int64) // period
    return 1.0 - np.minimum(turn, 10) / 10


def the_turn(period):
    """The outer count itself, as a float: 1 more each turn."""
    return js.Every(js.as_schedule(lambda count: count), period)


@pytest.mark.parametrize("period", [1, 2, 3, 7, 16, 1_000, 2**24 + 1, LAST])
def test_the_turn_is_the_whole_quotient(period):
    """Around the ends of turns, at every size of count, as constant and as argument."""
    whole = [n * period + d for n in (1, 2, 3, 10, LAST // period) for d in (-1, 0, 1)]
    counts = [c for c in {*COUNTS, *whole} if 0 <= c < LAST]
    turn = np.asarray(counts) // period
    # A child that tells neighbours apart where a float32 no longer does.
    odd = js.every(lambda count: count % 2, period)
    as_argument = jax.jit(lambda s, c: s(c))
    counts = np.asarray(counts, np.int32)

    for got in (odd(counts), as_argument(odd, counts), jax.jit(lambda c: odd(c))(counts)):
        np.testing.assert_array_equal(got, turn % 2)
    np.testing.assert_array_equal(the_turn(period)(counts), turn.astype(np.float32))


def test_rates_of_an_outer_loop():
    """4 minibatches, 4 epochs, 10 updates: constant within 16 steps, then 0.1 less."""
    rate = js.every(js.linear_schedule(1.0, 0.0, 10), 4 * 4)
    counts = np.arange(170)

    np.testing.assert_allclose(rate(counts), by_hand(counts, 16), rtol=1e-6, atol=0)
    np.testing.assert_array_equal(np.unique(rate(counts[:16])), [1.0])
    assert len(np.unique(rate(counts))) == 11


def test_in_a_compiled_training():
    """Scanned, the rate is that of the hand-written `count // 16`, bit for bit."""
    line = js.linear_schedule(1.0, 0.0, 10)

    def steps(rate):
        return jax.jit(lambda: jax.lax.scan(lambda c, _: (c + 1, rate(c)), 0, length=165))

    got = steps(js.every(line, 16))()[1]
    np.testing.assert_array_equal(got, steps(lambda count: line(count // 16))()[1])
    # `1 - count // 16 / 10`, compiled, ends at -1.5e-8.
    np.testing.assert_allclose(got, by_hand(np.arange(165), 16), rtol=1e-6, atol=0)


def test_periods_are_batched():
    """One program for several lengths of a turn, each as if alone."""
    periods = np.asarray([1, 3, 16, 100], np.int32)
    counts = np.asarray(COUNTS, np.int32)
    line = js.linear_schedule(1.0, 0.0, 10)
    got = jax.jit(jax.vmap(lambda k: js.every(line, k)(counts)))(periods)

    for row, period in zip(got, periods, strict=True):
        np.testing.assert_allclose(row, by_hand(counts, int(period)), rtol=1e-6, atol=0)


def test_children_see_whole_counts():
    """A table, which has no value in between, is read at its rows."""
    rows = js.every(js.Table([3.0, 1.0, 2.0]), 5)

    np.testing.assert_array_equal(rows(np.arange(15)), np.repeat([3, 1, 2], 5))


def test_a_length_with_a_fraction():
    """A turn of 2.5 updates, and a fractional count, are floored as they are."""
    turn = the_turn(2.5)

    np.testing.assert_array_equal(turn(np.arange(11)), [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4])
    np.testing.assert_array_equal(the_turn(2)(np.float32([1.9, 2.0, 3.5])), [0, 1, 1])


def test_gradients():
    """Of the schedule inside; none of the length, whose floor is flat."""
    line = js.every(js.Transition(1.0, 0.0, 10), jnp.float32(16))
    slope = jax.grad(lambda s: s(32), allow_int=True)(line)

    np.testing.assert_allclose(slope.schedule.init_value, 0.8, rtol=1e-6)
    np.testing.assert_allclose(slope.schedule.end_value, 0.2, rtol=1e-6)
    assert float(slope.period_steps) == 0


def test_horizon():
    """The first update of the last turn."""
    line, endless = js.Transition(1.0, 0.0, 10), js.ExponentialDecay(1.0, 0.5, 3)
    longer = js.Every(js.Transition(1.0, 0.0, 9.5), 16)

    assert js.every(line, 16).horizon() == 160
    assert longer.horizon() == 160
    assert float(longer(160)) == 0 < float(longer(159))
    assert js.every(0.1, 16).horizon() == 0
    assert js.every(endless, 16).horizon() == np.inf


def test_units():
    """A turn in epochs is resolved like any length."""
    rate = js.every(js.linear_schedule(1.0, 0.0, 10), js.epochs(4))

    assert js.resolve(rate, steps_per_epoch=4).period_steps == 16


@pytest.mark.parametrize(
    ("period", "error", "message"),
    [
        (0, ValueError, r"Every\(period_steps=...\) must be above 0, got 0"),
        (-1, ValueError, r"Every\(period_steps=...\) must be 0 or more, got -1"),
        ("2", TypeError, r"Every\(period_steps=...\) must be a real number, got '2'"),
    ],
)
def test_wrong_periods_raise(period, error, message):
    """Who, what is required, what came."""
    with pytest.raises(error, match=message):
        js.every(1.0, period)
