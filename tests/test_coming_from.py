"""Coming from another library: what the page says to write exists, runs and is right."""

import functools
import math
import re
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

PAGE = Path(__file__).parent.parent / "docs" / "coming-from-another-library.md"
TEXT = PAGE.read_text()

# What the symbols of the page stand for. Numbers that float32 has exactly.
a, b, r, g, k, n = 0.5, 0.0625, 0.5, 2.0**-6, 2.0, 4
T, W, H, D, S, U = 100, 10, 70, 20, 20, 200
t1, t2 = 30, 60
v0, v1, v2 = 0.75, 0.25, 0.125
B, N = 64, 4096


def f(t):
    return (t + 1) / (t + 2)


SYMBOLS = {
    **{"a": a, "b": b, "r": r, "g": g, "k": k, "n": n, "B": B, "N": N, "f": f},
    **{"T": T, "W": W, "H": H, "D": D, "S": S, "U": U, "t1": t1, "t2": t2},
    **{"v0": v0, "v1": v1, "v2": v2, "c": js.Transition(a, b, T), "labels": {"w": "old"}},
    **{"js": js, "jnp": jnp, "math": math, "optax": optax, "port": js.interop.port},
}
COUNTS = np.arange(2 * T + 1, dtype=np.int32)
METRICS = [3.0, 2.0, *[1.0] * 30]


class Row(NamedTuple):
    section: str
    heading: str
    columns: list
    cells: list


def read_rows():
    section = heading = columns = None
    for line in TEXT.splitlines():
        if line.startswith("## "):
            section = heading = line[3:]
        elif line.startswith("### "):
            heading = line[4:]
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if not line.startswith("|"):
            columns = None
        elif columns is None:
            columns = cells
        elif not line.startswith("| ---"):
            yield Row(section, heading, columns, cells)


ROWS = list(read_rows())
NUMBERED = {int(row.cells[0]): row for row in ROWS if row.section == "Every schedule"}
PORTED = [row for row in ROWS if row.columns[0] == "by its name"]


def expressions(cell):
    """The calls in a cell, as they are to be written; arguments and names are none."""
    spans = re.findall(r"`([^`]+)`", cell)
    return [s for s in spans if "(" in s and not re.match(r"\w+=", s)]


@functools.cache
def built(expression):
    return eval(expression, dict(SYMBOLS))


@functools.cache
def values(expression):
    """The values of a schedule at all counts; of a controller, of a run of metrics."""
    made = built(expression)
    if isinstance(made, js.AbstractController):

        def step(state, metric):
            state = made.update(state, value=metric)
            return state, made(state)

        told = jax.jit(lambda state: jax.lax.scan(step, state, jnp.asarray(METRICS))[1])
        return np.asarray(told(made.init()), np.float64)
    return np.asarray(made(COUNTS), np.float64)


def check_runs(expression):
    made = built(expression)
    if isinstance(made, (js.AbstractSchedule, js.AbstractController)):
        assert np.isfinite(values(expression)).all()
    elif isinstance(made, js.AbstractCurve):
        assert 0 < float(made(0.5)) < 1
    elif isinstance(made, js.Bundle):
        assert all(np.isfinite(float(value)) for value in made(W).values())
    elif isinstance(made, tuple) and not hasattr(made, "update"):
        assert js.sweeps.num_members(made[0]) == 3  # a grid and its settings
    else:
        params = {"w": jnp.ones(2)}
        run = optax.with_extra_args_support(made)
        jax.eval_shape(lambda p: run.update(p, run.init(p), p, value=1.0), params)


def test_every_row_is_there_once():
    """The tables hold the 97 rows, each once, in order."""
    rows = [row.cells[0] for row in ROWS if row.section == "Every schedule"]

    assert rows == [str(number) for number in range(1, 98)]


def test_tables_are_whole():
    """Every row has a cell for each column, and something to write or to say."""
    for row in ROWS:
        assert len(row.cells) == len(row.columns), row
        assert row.cells[-1], row


def test_names_exist():
    """Every name of the library on the page is one that it has."""
    names = set(re.findall(r"\bjs((?:\.\w+)+)", TEXT))

    assert len(names) > 80
    for name in names:
        functools.reduce(getattr, name[1:].split("."), js)


@pytest.mark.parametrize("heading", dict.fromkeys(row.heading for row in ROWS))
def test_expressions_run(heading):
    """Every call in a table can be made, and gives finite values, also after the end."""
    found = [e for row in ROWS if row.heading == heading for c in row.cells
             for e in expressions(c)]  # fmt: skip

    assert found
    for expression in dict.fromkeys(found):
        check_runs(expression)


