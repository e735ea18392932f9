"""Nodes that hold only numbers."""

from ._averaging import AnytimeWeight as AnytimeWeight
from ._decay import ExponentialDecay as ExponentialDecay
from ._decay import InversePowerDecay as InversePowerDecay
from ._decay import InverseSqrtDecay as InverseSqrtDecay
from ._decay import InverseTimeDecay as InverseTimeDecay
from ._decay import NaturalExponentialDecay as NaturalExponentialDecay
from ._decay import PowerDecay as PowerDecay
from ._growth import RAdamRectification as RAdamRectification
from ._growth import SaturatingGrowth as SaturatingGrowth
from ._noise import NormalNoise as NormalNoise
from ._noise import UniformNoise as UniformNoise
from ._spline import MonotoneCubic as MonotoneCubic
from ._table import PiecewiseConstant as PiecewiseConstant
from ._table import PiecewiseLinear as PiecewiseLinear
from ._table import Table as Table
from ._transition import ExtendingTransition as ExtendingTransition
from ._transition import Transition as Transition

__all__ = [
    "AnytimeWeight",
    "ExponentialDecay",
    "ExtendingTransition",
    "InversePowerDecay",
    "InverseSqrtDecay",
    "InverseTimeDecay",
    "MonotoneCubic",
    "NaturalExponentialDecay",
    "NormalNoise",
    "PiecewiseConstant",
    "PiecewiseLinear",
    "PowerDecay",
    "RAdamRectification",
    "SaturatingGrowth",
    "Table",
    "Transition",
    "UniformNoise",
]
