"""The plateau rule in plain Python, written from torch's and nothing else.

One thing differs from torch, on purpose: the margin of a relative threshold is taken of
the absolute value of the best metric.
"""

import math


def plateau(
    metrics,
    *,
    factor,
    patience,
    rtol=0.0,
    atol=0.0,
    cooldown=0,
    min_scale=0.0,
    min_cut=0.0,
    warmup_steps=0,
    mode="min",
):
    """The factor after each of some metrics; None is an update without one."""
    best = math.inf if mode == "min" else -math.inf
    scale, bad, cooling, scales = 1.0, 0, 0, []
    for step, value in enumerate(metrics):
        if value is not None and step >= warmup_steps:
            margin = 0.0 if math.isinf(best) else rtol * abs(best) + atol
            better = value < best - margin if mode == "min" else value > best + margin
            if better:
                best, bad = value, 0
            else:
                bad += 1
            if cooling > 0:
                cooling -= 1
                bad = 0
            if bad > patience:
                cut = min(scale, max(scale * factor, min_scale))
                scale = cut if scale - cut > min_cut else scale
                cooling, bad = cooldown, 0
        scales.append(scale)
    return scales
