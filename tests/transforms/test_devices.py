"""A state that lies on two devices is edited there."""

import os
import pathlib
import subprocess
import sys

SCRIPT = """
import jax, jax.numpy as jnp, numpy as np, optax
from jax.sharding import NamedSharding, PartitionSpec as P
import jaxsched as js
from tests.transforms.helpers import EDITS, LINE, PLATEAU, signature

ONES = {"x": jnp.ones(3)}
MESH = jax.sharding.Mesh(np.asarray(jax.devices()), ("data",))
optimizer = optax.MultiSteps(js.scheduled(optax.sgd, learning_rate=LINE * PLATEAU), 2)
batch = jax.device_put(jnp.ones(4), NamedSharding(MESH, P("data")))
assert len(jax.devices()) == 2


def shard(step, *specs):
    # Its default checks are those of what is the same on all devices.
    return jax.jit(jax.shard_map(step, mesh=MESH, in_specs=(P(), *specs), out_specs=P()))


def mean(batch):
    return jax.lax.pmean(batch.mean(), "data")


@lambda step: shard(step, P("data"))
def step(state, batch):
    return optimizer.update({"x": mean(batch) * ONES["x"]}, state, ONES)[1]


def twice(state):  # one update of two micro-batches
    return step(step(state, batch), batch)


def places(state):
    return [leaf.sharding for leaf in jax.tree.leaves(state)]


state = twice(jax.device_put(optimizer.init(ONES), NamedSharding(MESH, P())))
compiled = step._cache_size()
for edit, expected in EDITS.values():
    edited = edit(state)
    assert signature(edited) == signature(state)
    assert places(edited) == places(state)
    used = js.hyperparams(twice(edited))["learning_rate"]
    np.testing.assert_allclose(used, expected, rtol=1e-6)
assert step._cache_size() == compiled


@lambda step: shard(step, P("data"), P())
def edited_inside(state, batch, factor):
    state = js.seek(js.scale(state, learning_rate=factor), 3)
    for _ in range(2):
        state = js.observe(state, value=mean(batch))
    for _ in range(2):
        state = optimizer.update(ONES, state, ONES)[1]
    return state


used = js.hyperparams(edited_inside(state, batch, 0.5))["learning_rate"]
np.testing.assert_allclose(used, 0.5 * 0.7 * 0.5, rtol=1e-6)

# One lane on each device.
lanes = jax.vmap(lambda rate: js.scheduled(optax.sgd, learning_rate=rate).init(ONES))(
    js.stack([0.25, 0.5])
)
lanes = jax.device_put(lanes, NamedSharding(MESH, P("data")))
for edited in (js.override(lanes, learning_rate=[1.0, 2.0]), js.seek(lanes, [1, 2])):
    assert places(edited) == places(lanes)
print("edited")
"""


def test_edits_on_two_devices():
    """Under `shard_map` and outside it: nothing moves, nothing is compiled again."""
    flags = "--xla_force_host_platform_device_count=2"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.stdout.strip() == "edited", done.stderr
