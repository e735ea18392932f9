"""Arguments of ports: numbers that Python knows, or that JAX will.

A known number stays a Python number, and a whole one an integer.
"""

import math
from fractions import Fraction
from typing import Any

import jax.numpy as jnp

from jaxsched._core import checks


def is_known(value: Any) -> bool:
    """Whether Python can compare it."""
    known = checks.concrete(value)
    return known is not None and known.ndim == 0


def is_known_as(value: Any, number: float) -> bool:
    """Whether it is known to be this number."""
    return is_known(value) and bool(checks.concrete(value) == number)


def at_least(value: Any, bound: float) -> Any:
    """`max(value, bound)`."""
    return max(value, bound) if is_known(value) else jnp.maximum(value, bound)


def at_most(value: Any, bound: float) -> Any:
    """`min(value, bound)`."""
    return min(value, bound) if is_known(value) else jnp.minimum(value, bound)


def where(condition: Any, value: Any, other: Any) -> Any:
    """`value if condition else other`."""
    if is_known(condition):
        return value if condition else other
    return jnp.where(condition, value, other)


def whole(value: Any) -> Any:
    """A whole Python float as an integer, which a clock counts exactly."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def trunc(value: Any) -> Any:
    """The number without its fraction."""
    return math.trunc(value) if is_known(value) else jnp.trunc(value)


def ceil(value: Any) -> Any:
    """The whole number that is not below it."""
    return -(-value // 1)


def floor(value: Any) -> Any:
    """The whole number that is not above it."""
    return value // 1


def rational(value: Any) -> Fraction | None:
    """A Python number as the fraction that it is written for; None if it is for none."""
    if not isinstance(value, (int, float)) or abs(value) > 1e15:
        return None
    near = Fraction(value).limit_denominator(1_000)
    return near if float(near) == value else None


def not_negative(who: str, **values: Any) -> None:
    """Requires numbers of at least 0."""
    checks.number(who, **values)
    for name, value in values.items():
        checks.consistent(who, f"{name} >= 0", value >= 0, f"{value}", "Raise it.")
