"""Closed forms in extended precision, written from the formulas and nothing else.

Each function returns an oracle: from a count to the value there. Nothing here knows
about `jaxsched`; a shape is a pair (what is done, what is left to do), because one minus
the other has no digits left at the far end.
"""

import itertools
import math

import mpmath as mp
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


def inverse_power(v, p, T):
    return lambda t: Real(v) * (Real(T) / max(t, T)) ** Real(p)


def saturating(v, k):
    return lambda t: -Real(v) * np.expm1(-Real(k) * t)


def extending(a, b, P):
    """Keras prints it: the first multiple of the period at or after the count."""
    return lambda t: transition(a, b, P * max(-(-t // P), 1))(t)


def radam(b2):
    """The paper's formula, in more digits than the difference in it loses."""
    mp.mp.dps = 60
    b = mp.mpf(b2)
    most = 2 / (1 - b) - 1

    def value(t):
        n = t + 1
        power_ = b**n
        rho = most - 2 * n * power_ / (1 - power_)
        if rho <= 4:
            return Real(0)
        r = (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)
        return Real(mp.nstr(mp.sqrt(r), 25))

    return value


def monotone_cubic(boundaries, values):
    """Fritsch and Butland 1984, a piece at a time; the ends as in SciPy's PCHIP."""
    xs, ys = boundaries, [Real(v) for v in values]
    h = [Real(b - a) for a, b in itertools.pairwise(xs)]
    changes = zip(itertools.pairwise(ys), h, strict=True)
    d = [(b - a) / w if w else Real(0) for (a, b), w in changes]  # level at a jump

    def end(h0, h1, d0, d1):
        if d0 == 0:
            return Real(0)
        slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
        if slope * d0 <= 0:
            return Real(0)
        return 3 * d0 if d0 * d1 < 0 and abs(slope) > 3 * abs(d0) else slope

    def inner(i):
        if d[i - 1] * d[i] <= 0:
            return Real(0)
        w, v = 2 * h[i] + h[i - 1], h[i] + 2 * h[i - 1]
        return (w + v) / (w / d[i - 1] + v / d[i])

    if len(d) > 1:
        slopes = [end(h[0], h[1], d[0], d[1])]
        slopes += [inner(i) for i in range(1, len(d))]
        slopes += [end(h[-1], h[-2], d[-1], d[-2])]
    else:
        slopes = [*d, *d]

    def value(t):
        if t < xs[0]:
            return Real(values[0])
        for i in range(len(d)):
            if t < xs[i + 1]:
                u = Real(t - xs[i]) / h[i]
                v = Real(xs[i + 1] - t) / h[i]
                return (
                    ys[i] * v * v * (1 + 2 * u)
                    + ys[i + 1] * u * u * (1 + 2 * v)
                    + h[i] * u * v * (v * slopes[i] - u * slopes[i + 1])
                )
        return ys[-1]

    return value


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


def advance(oracle, T):
    return lambda t: oracle(t + T)


def cooldown(oracle, b, start, T, shape=linear):
    def value(t):
        if t < start:
            return oracle(t)
        return transition(oracle(start), b, T, shape)(t - start)

    return value


def hold(oracle, T):
    return lambda t: oracle(t // T * T)


def every(oracle, T):
    return lambda t: oracle(t // T)


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


def remapped(a, b, oracle):
    """From a to b where the other goes from 1/4 to 3/4."""

    def at(t):
        w = min(max(2 * oracle(t) - Real(0.5), Real(0)), Real(1))
        return (1 - w) * Real(a) + w * Real(b)

    return at


def anytime(f):
    """The weight of the newest where the half-life is a share of the time."""
    return lambda t: -np.expm1(-np.log(Real(2)) / (Real(f) * t)) if t else Real(1)


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


def noam(d, W):
    """Vaswani et al. 2017: the first step is number 1."""
    return lambda t: (
        Real(d) ** Real(-0.5)
        * min(Real(t + 1) ** Real(-0.5), (t + 1) * Real(W) ** Real(-1.5))
    )


def power_law(most, B, tokens, a, p):
    """Shen et al. 2024, in tokens."""
    return lambda t: min(Real(most), B * a * (Real(t) * tokens) ** -p if t else Real(most))


def slanted(peak, T, share, ratio):
    """Howard and Ruder 2018, section 3.2."""
    cut = int(T * share)

    def value(t):
        p = Real(t) / cut if t < cut else 1 - Real(t - cut) / (cut * (1 / Real(share) - 1))
        return Real(peak) * (1 + max(p, Real(0)) * (ratio - 1)) / ratio

    return value


def tanh_decay(a, b, T, low, high):
    """Hsueh et al. 2019; what is left of the height as a logistic function."""

    def value(t):
        argument = Real(low) + (Real(high) - Real(low)) * min(t, T) / Real(T)
        return Real(b) + (Real(a) - Real(b)) / (1 + np.exp(2 * argument))

    return value


def sigmoid(a, b, T, k, c):
    def value(t):
        argument = Real(k) * (min(t, T) / Real(T) - Real(c))
        return Real(b) + (Real(a) - Real(b)) / (1 + np.exp(argument))

    return value


def chebyshev(low, high, N):
    """Agarwal et al. 2021: the fractal order by its recursion."""

    def order(n):
        if n == 1:
            return [0]
        return [k for i in order(n // 2) for k in (i, n - 1 - i)]

    M, m = 1 / Real(low), 1 / Real(high)
    steps_ = [
        2 / ((M + m) - (M - m) * np.cos((Real(i) + Real(0.5)) * PI / N)) for i in order(N)
    ]
    return lambda t: steps_[min(t, N - 1)]
