"""What the pictures read from the result of a sweep."""

import math
import numbers
from typing import Any

from jaxsched.sweeps import SweepResult


def setting(result: SweepResult, name: str) -> list[Any]:
    """A setting of each member; None where a member does not have it."""
    known = dict.fromkeys(name for row in result.settings for name in row)
    if name not in known:
        there = ", ".join(known) or "none: this sweep has no settings"
        raise KeyError(f"{name!r} must be one of {there}.")
    return [row.get(name) for row in result.settings]


def varying(result: SweepResult) -> list[str]:
    """The settings with two values or more, in the order in which they appear."""
    seen: dict[str, set[str]] = {}
    for row in result.settings:
        for name, value in row.items():
            seen.setdefault(name, set()).add(str(value))
    return [name for name, values in seen.items() if len(values) > 1]


def are_numbers(values: list[Any]) -> bool:
    """Whether all that are there are real and finite; True and False are words."""
    return all(
        isinstance(v, numbers.Real) and not isinstance(v, bool) and math.isfinite(v)
        for v in values
        if v is not None
    )
