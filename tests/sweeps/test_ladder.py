"""Rungs, promotions and brackets, against the papers' own tables and plain lists."""

import itertools

import numpy as np
import pytest

from jaxsched.sweeps._ladder import Ladder, bracket_sizes, rungs_of

# Rungs.


@pytest.mark.parametrize(
    ("num_steps", "min_steps", "eta", "expected"),
    [
        (81, 1, 3, [1, 3, 9, 27, 81]),
        (81, 9, 3, [9, 27, 81]),
        (81, 8, 3, [9, 27, 81]),
        (81, 10, 3, [27, 81]),
        (100, 11, 3, [11, 33, 100]),
        (100, 1, 2, [1, 3, 6, 12, 25, 50, 100]),
        (16, 1, 4, [1, 4, 16]),
        (10, 10, 3, [10]),
        (2, 1, 3, [2]),
        (1, 1, 2, [1]),
    ],
)
def test_rungs(num_steps, min_steps, eta, expected):
    """From the end down by the factor, rounded down, none before it is allowed."""
    assert rungs_of(num_steps, min_steps, eta) == expected


# Brackets. Li et al. 2018, table 1: members and updates of each, R = 81, eta = 3.
PAPER = {
    4: [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    3: [(34, 3), (11, 9), (3, 27), (1, 81)],
    2: [(15, 9), (5, 27), (1, 81)],
    1: [(8, 27), (2, 81)],
    0: [(5, 81)],
}


def test_brackets_are_the_papers():
    """With as many members as the paper's table has."""
    rungs = rungs_of(81, 1, 3)
    sizes = bracket_sizes(143, len(rungs), 3)
    brackets = np.random.default_rng(0).permutation(np.repeat(np.arange(5), sizes))
    ladder = Ladder(rungs, 3, brackets, np.zeros(143, int))

    found = {s: [] for s in PAPER}
    alive = np.random.default_rng(1).permutation(143)
    for i, done in enumerate(rungs):
        for s, rows in found.items():
            rows.append(((brackets[alive] == s).sum(), done))
        alive = np.random.default_rng(i).permutation(ladder.climbers(i, alive))
    # The paper starts a bracket where it is cut first.
    for s, rows in found.items():
        assert rows[4 - s :] == PAPER[s]
        assert {num for num, _ in rows[: 5 - s]} == {PAPER[s][0][0]}
    updates = sum(
        num * (done - before)
        for rows in PAPER.values()
        for (num, done), before in zip(rows, [0, *(d for _, d in rows)], strict=False)
    )
    assert ladder.mean_steps == updates // 143


@pytest.mark.parametrize("eta", [2, 3, 4])
@pytest.mark.parametrize("num_rungs", range(1, 8))
def test_brackets_share_out_all_members(eta, num_rungs):
    """Any number of them; the paper's own number gives the paper's own sizes."""
    paper = [int(np.ceil(num_rungs * eta**s / (s + 1))) for s in range(num_rungs)]

    assert bracket_sizes(sum(paper), num_rungs, eta) == paper
    for num in (1, 2, 7, 100, 512):
        sizes = np.asarray(bracket_sizes(num, num_rungs, eta))
        ideal = num * np.asarray(paper) / sum(paper)
        assert sizes.sum() == num
        assert (np.abs(sizes - ideal) < 1).all()


# Promotions.


@pytest.mark.parametrize("seed", range(20))
def test_climbers_are_the_best_of_their_bracket_and_group(seed):
    """As a loop over lists finds them."""
    rng = np.random.default_rng(seed)
    num, eta, last = int(rng.integers(1, 60)), int(rng.integers(2, 5)), 3
    brackets = rng.integers(0, last + 1, num)
    ranking = rng.permutation(num)[: rng.integers(1, num + 1)]
    groups = rng.integers(0, 1 + seed % 3, num)
    ladder = Ladder([1, 2, 3, 4], eta, brackets, groups)

    for rung in range(last + 1):
        expected = []
        for s, group in itertools.product(range(last + 1), range(3)):
            mine = [int(m) for m in ranking if (brackets[m], groups[m]) == (s, group)]
            if last - s <= rung < last and mine:
                mine = mine[: max(1, len(mine) // eta)]
            expected += mine
        assert ladder.climbers(rung, ranking).tolist() == sorted(expected)
