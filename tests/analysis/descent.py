"""Gradient descent in one dimension, whose edge of divergence is known."""

import dataclasses

import jax
import jax.numpy as jnp


@dataclasses.dataclass(frozen=True)
class Descent:
    """x <- (1 - rate h) x with a curvature h that the seed draws from 1 to 2."""

    lowest: float = 0.0

    def init(self, schedule, key):
        return schedule, 0, jnp.float32(1.0), 1 + jax.random.uniform(key)

    def step(self, state):
        schedule, count, x, h = state
        state = schedule, count + 1, x - schedule(count) * h * x, h
        loss = x * x + self.lowest
        return state, {"loss": loss, "curvature": h, "rate": schedule(count)}

    def evaluate(self, state):
        return {"distance": jnp.abs(state[2])}
