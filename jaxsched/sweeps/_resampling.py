"""Intervals and a test for the mean of a few numbers, by resampling or by Student's t."""

import math

import numpy as np


def resamples(n: int, num_resamples: int, seed: int) -> np.ndarray:
    """Draws of n out of n with replacement, `[draws, n]`: all of them if they are few."""
    if n**n <= num_resamples:
        draws = np.indices((n,) * n).reshape(n, -1).T
    else:
        draws = np.random.default_rng(seed).integers(0, n, (num_resamples, n))
    return draws


def bootstrap_interval(
    values: np.ndarray, confidence: float, num_resamples: int, seed: int
) -> tuple[float, float]:
    """The quantiles of the means of resamples."""
    means = values[resamples(values.size, num_resamples, seed)].mean(axis=1)
    # Not between two of them: where all draws are there, their means are all there are.
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(means, ends, method="inverted_cdf")
    return float(low), float(high)


def student_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Mean and t times its standard error to either side."""
    error = values.std(ddof=1) / math.sqrt(values.size)
    reach = student_quantile(confidence, values.size - 1) * error
    return float(values.mean() - reach), float(values.mean() + reach)


def student_quantile(confidence: float, dof: int) -> float:
    """The t within which Student's distribution has this probability, both sides.

    The probability is a finite sum in the angle whose tangent is t over the root of the
    degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4); halving finds t.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(100):
        angle = (low + high) / 2
        if _student_probability(angle, dof) < confidence:
            low = angle
        else:
            high = angle
    return math.sqrt(dof) * math.tan((low + high) / 2)


def _student_probability(angle: float, dof: int) -> float:
    odd = dof % 2
    term = math.cos(angle) if odd else 1.0
    total = term if dof > 1 else 0.0
    for k in range(2 + odd, dof - 1, 2):
        term *= (k - 1) / k * math.cos(angle) ** 2
        total += term
    total *= math.sin(angle)
    return (angle + total) * 2 / math.pi if odd else total


def sign_flip(differences: np.ndarray, num_resamples: int, seed: int) -> float:
    """The two-sided p-value of a mean of zero if each sign is as likely as the other."""
    if np.isnan(differences).any():
        return float("nan")
    n = differences.size
    every = 2**n <= num_resamples
    if every:
        bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
    else:
        bits = np.random.default_rng(seed).integers(0, 2, (num_resamples, n))
    sums = np.abs((2 * bits - 1) @ differences)
    # A sum in another order may differ by a rounding.
    as_far = sums >= abs(differences.sum()) - 1e-12 * np.abs(differences).sum()
    return float(as_far.mean() if every else (as_far.sum() + 1) / (num_resamples + 1))
