"""The command line, stopped and run again: the same results.json at the end."""

import json
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def start(folder, out, num_members, num_steps):
    options = {"members": num_members, "steps": num_steps, "checkpoint": folder, "out": out}
    words = [word for k, v in options.items() for word in (f"--{k}", str(v))]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "jaxsched", "sweep", "digits", *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def trained(folder, out, num_members, num_steps):
    """Until its results are written; measuring what schedules cost takes longer."""
    picture = out / "sweep.png"
    with start(folder, out, num_members, num_steps) as process:
        wait(process, lambda: picture.exists() and picture.stat().st_size > 0)
        process.kill()


def record(out):
    """All that a sweep found; how long it took is not among it."""
    found = json.loads((out / "results.json").read_text())
    del found["seconds"]
    return found


def saved(folder):
    """Updates of the newest save."""
    names = [path.name for path in (folder / "saves").glob("*")]
    return max([int(name) for name in names if name.isdigit()], default=0)


def wait(process, holds):
    deadline = time.monotonic() + 300
    while not holds():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("num_members", "num_steps", "num_kills"),
    [(52, 40, 2), pytest.param(4096, 100, 10, marks=pytest.mark.campaign)],
)
def test_killed_and_run_again(tmp_path, num_members, num_steps, num_kills):
    """SIGKILL at some moment after another save; nothing that was saved is lost."""
    whole, parts, folder = (tmp_path / name for name in ("whole", "parts", "saves"))
    trained(tmp_path / "saves-whole", whole, num_members, num_steps)
    # A chunk and its save, compilation included, so that no process gets to the end.
    pace = json.loads((whole / "results.json").read_text())["seconds"] / 20
    rng = random.Random(num_kills)
    for _ in range(num_kills):
        before = saved(folder)
        with start(folder, parts, num_members, num_steps) as process:
            wait(process, lambda before=before: saved(folder) > before)
            time.sleep(rng.uniform(0.0, 0.7 * pace))
            process.kill()
    assert num_kills <= saved(folder) / (num_steps / 20) < 20
    trained(folder, parts, num_members, num_steps)

    assert record(parts) == record(whole)


def test_interrupted(tmp_path):
    """Ctrl-C: the chunk is saved, and the last line says how to go on."""
    folder, out = tmp_path / "saves", tmp_path / "out"
    with start(folder, out, 52, 2000) as process:
        wait(process, lambda: saved(folder) > 0)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()

    assert process.returncode == 130
    last = err.strip().splitlines()[-1]
    assert f"{saved(folder)} of 2000 updates are saved in '{folder}'" in last
    assert "run the same again to go on" in last


def test_another_sweep_is_refused(tmp_path):
    """In one line that says what differs."""
    trained(tmp_path / "saves", tmp_path / "out", 26, 10)
    with start(tmp_path / "saves", tmp_path / "out", 26, 20) as process:
        _, err = process.communicate()

    assert process.returncode == 2
    assert "num_steps: 10 there, 20 now" in err
    assert err.count("\n") == 1
