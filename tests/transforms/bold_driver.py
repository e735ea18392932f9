"""The bold driver method, as one would write it without JAX, and problems for it."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js


def bold_driver(problem, x, direction, *, rate, num, plan=lambda t: 1, patience=5):
    """Parameters whose error is asked for, rates, and the number of rejections."""
    memory, best, count, rejected, row = direction(None, None, None), math.inf, 0, 0, 0
    points, rates, accepted = [], [], None
    for _ in range(num):
        points.append(x)
        error, g = problem(x)
        if math.isfinite(error) and error < best:
            best, rate, row = error, rate * 1.2, 0
        else:
            rejected, rate, row = rejected + 1, rate * 0.5, row + 1
            x, g, memory, count = accepted
            memory = direction(None, None, None) if row > patience else memory
        accepted = x, g, memory, count
        memory, d = direction(memory, g, x)
        rates.append(plan(count) * rate)
        x = x - rates[-1] * d
        count += 1
    return np.asarray(points), np.asarray(rates), rejected


def momentum(memory, g, x):
    if g is None:
        return 0.0
    memory = g + 0.9 * memory
    return memory, memory


def decay(memory, g, x):
    return () if g is None else ((), g + 0.01 * x)


def adam(memory, g, x):
    if g is None:
        return 0.0, 0.0, 0
    m, v, t = memory
    m, v, t = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g, t + 1
    return (m, v, t), m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


SCALES = np.asarray([1.0, 0.3, 0.05])


def valley(x):
    """Ill-conditioned, and not quadratic."""
    return np.sum(SCALES * np.cosh(x)) - 1, SCALES * np.sinh(x)


def cliff(x):
    """NaN beyond 1: a step that is too long has no error at all."""
    with np.errstate(invalid="ignore"):
        error = np.sum(-np.sqrt(1 - x * x) - 0.8 * x)
        return error, x / np.sqrt(1 - x * x) - 0.8


def as_jax(problem):
    def error(x):
        if problem is valley:
            return jnp.sum(SCALES * jnp.cosh(x)) - 1
        return jnp.sum(-jnp.sqrt(1 - x * x) - 0.8 * x)

    return jax.value_and_grad(error)


def trained(optimizer, problem, x, num):
    """Parameters whose error is asked for, rates, and the last state, of one scan."""

    def step(carry, _):
        x, state = carry
        value, grads = problem(x)
        updates, state = optimizer.update(grads, state, x, value=value)
        rate = js.hyperparams(state)["learning_rate"]
        return (optax.apply_updates(x, updates), state), (x, rate)

    (_, state), found = jax.lax.scan(step, (x, optimizer.init(x)), length=num)
    return *found, state


# One rejection, to look at closely.

ONES = {"x": jnp.ones(2)}


def pair(optimizer, *, edit=lambda state: state, values=(1.0, 2.0), grads=(ONES, ONES)):
    """The updates of an accepted step and of one more, from zero, and the last state."""
    params = jax.tree.map(jnp.zeros_like, ONES)
    update = jax.jit(optimizer.update)
    first, state = update(grads[0], optimizer.init(params), params, value=values[0])
    params = optax.apply_updates(params, first)
    second, state = update(grads[1], edit(state), params, value=values[1])
    return float(first["x"][0]), float(second["x"][0]), state


def halved():
    return js.BoldDriver(increase=1.0)


def bold():
    return js.scheduled(optax.sgd, learning_rate=halved())
