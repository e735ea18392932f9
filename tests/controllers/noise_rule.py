"""The gradient noise scale in NumPy, from its formulas; settings and norms."""

import jax
import jax.numpy as jnp
import numpy as np

SIZES = {"small_batch_size": 32, "big_batch_size": 256}
NUMBERS = {
    "small_batch_size": 8.0,
    "big_batch_size": 64.0,
    "batch_size": 16.0,
    "decay": 0.9,
    "max_noise_scale": 500.0,
}


def formula(
    small,
    big,
    *,
    small_batch_size,
    big_batch_size,
    batch_size=None,
    decay=0.99,
    max_noise_scale=1e9,
):
    """Estimates and factors after each pair of squared norms, as the paper has them."""
    found = []
    for num in range(1, len(small) + 1):
        weights = decay ** np.arange(num)[::-1]
        s, b = np.asarray(small[:num], np.float64), np.asarray(big[:num], np.float64)
        squares = (big_batch_size * b - small_batch_size * s) / (
            big_batch_size - small_batch_size
        )
        traces = (s - b) / (1 / small_batch_size - 1 / big_batch_size)
        square, trace = (np.average(x, weights=weights) for x in (squares, traces))
        scale = 0.0
        if trace > 0:
            scale = max_noise_scale if square <= 0 else trace / square
        scale = min(scale, max_noise_scale)
        size = big_batch_size if batch_size is None else batch_size
        found.append((scale, 1 / (1 + scale / size)))
    return np.asarray(found)


@jax.jit
def estimates(controller, small, big):
    """The estimate and the factor after each pair of squared norms, in a scan."""

    def step(state, norms):
        small, big = norms
        state = controller.update(state, small_sq_norm=small, big_sq_norm=big)
        return state, (controller.noise_scale(state), controller(state))

    return jnp.stack(jax.lax.scan(step, controller.init(), (small, big))[1], axis=-1)


def random_norms(rng, *shape):
    """Of a noise that is often larger than the gradient."""
    big = rng.gamma(2, 1, shape)
    small = big + rng.normal(2, 3, shape)
    return np.abs(small).astype(np.float32), big.astype(np.float32)


def random_settings(rng, num):
    few = rng.uniform(1, 50, num)
    draws = {
        "small_batch_size": few,
        "big_batch_size": few * rng.uniform(1.5, 20, num),
        "batch_size": rng.uniform(1, 500, num),
        "decay": rng.uniform(0, 0.99, num),
        "max_noise_scale": np.exp(rng.normal(4, 2, num)),
    }
    return {k: v.astype(np.float32) for k, v in draws.items()}
