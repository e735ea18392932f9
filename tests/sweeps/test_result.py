"""What can be asked of a result: rankings, targets, bests, tables."""

import numpy as np
import pytest

from jaxsched.sweeps import SweepResult

NAN, INF = np.nan, np.inf


def result(loss, accuracy=None, eval_steps=(), settings=None):
    """A result of given curves, `[members, seeds, steps]`."""
    loss = np.asarray(loss, np.float32)
    evaluations = {} if accuracy is None else {"accuracy": np.asarray(accuracy, np.float32)}
    return SweepResult(
        curves={"loss": loss},
        evaluations=evaluations,
        eval_steps=np.asarray(eval_steps, np.int64),
        settings=settings or [{"value": k / 10} for k in range(len(loss))],
        schedules=[f"Constant(value={k / 10})" for k in range(len(loss))],
        seeds=list(range(loss.shape[1])),
        seconds=1.5,
    )


TWO_SEEDS = result(
    [
        [[3, 2, 1.0], [3, 2, 3.0]],  # mean 2
        [[3, 1, 0.5], [3, 2, 0.5]],  # mean 0.5
        [[3, 1, 0.1], [3, NAN, NAN]],  # diverged with one seed
        [[3, 1, 0.1], [3, NAN, 0.1]],  # diverged on the way
        [[3, 2, 1.5], [1, 1, 2.5]],  # mean 2: a tie
    ],
    accuracy=[
        [[0.125, 0.875], [0.125, 0.875]],
        [[0.5, 0.5], [0.5, 0.5]],
        [[0.875, 1.0], [0.875, 1.0]],
        [[0.875, 1.0], [0.875, 1.0]],
        [[0.25, 0.75], [0.25, 1.0]],  # mean 0.875: a tie
    ],
    eval_steps=[2, 3],
)


def test_sizes():
    """Members and steps are counted, seeds are not members."""
    assert (TWO_SEEDS.num_members, TWO_SEEDS.num_steps) == (5, 3)


def test_repr_says_what_there_is():
    """And not every number: a prompt or a notebook shows it."""
    assert repr(TWO_SEEDS) == (
        "SweepResult(5 members, 2 seeds, 3 updates, 2 diverged: loss, accuracy)"
    )


def test_select():
    """Some members as a result of their own, in the order given; the seeds stay."""
    some = TWO_SEEDS.select([4, 1])

    assert (some.num_members, some.num_steps, some.seeds) == (2, 3, [0, 1])
    assert some.settings == [{"value": 0.4}, {"value": 0.1}]
    assert some.schedules == ["Constant(value=0.4)", "Constant(value=0.1)"]
    assert some.final("loss").tolist() == [[1.5, 2.5], [0.5, 0.5]]
    assert some.ranking("accuracy", mode="max").tolist() == [0, 1]
    assert repr(TWO_SEEDS.select(range(5)).rows()) == repr(TWO_SEEDS.rows())


def test_series():
    """After each update, or where it was evaluated."""
    steps, loss = TWO_SEEDS.series("loss")
    assert (steps.tolist(), loss.shape) == ([1, 2, 3], (5, 2, 3))
    steps, accuracy = TWO_SEEDS.series("accuracy")
    assert (steps.tolist(), accuracy.shape) == ([2, 3], (5, 2, 2))
    with pytest.raises(KeyError, match="'los' must be one of loss, accuracy"):
        TWO_SEEDS.series("los")


def test_ranking_puts_the_diverged_last():
    """By the mean over seeds; ties and the diverged in the order of their numbers."""
    assert TWO_SEEDS.ranking("loss").tolist() == [1, 0, 4, 2, 3]
    assert TWO_SEEDS.ranking("accuracy", mode="max").tolist() == [0, 4, 1, 2, 3]
    assert TWO_SEEDS.ranking("loss", mode="max").tolist() == [0, 4, 1, 2, 3]


def test_ranking_of_what_is_not_finite():
    """NaN, infinities of both signs and overflow are last, and nothing is warned of."""
    top = float(np.finfo(np.float32).max)
    found = result(
        [[[INF], [-INF]], [[NAN], [0]], [[top], [top]], [[-INF], [-INF]], [[0], [1]]]
    )

    assert found.ranking("loss").tolist() == [4, 2, 0, 1, 3]
    assert found.ranking("loss", mode="max").tolist() == [2, 4, 0, 1, 3]
    assert len(found.table("loss").splitlines()) == 6


def test_diverged():
    """A run with any number that is not finite, reported or evaluated."""
    assert TWO_SEEDS.diverged.tolist() == [
        [False, False],
        [False, False],
        [False, True],
        [False, True],
        [False, False],
    ]
    evaluated = result([[[1.0]], [[1.0]]], [[[INF]], [[1.0]]], [1])
    assert evaluated.diverged.tolist() == [[True], [False]]


def test_final_and_best():
    """The last value, and the best on the way whatever came between."""
    assert TWO_SEEDS.final("accuracy")[4].tolist() == [0.75, 1.0]
    best = TWO_SEEDS.best("loss")
    np.testing.assert_array_equal(best[1], [0.5, 0.5])
    np.testing.assert_array_equal(best[2], np.float32([0.1, 3]))
    np.testing.assert_array_equal(TWO_SEEDS.best("loss", "max")[4], [3, 2.5])
    np.testing.assert_array_equal(result([[[NAN, INF]]]).best("loss"), [[NAN]])


def test_steps_to_a_target():
    """Updates done when a metric first is there; infinity where it never is."""
    steps = TWO_SEEDS.steps_to("loss", 1.0)
    assert steps.tolist() == [[3, INF], [2, 3], [2, INF], [2, 3], [INF, 1]]
    assert TWO_SEEDS.steps_to("accuracy", 0.875, mode="max").tolist()[:2] == [
        [3, 3],
        [INF, INF],
    ]
    assert TWO_SEEDS.steps_to("accuracy", 0.5, mode="max")[1].tolist() == [2, 2]


def test_rows():
    """One flat row for each member and seed, with its settings and last values."""
    rows = TWO_SEEDS.rows()

    assert [(row["member"], row["seed"]) for row in rows[:3]] == [(0, 0), (0, 1), (1, 0)]
    assert rows[1] == {
        "member": 0,
        "seed": 1,
        "value": 0.0,
        "final_loss": 3.0,
        "final_accuracy": 0.875,
        "diverged": False,
    }


def test_table_shows_the_best():
    """The best members, one a line, with their settings."""
    lines = TWO_SEEDS.table("loss", top=2).splitlines()

    assert len(lines) == 3
    assert "value=0.1" in lines[1]
    assert lines[1].split()[:2] == ["1", "0.5"]


def test_unknown_metrics_are_refused():
    """The error names those that there are."""
    with pytest.raises(KeyError, match="'acc' must be one of loss, accuracy"):
        TWO_SEEDS.final("acc")


@pytest.mark.parametrize("ask", [TWO_SEEDS.ranking, TWO_SEEDS.best, TWO_SEEDS.table])
def test_unknown_modes_are_refused(ask):
    """A slip of the pen does not rank the other way round."""
    with pytest.raises(
        ValueError, match=r"mode=...\) must be one of 'min', 'max', got 'mni'"
    ):
        ask("loss", mode="mni")
