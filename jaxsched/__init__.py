"""Learning-rate schedules as data.

A schedule is a frozen pytree that is called with a count. So one compiled train step
serves every schedule, `vmap` trains a thousand at once, `grad` differentiates through
them, and a checkpoint holds them.
"""

from jaxsched import curves as curves
from jaxsched import sweeps as sweeps
from jaxsched import testing as testing
from jaxsched._core import AbstractCurve as AbstractCurve
from jaxsched._core import AbstractSchedule as AbstractSchedule
from jaxsched._core import Constant as Constant
from jaxsched._core import Product as Product
from jaxsched._core import Quotient as Quotient
from jaxsched._core import Sum as Sum
from jaxsched._core import Wrapped as Wrapped
from jaxsched._core import as_schedule as as_schedule
from jaxsched._core import static as static
from jaxsched.combinators import Clip as Clip
from jaxsched.combinators import Delay as Delay
from jaxsched.combinators import ExponentialWarmup as ExponentialWarmup
from jaxsched.combinators import Hold as Hold
from jaxsched.combinators import Join as Join
from jaxsched.combinators import Maximum as Maximum
from jaxsched.combinators import Minimum as Minimum
from jaxsched.combinators import Repeat as Repeat
from jaxsched.combinators import Stretch as Stretch
from jaxsched.combinators import Switch as Switch
from jaxsched.combinators import Warmup as Warmup
from jaxsched.controllers import AbstractController as AbstractController
from jaxsched.controllers import Controlled as Controlled
from jaxsched.controllers import ReduceOnPlateau as ReduceOnPlateau
from jaxsched.recipes import constant_schedule as constant_schedule
from jaxsched.recipes import constant_warmup_schedule as constant_warmup_schedule
from jaxsched.recipes import cosine_annealing_schedule as cosine_annealing_schedule
from jaxsched.recipes import cosine_decay_schedule as cosine_decay_schedule
from jaxsched.recipes import cosine_onecycle_schedule as cosine_onecycle_schedule
from jaxsched.recipes import cosine_oscillation_schedule as cosine_oscillation_schedule
from jaxsched.recipes import cosine_restarts_schedule as cosine_restarts_schedule
from jaxsched.recipes import decay_schedule as decay_schedule
from jaxsched.recipes import exp_range_schedule as exp_range_schedule
from jaxsched.recipes import exponential_decay as exponential_decay
from jaxsched.recipes import exponential_warmup_schedule as exponential_warmup_schedule
from jaxsched.recipes import join_schedules as join_schedules
from jaxsched.recipes import linear_onecycle_schedule as linear_onecycle_schedule
from jaxsched.recipes import linear_schedule as linear_schedule
from jaxsched.recipes import linear_warmup_schedule as linear_warmup_schedule
from jaxsched.recipes import multistep_schedule as multistep_schedule
from jaxsched.recipes import (
    natural_exponential_decay_schedule as natural_exponential_decay_schedule,
)
from jaxsched.recipes import onecycle_momentum_schedule as onecycle_momentum_schedule
from jaxsched.recipes import onecycle_schedule as onecycle_schedule
from jaxsched.recipes import piecewise_constant_schedule as piecewise_constant_schedule
from jaxsched.recipes import (
    piecewise_interpolate_schedule as piecewise_interpolate_schedule,
)
from jaxsched.recipes import polynomial_schedule as polynomial_schedule
from jaxsched.recipes import power_decay_schedule as power_decay_schedule
from jaxsched.recipes import sgdr_schedule as sgdr_schedule
from jaxsched.recipes import spike_schedule as spike_schedule
from jaxsched.recipes import step_decay_schedule as step_decay_schedule
from jaxsched.recipes import time_decay_schedule as time_decay_schedule
from jaxsched.recipes import triangular2_schedule as triangular2_schedule
from jaxsched.recipes import triangular_schedule as triangular_schedule
from jaxsched.recipes import warmup_constant_schedule as warmup_constant_schedule
from jaxsched.recipes import warmup_cosine_decay_schedule as warmup_cosine_decay_schedule
from jaxsched.recipes import warmup_decay_schedule as warmup_decay_schedule
from jaxsched.recipes import (
    warmup_exponential_decay_schedule as warmup_exponential_decay_schedule,
)
from jaxsched.recipes import warmup_stable_decay_schedule as warmup_stable_decay_schedule
from jaxsched.schedules import ExponentialDecay as ExponentialDecay
from jaxsched.schedules import InverseSqrtDecay as InverseSqrtDecay
from jaxsched.schedules import InverseTimeDecay as InverseTimeDecay
from jaxsched.schedules import NaturalExponentialDecay as NaturalExponentialDecay
from jaxsched.schedules import PiecewiseConstant as PiecewiseConstant
from jaxsched.schedules import PiecewiseLinear as PiecewiseLinear
from jaxsched.schedules import PowerDecay as PowerDecay
from jaxsched.schedules import Table as Table
from jaxsched.schedules import Transition as Transition
from jaxsched.sweeps import grid as grid
from jaxsched.sweeps import sample as sample
from jaxsched.sweeps import stack as stack
from jaxsched.sweeps import unstack as unstack
from jaxsched.transforms import ScheduledState as ScheduledState
from jaxsched.transforms import clear_override as clear_override
from jaxsched.transforms import hyperparams as hyperparams
from jaxsched.transforms import override as override
from jaxsched.transforms import scheduled as scheduled

__all__ = [
    "AbstractController",
    "AbstractCurve",
    "AbstractSchedule",
    "Clip",
    "Constant",
    "Controlled",
    "Delay",
    "ExponentialDecay",
    "ExponentialWarmup",
    "Hold",
    "InverseSqrtDecay",
    "InverseTimeDecay",
    "Join",
    "Maximum",
    "Minimum",
    "NaturalExponentialDecay",
    "PiecewiseConstant",
    "PiecewiseLinear",
    "PowerDecay",
    "Product",
    "Quotient",
    "ReduceOnPlateau",
    "Repeat",
    "ScheduledState",
    "Stretch",
    "Sum",
    "Switch",
    "Table",
    "Transition",
    "Warmup",
    "Wrapped",
    "as_schedule",
    "clear_override",
    "constant_schedule",
    "constant_warmup_schedule",
    "cosine_annealing_schedule",
    "cosine_decay_schedule",
    "cosine_onecycle_schedule",
    "cosine_oscillation_schedule",
    "cosine_restarts_schedule",
    "curves",
    "decay_schedule",
    "exp_range_schedule",
    "exponential_decay",
    "exponential_warmup_schedule",
    "grid",
    "hyperparams",
    "join_schedules",
    "linear_onecycle_schedule",
    "linear_schedule",
    "linear_warmup_schedule",
    "multistep_schedule",
    "natural_exponential_decay_schedule",
    "onecycle_momentum_schedule",
    "onecycle_schedule",
    "override",
    "piecewise_constant_schedule",
    "piecewise_interpolate_schedule",
    "polynomial_schedule",
    "power_decay_schedule",
    "sample",
    "scheduled",
    "sgdr_schedule",
    "spike_schedule",
    "stack",
    "static",
    "step_decay_schedule",
    "sweeps",
    "testing",
    "time_decay_schedule",
    "triangular2_schedule",
    "triangular_schedule",
    "unstack",
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_decay_schedule",
    "warmup_exponential_decay_schedule",
    "warmup_stable_decay_schedule",
]
