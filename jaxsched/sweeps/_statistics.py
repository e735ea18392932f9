"""What the seeds of a sweep say of a member, and of one against another.

One rule for runs that diverged: they have no score. Nothing is averaged over the runs
that are left, since that flatters whoever diverges; counts say how many there were.
"""

from typing import NamedTuple

import numpy as np

from jaxsched._core import checks

from ._resampling import bootstrap_interval, sign_flip, student_interval
from ._result import SweepResult

_MODES = ("min", "max")
_METHODS = ("bootstrap", "student")


class Estimate(NamedTuple):
    """A mean over seeds.

    Attributes:
        mean: NaN if a seed diverged.
        low: lower end of its interval; NaN with one seed.
        high: upper end of its interval; NaN with one seed.
        num_seeds: seeds, the diverged ones included.
        num_diverged: seeds that diverged.
    """

    mean: float
    low: float
    high: float
    num_seeds: int
    num_diverged: int


class PairedDifference(NamedTuple):
    """One member against another, seed by seed.

    Attributes:
        difference: mean of the first's score less the other's; NaN if a run diverged.
        low: lower end of its interval; NaN with one seed.
        high: upper end of its interval; NaN with one seed.
        p_value: of the sign-flip test, two-sided; NaN if a run diverged.
        num_better: seeds at which the first is better; ties and diverged runs are not.
        num_seeds: pairs, those with a diverged run included.
        num_diverged: pairs with a diverged run.
    """

    difference: float
    low: float
    high: float
    p_value: float
    num_better: int
    num_seeds: int
    num_diverged: int


def mean_interval(
    result: SweepResult,
    metric: str,
    member: int,
    *,
    method: str = "bootstrap",
    confidence: float = 0.95,
    num_resamples: int = 9999,
    seed: int = 0,
) -> Estimate:
    r"""The mean over seeds of a member's last value of a metric, with an interval.

    "bootstrap": from the $(1 - c) / 2$ to the $(1 + c) / 2$ quantile of the means of $n$
    seeds drawn with replacement, of all $n^n$ draws where they are not more than
    `num_resamples`. It never leaves the range of the seeds, which covers the mean of a
    symmetric distribution with probability $1 - 2^{1 - n}$: of normal scores, what is
    called 95% covers 52% with 2 seeds, 84% with 5, 90% with 10 and 94% with 20, each
    measured 3000 times.

    "student": $\bar x \pm t_{n - 1} s / \sqrt n$ covers what it says with any number of
    seeds if the scores are normal. With few seeds take this one.

    Args:
        result: of a sweep with several seeds.
        metric: what was evaluated or reported.
        member: its number.
        method: "bootstrap" or "student".
        confidence: $c$, between 0 and 1.
        num_resamples: draws of the bootstrap.
        seed: of these draws; the same one gives the same interval.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if the member, method or confidence does not exist.

    >>> loss = np.array([[[0.5], [0.25], [0.75]]])  # one member, three seeds, one step
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), [{}], [""], [0, 1, 2], 0.0)
    >>> mean_interval(result, "loss", 0)
    Estimate(mean=0.5, low=0.25, high=0.75, num_seeds=3, num_diverged=0)
    >>> found = mean_interval(result, "loss", 0, method="student")
    >>> round(found.low, 3), round(found.high, 3)
    (-0.121, 1.121)

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13; on
    few observations, Hesterberg, What Teachers Should Know about the Bootstrap, 2015.
    """
    _check_member("mean_interval", result, member=member)
    values = scores(result, metric)[member]
    options = (method, confidence, num_resamples, seed)
    low, high = _interval("mean_interval", values, *options)
    num_diverged = int(np.isnan(values).sum())
    return Estimate(float(values.mean()), low, high, values.size, num_diverged)


def paired_difference(
    result: SweepResult,
    metric: str,
    member: int,
    other: int,
    *,
    mode: str = "min",
    method: str = "bootstrap",
    confidence: float = 0.95,
    num_resamples: int = 9999,
    seed: int = 0,
) -> PairedDifference:
    r"""Whether a member beats another, by their differences $d_j$ at each seed.

    A seed gives all members the same start and the same data, so the luck of a seed
    cancels in $d_j$. The interval of the mean of $d_j$ is that of `mean_interval`. The
    p-value is the share of the $2^n$ choices of signs with
    $|\sum \pm d_j| \ge |\sum d_j|$, all of them where they are not more than
    `num_resamples`, else $(k + 1) / (N + 1)$ of $N$ random ones. It cannot be below
    $2^{1 - n}$: five seeds never show 5%.

    A winner that was chosen on these seeds has been lucky on them, and the more members,
    the luckier: confirm its lead on new seeds.

    Args:
        result: of a sweep with several seeds.
        metric: what was evaluated or reported.
        member: the number of the first.
        other: the number of the one it is compared with.
        mode: whether the metric is to fall ("min") or to rise ("max").
        method: "bootstrap" or "student", as in `mean_interval`.
        confidence: of the interval, between 0 and 1.
        num_resamples: draws of the bootstrap, and of signs.
        seed: of these draws.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if a member, mode, method or confidence does not exist.

    >>> loss = np.array([[[0.5], [0.25], [0.75]], [[1.0], [0.5], [1.5]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), [{}] * 2, [""] * 2,
    ...                      [0, 1, 2], 0.0)
    >>> found = paired_difference(result, "loss", 0, 1)
    >>> found.difference, found.p_value, found.num_better
    (-0.5, 0.25, 3)

    Source: Fisher, The Design of Experiments, 1935, section 21.
    """
    checks.choice("paired_difference", mode=mode, choices=_MODES)
    _check_member("paired_difference", result, member=member, other=other)
    table = scores(result, metric)
    differences = table[member] - table[other]
    options = (method, confidence, num_resamples, seed)
    low, high = _interval("paired_difference", differences, *options)
    better = differences < 0 if mode == "min" else differences > 0
    return PairedDifference(
        difference=float(differences.mean()),
        low=low,
        high=high,
        p_value=sign_flip(differences, num_resamples, seed),
        num_better=int(better.sum()),
        num_seeds=differences.size,
        num_diverged=int(np.isnan(differences).sum()),
    )


def scores(result: SweepResult, metric: str) -> np.ndarray:
    """Last values, `[members, seeds]`; NaN where a run diverged, whenever and wherever."""
    return np.where(result.diverged, np.nan, result.final(metric).astype(np.float64))


def winner(result: SweepResult, metric: str, mode: str) -> int | None:
    """The best member; None if every member diverged at some seed."""
    first = int(result.ranking(metric, mode)[0])
    return None if result.diverged[first].any() else first


def _interval(
    who: str, values: np.ndarray, method: str, confidence: float, num: int, seed: int
) -> tuple[float, float]:
    checks.choice(who, method=method, choices=_METHODS)
    is_share = 0 < confidence < 1
    given = f"confidence={confidence}"
    checks.consistent(who, "0 < confidence < 1", is_share, given, "Try 0.95.")
    checks.size(who, num_resamples=num)
    if values.size == 1 or np.isnan(values).any():
        return float("nan"), float("nan")
    if method == "student":
        return student_interval(values, confidence)
    return bootstrap_interval(values, confidence, num, seed)


def _check_member(who: str, result: SweepResult, **members: int) -> None:
    last = result.num_members - 1
    for name, member in members.items():
        holds, given = 0 <= member <= last, f"{name}={member}"
        checks.consistent(who, f"0 <= {name} <= {last}", holds, given, "Count from 0.")
