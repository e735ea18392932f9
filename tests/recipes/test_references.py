"""Numbers that were computed once from the papers' formulas, T = 100 unless said."""

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves

COUNTS = np.asarray([0, 1, 10, 25, 50, 75, 90, 99, 100])


def decay(curve, end=0.0):
    return js.decay_schedule(1.0, end, decay_steps=100, curve=curve)


VECTORS = {
    "inverse_time": (
        js.time_decay_schedule(1.0, decay_rate=0.1),
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
    "geometric": (
        decay(curves.Geometric(), 0.01),
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
    "polynomial": (
        decay(curves.Polynomial(2.0), 0.1),
        [1, 0.98209, 0.829, 0.60625, 0.325, 0.15625, 0.109, 0.10009, 0.1],
    ),
    "power": (
        js.power_decay_schedule(1.0, power=0.5, interval_steps=20),
        [
            1,
            0.97590007,
            0.81649658,
            0.66666667,
            0.53452248,
            0.45883147,
            0.42640143,
            0.40996003,
            0.40824829,
        ],
    ),
    "cosine": (
        decay(curves.Cosine(), 0.1),
        [
            1,
            0.99977795,
            0.97797543,
            0.86819805,
            0.55,
            0.23180195,
            0.12202457,
            0.10022205,
            0.1,
        ],
    ),
    "k_decay": (
        decay(curves.KDecay(curves.Cosine(), 2.0)),
        [
            1,
            0.99999998,
            0.99975328,
            0.99039264,
            0.85355339,
            0.40245484,
            0.08645971,
            0.0009768,
            0,
        ],
    ),
    "tanh": (
        js.tanh_decay_schedule(1.0, decay_steps=100),
        [
            0.99999386,
            0.99999264,
            0.99996283,
            0.99944722,
            0.95257413,
            0.18242552,
            0.01477403,
            0.00295882,
            0.00247262,
        ],
    ),
    "sigmoid": (
        js.sigmoid_decay_schedule(1.0, decay_steps=100),
        [
            0.99330715,
            0.99260846,
            0.98201379,
            0.92414182,
            0.5,
            0.07585818,
            0.01798621,
            0.00739154,
            0.00669285,
        ],
    ),
    "rex": (
        decay(curves.Rex()),
        [1, 0.99497487, 0.94736842, 0.85714286, 0.66666667, 0.4, 0.18181818, 0.01980198, 0],
    ),
    "rex_of_the_first_code": (
        decay(curves.Rex(0.1)),
        [
            1,
            0.99899092,
            0.98901099,
            0.96774194,
            0.90909091,
            0.76923077,
            0.52631579,
            0.09174312,
            0,
        ],
    ),
    "rex_generalised": (
        decay(curves.Rex(0.25)),
        [1, 0.99748111, 0.97297297, 0.92307692, 0.8, 0.57142857, 0.30769231, 0.03883495, 0],
    ),
    "knee": (
        js.warmup_stable_decay_schedule(
            0.0, 1.0, warmup_steps=10, stable_steps=40, decay_steps=50
        ),
        [0, 0.1, 1, 1, 1, 0.5, 0.2, 0.02, 0],
    ),
    "slanted_triangular": (
        js.slanted_triangular_schedule(0.01, total_steps=100),
        [
            0.0003125,
            0.00128125,
            0.01,
            0.00838542,
            0.00569444,
            0.00300347,
            0.00138889,
            0.00042014,
            0.0003125,
        ],
    ),
    "demon": (
        js.demon_schedule(0.9, total_steps=100),
        [0.9, None, None, 0.87096774, 0.81818182, 0.69230769, 0.47368421, None, 0],
    ),
}

AT = {
    "one_minus_sqrt": (
        decay(curves.SquareRoot()),
        [25, 50, 75, 95],
        [0.5, 0.29289322, 0.1339746, 0.02532057],
    ),
    "one_minus_square": (
        decay(curves.Power(2.0)),
        [25, 50, 75, 95],
        [0.9375, 0.75, 0.4375, 0.0975],
    ),
    "mirror": (
        decay(curves.MirrorCosine()),
        [25, 50, 75, 95],
        [0.64644661, 0.5, 0.35355339, 0.09384417],
    ),
    "power_1.5": (
        decay(curves.Polynomial(1.5)),
        [25, 50, 75, 95],
        [0.64951905, 0.35355339, 0.125, 0.01118034],
    ),
    "inverse_linear": (
        decay(curves.Harmonic(), 0.1),
        [25, 50, 75, 95],
        [0.30769231, 0.18181818, 0.12903226, 0.10471204],
    ),
    "inverse_linear_as_rex": (
        decay(curves.Rex(10.0), 0.1),
        [25, 50, 75, 95],
        [0.30769231, 0.18181818, 0.12903226, 0.10471204],
    ),
    "noam": (
        js.noam_schedule(model_size=512, warmup_steps=4_000),
        [0, 99, 999, 3_999, 7_999, 99_999],
        [1.747e-7, 1.747e-5, 0.00017469, 0.00069877, 0.00049411, 0.00013975],
    ),
    "clr_triangular2": (
        js.triangular2_schedule(0.001, 0.006, half_period_steps=2_000),
        [0, 1_000, 2_000, 3_000, 4_000, 6_000, 10_000],
        [0.001, 0.0035, 0.006, 0.0035, 0.001, 0.0035, 0.00225],
    ),
    "clr_exp_range": (
        js.exp_range_schedule(0.001, 0.006, half_period_steps=2_000, decay_rate=0.99994),
        [0, 1_000, 2_000, 3_000, 4_000, 6_000, 10_000],
        [0.001, 0.00335441, 0.00543459, 0.00308816, 0.001, 0.00448834, 0.00374401],
    ),
    "sgdr": (
        js.cosine_restarts_schedule(1.0, period_steps=10, period_growth=2),
        [0, 5, 9, 10, 20, 29, 30, 69, 70],
        [1, 0.5, 0.02447174, 1, 0.5, 0.00615583, 1, 0.00154133, 1],
    ),
    "infinite": (
        js.infinite_schedule(
            0.0,
            1.0,
            0.3,
            0.03,
            warmup_steps=10,
            cooldown_steps=40,
            stable_steps=30,
            decay_steps=20,
        ),
        [0, 5, 10, 30, 50, 79, 80, 90, 100],
        [0, 0.5, 1, 0.65, 0.3, 0.3, 0.3, 0.09486833, 0.03],
    ),
    "infinite_inverse_sqrt": (
        js.infinite_schedule(
            0.0,
            1.0,
            0.3,
            0.03,
            warmup_steps=10,
            cooldown_steps=40,
            stable_steps=30,
            decay_steps=20,
            curve=curves.InverseSqrt(10.0),
        ),
        [10, 30, 50, 90],
        [1, 0.4069679, 0.3, 0.09486833],
    ),
    "power_law": (
        js.power_law_schedule(0.02, batch_size=1_024, tokens_per_step=10**6),
        [1, 100, 1_000, 10**4, 10**5, 10**6],
        [0.02, 0.02, 0.02, 0.02, 0.01156266, 0.0035732],
    ),
    "untuned_exponential": (
        js.untuned_exponential_warmup_schedule(1.0, b2=0.999),
        [0, 99, 999, 1_999, 4_999],
        [0.0009995, 0.09516258, 0.63212056, 0.86466472, 0.99326205],
    ),
    "untuned_linear": (
        js.untuned_linear_warmup_schedule(1.0, b2=0.999),
        [0, 99, 999, 1_999, 4_999],
        [0.0005, 0.05, 0.5, 1, 1],
    ),
    "sutskever": (
        js.sutskever_momentum_schedule(0.99),
        [0, 249, 250, 1_000, 5_000, 20_000],
        [0.5, 0.5, 0.75, 0.9, 0.97619048, 0.99],
    ),
    "ademamix_b3": (
        js.AveragingDecay(js.Transition(-1 / np.log(0.9), -1 / np.log(0.9999), 1_000)),
        [0, 250, 500, 900, 1_000],
        [0.9, 0.9996012, 0.9998002, 0.9998889, 0.9999],
    ),
}

CASES = [
    *((name, schedule, COUNTS, values) for name, (schedule, values) in VECTORS.items()),
    *((name, *rest) for name, rest in AT.items()),
]


@pytest.mark.parametrize(
    ("schedule", "counts", "values"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_reference(schedule, counts, values):
    """To the eight digits that they are printed with."""
    known = [(t, v) for t, v in zip(counts, values, strict=True) if v is not None]
    # In double precision: float32 has no 0.99994, whose powers are asked for.
    with jax.enable_x64(True):
        got = np.asarray(schedule(np.asarray([t for t, _ in known])))

    expected = np.asarray([v for _, v in known])
    printed = 0.51 * 10.0 ** -np.asarray([_num_decimals(v) for _, v in known])
    assert (np.abs(got - expected) <= printed + 1e-9 * np.abs(expected)).all(), got


def _num_decimals(value):
    text = np.format_float_positional(value, trim="-")
    return len(text.partition(".")[2]) or 8


@pytest.mark.parametrize("b2", [0.999, 0.95, 0.9])
def test_radam(b2):
    """The paper's factor, at the update numbers that it is printed for."""
    factor = js.RAdamRectification(b2)
    first = int(np.argmax(np.asarray(factor(np.arange(20))) > 0)) + 1

    assert first == 5 or b2 < 0.999
    if b2 == 0.999:
        numbers = np.asarray([5, 6, 10, 100, 1_000, 10_000])
        expected = [0.0173115, 0.02582111, 0.04899801, 0.21533544, 0.64532565, 0.9997733]
        with jax.enable_x64(True):
            got = np.asarray(factor(numbers - 1))
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=0)
