"""A sweep that is killed at any moment loses nothing."""

import random
import threading
import time

import pytest

from .helpers import assert_identical
from .worker import start, sweep


def killed(folder, rng, startup, **options):
    """Kills a process at some moment.

    Returns:
        The updates that it told of, each after they were saved; and its seconds to the
        first of them.
    """
    begun = time.monotonic()
    with start(folder, **options) as process:
        told = []
        if startup and rng.random() < 0.2:  # while it starts and restores
            time.sleep(rng.uniform(0.0, startup))
        else:  # while it trains and saves
            told.append(int(process.stdout.readline()))
            startup = time.monotonic() - begun
            told += [int(process.stdout.readline()) for _ in range(rng.randint(1, 5))]
            pace = (time.monotonic() - begun - startup) / (len(told) - 1)
            time.sleep(rng.uniform(0.0, 1.5 * pace))
        process.kill()
        told += map(int, process.stdout.read().split())
        assert "Error" not in process.stderr.read()
    return told, startup


@pytest.mark.parametrize(
    ("num_kills", "num_steps"),
    [(3, 40), pytest.param(24, 200, marks=pytest.mark.slow, id="campaign")],
)
def test_kills_at_random_moments(tmp_path, num_kills, num_steps):
    """Each process goes on at the last save; the curves are bit for bit the same."""
    options = {"num_steps": num_steps, "chunk_steps": 1}
    expected = {}
    thread = threading.Thread(target=lambda: expected.update(whole=sweep(**options)))
    thread.start()
    rng = random.Random(num_kills)
    last = startup = 0
    for _ in range(num_kills):
        told, startup = killed(tmp_path, rng, startup, **options)
        if told:
            # The last save of the process before may have been too late to be told of.
            assert last < told[0] <= last + 2
            assert told == list(range(told[0], told[-1] + 1))
            last = told[-1]
    assert 0 < last < num_steps
    rest = []
    result = sweep(rest.append, checkpoint_dir=tmp_path, **options)
    thread.join()

    assert last < rest[0].done <= last + 2
    assert_identical(result, expected["whole"])
    # Of what was half-written nothing is left.
    left = sorted(path.name for path in (tmp_path / "saves").iterdir())
    assert left == [str(num_steps - 1), str(num_steps)]
