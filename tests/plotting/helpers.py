"""Axes, what is drawn on them, and results that have something to draw."""

import itertools

import numpy as np
from matplotlib.figure import Figure

from ..sweeps.outcomes import trajectories

NAN = np.nan


def axes():
    """Of a figure of their own."""
    return Figure().subplots()


def crossed(**values):
    """All combinations, the last axis fastest."""
    return [
        dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())
    ]


def noisy(settings, num_seeds=3, num_steps=20):
    """Losses that fall, each member to a level of its own."""
    rng = np.random.default_rng(0)
    fall = 10 * np.exp(-np.arange(num_steps) / 4) + rng.uniform(0.1, 1, (len(settings), 1))
    noise = rng.uniform(0.8, 1.2, (len(settings), num_seeds, num_steps))
    return trajectories(fall[:, None] * noise, settings=settings)


def pooled():
    """Two families, which share one setting of two; a run of the last member diverged."""
    rows = [{"family": "cosine", **row} for row in crossed(peak=[0.01, 0.1, 1.0])]
    rows += [{"family": "power", **row} for row in crossed(peak=[0.1, 1.0], power=[1, 2])]
    result = noisy(rows)
    result.curves["loss"][-1, 1, 10:] = NAN
    return result


def finish(drawn):
    """Draws for good, which fails on what Matplotlib cannot write."""
    drawn.figure.canvas.draw()
    return drawn
