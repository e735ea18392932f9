"""Optax's adaptive methods, each with the schedules that it is trained under.

The problem is a small logistic regression. What a training leaves above its optimum,
over eight seeds, are the numbers that docs/adaptive-methods.md states.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

import jaxsched as js

from .helpers import Traced

SHORT, LONG, WARM, SEEDS = 400, 2_000, 40, 8
# Much is compiled here, and little run.
QUICKLY = {"compiler_options": {"xla_backend_optimization_level": 0}}


# The problem: minibatches of 16 out of 256 points in ten dimensions.


def _draw():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(256, 10)) * np.geomspace(1, 0.3, 10)
    odds = inputs @ (2 * rng.normal(size=10))
    return inputs, (rng.uniform(size=256) < 1 / (1 + np.exp(-odds))) * 1.0


def _optimum():
    """The least loss there is, by Newton's method in double precision."""
    inputs, labels = _draw()
    inputs = np.c_[inputs, np.ones(256)]
    w = np.zeros(11)
    for _ in range(30):
        p = 1 / (1 + np.exp(-inputs @ w))
        hessian = (inputs.T * (p * (1 - p))) @ inputs
        w -= np.linalg.solve(hessian, inputs.T @ (p - labels))
    return np.mean(np.logaddexp(0, inputs @ w) - labels * (inputs @ w))


INPUTS, LABELS = (jnp.asarray(a, jnp.float32) for a in _draw())
START = {"w": jnp.full(10, 0.1), "b": jnp.zeros(())}


def loss(params, rows=slice(None)):
    logits = INPUTS[rows] @ params["w"] + params["b"]
    return jnp.mean(jnp.logaddexp(0, logits) - LABELS[rows] * logits)


@jax.jit
@jax.vmap
def _losses(params):
    return loss(params)


def above_optimum(params):
    """For parameters of many, one a row."""
    return np.asarray(_losses(params), np.float64) - _optimum()


# Schedules: shapes by their peak.


def cosine(peak, start=1e-3):
    return js.warmup_cosine_decay_schedule(start * peak, peak, WARM, SHORT)


def line(peak, num=SHORT):
    return js.linear_schedule(peak, 0.0, num)


def warmup(peak):
    return js.warmup_constant_schedule(0.0, peak, WARM)


