"""Comparisons of schedules, on descents whose losses are known in closed form."""

import dataclasses
import functools

import jax
import numpy as np
import pytest
from scipy import stats

import jaxsched as js
from jaxsched import sweeps
from jaxsched.analysis import compare

PEAKS = [0.1, 0.3, 0.9]
STEPS, SEEDS = 12, 4


@dataclasses.dataclass(frozen=True)
class Descent:
    """x <- (1 - rate) x from a start that the key draws; says which data it saw."""

    traces: list = dataclasses.field(default_factory=list, compare=False)

    def init(self, schedule, key):
        return schedule, 0, 1 + jax.random.uniform(key), key

    def step(self, state):
        self.traces.append(1)
        schedule, count, x, key = state
        data = jax.random.uniform(jax.random.fold_in(key, count))
        state = schedule, count + 1, (1 - schedule(count)) * x, key
        return state, {"loss": x * x, "data": data}

    def evaluate(self, state):
        return {"error": state[2] ** 2, "accuracy": 1 - state[2] ** 2}


KINDS = {
    "constant": js.Constant,
    "linear": lambda peak: js.Transition(peak, 0.0, STEPS),
    "line": js.Transition(1.0, 0.0, STEPS),  # multiplied by the peaks: the same
    "wild": lambda peak: js.Constant(30 * peak),
}
OPTIONS = {
    "num_steps": STEPS,
    "key": jax.random.key(3),
    "score": "error",
    "peak_values": PEAKS,
    "num_seeds": SEEDS,
    "overhead_turns": 0,
}
TASK = Descent()


def left(rates):
    """What remains of x^2 after updates with these rates."""
    return np.prod(1 - np.asarray(rates, np.float64)) ** 2


LINE = 0.9 * (1 - np.arange(STEPS) / STEPS)


@functools.cache
def found():
    """The comparison that most of the tests look at."""
    return compare(TASK, KINDS, target=1e-3, **OPTIONS)


def row(name, of=None):
    return next(row for row in (of or found()).rows if row.name == name)


def starts(result):
    """The first x^2 of each seed."""
    return result.curves["loss"][0, :, 0].astype(np.float64)


def test_each_kind_is_tuned():
    """A constant 0.9 leaves least, and lies at the edge of what was tried."""
    assert [row(name).peak for name in KINDS] == [0.9, 0.9, 0.9, 0.1]
    assert [row(name).edge for name in KINDS] == ["highest"] * 3 + ["lowest"]
    assert row("linear").schedule.startswith("Transition(init_value=0.9, end_value=0.0")


@pytest.mark.parametrize("order", [[0.5, 1.0, 1.7], [1.7, 0.5, 1.0], [1.0, 1.7, 0.5]])
def test_a_peak_within_what_was_tried(order):
    """A rate of 1 leaves nothing, in whatever order a random search comes to it."""
    best = row("constant", compare(TASK, KINDS, **{**OPTIONS, "peak_values": order}))

    assert (best.peak, best.edge) == (1.0, None)
    assert best.score.mean == 0


def test_seeds_of_the_table_did_not_choose_the_peaks():
    """Nor did any of their data; and scores are those of the new starts."""
    for metric in ("loss", "data"):
        before = found().tuned.curves[metric][..., 0]
        after = found().final.curves[metric][..., 0]
        assert before.shape == (len(KINDS) * len(PEAKS), SEEDS)
        assert after.shape == (len(KINDS), SEEDS)
        assert not np.isin(after, before).any()
        assert len(np.unique([*before[0], *after[0]])) == 2 * SEEDS

    for name, rates in {"constant": [0.9] * STEPS, "linear": LINE, "line": LINE}.items():
        expected = (starts(found().final) * left(rates)).mean()
        np.testing.assert_allclose(row(name).score.mean, expected, rtol=2e-5, atol=0)


def test_kinds_see_the_same_starts_and_data():
    """At each seed and update."""
    for result in (found().tuned, found().final):
        data = result.curves["data"]
        assert len(np.unique(data[0])) == SEEDS * STEPS
        np.testing.assert_array_equal(data, np.broadcast_to(data[0], data.shape))
        first = result.curves["loss"][..., 0]
        np.testing.assert_array_equal(first, np.broadcast_to(first[0], first.shape))


