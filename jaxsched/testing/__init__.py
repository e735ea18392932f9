"""The contract as code: what every schedule of the library is put through."""

from ._contract import assert_schedules_equal as assert_schedules_equal
from ._contract import check_curve as check_curve
from ._contract import check_monotone as check_monotone
from ._contract import check_schedule as check_schedule
from ._contract import check_values as check_values
from ._counts import EXTREME_COUNTS as EXTREME_COUNTS
from ._counts import ulps as ulps
from ._debug import checked as checked

__all__ = [
    "EXTREME_COUNTS",
    "assert_schedules_equal",
    "check_curve",
    "check_monotone",
    "check_schedule",
    "check_values",
    "checked",
    "ulps",
]
