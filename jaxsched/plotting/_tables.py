"""The tables of a report: the best of each family, and the best of all."""

import numpy as np

from jaxsched.sweeps import SweepResult, mean_interval, summarise

from ._html import brief, paragraph, section, table
from ._verdicts import Verdicts, settings_of

_TOP = 20


def families_table(
    result: SweepResult, verdicts: Verdicts, target: float | None
) -> list[str]:
    """The best member of each family; nothing without families."""
    if not any("family" in row for row in result.settings):
        return []
    goal = np.nan if target is None else target
    score, mode = verdicts.score, verdicts.mode
    loss = next(iter(result.curves))  # not shown
    rows = []
    for s in summarise(result, score=score, target=goal, mode=mode, loss=loss):
        best = s.best_member
        mean, low, high, *_ = mean_interval(verdicts.result, score, best, method="student")
        steps = s.steps_to_target if np.isfinite(s.steps_to_target) else "never"
        family = s.family, best, settings_of(result, best)
        row = [*family, mean, _range(low, high), verdicts.p_value(best)]
        row += [] if target is None else [steps]
        rows.append([*row, s.sensitivity, s.num_diverged])
    to = [] if target is None else [f"updates to {target:g}"]
    head = ["family", "best member", "its settings", score, "95% interval", "p", *to]
    note = (
        "Of each family the member with the best mean. p: paired sign-flip test against "
        "the winner. Sensitivity: standard deviation of the score over the family's "
        "members. Diverged: runs of the family."
    )
    rows_of = table([*head, "sensitivity", "diverged"], rows)
    return [section("Families", rows_of, paragraph(note, "soft"))]


def members_table(verdicts: Verdicts) -> str:
    """The best members, with their settings and schedules."""
    result, top = verdicts.result, [int(i) for i in verdicts.order[:_TOP]]
    names = list(dict.fromkeys(name for i in top for name in result.settings[i]))
    rows = []
    for rank, i in enumerate(top, 1):
        mean, low, high, _, lost = mean_interval(
            result, verdicts.score, i, method="student"
        )
        settings = [result.settings[i].get(name) for name in names]
        found = [mean, _range(low, high), verdicts.p_value(i), lost]
        rows.append([rank, i, *settings, *found, result.schedules[i]])
    head = [*names, verdicts.score, "95% interval", "p", "diverged", "schedule"]
    note = (
        "p: paired sign-flip test against the winner, not corrected for the number of "
        "members. Diverged: seeds of the member."
    )
    return section(
        f"Best {len(top)} of {result.num_members} members",
        table(["rank", "member", *head], rows),
        paragraph(note, "soft"),
    )


def _range(low: float, high: float) -> str | None:
    return None if np.isnan(low) else f"{brief(low)} to {brief(high)}"
