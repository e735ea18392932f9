"""How far a sweep is: a bar in a terminal, lines elsewhere, silence on request."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ._processes import is_first


class Progress(NamedTuple):
    """What is told after each chunk.

    Attributes:
        done: updates done of each member.
        num_steps: updates to do.
        num_lanes: members times seeds.
        seconds: since the start of this process's part, compilation included.
        resumed_at: updates that were done before that.
        best: the lowest loss so far, by its name: an evaluated one, or else the mean of a
            chunk; None if no metric has `loss` in its name.
        num_diverged: members times seeds with a number that is not finite.
    """

    done: int
    num_steps: int
    num_lanes: int
    seconds: float
    resumed_at: int = 0
    best: tuple[str, float] | None = None
    num_diverged: int = 0

    @property
    def updates_per_second(self) -> float:
        """Updates of all members in a second, so far."""
        return self.num_lanes * (self.done - self.resumed_at) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float:
        """At the pace so far."""
        ahead = self.num_steps - self.done
        return self.seconds * ahead / max(self.done - self.resumed_at, 1)


Tell = Callable[[Progress], None]


@contextlib.contextmanager
def reporter(progress: bool | Tell, num_lanes: int, num_steps: int) -> Iterator[Tell]:
    """Gives the function that is told after each chunk."""
    if callable(progress):
        yield progress
    elif not progress or not is_first():
        yield lambda report: None
    elif sys.stderr.isatty():
        with _bar(num_lanes, num_steps) as tell:
            yield tell
    else:
        yield _Lines()


class _Lines:
    """A line each time another quarter is done."""

    def __init__(self):
        self.quarters = 0

    def __call__(self, report: Progress) -> None:
        quarters = 4 * report.done // report.num_steps
        if quarters > self.quarters:
            self.quarters = quarters
            print(
                f"{report.done}/{report.num_steps} steps, {report.num_lanes} members, "
                f"{_facts(report)}, {report.seconds_left:.0f} s left",
                file=sys.stderr,
            )


@contextlib.contextmanager
def _bar(num_lanes: int, num_steps: int) -> Iterator[Tell]:
    try:
        from rich import progress as rich
        from rich.console import Console
    except ImportError:  # an extra; lines do as well
        yield _Lines()
        return
    console = Console(stderr=True)
    columns: Any = (
        rich.TextColumn(f"{num_lanes} members"),
        rich.BarColumn(bar_width=None),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
        rich.TextColumn("left{task.fields[facts]}"),
    )
    with rich.Progress(*columns, console=console, expand=True) as bar:
        row = bar.add_task("sweep", total=num_steps, facts="")

        def tell(report):
            facts = ", " + _facts(report, with_name=console.width >= 100)
            bar.update(row, completed=report.done, facts=facts)

        yield tell


def _facts(report: Progress, with_name: bool = True) -> str:
    facts = [f"{_brief(report.updates_per_second)} updates/s"]
    if report.best is not None:
        name, value = report.best
        facts.append(f"best {name} {value:.3g}" if with_name else f"best {value:.3g}")
    return ", ".join([*facts, f"{report.num_diverged} diverged"])


def _brief(number: float) -> str:
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"
