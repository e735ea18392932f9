"""The settings that vary in a sweep, and the groups of members that share a value."""

import math
import numbers
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from jaxsched._core import checks

from ._result import SweepResult

_MAX_BINS = 10


class Factor(NamedTuple):
    """A setting that varies: its members, the group of each, the name of each group."""

    family: str
    setting: str
    members: np.ndarray
    groups: np.ndarray
    names: list[str]


def factors(who: str, result: SweepResult, num_bins: int | None) -> Iterator[Factor]:
    """The families, if there are several, and then what varies within each."""
    if num_bins is not None:
        checks.size(who, num_bins=num_bins)
    groups_of = families(result)
    if len(groups_of) > 1:
        members = np.arange(result.num_members)
        names = [family_of(row) for row in result.settings]
        yield Factor("all", "family", members, *_group(names, None))
    for family, rows in groups_of.items():
        settings = dict.fromkeys(name for i in rows for name in result.settings[i])
        for setting in settings:
            members = [i for i in rows if setting in result.settings[i]]
            values = [result.settings[i][setting] for i in members]
            groups, names = _group(values, num_bins)
            if len(names) > 1:
                yield Factor(family, setting, np.asarray(members), groups, names)


def _group(values: list[Any], num_bins: int | None) -> tuple[np.ndarray, list[str]]:
    """The group of each value, and the names of the groups."""
    if not are_numbers(values):
        words = [str(v) for v in values]
        place = {word: i for i, word in enumerate(dict.fromkeys(words))}
        return np.asarray([place[word] for word in words]), list(place)
    x = np.asarray(values, np.float64)
    distinct, groups = np.unique(x, return_inverse=True)
    if 2 * len(distinct) > len(x):
        num_bins = num_bins or min(max(math.isqrt(len(x)), 2), _MAX_BINS)
        num_bins = min(num_bins, len(distinct))
        groups = (np.arange(len(distinct)) * num_bins // len(distinct))[groups]
    names = []
    for group in range(groups.max() + 1):
        low, high = x[groups == group].min(), x[groups == group].max()
        names.append(f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}")
    return groups, names


def are_numbers(values: list[Any]) -> bool:
    """Whether all are real and finite; True and False are words."""
    return all(
        isinstance(v, numbers.Real) and not isinstance(v, bool) and math.isfinite(v)
        for v in values
    )


def family_of(settings: dict[str, Any]) -> str:
    """The family that a pool gave it, or "all"."""
    return str(settings.get("family", "all"))


def families(result: SweepResult) -> dict[str, list[int]]:
    """The members of each family."""
    members: dict[str, list[int]] = {}
    for i, row in enumerate(result.settings):
        members.setdefault(family_of(row), []).append(i)
    return members