@pytest.mark.parametrize("row", PORTED, ids=lambda row: row.cells[0].strip("`")[5:45])
def test_ports_and_expressions_agree(row):
    """What is written beside a port has its values, up to the end."""
    there, *others = [e for cell in row.cells for e in expressions(cell)]

    assert there.startswith("port(")
    for other in others[:1]:
        want, got = values(there), values(other)
        assert want.shape == got.shape
        np.testing.assert_allclose(got[:T], want[:T], rtol=2e-6, atol=1e-9)
    assert others or "MultiplicativeLR" in there


# The formulas of the page, in double precision; several for several expressions.


def x(t, length=T):
    return np.minimum(t / length, 1)


def c_(t):
    return a + (b - a) * x(t)


def cosine(y):
    """What is left of half a cosine."""
    return (1 + np.cos(np.pi * y)) / 2


def between(left, start=a, end=b):
    return end + (start - end) * left


def join(t, *pieces):
    """Pieces `(formula, begin)`, each from its own count 0."""
    value = pieces[0][0](t)
    for piece, begin in pieces[1:]:
        value = np.where(t >= begin, piece(np.maximum(t - begin, 0)), value)
    return value


def line(start, end, length):
    return lambda t: between(1 - x(t, length), start, end)


def stairs(*starts, top=(v0, v1, v2)):
    return lambda t: np.asarray(top)[sum((t >= start).astype(int) for start in starts)]


def hyperbola(t):
    return np.sqrt((1 - x(t) * T / U) ** 2 - (1 - T / U) ** 2)


def hyperbolic(t):
    return a - (a - b) * (hyperbola(0) - hyperbola(t))


def fractal(t):
    order = [0]
    while len(order) < T:
        order = [i for j in order for i in (j, 2 * len(order) - 1 - j)]
    i = np.asarray(order)[np.minimum(t, len(order) - 1).astype(int)]
    wave = np.cos((i + 0.5) * np.pi / len(order))
    return 2 / ((1 / b + 1 / a) - (1 / b - 1 / a) * wave)


def rectification(t):
    beta = np.float64(np.float32(0.999))
    last, number = 2 / (1 - beta) - 1, t + 1
    rho = last - 2 * number * beta**number / (1 - beta**number)
    safe = np.where(rho > 4, rho, 5)
    share = (safe - 4) * (safe - 2) * last / ((last - 4) * (last - 2) * safe)
    return np.where(rho > 4, a * np.sqrt(share), 0)


def triangle(t):
    return 1 - np.abs(t % (2 * S) / S - 1)


def restarts(t):
    i = np.floor(np.log2(t / S + 1))
    return i, (t - S * (2**i - 1)) / (S * 2**i)


def slanted(t):
    up, down = t / (T / 10), 1 - (t - T / 10) / (0.9 * T)
    return a / 32 * (1 + 31 * np.clip(np.minimum(up, down), 0, 1))


def cooled(formula, at, end=0.0, left=lambda y: 1 - y):
    return lambda t: np.where(
        t < at, formula(t), between(left(np.clip((t - at) / D, 0, 1)), formula(at), end)
    )


