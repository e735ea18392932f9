"""Choosing a schedule: questions to it, and comparisons on a task."""

from ._compare import compare as compare
from ._comparison import Compared as Compared
from ._comparison import ScheduleComparison as ScheduleComparison
from ._divergence import divergence_edge as divergence_edge
from ._queries import area as area
from ._queries import first_below as first_below
from ._queries import jumps as jumps
from ._queries import mean as mean
from ._queries import tabulate as tabulate
from ._queries import values as values
from ._range_test import RangeTest as RangeTest
from ._range_test import parallel_range_test as parallel_range_test
from ._range_test import range_test as range_test
from ._suggestions import Suggestions as Suggestions
from ._suggestions import smoothed as smoothed
from ._suggestions import suggest as suggest

__all__ = [
    "Compared",
    "RangeTest",
    "ScheduleComparison",
    "Suggestions",
    "area",
    "compare",
    "divergence_edge",
    "first_below",
    "jumps",
    "mean",
    "parallel_range_test",
    "range_test",
    "smoothed",
    "suggest",
    "tabulate",
    "values",
]
