"""Tables of comparisons that nobody ran, from the numbers that they are to have."""

import csv
import dataclasses
import io
import json

import numpy as np
import pytest

from jaxsched.analysis import ScheduleComparison, TextTable, side_by_side

from ..sweeps.outcomes import outcome, trajectories

NAN, INF = np.nan, np.inf
NAMES = ["constant", "linear|tail", "<wild>"]


def settings(peaks):
    """A row for each name and peak."""
    return [{"family": name, "peak_value": p} for name, of in peaks.items() for p in of]


def comparison(names=NAMES, final=((3.0, 1.0), (1.0, 1.0), (1.0, NAN))):
    """Three kinds with three peaks each; the last has lost a run of each sweep."""
    tried = settings({name: [0.1, 0.2, 0.4] for name in names})
    tuned = outcome([[4], [3], [5], [3], [2], [1], [1], [NAN], [2]][: len(tried)], tried)
    peaks = dict(zip(names, ([0.2], [0.4], [0.1]), strict=False))
    found = outcome(final, settings(peaks))
    overhead = dict.fromkeys(names, 1.0)
    options = {"baseline": names[0], "target": 1.0, "overhead": overhead}
    return ScheduleComparison(tuned, found, "loss", **options)


def test_text():
    """Means, half of their intervals (12.7 errors with 2 seeds), words for the rest."""
    assert repr(comparison()) == str(comparison())
    lines = str(comparison()).splitlines()
    cells = [[cell.strip() for cell in line.split("  ") if cell] for line in lines[2:6]]

    assert lines[0] == (
        "loss (lower is better): 3 schedules, each with the best of 3 peak values, "
        "1 updates"
    )
    head = ["schedule", "peak", "loss", "minus constant", "sensitivity", "diverged"]
    way = ["final loss", "mean loss", "updates to 1", "overhead"]
    tie, peak = "-1 ± 13 (tie)", "0.4 (highest)"
    assert cells == [
        head + way,
        [*(NAMES[1], peak, "1 ± 0", tie, "0.816", "0 of 3"), *"111", "1.00 x"],
        [*("constant", "0.2", "2 ± 13", "0.816", "0 of 3"), *"221", "1.00 x"],
        [
            *(NAMES[2], "0.1 (lowest)", "1 of 2 diverged", "-", "0.5", "1 of 3"),
            *("-", "-", "1", "1.00 x"),
        ],
    ]
    words = " ".join(lines[7:])
    assert "over 2 seeds that did not choose the peak" in words
    assert words.endswith("no fair number: linear|tail (highest), <wild> (lowest).")
    assert max(map(len, lines[7:])) <= 92


def test_a_difference_beyond_its_interval_is_no_tie():
    """In the cells; nor is one that touches 0 anything else."""
    found = comparison(final=((3.0, 2.0), (1.0, 0.0), (3.0, 2.0)))
    cells = {row[0]: row[3] for row in found.table().rows}

    assert cells == {"linear|tail": "-2 ± 0", "<wild>": "+0 ± 0 (tie)", "constant": ""}


def test_columns_have_the_name_of_the_trajectory():
    """And large intervals are written out."""
    found = comparison(final=((100.0, 400.0), (10.0, 10.0), (0.0, 0.0)))
    renamed = [
        dataclasses.replace(r, curves={"mean_return": r.curves["loss"]})
        for r in (found.tuned, found.final)
    ]
    found = dataclasses.replace(
        found, tuned=renamed[0], final=renamed[1], loss="mean_return", score="mean_return"
    )
    cells = {row[0]: row[2] for row in found.table().rows}

    assert found.table().head[6:8] == ["final mean return", "mean mean return"]
    assert cells["constant"] == "250 ± 1906"  # 12.706 times the error of 150


def test_times():
    """The median; how many of all got there if less than half; never."""
    loss = [[[2.0, 1.0]] * 3, [[2.0, 1.0], *[[2.0, 2.0]] * 2], [[2.0, 2.0]] * 3]
    found = dataclasses.replace(
        comparison(), final=trajectories(loss, settings=comparison().final.settings)
    )
    at = found.table().head.index("updates to 1")

    times = {row[0]: row[at] for row in found.table().rows}
    assert times == {"constant": "2", "linear|tail": "1 of 3", "<wild>": "never"}


