"""Unit shapes: curves from (0, 0) to (1, 1), for `Transition` and for warmups."""

from ._power import Linear as Linear
from ._power import Polynomial as Polynomial
from ._power import Power as Power
from ._power import SquareRoot as SquareRoot
from ._smooth import Cosine as Cosine
from ._smooth import Exponential as Exponential
from ._smooth import SmoothStep as SmoothStep

__all__ = [
    "Cosine",
    "Exponential",
    "Linear",
    "Polynomial",
    "Power",
    "SmoothStep",
    "SquareRoot",
]
