"""The table of "Which schedule should I pick?" goes with its calls and its sources."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "which-schedule.md").read_text()
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.M)[2:]
COUNTS = np.arange(1001)


@pytest.fixture(scope="module")
def pick():
    """The schedules of the page, made by its own first block."""
    example = doctest.DocTestParser().get_examples(PAGE)[:5]
    space = {}
    exec("".join(part.source for part in example), space)
    return space["pick"]


def test_each_row_has_its_call(pick):
    """By name, in the same order; the last two are below the table."""
    assert [name for name, _, _ in ROWS[:-2]] == list(pick)


def test_each_row_has_a_reason():
    """A source, a page, or the word folklore."""
    for _, _, reason in ROWS:
        assert re.search(r"\[\d+(, \d+)*\]|\]\(|folklore", reason)


def test_the_schedules_fit_the_run(pick):
    """Never below 0 or above the peak, which most reach; not 0 before the last update."""
    values = {name: np.asarray(schedule(COUNTS)) for name, schedule in pick.items()}
    reached = {name for name, v in values.items() if np.isclose(v.max(), 0.1, rtol=1e-6)}

    for v in values.values():
        assert (v[1:-1] > 0).all()
        assert v.min() >= 0
        assert v.max() <= np.float32(0.1)
        assert np.ptp(v) > 0
    assert values.keys() - reached == {"warmup unknown"}  # its line falls meanwhile


def test_what_is_said_to_fall_to_zero_does(pick):
    """At the count after the last update."""
    names = [name for name, what, _ in ROWS if " to 0" in what]

    assert len(names) == 3
    assert all(pick[name](1000) == 0 for name in names)


def test_every_source_is_cited():
    """And every number that is cited is a source."""
    body, sources = PAGE.split("## Sources")
    listed = re.findall(r"^(\d+)\. ", sources, re.M)
    body = re.sub(r"```.*?```", "", body, flags=re.S)
    groups = re.findall(r"\[(\d+(?:, \d+)*)\]", body)
    cited = {n for group in groups for n in group.split(", ")}

    assert listed == [str(n) for n in range(1, len(listed) + 1)]
    assert cited == set(listed)