FORMULAS = {
    1: [lambda t: a + 0 * t],
    2: [lambda t: np.where(t < W, r * a, a)],
    3: [lambda t: a * r ** (t // S), lambda t: np.maximum(a * r ** (t // S), b)],
    4: [stairs(t1, t2, top=(a, a * r, a * r**2))],
    5: [stairs(t1, t2, top=(a, a * r, a * r * v2))],
    6: [stairs(t1, t2), stairs(t1 + 1, t2 + 1)],
    7: [
        lambda t: np.asarray([v0, v1, v2])[np.minimum(3 * t // T, 2).astype(int)],
        lambda t: a * r ** np.minimum(n * t // T, n - 1),
    ],
    8: [f, lambda t: a * f(t)],
    9: [lambda t: 2 * a / (t + 2)],
    10: [lambda t: a + (b - a) * x(t)],
    11: [lambda t: between((1 - x(t)) ** k)],
    12: [lambda t: between(1 - x(t) ** k)],
    13: [lambda t: between((1 - t / (S * np.ceil(np.maximum(t, 1) / S))) ** k)],
    14: [lambda t: between(cosine(x(t))), lambda t: between(cosine(x(t)), a, 0.1 * a)],
    15: [lambda t: between(cosine(x(t)) ** k)],
    16: [lambda t: a * (1 + np.cos(2 * np.pi * n * t / T)) / 2],
    17: [lambda t: b + (a - b) * (1 - np.sin(np.pi / 2 * x(t))) / 2],
    18: [lambda t: between((1 - x(t)) * cosine(x(t)))],
    19: [cooled(lambda t: between(cosine(x(t))), T - D)],
    20: [
        lambda t: join(t, (lambda t: a * cosine(x(t)), 0), (line(0, r * a, W), T),
                       (lambda t: r * a * cosine(x(t, T - W)), T + W))
    ],
    21: [lambda t: a * r ** (t / S), lambda t: np.maximum(a * r ** (t / S), b)],
    22: [lambda t: a * np.exp(-g * t)],
    23: [lambda t: a * (b / a) ** x(t)],
    24: [lambda t: np.maximum(b, a * 2 ** (-np.maximum(t - t1, 0) / S))],
    25: [
        lambda t: a / (1 + r * t / S),
        lambda t: a / (1 + r * (t // S)),
        lambda t: a / (1 + t / S) ** k,
    ],
    26: [lambda t: np.maximum(b, a / ((a / b - 1) * t / T + 1))],
    27: [lambda t: a * np.minimum(t / W, np.sqrt(W / np.maximum(t, 1)))],
    28: [lambda t: a / np.sqrt(np.maximum(t, W))],
    29: [
        lambda t: join(t, (line(0, a, W), 0), (lambda t: a / np.sqrt(1 + t / S), W)),
        lambda t: a / np.sqrt(1 + (t + t1) / S),
    ],
    30: [lambda t: b + (a - b) * np.sqrt(W / np.maximum(t, W))],
    31: [lambda t: np.maximum(b, a * np.minimum(1, np.sqrt(S / (t + W))))],
    32: [
        lambda t: a * 512**-0.5 * np.minimum((t + 1) ** -0.5, (t + 1) * W**-1.5),
        lambda t: a * 512**-0.5 * np.minimum(np.maximum(t, 1) ** -0.5, t * W**-1.5),
    ],
    33: [lambda t: np.minimum(a, B * 4.6 * np.maximum(t * N, 1e-9) ** -0.51)],
    34: [
        cooled(lambda t: a * np.minimum(t / W, (W / np.maximum(t, 1)) ** k), T - D),
    ],
    35: [lambda t: b + (a - b) * (1 - np.tanh(-7 + 10 * x(t))) / 2],
    36: [lambda t: a * (1 - x(t)) / (1 - (1 - r) * x(t))],
    37: [lambda t: a * np.sqrt(1 - x(t) ** 2) ** k],
    38: [lambda t: a * (1 - np.sqrt(x(t)))],
    39: [lambda t: a * (1 - x(t) ** 2)],
    40: [lambda t: a * (2 * 2 ** -x(t) - 1)],
    41: [lambda t: between(cosine(x(t) ** k))],
    42: [hyperbolic],
    43: [fractal, lambda t: between(cosine(x(t + 0.5)))],
    45: [
        lambda t: np.interp(t, [0, t1, T], [a, v1, b]),
        lambda t: np.interp(t, [0, t1, T], [a, a * r, a * r * r]),
    ],
    46: [
        lambda t: a * x(t, W),
        lambda t: a * x(t + 1, W),
        lambda t: a * x(t + 1, W + 1),
    ],
    47: [lambda t: a * x(t, W) ** k],
    48: [lambda t: a * (1 - np.cos(np.pi * x(t, W))) / 2],
    49: [lambda t: np.where(t < W, a * (1 - np.exp(-k * t / W)), a)],
    50: [lambda t: a * (1 - np.sqrt(1 - x(t, W)))],
    51: [lambda t: a * np.minimum(np.log(t + 1) / np.log(W), 1)],
    52: [lambda t: np.where(t < W, r * a, c_(t - W))],
    53: [
        lambda t: a * np.minimum(1, 0.001 / 2 * (t + 1)),
        lambda t: a * (1 - np.exp(-0.001 * (t + 1))),
    ],
    54: [rectification],
    55: [
        lambda t: np.where(t < W, c_(W) * t / W, c_(t)),
        lambda t: np.where(t < t1 + W, c_(t1 + W) * np.maximum(t - t1, 0) / W, c_(t)),
    ],
    57: [lambda t: c_(t) * np.clip((T - t) / D, 0, 1)],
    58: [
        lambda t: join(t, (line(0, a, W), 0), (lambda t: between(cosine(x(t, T - W))), W)),
        lambda t: join(t, (line(0, a, W), 0), (c_, W)),
    ],
    59: [
        lambda t: join(t, (line(0, a, W), 0), (lambda t: a + 0 * t, W),
                       (lambda t: between(1 - np.sqrt(x(t, D))), W + H))
    ],
    60: [
        lambda t: join(t, (line(r * a, a, W), 0), (lambda t: a + 0 * t, W),
                       (lambda t: a * (b / a) ** x(t, D), W + H))
    ],
    61: [
        lambda t: join(t, (line(0, a, W), 0), (lambda t: a + 0 * t, W),
                       (lambda t: 1 / line(1 / a, 1 / b, D)(t), W + H),
                       (lambda t: a + 0 * t, W + H + D),
                       (lambda t: 1 / line(1 / a, 1 / b, D)(t), W + 2 * H + D)),
        lambda t: join(t, (line(0, a, W), 0), (lambda t: a + 0 * t, W),
                       (line(a, b, D), W + H), (lambda t: r * a + 0 * t, W + H + D),
                       (line(r * a, b, D), W + 2 * H + D)),
    ],
    62: [lambda t: between(cosine(x(np.maximum(t - H, 0), D)))],
    63: [
        lambda t: join(t, (lambda t: between(cosine(x(t, W)), a / 25, a), 0),
                       (lambda t: between(cosine(x(t, T - W)), a, a / 25e4), W)),
        lambda t: join(t, (lambda t: between(cosine(x(t, 30)), a / 25, a), 0),
                       (lambda t: between(cosine(x(t, 70)), a, a / 25e4), 30)),
    ],
    64: [
        lambda t: np.interp(t, [0, W, 2 * W, 2 * W + D], [a / 25, a, a / 25, b]),
        lambda t: np.interp(t, [0, 30, 85, 100], [a / 25, a, a / 25, a / 25e4]),
    ],
    65: [
        lambda t: np.where(t < 2 * S, b + (a - b) * triangle(t),
                           b / (1 + r * np.maximum(t - 2 * S, 0) / D))
    ],
    66: [slanted],
    67: [
        lambda t: b + (a - b) * triangle(t),
        lambda t: b + (a - b) * triangle(t) * 0.5 ** (t // (2 * S)),
        lambda t: b + (a - b) * triangle(t) * (1 - g) ** t,
    ],
    68: [lambda t: b + (a - b) * np.abs(np.sin(np.pi * t / S))],
    69: [
        lambda t: b + (a - b) * r ** restarts(t)[0] * cosine(restarts(t)[1]),
        lambda t: r ** restarts(t)[0] * between(cosine(restarts(t)[1])),
    ],
    70: [lambda t: between((1 - restarts(t)[1]) ** k)],
    71: [
        lambda t: np.where(t % S < W, c_(t % S), a),
        lambda t: np.where(t % S < W, c_(t), a),
    ],
    73: [cooled(c_, t1, b)],
    74: [lambda t: np.where(t < T, c_(t), 0)],
    75: [lambda t: a * np.minimum(1, t / W) / np.sqrt(np.maximum(t, W))],
    76: [cooled(c_, t1, b, cosine)],
    82: [lambda t: b * (a / b) ** x(t), lambda t: b * (1 + r * x(t) * T / S)],
    86: [lambda t: b + (a - b) * x(t)],
    87: [lambda t: 1 - np.maximum(t, 1) ** -0.8],
    88: [lambda t: r * (1 - r**t) / (1 - r ** (t + 1))],
    89: [lambda t: np.where(t < W, t / (1 + t), r)],
    90: [
        lambda t: 5 * x(t),
        lambda t: np.exp(np.log(0.9) * np.log(0.9999)
                         / ((1 - x(t)) * np.log(0.9999) + x(t) * np.log(0.9))),
    ],
    91: [lambda t: v0 + (v1 - v0) * (c_(t) - b) / (a - b)],
    92: [lambda t: np.where(t < W, r, 1)],
    93: [
        stairs(t1, t2, top=(256, 512, 1024)),
        lambda t: c_(t) * np.sqrt(stairs(t1, t2, top=(1, 2, 4))(t)),
    ],
    97: [lambda t: np.where(t < t1, 0, c_(t - t1))],
}  # fmt: skip


@pytest.mark.parametrize("number", FORMULAS)
def test_formulas(number):
    """The expressions of a row have the values of its formula, at every count."""
    found = expressions(NUMBERED[number].cells[-1])

    assert len(FORMULAS[number]) <= len(found)
    for formula, expression in zip(FORMULAS[number], found, strict=False):
        want = formula(COUNTS.astype(np.float64))
        np.testing.assert_allclose(
            values(expression), want, rtol=1e-6, atol=1e-9, err_msg=expression
        )
