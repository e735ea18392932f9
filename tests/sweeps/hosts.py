"""A sweep on one of two processes: `python -m tests.sweeps.hosts OPTIONS`."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import jax

from jaxsched import sweeps

ROOT = pathlib.Path(__file__).parents[2]


def start(num_devices, result=None, heartbeat=100, **options):
    """Two processes; each writes its result to a file of its own."""
    port = free_port()
    return [
        launch(
            num_devices,
            *("-m", "tests.sweeps.hosts"),
            json.dumps([[f"localhost:{port}", 2, i], heartbeat, f"{result}-{i}", options]),
        )
        for i in range(2)
    ]


def launch(num_devices, *arguments):
    flags = f"--xla_force_host_platform_device_count={num_devices}"
    return subprocess.Popen(
        [sys.executable, "-W", "error", *arguments],
        cwd=ROOT,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_port():
    """The system chooses."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return free.getsockname()[1]


def main(there, heartbeat, file, options):
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(*there, heartbeat_timeout_seconds=heartbeat)
    from . import worker  # not before: it makes a random key

    kind = options.pop("kind", "sweep")
    found = getattr(worker, kind)(**{"progress": True, **options})
    sweeps.write_json(found, file)


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
