"""A controller's factor after each metric, in a scan and without."""

import jax
import numpy as np

import jaxsched as js

NUM_METRICS = 60


@jax.jit
def trace(controller, metrics):
    """The factor after each metric, in one compiled scan."""

    def step(state, value):
        state = controller.update(state, value=value)
        return state, controller(state)

    return jax.lax.scan(step, controller.init(), metrics)[1]


many = jax.jit(jax.vmap(trace))
same_metrics = jax.jit(jax.vmap(trace, in_axes=(0, None)))


def scales(metrics, **numbers):
    """The factor after each of a list of metrics, without a scan."""
    controller = js.ReduceOnPlateau(**numbers)
    state, found = controller.init(), []
    for value in metrics:
        state = controller.update(state, value=value)
        found.append(float(controller(state)))
    return found


def random_settings(rng, num, **fixed):
    """Float32 numbers, so that the oracle sees what the controller holds."""
    draws = {
        "factor": rng.uniform(0.3, 0.95, num).astype(np.float32),
        "patience": rng.integers(0, 6, num).astype(np.int32),
        "rtol": rng.choice([0, 1e-4, 1e-2, 0.2], num).astype(np.float32),
        "atol": rng.choice([0, 1e-3, 0.1], num).astype(np.float32),
        "cooldown": rng.integers(0, 5, num).astype(np.int32),
        "min_scale": rng.choice([0, 1e-3, 0.2], num).astype(np.float32),
        "min_cut": rng.choice([0, 0.0123], num).astype(np.float32),
        "warmup_steps": rng.integers(0, 20, num).astype(np.int32),
    }
    return {**draws, **fixed}


def row(numbers, i):
    return {name: values[i].item() for name, values in numbers.items()}
