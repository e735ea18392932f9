"""What a comparison of schedules found, and how it is shown."""

import dataclasses
import functools
import math
import textwrap
from collections.abc import Iterator
from html import escape
from typing import Any, NamedTuple

import numpy as np

from jaxsched.sweeps import (
    ConvergenceTime,
    Estimate,
    PairedDifference,
    SweepResult,
    area_under_curve,
    convergence_times,
    mean_interval,
    paired_difference,
    winner_placements,
)

from ._table import TextTable

_WIDTH = 92


class Compared(NamedTuple):
    """One kind of schedule, tuned; all but the tuning is on seeds that did not choose it.

    Attributes:
        name: of the kind.
        schedule: the tuned one, as code.
        peak: the peak value that tuning chose; the lowest if every one diverged.
        edge: "lowest" or "highest" if it is an end of what was tried, else None.
        score: its mean and interval over the seeds.
        difference: its score less the baseline's, seed by seed.
        final_loss: of the last twentieth of the updates, its mean and interval.
        mean_loss: the area below the loss by its length: the lower, the faster it falls.
        time: updates to the target; None without a target.
        sensitivity: standard deviation of the mean score over the peak values, those that
            diverged left out.
        score_range: from the worst to the best of these mean scores, which is 0 or more.
        num_diverged: runs of the tuning that diverged.
        num_tuned: runs of the tuning.
        overhead: time of training, against a constant rate's; None if not measured.
    """

    name: str
    schedule: str
    peak: float
    edge: str | None
    score: Estimate
    difference: PairedDifference
    final_loss: Estimate
    mean_loss: float
    time: ConvergenceTime | None
    sensitivity: float
    score_range: float
    num_diverged: int
    num_tuned: int
    overhead: float | None


