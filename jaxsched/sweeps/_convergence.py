"""What the updates of a sweep say: who gets there, when, and who leads on the way."""

import math
from typing import Any, NamedTuple

import numpy as np

from jaxsched._core import checks

from ._result import SweepResult

_MODES = ("min", "max")


class Survival(NamedTuple):
    """Kaplan and Meier's estimate: a step function, 1 before the first event.

    Attributes:
        times: of the events, rising.
        survival: the probability of an event after each of these times.
    """

    times: np.ndarray
    survival: np.ndarray

    @property
    def median(self) -> float:
        """The first time with a survival of at most one half; infinity if there is none."""
        # One half is reached by products such as 3/4 * 2/3, up to a rounding.
        reached = self.survival <= 0.5 + 1e-9
        return float(self.times[reached.argmax()]) if reached.any() else math.inf

    def restricted_mean(self, horizon: float) -> float:
        r"""The mean of $\min(T, h)$, the area below the steps up to $h$."""
        before = self.times < horizon
        edges = np.concatenate([[0.0], self.times[before], [horizon]])
        return float(np.diff(edges) @ np.concatenate([[1.0], self.survival[before]]))


class ConvergenceTime(NamedTuple):
    """When a member converges.

    Attributes:
        member: its number.
        median: updates by which half of its runs have; infinity if fewer ever do.
        restricted_mean: mean updates of a run, stopped at the end of the sweep.
        num_reached: runs that reached the target.
        num_runs: runs, one a seed.
    """

    member: int
    median: float
    restricted_mean: float
    num_reached: int
    num_runs: int


class ParetoPoint(NamedTuple):
    """A number of updates, and the quality that no member has with as few.

    Attributes:
        num_updates: done so far.
        member: the number of the one that leads.
        value: the mean over its seeds of the metric at that update.
    """

    num_updates: int
    member: int
    value: float


def kaplan_meier(times: Any, observed: Any) -> Survival:
    r"""The share of runs without an event by a time, some of them watched to an end only.

    $$S(t) = \prod_{t_i \le t} (1 - d_i / n_i)$$

    with $d_i$ events at $t_i$ and $n_i$ runs still watched, those that are left at
    $t_i$ included.

    Args:
        times: of each event, or of the end of watching; 0 or more.
        observed: whether it is an event; False for a censored run.

    Raises:
        ValueError: if times are negative or not finite, or not as many as `observed`.

    >>> found = kaplan_meier([6, 6, 7, 10], [True, False, True, False])
    >>> found.times, found.survival
    (array([6., 7.]), array([0.75 , 0.375]))
    >>> found.median, found.restricted_mean(10)
    (7.0, 7.875)

    Source: Kaplan and Meier, Nonparametric Estimation from Incomplete Observations, 1958.
    """
    times, observed = np.asarray(times, np.float64), np.asarray(observed, bool)
    sizes = f"{times.shape} and {observed.shape}"
    alike = times.ndim == 1 and times.shape == observed.shape
    checks.consistent("kaplan_meier", "times for observed", alike, sizes, "Match them.")
    valid = bool(np.all(np.isfinite(times) & (times >= 0)))
    given = f"times={times.tolist()}"
    checks.consistent("kaplan_meier", "finite times >= 0", valid, given, "Censor them.")
    events, num_events = np.unique(times[observed], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), events)
    return Survival(events, np.cumprod(1 - num_events / at_risk))


def convergence_times(
    result: SweepResult, metric: str, target: float, mode: str = "min"
) -> list[ConvergenceTime]:
    """Updates to a target, with the runs that never get there counted as censored.

    They are censored at the end of the sweep, also if they diverged: to take them out
    when they diverge would suppose that they were about to converge as others do. A run
    that reached the target and diverged later has reached it. A time is that of
    an evaluation, so up to the distance between two of them too late.

    Args:
        result: of a sweep with several seeds.
        metric: what was evaluated or reported.
        target: the value at which a run has converged.
        mode: whether the metric is to fall ("min") or to rise ("max").

    Returns:
        One for each member, in their order.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if the mode does not exist.

    >>> loss = np.array([[[3.0, 1.0, 1.0], [3.0, 2.0, 1.0], [3.0, 3.0, 3.0]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), [{}], [""], [0, 1, 2], 0.0)
    >>> time, = convergence_times(result, "loss", 1.0)
    >>> time.median, round(time.restricted_mean, 3), time.num_reached
    (3.0, 2.667, 2)

    Source: Kaplan and Meier, 1958; of the restricted mean, Royston and Parmar, 2013.
    """
    checks.choice("convergence_times", mode=mode, choices=_MODES)
    steps = result.steps_to(metric, target, mode)
    horizon = float(result.series(metric)[0][-1])
    times = []
    for member, row in enumerate(steps):
        reached = np.isfinite(row)
        curve = kaplan_meier(np.where(reached, row, horizon), reached)
        mean = curve.restricted_mean(horizon)
        times.append(
            ConvergenceTime(member, curve.median, mean, int(reached.sum()), row.size)
        )
    return times


def area_under_curve(result: SweepResult, metric: str) -> np.ndarray:
    r"""The area below a metric over the updates of each run, `[members, seeds]`.

    By trapezia between the updates $t_k$ at which it is known, from the first on:
    $\sum_k (t_{k+1} - t_k)(y_k + y_{k+1}) / 2$. Over $t_K - t_1$ it is the mean on the way.
    Runs that diverged have none: NaN.

    Args:
        result: of a sweep.
        metric: what was evaluated or reported.

    Raises:
        KeyError: if the metric is unknown.

    >>> loss = np.array([[[4.0, 2.0, 1.0], [4.0, np.inf, 1.0]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), [{}], [""], [0, 1], 0.0)
    >>> area_under_curve(result, "loss")
    array([[4.5, nan]])
    """
    steps, table = result.series(metric)
    table = np.where(result.diverged[..., None], np.nan, table.astype(np.float64))
    return np.trapezoid(table, steps, axis=-1)


def pareto_front(result: SweepResult, metric: str, mode: str = "min") -> list[ParetoPoint]:
    """Members that are the best so far for some number of updates, with their quality.

    A point is on the front if no member has a mean over seeds as good at that number of
    updates or at a smaller one; a tie at the same update goes to the smaller number.
    Members that diverged at some seed are left out, also before they did. A member is
    seen on the way to the end of its own schedule: one that was planned to be
    that short may do better.

    Args:
        result: of a sweep.
        metric: what was evaluated or reported.
        mode: whether the metric is to fall ("min") or to rise ("max").

    Returns:
        The points, in the order of updates, each better than all before; none if every
        member diverged.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if the mode does not exist.

    >>> loss = np.array([[[3.0, 2.5, 2.0]], [[4.0, 2.75, 1.0]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), [{}] * 2, [""] * 2, [0],
    ...                      0.0)
    >>> [(point.num_updates, point.member) for point in pareto_front(result, "loss")]
    [(1, 0), (2, 0), (3, 1)]
    """
    checks.choice("pareto_front", mode=mode, choices=_MODES)
    steps, table = result.series(metric)
    members = np.flatnonzero(~result.diverged.any(axis=1))
    if not members.size:
        return []
    sign = 1 if mode == "min" else -1
    means = sign * table[members].mean(axis=1, dtype=np.float64)
    lowest = means.min(axis=0)
    before = np.concatenate([[np.inf], np.minimum.accumulate(lowest)[:-1]])
    return [
        ParetoPoint(
            int(steps[k]), int(members[means[:, k].argmin()]), float(sign * lowest[k])
        )
        for k in np.flatnonzero(lowest < before)
    ]
