"""Choosing a schedule: questions to it, and comparisons on a task."""

from ._compare import compare as compare
from ._comparison import Compared as Compared
from ._comparison import ScheduleComparison as ScheduleComparison
from ._queries import area as area
from ._queries import first_below as first_below
from ._queries import jumps as jumps
from ._queries import mean as mean
from ._queries import tabulate as tabulate
from ._queries import values as values

__all__ = [
    "Compared",
    "ScheduleComparison",
    "area",
    "compare",
    "first_below",
    "jumps",
    "mean",
    "tabulate",
    "values",
]
