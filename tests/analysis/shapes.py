"""The shapes of the published tables, of a peak of 1, and the bound of their values."""

import math

import numpy as np

import jaxsched as js
from jaxsched import curves

LINE, SQRT = curves.Linear(), curves.SquareRoot()


def inverse_sqrt(count):
    return (count + 1.0) ** -0.5


def wsd(fraction, num_steps, curve=LINE):
    """A plateau from the first update on, then a decay over a share of the run."""
    stable = round((1 - fraction) * num_steps)
    return js.Join([1.0, js.Transition(1.0, 0.0, num_steps - stable, curve)], [stable])


def shapes(num_steps):
    return {
        "constant": js.Constant(1.0),
        "inverse-sqrt": inverse_sqrt,
        "wsd .2 linear": wsd(0.2, num_steps),
        "wsd .2 1-sqrt": wsd(0.2, num_steps, SQRT),
        "cosine": js.cosine_decay_schedule(1.0, num_steps),
        "1-sqrt, full": js.Transition(1.0, 0.0, num_steps, SQRT),
        "linear": js.Transition(1.0, 0.0, num_steps),
    }


def parts(rates, norms=1.0):
    """Both terms of the bound of a row of rates above 0, in double precision."""
    rates = np.asarray(rates, np.float64)
    squares = rates**2 * np.asarray(norms, np.float64) ** 2
    ends, squares = (np.cumsum(row[::-1])[::-1] for row in (rates, squares))
    rises = rates[:-1] * squares[:-1] / (ends[1:] * ends[:-1])
    return 1 / (2 * ends[0]), squares[0] / (2 * ends[0]) + rises.sum() / 2


def best_rate(rates, norms=1.0):
    distance, gradients = parts(rates, norms)
    return np.sqrt(distance / gradients)


def exact(rates, norms, distance=1.0):
    """The two parts of the bound, with its sums as they are written."""
    rates, norms = np.asarray(rates, np.float64), np.asarray(norms, np.float64)
    norms = np.broadcast_to(norms, rates.shape)
    squares, n = rates**2 * norms**2, len(rates)
    parts = [math.fsum(squares) / (2 * math.fsum(rates))]
    for k in range(n - 1):
        mean = math.fsum(squares[k:]) / math.fsum(rates[k:])
        parts.append(rates[k] / math.fsum(rates[k + 1 :]) * mean / 2)
    return distance**2 / (2 * math.fsum(rates)), math.fsum(parts)