@dataclasses.dataclass(frozen=True)
class ScheduleComparison:
    """Schedules side by side, as `compare` found them.

    All is read off the two sweeps, so `dataclasses.replace` with another baseline, target
    or confidence is another table of the same runs.

    Attributes:
        tuned: the sweep that chose the peak values.
        final: the sweep of the chosen ones, on new seeds.
        score: the metric that decides.
        baseline: the name that differences are against.
        mode: whether the score is to fall ("min") or to rise ("max").
        loss: the metric of the trajectory.
        target: the score at which a run has converged, or None.
        confidence: of the intervals.
        overhead: time of training by name, against a constant rate's; empty if it was
            not measured.
    """

    tuned: SweepResult
    final: SweepResult
    score: str
    baseline: str
    mode: str = "min"
    loss: str = "loss"
    target: float | None = None
    confidence: float = 0.95
    overhead: dict[str, float] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def names(self) -> list[str]:
        """Of the kinds, in the order of the members of `final`."""
        return [row["family"] for row in self.final.settings]

    @functools.cached_property
    def rows(self) -> list[Compared]:
        """One for each kind, best first."""
        return [self._row(int(i)) for i in self.final.ranking(self.score, self.mode)]

    def table(self) -> TextTable:
        """A row for each kind, best first."""
        # Without underscores, so that a narrow page can break them.
        score, loss = (name.replace("_", " ") for name in (self.score, self.loss))
        head = ["schedule", "peak", score, f"minus {self.baseline}"]
        head += ["sensitivity", "diverged", f"final {loss}", f"mean {loss}"]
        head += [] if self.target is None else [f"updates to {self.target:g}"]
        head += ["overhead"] if self.overhead else []
        return TextTable(head, [self._cells(row) for row in self.rows])

    def notes(self) -> list[str]:
        """What to know before the table is believed, a sentence or two each."""
        return list(self._notes())

    def to_markdown(self) -> str:
        """Two tables, since pages are narrow, of scores and of the way to them; notes."""
        table = self.table()
        scores, way = range(6), [0, *range(6, len(table.head))]
        tables = [table.select(columns).to_markdown() for columns in (scores, way)]
        return "\n\n".join([*tables, *self.notes()])

    def to_rows(self) -> list[dict[str, Any]]:
        """A flat dict for each kind, for files of columns."""
        return [_flat(row) for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """All that the table says as plain numbers and words, for JSON.

        What is not finite is None: a mean of runs that diverged, a time to a target that
        half of the runs do not reach.
        """
        names = ("score", "mode", "loss", "target", "baseline", "confidence")
        options = {name: getattr(self, name) for name in names}
        sizes = {"num_steps": self.final.num_steps, "num_seeds": len(self.final.seeds)}
        return {**options, **sizes, "rows": [_plain(row) for row in self.rows]}

    def __str__(self) -> str:
        better = "lower" if self.mode == "min" else "higher"
        num_peaks = self.tuned.num_members // len(self.names)
        head = (
            f"{self.score} ({better} is better): {len(self.names)} schedules, each with "
            f"the best of {num_peaks} peak values, {self.final.num_steps} updates"
        )
        notes = [textwrap.fill(note, _WIDTH) for note in self.notes()]
        return "\n".join([head, "", str(self.table()), "", *notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes())
        return f"{self.table()._repr_html_()}{notes}"

    def _row(self, i: int) -> Compared:
        name, final = self.names[i], self.final
        tries = [k for k, s in enumerate(self.tuned.settings) if s["family"] == name]
        tuned = self.tuned.select(tries)
        edges = [p.edge for p in winner_placements(tuned, self.score, self.mode)]
        scores = tuned.scores(self.score)
        known = scores[np.isfinite(scores)]
        steps, _ = final.series(self.loss)
        area = area_under_curve(final, self.loss)[i].mean()
        options: Any = {"method": "student", "confidence": self.confidence}
        against = final, self.score, i, self.names.index(self.baseline)
        last = mean_interval(_settled(final, self.loss), self.loss, i, **options)
        times = None
        if self.target is not None:
            times = convergence_times(final, self.score, self.target, self.mode)
        return Compared(
            name=name,
            schedule=final.schedules[i],
            peak=final.settings[i]["peak_value"],
            edge=edges[0] if edges else None,
            score=mean_interval(final, self.score, i, **options),
            difference=paired_difference(*against, mode=self.mode, **options),
            final_loss=last,
            mean_loss=float(area / np.ptp(steps)) if np.ptp(steps) else last.mean,
            time=times[i] if times else None,
            sensitivity=float(known.std()) if known.size else math.nan,
            score_range=float(np.ptp(known)) if known.size else math.nan,
            num_diverged=int(tuned.diverged.sum()),
            num_tuned=tuned.diverged.size,
            overhead=self.overhead.get(name),
        )

    def _cells(self, row: Compared) -> list[str]:
        is_baseline = row.name == self.baseline
        cells = [row.name, shown_peak(row), shown_estimate(row.score)]
        cells += ["" if is_baseline else _difference(row.difference)]
        cells += [_number(row.sensitivity), f"{row.num_diverged} of {row.num_tuned}"]
        cells += [_number(row.final_loss.mean), _number(row.mean_loss)]
        cells += [] if row.time is None else [_time(row.time)]
        return cells + ([] if row.overhead is None else [f"{row.overhead:.2f} x"])

    def _notes(self) -> Iterator[str]:
        yield (
            f"±: half of Student's {self.confidence:.0%} interval, over "
            f"{len(self.final.seeds)} seeds that did not choose the peak. Differences are "
            f"paired, seed by seed; a tie is one whose interval holds 0."
        )
        edges = [f"{row.name} ({row.edge})" for row in self.rows if row.edge]
        if edges:
            yield (
                "The best peak is at the edge of those tried, so a better one may lie "
                f"beyond and the row is no fair number: {', '.join(edges)}."
            )
        lost = [row.name for row in self.rows if row.num_diverged == row.num_tuned]
        if lost:
            yield f"Diverged with every peak, so nothing was chosen: {', '.join(lost)}."


def _settled(result: SweepResult, loss: str) -> SweepResult:
    """Its last value of what each update reports is a mean: a minibatch's is noise."""
    if loss in result.evaluations:
        return result
    last = result.curves[loss][..., -max(result.num_steps // 20, 1) :]
    with np.errstate(invalid="ignore"):  # infinities of both signs
        mean = last.mean(axis=-1, keepdims=True, dtype=np.float64)
    mean = np.where(result.diverged[..., None], np.nan, mean)
    return dataclasses.replace(result, curves={loss: mean}, evaluations={})


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3g}"


def shown_peak(row: Compared) -> str:
    return f"{row.peak:.3g} ({row.edge})" if row.edge else f"{row.peak:.3g}"


def shown_estimate(estimate: Estimate) -> str:
    if estimate.num_diverged:
        return f"{estimate.num_diverged} of {estimate.num_seeds} diverged"
    return f"{estimate.mean:.4g} ± {_half(estimate)}"


def _half(interval: Estimate | PairedDifference) -> str:
    """Half of its width; hundreds are not written as powers of ten."""
    half = (interval.high - interval.low) / 2
    return f"{half:.0f}" if 99.5 <= half < 1e4 else f"{half:.2g}"


def _difference(difference: PairedDifference) -> str:
    if difference.num_diverged:
        return "-"
    is_tie = difference.low <= 0 <= difference.high
    tie = " (tie)" if is_tie else ""
    return f"{difference.difference:+.3g} ± {_half(difference)}{tie}"


def _time(time: ConvergenceTime) -> str:
    if math.isfinite(time.median):
        return f"{time.median:g}"
    return f"{time.num_reached} of {time.num_runs}" if time.num_reached else "never"


def _flat(row: Compared) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row._asdict().items():
        parts = value._asdict() if hasattr(value, "_asdict") else {"": value}
        flat |= {f"{name}_{part}".rstrip("_"): number for part, number in parts.items()}
    return flat


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
