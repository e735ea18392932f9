"""A state that is spread over devices and hosts is restored there."""

import os
import pathlib
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
HOSTS = pathlib.Path(__file__).with_name("checkpoint_hosts.py")
SCRIPT = """
import sys, jax, jax.numpy as jnp, optax, jaxsched as js
from tests.transforms import checkpoint_hosts as hosts

assert len(jax.devices()) == 2
hosts.main(sys.argv[1])
optimizer = hosts.build(js.linear_schedule(1.0, 0.0, 4))
params, state = hosts.start_of(optimizer)

def update(state):
    return optimizer.update(params, state, params, value=1.0)[1]

step = jax.jit(update, donate_argnums=0)
saved = jax.tree.map(jnp.copy, js.to_checkpoint(step(state)))
for _ in range(2):  # a step may take it for its own, without being compiled again
    step(js.from_checkpoint(saved, hosts.start_of(optimizer)[1]))
assert step._cache_size() == 1
alone = optimizer.init({"w": jnp.ones((4, 2)), "b": jnp.ones(3)})
assert not any(x.committed for x in jax.tree.leaves(js.from_checkpoint(saved, alone)))
print("and on one")
"""


def launch(*arguments, devices=1):
    flags = f"--xla_force_host_platform_device_count={devices}"
    return subprocess.Popen(
        [sys.executable, "-W", "error", *arguments],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": "."},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_devices(tmp_path):
    """Each leaf where the fresh one is: on both, one, or free; and to be donated."""
    out, error = launch("-c", SCRIPT, str(tmp_path / "x"), devices=2).communicate(
        timeout=120
    )

    assert out.split("\n") == ["restored", "and on one", ""], error


def test_two_hosts(tmp_path):
    """Two processes that see one half each, with a target for Orbax and without."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    arguments = [(str(HOSTS), number, port, str(tmp_path / "x")) for number in "01"]
    hosts = [launch(*each) for each in arguments]
    for host in hosts:
        out, error = host.communicate(timeout=120)
        assert out.endswith("restored\n"), error
