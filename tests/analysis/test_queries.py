"""Questions to a schedule, against sums and searches in plain Python."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import analysis, curves, testing

COSINE = js.Transition(0.1, 0.0, 100_000, curves.Cosine())
WSD = js.warmup_stable_decay_schedule(
    0.0, 0.5, warmup_steps=10, stable_steps=80, decay_steps=10
)


def exact_sum(schedule, start, stop):
    with jax.enable_x64(True):
        return math.fsum(np.asarray(schedule(np.arange(start, stop))))


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (7, 7), (3, 5_000), (0, 200_000)])
def test_area(start, stop):
    """However many terms, as exact as one of them."""
    got = float(analysis.area(COSINE, start, stop))

    np.testing.assert_allclose(got, exact_sum(COSINE, start, stop), rtol=3e-7, atol=0)


@pytest.mark.parametrize("begin", [4096, 4000, 10, 1])
def test_area_up_to_the_last_count(begin):
    """The last chunk goes beyond it, where counts wrap round."""
    last = 2**31 - 1

    assert analysis.area(js.Constant(1.0), last - begin, last) == begin
    assert analysis.mean(js.Constant(1.0), last - begin, last) == 1


def test_area_of_a_half_cosine_is_half_of_its_box():
    """With both ends counted half."""
    total = 2**20
    whole = float(analysis.area(js.cosine_decay_schedule(1.0, total), 0, total))

    np.testing.assert_allclose(whole, total / 2 + 0.5, rtol=1e-7, atol=0)


def test_mean_values_and_tables():
    """Three ways to the same numbers; after its end a table keeps its last value."""
    run = analysis.values(WSD, 101)
    table = analysis.tabulate(WSD, 101)

    np.testing.assert_array_equal(run, WSD(np.arange(101)))
    np.testing.assert_array_equal(table(np.arange(300)), WSD(np.arange(300)))
    np.testing.assert_allclose(analysis.mean(WSD, 0, 101), run.mean(), rtol=1e-6, atol=0)
    testing.assert_schedules_equal(analysis.tabulate(table, 101), js.Table(run))


def test_questions_are_functions_of_the_numbers():
    """Jitted, batched and differentiated: equal areas are one division away."""
    peaks, _ = js.grid(lambda v: js.Transition(v, 0.0, 100), v=[0.5, 1.0])
    areas = jax.jit(jax.vmap(lambda s: analysis.area(s, 0, 100)))(peaks)
    found = jax.jit(jax.vmap(lambda s: analysis.first_below(s, 0.25)))(peaks)
    slope = jax.grad(lambda v: analysis.area(js.Transition(v, 0.0, 100), 0, 100))(1.0)

    np.testing.assert_allclose(areas, [25.25, 50.5], rtol=1e-6, atol=0)
    np.testing.assert_array_equal(found, [51, 76])
    np.testing.assert_allclose(slope, 50.5, rtol=1e-6, atol=0)


@pytest.mark.parametrize("value", [0.4, 1e-3, 1e-9])
def test_first_below(value):
    """The first one, not any one: a schedule that rises again is searched in order."""
    saw = js.Repeat(js.Transition(0.5, 0.1, 5_000), 5_000, peak_decay=0.5)
    counts = np.arange(1, 300_000)
    below = np.asarray(saw(counts)) < np.float32(value)
    expected = counts[below.argmax()] if below.any() else -1

    assert int(analysis.first_below(saw, value, start=1, stop=300_000)) == expected


def test_first_below_looks_no_further_than_told():
    """Not at `stop`, nor beyond the last count."""
    line = js.Transition(1.0, 0.0, 100)

    assert int(analysis.first_below(line, 0.25, stop=76)) == -1
    assert int(analysis.first_below(line, 0.25, stop=77)) == 76
    last = 2**31 - 10
    assert int(analysis.first_below(js.Constant(1.0), 0.5, start=last)) == -1


def test_jumps():
    """Boundaries where values differ, and no others."""
    joined = js.Join([WSD, 0.25, js.Transition(0.25, 0.0, 50)], [100, 200])
    found = analysis.jumps(joined, 1_000)

    assert [jump.at for jump in found] == [100]
    assert found[0].after == 0.25
    assert abs(found[0].before) < 1e-6


def test_continuous_schedules_have_no_jumps():
    """Kinks, vertical tangents and cusps are none."""
    for curve in (curves.SquareRoot(), curves.Polynomial(0.5), curves.Cosine()):
        for a, b in ((0.0, 1.0), (1.0, 0.0), (0.1, 3e-4)):
            schedule = js.warmup_schedule(
                js.Transition(a + 0.5, b, 70, curve), warmup_steps=10, curve=curve
            )
            assert analysis.jumps(schedule, 200) == []


def test_every_stair_is_a_jump():
    """Of a staircase, and of restarts."""
    stairs = js.step_decay_schedule(1.0, decay_rate=0.5, interval_steps=10)
    restarts = js.cosine_restarts_schedule(1.0, period_steps=10, period_growth=2)

    assert [jump.at for jump in analysis.jumps(stairs, 45)] == [10, 20, 30, 40]
    assert [jump.at for jump in analysis.jumps(restarts, 100)] == [10, 30, 70]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: analysis.area(WSD, 5, 3), r"area needs stop >= start, got 5, 3. Swap"),
        (lambda: analysis.mean(WSD, 5, 5), r"mean needs stop > start, got 5, 5"),
        (lambda: analysis.values(WSD, 0), r"values\(num_steps=...\) must be an integer"),
        (lambda: analysis.first_below(WSD, 1, -1), r"start=...\) must be 0 or more"),
        (lambda: analysis.jumps(WSD, 2**23), r"jumps needs stop <= 4194304, got 8388608"),
    ],
)
def test_wrong_ranges_raise(ask, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        ask()


def test_the_range_must_not_be_traced():
    """It says how much is computed."""
    with pytest.raises(TypeError):
        jax.jit(lambda n: analysis.values(WSD, n))(jnp.int32(3))
