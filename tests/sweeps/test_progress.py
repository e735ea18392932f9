"""How far a sweep is: what is told, as lines, as a bar, or not at all."""

import os
import pathlib
import pty
import re
import subprocess
import sys

import numpy as np
import pytest

from jaxsched import sweeps
from jaxsched.sweeps._history import History
from jaxsched.sweeps._lanes import Chunk

from .helpers import run
from .tasks import Descent, Regression


def told_by(task, members, **options):
    told = []
    result = run(task, members, progress=told.append, **options)
    return told, result


# What is told.


def test_after_each_chunk():
    """How far, of how much, for how many, and how fast."""
    told, _ = told_by(Descent(), [0.5, 0.25], num_steps=10, num_seeds=3, chunk_steps=4)

    assert [report.done for report in told] == [4, 8, 10]
    assert {(report.num_steps, report.num_lanes) for report in told} == {(10, 6)}
    assert told[-1].seconds_left == 0
    assert told[0].seconds <= told[-1].seconds


def test_pace_is_of_this_process():
    """What was restored was not done in these seconds."""
    report = sweeps.Progress(
        done=60, num_steps=100, num_lanes=6, seconds=2.0, resumed_at=40
    )

    assert report.updates_per_second == 6 * 20 / 2.0
    assert report.seconds_left == 2.0 * 40 / 20


def test_resumed_sweep_tells_where_it_began(tmp_path):
    """And the best and the diverged of the whole, not only of its own part."""
    options = {"num_steps": 12, "chunk_steps": 4, "checkpoint_dir": tmp_path}
    rates = [0.03, float("inf"), 0.01]
    whole, _ = told_by(Regression(), rates, num_steps=12, chunk_steps=4)

    class Stopped(Exception):
        pass

    def stop(report):
        raise Stopped

    with pytest.raises(Stopped):
        run(Regression(), rates, progress=stop, **options)
    told, _ = told_by(Regression(), rates, **options)

    assert [report.resumed_at for report in whole] == [0, 0, 0]
    assert [report.resumed_at for report in told] == [4, 4]
    assert [r.best for r in told] == [r.best for r in whole[1:]]
    assert [r.num_diverged for r in told] == [1, 1]


def test_best_is_the_lowest_mean_loss_of_a_chunk():
    """Of all lanes and chunks so far, whatever diverges."""
    told, result = told_by(Descent(), [0.5, 1e30, 0.25], num_steps=12, chunk_steps=4)
    losses = result.curves["loss"][[0, 2], 0].astype(np.float64)
    means = losses.reshape(2, 3, 4).mean(axis=2)

    assert [report.best[0] for report in told] == ["loss"] * 3
    np.testing.assert_allclose(
        [report.best[1] for report in told], np.minimum.accumulate(means.min(axis=0))
    )


def test_diverged_are_counted_once():
    """Each member and seed with a number that is not finite, those that pad apart."""
    told, result = told_by(
        Descent(), [0.5, 1e30, 0.25], num_steps=12, chunk_steps=4, num_seeds=2
    )

    assert result.diverged.sum() == 2
    assert [report.num_diverged for report in told] == [2, 2, 2]


@pytest.mark.parametrize(
    ("curves", "evaluation", "best"),
    [
        ({"loss": [[4.0, 2.0]]}, {"validation_loss": [5.0]}, ("validation_loss", 5.0)),
        ({"loss": [[4.0, 2.0]]}, {"accuracy": [0.5]}, ("loss", 3.0)),
        ({"aux_loss": [[1.0, 1.0]], "loss": [[4.0, 2.0]]}, {}, ("loss", 3.0)),
        ({"return": [[1.0, 2.0]]}, {}, None),
        ({"loss": [[np.nan, 1.0], [np.inf, -np.inf]]}, {}, None),
        ({"loss": [[np.nan, 1.0], [2.0, 2.0]]}, {"a": [1.0, 1.0]}, ("loss", 2.0)),
    ],
)
def test_which_metric_is_the_loss(curves, evaluation, best):
    """An evaluated one before a reported one; without a name that says so, none."""
    history = History()
    curves, evaluation = (
        {name: np.asarray(values, np.float32) for name, values in table.items()}
        for table in (curves, evaluation)
    )
    history.add(Chunk(2, curves, evaluation))

    assert history.best == best


# Lines.


def test_silence(capfd):
    """`progress=False` says nothing; otherwise lines go to stderr, not to stdout."""
    run(Descent(), [0.5], num_steps=4)
    assert capfd.readouterr() == ("", "")

    run(Descent(), [0.5, 1e30], num_steps=40, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["10/40", "20/40", "30/40", "40/40"]
    line = r"10/40 steps, 2 members, \S+ updates/s, best loss \S+, 1 diverged, \d+ s left"
    assert re.fullmatch(line, lines[0])


def test_only_the_first_process_tells(capfd, monkeypatch):
    """The others are silent."""
    monkeypatch.setattr("jaxsched.sweeps._progress.is_first", lambda: False)
    run(Descent(), [0.5], num_steps=40, progress=True)

    assert capfd.readouterr() == ("", "")


# The bar.

SCRIPT = """
import jax
from jaxsched import sweeps
from tests.sweeps.tasks import Regression
sweeps.run(Regression(), [0.01] * 413 + [float("inf")] * 3, num_steps=40,
           chunk_steps=10, key=jax.random.key(0))
"""


def on_terminal(columns):
    """What a terminal of that width is sent."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=pathlib.Path(__file__).parents[2],
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm"},
        stderr=theirs,
        stdout=subprocess.PIPE,
    )
    os.close(theirs)
    data = b""
    with process, os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(4096):
                data += part
        except OSError:  # how a terminal says that nobody writes to it any more
            pass
        assert process.stdout.read() == b""
    assert process.returncode == 0, data.decode()
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data.decode())


@pytest.mark.parametrize(("columns", "name"), [(80, ""), (120, "loss ")])
def test_bar_in_a_terminal(columns, name):
    """One line that moves, with all there is to know."""
    text = on_terminal(columns)
    states = [state.strip() for state in re.split(r"[\r\n]+", text) if state.strip()]

    assert re.fullmatch(
        r"416 members ━+ 40/40 0:00:00 left, \S+ updates/s, best "
        + name
        + r"\d\S+, 3 diverged",
        states[-1],
    ), states[-1]
    assert all(len(state) <= columns for state in states)
