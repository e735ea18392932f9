"""Rates with state that are fed a metric."""

from ._averaged import Averaged as Averaged
from ._controller import AbstractController as AbstractController
from ._controller import Controlled as Controlled
from ._greedy import GreedyLR as GreedyLR
from ._optax_plateau import OptaxPlateau as OptaxPlateau
from ._plateau import ReduceOnPlateau as ReduceOnPlateau

__all__ = [
    "AbstractController",
    "Averaged",
    "Controlled",
    "GreedyLR",
    "OptaxPlateau",
    "ReduceOnPlateau",
]
