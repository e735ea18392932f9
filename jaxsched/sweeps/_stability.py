"""How firm the ranking of a sweep is: would other seeds have ranked the same?"""

from typing import NamedTuple

import numpy as np

from jaxsched._core import checks

from ._resampling import resamples
from ._result import SweepResult
from ._statistics import scores, winner

_MODES = ("min", "max")


class RankStability(NamedTuple):
    """How much a ranking owes to its seeds.

    Attributes:
        winner: the first of `result.ranking`; None if every member diverged.
        win_shares: share of the resampled sets of seeds that each member wins; NaN with
            one seed, which says nothing of others.
        kendall_tau: mean over pairs of seeds of Kendall's tau-b between their rankings of
            the members; NaN with one seed, or where a seed ties all members.
        num_seeds: seeds.
    """

    winner: int | None
    win_shares: np.ndarray
    kendall_tau: float
    num_seeds: int


def rank_stability(
    result: SweepResult,
    metric: str,
    mode: str = "min",
    *,
    num_resamples: int = 9999,
    seed: int = 0,
) -> RankStability:
    r"""How often each member wins when seeds are drawn anew, and how alike seeds rank.

    Seeds are drawn with replacement, the same ones for all members, and the best mean
    wins; of $k$ tied members each wins $1 / k$. A member that has diverged at a drawn
    seed is last; a draw at which all have is won by none. Between two seeds,
    $\tau_b = (C - D) / \sqrt{(C + D + T_1)(C + D + T_2)}$ for $C$ pairs of members in the
    same order, $D$ in opposite order, and $T_1$, $T_2$ tied at one of the seeds only.
    Diverged runs tie at the worst rank.

    Args:
        result: of a sweep with several seeds.
        metric: what was evaluated or reported.
        mode: whether the metric is to fall ("min") or to rise ("max").
        num_resamples: draws; all $n^n$ of them where they are not more.
        seed: of the draws.

    Raises:
        KeyError: if the metric is unknown.
        ValueError: if the mode does not exist.

    >>> loss = np.array([[[0.5], [0.25]], [[1.0], [0.125]]])
    >>> result = SweepResult({"loss": loss}, {}, np.array([]), [{}] * 2, [""] * 2,
    ...                      [0, 1], 0.0)
    >>> rank_stability(result, "loss")
    RankStability(winner=0, win_shares=array([0.75, 0.25]), kendall_tau=-1.0, num_seeds=2)

    Source: Kendall, The Treatment of Ties in Ranking Problems, Biometrika, 1945.
    """
    checks.choice("rank_stability", mode=mode, choices=_MODES)
    checks.size("rank_stability", num_resamples=num_resamples)
    table = scores(result, metric) * (1 if mode == "min" else -1)
    table = np.where(np.isnan(table), np.inf, table)
    num_seeds = table.shape[1]
    if num_seeds == 1:
        shares = np.full(len(table), np.nan)
    else:
        shares = _win_shares(table, resamples(num_seeds, num_resamples, seed))
    return RankStability(winner(result, metric, mode), shares, _mean_tau(table), num_seeds)


def _win_shares(table: np.ndarray, draws: np.ndarray) -> np.ndarray:
    wins = np.zeros(len(table))
    # In parts: thousands of draws of thousands of members do not fit in memory.
    for part in np.array_split(draws, -(-draws.shape[0] * len(table) // 10**6)):
        means = table[:, part].mean(axis=-1)
        best = means.min(axis=0)
        # The same seeds in another order may differ by a rounding.
        tied = np.isfinite(means) & (means <= best + 1e-12 * np.abs(best))
        wins += (tied / np.maximum(tied.sum(axis=0), 1)).sum(axis=-1)
    return wins / len(draws)


def _mean_tau(table: np.ndarray) -> float:
    # Numbers of ranks instead of values: infinities tie, and do not give NaN.
    ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in table.T])
    num_seeds, num_members = ranks.shape
    agreement = np.zeros((num_seeds, num_seeds))
    for i in range(num_members - 1):
        signs = np.sign(ranks[:, i, None] - ranks[:, i + 1 :])
        agreement += signs @ signs.T
    untied = np.diag(agreement)
    with np.errstate(invalid="ignore"):  # a seed without an order has no tau
        tau = agreement / np.sqrt(np.outer(untied, untied))
    pairs = tau[np.triu_indices(num_seeds, k=1)]
    return float(pairs.mean()) if pairs.size else float("nan")
