"""A small problem to train on, and a counter of traces."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js


class Traced:
    """A function that counts how often it is traced."""

    def __init__(self, function, **jit_options):
        self.count = 0
        self.function = function
        functools.update_wrapper(self, function)
        self.jitted = jax.jit(self._counting, **jit_options)

    def _counting(self, *args):
        self.count += 1
        return self.function(*args)

    def __call__(self, *args):
        return self.jitted(*args)


def start(dtype=jnp.float32):
    """Parameters that no optimizer leaves where they are."""
    rng = np.random.default_rng(0)
    return {
        "w": jnp.asarray(rng.normal(size=(5, 3)), dtype),
        "b": jnp.asarray(rng.normal(size=3), dtype),
    }


def loss(params):
    """Smooth, not quadratic, with a matrix product."""
    data = jnp.asarray(np.random.default_rng(1).normal(size=(8, 5)), params["w"].dtype)
    out = jnp.tanh(data @ params["w"] + params["b"])
    return jnp.mean((out - 0.3) ** 2)


def train(optimizer, params, state, num_steps):
    """Updates in one scan: parameters and state at the end."""

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        return (optax.apply_updates(params, updates), state), None

    return jax.lax.scan(step, (params, state), length=num_steps)[0]


def run(optimizer, num_steps, params=None):
    """Parameters after a training from the start, compiled as a whole."""
    params = start() if params is None else params
    state = optimizer.init(params)
    return jax.jit(lambda p, s: train(optimizer, p, s, num_steps))(params, state)[0]


def adam(rate, **others):
    return js.scheduled(optax.adam, learning_rate=rate, **others)


def after(optimizer, num_steps, params=None, state=None, **extra_args):
    """Parameters and state after some updates."""
    params = start() if params is None else params
    state = optimizer.init(params) if state is None else state

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(
            jax.grad(loss)(params), state, params, **extra_args
        )
        return optax.apply_updates(params, updates), state

    for _ in range(num_steps):
        params, state = step(params, state)
    return params, state


def assert_same(got, expected):
    """Bit for bit, leaf for leaf."""

    def bits(leaf):
        is_key = jnp.issubdtype(jnp.asarray(leaf).dtype, jax.dtypes.prng_key)
        return jax.random.key_data(leaf) if is_key else leaf

    jax.tree.map(
        lambda a, b: np.testing.assert_array_equal(bits(a), bits(b), strict=True),
        got,
        expected,
    )


def assert_close(got, expected, rtol=1e-6):
    """Each leaf relative to its largest number: rounding does not follow zeros."""

    def check(a, b):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        assert np.all(np.abs(a - b) <= rtol * np.abs(b).max())

    jax.tree.map(check, got, expected)


# What a state of SGD down `LINE * PLATEAU` is asked to do after its first update, and the
# rate that it has to use next.

LINE = js.linear_schedule(1.0, 0.0, 10)
PLATEAU = js.ReduceOnPlateau(factor=0.5, patience=0)
EDITS = {
    "override": (lambda state: js.override(state, learning_rate=0.25), 0.25),
    "scale": (lambda state: js.scale(state, learning_rate=0.5), 0.45),
    "clear": (lambda state: js.clear_override(js.override(state, learning_rate=0)), 0.9),
    "seek": (lambda state: js.seek(state, 5), 0.5),
    "observe": (lambda state: js.observe(js.observe(state, value=1.0), value=1.0), 0.45),
    "replace": (
        lambda state: js.replace_schedules(
            state, learning_rate=js.linear_schedule(2.0, 0.0, 10) * PLATEAU
        ),
        1.8,
    ),
}


def signature(state):
    """All that a compiled step asks of its arguments."""
    leaves, structure = jax.tree.flatten(state)
    return structure, [(leaf.shape, leaf.dtype, leaf.weak_type) for leaf in leaves]
