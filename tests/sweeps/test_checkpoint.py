"""A sweep that was stopped goes on where it was, from saves that are whole."""

import os
import shutil
import sys

import jax
import numpy as np
import pytest

from jaxsched import sweeps

from . import worker
from .helpers import assert_identical
from .tasks import Descent
from .worker import sweep


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


def test_missing_orbax_is_named(tmp_path, monkeypatch):
    """The error names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "orbax.checkpoint", None)
    with pytest.raises(ImportError, match=r"jaxsched\[checkpoint\]"):
        sweep(checkpoint_dir=tmp_path)


# Damage.


def largest(save):
    return max((f for f in save.rglob("*") if f.is_file()), key=lambda f: f.stat().st_size)


def flip_a_bit(save):
    data = bytearray(largest(save).read_bytes())
    data[len(data) // 2] ^= 1
    largest(save).write_bytes(data)


DAMAGES = {
    "bit": flip_a_bit,
    "garbage": lambda save: largest(save).write_bytes(b"\x07" * 100),
    "truncated": lambda save: os.truncate(largest(save), 50),
    "missing": lambda save: largest(save).unlink(),
    "another": lambda save: (save / "state" / "more").touch(),
    "unsealed": lambda save: (save / "seal.json").unlink(),
    "half_a_seal": lambda save: os.truncate(save / "seal.json", 20),
    "wrong_seal": lambda save: (save / "seal.json").write_text("[1]"),
    "empty": lambda save: [shutil.rmtree(save), save.mkdir()],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_save_falls_back_to_the_one_before(tmp_path, whole, damage):
    """With one warning, and the same curves in the end; the damaged one is put aside."""
    with pytest.raises(Stopped):
        sweep(stop_at(20), checkpoint_dir=tmp_path)
    damage(tmp_path / "saves" / "20")
    told = []
    with pytest.warns(UserWarning, match="from that of 15 updates: damaged .* of 20 ") as w:
        result = sweep(told.append, checkpoint_dir=tmp_path)

    assert w[0].filename == worker.__file__
    assert len(w) == 1
    assert [report.done for report in told] == list(range(20, 61, 5))
    assert_identical(result, whole)
    assert (tmp_path / "saves" / "damaged-20").is_dir()
    assert_identical(sweep(checkpoint_dir=tmp_path), whole)  # and nothing is warned of


def test_no_whole_save_is_left(tmp_path, whole):
    """It starts anew, and says so."""
    with pytest.raises(Stopped):
        sweep(stop_at(20), checkpoint_dir=tmp_path)
    for name in ("15", "20"):
        flip_a_bit(tmp_path / "saves" / name)
    told = []
    with pytest.warns(UserWarning, match="the beginning: damaged are the saves of 20, 15"):
        result = sweep(told.append, checkpoint_dir=tmp_path)

    assert told[0].done == 5
    assert_identical(result, whole)


def test_half_written_save_is_no_save(tmp_path, whole):
    """What a killed process was writing is removed; that is no damage."""
    with pytest.raises(Stopped):
        sweep(stop_at(20), checkpoint_dir=tmp_path)
    for name in ("25.partial", "25.partial.orbax-checkpoint-tmp-7", "30.partial"):
        shutil.copytree(tmp_path / "saves" / "20", tmp_path / "saves" / name)
    told = []
    result = sweep(told.append, checkpoint_dir=tmp_path)

    assert told[0].done == 25
    assert_identical(result, whole)
    assert {path.name for path in (tmp_path / "saves").iterdir()} == {"55", "60"}
