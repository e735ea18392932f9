"""The page of statistics: what is on it, and that it stays a page."""

import numpy as np
import pytest

from jaxsched.sweeps import (
    count_diverged,
    mean_interval,
    paired_difference,
    rank_stability,
    report,
)

from .outcomes import outcome, trajectories

NAN = np.nan


def pooled(num_families=6, num_seeds=4, num_lost=9):
    """Families with two settings; accuracy best at a peak of 0.4, the last of its axis."""
    rng = np.random.default_rng(0)
    rows = [
        {"family": f"family_{name}", "peak_value": peak, "decay_steps": steps}
        for name in range(num_families)
        for peak in (0.1, 0.2, 0.3, 0.4)
        for steps in (100, 200, 300)
    ]
    for name in ("beta", "power", "clip"):
        for row, value in zip(rows, rng.choice([1, 2], len(rows)), strict=True):
            row[name] = int(value)
    peaks = np.asarray([row["peak_value"] for row in rows])
    accuracy = peaks[:, None, None] + 0.02 * rng.normal(size=(len(rows), num_seeds, 5))
    accuracy += np.linspace(0, 0.5, 5)
    loss = np.ones((len(rows), num_seeds, 50))
    loss[:num_lost, 0, -1] = NAN
    return trajectories(loss, accuracy, [10, 20, 30, 40, 50], rows)


def test_numbers_are_those_of_the_functions():
    """Winner, lead and stability, as the functions give them."""
    result = pooled()
    text = report(result, "accuracy", "max", target=0.8)
    first, second = (int(i) for i in result.ranking("accuracy", "max")[:2])
    mean, low, high, *_ = mean_interval(result, "accuracy", first, method="student")
    lead = paired_difference(
        result, "accuracy", first, second, mode="max", method="student"
    )
    share = rank_stability(result, "accuracy", "max").win_shares[first]

    assert f"{mean:.4g} [{low:.4g}, {high:.4g}]  member {first}: family=" in text
    assert f"{lead.difference:.4g} [{lead.low:.4g}, {lead.high:.4g}]" in text
    assert f"better at {lead.num_better} of 4 seeds, p = {lead.p_value:.3g}" in text
    assert f"wins {share:.0%} of resampled seeds" in text
    assert "peak_value=0.4 is the highest of 0.1 to 0.4" in text
    assert "9 of 288 runs, in 9 members" in text
    worst = max(count_diverged(result), key=lambda row: row.num_diverged / row.num_runs)
    place = f"{worst.family}: {worst.setting} = {worst.values}"
    assert f"{worst.num_diverged} of {worst.num_runs:<5} {place}" in text


@pytest.mark.parametrize("num_families", [1, 6, 40])
@pytest.mark.parametrize("num_seeds", [1, 4])
def test_it_stays_a_page(num_families, num_seeds):
    """At most 25 lines of 92 plain characters, for two members and for hundreds."""
    result = pooled(num_families, num_seeds, num_lost=6 * num_families)
    lines = report(result, "accuracy", "max", target=0.8).splitlines()

    assert 15 < len(lines) <= 25
    assert all(len(line) <= 92 and line.isascii() for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_one_seed():
    """No intervals, and no guess at how firm the ranking is."""
    text = report(pooled(num_seeds=1), "accuracy", "max")

    assert "[nan, nan]" in text
    assert "unknown: one seed" in text


def test_all_diverged():
    """Nobody wins; who failed is said."""
    text = report(outcome([[NAN, 1.0], [1.0, NAN]]), "loss", target=1.0)

    assert "none: every member diverged" in text
    assert "2 of 4 runs, in 2 members" in text
    assert "front" not in text


def test_only_the_winner_is_left():
    """One that diverged is no runner-up; members without settings show their code."""
    text = report(outcome([[NAN, 1.0], [1.0, 2.0]]), "loss")

    assert "member 1: Constant(value=1)" in text
    assert "next" not in text
    assert "difference" not in text


def test_a_target_that_none_reaches():
    """Says so, and names nobody."""
    text = report(outcome([[1.0, 2.0], [3.0, 4.0]]), "loss", target=0.5)

    assert "0 of 4 runs reach 0.5" in text
    assert "median" not in text


def test_a_report_of_nobody_is_refused():
    with pytest.raises(ValueError, match="report needs one member or more, got none"):
        report(pooled().select([]), "accuracy")


def test_unknown_modes_are_refused():
    """By the name of the report."""
    with pytest.raises(ValueError, match=r"report\(mode=...\)"):
        report(outcome([[1.0]]), "loss", "mni")
