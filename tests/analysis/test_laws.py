"""Laws of the loss curve, against published numbers and plain loops in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.analysis import (
    AnnealingLaw,
    FunctionalLaw,
    MultiPowerLaw,
    optimal_decay,
    optimal_schedule,
)

# Luo et al., arXiv:2503.12811, table of fitted parameters.
# fmt: off
OF_100M = (2.6514477, .60115152, .45295811, 437.9464276, 2.13245612, .59785199, .65523644)
OF_400M = (2.37474466, .65421216, .42878731, 523.42464371, 2.02462735, .59350493, .63472457)
# fmt: on
STEPS, WARMUP, PEAK = 24_000, 2_160, 3e-4
SEARCH = MultiPowerLaw(*OF_400M, warmup_steps=WARMUP)  # without the drops of the warmup
DROP = js.PiecewiseConstant([1000], [3e-4, 3e-5])


def warm(schedule):
    return js.Join([js.Transition(0.0, PEAK, WARMUP), schedule], [WARMUP])


def stable(fraction, curve):
    decay = round(fraction * STEPS)
    rest = js.Transition(PEAK, 0.0, decay, curve)
    return js.Join([warm(js.Constant(PEAK)), rest], [STEPS - decay])


def multi_power(rates, t, law, warmup=0):
    """The loss after update t as the paper writes it, in float64."""
    floor, scale, alpha, b, c, beta, gamma = law
    total = sum(
        (rates[k - 1] - rates[k])
        * (1 - (1 + c * max(rates[k], 1e-10) ** -gamma * rates[k : t + 1].sum()) ** -beta)
        for k in range(1, t + 1)
        if k > warmup
    )
    return floor + scale * rates[: t + 1].sum() ** -alpha - b * total


def test_multi_power_law_on_a_drop():
    """Reference values of the 100M parameters; counts are of updates done."""
    at = np.array([500, 999, 1000, 1001, 1100, 1500, 1999])
    expected = [
        *(4.06980959, 3.68856079, 3.68454132, 3.68085959),
        *(3.60273552, 3.56293629, 3.53673836),
    ]
    found = MultiPowerLaw(*OF_100M).loss_curve(DROP, 2000, at + 1)

    np.testing.assert_allclose(found, expected, rtol=1e-6)
    with jax.enable_x64(True):
        found = MultiPowerLaw(*OF_100M).loss_curve(DROP, 2000, at + 1)
        np.testing.assert_allclose(found, expected, rtol=2e-8)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (warm(js.Constant(PEAK)), 2.660951),
        (warm(js.Transition(PEAK, PEAK / 10, STEPS - WARMUP, js.curves.Cosine())), 2.60165),
        (warm(js.Transition(PEAK, 0.0, STEPS - WARMUP)), 2.60377),
        (stable(0.1, js.curves.Linear()), 2.53565),
        (stable(0.1, js.curves.SquareRoot()), 2.53373),
        (stable(0.1, js.curves.Polynomial(1.5)), 2.53384),
        (stable(0.2, js.curves.Linear()), 2.53576),
        (stable(0.2, js.curves.SquareRoot()), 2.53760),
        (stable(0.2, js.curves.Polynomial(1.5)), 2.53602),
    ],
    ids=["constant", "cosine", "linear", *(f"wsd-{i}" for i in range(6))],
)
def test_published_and_computed_ends(schedule, expected):
    """At 400M parameters and 24k updates; the constant's is from the authors' log."""
    assert float(SEARCH.expected_loss(schedule, STEPS)) == pytest.approx(expected, rel=4e-6)


def test_published_optimum():
    """The authors' search with a drop for each update comes to 2.533219."""
    found = optimal_decay(
        SEARCH, STEPS, peak_value=PEAK, warmup_steps=WARMUP, num_points=200
    )
    loss = float(SEARCH.expected_loss(found.schedule, STEPS))
    rates = np.asarray(found.schedule(jnp.arange(STEPS)), np.float64)
    u = (np.arange(STEPS) - WARMUP) / (STEPS - WARMUP)

    assert loss == pytest.approx(2.533219, rel=5e-6)
    assert loss < float(SEARCH.expected_loss(stable(0.1, js.curves.SquareRoot()), STEPS))
    assert (np.diff(rates[WARMUP:]) <= 0).all()
    # It is a plateau and a late decay.
    assert rates[u >= 0.75][0] > 0.999 * PEAK
    assert rates[-1] < 0.01 * PEAK
    assert multi_power(rates, STEPS - 1, OF_400M, WARMUP) == pytest.approx(loss, rel=1e-6)


