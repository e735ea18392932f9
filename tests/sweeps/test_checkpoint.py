"""A sweep that is killed goes on where it stopped."""

import pathlib
import signal
import subprocess
import sys

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.tasks import Digits

from .helpers import assert_identical
from .tasks import Descent, Regression
from .worker import OPTIONS, sweep


@pytest.fixture(scope="module")
def whole():
    """The sweep without interruption, and without a folder."""
    return sweep()


class Stopped(Exception):
    """What a user's interrupt is to the sweep."""


def stop_at(count):
    def progress(report):
        if report.done == count:
            raise Stopped

    return progress


def test_killed_process_is_resumed(tmp_path, whole):
    """SIGKILL in mid-run: the next process ends with the very same curves."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.sweeps.worker", str(tmp_path)],
        cwd=pathlib.Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        for line in process.stdout:
            if int(line) >= 15:
                process.send_signal(signal.SIGKILL)
                break
    told = []
    result = sweep(told.append, checkpoint_dir=tmp_path)

    assert process.returncode == -signal.SIGKILL
    assert 15 < told[0].done <= 60
    assert told[-1].done == 60
    assert_identical(result, whole)


def test_interrupted_sweep_is_resumed(tmp_path, whole):
    """Stopped twice by its own progress function, in the same process."""
    for count in (20, 45):
        with pytest.raises(Stopped):
            sweep(stop_at(count), checkpoint_dir=tmp_path)
    told = []
    result = sweep(told.append, checkpoint_dir=tmp_path)

    assert [report.done for report in told] == [50, 55, 60]
    assert_identical(result, whole)


def test_finished_sweep_is_read_back(tmp_path):
    """Nothing is trained again; a task without `evaluate` is saved like any."""
    options = {"num_steps": 6, "chunk_steps": 4, "key": jax.random.key(0)}
    told = []
    first, again = (
        sweeps.run(
            Descent(), [0.5], progress=told.append, checkpoint_dir=tmp_path, **options
        )
        for _ in range(2)
    )

    assert [report.done for report in told] == [4, 6]
    assert_identical(again, first)


def test_lanes_at_a_time_may_change(tmp_path, whole):
    """How it is laid out is not part of what it is."""
    with pytest.raises(Stopped):
        sweep(stop_at(55), checkpoint_dir=tmp_path)
    result = sweep(checkpoint_dir=tmp_path, batch_size=2)

    np.testing.assert_allclose(
        result.curves["loss"], whole.curves["loss"], rtol=1e-5, atol=0
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"num_steps": 61}, "num_steps: 60 there, 61 now"),
        ({"num_seeds": 3}, "num_seeds: 2 there, 3 now"),
        ({"chunk_steps": 6}, "chunk_steps: 5 there, 6 now"),
        ({"key": jax.random.key(4)}, "key: .* there, .* now"),
        ({"schedules": [0.003, 0.01, 0.04]}, "schedules: .* there, .* now"),
        ({"schedules": js.stack([js.Table([0.1])] * 3)}, "structure: .* there, .* now"),
        ({"task": Descent()}, "task: .*Regression.* there, .*Descent.* now"),
        ({"task": Digits(hidden_size=16)}, r"task: .* there, .*hidden_size=16.* now"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_folder_of_another_sweep_is_refused(tmp_path_factory, change, words):
    """The error says what is different, and what to do."""
    folder = tmp_path_factory.getbasetemp() / "one_sweep"
    if not folder.exists():
        with pytest.raises(Stopped):
            sweep(stop_at(5), checkpoint_dir=folder)
    task = change.pop("task", Regression())
    schedules = change.pop("schedules", [0.003, 0.01, 0.03])
    with pytest.raises(ValueError, match=f"(?s){words}.*Choose a new folder"):
        sweeps.run(
            task, schedules, **{**OPTIONS, **change}, progress=False, checkpoint_dir=folder
        )


def test_missing_orbax_is_named(tmp_path, monkeypatch):
    """The error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", None)
    with pytest.raises(ImportError, match=r"jaxsched\[checkpoint\]"):
        sweep(checkpoint_dir=tmp_path)


def test_a_task_is_known_by_its_settings(tmp_path):
    """The same class with another setting is another sweep; its address is not."""

    def run(task):
        folder = {"checkpoint_dir": tmp_path, "progress": False}
        return sweeps.run(task, [0.1], num_steps=1, key=jax.random.key(0), **folder)

    run(Digits(batch_size=4))
    run(Digits(batch_size=4))
    with pytest.raises(ValueError, match=r"batch_size=4.* there, .*batch_size=8.* now"):
        run(Digits(batch_size=8))
