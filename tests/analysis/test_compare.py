"""Comparisons of schedules, on descents whose losses are known in closed form."""

import dataclasses
import json

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched.analysis import compare

KEY = jax.random.key(3)
PEAKS = [0.1, 0.3, 0.9]
STEPS = 12


@dataclasses.dataclass(frozen=True)
class Descent:
    """x <- (1 - rate) x from a start that the key draws; a loss of x^2, no noise."""

    traces: list = dataclasses.field(default_factory=list, compare=False)

    def init(self, schedule, key):
        return schedule, 0, 1 + jax.random.uniform(key)

    def step(self, state):
        self.traces.append(1)
        schedule, count, x = state
        return (schedule, count + 1, (1 - schedule(count)) * x), {"loss": x * x}

    def evaluate(self, state):
        return {"error": state[2] ** 2, "accuracy": 1 - state[2] ** 2}


FAMILIES = {
    "constant": js.Constant,
    "linear": lambda peak: js.Transition(peak, 0.0, STEPS),
    "line": js.Transition(1.0, 0.0, STEPS),  # multiplied by the peaks: the same
    "wild": lambda peak: js.Constant(30 * peak),
}
OPTIONS = {"num_steps": STEPS, "key": KEY, "peak_values": PEAKS, "num_seeds": 3}


def left(rates):
    """What remains of x^2 after updates with these rates."""
    return np.prod(1 - np.asarray(rates, np.float64)) ** 2


@pytest.fixture(scope="module")
def task():
    return Descent()


@pytest.fixture(scope="module")
def found(task):
    return compare(task, FAMILIES, score="error", target=1e-3, **OPTIONS)


def row(found, name):
    return next(row for row in found.rows if row.name == name)


def test_each_kind_is_tuned(found):
    """A constant 0.9 leaves least, and lies at the edge of what was tried."""
    assert [row(found, name).peak for name in FAMILIES] == [0.9, 0.9, 0.9, 0.1]
    assert [row(found, name).edge for name in FAMILIES] == ["highest"] * 3 + ["lowest"]


def test_scores_are_those_of_new_seeds(found):
    """The starts of the table were not there when the peaks were chosen."""
    starts = found.final.curves["loss"][..., 0]
    before = found.tuned.curves["loss"][..., 0]
    assert starts.shape == (4, 3)
    assert not np.isin(starts, before).any()
    np.testing.assert_array_equal(starts[0], starts[1])  # the same for all kinds

    expected = starts[0].astype(np.float64) * left([0.9] * STEPS)
    assert row(found, "constant").score.mean == pytest.approx(expected.mean(), rel=1e-4)
    rates = 0.9 * (1 - np.arange(STEPS) / STEPS)
    expected = starts[1].astype(np.float64) * left(rates)
    assert row(found, "linear").score.mean == pytest.approx(expected.mean(), rel=1e-4)


def test_differences_are_paired(found):
    """Mean and Student's interval of what is between two kinds, seed by seed."""
    starts = found.final.curves["loss"][0, :, 0].astype(np.float64)
    gaps = starts * (left(0.9 * (1 - np.arange(STEPS) / STEPS)) - left([0.9] * STEPS))
    half = 4.302653 * gaps.std(ddof=1) / np.sqrt(3)
    difference = row(found, "linear").difference

    assert difference.difference == pytest.approx(gaps.mean(), rel=1e-4)
    assert difference.low == pytest.approx(gaps.mean() - half, rel=1e-3)
    assert difference.num_better == 0
    assert row(found, "constant").difference.difference == 0


def test_two_that_are_the_same_tie(task):
    """And the table says so, not so of a difference that is sure."""
    linear = FAMILIES["linear"]
    pair = {"linear": linear, "again": linear, "constant": js.Constant}
    found = compare(task, pair, score="error", **{**OPTIONS, "num_seeds": 8})

    cells = {cells[0]: cells[4] for cells in found.table()}
    assert "(tie)" in cells["again"]
    assert "(tie)" not in cells["constant"]
    assert cells["constant"].startswith("-")
    assert cells["linear"] == ""


def test_losses_on_the_way_and_at_the_end(found):
    """The mean of the loss is the area below it."""
    losses = found.final.curves["loss"][0].astype(np.float64)
    area = ((losses[:, 1:] + losses[:, :-1]) / 2).sum(axis=1) / (STEPS - 1)

    assert row(found, "constant").mean_loss == pytest.approx(area.mean(), rel=1e-6)
    assert row(found, "constant").final_loss.mean == pytest.approx(
        losses[:, -1].mean(), rel=1e-6
    )


