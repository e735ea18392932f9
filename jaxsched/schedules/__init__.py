"""Nodes that hold only numbers."""

from ._decay import ExponentialDecay as ExponentialDecay
from ._decay import InverseSqrtDecay as InverseSqrtDecay
from ._decay import InverseTimeDecay as InverseTimeDecay
from ._decay import NaturalExponentialDecay as NaturalExponentialDecay
from ._decay import PowerDecay as PowerDecay
from ._table import PiecewiseConstant as PiecewiseConstant
from ._table import PiecewiseLinear as PiecewiseLinear
from ._table import Table as Table
from ._transition import Transition as Transition

__all__ = [
    "ExponentialDecay",
    "InverseSqrtDecay",
    "InverseTimeDecay",
    "NaturalExponentialDecay",
    "PiecewiseConstant",
    "PiecewiseLinear",
    "PowerDecay",
    "Table",
    "Transition",
]
