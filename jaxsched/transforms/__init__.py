"""Schedules inside optimizer state: the one room below the tools that knows optax."""

from ._editing import clear_override as clear_override
from ._editing import override as override
from ._editing import scale as scale
from ._reading import hyperparams as hyperparams
from ._reading import next_hyperparams as next_hyperparams
from ._replacing import observe as observe
from ._replacing import replace_schedules as replace_schedules
from ._replacing import seek as seek
from ._scheduled import scheduled as scheduled
from ._state import ScheduledState as ScheduledState

__all__ = [
    "ScheduledState",
    "clear_override",
    "hyperparams",
    "next_hyperparams",
    "observe",
    "override",
    "replace_schedules",
    "scale",
    "scheduled",
    "seek",
]