def test_time_to_the_target(found):
    """A constant 0.9 takes a hundredth each update; a wild one never gets there."""
    assert row(found, "constant").time.median in (2, 3)
    assert row(found, "constant").time.num_reached == 3
    assert row(found, "wild").time.median == np.inf
    assert "never" in str(found)


def test_sensitivity_is_over_the_peaks(found):
    """The standard deviation of what the peaks leave, a mean over the seeds."""
    start = found.tuned.curves["loss"][0, :, 0].astype(np.float64).mean()
    scores = [start * left([peak] * STEPS) for peak in PEAKS]

    assert row(found, "constant").sensitivity == pytest.approx(np.std(scores), rel=1e-4)


def test_what_diverges_is_counted_and_comes_last(task):
    """Beyond float32 nothing is averaged; the kind has no score where all diverged."""
    families = {"constant": js.Constant, "wild": lambda peak: js.Constant(1e5 * peak)}
    found = compare(task, families, score="error", mode="min", **OPTIONS)

    wild = found.rows[-1]
    assert (wild.name, wild.num_diverged, wild.num_tuned) == ("wild", 9, 9)
    assert np.isnan(wild.score.mean)
    assert "diverged" in found.table()[2]
    assert found.to_dict()["rows"][1]["score"]["mean"] is None


def test_best_comes_first_in_either_direction(task):
    """An accuracy of 1 - x^2 ranks as x^2 does."""
    down = compare(task, FAMILIES, score="error", baseline="linear", **OPTIONS)
    up = compare(task, FAMILIES, score="accuracy", mode="max", **OPTIONS)

    assert [row.name for row in down.rows] == [row.name for row in up.rows]
    assert down.rows[0].name == "constant"
    assert down.baseline == "linear"
    assert down.rows[0].difference.difference < 0


def test_it_is_two_programs(found):
    """One for the tuning and one for the comparison; costs have their own."""
    task = Descent()
    compare(task, FAMILIES, score="error", **OPTIONS)
    num = len(task.traces)
    compare(task, FAMILIES, score="error", **{**OPTIONS, "key": jax.random.key(9)})

    assert len(task.traces) == num


def test_as_text_markdown_and_a_dict(found):
    """The same cells; the dict is plain JSON."""
    head, *rows = found.table()
    lines = str(found).splitlines()
    assert len(lines) == 1 + len(FAMILIES) == len(rows) + 1
    assert all(cell in line for cell, line in zip(rows[0], [lines[1]] * 20, strict=False))
    marked = found.to_markdown().splitlines()
    assert marked[0].startswith("| schedule | peak | error | 95% interval |")
    assert {line.count("|") for line in marked} == {len(head) + 1}
    assert json.loads(json.dumps(found.to_dict()))["rows"][0]["name"] == found.rows[0].name
    assert all(row.overhead > 0 for row in found.rows)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"families": {}}, r"compare\(families=...\) must have 1 entries"),
        ({"num_seeds": 1}, "num_seeds >= 2"),
        ({"num_seeds": 0}, "num_seeds"),
        ({"peak_values": []}, r"compare\(peak_values=...\) must have 1 entries"),
        ({"peak_values": [0.1, -0.1]}, "peak_values=...\\) must be"),
        ({"baseline": "cosine"}, "must be one of 'constant'"),
        ({"mode": "best"}, "must be one of 'min', 'max'"),
        ({"num_steps": 0}, "num_steps"),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_errors(task, wrong, words):
    """Before anything is trained, where that is possible."""
    options = {"families": FAMILIES, "score": "error", **OPTIONS, **wrong}
    with pytest.raises(ValueError, match=words):
        compare(task, **options)


def test_metrics_that_are_not_reported(task):
    for wrong in ({"score": "acc"}, {"score": "error", "loss": "los"}):
        with pytest.raises(KeyError, match="must be one of loss, accuracy, error"):
            compare(task, FAMILIES, **{**OPTIONS, **wrong})


def test_a_single_update(task):
    """Of which the loss is that of the start."""
    found = compare(task, FAMILIES, score="error", **{**OPTIONS, "num_steps": 1})

    assert [row.final_loss.mean for row in found.rows] == [
        found.rows[0].final_loss.mean
    ] * 4
    assert np.isfinite([row.mean_loss for row in found.rows]).all()
