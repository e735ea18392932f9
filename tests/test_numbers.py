"""Budgets for numbers: float32 against the exact formula, from one update to two billion.

`python -m tests.accuracy` prints what these tests check.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves, testing

from . import oracles as o
from .accuracy import HORIZONS, as_arguments, as_constants, counts_for
from .cases import EXACT, POWER, SMOOTH, A, B

TINY = o.real32(1e-8)
# Where the exact value moves by less than a unit in the last place from one tried count
# to the next, rounding may move it back by as much.
WOBBLE = 2

each_case = pytest.mark.parametrize("case", EXACT, ids=lambda case: case.id)


def check(case, horizons, found):
    for horizon, got in zip(horizons, found, strict=True):
        where = f"{case.id} over {horizon}"
        far = f"{got.max_ulps} ulp at {got.worst_count}"
        assert got.max_ulps <= case.max_ulps, f"{where}: {far}"
        assert got.is_start_exact, f"{where}: not exact at its start"
        assert got.is_end_exact, f"{where}: not exact at its end"
        assert got.back_ulps <= WOBBLE, f"{where}: turns back by {got.back_ulps} ulp"
        assert got.num_negative == 0, f"{where}: {got.num_negative} negative values"


@each_case
def test_horizons_as_arguments(case):
    """Within budget, exact at both ends, never negative, never turning back."""
    check(case, HORIZONS, as_arguments(case, HORIZONS))


@each_case
def test_horizons_as_constants(case):
    """The same where the compiler knows the numbers, and folds and divides with them."""
    horizons = (3, 1_000, 2_000_000_000)
    check(case, horizons, as_constants(case, horizons))


def test_linear_ends_exactly_for_every_horizon():
    """A line under jit is exactly at its end (optax: at -4.7e-8 for some horizons)."""
    horizons = np.arange(1, 200, dtype=np.int32)

    def ends(horizons, ahead):
        return jax.vmap(lambda T: js.linear_schedule(A, 0.0, T)(T + ahead))(horizons)

    as_constants = jax.jit(lambda ahead: ends(horizons, ahead))(np.int32(0))
    as_arguments = jax.jit(ends)(horizons, np.int32(0))

    np.testing.assert_array_equal(as_constants, np.zeros(199))
    np.testing.assert_array_equal(as_arguments, np.zeros(199))


def test_a_long_cosine_is_positive_to_its_last_update():
    """No update of a million is lost (optax: the last 77 are exactly zero)."""
    counts = np.arange(10**6 - 1_000, 10**6, dtype=np.int32)
    schedule = js.cosine_decay_schedule(A, 10**6)
    testing.check_monotone(schedule, counts)
    got = np.asarray(schedule(counts))

    assert (got > 0).all()
    expected = [o.transition(A, 0, 10**6, o.cosine)(int(t)) for t in counts]
    assert testing.ulps(got, np.asarray(expected)).max() <= SMOOTH


def test_a_square_root_polynomial_is_finite_for_every_horizon():
    """No root of a negative rounding error, at any count."""
    horizons = np.arange(1, 1_001, dtype=np.int32)
    counts = horizons[:, None] + np.arange(-20, 4, dtype=np.int32)
    build = lambda T, c: js.polynomial_schedule(1.0, 0.0, 0.5, T)(c)  # noqa: E731

    got = jax.jit(jax.vmap(build))(horizons, counts)

    assert np.isfinite(got).all()
    assert (np.asarray(got) >= 0).all()


def test_a_warmup_starts_where_asked():
    """From 1e-8 to 1 it starts at 1e-8 (optax: at 0)."""
    for T in (10, 1_000, 10**7):
        got = js.linear_schedule(TINY, 1.0, T)(0)
        assert float(got) == TINY


def test_gradients_stay_finite():
    """Of every number, lengths included, also where a slope is infinite at an end."""
    shapes = [
        *(curves.Cosine(0.5), curves.Polynomial(0.5), curves.Power(0.5)),
        *(curves.SquareRoot(), curves.Exponential(0.0)),
    ]
    horizons = np.asarray([1, 10, 1_000, 10**4, 10**6, 2**25, 2_000_000_000])
    counts = np.stack([counts_for(EXACT[0], int(T)) for T in horizons])

    def slopes(curve, T, counts):
        schedule = js.Transition(jnp.float32(A), jnp.float32(B), T, curve)
        return jax.vmap(jax.grad(lambda s, c: s(c)), in_axes=(None, 0))(schedule, counts)

    @jax.jit
    def run(shapes, horizons, counts):
        over_horizons = jax.vmap(slopes, in_axes=(None, 0, 0))
        return [over_horizons(curve, horizons, counts) for curve in shapes]

    shapes = jax.tree.map(jnp.float32, shapes)
    for leaf in jax.tree.leaves(run(shapes, horizons.astype(np.float32), counts)):
        assert np.isfinite(leaf).all()


@pytest.mark.parametrize("shape", ["polynomial", "power"])
def test_small_powers_keep_their_digits(shape):
    """A power of 1/20 falls from 1/2 in its last millionth; all of it is in budget."""
    small, total = o.real32(0.05), 10**6
    node = curves.Polynomial(small) if shape == "polynomial" else curves.Power(small)
    oracle = {"polynomial": o.polynomial, "power": o.power}[shape](small)
    counts = np.unique([*range(1, 50), *range(0, total, 997), *range(total - 50, total)])
    for a, b in ((1.0, 0.0), (0.0, 1.0)):
        testing.check_values(
            js.Transition(a, b, total, node),
            o.transition(a, b, total, oracle),
            counts=counts,
            max_ulps=POWER,
        )


@pytest.mark.parametrize("interval", [0.5, 7.25, 100.5, 309.5])
def test_fractional_intervals_keep_their_digits(interval):
    """An exponential whose interval is not whole is in budget for sixteen decades."""
    rate = o.real32(0.65)
    last = int(interval * 85)
    testing.check_values(
        js.ExponentialDecay(1.0, rate, interval),
        lambda t: o.Real(rate) ** (o.Real(t) / o.Real(interval)),
        counts=np.unique(np.linspace(0, last, 500).astype(int)),
        max_ulps=POWER,
    )
