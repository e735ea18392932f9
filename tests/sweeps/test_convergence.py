"""Times to a target, areas and fronts: textbooks, SciPy, brute force."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy import integrate, stats

from jaxsched.sweeps import area_under_curve, convergence_times, kaplan_meier, pareto_front

from .outcomes import trajectories

INF, NAN = np.inf, np.nan

# Weeks of remission under 6-mercaptopurine; a minus: still in remission when last seen.
# Freireich et al., 1963, as in Cox and Oakes, Analysis of Survival Data, 1984, table 1.1.
REMISSION = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25]
REMISSION = np.asarray([*REMISSION, -32, -32, -34, -35])


def test_textbook_example():
    """Seven steps of fractions, a median of 23 weeks, 23.29 weeks of 35 on average."""
    found = kaplan_meier(abs(REMISSION), REMISSION > 0)
    left = [(18, 21), (16, 17), (14, 15), (11, 12), (10, 11), (6, 7), (5, 6)]
    steps = list(itertools.accumulate((Fraction(*f) for f in left), lambda a, b: a * b))
    edges = [0, 6, 7, 10, 13, 16, 22, 23, 35]
    heights = [Fraction(1), *steps]
    area = sum(
        h * (b - a) for h, (a, b) in zip(heights, itertools.pairwise(edges), strict=True)
    )

    np.testing.assert_array_equal(found.times, edges[1:-1])
    np.testing.assert_allclose(found.survival, [float(s) for s in steps], rtol=1e-12)
    assert [f"{s:.3f}" for s in found.survival[[0, 1, 2]]] == ["0.857", "0.807", "0.753"]
    assert found.median == 23
    np.testing.assert_allclose(found.restricted_mean(35), float(area), rtol=1e-12)
    assert f"{found.restricted_mean(35):.2f}" == "23.29"
    np.testing.assert_allclose(found.restricted_mean(6.5), 6 + 0.5 * 18 / 21, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_survival_is_scipy_s(seed):
    """With ties among events and censored runs, in any order."""
    rng = np.random.default_rng(seed)
    times, observed = rng.integers(1, 12, size=40), rng.random(40) < 0.6
    data = stats.CensoredData.right_censored(times, ~observed)
    expected = stats.ecdf(data).sf
    found = kaplan_meier(times, observed)

    at_events = np.isin(expected.quantiles, times[observed])
    np.testing.assert_array_equal(found.times, expected.quantiles[at_events])
    np.testing.assert_allclose(
        found.survival, expected.probabilities[at_events], rtol=1e-12, atol=1e-15
    )


def test_median_where_one_half_is_met():
    """At 1/2 exactly, also when it is a product of thirds; never above it."""
    assert kaplan_meier([1, 2, 3, 4], [True] * 4).median == 2
    for n in range(2, 40, 2):  # (n - 1)/n (n - 2)/(n - 1) ... = 1/2
        assert kaplan_meier(np.arange(n) + 1, [True] * n).median == n // 2
    assert kaplan_meier([1, 2, 3], [True, False, False]).median == INF
    assert kaplan_meier([3, 3], [False, False]).median == INF
    assert kaplan_meier([3, 3], [False, False]).restricted_mean(3) == 3


def test_times_that_are_none_are_refused():
    """Infinity is for who was not seen: censored, at the time of the last look."""
    with pytest.raises(ValueError, match="finite times >= 0"):
        kaplan_meier([1, INF], [True, True])
    with pytest.raises(ValueError, match="finite times >= 0"):
        kaplan_meier([-1], [True])
    with pytest.raises(ValueError, match=r"got \(2,\) and \(1,\)"):
        kaplan_meier([1, 2], [True])


def test_runs_that_never_arrive_are_censored_at_the_end():
    """Also those that diverge; those that diverge once there have arrived."""
    result = trajectories(
        loss=[
            [[2, 1, 1, 1], [2, 2, 2, 1], [2, 2, 2, 2], [2, NAN, NAN, NAN]],
            [[1, 1, 1, 1], [1, 2, 3, INF], [2, 1, 1, 1], [2, 2, 2, 2]],
            [[2, 2, 2, 2]] * 4,
        ]
    )
    first, second, third = convergence_times(result, "loss", 1)

    assert first == (0, 4, (2 + 4 + 4 + 4) / 4, 2, 4)
    assert second == (1, 1, (1 + 1 + 2 + 4) / 4, 3, 4)
    assert third == (2, INF, 4, 0, 4)


def test_times_are_those_of_evaluations():
    """Steps of evaluations, a target that is to be exceeded, the last one the end."""
    result = trajectories(
        np.ones((1, 2, 60)),
        [[[0.25, 0.5, 0.75], [0.25, 0.25, 0.25]]],
        eval_steps=[10, 30, 50],
    )

    assert convergence_times(result, "accuracy", 0.5, "max") == [(0, 30, 40, 1, 2)]
    assert convergence_times(result, "accuracy", 0.25)[0].median == 10


def test_area_is_scipy_s():
    """Over the updates of evaluations, which lie unevenly, and over all others."""
    rng = np.random.default_rng(0)
    loss, accuracy = rng.random((3, 2, 40)), rng.random((3, 2, 4))
    steps = [5, 10, 30, 40]
    result = trajectories(loss, accuracy, steps)

    expected = integrate.trapezoid(accuracy, steps)
    np.testing.assert_allclose(area_under_curve(result, "accuracy"), expected, rtol=1e-12)
    expected = integrate.trapezoid(loss, dx=1)
    np.testing.assert_allclose(area_under_curve(result, "loss"), expected, rtol=1e-12)


def test_diverged_runs_have_no_area():
    """Not even an infinite one; whatever it was that diverged."""
    result = trajectories(
        [[[1, 1], [1, INF], [1, NAN], [-INF, 1]]],
        [[[1, 3], [1, 3], [1, 3], [1, 3]]],
        [1, 2],
    )

    np.testing.assert_array_equal(area_under_curve(result, "loss"), [[1, NAN, NAN, NAN]])
    np.testing.assert_array_equal(
        area_under_curve(result, "accuracy"), [[2, NAN, NAN, NAN]]
    )


@pytest.mark.parametrize("mode", ["min", "max"])
def test_front_is_what_nothing_dominates(mode):
    """Every point against every other: as early and as good."""
    rng = np.random.default_rng(0)
    sign = 1 if mode == "min" else -1
    # Sixteenths, so that members and updates tie and means are exact.
    loss = sign * (rng.integers(0, 48, (6, 2, 12)) / 16 - np.arange(12) / 8)
    means = sign * loss.mean(axis=1)
    points = list(itertools.product(range(12), range(6)))
    expected = [
        (k + 1, i, sign * means[i, k])
        for k, i in points
        if not any(
            (means[j, m] <= means[i, k] and m <= k and (m, j) < (k, i))
            or (means[j, m] < means[i, k] and m <= k)
            for m, j in points
        )
    ]
    found = pareto_front(trajectories(loss), "loss", mode)

    assert found == expected
    assert 3 < len(found) < 12
    assert len({point.member for point in found}) > 1


def test_front_of_evaluations_without_the_diverged():
    """Updates of evaluations; who diverged is not best so far, not even before."""
    result = trajectories(
        [[[1.0]] * 2, [[1.0], [INF]], [[1.0]] * 2],
        [[[0.5, 0.5]] * 2, [[1.0, 1.0]] * 2, [[0.25, 0.75]] * 2],
        eval_steps=[10, 20],
    )

    assert pareto_front(result, "accuracy", "max") == [(10, 0, 0.5), (20, 2, 0.75)]
    assert pareto_front(trajectories([[[NAN, 1.0]]]), "loss") == []


def test_as_good_later_is_not_on_the_front():
    """Nor as good by another at the same update."""
    result = trajectories([[[3.0, 2.0, 1.0]], [[2.0, 2.0, 1.0]], [[2.0, 2.5, 1.5]]])

    assert pareto_front(result, "loss") == [(1, 1, 2.0), (3, 0, 1.0)]


@pytest.mark.parametrize(
    "ask",
    [
        pareto_front,
        lambda result, metric, mode="min": convergence_times(result, metric, 1, mode),
    ],
)
def test_unknown_modes_and_metrics_are_refused(ask):
    """A slip of the pen does not rank the other way round."""
    result = trajectories([[[1.0]]])
    with pytest.raises(ValueError, match=r"mode=...\) must be one of 'min', 'max'"):
        ask(result, "loss", mode="mni")
    with pytest.raises(KeyError, match="'acc' must be one of loss"):
        ask(result, "acc")
