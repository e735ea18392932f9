"""Budgets for numbers: float32 against the exact formula, from one update to two billion.

Horizons and values are stacked, so that a family is compiled once for all of them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves, testing

from . import oracles as o
from .cases import MORE, POWER, RATIONAL, SMOOTH, A, B, C

HORIZONS = (
    *(1, 2, 3, 7, 10, 41, 47, 100, 999, 1_000, 10**4, 10**5, 10**6, 10**7, 10**8),
    2_000_000_000,
)
TINY = o.real32(1e-8)
PAIRS = ((A, 0.0), (A, B), (TINY, 1.0), (0.0, A))
LAST = 2**31 - 2


class Family(NamedTuple):
    """Schedules from `a` to `b`, or from `a` on, over a horizon `T`."""

    id: str
    build: Callable[[Any, Any, Any], js.AbstractSchedule]
    oracle: Callable[[float, float, int], Callable[[int], Any]]
    max_ulps: float
    wobble: int = 0
    arrives: bool = True


# The compiler's powers and exponentials are not monotone in their last places, nor is a
# cubic: counts whose exact values differ by less may move back by so many ulp.
WOBBLE = 2


def along(name, curve, shape, max_ulps, wobble=0):
    return Family(
        name,
        lambda a, b, T: js.Transition(a, b, T, curve),
        lambda a, b, T: o.transition(a, b, T, shape),
        max_ulps,
        wobble,
    )


FAMILIES = [
    along("linear", curves.Linear(), o.linear, RATIONAL),
    along("smooth_step", curves.SmoothStep(), o.smooth_step, RATIONAL, WOBBLE),
    along("polynomial_2", curves.Polynomial(2.0), o.polynomial(2), RATIONAL, WOBBLE),
    along("polynomial_0.5", curves.Polynomial(0.5), o.polynomial(0.5), POWER, WOBBLE),
    along("power_2", curves.Power(2.0), o.power(2), RATIONAL, WOBBLE),
    along("power_0.75", curves.Power(0.75), o.power(0.75), POWER, WOBBLE),
    along("square_root", curves.SquareRoot(), o.power(0.5), SMOOTH),
    along("cosine", curves.Cosine(), o.cosine, SMOOTH),
    along("cosine_1.5", curves.Cosine(1.5), o.cosine_power(1.5), POWER),
    along("exponential", curves.Exponential(-5.0), o.exponential(-5), POWER, WOBBLE),
    Family(
        "inverse_sqrt",
        lambda a, b, T: js.InverseSqrtDecay(a, T),
        lambda a, b, T: o.inverse_sqrt(a, T),
        SMOOTH,
        arrives=False,
    ),
    Family(
        "inverse_time",
        lambda a, b, T: js.InverseTimeDecay(a, C, T),
        lambda a, b, T: o.inverse_time(a, C, T),
        RATIONAL,
        arrives=False,
    ),
    Family(
        "power_decay",
        lambda a, b, T: js.PowerDecay(a, 0.75, T),
        lambda a, b, T: o.power_decay(a, 0.75, T),
        POWER,
        WOBBLE,
        arrives=False,
    ),
    Family(
        "exponential_decay",
        lambda a, b, T: js.ExponentialDecay(a, C, T),
        lambda a, b, T: o.exponential_decay(a, C, T),
        POWER,
        arrives=False,
    ),
    Family(
        "stable_then_cosine",
        lambda a, b, T: js.Join(
            [a, js.Transition(a, b, T - T // 2, curves.Cosine())], [T // 2]
        ),
        lambda a, b, T: o.join(
            [o.constant(a), o.transition(a, b, T - T // 2, o.cosine)], [T // 2]
        ),
        SMOOTH + MORE,
    ),
]

each_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)


def counts_for(horizon):
    """Every count near both ends and the middle, and some at random."""
    near = np.arange(-12, 13)
    spread = np.random.default_rng(0).random(40)
    counts = [near + 12, horizon // 2 + near, horizon + near, spread * horizon]
    counts += [[2 * horizon, LAST]]
    return np.sort(np.clip(np.concatenate(counts).astype(np.int64), 0, LAST)).astype(
        np.int32
    )


def check(family, a, b, horizon, counts, got):
    expected = np.asarray([family.oracle(a, b, horizon)(int(t)) for t in counts])
    far = testing.ulps(got, expected)
    where = f"{family.id} from {a} to {b} over {horizon}"
    worst = int(np.argmax(np.where(np.isnan(far), np.inf, far)))

    assert far[worst] <= family.max_ulps, f"{where}: {far[worst]} ulp at {counts[worst]}"
    assert (got >= 0).all(), f"{where}: negative at {counts[got < 0]}"
    assert (got[counts == 0] == np.float32(a)).all(), f"{where}: {got[0]} at 0"
    if family.arrives:
        assert (got[counts >= horizon] == np.float32(b)).all(), f"{where}: {got[-1]}"
    falls = not (family.arrives and a < b)
    back = np.diff(got) if falls else -np.diff(got)
    allowed = family.wobble * np.spacing(got[1:])
    assert (back <= allowed).all(), f"{where}: turns after {counts[:-1][back > allowed]}"


@each_family
def test_horizons_as_arguments(family):
    """Within budget, exact at both ends, never negative, never turning back."""
    members = [(a, b, T) for T in HORIZONS for a, b in PAIRS]
    counts = np.stack([counts_for(T) for _, _, T in members])
    a, b, T = (np.asarray(column) for column in zip(*members, strict=True))
    run = jax.jit(jax.vmap(lambda a, b, T, count: family.build(a, b, T)(count)))
    got = np.asarray(
        run(a.astype(np.float32), b.astype(np.float32), T.astype(np.int32), counts)
    )

    for i, (a, b, T) in enumerate(members):
        check(family, a, b, T, counts[i], got[i])


@each_family
def test_horizons_as_constants(family):
    """The same where the compiler knows the numbers, and folds and divides with them."""
    members = [
        (A, B, 3),
        (A, 0.0, 47),
        (TINY, 1.0, 999),
        (A, B, 10**6),
        (A, 0.0, HORIZONS[-1]),
    ]
    counts = np.stack([counts_for(T) for _, _, T in members])

    @jax.jit
    def run(counts):
        schedules = [family.build(*member) for member in members]
        return [s(c) for s, c in zip(schedules, counts, strict=True)]

    for i, got in enumerate(run(counts)):
        check(family, *members[i], counts[i], np.asarray(got))


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
    counts = np.stack([counts_for(T) for T in horizons])

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