def held(peak, num=SHORT):
    """Constant, then down to zero over the last fifth."""
    lengths = {"stable_steps": num * 4 // 5, "decay_steps": num // 5}
    return js.warmup_stable_decay_schedule(peak, peak, warmup_steps=0, **lengths)


# The methods.


def schedule_free_adam(learning_rate):
    return contrib.schedule_free(optax.adam(learning_rate, b1=0.0), learning_rate)


def mechanic(learning_rate):
    return contrib.mechanize(optax.sgd(learning_rate))


def plateau(learning_rate):
    cut = contrib.reduce_on_plateau(factor=0.5, patience=2, accumulation_size=50)
    return optax.chain(optax.sgd(learning_rate), cut)


def averaged(state, params):
    """The parameters that schedule-free is judged by."""
    inner = state.inner_state if isinstance(state, js.ScheduledState) else state
    return contrib.schedule_free_eval_params(inner, params)


class Method(NamedTuple):
    """What of a method follows a schedule, and which ones it is trained under.

    Attributes:
        factory: makes it.
        recipe: the schedule that it should have, by its peak.
        peak: of the recipe.
        others: schedules that it is compared under.
        name: of what follows the schedule.
        num_steps: of a training.
        evaluated: the parameters to judge, of a state and the parameters.
    """

    factory: Callable[..., Any]
    recipe: Callable[[float], Any]
    peak: float
    others: dict[str, Any] = {}  # noqa: RUF012 - never changed
    name: str = "learning_rate"
    num_steps: int = SHORT
    evaluated: Callable[[Any, Any], Any] = lambda state, params: params

    @property
    def lanes(self):
        return {
            "recipe": self.recipe(self.peak),
            "half": self.recipe(self.peak / 2),
            "constant": js.Constant(self.peak),
            **self.others,
        }

    def under(self, value):
        """The optimizer under a schedule."""
        return js.scheduled(self.factory, **{self.name: value})

    def plain(self, value):
        """The same without this library."""
        return optax.with_extra_args_support(self.factory(**{self.name: value}))


ESTIMATING = {"from zero": cosine(1.0, start=0.0), "tiny": cosine(1e-3)}
METHODS = {
    "dadapt_adamw": Method(contrib.dadapt_adamw, cosine, 1.0, ESTIMATING),
    "prodigy": Method(contrib.prodigy, cosine, 1.0, ESTIMATING),
    "schedule_free_sgd": Method(
        contrib.schedule_free_sgd,
        warmup,
        1.0,
        {f"warmup to {p}": warmup(p) for p in (3, 10)}
        | {f"decay from {p}": line(float(p), LONG) for p in (1, 3, 10)},
        num_steps=LONG,
        evaluated=averaged,
    ),
    "schedule_free_adam": Method(schedule_free_adam, warmup, 0.1, evaluated=averaged),
    "dog": Method(
        contrib.dog,
        functools.partial(held, num=LONG),
        1.0,
        {"short decay": line(1.0), "short cosine": cosine(1.0), "decay": line(1.0, LONG)},
        num_steps=LONG,
    ),
    "dowg": Method(
        contrib.dowg, held, 1.0, {"decay": line(1.0), "double": js.Constant(2.0)}
    ),
    "mechanic": Method(mechanic, cosine, 1.0, {"tiny": cosine(1e-3)}),
    "momo": Method(contrib.momo, cosine, 10.0),
    "momo_adam": Method(contrib.momo_adam, cosine, 1.0),
    "cocob": Method(contrib.cocob, line, 1e-2, name="weight_decay"),
    "polyak": Method(optax.polyak_sgd, cosine, 10.0, name="max_learning_rate"),
    "plateau": Method(plateau, warmup, 3.0),
}


KEYS = jax.random.split(jax.random.key(0), SEEDS)


@jax.jit
def batch_gradient(params, key):
    return jax.value_and_grad(loss)(params, jax.random.randint(key, (16,), 0, 256))


def train(method, optimizer, key):
    """The parameters to judge and the values in use, after each update."""

    def step(carry, key):
        params, state = carry
        value, grads = batch_gradient(params, key)
        updates, state = optimizer.update(grads, state, params, value=value)
        params = optax.apply_updates(params, updates)
        seen = method.evaluated(state, params), js.hyperparams(state)[method.name]
        return (params, state), seen

    keys = jax.random.split(key, method.num_steps)
    return jax.lax.scan(step, (START, optimizer.init(START)), keys)[1]


def follow(optimizer, num_steps, params=START, **told):
    """A training step by step: parameters, gradients, new parameters, state of each."""
    optimizer = optax.with_extra_args_support(optimizer)

    @functools.partial(jax.jit, **QUICKLY)
    def step(params, state, grads, value):
        updates, state = optimizer.update(grads, state, params, value=value)
        return optax.apply_updates(params, updates), state

    state, seen = optimizer.init(params), []
    for key in jax.random.split(KEYS[0], num_steps):
        value, grads = batch_gradient(params, key)
        before = params
        params, state = step(params, state, grads, told.get("value", value))
        seen.append((before, grads, params, state))
    return seen


@functools.cache
def program(name):
    """The training of a method, batched over schedules and seeds, compiled once."""
    method = METHODS[name]

    def one(schedule, key):
        return train(method, method.under(schedule), key)

    return Traced(jax.vmap(jax.vmap(one, (None, 0)), (0, None)), **QUICKLY)


@functools.cache
def measured(name):
    """By lane: parameters of each seed after each update, and values at each count."""
    lanes = METHODS[name].lanes
    params, values = program(name)(js.stack(list(lanes.values())), KEYS)
    return {
        lane: (jax.tree.map(lambda p, i=i: np.asarray(p[i]), params), values[i, 0])
        for i, lane in enumerate(lanes)
    }


def left(name, lane, at=None):
    """What a training leaves above the optimum, seed by seed."""
    params, _ = measured(name)[lane]
    after = METHODS[name].num_steps if at is None else at
    return above_optimum({k: p[:, after - 1] for k, p in params.items()})
