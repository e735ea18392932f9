"""Populations to train, and whether what they lived through can be run again."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from jaxsched import sweeps

from .helpers import KEY, RATES
from .tasks import Regression

NUM_STEPS, INTERVAL = 40, 8
LINES = [js.linear_schedule(rate, 0.0, NUM_STEPS) for rate in (*RATES, 1e30)]


def evolve(task=Regression(), schedules=LINES, **options):
    options = {
        **{"num_steps": NUM_STEPS, "interval_steps": INTERVAL, "key": KEY},
        **{"metric": "error", "quantile": 0.4, "num_seeds": 2, "progress": False},
        **options,
    }
    return sweeps.evolve(task, schedules, **options)


@dataclasses.dataclass(frozen=True)
class Noisy:
    """A bowl with noise in its gradient: the best rate is high, and low later."""

    def init(self, schedule, key):
        x = 10 * jnp.ones(64)
        return x, self._sgd(schedule).init(x), key

    def step(self, state):
        x, opt_state, key = state
        key, draw = jax.random.split(key)
        grads = x + jax.random.normal(draw, x.shape)
        updates, opt_state = self._sgd(0.0).update(grads, opt_state, x)
        return (x + updates, opt_state, key), {"loss": jnp.mean(x * x)}

    def _sgd(self, schedule):
        return js.scheduled(optax.sgd, learning_rate=schedule)


@dataclasses.dataclass(frozen=True)
class Roundabout(Regression):
    """It trains with half of its schedule, and every third step makes an update.

    So a round ends in the middle of one.
    """

    def _optimizer(self, schedule):
        half = js.Constant(0.5) * schedule
        return optax.MultiSteps(js.scheduled(optax.adam, learning_rate=half), 3)


@dataclasses.dataclass(frozen=True)
class Planned(Regression):
    """Rate and momentum from one plan."""

    def _optimizer(self, plan):
        plan = {"learning_rate": 0.0, "b1": 0.0} if isinstance(plan, float) else plan
        return js.scheduled(optax.adam, **plan)


@dataclasses.dataclass(frozen=True)
class TwoClocks(Regression):
    """Two optimizers, one of which counts every second step."""

    def _optimizer(self, schedule):
        sgd = js.scheduled(optax.sgd, learning_rate=schedule)
        return optax.chain(optax.MultiSteps(sgd, 2), js.scheduled(optax.trace, decay=0.5))


class Forgetful:
    """It keeps the first value only."""

    def init(self, schedule, key):
        return {"rate": schedule(0), "x": jax.random.normal(key)}

    def step(self, state):
        x = state["x"] * (1 - state["rate"])
        return {**state, "x": x}, x * x


def replay(task, found):
    """Each lineage from the start with its table, at all seeds."""
    num, num_seeds = found.rounds[0].parents.shape
    tables = [found.schedule(m, j) for m in range(num) for j in range(num_seeds)]
    options = {"num_steps": found.result.num_steps, "chunk_steps": INTERVAL}
    return sweeps.run(task, tables, key=KEY, num_seeds=num_seeds, progress=False, **options)


def check_replay(task, found):
    """The same curves and evaluations, member by member and seed by seed."""
    shape = found.rounds[0].parents.shape
    num_seeds = shape[1]
    assert any((r.parents != r.members).any() for r in found.rounds)
    again, at = replay(task, found), np.arange(num_seeds)
    for kind in ("curves", "evaluations"):
        for name, expected in getattr(found.result, kind).items():
            table = getattr(again, kind)[name].reshape(*shape, num_seeds, -1)[:, at, at]
            np.testing.assert_allclose(table, expected, rtol=1e-5, atol=0)
