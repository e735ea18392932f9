"""Schedules inside optimizer state: the one room below the tools that knows optax."""

from ._scheduled import scheduled as scheduled
from ._state import ScheduledState as ScheduledState
from ._state import clear_override as clear_override
from ._state import hyperparams as hyperparams
from ._state import override as override

__all__ = ["ScheduledState", "clear_override", "hyperparams", "override", "scheduled"]
