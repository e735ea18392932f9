"""Several processes train what one does; the first of them prints, and keeps the folder."""

import os
import shutil
import signal
import time

import numpy as np
import pytest

from jaxsched import sweeps

from . import hosts, worker
from .helpers import assert_identical
from .worker import sweep


@pytest.fixture(scope="module")
def alone():
    """One process with one device."""
    return sweep()


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """Two processes with two devices each: the results, and what they said."""
    file = tmp_path_factory.mktemp("together") / "result"
    said = finish(hosts.start(2, file))
    return results(file), said


def ended(processes):
    """What each wrote to its terminal, and how it ended."""
    said = [process.communicate(timeout=120)[1] for process in processes]
    return said, [process.returncode for process in processes]


def finish(processes):
    """What processes that end well wrote."""
    said, codes = ended(processes)
    assert codes == [0, 0], said
    return said


def results(file):
    return [sweeps.read_json(f"{file}-{i}") for i in range(2)]


def assert_close(got, expected):
    for a, b in ((got.curves, expected.curves), (got.evaluations, expected.evaluations)):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-6, atol=0)


def test_both_have_what_one_device_gives(alone, together):
    """Six lanes on four devices of two processes; each process has all the curves."""
    first, second = together[0]

    assert first.curves["loss"].shape == (3, 2, 60)
    assert_close(first, alone)
    assert_identical(second, first)
    assert second.settings == first.settings == alone.settings
    assert second.schedules == alone.schedules


@pytest.mark.parametrize("kind", ["halved", "evolved"])
def test_searches_over_processes(kind, tmp_path):
    """Lanes are laid out anew, and schedules exchanged, over both of them."""
    finish(hosts.start(2, tmp_path / "result", kind=kind))
    first, second = results(tmp_path / "result")

    assert_close(first, getattr(worker, kind)())
    assert_identical(second, first)
    assert second.settings == first.settings


def test_only_the_first_one_prints(together):
    """Four lines of progress, and not a word of the other."""
    first, second = together[1]

    assert [line.split()[0] for line in first.splitlines()] == [
        *("15/60", "30/60", "45/60", "60/60")
    ]
    assert second == ""


def kill_at(save, processes, numbers):
    """Waits for a save, kills some of the processes, and gives how each ended."""
    while not save.exists() and all(process.poll() is None for process in processes):
        time.sleep(0.01)
    for number in numbers:
        processes[number].kill()
    said, codes = ended(processes)
    for number, (words, code) in enumerate(zip(said, codes, strict=True)):
        if number in numbers:
            assert code == -signal.SIGKILL, words
        else:  # JAX ends it: at once without the first one, or when that misses a beat
            assert code == -signal.SIGABRT
            assert "another task died" in words


def go_on(folder, **options):
    return hosts.start(2, checkpoint_dir=str(folder), heartbeat=2, **options)


def test_killed_ones_go_on(tmp_path, together, alone):
    """Both are killed, then one of two, which ends the other; the curves are the same."""
    folder = tmp_path / "sweep"
    kill_at(folder / "saves" / "15", go_on(folder), [0, 1])
    shutil.copytree(folder, tmp_path / "copy")
    kill_at(folder / "saves" / "30", go_on(folder), [1])
    first, second = finish(go_on(folder, result=tmp_path / "result"))

    assert "\n" not in second
    assert first.splitlines()[-1].startswith("60/60")
    for got, expected in zip(results(tmp_path / "result"), together[0], strict=True):
        assert_identical(got, expected)  # bit for bit
    assert sorted(os.listdir(folder / "saves")) == ["55", "60"]

    told = []
    result = sweep(told.append, checkpoint_dir=tmp_path / "copy")
    assert 15 < told[0].done < 60
    assert_close(result, alone)  # one process is another layout


@pytest.mark.slow
def test_the_first_one_is_killed(tmp_path):
    """The other one does not hang."""
    processes = go_on(tmp_path / "sweep", num_steps=1_000)
    kill_at(tmp_path / "sweep" / "saves" / "15", processes, [0])


@pytest.mark.slow
def test_the_script_of_the_readme(tmp_path):
    """As it is, except for who belongs together and the shared disk."""
    text = (hosts.ROOT / "README.md").read_text().split("## Beyond one machine")[1]
    code = text.split("```python\n")[1].split("```")[0]
    code = code.replace("/shared", str(tmp_path))
    call, port = "jax.distributed.initialize(", hosts.free_port()
    finish(
        [
            hosts.launch(1, "-c", code.replace(call, f"{call}'localhost:{port}', 2, {i}"))
            for i in range(2)
        ]
    )

    result = sweeps.read_json(tmp_path / "results.json")
    assert result.curves["loss"].shape == (64, 1, 100)
    assert result.final("validation_accuracy").max() > 0.9
