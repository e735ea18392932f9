"""What users trip over, 12 to 14 and 25: rates that are fed a metric."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

ONES = {"x": jnp.ones(3)}


def scales(controller, metrics):
    state, seen = controller.init(), []
    for value in metrics:
        state = controller.update(state, value=value)
        seen.append(float(controller(state)))
    return seen


def test_12_negative_metrics():
    """-1 is as flat as +1; what gets worse is never the best; min and max are mirrors."""
    plateau = js.ReduceOnPlateau(patience=2, factor=0.1)
    assert scales(plateau, [-1.0] * 8) == scales(plateau, [1.0] * 8)
    np.testing.assert_allclose(scales(plateau, [-1.0] * 8)[-1], 0.01, rtol=1e-6)
    state = plateau.init()
    for i in range(6):
        state = plateau.update(state, value=-5.0 + 3e-4 * i)
    assert float(state.best_value) == -5.0
    rng = np.random.default_rng(0)
    for values in rng.normal(size=(20, 30)):
        mirrored = js.ReduceOnPlateau(patience=2, factor=0.1, mode="max")
        assert scales(plateau, values) == scales(mirrored, -values)


def test_13_short_floats():
    """bfloat16 parameters do not make the metric coarse: it improves every time."""
    rate = 0.1 * js.ReduceOnPlateau(patience=0, factor=0.5, rtol=1e-4)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    params = {"x": jnp.ones(3, jnp.bfloat16)}
    state = optimizer.init(params)
    for value in (1.000, 0.999, 0.998, 0.997, 0.996, 0.995, 0.994):
        _, state = optimizer.update(params, state, params, value=value)

    np.testing.assert_allclose(js.next_hyperparams(state)["learning_rate"], 0.1, rtol=1e-6)


def test_13_accumulation():
    """Told between updates, the controller sees what it is told: the mean."""
    rate = js.ReduceOnPlateau(patience=0, factor=0.5)
    optimizer = optax.MultiSteps(js.scheduled(optax.sgd, learning_rate=rate), 2)
    state, seen = optimizer.init(ONES), []
    for value in (1.0, 100.0, 1.0, 100.0):
        _, state = optimizer.update(ONES, state, ONES)
        seen.append(value)
        if len(seen) == 2:
            state = js.observe(state, value=np.mean(seen))
            seen.clear()

    controller = state.inner_opt_state.controllers[0]
    assert float(controller.best_value) == 50.5
    assert int(controller.num_bad) == 0  # 50.5 again is bad once: the cut has been made
    assert float(js.next_hyperparams(state)["learning_rate"]) == 0.5


def test_13_without_metric_and_vmapped():
    """No metric is no observation; two factors run side by side."""
    plateau = js.ReduceOnPlateau(patience=0)
    assert float(plateau(plateau.update(plateau.init()))) == 1.0

    def last(factor):
        controller = js.ReduceOnPlateau(factor=factor, patience=0)
        state = controller.init()
        for _ in range(3):
            state = controller.update(state, value=1.0)
        return controller(state)

    np.testing.assert_allclose(
        jax.vmap(last)(jnp.asarray([0.1, 0.5])), [0.01, 0.25], rtol=1e-6
    )


def test_14_warmup_then_plateau():
    """The warmup is not cut; then patience starts; saved and restored in the middle."""
    warm = js.linear_schedule(0.2, 1.0, 4)
    rate = warm * js.ReduceOnPlateau(patience=1, factor=0.5, warmup_steps=5)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)

    def used(state, num):
        def step(state, _):
            _, state = optimizer.update(ONES, state, ONES, value=1.0)
            return state, js.hyperparams(state)["learning_rate"]

        return jax.jit(lambda s: jax.lax.scan(step, s, length=num))(state)

    _, whole = used(optimizer.init(ONES), 14)
    np.testing.assert_allclose(whole[:5], [0.2, 0.4, 0.6, 0.8, 1.0], rtol=1e-6)
    np.testing.assert_allclose(whole[5:8], 1.0, rtol=1e-6)
    # After the warmup: the best, two bad ones, a cut.
    np.testing.assert_allclose(whole[8:], [0.5, 0.5, 0.25, 0.25, 0.125, 0.125], rtol=1e-6)

    state, first = used(optimizer.init(ONES), 7)
    restored = js.from_checkpoint(js.to_checkpoint(state), optimizer.init(ONES))
    _, second = used(restored, 7)
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)


TWO_DEVICES = """
import jax, jax.numpy as jnp, numpy as np, optax, jaxsched as js
from jax.sharding import PartitionSpec as P
rate = js.linear_schedule(1.0, 0.5, 10) * js.ReduceOnPlateau(patience=0, factor=0.5)
optimizer = optax.MultiSteps(js.scheduled(optax.sgd, learning_rate=rate), 2)
params = {"x": jnp.ones(3)}

def step(params, state, batch):
    grads = jax.tree.map(lambda x: x * jnp.mean(batch), params)
    grads = jax.lax.pmean(grads, "data")
    value = jax.lax.pmean(jnp.mean(batch), "data")
    updates, state = optimizer.update(grads, state, params, value=value)
    return optax.apply_updates(params, updates), state

def rates(num_devices):
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:num_devices]), ("data",))
    sharded = jax.jit(jax.shard_map(
        step, mesh=mesh, in_specs=(P(), P(), P("data")), out_specs=(P(), P())))
    carry, used = (params, optimizer.init(params)), []
    for i in range(8):
        carry = sharded(*carry, jnp.full(4, 0.1 + i // 4))
        used.append(float(js.hyperparams(carry[1])["learning_rate"]))
    assert all(x.is_fully_replicated for x in jax.tree.leaves(carry))
    return used

one, two = rates(1), rates(2)
assert one == two, (one, two)
print(two)
"""


@pytest.mark.parametrize("num_devices", [2])
def test_25_two_devices(num_devices):
    """`shard_map` with its default checks: replicated, and the rates of one device."""
    flags = f"--xla_force_host_platform_device_count={num_devices}"
    environ = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", TWO_DEVICES],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    used = [float(x) for x in done.stdout.strip(" []\n").split(",")]
    np.testing.assert_allclose(used[1::2], [1.0, 0.95, 0.45, 0.2125], rtol=1e-6)
