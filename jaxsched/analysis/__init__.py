"""Choosing a schedule: what it does, what theory says of it, what runs say of it."""

from ._advisor import CORRECTIONS as CORRECTIONS
from ._advisor import transfer as transfer
from ._averaging import averaging_weights as averaging_weights
from ._averaging import equivalent_decay as equivalent_decay
from ._bound import bound_curve as bound_curve
from ._bound import bound_terms as bound_terms
from ._bound import last_iterate_bound as last_iterate_bound
from ._bound import optimal_bound as optimal_bound
from ._bound import optimal_rate as optimal_rate
from ._compare import compare as compare
from ._comparison import Compared as Compared
from ._comparison import ScheduleComparison as ScheduleComparison
from ._cooldowns import CooldownAdvice as CooldownAdvice
from ._cooldowns import Extension as Extension
from ._cooldowns import longer_cooldown as longer_cooldown
from ._cooldowns import lower_plateau as lower_plateau
from ._cooldowns import optimal_cooldown as optimal_cooldown
from ._describe import Description as Description
from ._describe import Phase as Phase
from ._describe import PlanDescription as PlanDescription
from ._describe import describe as describe
from ._divergence import divergence_edge as divergence_edge
from ._dual import DualCoefficients as DualCoefficients
from ._dual import dual_coefficients as dual_coefficients
from ._fit import LawFit as LawFit
from ._fit import LossCurve as LossCurve
from ._fit import fit as fit
from ._lab import NoisyQuadratic as NoisyQuadratic
from ._lab import power_law_quadratic as power_law_quadratic
from ._law import AbstractLaw as AbstractLaw
from ._laws import AnnealingLaw as AnnealingLaw
from ._laws import FunctionalLaw as FunctionalLaw
from ._laws import MultiPowerLaw as MultiPowerLaw
from ._minimize import minimize_bound as minimize_bound
from ._multipliers import Multipliers as Multipliers
from ._multipliers import completep_multipliers as completep_multipliers
from ._multipliers import layer_multipliers as layer_multipliers
from ._multipliers import mup_multipliers as mup_multipliers
from ._optimal import Optimum as Optimum
from ._optimal import optimal_schedule as optimal_schedule
from ._optimal_decay import OptimalDecay as OptimalDecay
from ._optimal_decay import optimal_decay as optimal_decay
from ._optimize import Learned as Learned
from ._optimize import optimize as optimize
from ._predict import Prediction as Prediction
from ._predict import predict as predict
from ._queries import area as area
from ._queries import first_below as first_below
from ._queries import jumps as jumps
from ._queries import mean as mean
from ._queries import tabulate as tabulate
from ._queries import values as values
from ._range_test import RangeTest as RangeTest
from ._range_test import parallel_range_test as parallel_range_test
from ._range_test import range_test as range_test
from ._refine import refine as refine
from ._scaling import linear_scaling as linear_scaling
from ._scaling import noise_scale_scaling as noise_scale_scaling
from ._scaling import square_root_scaling as square_root_scaling
from ._seesaw import seesaw as seesaw
from ._side_by_side import side_by_side as side_by_side
from ._suggestions import Suggestions as Suggestions
from ._suggestions import smoothed as smoothed
from ._suggestions import suggest as suggest
from ._table import TextTable as TextTable
from ._terms import BoundTerms as BoundTerms
from ._timescale import weight_decay_for_timescale as weight_decay_for_timescale
from ._timescale import weight_decay_timescale as weight_decay_timescale

__all__ = [
    "CORRECTIONS",
    "AbstractLaw",
    "AnnealingLaw",
    "BoundTerms",
    "Compared",
    "CooldownAdvice",
    "Description",
    "DualCoefficients",
    "Extension",
    "FunctionalLaw",
    "LawFit",
    "Learned",
    "LossCurve",
    "MultiPowerLaw",
    "Multipliers",
    "NoisyQuadratic",
    "OptimalDecay",
    "Optimum",
    "Phase",
    "PlanDescription",
    "Prediction",
    "RangeTest",
    "ScheduleComparison",
    "Suggestions",
    "TextTable",
    "area",
    "averaging_weights",
    "bound_curve",
    "bound_terms",
    "compare",
    "completep_multipliers",
    "describe",
    "divergence_edge",
    "dual_coefficients",
    "equivalent_decay",
    "first_below",
    "fit",
    "jumps",
    "last_iterate_bound",
    "layer_multipliers",
    "linear_scaling",
    "longer_cooldown",
    "lower_plateau",
    "mean",
    "minimize_bound",
    "mup_multipliers",
    "noise_scale_scaling",
    "optimal_bound",
    "optimal_cooldown",
    "optimal_decay",
    "optimal_rate",
    "optimal_schedule",
    "optimize",
    "parallel_range_test",
    "power_law_quadratic",
    "predict",
    "range_test",
    "refine",
    "seesaw",
    "side_by_side",
    "smoothed",
    "square_root_scaling",
    "suggest",
    "tabulate",
    "transfer",
    "values",
    "weight_decay_for_timescale",
    "weight_decay_timescale",
]
