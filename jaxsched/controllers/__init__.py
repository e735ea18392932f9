"""Rates with state that are fed a metric."""

from ._averaged import Averaged as Averaged
from ._bold import BoldDriver as BoldDriver
from ._controller import AbstractController as AbstractController
from ._controller import Controlled as Controlled
from ._greedy import GreedyLR as GreedyLR
from ._hypergradient import Hypergradient as Hypergradient
from ._moments import Moments as Moments
from ._noise_scale import GradientNoiseScale as GradientNoiseScale
from ._optax_plateau import OptaxPlateau as OptaxPlateau
from ._own_cooldown import CooldownOnPlateau as CooldownOnPlateau
from ._plateau import ReduceOnPlateau as ReduceOnPlateau
from ._polyak import PolyakStep as PolyakStep
from ._spike import SpikeCut as SpikeCut

__all__ = [
    "AbstractController",
    "Averaged",
    "BoldDriver",
    "Controlled",
    "CooldownOnPlateau",
    "GradientNoiseScale",
    "GreedyLR",
    "Hypergradient",
    "Moments",
    "OptaxPlateau",
    "PolyakStep",
    "ReduceOnPlateau",
    "SpikeCut",
]
