"""What a setting is drawn from, and the points at which draws are made."""

import abc
import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from jaxsched._core import checks


class Distribution(abc.ABC):
    """How a number from 0 to 1 becomes a setting.

    It has a `dtype`, by which a node takes it for a number that is not known yet, as it
    does a traced one.
    """

    dtype = np.dtype(np.float64)

    @abc.abstractmethod
    def at(self, u: float) -> Any:
        """The setting below which a share `u` of all lies."""

    def __float__(self) -> float:
        raise TypeError(
            f"{self!r} is no number yet. Draw one with sample; for an argument of a recipe "
            f"or an entry of a row, give it to sample by name."
        )


@dataclasses.dataclass(frozen=True, repr=False)
class Range(Distribution):
    """Numbers between two."""

    low: Any
    high: Any
    is_log: bool = False
    is_whole: bool = False

    def __repr__(self) -> str:
        return f"{self._name}({self.low!r}, {self.high!r})"

    def __post_init__(self):
        who = self._name
        checks.number(who, low=self.low, high=self.high)
        given = f"low={self.low} and high={self.high}"
        if self.is_whole and not all(_is_whole(v) for v in (self.low, self.high)):
            raise TypeError(f"{who} needs whole numbers, got {given}. Pass ints.")
        for name in ("low", "high"):
            value = getattr(self, name)
            if isinstance(value, np.generic):  # those of NumPy overflow
                object.__setattr__(self, name, value.item())
        if self.is_log:
            checks.positive(who, low=self.low)
        checks.consistent(who, "low <= high", self.low <= self.high, given, "Swap them.")
        width = self.high / self.low if self.is_log else self.high - self.low
        width_is_finite = math.isfinite(width)
        checks.consistent(who, "finite bounds", width_is_finite, given, "Narrow it.")

    def at(self, u: float) -> Any:
        u, low, high = float(u), self.low, self.high
        if not self.is_whole:
            value = low * (high / low) ** u if self.is_log else low + (high - low) * u
            return float(min(max(value, low), high))
        if self.is_log:
            # Each number stands for what rounds to it, the ends like the others.
            bottom, top = low - 0.5, high + 0.5
            value = round(bottom * (top / bottom) ** u)
        else:
            value = low + int(u * (high - low + 1))
        return int(min(max(value, low), high))

    @property
    def _name(self) -> str:
        return ("log_" if self.is_log else "") + (
            "integers" if self.is_whole else "uniform"
        )


@dataclasses.dataclass(frozen=True, repr=False)
class Choices(Distribution):
    """One of some values."""

    options: tuple[Any, ...]

    def __repr__(self) -> str:
        return f"choices({list(self.options)!r})"

    def at(self, u: float) -> Any:
        return self.options[min(int(u * len(self.options)), len(self.options) - 1)]


def uniform(low: float, high: float) -> Distribution:
    """Numbers between two, each as likely."""
    return Range(low, high)


def log_uniform(low: float, high: float) -> Distribution:
    """Numbers between two, each order of magnitude as likely."""
    return Range(low, high, is_log=True)


def integers(low: int, high: int) -> Distribution:
    """Whole numbers from `low` to `high`, both included, each as likely."""
    return Range(low, high, is_whole=True)


def log_integers(low: int, high: int) -> Distribution:
    """Whole numbers from `low` to `high`, each order of magnitude as likely.

    A number has the share of what rounds to it, on a logarithmic scale from `low - 0.5`
    to `high + 0.5`.
    """
    return Range(low, high, is_log=True, is_whole=True)


def choices(values: Iterable[Any]) -> Distribution:
    """One of some values, each as likely: numbers, curves, anything."""
    options = tuple(values)
    if not options:
        raise ValueError("choices(values) must not be empty. Give at least one value.")
    return Choices(options)


def points(key: jax.Array, n: int, d: int, quasi: bool) -> np.ndarray:
    """Where to draw: `[n, d]` numbers from 0 to 1, independent or evenly spread.

    Sobol's sequence, since it leaves smaller gaps than Halton's in all but one or two
    dimensions. It has its balance at powers of 2, so as many are made and the first `n`
    taken: as many as asked for, and the same ones that a longer draw starts with.
    """
    if d == 0 or not quasi:
        return np.asarray(jax.random.uniform(key, (n, d)), np.float64)
    from scipy.stats import qmc  # slow to import, and JAX depends on it anyway

    rng = np.random.default_rng(int(jax.random.bits(key)))
    return qmc.Sobol(d, scramble=True, rng=rng).random_base2((int(n) - 1).bit_length())[:n]


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
