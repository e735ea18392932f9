"""The report of a sweep: one file of HTML that opens anywhere, without a network."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from jaxsched._core import checks
from jaxsched.sweeps import SweepResult, mean_interval, report

from ._gallery import Picture, gallery
from ._html import code, items, page, paragraph, picture, section
from ._tables import families_table, members_table
from ._verdicts import Verdicts, counted, settings_of, warnings

_MODES = ("min", "max")
_MOST_CURVES = 6


def write_report(
    result: SweepResult,
    path: str | Path,
    *,
    score: str,
    mode: str = "min",
    target: float | None = None,
    pictures: Mapping[str, Callable[[Any], Any]] | None = None,
) -> None:
    """Writes what a sweep found as a page: words, pictures and tables in a single file.

    What was swept; the winner, its schedule as code and the interval of its mean; what
    speaks against it (the edge of what was tried, members that a paired test does not
    tell from it, runs that diverged); families; pictures; the best 20 members; the
    text of `sweeps.report`. The file refers to no other and asks no network for anything.

    Args:
        result: of a sweep.
        path: the file to write.
        score: the metric that decides, evaluated or reported.
        mode: whether it is to fall ("min") or to rise ("max").
        target: the score at which a run has converged; None leaves that part out.
        pictures: more of them, by what is said below, each a function of `axes`:
            `functools.partial(plot_rungs, rungs)`.

    Raises:
        ImportError: without Matplotlib, which the extra `examples` brings.
        KeyError: if the metric is unknown.
        ValueError: if the mode does not exist.

    >>> import tempfile
    >>> loss = np.array([[[4.0, 0.5], [4.0, 0.25]], [[2.0, 1.0], [2.0, 1.25]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]),
    ...                      [{"peak": 0.1}, {"peak": 0.2}], [""] * 2, [0, 1], 0.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(result, f"{folder}/report.html", score="loss")
    ...     text = Path(folder, "report.html").read_text(encoding="utf-8")
    >>> "peak=0.1 of the winner is the lowest of 0.1 to 0.2" in text
    True
    """
    checks.choice("write_report", mode=mode, choices=_MODES)
    verdicts = Verdicts(_last(result, score), score, mode)
    sections = [
        _swept(result, score, mode),
        _winner(verdicts),
        section("Warnings", items(warnings(verdicts), "warnings")),
        *families_table(result, verdicts, target),
        _pictures(result, verdicts, target, pictures or {}),
        members_table(verdicts),
        section("Statistics", code(report(result, score, mode, target=target))),
    ]
    text = page(f"Sweep: {score}", sections)
    Path(path).write_text(text, encoding="utf-8")


def _last(result: SweepResult, score: str) -> SweepResult:
    """Only the last values, NaN for a run that diverged: all that a verdict rests on."""
    values = np.where(result.diverged, np.nan, result.final(score).astype(np.float64))
    return dataclasses.replace(
        result, curves={score: values[..., None]}, evaluations={}, eval_steps=np.zeros(0)
    )


def _swept(result: SweepResult, score: str, mode: str) -> str:
    num_runs = result.diverged.size
    better = "lower" if mode == "min" else "higher"
    return "\n".join([
        paragraph(
            f"{counted(result.num_members, 'member')} (schedules) with "
            f"{counted(len(result.seeds), 'seed')} each: {counted(num_runs, 'run')} of "
            f"{counted(result.num_steps, 'update')}, trained in {result.seconds:.1f} s, "
            f"compilation included; {int(result.diverged.sum())} diverged."
        ),
        paragraph(
            f"The score is {score} after the last update; {better} is better. Means are "
            "over seeds; intervals are Student's, 95%, and take the seeds' scores as "
            "normal. A member that diverged at a seed has no score and ranks last.",
            "soft",
        ),
    ])  # fmt: skip


def _winner(verdicts: Verdicts) -> str:
    result, first = verdicts.result, verdicts.winner
    if first is None:
        return section("Winner", paragraph("None: every member diverged at some seed."))
    found = mean_interval(result, verdicts.score, first, method="student")
    family = result.settings[first].get("family")
    of = f" of {family}" if family is not None else ""
    interval = f"95% interval {found.low:.4g} to {found.high:.4g}"
    if found.num_seeds == 1:
        interval = "one seed, so no interval"
    return section(
        "Winner",
        paragraph(f"Member {first}{of}: {verdicts.score} {found.mean:.4g} ({interval})."),
        paragraph(settings_of(result, first)) if settings_of(result, first) else "",
        code(result.schedules[first]),
        _luck(result.num_members),
    )


def _luck(num_members: int) -> str:
    text = (
        f"The best of {num_members} on these seeds has been lucky on them: expect less of "
        "it on others, and confirm its lead on new seeds."
    )
    return paragraph(text, "soft") if num_members > 1 else ""


def _pictures(
    result: SweepResult, verdicts: Verdicts, target: float | None, more: Mapping[str, Any]
) -> str:
    shown = gallery(result, verdicts.score, verdicts.mode, target, _shown(verdicts))
    every = [*shown, *(Picture(caption, draw) for caption, draw in more.items())]
    drawn = [picture(i, *each) for i, each in enumerate(every)]
    return section("Pictures", '<div class="pictures">', *drawn, "</div>")


def _shown(verdicts: Verdicts) -> dict[str, int]:
    """Whose curves are drawn: the best of each family, or the best of all."""
    result, names = verdicts.result, {}
    for i in map(int, verdicts.order):
        name = result.settings[i].get("family", f"member {i}")
        names.setdefault(str(name), i)
    return dict(list(names.items())[:_MOST_CURVES])
