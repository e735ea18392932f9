"""What a second device of the host adds to a sweep on a CPU.

    python -m tests.benchmarks.devices [--quick]

The digits task with 208 members of 13 families. Devices are set before JAX starts, so
that each turn is a process of its own; processes with one and with two take turns. In
each the second sweep counts, since the first one compiles. On a machine that is busy
with something else, look at the cores in use first. It asserts nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import jax
import numpy as np

import jaxsched as js
from jaxsched import sweeps, tasks

from .speed import median

NUM_STEPS = 300
PEAKS = np.geomspace(3e-3, 1.0, 16).tolist()
NUM_DEVICES = (1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    num = 2 if parser.parse_args().quick else 7
    took = np.asarray([[seconds(n) for n in NUM_DEVICES] for _ in range(num)])
    pace, busy = updates() / took[..., 0], took[..., 1] / took[..., 0]
    print(f"{os.cpu_count()} cores, {num} turns, medians (least to most)")
    print(
        f"{'devices':>7}  {'updates/s':>24}  {'cores in use':>12}"
        f"  {'updates per core-second':>24}  {'against one':>19}"
    )
    for i, devices in enumerate(NUM_DEVICES):
        print(
            f"{devices:>7}  {spread(pace[:, i], ',.0f'):>24}  {median(busy[:, i]):>12.2f}"
            f"  {spread(pace[:, i] / busy[:, i], ',.0f'):>24}"
            f"  {spread(pace[:, i] / pace[:, 0], '.2f'):>19}"
        )


def spread(values, form) -> str:
    low, middle, high = (format(f(values), form) for f in (np.min, np.median, np.max))
    return f"{middle} ({low} to {high})"


def seconds(num_devices: int) -> tuple[float, float]:
    """Of a sweep in a new process: on the clock, and of all cores."""
    flags = f"--xla_force_host_platform_device_count={num_devices}"
    done = subprocess.run(
        [sys.executable, "-c", "from tests.benchmarks import devices; devices.turn()"],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return tuple(json.loads(done.stdout))


def turn() -> None:
    """Prints the seconds of a sweep that is compiled already."""
    families = tasks.families(NUM_STEPS)
    members = sweeps.pool(
        **{k: js.grid(lambda peak, f=f: f(peak), peak=PEAKS) for k, f in families.items()}
    )
    for _ in range(2):
        clock, cores = time.perf_counter(), time.process_time()
        sweeps.run(
            tasks.Digits(),
            members,
            num_steps=NUM_STEPS,
            key=jax.random.key(0),
            progress=False,
        )
        took = time.perf_counter() - clock, time.process_time() - cores
    print(json.dumps(took))


def updates() -> int:
    """Of all members in a sweep."""
    return NUM_STEPS * len(PEAKS) * len(tasks.families(NUM_STEPS))


if __name__ == "__main__":
    main()
