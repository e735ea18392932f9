"""The statistics of a sweep as a page of text."""

import math
from collections.abc import Iterator
from itertools import groupby

from jaxsched._core import checks

from ._convergence import convergence_times, pareto_front
from ._effects import count_diverged, main_effects, winner_placements
from ._factors import family_of
from ._result import SweepResult
from ._stability import rank_stability
from ._statistics import mean_interval, paired_difference

_MODES = ("min", "max")
_WIDTH = 92
_TOP = 4


def report(
    result: SweepResult, metric: str, mode: str = "min", *, target: float | None = None
) -> str:
    """The statistics of a sweep as text, at most 25 lines.

    The winner with the interval of its mean, its lead over the next, how firm its place
    is and whether it lies at the edge of what was tried; runs that diverged; what the
    settings explain; updates to a target; who leads with fewer updates. Intervals are
    Student's: with few seeds the bootstrap's cover less than they say.

    Args:
        result: of a sweep.
        metric: the score, evaluated or reported.
        mode: whether it is to fall ("min") or to rise ("max").
        target: the score at which a run has converged; None leaves that part out.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if the mode does not exist.

    >>> import numpy as np
    >>> loss = np.array([[[4.0, 0.5], [4.0, 0.25]], [[2.0, 1.0], [2.0, 1.25]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]),
    ...                      [{"peak": 0.1}, {"peak": 0.2}], [""] * 2, [0, 1], 0.0)
    >>> print(report(result, "loss", target=0.5))  # doctest: +ELLIPSIS
    loss (lower is better): 2 members x 2 seeds, 2 updates
    winner           0.375 [-1.213, 1.963]  member 0: peak=0.1
    next             1.125 [-0.4633, 2.713]  member 1: peak=0.2
    difference       -0.75 [-3.927, 2.427]  better at 2 of 2 seeds, p = 0.5
                95% Student's intervals; picked on these seeds, so lucky on them: confirm
    ...
    """
    checks.choice("report", mode=mode, choices=_MODES)
    some = result.num_members > 0
    checks.consistent("report", "one member or more", some, "none", "Select some.")
    better = "lower" if mode == "min" else "higher"
    head = (
        f"{metric} ({better} is better): {result.num_members} members x "
        f"{len(result.seeds)} seeds, {result.num_steps} updates"
    )
    lines = [head, *_winner(result, metric, mode)]
    lines += _diverged(result)
    lines += _effects(result, metric, mode)
    if target is not None:
        lines += _convergence(result, metric, mode, target)
    lines += _front(result, metric, mode)
    return "\n".join(_fit(line.rstrip()) for line in lines)


def _winner(result: SweepResult, metric: str, mode: str) -> Iterator[str]:
    stability = rank_stability(result, metric, mode)
    first = stability.winner
    if first is None:
        yield _line("winner", "none: every member diverged")
        return
    second = [int(i) for i in result.ranking(metric, mode)[1:2]]
    second = [i for i in second if not result.diverged[i].any()]
    for name, i in zip(("winner", "next"), [first, *second], strict=False):
        mean, low, high, *_ = mean_interval(result, metric, i, method="student")
        yield _line(name, f"{_interval(mean, low, high)}  {_member(result, i)}")
    for i in second:
        lead = paired_difference(result, metric, first, i, mode=mode, method="student")
        interval = _interval(lead.difference, lead.low, lead.high)
        better = f"better at {lead.num_better} of {lead.num_seeds} seeds"
        yield _line("difference", f"{interval}  {better}, p = {lead.p_value:.3g}")
    luck = "picked on these seeds, so lucky on them: confirm anew"
    yield _line("", f"95% Student's intervals; {luck}")
    share, tau = stability.win_shares[first], stability.kendall_tau
    firm = f"wins {share:.0%} of resampled seeds, Kendall's tau between seeds {tau:.2f}"
    yield _line("stability", firm if len(result.seeds) > 1 else "unknown: one seed")
    places = winner_placements(result, metric, mode)
    edges = [
        f"{p.setting}={p.value:.6g} is the {p.edge} of {p.lowest:.6g} to {p.highest:.6g}"
        for p in places
        if p.edge
    ]
    yield _line("edges", "; ".join(edges) or f"none in {len(places)} numeric settings")


def _diverged(result: SweepResult) -> Iterator[str]:
    diverged = result.diverged
    members = int(diverged.any(axis=1).sum())
    total = f"{diverged.sum()} of {diverged.size} runs, in {members} members"
    yield _line("diverged", total)
    counts = [row for row in count_diverged(result) if row.num_diverged]
    counts.sort(key=lambda row: -row.num_diverged / row.num_runs)
    for row in counts[:_TOP]:
        place = f"{row.family}: {row.setting} = {row.values}"
        yield _line("", f"{row.num_diverged:>5} of {row.num_runs:<5} {place}")


def _effects(result: SweepResult, metric: str, mode: str) -> Iterator[str]:
    placed = result.settings[result.ranking(metric, mode)[0]]
    shown = ("all", family_of(placed))
    effects = [
        effect
        for effect in main_effects(result, metric)
        if effect.family in shown and not math.isnan(effect.share)
    ]
    if effects:
        yield _line("variance", "share  by chance  members  explained by")
    for e in effects[:_TOP]:
        numbers = f"{e.share:>5.2f}  {e.chance:>9.2f}  {e.num_members:>7}"
        yield _line("", f"{numbers}  {e.family}: {e.setting}")


def _convergence(
    result: SweepResult, metric: str, mode: str, target: float
) -> Iterator[str]:
    times = convergence_times(result, metric, target, mode)
    reached = sum(time.num_reached for time in times)
    what = f"{reached} of {result.diverged.size} runs reach {target:g}"
    yield _line("target", f"median  restricted mean  updates; {what}" if reached else what)
    times = [time for time in times if time.num_reached]
    times.sort(key=lambda time: (time.median, time.restricted_mean))
    for time in times[: _TOP - 1]:
        median = f"{time.median:g}" if math.isfinite(time.median) else "never"
        numbers = f"{median:>6}  {time.restricted_mean:>15.6g}"
        yield _line("", f"{numbers}  {_member(result, time.member)}")


def _front(result: SweepResult, metric: str, mode: str) -> Iterator[str]:
    leads = [
        next(points)  # the first of those in a row
        for _, points in groupby(
            pareto_front(result, metric, mode), key=lambda point: point.member
        )
    ]
    if leads:
        num = len({point.member for point in leads})
        yield _line("front", f"{num} members are the best so far at some update; lately:")
    for point in leads[1 - _TOP :]:
        lead = f"from {point.num_updates:>6}: {point.value:<10.4g}"
        yield _line("", f"{lead}  {_member(result, point.member)}")


def _fit(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


def _line(name: str, text: str) -> str:
    return f"{name:<12}{text}"


def _interval(mean: float, low: float, high: float) -> str:
    return f"{mean:>10.4g} [{low:.4g}, {high:.4g}]"


def _member(result: SweepResult, i: int) -> str:
    settings = ", ".join(
        f"{k}={v:.6g}" if isinstance(v, float) else f"{k}={v}"
        for k, v in result.settings[i].items()
    )
    return f"member {i}: {settings or result.schedules[i]}"
