"""A disk that is full stops a sweep and costs it nothing."""

import contextlib
import re
import resource
import subprocess
import time

import pytest

from . import worker
from .helpers import assert_identical

OPTIONS = {"num_steps": 100}


@contextlib.contextmanager
def small_files(folder, process):
    """The system refuses to write more than 64 bytes to a file; no rights are needed."""
    del folder
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (64, 64))
    process.wait()
    yield


@contextlib.contextmanager
def full_disk(folder, process):
    """Another program takes all that is left, and in the end gives it back."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        while process.poll() is None:
            try:
                file.write(bytes(4096))
            except OSError:
                time.sleep(0.001)
        yield
    filler.unlink()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MiB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)]
    try:
        subprocess.run(mount, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", "") or error
        pytest.skip(f"mounting a file system needs rights that are missing here: {why}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def stopped_by(limit, folder):
    """The updates whose save is whole, as the error says, after a real failure to write."""
    with worker.start(folder / "sweep", **OPTIONS) as process:
        process.stdout.readline()
        process.stdout.readline()
        with limit(folder, process):
            said = process.stderr.read()
            told = re.search(
                r"(?m)^OSError: sweeps.run\(checkpoint_dir='.*/sweep'\) could not save "
                r"after (\d+) updates, the save of (\d+) updates is whole: (.*)\. Make "
                r"room and run the same again to go on\.$",
                said,
            )
            assert told, said
            after, last, why = told.groups()
            saves = {path.name for path in (folder / "sweep" / "saves").iterdir()}

    assert int(after) == int(last) + 5
    # Orbax may be writing still; the next start removes what is half-written.
    assert {name for name in saves if "partial" not in name} == {str(int(last) - 5), last}
    return int(last), why


def goes_on(folder, last):
    told = []
    result = worker.sweep(told.append, checkpoint_dir=folder / "sweep", **OPTIONS)

    assert told[0].done == last + 5
    assert_identical(result, worker.sweep(**OPTIONS))


def test_a_limit_on_files(tmp_path):
    """One clear error with the system's reason; the last save is whole, and goes on."""
    last, why = stopped_by(small_files, tmp_path)

    assert why == "File too large"
    goes_on(tmp_path, last)


def test_a_full_disk(small_disk):
    """The same on a file system without room."""
    last, why = stopped_by(full_disk, small_disk)

    assert why == "No space left on device"
    goes_on(small_disk, last)


def test_no_room_from_the_start(tmp_path):
    """Nothing is trained for nothing."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"must be a folder that can be .* share: .*irectory"):
        worker.sweep(checkpoint_dir=tmp_path / "file" / "sweep")
