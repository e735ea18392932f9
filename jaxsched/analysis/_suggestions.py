"""Where on the curve of a range test a learning rate is good: four rules."""

import bisect
from typing import Any, NamedTuple

import numpy as np

from jaxsched._core import checks

MIN_POINTS = 3
_GAP, _FLAT = 15, 0.005  # of the slide


class Suggestions(NamedTuple):
    """Rates that the four rules suggest.

    Attributes:
        valley: a third and a half of it into the longest way down.
        steep: where the loss falls fastest in the logarithm of the rate.
        minimum: a tenth of the rate with the lowest loss.
        slide: where, coming from the end, the slope has become even.
    """

    valley: float
    steep: float
    minimum: float
    slide: float


def suggest(rates: Any, losses: Any) -> Suggestions:
    r"""Applies the rules to a curve of losses $y_i$ over rising rates $\eta_i$.

    * valley: of the longest strictly falling subsequence of $y$, which ends at $e$ (the
      first such end) and has $L$ members, with $s = e - L$ and $d = (e - s) / 3$:
      $\eta_i$ at $i = s + \lfloor d \rfloor + \lfloor d / 2 \rfloor$.
    * steep: $\arg\min_i \, (y_{i+1} - y_i) / (\ln \eta_{i+1} - \ln \eta_i)$.
    * minimum: $\eta_{\arg\min y} / 10$.
    * slide: of the gradient $g$ of $y$ by its index, from the end on leftwards the
      first place at which two slopes 15 apart differ by no more than 0.005.

    Take a smoothed curve, without its start and without its end beyond divergence:
    `range_test` does all of that.

    Args:
        rates: $\eta$, rising and above 0, at least 3.
        losses: $y$, finite.

    Raises:
        ValueError: if there are too few points, or rates that do not rise, or a loss that
            is not finite.

    >>> rates = [0.001, 0.01, 0.1, 1.0, 10.0]
    >>> found = suggest(rates, [4.0, 3.0, 1.0, 0.9, 2.0])
    >>> found.valley, found.steep, found.minimum
    (0.001, 0.01, 0.1)

    Source: Smith, Cyclical Learning Rates, 2017, arXiv:1506.01186, for the test; the
    rules are fastai's.
    """
    rates, losses = np.asarray(rates, np.float64), np.asarray(losses, np.float64)
    alike = rates.ndim == 1 and rates.shape == losses.shape
    given = f"{rates.shape} and {losses.shape}"
    checks.consistent("suggest", "a loss for each rate", alike, given, "Match them.")
    enough = rates.size >= MIN_POINTS
    advice = "Take more updates, or a ramp that diverges later."
    checks.consistent("suggest", "3 points or more", enough, f"{rates.size}", advice)
    what = "finite rates that rise from above 0"
    checks.consistent("suggest", what, not where_none_rises(rates).size, "others", "Sort.")
    finite = bool(np.isfinite(losses).all())
    given = f"{np.count_nonzero(~np.isfinite(losses))} that are not"
    checks.consistent("suggest", "finite losses", finite, given, "Cut them off.")
    steep = np.argmin(np.diff(losses) / np.diff(np.log(rates)))
    return Suggestions(
        valley=float(rates[_valley(losses)]),
        steep=float(rates[steep]),
        minimum=float(rates[np.argmin(losses)] / 10),
        slide=float(rates[_slide(losses)]),
    )


def smoothed(losses: Any, decay: float = 0.98) -> np.ndarray:
    r"""The average $\bar y_n = \sum_i \beta^{n - i} y_i / \sum_i \beta^{n - i}$ up to each.

    An exponential average without the pull of its start, along the last axis.

    >>> smoothed([4.0, 3.0, 2.0, 2.5]).round(6).tolist()
    [4.0, 3.494949, 2.986532, 2.861189]
    """
    given = f"decay={decay}"
    checks.consistent("smoothed", "0 <= decay < 1", 0 <= decay < 1, given, "Try 0.98.")
    losses = np.moveaxis(np.asarray(losses, np.float64), -1, 0)
    average, averages = np.zeros(losses.shape[1:]), []
    with np.errstate(invalid="ignore"):  # what follows an infinity is not a number
        for n, loss in enumerate(losses, 1):
            average = decay * average + (1 - decay) * loss
            averages.append(average / (1 - decay**n))
    return np.moveaxis(np.asarray(averages), 0, -1)


def where_none_rises(rates: np.ndarray) -> np.ndarray:
    """Where they are not finite, above 0 and above the last; NaN is not."""
    before = np.concatenate([[0.0], rates[:-1]])
    return np.flatnonzero(~((before < rates) & (rates < np.inf)))


def stop_at(losses: np.ndarray, factor: float) -> int:
    """The first index above so many times the best before, or not finite; else all."""
    known = np.where(np.isnan(losses), np.inf, losses)
    before = np.minimum.accumulate(np.concatenate([[np.inf], known]))[:-1]
    with np.errstate(invalid="ignore"):
        ends = ~np.isfinite(losses) | (losses > factor * before)
    return int(ends.argmax()) if ends.any() else len(losses)


def _valley(losses: np.ndarray) -> int:
    """In the longest strictly falling subsequence; its start may be before the first."""
    ends: list[float] = []  # minus the highest end of a way down, by its length
    lengths = []
    for loss in (-losses).tolist():
        shorter = bisect.bisect_left(ends, loss)
        ends[shorter : shorter + 1] = [loss]
        lengths.append(shorter + 1)
    end = lengths.index(len(ends))
    start = end - len(ends)
    third = (end - start) / 3
    return max(start + int(third) + int(third / 2), 0)


def _slide(losses: np.ndarray) -> int:
    slopes = np.gradient(losses)
    right, left = len(losses) - 1, len(losses) - 1 - _GAP
    found = max(left, 0)
    while left >= 0 and abs(slopes[right] - slopes[left]) > _FLAT:
        found = left
        right, left = right - 1, left - 1
    return found
