"""How far a sweep is: a bar in a terminal, lines elsewhere, silence on request."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax


class Progress(NamedTuple):
    """What is told after each chunk.

    Attributes:
        done: updates done of each member.
        num_steps: updates to do.
        num_lanes: members times seeds.
        seconds: since the start, compilation included.
    """

    done: int
    num_steps: int
    num_lanes: int
    seconds: float

    @property
    def members_per_second(self) -> float:
        """Whole trainings finished in a second, so far."""
        return self.num_lanes * self.done / self.num_steps / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float:
        """At the pace so far."""
        return self.seconds * (self.num_steps - self.done) / max(self.done, 1)


Tell = Callable[[Progress], None]


@contextlib.contextmanager
def reporter(progress: bool | Tell, num_lanes: int, num_steps: int) -> Iterator[Tell]:
    """Gives the function that is told after each chunk."""
    if callable(progress):
        yield progress
    elif not progress or jax.process_index() != 0:
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
                f"{report.members_per_second:.1f} members/s, "
                f"{report.seconds_left:.0f} s left",
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
    columns: Any = (
        rich.TextColumn(f"{num_lanes} members"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("steps, {task.fields[pace]:.1f} members/s,"),
        rich.TimeRemainingColumn(),
        rich.TextColumn("left"),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as bar:
        row = bar.add_task("sweep", total=num_steps, pace=0.0)
        yield lambda report: bar.update(
            row, completed=report.done, pace=report.members_per_second
        )
