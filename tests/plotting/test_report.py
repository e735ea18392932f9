"""The report: it says what the functions found, and stands alone."""

from functools import partial

import numpy as np
import pytest

from jaxsched.plotting import plot_rungs, write_report
from jaxsched.sweeps import mean_interval, paired_difference, report

from ..sweeps.outcomes import outcome, trajectories
from .helpers import NAN, crossed, noisy, pooled
from .pages import Page, assert_sound

EVIL = "<script>alert('$x')</script>&\"_"


def write(folder, result, **options):
    path = folder / "report.html"
    write_report(result, path, **{"score": "loss", **options})
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write(tmp_path_factory.mktemp("report"), pooled(), target=0.5)


def test_it_stands_alone(written):
    """Well-formed HTML, nothing from outside, and the policy forbids it too."""
    page = assert_sound(written)

    assert page.counts["h1"] == page.counts["title"] == 1
    assert "script" not in page.counts
    assert "default-src 'none'" in written
    assert 'name="viewport"' in written
    assert "prefers-color-scheme: dark" in written


def test_it_says_what_was_swept(written):
    """Members, seeds, updates, seconds, runs that diverged."""
    text = Page(written).text

    assert "7 members (schedules) with 3 seeds each: 21 runs of 20 updates" in text
    assert "trained in 0.0 s, compilation included; 1 diverged." in text
    assert "lower is better" in text


def test_the_winner_is_that_of_the_statistics(written):
    """Its interval, settings and code; and the whole text of the statistics."""
    result = pooled()
    text = Page(written).text
    first = int(result.ranking("loss")[0])
    mean, low, high, *_ = mean_interval(result, "loss", first, method="student")

    assert f"loss {mean:.4g} (95% interval {low:.4g} to {high:.4g})" in text
    assert f"Constant(value={first})" in text
    assert f"Member {first} of {result.settings[first]['family']}" in text
    assert report(result, "loss", target=0.5) in text


def test_tables_hold_the_numbers(written):
    """Members from best to worst, with the p-value against the first; families."""
    result = pooled()
    order = result.ranking("loss")
    rows = Page(written).rows
    at = next(i for i, row in enumerate(rows) if row[0] == "rank")
    head, members = rows[at], rows[at + 1 :]

    assert head == ["rank", "member", "family", "peak", "power", "loss",
                    "95% interval", "p", "diverged", "schedule"]  # fmt: skip
    assert [int(row[1]) for row in members] == order.tolist()
    for row in members[1:-1]:
        lead = paired_difference(result, "loss", int(order[0]), int(row[1]))
        assert row[7] == f"{lead.p_value:.4g}"
    assert members[0][7] == members[-1][5] == members[-1][7] == "-"
    assert [row[8] for row in members] == ["0"] * 6 + ["1"]
    families = {row[0]: row for row in rows if row[0] in ("cosine", "power")}
    for family, row in families.items():
        inside = [i for i in order if result.settings[i]["family"] == family]
        assert int(row[1]) == inside[0]
        assert row[3] == f"{result.final('loss')[inside[0]].mean():.4g}"


@pytest.mark.parametrize(
    ("scores", "expected", "unexpected"),
    [
        ([[1.0], [2.0], [3.0]], ["peak=0.1 of the winner is the lowest of 0.1 to 0.4",
                                 "One seed"], ["diverged, in", "cannot"]),
        ([[2.0, 2.0], [1.0, 1.0], [3.0, 3.0]],
         ["2 of the 2 members ranked next cannot be told from the winner",
          "cannot give less than p = 0.5", "Run 6 seeds"], ["of the winner is"]),
        ([[2.0] * 6, [1.0] * 6, [3.0] * 6], ["None: the winner lies within"],
         ["cannot", "of the winner is", "One seed"]),
        ([[2.0] * 6, [1.0] * 6, [1.0] * 5 + [1.5]],
         ["1 of the 2 members ranked next cannot be told", "p > 0.05): 2."], ["Run"]),
        ([[1.0] * 5 + [1.5], [1.0] * 6, [3.0] * 5 + [NAN]],
         ["1 of the 1 member ranked next cannot be told", "1 of 18 runs"], ["None"]),
        ([[2.0] * 6, [1.0] * 6, [3.0] * 5 + [NAN]],
         ["1 of 18 runs diverged, in 1 of 3 members", "Worst: peak = 0.4, 1 of 6 runs"],
         ["cannot", "None"]),
        ([[NAN], [NAN], [NAN]], ["3 of 3 runs diverged"], ["Worst", "of the winner is"]),
    ],
    ids=["edge", "two seeds", "clear", "tie", "tie and one diverged", "one diverged",
         "all diverged"],
)  # fmt: skip
def test_warnings(scores, expected, unexpected, tmp_path):
    """Each where it holds, and only there."""
    text = Page(write(tmp_path, outcome(scores, crossed(peak=[0.1, 0.2, 0.4])))).text
    warnings = text[text.index("Warnings") : text.index("Pictures")]

    for words in expected:
        assert words in warnings
    for words in unexpected:
        assert words not in warnings


