"""Families of schedules, summarised."""

import numpy as np
import pytest

import jaxsched as js
from jaxsched.sweeps import SweepResult, measure_overhead, summarise

INF, NAN = np.inf, np.nan


def pooled(loss, accuracy, families):
    """Two seeds of each member; 40 steps, evaluated after 20 and 40."""
    return SweepResult(
        curves={"loss": np.asarray(loss, np.float32)},
        evaluations={"accuracy": np.asarray(accuracy, np.float32)},
        eval_steps=np.asarray([20, 40]),
        settings=[{"family": name} for name in families],
        schedules=["Constant(value=0.1)"] * len(families),
        seeds=[0, 1],
        seconds=1.0,
    )


def falling(last):
    """From 8 to a last value, which stays for the last two steps."""
    return [[8.0] * 37 + [last / 2, last, last]] * 2


def test_family_is_judged_by_its_best_member():
    """Best family first; scores, losses and targets are of its best member."""
    result = pooled(
        loss=[falling(4.0), falling(2.0), falling(1.0)],
        accuracy=[
            [[0.25, 0.5], [0.25, 0.5]],
            [[0.5, 0.75], [0.25, 0.75]],
            [[0.75, 1.0], [0.5, 0.5]],
        ],
        families=["a", "a", "b"],
    )
    first, second = summarise(result, score="accuracy", target=0.75)

    assert (first.family, first.best_member, second.family) == ("a", 1, "b")
    assert (first.score, first.score_std, second.score_std) == (0.75, 0.0, 0.25)
    assert (first.final_loss, first.best_loss) == (2.0, 1.5)
    assert (first.steps_to_target, second.steps_to_target) == (40, INF)
    assert (first.sensitivity, second.sensitivity) == (0.125, 0.0)
    assert (first.num_diverged, second.num_diverged) == (0, 0)


def test_what_takes_the_place_of_a_loss_may_rise():
    """A return, for instance: its best is its highest mean on the way."""
    result = pooled(
        loss=[falling(4.0)], accuracy=[[[0.25, 0.5], [0.25, 0.5]]], families=["a"]
    )
    options = {"score": "accuracy", "target": 0.75}
    (lowest,) = summarise(result, **options)
    (highest,) = summarise(result, **options, loss_mode="max")

    assert (lowest.best_loss, highest.best_loss) == (3.0, 8.0)
    assert lowest.final_loss == highest.final_loss == 4.0


def test_diverged_members_are_counted_and_nothing_more():
    """They do not make the spread of their family, and nothing is warned of."""
    bad = [[8.0] * 39 + [INF]] * 2
    result = pooled(
        loss=[bad, falling(1.0), bad],
        accuracy=[
            [[NAN, NAN], [0.0, 0.0]],
            [[0.5, 0.75], [0.25, 0.75]],
            [[INF, -INF], [INF, INF]],
        ],
        families=["a", "a", "b"],
    )
    first, second = summarise(result, score="accuracy", target=0.75)

    assert (first.family, first.best_member, first.num_diverged) == ("a", 1, 2)
    assert first.sensitivity == 0.0
    assert (second.family, second.num_diverged) == ("b", 2)
    assert np.isnan(second.sensitivity)


def test_what_diverged_on_its_way_has_no_score():
    """Though its last value is a number: the spread is that of the others."""
    bad = [[NAN] + [1.0] * 39] * 2
    result = pooled(
        loss=[bad, falling(1.0), falling(1.0)],
        accuracy=[[[0.0, 0.0]] * 2, [[0.5, 0.75]] * 2, [[0.5, 0.75]] * 2],
        families=["a", "a", "a"],
    )
    (found,) = summarise(result, score="accuracy", target=0.75)

    assert found.sensitivity == 0.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "Max"}, r"mode=...\) must be one of 'min', 'max', got 'Max'"),
        ({"loss_mode": "Min"}, r"loss_mode=...\) must be one of 'min', 'max', got 'Min'"),
        ({"loss": "los"}, r"loss=...\) must be one of 'loss', got 'los'"),
    ],
)
def test_errors(options, words):
    result = pooled([falling(1.0)], [[[0.5, 0.75]] * 2], ["a"])
    with pytest.raises(ValueError, match=words):
        summarise(result, **{"score": "accuracy", "target": 0.75, **options})


@pytest.mark.parametrize(
    ("schedules", "repeats", "words"),
    [({}, 1, "one schedule or more"), ({"a": js.Constant(0.1)}, 0, "repeats=...")],
)
def test_an_overhead_of_nothing_is_refused(schedules, repeats, words):
    with pytest.raises(ValueError, match=words):
        measure_overhead(None, schedules, repeats=repeats)


def test_spike_leaves_no_trace_in_later_means():
    """A loss of 1e30 on the way does not cost the last losses their digits."""
    spiked = [[1e30] * 2 + [0.125] * 38] * 2
    result = pooled([spiked], [[[0.5, 0.5]] * 2], ["a"])
    (summary,) = summarise(result, score="accuracy", target=1.0)

    assert summary.final_loss == summary.best_loss == 0.125