def test_differences_are_paired():
    """Mean and interval of what is between two kinds, seed by seed, as SciPy has it."""
    gaps = starts(found().final) * (left(LINE) - left([0.9] * STEPS))
    interval = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
    difference = row("linear").difference

    np.testing.assert_allclose(
        [difference.difference, difference.low, difference.high],
        [gaps.mean(), *interval],
        rtol=1e-4,
        atol=0,
    )
    assert (difference.num_better, difference.num_seeds) == (0, SEEDS)
    assert row("constant").difference.difference == 0


def test_two_that_are_the_same_tie():
    """A difference of 0, not so that from a kind that is worse at every seed."""
    kinds = {"linear": KINDS["linear"], "again": KINDS["linear"], "wild": KINDS["wild"]}
    twice = compare(TASK, kinds, **OPTIONS)
    same, worse = row("again", twice).difference, row("wild", twice).difference

    assert twice.baseline == "linear"
    assert (same.low, same.difference, same.high) == (0, 0, 0)
    assert 0 < worse.low < worse.difference < worse.high


def test_losses_on_the_way_and_at_the_end():
    """The mean of the loss is the area below it; the end is a twentieth: one update."""
    ratio = np.cumprod([1, *[0.1**2] * (STEPS - 1)])
    losses = starts(found().final)[:, None] * ratio
    area = np.trapezoid(losses, axis=1).mean() / (STEPS - 1)

    np.testing.assert_allclose(row("constant").mean_loss, area, rtol=1e-5, atol=0)
    last = row("constant").final_loss.mean
    np.testing.assert_allclose(last, losses[:, -1].mean(), rtol=2e-5, atol=0)


def test_time_to_the_target():
    """0.9 leaves a hundredth each update, so 2 are enough; a wild one never gets there."""
    times = [row(name).time for name in ("constant", "wild")]

    assert (times[0].median, times[0].num_reached) == (2, SEEDS)
    assert (times[1].median, times[1].num_reached) == (np.inf, 0)
    assert dataclasses.replace(found(), target=None).rows[0].time is None


def test_sensitivity_is_over_the_peaks():
    """Deviation and range of what they leave, means over the seeds of the tuning."""
    scores = starts(found().tuned).mean() * np.array([left([p] * STEPS) for p in PEAKS])

    measured = row("constant").sensitivity, row("constant").score_range
    np.testing.assert_allclose(measured, [scores.std(), np.ptp(scores)], rtol=1e-5, atol=0)


def test_what_diverges_is_counted_and_comes_last():
    """Beyond float32 there is no score; the other peaks are not at fault."""
    kinds = {"some": lambda peak: js.Constant(peak if peak < 0.5 else 1e5), **KINDS}
    kinds["all"] = lambda peak: js.Constant(1e5 * peak)
    lost = compare(TASK, kinds, **OPTIONS)
    some, every = row("some", lost), row("all", lost)

    assert (some.num_diverged, some.num_tuned) == (SEEDS, 3 * SEEDS)
    assert (some.peak, some.edge, some.score.num_diverged) == (0.3, None, 0)
    assert lost.rows[-1] is every
    assert (every.num_diverged, every.num_tuned) == (3 * SEEDS, 3 * SEEDS)
    assert (every.peak, every.edge, every.score.num_diverged) == (0.1, None, SEEDS)
    values = [every.score.mean, every.difference.difference, every.mean_loss]
    assert np.isnan([*values, every.sensitivity, every.score_range]).all()


def test_best_comes_first_in_either_direction():
    """An accuracy of 1 - x^2 ranks as x^2 does, against any baseline."""
    options = {**OPTIONS, "peak_values": [0.01, 0.02], "baseline": "linear"}
    down = compare(TASK, KINDS, **options)
    up = compare(TASK, KINDS, **{**options, "score": "accuracy", "mode": "max"})

    for ranked, sign in ((down, -1), (up, 1)):
        assert [row.name for row in ranked.rows][:2] == ["wild", "constant"]
        assert {row.peak for row in ranked.rows} == {0.02}
        assert sign * ranked.rows[0].difference.difference > 0.5
        assert ranked.rows[0].difference.num_better == SEEDS


def test_two_programs_train_all(monkeypatch):
    """All kinds, peaks and seeds at once, then the chosen; another key uses them again."""
    calls = []

    def counted(task, members, **options):
        calls.append((sweeps.num_members(members.schedules), options["num_seeds"]))
        return sweeps.run(task, members, **options)

    monkeypatch.setitem(compare.__globals__, "run", counted)
    counts = []
    for seed in (3, 4):
        task = Descent(traces=[])
        if seed == 3:
            sweeps.clear_programs()
        compare(task, KINDS, **{**OPTIONS, "key": jax.random.key(seed)})
        counts.append(len(task.traces))

    assert calls == 2 * [(12, SEEDS), (4, SEEDS)]
    assert 0 < counts[0] <= 3  # for the shapes, and for each of the two programs
    assert counts[1] == 0


