"""What a spike is and how a rate recovers from it, in NumPy; settings and losses."""

import math

import numpy as np

import jaxsched as js


class Statistics:
    """Mean and variance: of the first values as they are, then exponential."""

    def __init__(self, decay, warmup_steps):
        self.decay, self.warmup_steps = decay, warmup_steps
        self.values, self.mean, self.variance = [], 0.0, 0.0

    def known(self):
        return len(self.values) >= self.warmup_steps

    def take(self, value):
        if self.known():
            d = self.decay
            self.mean = d * self.mean + (1 - d) * value
            self.variance = d * self.variance + (1 - d) * (value - self.mean) ** 2
        self.values.append(value)
        if len(self.values) <= self.warmup_steps:
            self.mean, self.variance = np.mean(self.values), np.var(self.values)


def rule(values, *, factor, recovery_steps, threshold, decay, warmup_steps):
    """The factor that each of some updates uses; None is one without a value."""
    seen, since, scales = Statistics(decay, warmup_steps), math.inf, []
    for value in values:
        since += 1
        if value is not None:
            deviation = math.sqrt(seen.variance)
            bound = seen.mean + threshold * deviation
            is_high = seen.known() and value > bound
            if is_high or not math.isfinite(value):
                since = 0
            if math.isfinite(value):
                seen.take(bound if is_high and deviation > 0 else value)
        share = min(since / recovery_steps, 1)
        scales.append(factor + (1 - factor) * share)
    return scales


CALM = [3.0, 3.1, 3.0, 2.9]
NUMBERS = {
    "factor": 0.5,
    "recovery_steps": 4,
    "threshold": 4.0,
    "decay": 0.9,
    "warmup_steps": 4,
}


def scales(values, **numbers):
    """The factor after each of some values, which is the one that its update uses."""
    cut = js.SpikeCut(**{**NUMBERS, **numbers})
    state, found = cut.init(), []
    for value in values:
        state = cut.update(state, value=value)
        found.append(float(cut(state)))
    return found


def random_settings(rng, num):
    floats = {
        "factor": rng.choice([0, 0.1, 0.5, 1], num),
        "threshold": rng.uniform(1.5, 6, num),
        "decay": rng.uniform(0.5, 0.99, num),
    }
    steps = {
        "recovery_steps": rng.integers(1, 20, num),
        "warmup_steps": rng.integers(2, 20, num),
    }
    return {k: v.astype(np.float32) for k, v in floats.items()} | {
        k: v.astype(np.int32) for k, v in steps.items()
    }


def losses(rng, *shape):
    """Noise on a falling line, with jumps of any size, some of them NaN or infinite."""
    values = rng.normal(3, 0.1, shape) - 0.01 * np.arange(shape[-1])
    jumps = rng.random(shape) < 0.08
    values[jumps] += np.exp(rng.normal(-1, 2, size=jumps.sum()))
    broken = rng.random(shape) < 0.02
    values[broken] = rng.choice([np.nan, np.inf, -np.inf], broken.sum())
    return values.astype(np.float32)