def test_the_last_loss_is_a_mean_over_a_twentieth():
    """That of a minibatch alone is noise; NaN if the run diverged, even long before."""
    loss = np.tile(np.arange(40.0), (3, 2, 1))
    loss[2, 0, 5] = INF
    found = dataclasses.replace(
        comparison(), final=trajectories(loss, settings=comparison().final.settings)
    )
    final = {row.name: row.final_loss for row in found.rows}

    assert final["constant"].mean == 38.5
    assert (final["<wild>"].num_diverged, final["<wild>"].num_seeds) == (1, 2)


def test_all_peaks_diverged():
    """Nothing was chosen, and it is said."""
    found = comparison()
    found.tuned.curves["loss"][6:] = INF

    assert found.notes()[-1].endswith("so nothing was chosen: <wild>.")


def test_another_view_of_the_same_runs():
    """Another baseline, target and confidence; less of the table without them."""
    found = dataclasses.replace(
        comparison(), baseline="linear|tail", target=None, overhead={}, confidence=0.6
    )
    head, rows = found.table()

    assert "minus linear|tail" in head
    assert not {"overhead", "updates to 1"} & set(head)
    assert {len(row) for row in rows} == {len(head)}
    assert rows[1][3] == "+1 ± 1.4 (tie)"  # of 2 seeds, tan(0.6 pi / 2) errors
    assert "60% interval" in found.notes()[0]


def test_markdown_and_html_hold_any_name():
    """A bar does not end a cell, nor a sign a tag."""
    scores, way, *notes = comparison().to_markdown().split("\n\n")
    assert notes == comparison().notes()
    for text, num_columns in ((scores, 6), (way, 5)):
        lines = text.splitlines()
        assert len(lines) == 5
        assert lines[1].startswith("| --- | ---: | ---: |")
        assert lines[2].startswith("| linear\\|tail | ")
        bars = {line.replace("\\|", "").count("|") for line in lines}
        assert bars == {num_columns + 1}
    html = comparison()._repr_html_()
    assert html.count("<tr>") == 4
    assert "&lt;wild&gt;" in html
    assert "<wild>" not in html


def test_rows_and_dict():
    """Flat ones for columns; JSON has no NaN."""
    rows = comparison().to_rows()
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    first = next(csv.DictReader(io.StringIO(file.getvalue())))
    assert (first["name"], first["score_mean"]) == ("linear|tail", "1.0")
    assert float(first["difference_difference"]) == -1
    assert float(first["time_median"]) == 1

    record = json.loads(json.dumps(comparison().to_dict(), allow_nan=False))
    assert (record["num_steps"], record["num_seeds"], record["target"]) == (1, 2, 1.0)
    assert record["rows"][2]["score"]["mean"] is None
    assert record["rows"][2]["time"]["median"] == 1


def test_side_by_side():
    """A column each, the best mean rank first."""
    first = comparison()
    second = comparison(final=((3.0, 1.0), (4.0, 4.0), (1.0, 1.5)))
    table = side_by_side({"sgd": first, "adam": second})

    assert table.head == ["schedule", "sgd", "adam", "mean rank"]
    assert [(row[0], row[-1]) for row in table.rows] == [
        ("linear|tail", "2"),
        ("constant", "2"),
        ("<wild>", "2"),
    ]
    assert table.rows[0][1:3] == ["1 ± 0 at 0.4 (highest)", "4 ± 0 at 0.4 (highest)"]
    assert table.rows[2][1] == "1 of 2 diverged at 0.1 (lowest)"

    alone = side_by_side({"adam": second})
    assert [(row[0], row[-1]) for row in alone.rows] == [
        ("<wild>", "1"),
        ("constant", "2"),
        ("linear|tail", "3"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        comparison(NAMES[:2], ((3.0, 1.0), (1.0, 1.0))),
        dataclasses.replace(comparison(), mode="max"),
        dataclasses.replace(comparison(), score="accuracy"),
    ],
    ids=["schedules", "mode", "score"],
)
def test_what_cannot_stand_side_by_side(other):
    """Ranks would be of different things."""
    with pytest.raises(ValueError, match="the same schedules, score and mode"):
        side_by_side({"sgd": comparison(), "adam": other})


def test_nothing_side_by_side():
    with pytest.raises(ValueError, match="needs comparisons, got none"):
        side_by_side({})


def test_a_table_without_rows():
    """Or with a single column."""
    assert str(TextTable(["a", "bc"], [])) == "a  bc"
    assert TextTable(["a"], [["1"]]).to_markdown() == "| a |\n| --- |\n| 1 |"