def test_overhead_is_against_a_constant(monkeypatch):
    """Of the tuned schedules; never with more copies than the tuning has trained."""

    def measured(task, schedules, *, num_steps, num_members, repeats):
        constant, *tuned = schedules.values()
        assert (constant(0), constant(11)) == (np.float32(0.1), np.float32(0.1))
        assert [schedule(0) for schedule in tuned] == [np.float32(0.9)] * 2
        assert (num_steps, num_members, repeats) == (STEPS, 24, 3)
        return dict(zip(schedules, (1.0, 1.25, 1.5), strict=True))

    monkeypatch.setitem(compare.__globals__, "measure_overhead", measured)
    kinds = {name: KINDS[name] for name in ("constant", "linear")}
    costs = compare(TASK, kinds, **{**OPTIONS, "overhead_turns": 3})

    assert costs.overhead == {"constant": 1.25, "linear": 1.5}
    assert row("linear", costs).overhead == 1.5
    assert costs.table().rows[1][-1] == "1.50 x"


def test_overhead_is_measured():
    """For real, by name."""
    options = {**OPTIONS, "num_steps": 1, "peak_values": [0.1], "overhead_turns": 1}
    costs = compare(TASK, {"constant": js.Constant}, **options)

    assert list(costs.overhead) == ["constant"]
    assert costs.overhead["constant"] > 0


def test_a_single_update():
    """Of which the loss is that of the start, at the end and on the way."""
    once = compare(TASK, KINDS, **{**OPTIONS, "num_steps": 1})
    start = starts(once.final).mean()

    losses = [[row.mean_loss, row.final_loss.mean] for row in once.rows]
    np.testing.assert_allclose(losses, start, rtol=1e-6, atol=0)


def test_a_loss_that_is_evaluated():
    """Its mean is over the updates between the evaluations."""
    options = {**OPTIONS, "loss": "error", "chunk_steps": 6}
    evaluated = compare(TASK, KINDS, **options)
    start = starts(evaluated.final).mean()
    expected = start * (left([0.9] * 6) + left([0.9] * 12)) / 2

    best = row("constant", evaluated)
    np.testing.assert_allclose(best.mean_loss, expected, rtol=1e-4, atol=0)
    assert best.final_loss == best.score


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"schedules": {}}, "compare needs a schedule or more, by name, got"),
        ({"schedules": [js.Constant(0.1)]}, "compare needs a schedule or more, by name"),
        ({"num_seeds": 1}, "compare needs num_seeds >= 2, got num_seeds=1"),
        ({"num_seeds": 0}, r"compare\(num_seeds=...\) must be an integer above 0"),
        ({"peak_values": []}, r"compare needs peak values, got \[\]"),
        ({"peak_values": [0.1, -0.1]}, r"compare\(peak_values=...\) must be above 0"),
        ({"peak_values": [np.nan]}, r"compare\(peak_values=...\) must be a number"),
        ({"peak_values": [np.inf]}, "compare needs finite peak_values, got inf"),
        ({"baseline": "cosine"}, r"compare\(baseline=...\) must be one of 'constant'"),
        ({"mode": "best"}, r"compare\(mode=...\) must be one of 'min', 'max'"),
        ({"score": "acc"}, r"compare\(score=...\) must be one of 'data', 'loss', 'acc"),
        ({"loss": "los"}, r"compare\(loss=...\) must be one of 'data', 'loss', 'acc"),
        ({"confidence": 95}, "compare needs 0 < confidence < 1, got confidence=95"),
        ({"num_steps": 0}, r"run\(num_steps=...\) must be an integer above 0"),
        ({"overhead_turns": -1}, r"compare\(overhead_turns=...\)"),
    ],
    ids=lambda value: next(iter(value), "") if isinstance(value, dict) else "",
)
def test_errors(wrong, words, monkeypatch):
    """All before anything is trained."""
    monkeypatch.setattr("jaxsched.sweeps._engine.Trainer", None)
    with pytest.raises(ValueError, match=words):
        compare(TASK, **{"schedules": KINDS, **OPTIONS, **wrong})