def test_multi_power_law_of_any_schedule():
    """Against a loop, with a warmup in the drops and without."""
    schedule = js.warmup_cosine_decay_schedule(0.0, 0.02, 20, 200, 1e-3)
    rates = np.asarray(schedule(jnp.arange(200)), np.float64)
    for warmup in (0, 20):
        law = MultiPowerLaw(2.0, 0.5, 0.4, 3.0, 2.0, 0.6, 0.5, warmup_steps=warmup)
        found = np.asarray(law.loss_curve(schedule, 200, jnp.arange(2, 201)))
        expected = [
            multi_power(rates, t, (2.0, 0.5, 0.4, 3.0, 2.0, 0.6, 0.5), warmup)
            for t in range(1, 200)
        ]
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_annealing_law_on_five_updates():
    """Sums 1 2 2.5 3 3.25, areas 0 0 .5 .95 1.605."""
    law = AnnealingLaw(0.5, 2.0, 1.5, 0.25, memory=0.9)
    s1, s2 = np.array([1, 2, 2.5, 3, 3.25]), np.array([0, 0, 0.5, 0.95, 1.605])
    found = law.loss_curve(js.Table([1.0, 1.0, 0.5, 0.5, 0.25]), 5)

    np.testing.assert_allclose(found, 0.5 + 2 * s1**-1.5 - 0.25 * s2, rtol=1e-6)


def test_annealing_law_takes_the_warmup_as_done():
    """At the rate that comes after it."""
    law = AnnealingLaw(0.5, 2.0, 1.5, 0.25, memory=0.9, warmup_steps=3)
    warm = js.Table([0.0, 0.3, 0.6, 1.0, 0.5, 0.5])
    at_once = js.Table([1.0, 1.0, 1.0, 1.0, 0.5, 0.5])

    np.testing.assert_array_equal(
        law.loss_curve(warm, 6), law.replace(warmup_steps=0).loss_curve(at_once, 6)
    )


def test_annealing_law_remembers_a_drop():
    r"""What a drop brings in n updates is $(1 - \lambda^n) / (1 - \lambda)$ of it."""
    law = AnnealingLaw(0.0, 1.0, 1e-9, 1.0, memory=0.99)
    drop = js.PiecewiseConstant([100], [1.0, 0.5])
    n = np.arange(1, 401)
    gained = (
        float(law.loss_curve(drop, 500)[99]) - np.asarray(law.loss_curve(drop, 500))[100:]
    )
    # The sum of the memory: each update adds 0.5 * 0.99^i.
    np.testing.assert_allclose(gained, 0.5 * (1 - 0.99**n) / 0.01, rtol=2e-5)


def test_functional_law_on_a_drop():
    """Reference values; rises do not count."""
    law = FunctionalLaw(2.0, 1.0, 0.5, 0.5, 0.2, 3.0, 0.7)
    at = np.array([500, 1000, 1100, 1999])
    found = law.loss_curve(js.PiecewiseConstant([1000], [0.3, 0.03]), 2000, at + 1)
    expected = [2.08156813, 2.05773214, 2.0295941, 2.02173507]
    np.testing.assert_allclose(found, expected, rtol=1e-6)

    rise = law.loss_curve(js.PiecewiseConstant([10], [0.1, 0.2]), 20)
    sums = np.cumsum([0.1] * 10 + [0.2] * 10)
    np.testing.assert_allclose(rise, 2 + sums**-0.5, rtol=1e-6)


def annealing(rates, t, law):
    """In float64, one update after another."""
    floor, scale, alpha, c, memory = law
    moment = area = 0.0
    for k in range(1, t + 1):
        moment = memory * moment + rates[k - 1] - rates[k]
        area += moment
    return floor + scale * rates[: t + 1].sum() ** -alpha - c * area


def functional(rates, t, law):
    """In float64, as it is written."""
    floor, c1, s, c2, c3, c4, g = law
    sums = np.cumsum(rates)
    drops = [
        (rates[k - 1] - rates[k])
        * (c3 + sums[k] ** -s)
        * (1 - (1 + c4 * (sums[t] - sums[k])) ** -g)
        for k in range(1, t + 1)
        if rates[k - 1] > rates[k]
    ]
    return floor + c1 * sums[t] ** -s - c2 * sum(drops)


