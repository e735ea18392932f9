"""What a spike is and how a rate recovers from it, in NumPy, from the formulas."""

import math

import numpy as np


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
