"""Hypergradient descent in NumPy, written from the paper, and a problem to run it on."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js

MATRIX = np.random.default_rng(0).normal(size=(12, 6))
TARGET = np.random.default_rng(1).normal(size=12)
START = np.random.default_rng(2).normal(size=6)


# The algorithms, as published, on a smooth problem.


def gradient_of(x):
    return MATRIX.T @ np.tanh(MATRIX @ x - TARGET) / 12


def plain_direction():
    return lambda g, x: g


def momentum_direction(decay=0.9):
    trace = 0.0

    def direction(g, x):
        nonlocal trace
        trace = g + decay * trace
        return trace

    return direction


def adam_direction(b1=0.9, b2=0.999, eps=1e-8, weight_decay=0.0):
    m, v, t = 0.0, 0.0, 0

    def direction(g, x):
        nonlocal m, v, t
        m, v, t = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g, t + 1
        m_hat, v_hat = m / (1 - b1**t), v / (1 - b2**t)
        return m_hat / (np.sqrt(v_hat) + eps) + weight_decay * x

    return direction


def descent(
    direction, *, init_value, gain, num, form="additive", bounds=(0, math.inf), plan=None
):
    """Rates and parameters by the additive or the multiplicative rule.

    On a plan s(t) the step is s(t) a d, whose derivative by a is s(t) d.
    """
    x, a, previous = START, init_value, np.zeros(6)
    rates, points = [], []
    for t in range(num):
        g = gradient_of(x)
        slope = g @ previous
        if form == "additive":
            a = a + gain * slope
        elif slope:
            a = a * (1 + gain * slope / np.linalg.norm(g) / np.linalg.norm(previous))
        a = min(max(a, bounds[0]), bounds[1])
        s = 1.0 if plan is None else plan(t)
        previous = s * direction(g, x)
        x = x - a * previous
        rates.append(s * a)
        points.append(x)
    return np.asarray(rates), np.asarray(points)


# The same through an optimizer.


def gradient(x):
    matrix, target = jnp.asarray(MATRIX, x.dtype), jnp.asarray(TARGET, x.dtype)
    return matrix.T @ jnp.tanh(matrix @ x - target) / 12


def trained(factory, rate, num, *, dtype=None, gradient=gradient, start=START):
    """Rates and parameters after each step, in one scan, as a tree of two leaves."""
    optimizer = js.scheduled(factory, learning_rate=rate)
    x = jnp.asarray(start, dtype)
    params = {"a": x[:2], "b": x[2:]}

    def step(carry, _):
        params, state = carry
        g = gradient(jnp.concatenate([params["a"], params["b"]]))
        updates, state = optimizer.update({"a": g[:2], "b": g[2:]}, state, params)
        params = optax.apply_updates(params, updates)
        point = jnp.concatenate([params["a"], params["b"]])
        return (params, state), (js.hyperparams(state)["learning_rate"], point)

    return jax.lax.scan(step, (params, optimizer.init(params)), length=num)[1]
