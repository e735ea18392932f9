"""Schedules inside optimizer state: the one room below the tools that knows optax."""

from ._averager import averaged_params as averaged_params
from ._averager import averager as averager
from ._checkpoint import from_checkpoint as from_checkpoint
from ._checkpoint import to_checkpoint as to_checkpoint
from ._diff import diff as diff
from ._editing import clear_override as clear_override
from ._editing import override as override
from ._editing import scale as scale
from ._groups import groups as groups
from ._layerwise import layerwise as layerwise
from ._reading import hyperparams as hyperparams
from ._reading import next_hyperparams as next_hyperparams
from ._record_norms import record_norms as record_norms
from ._record_norms import recorded_norms as recorded_norms
from ._replacing import observe as observe
from ._replacing import replace_schedules as replace_schedules
from ._replacing import seek as seek
from ._retry import retrying as retrying
from ._scheduled import scheduled as scheduled
from ._skip_spikes import skip_spikes as skip_spikes
from ._state import ScheduledState as ScheduledState
from ._weight_decay import decoupled_weight_decay as decoupled_weight_decay
from ._zclip import zclip as zclip

__all__ = [
    "ScheduledState",
    "averaged_params",
    "averager",
    "clear_override",
    "decoupled_weight_decay",
    "diff",
    "from_checkpoint",
    "groups",
    "hyperparams",
    "layerwise",
    "next_hyperparams",
    "observe",
    "override",
    "record_norms",
    "recorded_norms",
    "replace_schedules",
    "retrying",
    "scale",
    "scheduled",
    "seek",
    "skip_spikes",
    "to_checkpoint",
    "zclip",
]
