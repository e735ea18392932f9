"""Ctrl-C: the first one ends the chunk and saves it, the second one stops at once."""

import pathlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from .helpers import assert_identical
from .worker import start, sweep


@pytest.fixture(scope="module")
def whole():
    """The sweep that nobody stops."""
    return sweep()


def press_at(count, told, times=1):
    """Tells a list of updates, and presses Ctrl-C at one of them."""

    def progress(report):
        told.append(report.done)
        if report.done == count:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    return progress


def test_first_one_saves_the_chunk(tmp_path, whole):
    """The error says how to go on, and going on gives the same curves."""
    told = []
    before = signal.getsignal(signal.SIGINT)
    words = f"20 of 60 updates are saved in '{tmp_path}': run the same again to go on"
    with pytest.raises(KeyboardInterrupt, match=words):
        sweep(press_at(20, told), checkpoint_dir=tmp_path)
    result = sweep(press_at(0, told), checkpoint_dir=tmp_path)

    assert signal.getsignal(signal.SIGINT) is before
    assert told == list(range(5, 61, 5))
    assert_identical(result, whole)


def test_in_the_last_chunk(tmp_path, whole):
    """All is saved, but what comes after the sweep does not run."""
    with pytest.raises(KeyboardInterrupt, match="60 of 60 updates are saved"):
        sweep(press_at(60, []), checkpoint_dir=tmp_path)

    assert_identical(sweep(checkpoint_dir=tmp_path), whole)


def test_handler_of_before_is_back_after_a_sweep(tmp_path):
    """Also after one that nobody stopped; and the second press gets to it."""
    pressed = []
    old = signal.signal(signal.SIGINT, lambda *args: pressed.append(args))
    try:
        ours = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt, match="20 of 60 updates are saved"):
            sweep(press_at(20, [], times=3), checkpoint_dir=tmp_path)
        assert signal.getsignal(signal.SIGINT) is ours
        assert len(pressed) == 2
        sweep(checkpoint_dir=tmp_path)
        assert signal.getsignal(signal.SIGINT) is ours
    finally:
        signal.signal(signal.SIGINT, old)


def test_without_a_folder_it_stops_at_once():
    """There is nothing to wait for; the error says what would help."""
    words = "after 20 of 60 updates, and nothing is saved. With checkpoint_dir="
    with pytest.raises(KeyboardInterrupt, match=words):
        sweep(press_at(20, []))


def test_ignored_signals_stay_ignored(tmp_path):
    """As under `nohup`."""
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        told = []
        sweep(press_at(20, told), checkpoint_dir=tmp_path)
        assert told[-1] == 60
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, old)


def test_in_another_thread(tmp_path, whole):
    """Where no handler can be set, a sweep runs as ever."""
    results = []
    thread = threading.Thread(target=lambda: results.append(sweep(checkpoint_dir=tmp_path)))
    thread.start()
    thread.join()

    assert_identical(results[0], whole)


# Real processes, at moments when the devices are busy.


def test_process_is_stopped_and_goes_on(tmp_path, whole):
    """What it told of last is what it saved last."""
    with start(tmp_path) as process:
        told = [int(process.stdout.readline())]
        process.send_signal(signal.SIGINT)
        told += map(int, process.stdout.read().split())
        said = process.stderr.read().strip().splitlines()[-1]
    rest = []
    result = sweep(rest.append, checkpoint_dir=tmp_path)

    assert f"{told[-1]} of 60 updates are saved" in said
    assert said.startswith("KeyboardInterrupt: sweeps.run stopped")
    assert process.returncode in (1, -signal.SIGINT, 130)
    assert len(told) <= 3
    assert rest[0].done == told[-1] + 5
    assert_identical(result, whole)


SLOW = """
import sys, jax, jax.numpy as jnp
from jaxsched import sweeps
from tests.sweeps.tasks import Descent

class Slow(Descent):
    def step(self, state):
        # A chunk of fewer than 1000 operations, as XLA counts them, would be run by the
        # thread that sends it.
        x = jnp.full((64, 64), state["x"])
        x = jax.lax.fori_loop(0, 10_000, lambda i, x: x @ x / 64, x)
        return super().step({**state, "x": x[0, 0]})

print("ready", flush=True)
sweeps.run(Slow(), [0.5], num_steps=1_000_000, chunk_steps=1_000,
           key=jax.random.key(0), checkpoint_dir=sys.argv[1])
"""


def test_second_one_does_not_wait_for_the_devices(tmp_path):
    """A chunk of minutes is left; the first press is answered at once, too."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SLOW, str(tmp_path)],
        cwd=pathlib.Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stdout.readline()
        while not (tmp_path / "sweep.json").exists():
            time.sleep(0.1)
        time.sleep(2.0)  # it compiles, then trains
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        notice = process.stderr.readline()
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = next(line for line in process.stderr if line.startswith("KeyboardInterr"))
        took = time.monotonic() - pressed
        process.kill()  # XLA would have the interpreter wait for the devices

    assert notice == "Stops when this chunk is saved; another Ctrl-C stops at once.\n"
    assert "sweeps.run stopped. 0 of 1000000 updates are saved" in said
    assert took < 10
