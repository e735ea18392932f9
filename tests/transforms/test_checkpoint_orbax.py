"""Checkpoints by Orbax: other plans, damaged files, and processes killed in mid-run."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import pytest

import jaxsched as js

from .helpers import adam, after, assert_same, start

WORKER = Path(__file__).with_name("resume_worker.py")
COSINE = js.warmup_cosine_decay_schedule(0.0, 1e-2, 10, 100)
PLATEAU = js.ReduceOnPlateau(factor=0.5, patience=0)


def through_disk(saved, path, target=None):
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path, saved)
        checkpointer.wait_until_finished()
        return checkpointer.restore(path, target)


PLANS = {
    "another shape": (COSINE, js.exponential_decay(1e-2, 10, 0.5)),
    "a longer horizon": (COSINE, js.warmup_cosine_decay_schedule(0.0, 1e-2, 10, 1000)),
    "another peak": (COSINE, js.warmup_cosine_decay_schedule(0.0, 1e-1, 10, 100)),
    "a constant": (COSINE, 1e-3),
    "from a constant": (1e-3, COSINE),
    "a table": (1e-3, js.Table(np.linspace(0.1, 0.0, 500))),
}


@pytest.mark.parametrize(("old", "new"), PLANS.values(), ids=PLANS)
def test_change_of_plan(old, new, tmp_path):
    """Moments and count go on, the rate is the new one; with a target or without."""
    _, state = after(adam(old), 7)
    fresh = adam(new).init(start())
    saved = through_disk(js.to_checkpoint(state), tmp_path / "saved")
    target = through_disk(
        js.to_checkpoint(state), tmp_path / "again", js.to_checkpoint(fresh)
    )
    for read in (saved, target):
        restored = js.from_checkpoint(read, fresh)
        assert_same(restored.inner_state, state.inner_state)
        assert int(restored.count) == 7
        rate = js.next_hyperparams(restored)["learning_rate"]
        np.testing.assert_allclose(rate, js.as_schedule(new)(7), rtol=1e-6)


def test_clipping_comes_and_goes(tmp_path):
    """What has no state of its own may be added to the chain, and be left out again."""
    alone, clipped = adam(COSINE), optax.chain(optax.clip_by_global_norm(1.0), adam(COSINE))
    _, state = after(alone, 3)
    saved = through_disk(js.to_checkpoint(state), tmp_path / "alone")
    _, more = after(clipped, 2, state=js.from_checkpoint(saved, clipped.init(start())))
    saved = through_disk(js.to_checkpoint(more), tmp_path / "clipped")
    back = js.from_checkpoint(saved, alone.init(start()))

    assert_same(back, more[1])
    assert int(back.count) == 5


def test_in_mid_plateau(tmp_path):
    """What a controller has seen and cut is kept; so is a run in bfloat16."""
    optimizer, params = adam(COSINE * PLATEAU), start(jnp.bfloat16)
    params, state = after(optimizer, 4, params, value=1.0)
    saved = through_disk(js.to_checkpoint((params, state)), tmp_path / "saved")
    fresh = start(jnp.bfloat16), optimizer.init(start(jnp.bfloat16))
    restored = js.from_checkpoint(saved, fresh)

    assert_same(restored, (params, state))
    assert float(state.controllers[0].controller.scale) == 0.125
    resumed = after(optimizer, 3, *restored, value=1.0)
    assert_same(resumed, after(optimizer, 3, params, state, value=1.0))


# Damage.


@pytest.fixture(scope="module")
def saved_run(tmp_path_factory):
    _, state = after(adam(COSINE), 7)
    path = tmp_path_factory.mktemp("run") / "saved"
    through_disk(js.to_checkpoint(state), path)
    return path


RESTORE = """
import sys, jax, numpy as np, optax, orbax.checkpoint as ocp, jaxsched as js
params = {"w": np.ones((5, 3), np.float32), "b": np.ones(3, np.float32)}
fresh = js.scheduled(optax.adam, learning_rate=0.1).init(params)
before = jax.tree.map(np.array, fresh)
try:
    with ocp.StandardCheckpointer() as checkpointer:
        js.from_checkpoint(checkpointer.restore(sys.argv[1]), fresh)
except Exception as error:
    assert str(error)
    jax.tree.map(np.testing.assert_array_equal, before, jax.tree.map(np.array, fresh))
    print("refused, and as it was")
"""


@pytest.mark.parametrize("damage", ["truncated", "garbage", "missing"])
def test_damaged_files(damage, saved_run, tmp_path):
    """An error from Orbax or from us, never another state; the fresh one is as it was."""
    path = tmp_path / "copy"
    subprocess.run(["cp", "-r", saved_run, path], check=True)
    for file in [f for f in path.rglob("*") if f.is_file() and "/d/" in str(f)]:
        if damage == "missing":
            file.unlink()
        elif damage == "truncated":
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        else:
            file.write_bytes(bytes(random.Random(0).randbytes(file.stat().st_size)))
    # In a process of its own: Orbax leaves threads behind that complain later.
    done = subprocess.run(
        [sys.executable, "-c", RESTORE, path], capture_output=True, text=True, check=False
    )

    assert done.stdout == "refused, and as it was\n", done.stderr


# Killed processes.


def launch(folder):
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(folder):
    process = launch(folder)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out.splitlines()


def killed_and_resumed(folder, num_kills, rng, after_lines):
    """Killed so many times, then left alone: what it prints at the end."""
    for _ in range(num_kills):
        process = launch(folder)
        # A moment in it: after its start and some saves, and somewhat later.
        for _ in range(rng.choice(after_lines)):
            process.stdout.readline()
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    return finish(folder)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return finish(tmp_path_factory.mktemp("whole"))[-1]


def test_killed_in_mid_run(undisturbed, tmp_path):
    """SIGKILL, twice: parameters and state end the same, bit for bit."""
    lines = killed_and_resumed(tmp_path / "run", 2, random.Random(1), [2, 3])

    assert lines[0] != "from 0"
    assert lines[-1] == undisturbed


@pytest.mark.campaign
def test_killed_many_times(undisturbed, tmp_path):
    """20 kills at random moments, over several runs."""
    rng = random.Random(2)
    for i in range(5):
        assert (
            killed_and_resumed(tmp_path / f"run{i}", 4, rng, [1, 2, 3])[-1] == undisturbed
        )
