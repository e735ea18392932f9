"""Closed forms in extended precision, written from the formulas and nothing else.

Each function returns an oracle: from a count to the value there. Nothing here knows
about `jaxsched`; a shape is a pair (what is done, what is left to do), because one minus
the other has no digits left at the far end.
"""

import math

import numpy as np

Real = np.longdouble
PI = Real("3.14159265358979323846264338327950288")


def real32(x):
    """The number that a float32 leaf holds."""
    return float(np.float32(x))


# Shapes: (t, T) -> (w, 1 - w), for 0 < t < T.


def linear(t, T):
    return Real(t) / T, Real(T - t) / T


def power(p):
    def shape(t, T):
        x, y = linear(t, T)
        return x ** Real(p), -np.expm1(Real(p) * np.log1p(-y))

    return shape


def polynomial(p):
    def shape(t, T):
        x, y = linear(t, T)
        return -np.expm1(Real(p) * np.log1p(-x)), y ** Real(p)

    return shape


def cosine(t, T, e=1):
    x, y = linear(t, T)
    left = np.sin(PI / 2 * y) ** 2
    if e == 1:
        return np.sin(PI / 2 * x) ** 2, left
    return -np.expm1(Real(e) * np.log1p(-(np.sin(PI / 2 * x) ** 2))), left ** Real(e)


def cosine_power(e):
    return lambda t, T: cosine(t, T, e)


def smooth_step(t, T):
    x, y = linear(t, T)
    return x * x * (3 - 2 * x), y * y * (3 - 2 * y)


def exponential(k):
    def shape(t, T):
        x, y = linear(t, T)
        if k == 0:
            return x, y
        k_ = Real(k)
        return np.expm1(k_ * x) / np.expm1(k_), np.expm1(-k_ * y) / np.expm1(-k_)

    return shape


# Schedules: numbers -> (t -> value).


def constant(v):
    return lambda t: Real(v)


def transition(a, b, T, shape=linear):
    def value(t):
        if t >= T:
            return Real(b)
        if t <= 0:
            return Real(a)
        done, left = shape(t, T)
        return left * Real(a) + done * Real(b)

    return value


def exponential_decay(v, r, T):
    """Growth ends at e^60 of the first value."""
    return lambda t: Real(v) * np.exp(min(np.log(Real(r)) * t / Real(T), Real(60)))


def natural_exponential(v, k):
    return lambda t: Real(v) * np.exp(-Real(k) * t)


def inverse_time(v, r, T=1):
    return lambda t: Real(v) / (1 + Real(r) * t / Real(T))


def inverse_sqrt(v, T):
    return lambda t: Real(v) * np.sqrt(Real(T) / max(t, T))


def power_decay(v, p, T):
    return lambda t: Real(v) * (1 + Real(t) / Real(T)) ** -Real(p)


def steps(boundaries, values):
    return lambda t: Real(values[sum(t >= b for b in boundaries)])


def lines(boundaries, values, shape=linear):
    def value(t):
        if t < boundaries[0]:
            return Real(values[0])
        for i in range(len(boundaries) - 1):
            a, b = boundaries[i], boundaries[i + 1]
            if a <= t < b:
                return transition(values[i], values[i + 1], b - a, shape)(t - a)
        return Real(values[-1])

    return value


def table(values):
    return lambda t: Real(values[min(t, len(values) - 1)])


# Schedules of schedules.


def join(oracles, boundaries):
    def value(t):
        i = sum(t >= b for b in boundaries)
        return oracles[i](t - (boundaries[i - 1] if i else 0))

    return value


def warmup(after, v, T, shape=linear):
    return lambda t: after(t - T) if t >= T else transition(v, after(0), T, shape)(t)


def delay(oracle, T):
    return lambda t: oracle(max(t - T, 0))


def hold(oracle, T):
    return lambda t: oracle(t // T * T)


def stretch(oracle, f):
    return lambda t: oracle(Real(t) / Real(f))


def repeat(oracle, T, g=1, d=1.0):
    """Cycles found by adding their lengths up; whole numbers throughout."""

    def value(t):
        i, start, length = 0, 0, T
        if g == 1:
            i = t // T
            start = i * T
        while g != 1 and t >= start + length:
            i, start, length = i + 1, start + length, length * g
        return Real(d) ** i * oracle(Real(t - start) * T / length)

    return value


def combine(function, *oracles):
    return lambda t: function(*(oracle(t) for oracle in oracles))


def add(*oracles):
    return combine(lambda *v: sum(v), *oracles)


def multiply(*oracles):
    return combine(lambda *v: math.prod(v), *oracles)


# Schedules as their papers print them.


def clr(low, high, S, scale=lambda cycle, t: Real(1)):
    """Smith 2015: `cycle` counts from 1."""

    def value(t):
        cycle = 1 + t // (2 * S)
        height = max(Real(0), 1 - abs(Real(t) / S - 2 * cycle + 1))
        return low + (Real(high) - low) * height * scale(cycle, t)

    return value


def sgdr(high, low, T, g=1, d=1.0):
    """Loshchilov and Hutter 2017."""
    return add(constant(low), repeat(transition(high - low, 0, T, cosine), T, g, d))
