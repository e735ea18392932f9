"""Functions that assemble nodes: optax's names, the classics, phases, cycles."""

from ._classics import decay_schedule as decay_schedule
from ._classics import multistep_schedule as multistep_schedule
from ._classics import (
    natural_exponential_decay_schedule as natural_exponential_decay_schedule,
)
from ._classics import power_decay_schedule as power_decay_schedule
from ._classics import step_decay_schedule as step_decay_schedule
from ._classics import time_decay_schedule as time_decay_schedule
from ._cycles import cosine_annealing_schedule as cosine_annealing_schedule
from ._cycles import cosine_oscillation_schedule as cosine_oscillation_schedule
from ._cycles import cosine_restarts_schedule as cosine_restarts_schedule
from ._cycles import exp_range_schedule as exp_range_schedule
from ._cycles import onecycle_momentum_schedule as onecycle_momentum_schedule
from ._cycles import onecycle_schedule as onecycle_schedule
from ._cycles import triangular2_schedule as triangular2_schedule
from ._cycles import triangular_schedule as triangular_schedule
from ._optax import constant_schedule as constant_schedule
from ._optax import cosine_decay_schedule as cosine_decay_schedule
from ._optax import exponential_decay as exponential_decay
from ._optax import linear_schedule as linear_schedule
from ._optax import piecewise_constant_schedule as piecewise_constant_schedule
from ._optax import piecewise_interpolate_schedule as piecewise_interpolate_schedule
from ._optax import polynomial_schedule as polynomial_schedule
from ._optax_phases import cosine_onecycle_schedule as cosine_onecycle_schedule
from ._optax_phases import join_schedules as join_schedules
from ._optax_phases import linear_onecycle_schedule as linear_onecycle_schedule
from ._optax_phases import sgdr_schedule as sgdr_schedule
from ._optax_phases import warmup_constant_schedule as warmup_constant_schedule
from ._optax_phases import warmup_cosine_decay_schedule as warmup_cosine_decay_schedule
from ._optax_phases import (
    warmup_exponential_decay_schedule as warmup_exponential_decay_schedule,
)
from ._phases import constant_warmup_schedule as constant_warmup_schedule
from ._phases import exponential_warmup_schedule as exponential_warmup_schedule
from ._phases import linear_warmup_schedule as linear_warmup_schedule
from ._phases import spike_schedule as spike_schedule
from ._phases import warmup_decay_schedule as warmup_decay_schedule
from ._phases import warmup_stable_decay_schedule as warmup_stable_decay_schedule

__all__ = [
    "constant_schedule",
    "constant_warmup_schedule",
    "cosine_annealing_schedule",
    "cosine_decay_schedule",
    "cosine_onecycle_schedule",
    "cosine_oscillation_schedule",
    "cosine_restarts_schedule",
    "decay_schedule",
    "exp_range_schedule",
    "exponential_decay",
    "exponential_warmup_schedule",
    "join_schedules",
    "linear_onecycle_schedule",
    "linear_schedule",
    "linear_warmup_schedule",
    "multistep_schedule",
    "natural_exponential_decay_schedule",
    "onecycle_momentum_schedule",
    "onecycle_schedule",
    "piecewise_constant_schedule",
    "piecewise_interpolate_schedule",
    "polynomial_schedule",
    "power_decay_schedule",
    "sgdr_schedule",
    "spike_schedule",
    "step_decay_schedule",
    "time_decay_schedule",
    "triangular2_schedule",
    "triangular_schedule",
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_decay_schedule",
    "warmup_exponential_decay_schedule",
    "warmup_stable_decay_schedule",
]
