"""Refined schedules, against the published examples and the algorithm in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

import jaxsched as js
from jaxsched import analysis

NORMS = [4.0, 2.0, 1.0, 1.0, 2.0]
FALLING = 1 + 3 * np.exp(-np.arange(1000) / 50)


def exact(norms, power, smoothing):
    """Step by step, in double precision, with SciPy's median."""
    norms = np.asarray(norms, np.float64)
    norms = norms[np.isfinite(norms)]
    width = 2 * (int(smoothing * len(norms)) // 2) + 1
    padded = np.pad(norms, (0, 2 * width), mode="reflect")
    smooth = ndimage.median_filter(padded, width, mode="nearest")[: len(norms)]
    weights = smooth**-power
    later = np.append(np.cumsum(weights[::-1])[::-1][1:], 0)
    values = weights * later / weights.sum()
    return values / values.max()


# The published numbers.


@pytest.mark.parametrize(
    ("norms", "power", "expected"),
    [
        ([1.0] * 5, 2, [1, 0.75, 0.5, 0.25, 0]),
        ([7.0] * 5, 1, [1, 0.75, 0.5, 0.25, 0]),
        (NORMS, 2, [0.125, 0.45, 1, 0.2, 0]),
        (NORMS, 1, [0.5, 0.83333333, 1, 0.33333333, 0]),
    ],
)
def test_published_examples(norms, power, expected):
    """Without smoothing, by either power."""
    found = analysis.refine(norms, power=power, smoothing=0)

    np.testing.assert_allclose(found.values, expected, rtol=1e-7, atol=0)
    np.testing.assert_array_equal(found(np.arange(7)), [*found.values, 0, 0])


def test_published_example_with_smoothing():
    """Norms that fall at the start give a warmup."""
    found = np.asarray(analysis.refine(FALLING).values)
    at = [0, 50, 100, 200, 500, 900, 998]
    expected = [0.07728, 0.277319, 0.608041, 0.987954, 0.690992, 0.137132, 0.001385]

    assert found.argmax() == 228
    np.testing.assert_allclose(found[at], expected, rtol=0, atol=1.1e-6)
    with jax.enable_x64(True):
        found = np.asarray(analysis.refine(FALLING).values)
    np.testing.assert_allclose(found, exact(FALLING, 2, 0.1), rtol=1e-12, atol=0)
    np.testing.assert_allclose(found[at], expected, rtol=0, atol=5.1e-7)


def test_outliers_are_smoothed_away():
    """Twenty norms that are 50 times as large hardly move it."""
    plain = np.asarray(analysis.refine(FALLING).values)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        norms = FALLING.copy()
        norms[rng.choice(1000, 20, replace=False)] *= 50
        moved = np.abs(np.asarray(analysis.refine(norms).values) - plain).max()
        assert 0 < moved < 0.03


# The algorithm.


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize(
    ("num", "smoothing"), [(2, 1.0), (3, 1.0), (7, 0.3), (64, 0.1), (65, 0.9), (500, 0.05)]
)
def test_follows_the_algorithm(num, smoothing, power):
    """Short rows under wide medians, and long ones, with ties."""
    norms = np.round(np.random.default_rng(num).gamma(2, size=num), 1) + 0.1
    found = analysis.refine(norms, power=power, smoothing=smoothing)

    expected = exact(norms.astype(np.float32), power, smoothing)
    np.testing.assert_allclose(found.values, expected, rtol=3e-6, atol=0)


def test_units_do_not_count():
    """Norms whose squares leave single precision give the same schedule."""
    expected = analysis.refine(NORMS, smoothing=0).values
    for unit in (1e-30, 1e30):
        found = analysis.refine(np.asarray(NORMS) * unit, smoothing=0).values
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_is_dropped(bad):
    """Wherever it is: the schedule is that of the others."""
    broken = [bad, 4.0, 2.0, bad, 1.0, 1.0, 2.0, bad, bad]
    found = analysis.refine(broken, smoothing=0)

    np.testing.assert_array_equal(found.values, analysis.refine(NORMS, smoothing=0).values)


def test_another_length():
    """Ends stay ends, and between them straight lines."""
    five = analysis.refine(NORMS, smoothing=0).values
    nine = analysis.refine(NORMS, smoothing=0, num_steps=9).values
    four = analysis.refine(NORMS, smoothing=0, num_steps=4).values
    expected = np.interp(np.linspace(0, 4, 4), np.arange(5), five)

    np.testing.assert_allclose(nine[::2], five, rtol=1e-6, atol=0)
    np.testing.assert_allclose(nine[1], (0.125 + 0.45) / 2, rtol=1e-6)
    np.testing.assert_allclose(four, expected, rtol=1e-6, atol=0)
    line = analysis.refine([2.0, 2.0, 2.0], num_steps=100_001)
    expected = js.Transition(1.0, 0.0, 100_000)(np.arange(100_001))
    np.testing.assert_allclose(line.values, expected, rtol=1e-6, atol=0)


def test_a_floor():
    """A share of the median under which no norm counts, so that no spike is left."""
    norms = np.append(np.ones(95), np.full(5, 1e-6))
    spike = np.asarray(analysis.refine(norms, smoothing=0).values)
    floored = np.asarray(analysis.refine(norms, smoothing=0, floor=1.0).values)

    assert spike[:95].max() < 1e-6
    np.testing.assert_allclose(floored, np.linspace(1, 0, 100), rtol=1e-5, atol=1e-9)
    zeros = analysis.refine([1.0, 1.0, 0.0, 1.0, 1.0], smoothing=0, floor=0.5).values
    np.testing.assert_allclose(zeros, exact([1, 1, 0.5, 1, 1], 2, 0), rtol=1e-6)


def test_a_million_norms():
    """As exact as few; the median of a hundred thousand neighbours takes no longer."""
    found = np.asarray(analysis.refine(np.ones(10**6)).values)

    np.testing.assert_allclose(
        found[:-1], 1 - np.arange(10**6 - 1) / (10**6 - 1), rtol=1e-6
    )


def test_is_traced_and_batched():
    """Norms of many runs on the device, and the schedules as leaves."""
    norms = jnp.asarray(np.random.default_rng(0).gamma(2, size=(3, 40)), jnp.float32)
    tables = jax.jit(jax.vmap(analysis.refine))(norms)
    slope = jax.grad(lambda row: analysis.refine(row, smoothing=0).values[0])(
        jnp.asarray(NORMS)
    )

    for row, values in zip(norms, tables.values, strict=True):
        np.testing.assert_allclose(values, analysis.refine(row).values, rtol=1e-6)
    assert np.isfinite(slope).all()
    assert float(slope[0]) < 0


def test_a_refined_schedule_is_better_by_its_bound():
    """With growing norms, than a line; and the least bound is not far below."""
    norms = np.linspace(1, 4, 60)

    def bound(schedule):
        return float(analysis.optimal_bound(schedule, 60, gradient_norms=norms))

    line = bound(js.Transition(1.0, 0.0, 60))
    refined = bound(analysis.refine(norms, smoothing=0))
    least = bound(analysis.minimize_bound(60, gradient_norms=norms))

    assert least < refined < 0.9 * line
    assert refined < 1.05 * least


# What it is given.


@pytest.mark.parametrize(
    ("norms", "options", "message"),
    [
        ([], {}, "two or more of them finite"),
        ([1.0], {}, r"got shape \(1,\)"),
        ([np.nan, 1.0, np.inf], {}, r"got shape \(1,\)"),
        ([[1.0, 2.0]], {}, r"one row, .* got shape \(1, 2\)"),
        ([1.0, -1.0], {}, "norms of 0 or more"),
        ([1.0, 0.0], {}, "norms above 0, .* Give a floor"),
        ([0.0, 0.0], {"floor": 0.5}, "norms above 0"),
        (
            [1.0, 1.0, 1e-20],
            {"smoothing": 0},
            r"norms above 0, within 1e\+12 of each other",
        ),
        (NORMS, {"power": 3}, r"power=...\) must be one of 1, 2, got 3"),
        (NORMS, {"smoothing": 1.5}, "0 <= smoothing <= 1, got 1.5"),
        (NORMS, {"smoothing": -0.1}, "0 <= smoothing <= 1"),
        (NORMS, {"floor": -1.0}, "floor >= 0"),
        (NORMS, {"num_steps": 1}, "num_steps >= 2, got 1"),
        (NORMS, {"num_steps": 0}, "num_steps"),
    ],
)
def test_wrong_arguments_raise(norms, options, message):
    """Who, what is required, what came, what to do."""
    with pytest.raises(ValueError, match=message):
        analysis.refine(norms, **options)
