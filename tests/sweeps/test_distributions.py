"""Distributions against scipy's, and how evenly quasi-random draws lie."""

import collections
import itertools

import jax
import numpy as np
import pytest
from scipy import stats

import jaxsched as js
from jaxsched import sweeps

KEY = jax.random.key(3)
NUM = 2_000


def drawn(distribution, n=NUM, key=KEY, quasi=False):
    members = js.sample(key, lambda x: js.Constant(0.5), n, quasi=quasi, x=distribution)
    return [row["x"] for row in members.settings]


def of_points(points):
    """The discrepancy of settings that are the points themselves."""
    return stats.qmc.discrepancy(np.asarray(points))


@pytest.mark.parametrize("quasi", [False, True])
@pytest.mark.parametrize(
    ("distribution", "exact"),
    [
        (sweeps.uniform(-2.0, 3.0), stats.uniform(-2.0, 5.0)),
        (sweeps.log_uniform(1e-5, 1e-1), stats.loguniform(1e-5, 1e-1)),
    ],
    ids=["uniform", "log_uniform"],
)
def test_numbers_have_the_distribution_of_scipy(distribution, exact, quasi):
    """A Kolmogorov-Smirnov test does not tell them apart, but a skewed one it does."""
    values = drawn(distribution, quasi=quasi)

    assert all(type(value) is float for value in values)
    assert stats.kstest(values, exact.cdf).pvalue > 0.01
    assert stats.kstest(exact.cdf(values) ** 1.2, "uniform").pvalue < 0.01


@pytest.mark.parametrize(
    ("distribution", "exact"),
    [
        (sweeps.integers(-3, 4), {k: 1 / 8 for k in range(-3, 5)}),
        (sweeps.choices("abc"), {k: 1 / 3 for k in "abc"}),
        (
            sweeps.log_integers(1, 8),
            {k: np.log((k + 0.5) / (k - 0.5)) / np.log(17) for k in range(1, 9)},
        ),
    ],
    ids=["integers", "choices", "log_integers"],
)
def test_whole_numbers_and_choices_have_their_shares(distribution, exact):
    """A chi-square test of the counts; nothing else is drawn, both ends are."""
    counts = collections.Counter(drawn(distribution))

    assert counts.keys() == exact.keys()
    expected = np.array(list(exact.values())) * NUM
    assert stats.chisquare([counts[k] for k in exact], expected).pvalue > 0.01


@pytest.mark.parametrize(
    "distribution",
    [sweeps.uniform(0.1, 0.3), sweeps.log_uniform(0.1, 0.3), sweeps.log_integers(3, 999)],
    ids=repr,
)
def test_the_ends_are_never_passed(distribution):
    """Rounding leaves no setting outside of its range."""
    assert distribution.at(0.0) == distribution.low
    for u in (np.float32(1), 1.0, np.nextafter(1.0, 0.0)):
        assert distribution.at(u) <= distribution.high
    assert distribution.at(1.0) == distribution.high


@pytest.mark.parametrize(
    "distribution",
    [
        sweeps.uniform(0.0, 1.0),
        sweeps.log_uniform(0.1, 1.0),
        sweeps.integers(1, 2),
        sweeps.log_integers(1, 20),
        sweeps.choices([0.1, "a", None]),
    ],
    ids=repr,
)
def test_a_distribution_reads_back(distribution):
    """Its text is the code that makes it."""
    again = eval(repr(distribution), vars(sweeps))

    assert again == distribution


# Quasi-random draws.


def box(n, d, seed, quasi):
    names = [f"x{i}" for i in range(d)]
    members = js.sample(
        jax.random.key(seed),
        lambda **_: js.Constant(0.5),
        n,
        quasi=quasi,
        **dict.fromkeys(names, sweeps.uniform(0.0, 1.0)),
    )
    return [[row[name] for name in names] for row in members.settings]


@pytest.mark.parametrize("n", [61, 128, 200])
@pytest.mark.parametrize("d", [2, 4, 8])
def test_quasi_random_is_no_worse_than_halton(n, d):
    """Lower discrepancy than chance, and Halton's at most, at any number of members."""
    seeds = range(8)
    ours = np.mean([of_points(box(n, d, seed, quasi=True)) for seed in seeds])
    chance = np.mean([of_points(box(n, d, seed, quasi=False)) for seed in seeds])
    halton = np.mean([of_points(stats.qmc.Halton(d, rng=seed).random(n)) for seed in seeds])

    assert ours < 0.7 * chance
    assert ours < 1.05 * halton
    if n == 128 and d < 8:
        assert ours < 0.75 * halton


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 100])
def test_any_number_comes_out(n):
    """No power of two is asked for, none is warned of, and none is dropped."""
    points = box(n, 3, 0, quasi=True)

    assert len(points) == n
    assert points == box(128, 3, 0, quasi=True)[:n]


def test_a_power_of_two_is_perfectly_balanced():
    """Each of 64 equal parts of the square has one of 64 points: a net of base 2."""
    points = np.asarray(box(64, 2, 5, quasi=True))
    for rows in (1, 2, 4, 8, 16, 32, 64):
        counts, *_ = np.histogram2d(*points.T, (rows, 64 // rows), [[0, 1], [0, 1]])

        assert (counts == 1).all()


def test_dimensions_are_independent():
    """No two settings of a draw go together."""
    points = np.asarray(box(512, 4, 0, quasi=False))
    for a, b in itertools.combinations(points.T, 2):
        assert stats.pearsonr(a, b).pvalue > 0.001


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sweeps.log_integers(0, 4), r"log_integers\(low=.* above 0, got 0"),
        (lambda: sweeps.log_integers(5, 4), "log_integers needs low <= high"),
        (lambda: sweeps.uniform(0.0, np.inf), "uniform needs finite bounds"),
        (lambda: sweeps.log_uniform(1e-300, 1e300), "log_uniform needs finite bounds"),
        (lambda: sweeps.uniform(np.nan, 1.0), r"uniform\(low=.* a number"),
    ],
    ids=["low", "order", "infinite", "too wide", "nan"],
)
def test_ranges_that_are_none_are_refused(make, words):
    """The error says which bound of what."""
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int32])
def test_bounds_of_numpy_do_not_overflow(kind):
    """Widths are Python's."""
    info = np.iinfo(kind)
    drawn = sweeps.integers(kind(info.min), kind(info.max))

    assert [drawn.at(0.0), drawn.at(1.0)] == [info.min, info.max]
    assert drawn.at(0.5) == (info.min + info.max + 1) // 2


def test_a_number_of_numpy_says_how_many():
    """Of quasi-random members too."""
    value = sweeps.uniform(0.0, 1.0)
    found = js.sample(jax.random.key(0), js.Constant, np.int64(3), quasi=True, value=value)

    assert len(found.settings) == 3


@pytest.mark.parametrize("bounds", [(0.5, 3), (1, 4.0), (True, 3)])
def test_integers_have_whole_bounds(bounds):
    """A float there is a slip."""
    with pytest.raises(TypeError, match=r"integers( needs whole|\(low=.* real number)"):
        sweeps.integers(*bounds)
