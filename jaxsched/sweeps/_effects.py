"""What the settings of a sweep say: which matter, which fail, and is the grid too small."""

import math
from typing import NamedTuple

import numpy as np

from jaxsched._core import checks

from ._factors import are_numbers, factors, families, family_of
from ._result import SweepResult
from ._statistics import scores, winner

_MODES = ("min", "max")


class Placement(NamedTuple):
    """Where the winner's value of a setting lies among those tried in its family.

    Attributes:
        setting: its name.
        value: the winner's.
        lowest: the lowest value tried.
        highest: the highest value tried.
        edge: "lowest" or "highest" if the winner's value is that; None if between.
    """

    setting: str
    value: float
    lowest: float
    highest: float
    edge: str | None


class DivergedCount(NamedTuple):
    """Runs that diverged at some values of a setting.

    Attributes:
        family: the family whose setting it is; "all" for the families themselves.
        setting: its name; "family" for the families themselves.
        values: the value, or the range of values.
        num_diverged: runs that diverged.
        num_runs: runs, members times seeds.
    """

    family: str
    setting: str
    values: str
    num_diverged: int
    num_runs: int


class MainEffect(NamedTuple):
    """How much of the variance of the score a setting explains on its own.

    Attributes:
        family: the family whose setting it is; "all" for the families themselves.
        setting: its name; "family" for the families themselves.
        share: from 0 to 1; NaN if the members all tie, or if none is left.
        chance: what `share` would be on average if the setting did nothing.
        num_groups: values or bins that were compared.
        num_members: members that were compared.
        num_diverged: members left out, since they diverged at some seed.
    """

    family: str
    setting: str
    share: float
    chance: float
    num_groups: int
    num_members: int
    num_diverged: int


def winner_placements(
    result: SweepResult, metric: str, mode: str = "min"
) -> list[Placement]:
    """Whether the winner lies at the edge of what was tried, for each setting.

    At an edge the best value may lie beyond: the sweep does not say how good the family
    is, and to compare it with others is unfair. All members of the winner's family
    count as tried, the diverged ones too. Settings that are fixed or not numbers are left
    out.

    Args:
        result: of a sweep over a grid or a sample.
        metric: what was evaluated or reported.
        mode: whether the metric is to fall ("min") or to rise ("max").

    Returns:
        One for each numeric setting of the winner's family with two values or more;
        none if every member diverged.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if the mode does not exist.

    >>> loss = np.array([[[0.5]], [[0.25]], [[0.125]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]),
    ...                      [{"peak": 0.1}, {"peak": 0.2}, {"peak": 0.4}], [""] * 3,
    ...                      [0], 0.0)
    >>> winner_placements(result, "loss")
    [Placement(setting='peak', value=0.4, lowest=0.1, highest=0.4, edge='highest')]

    Source: Bengio, Practical Recommendations for Gradient-Based Training of Deep
    Architectures, 2012, section 3.3.
    """
    checks.choice("winner_placements", mode=mode, choices=_MODES)
    first = winner(result, metric, mode)
    if first is None:
        return []
    rows = [result.settings[i] for i in families(result)[family_of(result.settings[first])]]
    placements = []
    for setting, value in result.settings[first].items():
        tried = [row[setting] for row in rows if setting in row]
        if are_numbers(tried) and min(tried) < max(tried):
            low, high = min(tried), max(tried)
            edge = {low: "lowest", high: "highest"}.get(value)
            placements.append(Placement(setting, value, low, high, edge))
    return placements


def count_diverged(
    result: SweepResult, *, num_bins: int | None = None
) -> list[DivergedCount]:
    """How many runs diverged, by family and by the values of each setting.

    Args:
        result: of a sweep over a grid, a sample or a pool.
        num_bins: bins of a setting whose values hardly repeat, as in `main_effects`.

    Returns:
        One for each family if there are several, then for each family one for each
        value or bin of each of its settings that varies.

    >>> loss = np.array([[[0.5]], [[0.25]], [[np.inf]], [[np.nan]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]),
    ...                      [{"peak": peak} for peak in (0.1, 0.1, 0.2, 0.2)], [""] * 4,
    ...                      [0], 0.0)
    >>> [(row.values, row.num_diverged, row.num_runs) for row in count_diverged(result)]
    [('0.1', 0, 2), ('0.2', 2, 2)]
    """
    return [
        DivergedCount(factor.family, factor.setting, name, int(lost.sum()), lost.size)
        for factor in factors("count_diverged", result, num_bins)
        for group, name in enumerate(factor.names)
        for lost in [result.diverged[factor.members[factor.groups == group]]]
    ]


def main_effects(
    result: SweepResult, metric: str, *, num_bins: int | None = None
) -> list[MainEffect]:
    r"""The share of the variance of the score that each setting explains on its own.

    $$\eta^2 = \sum_g n_g (\bar y_g - \bar y)^2 \,/\, \sum_i (y_i - \bar y)^2$$

    over the groups $g$ of members with the same value of the setting, $y_i$ the mean over
    seeds of the last value of the metric: the main effect of an analysis of variance,
    which for a full grid is exact and, summed over settings, leaves the interactions.
    Where values hardly repeat, as in a random sample, the groups are bins of
    neighbours, with as many different values each.

    The bias: a setting that does nothing still gets $(k - 1) / (N - 1)$ on average, for
    $k$ groups of $N$ members: compare `share` with `chance`. On the other hand $k$ bins
    hide what varies within them, of a straight line $1 / k^2$; and the noise of seeds
    stays in the denominator. Members that diverged are left out, so a grid may lose
    its balance, and shares then overlap.

    Args:
        result: of a sweep over a grid, a sample or a pool.
        metric: what was evaluated or reported.
        num_bins: bins of a numeric setting with more different values than half its
            members; None is the root of their number, at least 2 and at most 10.

    Returns:
        One for the family if there are several, then for each family one for each
        setting that varies.

    Raises:
        KeyError: if the metric is unknown.

    >>> loss = np.array([[[1.0]], [[2.0]], [[5.0]], [[6.0]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]),
    ...                      [{"peak": a, "decay": b} for a in (0.1, 0.2) for b in (1, 2)],
    ...                      [""] * 4, [0], 0.0)
    >>> [(e.setting, round(e.share, 3)) for e in main_effects(result, "loss")]
    [('peak', 0.941), ('decay', 0.059)]

    Source: Fisher, Statistical Methods for Research Workers, 1925, chapter 7; as a
    sensitivity, Saltelli et al., Global Sensitivity Analysis, 2008, chapter 4.
    """
    table = scores(result, metric).mean(axis=1)
    effects = []
    for factor in factors("main_effects", result, num_bins):
        kept = np.isfinite(table[factor.members])
        values, groups = table[factor.members][kept], factor.groups[kept]
        num_groups, num_members = len(np.unique(groups)), len(values)
        is_spread = num_members > 1 and np.ptp(values) > 0
        effects.append(
            MainEffect(
                family=factor.family,
                setting=factor.setting,
                share=_explained(values, groups) if is_spread else math.nan,
                chance=(num_groups - 1) / (num_members - 1) if is_spread else math.nan,
                num_groups=num_groups,
                num_members=num_members,
                num_diverged=int((~kept).sum()),
            )
        )
    return effects


def _explained(values: np.ndarray, groups: np.ndarray) -> float:
    deviations = values - values.mean()
    deviations = deviations / np.abs(deviations).max()  # squares stay within range
    sums, sizes = np.bincount(groups, deviations), np.bincount(groups)
    between = (sums**2 / np.maximum(sizes, 1)).sum()
    return float(between / (deviations**2).sum())
