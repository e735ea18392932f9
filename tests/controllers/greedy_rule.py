"""The greedy rule in plain Python, written from its formulas, and settings for it."""

import math
from fractions import Fraction

import numpy as np

from jaxsched.controllers import GreedyLR


def exact(number):
    return Fraction(number) if math.isfinite(number) else number


def rule(
    metrics,
    *,
    factor,
    patience,
    rtol=0.0,
    atol=0.0,
    cooldown=0,
    warmup=0,
    min_scale=0.0,
    max_scale=math.inf,
    min_change=0.0,
    reset_after=math.inf,
    window_size=1,
    mode="min",
):
    """The factor after each of some metrics, from the formulas; None is no metric.

    In fractions: a raise and a cut cancel exactly.
    """
    factor, min_scale = Fraction(factor), Fraction(min_scale)
    worst = math.inf if mode == "min" else -math.inf
    scale, best, row_of, row_length, rest, floored = Fraction(1), worst, None, 0, 0, 0
    window, scales = [], []
    for metric in metrics:
        if metric is None:
            scales.append(float(scale))
            continue
        value = metric
        if not math.isnan(metric):
            window = [*window, metric][-window_size:]
            value = sum(window) / len(window)
        if rest > 0:
            rest, row_length = rest - 1, 0
            scales.append(float(scale))
            continue
        margin = 0.0 if math.isinf(best) else rtol * abs(best) + atol
        better = value < best - margin if mode == "min" else value > best + margin
        best = value if better else best
        row_length = row_length + 1 if row_of is better else 1
        row_of = better
        if row_length > patience:
            row_length = 0
            if better:
                changed = max(min(scale / factor, exact(max_scale)), scale)
                rest, floored = warmup, 0
            else:
                changed = min(max(scale * factor, min_scale), scale)
                rest = cooldown
            scale = changed if abs(changed - scale) > min_change else scale
            if not better and scale <= min_scale:
                floored += 1
                if floored >= reset_after:
                    scale, best, floored, window = Fraction(1), worst, 0, []
        scales.append(float(scale))
    return scales


def random_settings(rng, num):
    """Float32 numbers, so that the rule sees what the controller holds."""
    floats = {
        "factor": rng.uniform(0.3, 0.95, num),
        "rtol": rng.choice([0, 1e-2, 0.1], num),
        "atol": rng.choice([0, 1e-3, 0.1], num),
        "min_scale": rng.choice([0, 0.1234, 0.6], num),
        "max_scale": rng.choice([0.5, 1.777, 8, np.inf], num),
        "min_change": rng.choice([0, 0.0567], num),
    }
    steps = {
        "patience": rng.integers(0, 4, num),
        "cooldown": rng.integers(0, 4, num),
        "warmup": rng.integers(0, 4, num),
        "reset_after": rng.integers(0, 6, num),
    }
    return {k: v.astype(np.float32) for k, v in floats.items()} | {
        k: v.astype(np.int32) for k, v in steps.items()
    }


def scales(metrics, **numbers):
    """The factor after each of a list of metrics, without a scan."""
    controller = GreedyLR(**numbers)
    state, found = controller.init(), []
    for value in metrics:
        state = controller.update(state, value=value)
        found.append(float(controller(state)))
    return found
