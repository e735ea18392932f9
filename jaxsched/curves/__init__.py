"""Unit shapes: curves from (0, 0) to (1, 1), for `Transition` and for warmups."""

from ._nested import Envelope as Envelope
from ._nested import Geometric as Geometric
from ._nested import Harmonic as Harmonic
from ._nested import KDecay as KDecay
from ._power import Linear as Linear
from ._power import Polynomial as Polynomial
from ._power import Power as Power
from ._power import SquareRoot as SquareRoot
from ._rational import Hyperbolic as Hyperbolic
from ._rational import InverseSqrt as InverseSqrt
from ._rational import Rex as Rex
from ._smooth import Cosine as Cosine
from ._smooth import Exponential as Exponential
from ._smooth import Logarithmic as Logarithmic
from ._smooth import MirrorCosine as MirrorCosine
from ._smooth import SmoothStep as SmoothStep
from ._smooth import Tanh as Tanh

__all__ = [
    "Cosine",
    "Envelope",
    "Exponential",
    "Geometric",
    "Harmonic",
    "Hyperbolic",
    "InverseSqrt",
    "KDecay",
    "Linear",
    "Logarithmic",
    "MirrorCosine",
    "Polynomial",
    "Power",
    "Rex",
    "SmoothStep",
    "SquareRoot",
    "Tanh",
]
