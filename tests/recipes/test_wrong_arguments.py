"""Wrong numbers: one clear error where they are known, clamped values where traced."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves

NAN = float("nan")
WRONG = [
    # Negative lengths.
    (
        lambda n: js.decay_schedule(1.0, decay_steps=n),
        -5,
        r"transition_steps=.* 0 or more, got -5",
    ),
    (
        lambda n: js.warmup_schedule(1.0, warmup_steps=n),
        -5,
        r"warmup_steps=.* 0 or more, got -5",
    ),
    (
        lambda n: js.warmup_decay_schedule(0.0, 1.0, warmup_steps=5, decay_steps=n),
        -5,
        "got -5",
    ),
    (lambda n: js.inverse_sqrt_schedule(0.0, 1.0, warmup_steps=n), -5, "0 or more, got -5"),
    (lambda n: js.Advance(js.Constant(1.0), n), -1, r"advance_steps=.* 0 or more, got -1"),
    (lambda n: js.ExtendingTransition(1.0, 0.0, n), -1, r"period_steps=.* got -1"),
    # Lengths of zero where something is divided by them.
    (lambda n: js.ExtendingTransition(1.0, 0.0, n), 0, r"period_steps=.* above 0, got 0"),
    (lambda n: js.InversePowerDecay(1.0, 0.5, n), 0, r"hold_steps=.* above 0, got 0"),
    (lambda n: js.sutskever_momentum_schedule(interval_steps=n), 0, "above 0, got 0"),
    (lambda n: js.ema_decay_schedule(offset_steps=n), 0, r"offset_steps=.* above 0, got 0"),
    # Rates and shapes of zero, or beyond their range.
    (lambda v: js.exponential_decay(1.0, 10, v), 0.0, r"decay_rate=.* above 0, got 0"),
    (lambda v: curves.Rex(v), 0.0, r"Rex\(beta=...\) must be above 0, got 0.0"),
    (lambda v: curves.InverseSqrt(v), -1.0, r"sharpness=.* above 0, got -1.0"),
    (lambda v: curves.KDecay(curves.Cosine(), v), 0.0, r"KDecay\(power=.* above 0"),
    (lambda v: curves.Hyperbolic(v), 1.5, r"extent=.* 1 or less, got 1.5"),
    (lambda v: curves.Logarithmic(v), 0.0, r"sharpness=.* above 0, got 0.0"),
    (lambda v: js.RAdamRectification(v), 1.0, r"b2=.* below 1, got 1.0"),
    (lambda v: js.RAdamRectification(v), 0.5, r"b2=.* above 0.6, got 0.5"),
    (
        lambda v: js.untuned_linear_warmup_schedule(1.0, b2=v),
        1.0,
        r"needs b2 < 1, got b2=1",
    ),
    (lambda v: js.SaturatingGrowth(1.0, v), -1.0, r"growth_rate=.* 0 or more, got -1"),
    (lambda v: js.power_law_schedule(v, batch_size=1, tokens_per_step=1), 0.0, "max_value"),
    (
        lambda v: js.exponential_warmup_schedule(1.0, v, warmup_steps=5),
        0.0,
        "init_value=.* above",
    ),
    (
        lambda v: js.sigmoid_decay_schedule(1.0, decay_steps=9, sharpness=v),
        0.0,
        "sharpness",
    ),
    # Not a number.
    (
        lambda v: js.decay_schedule(v, decay_steps=5),
        NAN,
        r"init_value=.* a number, got nan",
    ),
    (
        lambda v: js.warmup_stable_decay_schedule(
            0.0, v, warmup_steps=5, stable_steps=5, decay_steps=5
        ),
        NAN,
        "a number, got nan",
    ),
    (
        lambda v: js.decay_schedule(1.0, end_ratio=v, decay_steps=5),
        NAN,
        r"end_ratio=.* got nan",
    ),
    (lambda v: js.cooldown(1.0, v, 5), NAN, r"decay_start=.* a number, got nan"),
    (lambda v: js.MonotoneCubic([0, 5], [v, 1.0]), NAN, r"values=.* a number"),
    (lambda v: js.SaturatingGrowth(v, 0.1), NAN, r"end_value=.* a number, got nan"),
]


@pytest.mark.parametrize(("build", "wrong", "message"), WRONG)
def test_a_known_one_raises(build, wrong, message):
    """The argument, the requirement and the value."""
    with pytest.raises(ValueError, match=message):
        build(wrong)


@pytest.mark.parametrize(
    ("build", "wrong"), [case[:2] for case in WRONG if case[1] == case[1]]
)
def test_a_traced_one_is_clamped(build, wrong):
    """The same number as a tracer: no error, and a finite value at every count."""
    counts = np.asarray([0, 1, 5, 100, 2**24 + 1, 2**31 - 2])

    def run(number):
        built = build(number)
        curve = isinstance(built, js.AbstractCurve)
        return (js.Transition(1.0, 0.5, 10, built) if curve else built)(counts)

    with jax.numpy_dtype_promotion("standard"):
        got = jax.jit(run)(jnp.asarray(wrong))
    assert np.isfinite(got).all()


@pytest.mark.parametrize(
    "build",
    [
        lambda **end: js.decay_schedule(1.0, decay_steps=9, **end),
        lambda **end: js.cosine_annealing_schedule(1.0, decay_steps=9, **end),
        lambda **end: js.warmup_decay_schedule(
            0.0, 1.0, warmup_steps=9, decay_steps=9, **end
        ),
        lambda **end: js.warmup_stable_decay_schedule(
            0.0, 1.0, warmup_steps=9, stable_steps=9, decay_steps=9, **end
        ),
        lambda **end: js.decay_schedule(
            1.0, decay_steps=9, curve=curves.Polynomial(2.0), **end
        ),
        lambda **end: js.decay_schedule(
            1.0, decay_steps=9, curve=curves.Geometric(), **end
        ),
    ],
)
def test_an_end_is_a_value_or_a_ratio(build):
    """Either reaches it; both raise, naming both."""
    assert float(build(end_value=0.25)(99)) == 0.25
    assert float(build(end_ratio=0.25)(99)) == 0.25
    with pytest.raises(
        ValueError, match=r"one of end_value and end_ratio, got end_value=0"
    ):
        build(end_value=0.1, end_ratio=0.1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: js.warmup_cosine_decay_schedule(0.0, 1.0, 20, 10),
            r"decay_steps >= warmup_steps.* got decay_steps=10 and warmup_steps=20",
        ),
        (
            lambda: js.join_schedules([1.0, 2.0, 3.0], [20, 10]),
            "in the order of time, got 10",
        ),
        (
            lambda: js.Join([1.0, 2.0, 3.0], [20]),
            "must have 2 entries for 3 schedules, got 1",
        ),
        (
            lambda: js.periodic_decay_schedule(
                0.0, 1.0, 0.1, warmup_steps=5, stable_steps=[5, 5], decay_steps=[5]
            ),
            "decay_steps=.* must have 2 entries for 2 plateaus, got 1",
        ),
        (
            lambda: js.phases_schedule(0.0, phases=[(1.0,)]),
            r"must be tuples .* got \(1.0,\)",
        ),
        (lambda: js.phases_schedule(0.0, phases=[]), "must not be empty"),
        (
            lambda: js.linear_warmup_schedule(1.0, warmup_steps=5, indexing="t"),
            r"indexing=.* must be one of 't/W', .* got 't'",
        ),
        (
            lambda: js.chebyshev_schedule(1.0, 2.0, total_steps=0),
            "total_steps=.* an integer above 0, got 0",
        ),
    ],
)
def test_wrong_relations_raise(build, message):
    """Between lengths, and between lists."""
    with pytest.raises(ValueError, match=message):
        build()


def test_a_peak_at_no_update_is_refused():
    """Noam's is infinite there."""
    with pytest.raises(ValueError, match=r"warmup_steps=...\) must be above 0, got 0"):
        js.noam_schedule(model_size=64, warmup_steps=0)