@pytest.mark.parametrize(
    ("kind", "formula", "numbers"),
    [
        (AnnealingLaw, annealing, (2.0, 0.5, 0.4, 0.3, 0.9)),
        (FunctionalLaw, functional, (2.0, 1.0, 0.5, 0.5, 0.2, 3.0, 0.7)),
    ],
    ids=["annealing", "functional"],
)
def test_other_laws_of_any_schedule(kind, formula, numbers):
    """Against a loop, on a schedule that warms up from 0 and decays to 0."""
    schedule = js.warmup_cosine_decay_schedule(0.0, 0.2, 20, 200)
    rates = np.asarray(schedule(jnp.arange(200)), np.float64)
    found = np.asarray(kind(*numbers).loss_curve(schedule, 200, jnp.arange(2, 201)))
    expected = [formula(rates, t, numbers) for t in range(1, 200)]

    np.testing.assert_allclose(found, expected, rtol=1e-6)
    slope = jax.grad(lambda s: kind(*numbers).expected_loss(s, 200), allow_int=True)
    for leaf in jax.tree.leaves(slope(schedule)):
        assert leaf.dtype.kind == "V" or np.isfinite(leaf).all()


@pytest.mark.parametrize(
    "law",
    [
        SEARCH,
        AnnealingLaw(2.667, 0.633, 0.72, 0.557, memory=0.999, warmup_steps=WARMUP),
        FunctionalLaw(2.51, 0.669, 0.408, 633.0, 1.0, 109.6, 0.507),
    ],
    ids=lambda law: type(law).__name__,
)
def test_single_precision_is_enough(law):
    """Of a run of 24 000 updates, a millionth off in float32, at whatever count."""
    schedule = warm(js.Transition(PEAK, PEAK / 10, STEPS - WARMUP, js.curves.Cosine()))
    counts = np.linspace(1000, STEPS, 24).astype(int)
    found = law.loss_curve(schedule, STEPS, counts)
    with jax.enable_x64(True):
        exact = np.asarray(law.loss_curve(schedule, STEPS, counts))

    assert found.dtype == np.float32
    assert exact.dtype == np.float64
    np.testing.assert_allclose(found, exact, rtol=2e-6)