RESULTS = {
    "one run": outcome([[1.0]]),
    "one member": trajectories(np.ones((1, 3, 5))),
    "one seed": outcome([[1.0], [2.0]], crossed(peak=[0.1, 0.2])),
    "all diverged": trajectories([[[1.0, NAN]], [[NAN, NAN]]], settings=[{"x": 1}] * 2),
    "all diverged in two settings": outcome([[NAN]] * 4, crossed(x=[1, 2], y=[1, 2])),
    "all tie": outcome(np.zeros((4, 2)), crossed(x=[1, 2], y=["a", "b"])),
    "no settings": noisy([{}] * 3),
    "no setting in common": outcome([[1.0], [2.0]], [{"x": 1}, {"y": 2}]),
    "evaluated": trajectories(np.ones((2, 2, 5)), np.eye(2)[..., None], [5]),
    "odd settings": outcome(
        [[1.0], [2.0]], [{"n": None, "l": [1], "b": True}, {"n": 1.5, "l": [2], "b": False}]
    ),
    "huge": outcome(10.0 ** np.linspace(-30, 38, 8).reshape(4, 2), crossed(x=[1, 2, 3, 4])),
    "below zero": outcome([[-1.0], [-100.0]], crossed(x=[-1.0, 1.0])),
    "evil": outcome(
        [[1.0, 1.5], [2.0, 0.0]], [{"family": EVIL, EVIL: 1}, {"family": "b", EVIL: EVIL}]
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_any_result_has_a_report(name, tmp_path):
    """Sound, and without a warning of Matplotlib's or NumPy's."""
    text = write(tmp_path, RESULTS[name], target=0.5)
    page = assert_sound(text)

    assert page.counts.get("svg", 0) >= 2
    assert ("Families" in page.texts) == (name == "evil")
    assert ("None: every member diverged at some seed." in text) == ("all div" in name)


def test_text_of_users_is_text(tmp_path):
    """Names of families, settings, metrics and schedules, in words, tables, pictures."""
    result = trajectories(np.ones((2, 1, 2)), settings=[{"family": EVIL}, {"family": "b"}])
    result.curves[EVIL] = result.curves.pop("loss")
    result.schedules[:] = [EVIL, EVIL]
    page = assert_sound(write(tmp_path, result, score=EVIL, pictures={EVIL: _nothing}))

    assert "script" not in page.counts
    assert page.text.count(EVIL) > 6


def test_pictures_of_users(tmp_path):
    """Drawn, numbered and named like the others."""
    halving = {"who was stopped": partial(plot_rungs, [(1, {0: 1.0})])}
    plain = assert_sound(write(tmp_path, pooled()))
    more = assert_sound(write(tmp_path, pooled(), pictures=halving))

    assert more.counts["figure"] == plain.counts["figure"] + 1
    assert "who was stopped" in more.texts


def test_the_same_result_gives_the_same_file(written, tmp_path):
    """To the byte, and whatever the user's own style of pictures."""
    from matplotlib import style

    with style.context("dark_background"):
        assert write(tmp_path, pooled(), target=0.5) == written


def test_a_run_that_was_lost_on_the_way_has_no_score(tmp_path):
    """Though its last value is finite, and the best."""
    result = trajectories([[[1.0, NAN, 0.1]], [[1.0, 1.0, 1.0]]])
    page = Page(write(tmp_path, result))

    assert "Member 1: loss 1 (one seed, so no interval)." in page.texts
    assert "1 of 2 runs diverged, in 1 of 2 members" in page.text
    assert page.rows[-1][1:3] == ["0", "-"]


def test_the_table_ends_at_twenty(tmp_path):
    """Of more members the best."""
    page = Page(write(tmp_path, noisy([{}] * 30)))

    assert "Best 20 of 30 members" in page.texts
    assert len(page.rows) == 21


def test_what_does_not_exist_is_refused(tmp_path):
    """Before anything is written."""
    path = tmp_path / "report.html"
    with pytest.raises(KeyError, match="'acc' must be one of loss"):
        write_report(pooled(), path, score="acc")
    with pytest.raises(ValueError, match=r"write_report\(mode=...\)"):
        write_report(pooled(), path, score="loss", mode="mni")
    assert not path.exists()


def _nothing(axes):
    return axes
