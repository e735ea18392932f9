"""How many lanes a device can train at a time.

What a device holds is counted before anything is compiled: the state of all its lanes,
what they report in a chunk, and the temporaries of one batch. For these every value that
a step computes is counted once. A compiler frees and fuses most of them, so that the
count is an upper bound, two to five times what XLA reserves. What compiling itself takes
of the host is set aside.
"""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr
from jax.sharding import Mesh

from ._lanes import Layout, layout
from ._processes import least
from ._trace import Trace

_SHARE = 0.5  # of the memory that is free; the rest is for what is not counted
_MIB = 2**20
COMPILING = 64 * _MIB  # of the host, measured: 10 to 45 MiB above the count of a sweep
# These hold what they give back beside what their body computes.
_LOOPS = ("scan", "while")


class Need(NamedTuple):
    """Bytes of one lane.

    Attributes:
        state: between two chunks.
        report: of one update.
        evaluation: after a chunk.
        temporaries: of a step, a start or an evaluation.
        constants: what the task holds, data for instance; once for all lanes.
    """

    state: int
    report: int
    evaluation: int
    temporaries: int
    constants: int = 0


def need_of(trace: Trace) -> Need:
    """What a lane of a task needs."""
    state, metrics, evaluation = (
        sum(map(_size, jax.tree.leaves(tree)))
        for tree in (trace.state, trace.metrics, trace.evaluation)
    )
    programs = trace.programs.values()
    temporaries = max(_computed(program.jaxpr) for program in programs)
    constants = sum(_size(value) for program in programs for value in program.consts)
    return Need(state, metrics, evaluation, temporaries, constants)


def bytes_of(need: Need, turns: int, batch_size: int, chunk_steps: int) -> int:
    """What a device needs for its lanes, in so many batches.

    One batch has its state in place; several are collected in a second state. A chunk is
    reported, turned round to put lanes first, and read while the next one is trained.
    """
    lanes = turns * batch_size
    states = need.state * lanes * (1 if turns == 1 else 2)
    reports = 3 * lanes * (need.report * chunk_steps + need.evaluation)
    return states + reports + need.temporaries * batch_size + need.constants


def planned(
    trace: Trace,
    mesh: Mesh,
    num_lanes: int,
    chunk_steps: int,
    num_seeds: int,
    batch_size: int | None = None,
) -> Layout:
    """Batches of the size that was given, or as large as fit."""
    if batch_size is not None:
        return layout(mesh, num_lanes, batch_size)
    return fitting(need_of(trace), mesh, num_lanes, chunk_steps, num_seeds)


def fitting(
    need: Need,
    mesh: Mesh,
    num_lanes: int,
    chunk_steps: int,
    num_seeds: int = 1,
    room: int | None = None,
) -> Layout:
    """All lanes of a device at a time if there is room, or else equal batches.

    Raises:
        MemoryError: if not even one lane at a time can be trained.
    """
    room = free(mesh) if room is None else room
    whole = layout(mesh, num_lanes)
    if room is None:
        return whole
    on_device = whole.batch_size
    for turns in range(1, on_device + 1):
        batch_size = -(-on_device // turns)
        if bytes_of(need, turns, batch_size, chunk_steps) <= _SHARE * room:
            return layout(mesh, num_lanes, batch_size)
    # Temporaries are an upper bound, and may fit all the same; the states are not.
    sure = need._replace(temporaries=0)
    least_bytes = bytes_of(sure, on_device, 1, chunk_steps)
    if least_bytes <= room:
        return layout(mesh, num_lanes, 1)
    a_lane = (least_bytes - need.constants) // on_device
    fit = max(room - need.constants, 0) // a_lane * mesh.size // num_seeds
    raise MemoryError(
        f"sweeps.run needs {least_bytes / _MIB:,.0f} MiB on each device for the state and "
        f"the reports of {on_device} lanes, and {room / _MIB:,.0f} MiB are free: {fit} "
        f"members x {num_seeds} seeds fit. Sweep them in parts, report less or in smaller "
        f"chunks, or use more devices."
    )


def free(mesh: Mesh) -> int | None:
    """Bytes that are free on the device with least; None where nobody knows."""
    rooms = [_free_on(device) for device in mesh.local_devices]
    known = [room for room in rooms if room is not None]
    # Processes have to choose alike. All of them know, or none.
    return least(min(known) // _MIB) * _MIB if known else None


def _free_on(device: Any) -> int | None:
    if device.platform == "cpu":
        machine = _machine()
        if machine is None:
            return None
        return max(machine - COMPILING, 0) // jax.local_device_count()
    stats = device.memory_stats() or {}
    if "bytes_limit" not in stats:
        return None
    return stats["bytes_limit"] - stats.get("bytes_in_use", 0)


def _machine() -> int | None:
    """What the machine, or the container that this is, can give."""
    found = []
    for file, pattern, unit in _SOURCES:
        try:
            text = Path(file).read_text()
        except OSError:
            continue
        found += [int(number) * unit for number in re.findall(pattern, text)]
    if not found and hasattr(os, "sysconf"):
        found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    return min(found, default=None)


_SOURCES = (
    ("/proc/meminfo", r"(?m)^MemAvailable:\s*(\d+) kB", 1024),
    ("/sys/fs/cgroup/memory.max", r"^(\d+)", 1),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", r"^(\d+)", 1),
)


def _computed(program: Jaxpr) -> int:
    """Bytes of all that a program computes, in the bodies of its loops once."""
    total = 0
    for equation in program.eqns:
        bodies = list(_bodies(equation.params.values()))
        total += sum(map(_computed, bodies))
        if not bodies or equation.primitive.name in _LOOPS:
            total += sum(_size(variable.aval) for variable in equation.outvars)
    return total


def _bodies(parameters: Any) -> Iterator[Jaxpr]:
    for value in parameters:
        if isinstance(value, ClosedJaxpr):
            yield value.jaxpr
        elif isinstance(value, Jaxpr):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _bodies(value)


def _size(value: Any) -> int:
    if not hasattr(value, "dtype"):  # a token, or a Python number
        return 0
    shape = jax.ShapeDtypeStruct(value.shape, value.dtype)
    if jnp.issubdtype(shape.dtype, jax.dtypes.prng_key):
        shape = jax.eval_shape(jax.random.key_data, shape)
    return math.prod(shape.shape) * shape.dtype.itemsize
