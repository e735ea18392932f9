"""Comparisons of the same schedules under several optimizers, in one table."""

from collections.abc import Mapping

import numpy as np

from jaxsched._core import checks

from ._comparison import ScheduleComparison, shown_estimate, shown_peak
from ._table import TextTable


def side_by_side(comparisons: Mapping[str, ScheduleComparison]) -> TextTable:
    """A column for each comparison: the score and the peak value of each schedule.

    The last column is the mean of the ranks over the comparisons, and the first row the
    schedule with the lowest. Ranks take no notice of ties: a schedule may lead by less
    than its seeds can tell.

    Args:
        comparisons: by name, of the same schedules and the same score: one for each
            optimizer, or task, or number of updates.

    Raises:
        ValueError: for no comparison, or if schedules, scores or modes differ.

    >>> from jaxsched.sweeps import SweepResult
    >>> loss = np.array([[[0.5], [0.25]]])
    >>> rows = [{"family": "constant", "peak_value": 0.1}]
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), rows, [""], [0, 1], 0.0)
    >>> found = ScheduleComparison(result, result, "loss", "constant")
    >>> print(side_by_side({"sgd": found, "adam": found}))
    schedule                  sgd                adam  mean rank
    constant  0.375 ± 1.6 at 0.1  0.375 ± 1.6 at 0.1          1
    """
    checks.consistent("side_by_side", "comparisons", bool(comparisons), "none", "Add one.")
    asked = [(sorted(c.names), c.score, c.mode) for c in comparisons.values()]
    alike, given = all(a == asked[0] for a in asked), "; ".join(map(str, asked))
    advice = "Compare the same schedules by the same score."
    wanted = "comparisons of the same schedules, score and mode"
    checks.consistent("side_by_side", wanted, alike, given, advice)
    tables = [{row.name: row for row in found.rows} for found in comparisons.values()]
    ranks = {
        name: float(np.mean([1 + list(table).index(name) for table in tables]))
        for name in tables[0]
    }
    rows = [
        [
            name,
            *(f"{shown_estimate(t[name].score)} at {shown_peak(t[name])}" for t in tables),
            f"{ranks[name]:.3g}",
        ]
        for name in sorted(ranks, key=ranks.__getitem__)
    ]
    return TextTable(["schedule", *comparisons, "mean rank"], rows)
