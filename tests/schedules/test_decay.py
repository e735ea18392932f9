"""Decays that never arrive."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

COUNTS = np.asarray([0, 1, 10, 25, 50, 75, 90, 99, 100])
PRINTED = [
    (
        js.InverseTimeDecay(1.0, 0.1),
        [
            1,
            0.90909091,
            0.5,
            0.28571429,
            0.16666667,
            0.11764706,
            0.1,
            0.09174312,
            0.09090909,
        ],
    ),
    (
        js.ExponentialDecay(1.0, 0.01, 100),
        [
            1,
            0.95499259,
            0.63095734,
            0.31622777,
            0.1,
            0.03162278,
            0.01584893,
            0.01047129,
            0.01,
        ],
    ),
    (
        js.PowerDecay(1.0, 0.5, 20),
        [
            *(1, 0.97590007, 0.81649658, 0.66666667, 0.53452248),
            *(0.45883147, 0.42640143, 0.40996003, 0.40824829),
        ],
    ),
]


@pytest.mark.parametrize(("schedule", "values"), PRINTED, ids=lambda x: type(x).__name__)
def test_reference_values(schedule, values):
    """As computed independently, to eight digits."""
    np.testing.assert_allclose(schedule(COUNTS), values, rtol=1e-6, atol=0)


def test_noam():
    """The schedule of the original Transformer: a line up, then one over the root."""
    peak = 512**-0.5 * 4_000**-0.5
    up = js.Transition(0.0, peak, 4_000)
    noam = js.Minimum([up, js.InverseSqrtDecay(peak, 4_000)])

    counts = np.asarray([100, 1_000, 4_000, 8_000, 100_000])
    values = [1.747e-5, 1.7469e-4, 6.9877e-4, 4.9411e-4, 1.3975e-4]
    np.testing.assert_allclose(noam(counts), values, rtol=5e-5, atol=0)


def test_growth_is_bounded():
    """A rate above 1 stays at e^60 times the first value, and never turns back."""
    late = np.asarray([10**6, 10**8, 2**31 - 2])
    for schedule in (
        js.ExponentialDecay(2.0, 1.5, 10),
        js.NaturalExponentialDecay(2.0, -0.5),
    ):
        np.testing.assert_allclose(schedule(late), 2 * np.exp(60), rtol=1e-6, atol=0)


def test_a_decay_that_underflows_is_zero():
    """Far beyond the smallest float there is a clean zero."""
    assert float(js.ExponentialDecay(0.1, 0.5, 1)(10_000)) == 0
    assert float(js.NaturalExponentialDecay(0.1, 1.0)(2**31 - 2)) == 0


def test_a_rate_that_is_traced_to_zero_is_finite():
    """A degenerate rate neither raises nor gives NaN, nor does its gradient."""
    value = lambda rate: js.ExponentialDecay(1.0, rate, 10)(5)  # noqa: E731
    got, slope = jax.vmap(jax.value_and_grad(value))(jnp.float32([0.0, -1.0]))

    assert np.isfinite(got).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: js.ExponentialDecay(1.0, 0.0, 10),
            r"decay_rate=...\) must be above 0, got 0",
        ),
        (lambda: js.ExponentialDecay(1.0, 0.9, 0), r"interval_steps=...\) must be above 0"),
        (lambda: js.InverseTimeDecay(1.0, -0.5), r"decay_rate=...\) must be 0 or more"),
        (lambda: js.InverseSqrtDecay(1.0, 0), r"hold_steps=...\) must be above 0, got 0"),
        (lambda: js.PowerDecay(1.0, -1.0, 10), r"power=...\) must be 0 or more, got -1"),
        (
            lambda: js.NaturalExponentialDecay(1.0, float("nan")),
            r"decay_rate=...\) must be",
        ),
    ],
)
def test_wrong_arguments_raise(build, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        build()


def test_a_hold_that_only_holds():
    """The inverse root is flat until its first decay, from one update on."""
    values = js.InverseSqrtDecay(0.5, 1)(np.arange(5))

    np.testing.assert_allclose(
        values, [0.5, 0.5, 0.5 / 2**0.5, 0.5 / 3**0.5, 0.25], rtol=1e-6
    )
