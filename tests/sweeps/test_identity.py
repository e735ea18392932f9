"""Which sweep a folder holds: another one is refused, with what is different."""

import json

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.sweeps import _identity as identity
from jaxsched.tasks import Digits

from . import worker
from .helpers import assert_identical
from .tasks import Descent, Regression
from .worker import OPTIONS, sweep


class Stopped(Exception):
    """What a user's interrupt is to the sweep."""


def stop(report):
    raise Stopped


def begin(folder, **options):
    with pytest.raises(Stopped):
        sweep(stop, checkpoint_dir=folder, **options)


def edit(folder, **changes):
    """Rewrites parts of what the folder says of itself."""
    file = folder / "sweep.json"
    record = json.loads(file.read_text())
    for name, change in changes.items():
        record[name] |= change
    file.write_text(json.dumps(record))


# Settings.


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
        begin(folder)
    task = change.pop("task", Regression())
    schedules = change.pop("schedules", [0.003, 0.01, 0.03])
    with pytest.raises(ValueError, match=f"(?s){words}.*Choose a new folder"):
        sweeps.run(
            task, schedules, **{**OPTIONS, **change}, progress=False, checkpoint_dir=folder
        )


def test_a_task_is_known_by_its_settings(tmp_path):
    """The same class with another setting is another sweep; its address is not."""

    def run(task):
        folder = {"checkpoint_dir": tmp_path, "progress": False}
        return sweeps.run(task, [0.1], num_steps=1, key=jax.random.key(0), **folder)

    run(Digits(batch_size=4))
    run(Digits(batch_size=4))
    with pytest.raises(ValueError, match=r"batch_size=4.* there, .*batch_size=8.* now"):
        run(Digits(batch_size=8))


class Plain:
    """A task that is changed between two sweeps."""

    def __init__(self, scale):
        self.scale = scale

    def init(self, schedule, key):
        return schedule

    def step(self, state):
        return state, {"loss": self.scale * state(0)}


def test_a_changed_task_is_another_sweep(tmp_path):
    """The folder of one is refused to the other, whose attributes differ."""

    def run(task):
        options = {"num_steps": 2, "key": jax.random.key(0), "progress": False}
        sweeps.run(task, [0.5], checkpoint_dir=tmp_path, **options)

    run(Plain(1.0))
    with pytest.raises(ValueError, match=r"'scale': 1.0.* there, .*'scale': 4.0.* now"):
        run(Plain(4.0))


def test_long_texts_are_shown_where_they_differ(tmp_path):
    """Not from their beginning, and not to their end."""

    def run(word):
        class Named(Descent):
            def __repr__(self):
                return "x" * 500 + word + "y" * 500

        options = {"num_steps": 2, "key": jax.random.key(0), "progress": False}
        sweeps.run(Named(), [0.5], checkpoint_dir=tmp_path, **options)

    run("one")
    with pytest.raises(ValueError, match=r"task: ...xx+oneyy+... there, ...xx+twoyy+") as e:
        run("two")
    assert len(str(e.value)) < 1000


# Code.


def with_code(change, data):
    """A task of the same name and attributes, whatever it does."""

    class Edited(Descent):
        def step(self, state):
            state, loss = super().step(state)
            return state, change(loss) + data.sum()

        def __repr__(self):
            return "Edited()"

    Edited.__qualname__ = "Edited"
    return Edited()


@pytest.mark.parametrize(
    ("change", "data"),
    [
        (lambda loss: 3 * loss, np.float32([1, 2])),
        (lambda loss: 2 * loss, np.float32([1, 3])),
    ],
    ids=["step", "data"],
)
def test_changed_code_is_a_changed_task(tmp_path, change, data):
    """What its step computes, and the data that it holds, count like its settings."""
    options = {"key": jax.random.key(0), "checkpoint_dir": tmp_path}
    options |= {"num_steps": 4, "chunk_steps": 2}
    first = with_code(lambda loss: 2 * loss, np.float32([1, 2]))
    with pytest.raises(Stopped):
        sweeps.run(first, [0.5], progress=stop, **options)
    other = with_code(change, data)
    with pytest.raises(ValueError, match=r"another: step of the task: \w+ there, \w+ now"):
        sweeps.run(other, [0.5], progress=False, **options)
    same = with_code(lambda loss: 2 * loss, np.float32([1, 2]))
    sweeps.run(same, [0.5], progress=False, **options)


# Packages and layouts.


def test_other_packages_are_noted(tmp_path):
    """In one warning; what they trace may look different, so code is not compared."""
    begin(tmp_path)
    edit(tmp_path, packages={"jax": "0.9.9"}, programs={"step": "another"})
    words = r"other packages, .* last digits: jax: 0.9.9 there, [\d.]+ now"
    with pytest.warns(UserWarning, match=words) as warned:
        result = sweep(checkpoint_dir=tmp_path)
    again = sweep(checkpoint_dir=tmp_path)  # noted once

    assert len(warned) == 1
    assert warned[0].filename == worker.__file__
    assert_identical(result, sweep())
    assert_identical(again, result)


def test_what_is_written(tmp_path):
    """The settings, the packages and where it ran."""
    begin(tmp_path)
    record = json.loads((tmp_path / "sweep.json").read_text())

    assert record["settings"]["num_steps"] == OPTIONS["num_steps"]
    assert record["packages"]["jax"] == jax.__version__
    assert record["packages"]["optax"]
    assert record["layout"] == {
        "platform": "cpu",
        "num_devices": jax.device_count(),
        "batch_size": -(-6 // jax.device_count()),
    }


def test_damaged_settings_are_refused(tmp_path):
    """It could be any sweep; the error says what to do."""
    begin(tmp_path)
    (tmp_path / "sweep.json").write_text('{"settings": ')
    with pytest.raises(ValueError, match=r"sweep.json, which is damaged: .* new folder"):
        sweep(checkpoint_dir=tmp_path)


def test_numbers_of_numpy(tmp_path):
    """They are the same numbers, in the file and in the next run."""
    first = sweep(checkpoint_dir=tmp_path, num_steps=np.int64(10), num_seeds=np.int32(2))
    again = sweep(checkpoint_dir=tmp_path, num_steps=10)

    assert_identical(again, first)


@pytest.mark.parametrize("is_there", [False, True])
def test_processes_need_a_disk_that_they_share(tmp_path, monkeypatch, is_there):
    """One that has no such file says so to all; before the sweep begins, or goes on."""
    if is_there:
        sweep(checkpoint_dir=tmp_path, num_steps=5)
    file = tmp_path / "sweep.json"
    # Another process, that has none.
    monkeypatch.setattr(identity, "all_say", lambda yes: yes and not file.exists())
    with pytest.raises(OSError, match="a disk that all processes share: not all processes"):
        sweep(checkpoint_dir=tmp_path, num_steps=5)
