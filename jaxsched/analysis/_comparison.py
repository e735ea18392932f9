"""What a comparison of schedules found, and how it is shown."""

import dataclasses
import math
from typing import Any, NamedTuple

from jaxsched.sweeps import ConvergenceTime, Estimate, PairedDifference, SweepResult


class Compared(NamedTuple):
    """One kind of schedule, tuned; all but the tuning is on seeds that did not choose it.

    Attributes:
        name: of the kind.
        peak: the peak value that tuning chose.
        edge: "lowest" or "highest" if it is an end of what was tried, else None.
        score: its mean and interval over the seeds.
        difference: its score less the baseline's, seed by seed.
        final_loss: the last loss, its mean and interval.
        mean_loss: of the loss over all updates, the area below its trajectory by their
            number; the lower, the faster.
        time: updates to the target; None without a target.
        sensitivity: standard deviation of the score over the peak values.
        num_diverged: runs of the tuning that diverged.
        num_tuned: runs of the tuning.
        overhead: time of training, against a constant rate's.
    """

    name: str
    peak: float
    edge: str | None
    score: Estimate
    difference: PairedDifference
    final_loss: Estimate
    mean_loss: float
    time: ConvergenceTime | None
    sensitivity: float
    num_diverged: int
    num_tuned: int
    overhead: float


@dataclasses.dataclass(frozen=True)
class ScheduleComparison:
    """Schedules side by side.

    Attributes:
        rows: one for each kind, best first.
        score: the metric that decides.
        mode: "min" or "max".
        target: at which a run has converged, or None.
        baseline: what differences are against.
        tuned: the sweep that chose the peak values.
        final: the sweep of the chosen ones, on new seeds.
    """

    rows: list[Compared]
    score: str
    mode: str
    target: float | None
    baseline: str
    tuned: SweepResult
    final: SweepResult

    def table(self) -> list[list[str]]:
        """The cells, the head first."""
        goal = [] if self.target is None else [f"updates to {self.target:g}"]
        head = [
            *("schedule", "peak", self.score, "95% interval", f"against {self.baseline}"),
            *("final loss", "mean loss", *goal, "sensitivity", "diverged", "overhead"),
        ]
        return [head, *(self._cells(row) for row in self.rows)]

    def to_markdown(self) -> str:
        """A table of Markdown."""
        head, *rows = self.table()
        lines = [head, ["---"] * len(head), *rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

    def to_dict(self) -> dict[str, Any]:
        """The rows and what they mean, as plain numbers and words for JSON."""
        return {
            "score": self.score,
            "mode": self.mode,
            "target": self.target,
            "baseline": self.baseline,
            "rows": [_plain(row) for row in self.rows],
        }

    def __str__(self) -> str:
        lines = self.table()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _cells(self, row: Compared) -> list[str]:
        time = [] if row.time is None else [_steps(row.time.median)]
        is_baseline = row.name == self.baseline
        return [
            row.name,
            f"{row.peak:.3g}{'' if row.edge is None else f' ({row.edge} tried)'}",
            _number(row.score.mean),
            _interval(row.score),
            "" if is_baseline else _difference(row.difference),
            _number(row.final_loss.mean),
            _number(row.mean_loss),
            *time,
            _number(row.sensitivity),
            f"{row.num_diverged} of {row.num_tuned}",
            f"{row.overhead:.2f} x",
        ]


def _number(value: float) -> str:
    return "diverged" if math.isnan(value) else f"{value:.4g}"


def _interval(estimate: Estimate) -> str:
    if math.isnan(estimate.low):
        return ""
    return f"{estimate.low:.4g} to {estimate.high:.4g}"


def _difference(difference: PairedDifference) -> str:
    """With a word where the interval holds 0."""
    if math.isnan(difference.low):
        return ""
    is_tie = difference.low <= 0 <= difference.high
    interval = f"{difference.low:+.3g} to {difference.high:+.3g}"
    return f"{interval} (tie)" if is_tie else interval


def _steps(median: float) -> str:
    return f"{median:g}" if math.isfinite(median) else "never"


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
