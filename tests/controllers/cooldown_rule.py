"""A cooldown that begins by itself, in NumPy; settings, losses and curves."""

import numpy as np

import jaxsched as js

from .oracle import plateau

NEVER = 2**31 - 1
CURVES = {
    "line": (None, lambda x: x),
    "Linear": (js.curves.Linear(), lambda x: x),
    "Power": (js.curves.Power(0.5), np.sqrt),
    "Cosine": (js.curves.Cosine(), lambda x: (1 - np.cos(np.pi * x)) / 2),
}


def rule(metrics, *, decay_steps, end_scale=0.0, curve=lambda x: x, **numbers):
    """The factor after each of some updates, and the count at which the decay begins."""
    cuts = np.asarray(plateau(metrics, factor=0.5, **numbers)) < 1
    counts = np.arange(1, len(cuts) + 1)
    if not cuts.any():
        return np.ones(len(cuts)), NEVER
    start = counts[np.argmax(cuts)]
    done = np.clip((counts - start) / max(decay_steps, 1e-9), 0, 1)
    shape = np.where(counts - start >= decay_steps, 1.0, curve(done))
    return np.where(counts >= start, (1 - shape) + shape * end_scale, 1.0), int(start)


def random_settings(rng, num):
    floats = {
        "end_scale": rng.choice([0, 0.1, 1.5], num),
        "rtol": rng.choice([0, 1e-4, 1e-2], num),
        "atol": rng.choice([0, 1e-3, 0.1], num),
    }
    steps = {
        "decay_steps": rng.integers(0, 25, num),
        "patience": rng.integers(0, 6, num),
        "warmup_steps": rng.integers(0, 15, num),
    }
    return {k: v.astype(np.float32) for k, v in floats.items()} | {
        k: v.astype(np.int32) for k, v in steps.items()
    }


def losses(rng, *shape):
    """Falling at first, then level; some are NaN."""
    fall = 3 * np.exp(-np.arange(shape[-1]) / rng.uniform(2, 30, (*shape[:-1], 1)))
    values = fall + 0.1 * rng.normal(size=shape) - 1
    values[rng.random(shape) < 0.03] = np.nan
    return values.astype(np.float32)


def scales(metrics, **numbers):
    """The factor after each of some updates, and the last state."""
    cooldown = js.CooldownOnPlateau(**numbers)
    state, found = cooldown.init(), []
    for value in metrics:
        state = cooldown.update(state, value=value)
        found.append(float(cooldown(state)))
    return found, state