LAWS = [
    MultiPowerLaw(2.0, 0.5, 0.4, 3.0, 2.0, 0.6, 0.5),
    AnnealingLaw(2.0, 0.5, 0.4, 0.3, 0.9),
    FunctionalLaw(2.0, 1.0, 0.5, 0.5, 0.2, 3.0, 0.7),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_laws_are_data(law):
    """Batched over schedules and over parameters, with gradients, written as code."""
    curve = jax.jit(lambda law, s: law.loss_curve(s, 50, jnp.asarray([10, 30, 50])))
    peaks = js.stack([js.Transition(p, 0.0, 50) for p in (0.1, 0.2, 0.3)])
    lanes = jax.vmap(curve, (None, 0))(law, peaks)
    alone = np.stack([curve(law, js.Transition(p, 0.0, 50)) for p in (0.1, 0.2, 0.3)])
    np.testing.assert_allclose(lanes, alone, rtol=1e-6)
    floors = jax.vmap(lambda f: curve(law.replace(floor=f), js.Constant(0.1)))(jnp.ones(2))
    assert floors.shape == (2, 3)

    slope = jax.grad(
        lambda law, s: law.expected_loss(s, 50), argnums=(0, 1), allow_int=True
    )(law, js.Transition(0.1, 0.0, 50))
    floats = [g for g in jax.tree.leaves(slope) if jnp.issubdtype(g.dtype, jnp.floating)]
    assert all(np.isfinite(g).all() for g in floats)
    assert float(slope[0].floor) == pytest.approx(1.0, rel=1e-6)
    again = eval(repr(law), {type(law).__name__: type(law)})
    np.testing.assert_array_equal(
        again.loss_curve(js.Constant(0.1), 5), law.loss_curve(js.Constant(0.1), 5)
    )


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_one_update_and_zeros(law):
    """A run of one; a schedule that is 0 from somewhere on: finite, also its gradient."""
    one = law.loss_curve(js.Constant(0.1), 1)
    zeros = law.loss_curve(js.Transition(0.1, 0.0, 10), 30)
    slope = jax.grad(lambda s: law.expected_loss(s, 30), allow_int=True)(
        js.Transition(0.1, 0.0, 10)
    )

    np.testing.assert_allclose(one, 2 + law.scale * 0.1**-law.exponent, rtol=1e-6)
    assert np.isfinite(zeros).all()
    assert np.isfinite(slope.init_value)
    assert np.isfinite(slope.end_value)


@pytest.mark.parametrize("counts", [[0], [-1], [6], [1.5], [1, 9]])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_counts_that_are_none_are_refused(law, counts):
    with pytest.raises(ValueError, match="integer counts from 1 to 5, got"):
        law.loss_curve(0.1, 5, counts)


@pytest.mark.parametrize(
    ("law", "wrong", "words"),
    [
        (LAWS[0], {"drop_rate": 0.0}, "drop_rate=...\\) must be above 0"),
        (LAWS[0], {"floor": np.nan}, "floor=...\\) must be a number"),
        (LAWS[1], {"memory": 1.5}, "memory=...\\) must be 1 or less"),
        (LAWS[1], {"memory": -0.1}, "memory=...\\) must be 0 or more"),
        (LAWS[2], {"drop_rate": -1.0}, "drop_rate=...\\) must be 0 or more"),
    ],
)
def test_parameters_out_of_their_domain_are_refused(law, wrong, words):
    with pytest.raises(ValueError, match=words):
        law.replace(**wrong)


@pytest.mark.parametrize("rate", [-0.1, np.inf, np.nan])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_rates_that_train_nothing_are_refused(law, rate):
    with pytest.raises(ValueError, match=r"rates of 0 or more, got|must be a number"):
        law.loss_curve(lambda count: rate + 0.0 * count, 5)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_a_single_count_gives_a_single_loss(law):
    assert law.loss_curve(0.1, 5, 3) == law.loss_curve(0.1, 5, [3])[0]


def test_before_the_first_rate_the_loss_is_infinite():
    """A sum of 0 has no power; afterwards all is finite."""
    for law in LAWS:
        found = np.asarray(law.loss_curve(js.Transition(0.0, 0.1, 4), 6))
        assert np.isposinf(found[0])
        assert np.isfinite(found[1:]).all()


def test_numbers_of_a_schedule_under_a_law():
    """Descended by the function that serves the lab: a lower loss, of the same kind."""
    start = js.warmup_stable_decay_schedule(
        0.0, 0.1, 0.02, warmup_steps=5, stable_steps=25, decay_steps=20
    )
    found = optimal_schedule(
        LAWS[0], start, 50, where=lambda s: s.schedules[-1].end_value, num_iterations=40
    )
    before = float(LAWS[0].expected_loss(start, 50))

    assert float(found.losses[0]) == pytest.approx(before, rel=1e-6)
    assert float(LAWS[0].expected_loss(found.schedule, 50)) < before
    assert jax.tree.structure(found.schedule) == jax.tree.structure(start)


def test_parameters_far_off_give_no_nan():
    """A steepness beyond float32 is a drop that has brought all it can."""
    law = MultiPowerLaw(2.0, 0.5, 0.4, 1.0, 1e6, 3.0, 9.0)
    found = law.loss_curve(js.Transition(0.1, 0.0, 20), 30)

    assert np.isfinite(found).all()


def test_optimal_decay_refuses():
    """Runs without updates, warmups without an end, rates of 0."""
    law = LAWS[0]
    for wrong, words in [
        ({"num_steps": 0}, "num_steps"),
        ({"num_steps": 10, "warmup_steps": 10}, "whole warmup_steps from 0 to"),
        ({"num_steps": 11, "warmup_steps": 10}, "to num_steps - 2, got warmup_steps=10"),
        ({"num_steps": 1}, "whole warmup_steps from 0 to num_steps - 2"),
        ({"num_steps": 10, "warmup_steps": 2.5}, "whole warmup_steps"),
        ({"num_steps": 10, "num_points": 1}, "num_points >= 2, got num_points=1"),
        ({"num_steps": 10, "peak_value": 0.0}, "peak_value"),
        ({"num_steps": 10, "num_iterations": 0}, "num_iterations"),
    ]:
        with pytest.raises(ValueError, match=words):
            optimal_decay(law, **{"peak_value": 0.1, **wrong})


def test_optimal_decay_of_a_few_updates():
    """As good as any of many random decays of four updates."""
    law = MultiPowerLaw(2.0, 0.5, 0.4, 3.0, 2.0, 0.6, 0.5)
    found = optimal_decay(law, 4, peak_value=0.5, num_iterations=400)
    best = float(found.losses.min())
    rng = np.random.default_rng(0)
    tables = 0.5 * np.sort(rng.uniform(0, 1, (4000, 4)))[:, ::-1].astype(np.float32)
    tables[:, 0] = 0.5
    others = jax.vmap(lambda row: law.expected_loss(js.Table(row), 4))(jnp.asarray(tables))

    assert float(law.expected_loss(found.schedule, 4)) == pytest.approx(best, rel=1e-6)
    assert best <= float(others.min()) * (1 + 1e-4)
