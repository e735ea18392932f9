"""Questions to a schedule: its values, areas, thresholds and jumps."""

from ._queries import area as area
from ._queries import first_below as first_below
from ._queries import jumps as jumps
from ._queries import mean as mean
from ._queries import tabulate as tabulate
from ._queries import values as values

__all__ = ["area", "first_below", "jumps", "mean", "tabulate", "values"]
