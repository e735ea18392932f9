"""Learning-rate schedules as data.

A schedule is a frozen pytree that is called with a count. So one compiled train step
serves every schedule, `vmap` trains a thousand at once, `grad` differentiates through
them, and a checkpoint holds them.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from jaxsched import curves as curves
from jaxsched._core import AbstractCurve as AbstractCurve
from jaxsched._core import AbstractSchedule as AbstractSchedule
from jaxsched._core import Constant as Constant
from jaxsched._core import Product as Product
from jaxsched._core import Quotient as Quotient
from jaxsched._core import Sum as Sum
from jaxsched._core import Wrapped as Wrapped
from jaxsched._core import as_schedule as as_schedule
from jaxsched._core import epochs as epochs
from jaxsched._core import fraction as fraction
from jaxsched._core import resolve as resolve
from jaxsched._core import static as static
from jaxsched._core import tokens as tokens
from jaxsched.combinators import Advance as Advance
from jaxsched.combinators import AveragingDecay as AveragingDecay
from jaxsched.combinators import Bundle as Bundle
from jaxsched.combinators import Clip as Clip
from jaxsched.combinators import Cooldown as Cooldown
from jaxsched.combinators import Delay as Delay
from jaxsched.combinators import Every as Every
from jaxsched.combinators import Hold as Hold
from jaxsched.combinators import Join as Join
from jaxsched.combinators import Maximum as Maximum
from jaxsched.combinators import Minimum as Minimum
from jaxsched.combinators import Remapped as Remapped
from jaxsched.combinators import Repeat as Repeat
from jaxsched.combinators import Segments as Segments
from jaxsched.combinators import Stretch as Stretch
from jaxsched.combinators import Switch as Switch
from jaxsched.combinators import Warmup as Warmup
from jaxsched.combinators import bundle as bundle
from jaxsched.combinators import every as every
from jaxsched.combinators import segments as segments
from jaxsched.controllers import AbstractController as AbstractController
from jaxsched.controllers import Averaged as Averaged
from jaxsched.controllers import BoldDriver as BoldDriver
from jaxsched.controllers import Controlled as Controlled
from jaxsched.controllers import CooldownOnPlateau as CooldownOnPlateau
from jaxsched.controllers import GradientNoiseScale as GradientNoiseScale
from jaxsched.controllers import GreedyLR as GreedyLR
from jaxsched.controllers import Hypergradient as Hypergradient
from jaxsched.controllers import OptaxPlateau as OptaxPlateau
from jaxsched.controllers import PolyakStep as PolyakStep
from jaxsched.controllers import ReduceOnPlateau as ReduceOnPlateau
from jaxsched.controllers import SpikeCut as SpikeCut
from jaxsched.recipes import chebyshev_schedule as chebyshev_schedule
from jaxsched.recipes import constant_schedule as constant_schedule
from jaxsched.recipes import constant_warmup_schedule as constant_warmup_schedule
from jaxsched.recipes import cooldown as cooldown
from jaxsched.recipes import cosine_annealing_schedule as cosine_annealing_schedule
from jaxsched.recipes import cosine_decay_schedule as cosine_decay_schedule
from jaxsched.recipes import cosine_hard_restarts_schedule as cosine_hard_restarts_schedule
from jaxsched.recipes import cosine_onecycle_schedule as cosine_onecycle_schedule
from jaxsched.recipes import cosine_oscillation_schedule as cosine_oscillation_schedule
from jaxsched.recipes import cosine_restarts_schedule as cosine_restarts_schedule
from jaxsched.recipes import decay_schedule as decay_schedule
from jaxsched.recipes import demon_schedule as demon_schedule
from jaxsched.recipes import ema_decay_schedule as ema_decay_schedule
from jaxsched.recipes import exp_range_schedule as exp_range_schedule
from jaxsched.recipes import exponential_decay as exponential_decay
from jaxsched.recipes import exponential_warmup_schedule as exponential_warmup_schedule
from jaxsched.recipes import extend as extend
from jaxsched.recipes import infinite_schedule as infinite_schedule
from jaxsched.recipes import inverse_sqrt_schedule as inverse_sqrt_schedule
from jaxsched.recipes import join_schedules as join_schedules
from jaxsched.recipes import linear_onecycle_schedule as linear_onecycle_schedule
from jaxsched.recipes import linear_schedule as linear_schedule
from jaxsched.recipes import linear_warmup_schedule as linear_warmup_schedule
from jaxsched.recipes import mirrored_momentum_schedule as mirrored_momentum_schedule
from jaxsched.recipes import multistep_schedule as multistep_schedule
from jaxsched.recipes import (
    natural_exponential_decay_schedule as natural_exponential_decay_schedule,
)
from jaxsched.recipes import noam_schedule as noam_schedule
from jaxsched.recipes import onecycle_momentum_schedule as onecycle_momentum_schedule
from jaxsched.recipes import onecycle_schedule as onecycle_schedule
from jaxsched.recipes import periodic_decay_schedule as periodic_decay_schedule
from jaxsched.recipes import phases_schedule as phases_schedule
from jaxsched.recipes import piecewise_constant_schedule as piecewise_constant_schedule
from jaxsched.recipes import (
    piecewise_interpolate_schedule as piecewise_interpolate_schedule,
)
from jaxsched.recipes import polynomial_schedule as polynomial_schedule
from jaxsched.recipes import power_decay_schedule as power_decay_schedule
from jaxsched.recipes import power_law_schedule as power_law_schedule
from jaxsched.recipes import radam_warmup_schedule as radam_warmup_schedule
from jaxsched.recipes import sgdr_schedule as sgdr_schedule
from jaxsched.recipes import sigmoid_decay_schedule as sigmoid_decay_schedule
from jaxsched.recipes import slanted_triangular_schedule as slanted_triangular_schedule
from jaxsched.recipes import spike_schedule as spike_schedule
from jaxsched.recipes import step_decay_schedule as step_decay_schedule
from jaxsched.recipes import sutskever_momentum_schedule as sutskever_momentum_schedule
from jaxsched.recipes import tanh_decay_schedule as tanh_decay_schedule
from jaxsched.recipes import time_decay_schedule as time_decay_schedule
from jaxsched.recipes import triangular2_schedule as triangular2_schedule
from jaxsched.recipes import triangular_schedule as triangular_schedule
from jaxsched.recipes import (
    untuned_exponential_warmup_schedule as untuned_exponential_warmup_schedule,
)
from jaxsched.recipes import (
    untuned_linear_warmup_schedule as untuned_linear_warmup_schedule,
)
from jaxsched.recipes import warmup_constant_schedule as warmup_constant_schedule
from jaxsched.recipes import warmup_cosine_decay_schedule as warmup_cosine_decay_schedule
from jaxsched.recipes import warmup_decay_schedule as warmup_decay_schedule
from jaxsched.recipes import (
    warmup_exponential_decay_schedule as warmup_exponential_decay_schedule,
)
from jaxsched.recipes import warmup_schedule as warmup_schedule
from jaxsched.recipes import warmup_stable_decay_schedule as warmup_stable_decay_schedule
from jaxsched.schedules import AnytimeWeight as AnytimeWeight
from jaxsched.schedules import ExponentialDecay as ExponentialDecay
from jaxsched.schedules import ExtendingTransition as ExtendingTransition
from jaxsched.schedules import InversePowerDecay as InversePowerDecay
from jaxsched.schedules import InverseSqrtDecay as InverseSqrtDecay
from jaxsched.schedules import InverseTimeDecay as InverseTimeDecay
from jaxsched.schedules import MonotoneCubic as MonotoneCubic
from jaxsched.schedules import NaturalExponentialDecay as NaturalExponentialDecay
from jaxsched.schedules import NormalNoise as NormalNoise
from jaxsched.schedules import PiecewiseConstant as PiecewiseConstant
from jaxsched.schedules import PiecewiseLinear as PiecewiseLinear
from jaxsched.schedules import PowerDecay as PowerDecay
from jaxsched.schedules import RAdamRectification as RAdamRectification
from jaxsched.schedules import SaturatingGrowth as SaturatingGrowth
from jaxsched.schedules import Table as Table
from jaxsched.schedules import Transition as Transition
from jaxsched.schedules import UniformNoise as UniformNoise
from jaxsched.transforms import ScheduledState as ScheduledState
from jaxsched.transforms import averaged_params as averaged_params
from jaxsched.transforms import averager as averager
from jaxsched.transforms import clear_override as clear_override
from jaxsched.transforms import decoupled_weight_decay as decoupled_weight_decay
from jaxsched.transforms import diff as diff
from jaxsched.transforms import from_checkpoint as from_checkpoint
from jaxsched.transforms import groups as groups
from jaxsched.transforms import hyperparams as hyperparams
from jaxsched.transforms import layerwise as layerwise
from jaxsched.transforms import next_hyperparams as next_hyperparams
from jaxsched.transforms import observe as observe
from jaxsched.transforms import override as override
from jaxsched.transforms import record_norms as record_norms
from jaxsched.transforms import recorded_norms as recorded_norms
from jaxsched.transforms import replace_schedules as replace_schedules
from jaxsched.transforms import retrying as retrying
from jaxsched.transforms import scale as scale
from jaxsched.transforms import scheduled as scheduled
from jaxsched.transforms import seek as seek
from jaxsched.transforms import skip_spikes as skip_spikes
from jaxsched.transforms import to_checkpoint as to_checkpoint
from jaxsched.transforms import zclip as zclip

if _TYPE_CHECKING:
    from jaxsched import analysis as analysis
    from jaxsched import interop as interop
    from jaxsched import plotting as plotting
    from jaxsched import sweeps as sweeps
    from jaxsched import tasks as tasks
    from jaxsched import testing as testing
    from jaxsched.sweeps import grid as grid
    from jaxsched.sweeps import sample as sample
    from jaxsched.sweeps import stack as stack
    from jaxsched.sweeps import unstack as unstack
else:  # The same names, each imported when it is first used: most programs use few.
    from jaxsched._lazy import __dir__ as __dir__
    from jaxsched._lazy import __getattr__ as __getattr__

# fmt: off
__all__ = [
    "AbstractController", "AbstractCurve", "AbstractSchedule", "Advance",
    "AnytimeWeight", "Averaged",
    "AveragingDecay", "BoldDriver", "Bundle", "Clip", "Constant", "Controlled",
    "Cooldown", "CooldownOnPlateau", "Delay", "Every", "ExponentialDecay",
    "ExtendingTransition", "GradientNoiseScale", "GreedyLR", "Hold", "Hypergradient",
    "InversePowerDecay", "InverseSqrtDecay", "InverseTimeDecay", "Join", "Maximum",
    "Minimum", "MonotoneCubic", "NaturalExponentialDecay", "NormalNoise",
    "OptaxPlateau", "PiecewiseConstant", "PiecewiseLinear", "PolyakStep", "PowerDecay",
    "Product", "Quotient", "RAdamRectification", "ReduceOnPlateau", "Remapped",
    "Repeat",
    "SaturatingGrowth", "ScheduledState", "Segments", "SpikeCut", "Stretch", "Sum",
    "Switch", "Table", "Transition", "UniformNoise", "Warmup", "Wrapped", "analysis",
    "as_schedule", "averaged_params", "averager", "bundle", "chebyshev_schedule",
    "clear_override", "constant_schedule", "constant_warmup_schedule", "cooldown",
    "cosine_annealing_schedule", "cosine_decay_schedule",
    "cosine_hard_restarts_schedule", "cosine_onecycle_schedule",
    "cosine_oscillation_schedule", "cosine_restarts_schedule", "curves",
    "decay_schedule", "decoupled_weight_decay", "demon_schedule", "diff",
    "ema_decay_schedule", "epochs", "every", "exp_range_schedule", "exponential_decay",
    "exponential_warmup_schedule", "extend", "fraction", "from_checkpoint", "grid",
    "groups", "hyperparams", "infinite_schedule", "interop", "inverse_sqrt_schedule",
    "join_schedules", "layerwise", "linear_onecycle_schedule", "linear_schedule",
    "linear_warmup_schedule", "mirrored_momentum_schedule", "multistep_schedule",
    "natural_exponential_decay_schedule", "next_hyperparams", "noam_schedule",
    "observe", "onecycle_momentum_schedule", "onecycle_schedule", "override",
    "periodic_decay_schedule", "phases_schedule", "piecewise_constant_schedule",
    "piecewise_interpolate_schedule", "plotting", "polynomial_schedule",
    "power_decay_schedule",
    "power_law_schedule", "radam_warmup_schedule", "record_norms", "recorded_norms",
    "replace_schedules", "resolve", "retrying", "sample", "scale", "scheduled", "seek",
    "segments", "sgdr_schedule", "sigmoid_decay_schedule", "skip_spikes",
    "slanted_triangular_schedule", "spike_schedule", "stack", "static",
    "step_decay_schedule", "sutskever_momentum_schedule", "sweeps",
    "tanh_decay_schedule", "tasks", "testing", "time_decay_schedule",
    "to_checkpoint", "tokens",
    "triangular2_schedule", "triangular_schedule", "unstack",
    "untuned_exponential_warmup_schedule", "untuned_linear_warmup_schedule",
    "warmup_constant_schedule", "warmup_cosine_decay_schedule", "warmup_decay_schedule",
    "warmup_exponential_decay_schedule", "warmup_schedule",
    "warmup_stable_decay_schedule", "zclip",
]
# fmt: on
