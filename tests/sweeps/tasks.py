"""Training tasks that are small enough to run hundreds of times."""

import dataclasses

import jax
import jax.numpy as jnp
import optax

import jaxsched as js


@dataclasses.dataclass(frozen=True)
class Descent:
    """Gradient descent on half the square of one number: x <- (1 - rate) x."""

    def init(self, schedule, key):
        return {"schedule": schedule, "count": 0, "x": jax.random.normal(key)}

    def step(self, state):
        x = state["x"] * (1 - state["schedule"](state["count"]))
        return {**state, "count": state["count"] + 1, "x": x}, x * x / 2


@dataclasses.dataclass(frozen=True)
class Counted(Descent):
    """Tells how often its step is traced."""

    traces: list = dataclasses.field(default_factory=list, compare=False)

    def step(self, state):
        self.traces.append(1)
        return super().step(state)


@dataclasses.dataclass(frozen=True)
class Regression:
    """Adam on noisy minibatches of a linear map, from weights that the key draws."""

    def init(self, schedule, key):
        start, noise = jax.random.split(key)
        params = jax.random.normal(start, (6, 2))
        return params, self._optimizer(schedule).init(params), noise

    def step(self, state):
        params, opt_state, key = state
        key, draw = jax.random.split(key)
        loss, grads = jax.value_and_grad(self._loss)(params, draw)
        updates, opt_state = self._optimizer(0.0).update(grads, opt_state, params)
        rate = js.hyperparams(opt_state)["learning_rate"]
        state = optax.apply_updates(params, updates), opt_state, key
        return state, {"loss": loss, "rate": rate}

    def evaluate(self, state):
        return {"error": jnp.sum((state[0] - 1) ** 2)}

    def _loss(self, params, key):
        x = jax.random.normal(key, (4, 6))
        return jnp.mean((x @ params - x @ jnp.ones((6, 2))) ** 2)

    def _optimizer(self, schedule):
        return js.scheduled(optax.adam, learning_rate=schedule)


def by_hand(task, schedule, key, num_steps):
    """The training that a sweep should be: the curves, and the state at the end."""

    def step(state, _):
        state, metrics = task.step(state)
        return state, metrics

    state, curves = jax.lax.scan(step, task.init(schedule, key), length=num_steps)
    return curves, state
