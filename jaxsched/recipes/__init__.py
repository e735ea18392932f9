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
from ._long import infinite_schedule as infinite_schedule
from ._long import inverse_sqrt_schedule as inverse_sqrt_schedule
from ._long import noam_schedule as noam_schedule
from ._long import periodic_decay_schedule as periodic_decay_schedule
from ._long import phases_schedule as phases_schedule
from ._long import power_law_schedule as power_law_schedule
from ._momentum import demon_schedule as demon_schedule
from ._momentum import ema_decay_schedule as ema_decay_schedule
from ._momentum import mirrored_momentum_schedule as mirrored_momentum_schedule
from ._momentum import sutskever_momentum_schedule as sutskever_momentum_schedule
from ._named import chebyshev_schedule as chebyshev_schedule
from ._named import cosine_hard_restarts_schedule as cosine_hard_restarts_schedule
from ._named import sigmoid_decay_schedule as sigmoid_decay_schedule
from ._named import slanted_triangular_schedule as slanted_triangular_schedule
from ._named import tanh_decay_schedule as tanh_decay_schedule
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
from ._phases import warmup_schedule as warmup_schedule
from ._phases import warmup_stable_decay_schedule as warmup_stable_decay_schedule
from ._surgery import cooldown as cooldown
from ._surgery import extend as extend
from ._untuned import radam_warmup_schedule as radam_warmup_schedule
from ._untuned import (
    untuned_exponential_warmup_schedule as untuned_exponential_warmup_schedule,
)
from ._untuned import untuned_linear_warmup_schedule as untuned_linear_warmup_schedule

__all__ = [
    "chebyshev_schedule",
    "constant_schedule",
    "constant_warmup_schedule",
    "cooldown",
    "cosine_annealing_schedule",
    "cosine_decay_schedule",
    "cosine_hard_restarts_schedule",
    "cosine_onecycle_schedule",
    "cosine_oscillation_schedule",
    "cosine_restarts_schedule",
    "decay_schedule",
    "demon_schedule",
    "ema_decay_schedule",
    "exp_range_schedule",
    "exponential_decay",
    "exponential_warmup_schedule",
    "extend",
    "infinite_schedule",
    "inverse_sqrt_schedule",
    "join_schedules",
    "linear_onecycle_schedule",
    "linear_schedule",
    "linear_warmup_schedule",
    "mirrored_momentum_schedule",
    "multistep_schedule",
    "natural_exponential_decay_schedule",
    "noam_schedule",
    "onecycle_momentum_schedule",
    "onecycle_schedule",
    "periodic_decay_schedule",
    "phases_schedule",
    "piecewise_constant_schedule",
    "piecewise_interpolate_schedule",
    "polynomial_schedule",
    "power_decay_schedule",
    "power_law_schedule",
    "radam_warmup_schedule",
    "sgdr_schedule",
    "sigmoid_decay_schedule",
    "slanted_triangular_schedule",
    "spike_schedule",
    "step_decay_schedule",
    "sutskever_momentum_schedule",
    "tanh_decay_schedule",
    "time_decay_schedule",
    "triangular2_schedule",
    "triangular_schedule",
    "untuned_exponential_warmup_schedule",
    "untuned_linear_warmup_schedule",
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_decay_schedule",
    "warmup_exponential_decay_schedule",
    "warmup_schedule",
    "warmup_stable_decay_schedule",
]
