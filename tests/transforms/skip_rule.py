"""Which updates are left out, in NumPy; settings, losses, and a run."""

import math

import jax
import jax.numpy as jnp
import numpy as np

NUMBERS = {"threshold": 3.0, "min_entries": 8, "window_size": 16}
ONES = {"x": jnp.ones(2), "y": jnp.ones(3)}


def is_skipped(norms, losses=None, *, threshold=6.0, min_entries=64, window_size=128):
    """Which updates are left out, in double precision; a loss may be None."""
    windows, found = ([], []), []
    losses = [None] * len(norms) if losses is None else losses
    for pair in zip(norms, losses, strict=True):
        is_outlier = False
        for value, window in zip(pair, windows, strict=True):
            if value is None:
                continue
            last = window[-window_size:]
            if len(last) >= min_entries:
                bound = np.mean(last) + threshold * np.std(last, ddof=1)
                is_outlier |= value > bound
            is_outlier |= not math.isfinite(value)
            if math.isfinite(value):
                window.append(value)
        found.append(bool(is_outlier))
    return found


def with_jumps(rng, *shape):
    values = rng.gamma(20, 0.1, shape)
    jumps = rng.random(shape) < 0.05
    values[jumps] *= np.exp(np.abs(rng.normal(scale=2, size=jumps.sum())))
    broken = rng.random(shape) < 0.01
    values[broken] = rng.choice([np.nan, np.inf], broken.sum())
    return values.astype(np.float32)


def run(optimizer, norms, losses=None):
    """What a scan makes of gradients of these norms, and the last state."""

    def step(state, given):
        norm, loss = given
        grads = jax.tree.map(lambda x: norm * x / jnp.sqrt(5.0), ONES)
        feed = {} if losses is None else {"value": loss}
        updates, state = optimizer.update(grads, state, ONES, **feed)
        return state, updates

    given = norms, norms if losses is None else losses
    state, updates = jax.lax.scan(step, optimizer.init(ONES), given)
    return updates, state
