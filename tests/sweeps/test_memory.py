"""The estimate of memory: above what is used, and what it decides."""

import dataclasses
import json
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.sweeps import _memory as memory
from jaxsched.sweeps._lanes import Trainer, layout
from jaxsched.sweeps._trace import trace
from jaxsched.tasks import Digits

from .helpers import KEY, MEMBERS, assert_identical, run
from .tasks import Descent, Regression

MIB = 2**20
MESH = jax.sharding.Mesh(np.asarray(jax.devices()[:1]), ("sweep",))
CHUNK = 15


def batch_of(num_members):
    return js.stack(np.geomspace(1e-3, 1e-1, num_members).tolist())


def need_of(task, batch=None):
    return memory.need_of(trace(task, batch_of(1) if batch is None else batch, KEY))


def compiled_bytes(task, num_lanes, most=None):
    """What XLA says that the largest program of a sweep holds, and the chunk before."""
    where = layout(MESH, num_lanes, most)
    trainer = Trainer(task, where)
    batch = batch_of(where.size)
    trainer.start(batch, KEY, 1)
    programs = trainer._programs(CHUNK)
    keys = jax.random.split(KEY, where.size)
    used = [
        function.lower(*arguments).compile().memory_analysis()
        for function, arguments in (
            (programs.init, (batch, keys)),
            (programs.advance, (trainer.state,)),
        )
    ]
    peak = max(
        m.argument_size_in_bytes
        + m.output_size_in_bytes
        + m.temp_size_in_bytes
        - m.alias_size_in_bytes
        for m in used
    )
    return peak + need_of(task).report * CHUNK * where.size


@dataclasses.dataclass(frozen=True)
class Loops(Descent):
    """A scan inside a step with its gradient, a branch, and a loop of unknown length."""

    def step(self, state):
        def loss(x):
            def cell(h, _):
                h = jax.numpy.tanh(h * x)
                return h, h

            return jax.lax.scan(cell, jax.numpy.ones((20, 20)), length=30)[1].sum()

        x = state["x"] - 1e-6 * jax.grad(loss)(state["x"])
        x = jax.lax.while_loop(lambda x: x > 1, lambda x: x / 2, x)
        noise = jax.random.normal(KEY, (400,)) * x
        x = jax.lax.cond(x > 0, lambda: jax.numpy.sort(noise)[0], lambda: noise.max())
        return {**state, "x": x}, {"loss": x}


# Above what is used.


@pytest.mark.parametrize(
    ("task", "num_lanes", "most"),
    [
        *((Digits(), 64, None), (Digits(), 1024, None), (Digits(), 1024, 64)),
        *((Regression(), 100, None), (Regression(), 100, 9), (Loops(), 50, None)),
        *((Digits(), 4096, None), (Digits(), 4096, 256)),
    ],
    ids=lambda value: str(value).partition("(")[0],
)
def test_estimate_is_an_upper_bound(task, num_lanes, most):
    """Of what XLA reserves, and not ten times as much."""
    where = layout(MESH, num_lanes, most)
    estimate = memory.bytes_of(need_of(task), where.turns, where.batch_size, CHUNK)
    used = compiled_bytes(task, num_lanes, most)

    assert used <= estimate <= 10 * used + 4096


SCRIPT = """
import json, pathlib, sys, jax, numpy as np
import jaxsched as js
from jaxsched import sweeps
from jaxsched.tasks import Digits

def status(name):
    text = pathlib.Path("/proc/self/status").read_text()
    return int(text.split(name + ":")[1].split()[0]) * 1024

def train(num_members):
    members = js.grid(js.Constant, value=np.geomspace(1e-3, 1e-1, num_members).tolist())
    result = sweeps.run(Digits(), members, num_steps=30, chunk_steps=15, progress=False,
                        key=jax.random.key(0))
    return float(result.final("loss").sum())  # and the result is let go

train(2)  # JAX takes memory for itself; a large sweep would leave some to take again
pathlib.Path("/proc/self/clear_refs").write_text("5")  # forget the peak
before = status("VmRSS")
train(int(sys.argv[1]))
print(json.dumps(status("VmHWM") - before))
"""


def grown_bytes(num_members):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(num_members)],
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(
    "num_members", [64, 256, 1024, pytest.param(4096, marks=pytest.mark.slow)]
)
def test_process_grows_by_less(num_members):
    """What the system gives a process for a sweep, from before it to its peak.

    Compiling is in it, too.
    """
    estimate = memory.bytes_of(need_of(Digits()), 1, num_members, CHUNK)
    grown = grown_bytes(num_members)

    assert estimate / 20 < grown <= estimate + memory.COMPILING


def test_parts_of_a_need():
    """State, reports and evaluation are exact: numbers of four bytes, and a key of two."""
    need = need_of(Regression())
    state = jax.eval_shape(Regression().init, js.Constant(np.float32(0.1)), KEY)
    *arrays, key = jax.tree.leaves(state)
    num = sum(x.size * x.dtype.itemsize for x in arrays) + 2 * 4 * key.size

    assert need.state == num
    assert (need.report, need.evaluation) == (8, 4)
    images, labels, *validation = map(np.asarray, js.tasks.load_digits())
    data = [images, labels, *validation]
    assert need_of(Digits()).constants == sum(x.nbytes for x in data)


