"""Batch ramps: where they cut, what they save, and that both runs end at one loss."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import analysis, curves

T = 10**6


def half_cosine(total_steps):
    return js.Transition(1.0, 0.0, total_steps, curves.Cosine())


def quarter_cosine(total_steps):
    return js.Wrapped(lambda t: jnp.cos(jnp.pi / 2 * jnp.minimum(t / total_steps, 1.0)))


def plan_of(schedule, num_cuts=4, **options):
    return analysis.seesaw(schedule, total_steps=T, num_cuts=num_cuts, **options)


def plain_cuts(plan, factor=2.0):
    """Where the plain run is when the batch grows: each update passes a batch."""
    ends = np.asarray(plan["learning_rate"].boundaries, np.float64)
    lengths = np.diff(ends, prepend=0)
    return np.cumsum(lengths * factor ** np.arange(len(ends)))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (quarter_cosine(T), [0.666667, 0.839139, 0.920214, 0.960185]),
        (half_cosine(T), [0.5, 0.666667, 0.769947, 0.839139]),
    ],
    ids=["quarter", "half"],
)
def test_cuts_are_those_of_the_paper(schedule, expected):
    """At halvings of the cosine, in updates of the run that has few of them."""
    found = plain_cuts(plan_of(schedule))

    # To their six digits, and the rounding of a cut to one update of the new run.
    np.testing.assert_allclose(found[:-1] / T, expected, rtol=0, atol=3e-5)
    assert abs(found[-1] - T) <= 2**4


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
@pytest.mark.parametrize("power", [0.5, 0.0, 1.0])
def test_rates_and_batches(factor, power):
    """From a cut on the batch is larger by the factor, the rate smaller by its power."""
    plan = plan_of(0.5 * half_cosine(T), factor=factor, batch_size=32, rate_power=power)
    k = np.arange(5)

    values = np.asarray(plan["learning_rate"].values)
    np.testing.assert_allclose(values[:-1], 0.5 * factor ** (-k * power), rtol=1e-6)
    assert values[-1] == 0
    np.testing.assert_allclose(plan["batch_size"].values, 32 * factor**k, rtol=1e-6)
    cuts = np.arccos(2 * factor ** -k[1:] - 1) / np.pi
    np.testing.assert_allclose(
        plain_cuts(plan, factor)[:-1] / T, cuts, rtol=0, atol=factor**4 / T
    )


@pytest.mark.parametrize(
    ("schedule", "share"),
    [(quarter_cosine(T), 2 / math.pi), (half_cosine(T), 0.5)],
    ids=["quarter", "half"],
)
def test_small_cuts_take_the_mean_of_the_schedule(schedule, share):
    """The more often it is cut, the closer to the integral, from above."""
    shares = []
    for num_cuts, factor in ((10, 2.0), (40, 2**0.25), (640, 2 ** (1 / 64))):
        plan = plan_of(schedule, num_cuts, factor=factor)
        shares.append(float(plan.horizon()) / T)

    assert shares[0] > shares[1] > shares[2] > share
    np.testing.assert_allclose(shares[2], share, rtol=1e-2)


def test_examples_add_up():
    """Both runs pass through as many, up to a batch at each cut."""
    plan = analysis.seesaw(half_cosine(1_000), total_steps=1_000, num_cuts=5)
    updates = np.arange(int(plan.horizon()))

    assert abs(np.sum(plan["batch_size"](updates)) - 1_000) <= 2**5


def final_loss(rates, batches, noise, is_normalized):
    """Of a noisy quadratic, by the recursion of its second moments in float64."""
    spectrum = np.arange(1, 41.0) ** -1.5
    m = np.ones(40)
    for rate, batch in zip(rates, batches, strict=True):
        variance = spectrum * (noise + spectrum @ m) / batch
        eta = rate / math.sqrt(variance.sum()) if is_normalized else rate
        m = (1 - eta * spectrum) ** 2 * m + eta**2 * variance
    return spectrum @ m / 2


def gap(fineness, is_normalized, rate_power):
    """How far the loss of the plan is from that of the run that is cut at the same counts.

    The finer, the smaller the steps and the more of them, at as much noise in the end.
    """
    num, noise = 400 * fineness, 4.0 * fineness
    peak = 0.4 / fineness**0.5 if is_normalized else 0.2 / fineness
    line = js.Transition(peak, 0.0, num)
    plan = analysis.seesaw(line, total_steps=num, num_cuts=3, rate_power=rate_power)
    ramped = (np.asarray(plan[name](np.arange(int(plan.horizon())))) for name in plan)
    rates = peak / 2.0 ** np.repeat(np.arange(4), [num // 2, num // 4, num // 8, num // 8])
    plain = final_loss(rates, np.ones(num), noise, is_normalized)
    return final_loss(*ramped, noise, is_normalized) / plain - 1


@pytest.mark.parametrize(
    ("is_normalized", "rate_power"), [(False, 0.0), (True, 0.5)], ids=["sgd", "normalized"]
)
def test_both_runs_end_at_one_loss(is_normalized, rate_power):
    """In the limit of small rates exactly: half the rate, half the difference."""
    gaps = [gap(2**k, is_normalized, rate_power) for k in (2, 3, 4)]

    assert 1e-4 < abs(gaps[-1]) < 1e-3
    ratios = np.divide(gaps[:-1], gaps[1:])
    np.testing.assert_allclose(ratios, 2, rtol=0.05, atol=0)


@pytest.mark.parametrize(
    ("is_normalized", "wrong"), [(False, 0.5), (False, 1.0), (True, 0.0), (True, 1.0)]
)
def test_another_power_ends_elsewhere(is_normalized, wrong):
    """With the rule for the other kind of optimizer the difference stays."""
    gaps = [gap(fineness, is_normalized, wrong) for fineness in (8, 16)]

    assert min(np.abs(gaps)) > 0.015
    np.testing.assert_allclose(gaps[0], gaps[1], rtol=0.05)


def test_a_batch_of_schedules_under_jit():
    """Cuts follow the numbers of a schedule; one program, and gradients of the rates."""

    def horizon(peak, total_steps):
        line = js.Transition(peak, 0.0, total_steps)
        plan = analysis.seesaw(line, total_steps=total_steps, num_cuts=2)
        return plan["learning_rate"].boundaries, plan["learning_rate"](700)

    ends, rates = jax.jit(jax.vmap(horizon))(
        jnp.asarray([1.0, 3.0]), jnp.asarray([800, 80])
    )

    np.testing.assert_array_equal(ends, [[400, 500, 550], [40, 50, 55]])
    np.testing.assert_array_equal(rates, [0, 0])
    slope = jax.grad(lambda peak: horizon(peak, 1_600)[1])(2.0)
    assert float(slope) == 1


def test_cuts_that_are_never_reached_have_no_length():
    """A schedule that stops at a third is cut once."""
    line = js.Transition(3.0, 1.0, 100)
    plan = analysis.seesaw(line, total_steps=200, num_cuts=3)

    np.testing.assert_array_equal(plan["learning_rate"].boundaries, [75, 138, 138, 138])
    assert float(plan["learning_rate"](138)) == 1
    flat = analysis.seesaw(0.5, total_steps=10, num_cuts=1)
    np.testing.assert_array_equal(flat["batch_size"](np.arange(12)), [1] * 10 + [2] * 2)


def test_one_update():
    """The shortest run."""
    plan = analysis.seesaw(js.Transition(1.0, 0.0, 1), total_steps=1, num_cuts=3)

    np.testing.assert_array_equal(plan["learning_rate"](np.arange(2)), [1, 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schedule": js.Transition(0.0, 1.0, 10)}, "above 0 at count 0"),
        (
            {"schedule": js.triangular_schedule(0.5, 1.0, half_period_steps=2)},
            "never rises",
        ),
        ({"schedule": float("inf") * half_cosine(10)}, "never rises"),
        ({"factor": 1.0}, "factor > 1, got 1"),
        ({"num_cuts": 0}, "num_cuts=...\\) must be an integer above 0"),
        ({"total_steps": 0}, "total_steps=...\\) must be above 0"),
        ({"batch_size": -1}, "batch_size=...\\) must be above 0"),
        ({"rate_power": math.nan}, "rate_power=...\\) must be a number"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    """Rising schedules, and numbers outside their domain."""
    given = {"schedule": half_cosine(10), "total_steps": 10, "num_cuts": 1, **change}
    with pytest.raises(ValueError, match=message):
        analysis.seesaw(given.pop("schedule"), **given)
