"""Nine published runs of three sizes of model, and the law that was fitted to them."""

import numpy as np

import jaxsched as js
from jaxsched.analysis import LossCurve, MultiPowerLaw

from .published_losses import LOSSES

PEAK, LOW, WARMUP = 3e-4, 3e-5, 2160


def warm(schedule):
    """The warmup of all of them, and then a schedule from update 2160 on."""
    return js.Join([js.Transition(0.0, PEAK, WARMUP), schedule], [WARMUP])


def _stable(start, schedule):
    return js.Join([warm(js.Constant(PEAK)), schedule], [start])


def _cosine(num_steps):
    return warm(js.Transition(PEAK, LOW, num_steps - WARMUP, js.curves.Cosine()))


_START, _PLATEAU = ("start",), ("start", "plateau")
# The schedule of each run, and the rows that it shares with others.
_RUNS = {
    "cosine": (_cosine(24_000), ()),
    "constant": (warm(js.Constant(PEAK)), _PLATEAU),
    "drop to 9e-5": (_stable(8000, js.Constant(9e-5)), _START),
    "long constant": (warm(js.Constant(PEAK)), ()),
    "long cosine": (_cosine(72_000), ()),
    "exponential": (
        _stable(20_000, js.Transition(PEAK, LOW, 4000, js.curves.Geometric())),
        _PLATEAU,
    ),
    "linear": (_stable(20_000, js.Transition(PEAK, LOW, 4000)), _PLATEAU),
    "drop to 3e-5": (_stable(8000, js.Constant(LOW)), _START),
    "drop to 18e-5": (_stable(8000, js.Constant(18e-5)), _START),
}
# The authors fit to three of them and predict the other six.
_FITTED = ("cosine", "constant", "drop to 9e-5")


def _curve(name, rows):
    schedule, shared = _RUNS[name]
    updates, losses = zip(*(rows[part] for part in (*shared, name)), strict=True)
    return LossCurve(schedule, 1 + np.concatenate(updates), np.concatenate(losses))


FITTED = {name: _curve(name, LOSSES["400M"]) for name in _FITTED}
HELD_OUT_BY_SIZE = {
    size: {name: _curve(name, rows) for name in _RUNS if name not in _FITTED}
    for size, rows in LOSSES.items()
}
HELD_OUT = HELD_OUT_BY_SIZE["400M"]
# The parameters that they found.
PUBLISHED = {
    "25M": MultiPowerLaw(
        *(3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013),
        0.64142257,
    ),
    "100M": MultiPowerLaw(
        *(2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199),
        0.65523644,
    ),
    "400M": MultiPowerLaw(
        *(2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493),
        0.63472457,
    ),
}


def errors(law, curve):
    num_steps = int(curve.counts[-1])
    found = law.loss_curve(curve.schedule, num_steps, curve.counts)
    return np.asarray(found, np.float64) - curve.losses


def scores(error, losses):
    """R squared; mean absolute, root mean square error; mean, largest share of the loss."""
    r_squared = 1 - np.square(error).sum() / np.square(losses - losses.mean()).sum()
    absolute, root = np.abs(error).mean(), np.sqrt(np.square(error).mean())
    shares = np.abs(error) / losses
    return r_squared, absolute, root, shares.mean(), shares.max()