# What it decides.

NEED = memory.Need(state=100, report=4, evaluation=8, temporaries=1000)
# With chunks of 10: one lane holds 100 + 3 * (40 + 8) = 244 in a batch, 344 in several.


@pytest.mark.parametrize(
    ("room", "turns", "batch_size"),
    [
        *((2 * 12 * 1244, 1, 12), (2 * 12 * 1244 - 2, 2, 6), (2 * (12 * 344 + 6000), 2, 6)),
        *((2 * (12 * 344 + 6000) - 2, 3, 4), (2 * (12 * 344 + 1000), 12, 1)),
        # The temporaries are not sure, and may fit.
        *((2 * (12 * 344 + 1000) - 2, 12, 1), (12 * 344, 12, 1)),
    ],
)
def test_largest_equal_batch_that_fits(room, turns, batch_size):
    """In half of what is free, and one lane at a time in all of it."""
    found = memory.fitting(NEED, MESH, 12, 10, room=room)

    assert (found.turns, found.batch_size) == (turns, batch_size)


def test_too_many_members():
    """The error says how many fit, and they do."""
    room = 12 * 344 - 1
    words = r"of 12 lanes, and 0 MiB are free: 5 members x 2 seeds fit"
    with pytest.raises(MemoryError, match=words):
        memory.fitting(NEED, MESH, 12, 10, num_seeds=2, room=room)

    assert memory.fitting(NEED, MESH, 10, 10, room=room).turns == 10


def test_nobody_knows_what_is_free(monkeypatch):
    """Then all lanes are trained at a time."""
    monkeypatch.setattr(memory, "_free_on", lambda device: None)

    assert memory.fitting(NEED, MESH, 10**6, 10).turns == 1


def test_accelerators_are_asked():
    """What they may give, less what they gave."""

    class Device:
        platform = "gpu"

        def __init__(self, stats):
            self.stats = stats

        def memory_stats(self):
            return self.stats

    stats = {"bytes_limit": 1000, "bytes_in_use": 300, "peak_bytes_in_use": 900}
    assert memory._free_on(Device(stats)) == 700
    assert memory._free_on(Device(None)) is None


def test_a_machine_is_shared_by_its_host_devices(monkeypatch):
    """Between nothing and all of its memory, and less in a container that is less."""
    free = memory._free_on(jax.devices()[0])
    assert 16 * MIB < free < 2**46
    monkeypatch.setattr(jax, "local_device_count", lambda: 4)
    assert memory._free_on(jax.devices()[0]) == pytest.approx(free / 4, rel=0.2)


def test_a_container_has_a_limit(tmp_path, monkeypatch):
    """The least of what the files of the system say; `max` is none."""
    info = "MemTotal: 9 kB\nMemAvailable:    7 kB\n"
    files = {"info": info, "v2": "max\n", "v1": "6000\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    sources = [
        (tmp_path / file, pattern, unit)
        for file, (_, pattern, unit) in zip(files, memory._SOURCES, strict=True)
    ]
    monkeypatch.setattr(memory, "_SOURCES", sources)
    assert memory._machine() == 6000
    (tmp_path / "v1").unlink()
    assert memory._machine() == 7 * 1024
    (tmp_path / "info").unlink()
    assert memory._machine() > 16 * MIB  # all there is


# In a sweep.


def test_sweep_fits_itself_in(monkeypatch, trained, tmp_path):
    """Where memory is short it trains a few lanes at a time; the curves are the same."""
    need = need_of(Regression(), MEMBERS.schedules)
    sizes = []
    monkeypatch.setattr(
        "jaxsched.sweeps._engine.Trainer",
        lambda task, where: sizes.append(where.batch_size) or Trainer(task, where),
    )
    options = {"num_seeds": 3, "chunk_steps": 8, "checkpoint_dir": tmp_path}
    room = 2 * memory.bytes_of(need, 3, 4, 8)
    monkeypatch.setattr(memory, "free", lambda mesh: room)
    short = run(**options)
    monkeypatch.setattr(memory, "free", lambda mesh: 2**40)
    again = run(**options)  # it goes on bit for bit, so as it was begun
    run(num_seeds=3, chunk_steps=8)

    assert sizes == [4, 4, 12]
    np.testing.assert_allclose(short.curves["loss"], trained.curves["loss"], rtol=1e-5)
    assert_identical(again, short)


def test_sweep_that_cannot_fit_is_refused(monkeypatch):
    """Before anything is compiled; a size that was given is tried."""
    monkeypatch.setattr(memory, "free", lambda mesh: 4000)
    with pytest.raises(MemoryError, match=r"2 members x 3 seeds fit. Sweep them in parts"):
        run(num_seeds=3)
    run(num_seeds=3, batch_size=4)


def test_memory_is_read_before_a_sweep():
    """As a user has it: a few members of a small task are trained at once."""
    found = memory.fitting(need_of(Descent()), MESH, 6, 10)

    assert (found.turns, sweeps.default_chunk(40)) == (1, 2)
