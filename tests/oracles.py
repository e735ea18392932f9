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


def rex(beta):
    """init2winit prints what is left: (1 - x) / (1 - (1 - beta) x)."""
    beta = Real(beta)

    def shape(t, T):
        x, y = linear(t, T)
        below = y + beta * x
        return beta * x / below, y / below

    return shape


def inverse_sqrt_curve(alpha):
    """Ibrahim et al., with both differences of roots rationalised."""
    alpha = Real(alpha)

    def shape(t, T):
        x, y = linear(t, T)
        root, last = np.sqrt(1 + alpha * x), np.sqrt(1 + alpha)
        done = (alpha * x / (root * (1 + root))) / (1 - 1 / last)
        left = alpha * y / ((root + last) * root * last) / (1 - 1 / last)
        return done, left

    return shape


def hyperbolic(r):
    r = Real(r)

    def shape(t, T):
        x, y = linear(t, T)
        square = r * y * (2 * (1 - r) + r * y)
        left = np.sqrt(square / (r * (2 - r)))
        return x * (2 - r * x) / (2 - r) / (1 + left), left

    return shape


def tanh(low, high):
    """By hyperbolic sines, where the differences of tangents have no cancellation."""
    low, high = Real(low), Real(high)

    def shape(t, T):
        x, y = linear(t, T)
        now, span = low + (high - low) * x, high - low
        done = np.sinh(span * x) * np.cosh(high) / (np.sinh(span) * np.cosh(now))
        left = np.sinh(span * y) * np.cosh(low) / (np.sinh(span) * np.cosh(now))
        return done, left

    return shape


def mirror_cosine(t, T):
    x, y = linear(t, T)
    return 2 * x - np.sin(PI / 2 * x) ** 2, 2 * y - np.sin(PI / 2 * y) ** 2


def logarithmic(k):
    k = Real(k)

    def shape(t, T):
        x, y = linear(t, T)
        whole = np.log1p(k)
        return np.log1p(k * x) / whole, -np.log1p(-k * y / (1 + k)) / whole

    return shape


def k_decay_cosine(k):
    """Zhang and Li: half a cosine of (t / T)^k."""

    def shape(t, T):
        done, left = power(k)(t, T)
        return np.sin(PI / 2 * done) ** 2, np.sin(PI / 2 * left) ** 2

    return shape


def linear_cosine(t, T):
    x, y = linear(t, T)
    left = y * np.sin(PI / 2 * y) ** 2
    return x + y * np.sin(PI / 2 * x) ** 2, left


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


def geometric(a, b, T, shape=linear):
    def value(t):
        if t >= T:
            return Real(b)
        done, left = shape(t, T) if t > 0 else (Real(0), Real(1))
        return np.exp(left * np.log(Real(a)) + done * np.log(Real(b)))

    return value


def harmonic(a, b, T, shape=linear):
    def value(t):
        if t >= T:
            return Real(b)
        done, left = shape(t, T) if t > 0 else (Real(0), Real(1))
        return 1 / (left / Real(a) + done / Real(b))

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
