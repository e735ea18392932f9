"""What a sweep costs, as ratios: the alternatives take turns in one run, medians.

    python -m tests.benchmarks.sweeps [--quick]

First against the same training vmapped by hand, then against the loop over optax closures,
on one device and, in a process of its own, on a device for each core; then how cost and
memory grow with the members. Each size has a process of its own, and its peak of memory
is what the system says, less what a sweep of two members took.
"""

import argparse
import functools
import json
import os
import pathlib
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from jaxsched import sweeps, tasks
from jaxsched.sweeps import _memory as memory
from jaxsched.sweeps._trace import trace

from .speed import NUM_STEPS, hand_vmapped, median, train_alone, turns

NUM_MEMBERS = 1024
SIZES = (64, 256, 1024, 4096, 16_384)
KEY = jax.random.key(0)
TASK = tasks.Digits()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--member", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--loop", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.loop:
        print(json.dumps(list(loop(arguments.loop))))
        return
    if arguments.member:
        print(json.dumps(measured(arguments.member)))
        return
    num = 5 if arguments.quick else 15
    print(f"{'what':60}  {'target':>10}  {'measured':>10}")
    for what, target, value in (*by_hand(num), *loop(num), *all_cores(num), *kinds(num)):
        print(f"{what:60}  {target:>10}  {value:>10}", flush=True)
    print(f"\n{'members':>8}  {'ns/update':>10}  {'MiB grown':>10}  {'MiB estimated':>14}")
    for size in SIZES:
        row = json.loads(alone("--member", size))
        print(
            f"{size:8}  {row['seconds'] / size / NUM_STEPS * 1e9:10.0f}  "
            f"{row['grown'] / 2**20:10.0f}  {row['estimate'] / 2**20:14.0f}",
            flush=True,
        )


def peaks(num):
    return np.geomspace(3e-3, 1.0, num).tolist()


def cosines(num):
    make = functools.partial(js.cosine_annealing_schedule, decay_steps=NUM_STEPS)
    return js.grid(make, peak_value=peaks(num))


def train(members):
    return sweeps.run(TASK, members, num_steps=NUM_STEPS, key=KEY, progress=False)


def by_hand(num):
    """Cosines of ours, compiled, against constants in a loop that somebody vmapped."""
    members, rates = cosines(NUM_MEMBERS), jnp.asarray(peaks(NUM_MEMBERS), jnp.float32)
    plain = hand_vmapped(TASK, sweeps.default_chunk(NUM_STEPS))
    one, other = turns(lambda: train(members), lambda: plain(rates, KEY), num=num)
    name = f"{NUM_MEMBERS} cosines / {NUM_MEMBERS} constants vmapped by hand"
    yield name, "<= 1.02", f"{median(one / other):.3f}"
    yield "  the sweep, seconds", "", f"{median(one):.2f}"


def loop(num):
    """Both with their compilation, as a user meets them; the loop from 16 of its runs."""
    num_alone, alone, whole = min(num, 16), [], []
    for peak in peaks(num_alone):
        start = time.perf_counter()
        train_alone(TASK, optax.cosine_decay_schedule(peak, NUM_STEPS), KEY)
        alone.append(time.perf_counter() - start)
    for _ in range(3):
        sweeps.clear_programs()
        start = time.perf_counter()
        train(cosines(NUM_MEMBERS))
        whole.append(time.perf_counter() - start)
    ratio = float(np.mean(alone)) * NUM_MEMBERS / median(whole)
    devices = f"{jax.device_count()} device{'s' if jax.device_count() > 1 else ''}"
    name = f"loop of jitted optax closures / sweep on {devices}, compiled"
    yield name, ">= 100", f"{ratio:.0f}"
    name = f"  one run of the loop, seconds (mean of {num_alone})"
    yield name, "", f"{np.mean(alone):.2f}"
    yield "  the sweep, seconds", "", f"{median(whole):.2f}"


def all_cores(num):
    """The same where each core is a device, as the command line has it."""
    flags = f"--xla_force_host_platform_device_count={os.cpu_count()}"
    yield from json.loads(alone("--loop", num, XLA_FLAGS=flags, JAX_PLATFORMS="cpu"))


def kinds(num):
    """Eight families in one program against one of them."""
    chosen = dict(list(tasks.families(NUM_STEPS).items())[-8:])
    each = NUM_MEMBERS // len(chosen)
    pooled = sweeps.pool(
        **{name: js.grid(lambda p, f=f: f(p), p=peaks(each)) for name, f in chosen.items()}
    )
    alike = cosines(NUM_MEMBERS)
    one, other = turns(lambda: train(pooled), lambda: train(alike), num=num)
    yield f"{len(chosen)} families / one", "<= 1.05", f"{median(one / other):.3f}"


def alone(option, number, **environment):
    command = [sys.executable, "-m", "tests.benchmarks.sweeps", option, str(number)]
    env = {**os.environ, **environment}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env)
    return done.stdout


def measured(size):
    """Seconds of a compiled sweep, and what the process grew by in its first one."""
    train(cosines(2))
    clear = pathlib.Path("/proc/self/clear_refs")
    clear.write_text("5")  # the peak starts anew
    before = status("VmRSS")
    members = cosines(size)
    train(members)
    grown = status("VmHWM") - before
    need = memory.need_of(trace(TASK, members.schedules, KEY))
    mesh = jax.sharding.Mesh(np.asarray(jax.devices()), ("sweep",))
    chunk = sweeps.default_chunk(NUM_STEPS)
    where = memory.fitting(need, mesh, size, chunk)
    estimate = memory.bytes_of(need, where.turns, where.batch_size, chunk)
    estimate += memory.COMPILING
    (took,) = turns(lambda: train(members), num=3)
    return {"seconds": median(took), "grown": grown, "estimate": estimate}


def status(name):
    text = pathlib.Path("/proc/self/status").read_text()
    return int(text.split(name + ":")[1].split()[0]) * 1024


if __name__ == "__main__":
    main()
