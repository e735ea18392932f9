"""The command line: clear errors before anything is trained, and its members."""

import os
import signal
import subprocess
import sys

import pytest

from jaxsched import __main__ as command
from jaxsched import sweeps, tasks


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["sweep", "chess"], "invalid choice: 'chess'"),
        (["sweep", "digits", "--members", "0"], "from 1 to 1000000, got '0'"),
        (["sweep", "digits", "--members", "5"], "multiple of --seeds, got 5 members"),
        (["sweep", "digits", "--steps", "many"], "whole number from 1 to"),
        (["sweep", "digits", "--seed", "-1"], "from 0 to 2147483647, got '-1'"),
        (["sweep", "digits", "--target", "2"], "above 0 and at most 1, got '2'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_values_end_in_one_line(arguments, words, capsys):
    """And in status 2."""
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)

    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


@pytest.fixture
def _untrained(monkeypatch):
    def trained(*args, **kwargs):
        raise AssertionError("training began")

    monkeypatch.setattr(sweeps, "run", trained)


@pytest.mark.usefixtures("_untrained")
@pytest.mark.parametrize("taken", ["", "results.json", "sweep.png", "report.html"])
def test_unwritable_folder_is_found_before_training(taken, tmp_path, capsys):
    """A file where the folder should be, or a folder where a file should be."""
    out = tmp_path / "out"
    if taken:
        (out / taken).mkdir(parents=True)
    else:
        out.touch()

    assert command.main(["sweep", "digits", "--out", str(out)]) == 2
    err = capsys.readouterr().err
    assert f"--out {out} must be a folder that can be written" in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("_untrained")
@pytest.mark.parametrize("missing", ["matplotlib.figure", "sklearn"])
def test_missing_extra_is_found_before_training(missing, tmp_path, monkeypatch, capsys):
    """The error names what brings it."""
    tasks.load_digits.cache_clear()
    monkeypatch.setitem(sys.modules, missing, None)

    assert command.main(["sweep", "digits", "--out", str(tmp_path)]) == 2
    assert "pip install 'jaxsched[examples]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("num_schedules", [1, 12, 13, 27, 208])
def test_members_are_as_many_as_asked(num_schedules):
    """Spread evenly over the families, each peak once."""
    members = command.members(num_schedules, num_steps=50)

    assert sweeps.num_members(members.schedules) == num_schedules
    families = [row["family"] for row in members.settings]
    counts = [families.count(family) for family in dict.fromkeys(families)]
    assert max(counts) - min(counts) <= 1
    assert len({tuple(row.items()) for row in members.settings}) == num_schedules


@pytest.mark.parametrize(
    ("chosen", "num_devices"),
    [
        ({}, len(os.sched_getaffinity(0))),
        ({"XLA_FLAGS": "--xla_force_host_platform_device_count=3"}, 3),
        ({"JAX_NUM_CPU_DEVICES": "5"}, 5),
    ],
    ids=["cores", "flags", "variable"],
)
def test_each_core_is_a_device(chosen, num_devices):
    """Unless the user chose a number."""
    names = ("XLA_FLAGS", "JAX_NUM_CPU_DEVICES")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    script = (
        "from jaxsched import __main__ as command; command.use_all_cores(); "
        "import jax; print(len(jax.devices('cpu')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, **chosen},
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) == num_devices


def test_interrupt_says_what_is_written(tmp_path):
    """Ctrl-C while training: status 130 and one line that says nothing is written."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jaxsched", "sweep", "digits"),
            *("--members", "2", "--steps", "1000000", "--out", str(tmp_path)),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stderr.readline()  # a first quarter is done
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()

    assert process.returncode == 130
    assert "stopped (--checkpoint DIR would save). Written: nothing." in err
