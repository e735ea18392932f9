"""The rules of a range test, on a curve whose answers are known."""

import itertools

import numpy as np
import pytest

from jaxsched.analysis import smoothed, suggest
from jaxsched.analysis._suggestions import stop_at

# A curve in closed form: flat, a valley, a wall. The answers were computed elsewhere.
RATES = 1e-7 * 1e8 ** (np.arange(100) / 100)
Z = np.log10(RATES)
LOSSES = 2.3 - 1.8 / (1 + np.exp(-2.2 * (Z + 2.6))) + np.exp(3 * (Z + 0.1))


def test_where_the_test_stops():
    """Above four times the best before; the lowest is at point 74."""
    stop = stop_at(LOSSES, 4.0)

    assert stop == 90
    assert LOSSES[:stop].argmin() == 74
    np.testing.assert_allclose(RATES[74], 0.08317637711, rtol=1e-9)
    np.testing.assert_allclose(LOSSES[74], 0.61423167, rtol=1e-8)


def test_four_rules():
    """Without the first tenth and the last five points."""
    found = suggest(RATES[10:85], LOSSES[10:85])

    np.testing.assert_allclose(found.valley, 1.584893192e-4, rtol=1e-9)
    np.testing.assert_allclose(found.steep, 2.089296131e-3, rtol=1e-9)
    np.testing.assert_allclose(found.minimum, 8.317637711e-3, rtol=1e-9)
    np.testing.assert_allclose(found.slide, 6.918309709e-4, rtol=1e-9)


def test_average_without_the_pull_of_its_start():
    """Also along the last axis of many."""
    expected = [4, 3.49494949, 2.98653245, 2.86118891]
    np.testing.assert_allclose(smoothed([4, 3, 2, 2.5]), expected, rtol=1e-8)
    many = smoothed(np.tile([4, 3, 2, 2.5], (2, 3, 1)))
    np.testing.assert_allclose(many, np.tile(expected, (2, 3, 1)), rtol=1e-8)
    np.testing.assert_array_equal(smoothed([4, 3, 2], 0.0), [4, 3, 2])


def test_longest_way_down_need_not_be_in_a_row():
    """By brute force over all subsequences of short random curves."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        losses = rng.integers(0, 6, rng.integers(3, 9)).astype(float)
        lengths = [longest_to(losses, i) for i in range(len(losses))]
        end = int(np.argmax(lengths))
        start = end - lengths[end]
        third = (end - start) / 3
        at = max(start + int(third) + int(third / 2), 0)
        rates = np.arange(1.0, len(losses) + 1)

        assert suggest(rates, losses).valley == rates[at]


def longest_to(losses, end):
    best = 0
    for bits in range(2**end):
        chosen = [losses[i] for i in range(end) if bits >> i & 1] + [losses[end]]
        if all(a > b for a, b in itertools.pairwise(chosen)):
            best = max(best, len(chosen))
    return best


def test_a_curve_that_only_rises():
    """Has no way down: the first point, not the last."""
    assert suggest([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]).valley == 1.0


@pytest.mark.parametrize(
    ("rates", "losses", "words"),
    [
        ([1.0, 2.0], [1.0, 2.0], "3 points or more, got 2. Take more updates"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], "a loss for each rate"),
        ([1.0, 3.0, 2.0], [1.0, 2.0, 3.0], "rates that rise from above 0"),
        ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], "rates that rise from above 0"),
        ([1.0, 2.0, 3.0], [1.0, np.nan, 3.0], "finite losses, got 1 that are not"),
    ],
)
def test_errors(rates, losses, words):
    with pytest.raises(ValueError, match=words):
        suggest(rates, losses)


@pytest.mark.parametrize("decay", [1.0, -0.1, np.nan])
def test_averages_of_nothing_are_refused(decay):
    with pytest.raises(ValueError, match="smoothed needs 0 <= decay < 1, got"):
        smoothed([1.0, 2.0], decay)


@pytest.mark.parametrize(
    ("losses", "stop"),
    [([1, np.nan, 1], 1), ([np.inf, 1], 0), ([1, 4, 4.01], 2), ([3, 2, 1], 3), ([], 0)],
)
def test_stops(losses, stop):
    assert stop_at(np.asarray(losses, float), 4.0) == stop
