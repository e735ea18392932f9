"""The page that has five libraries' rates beside ours, against what its command prints."""

import pathlib

import pytest

from jaxsched.interop._port import ports_of

from .defects import DEFECTS
from .pairs import PAIRS
from .values import difference, page, recorded, theirs

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "value-by-value.md"
SAID_ANOTHER_WAY = {"LearningRateScheduler", "create_scheduler", "GreedyLR"}


def number(cell):
    try:
        return float(cell.replace("\u2011", "-"))
    except ValueError:
        return None


def test_page_is_what_the_command_prints():
    """Written anew by `python -m tests.interop.values > docs/value-by-value.md`.

    The last digits of a float32, and so what rounding makes of two equal curves, may be
    others on another machine.
    """
    committed, printed = PAGE.read_text().splitlines(), page().splitlines()

    assert len(committed) == len(printed)
    for line, expected in zip(committed, printed, strict=True):
        start, _, last = line.rstrip("| ").rpartition(" | ")
        expected_start, _, expected_last = expected.rstrip("| ").rpartition(" | ")
        assert start == expected_start
        if number(expected_last) is None:
            assert last == expected_last
        else:
            assert number(last) == pytest.approx(number(expected_last), rel=0.2, abs=1e-6)


@pytest.mark.parametrize("peer", PAIRS)
def test_both_have_the_same_rates_in_the_run(peer):
    """To the digits of the library, which are fewer where it computes in float32."""
    few = peer in ("keras", "optax")

    for row, expression in PAIRS[peer].items():
        assert difference(recorded(peer)[row], expression) < (2e-5 if few else 1e-6), row


@pytest.mark.parametrize("peer", PAIRS)
def test_every_scheduler_has_a_row(peer):
    """Every name that `port` takes, functions of transformers by their short ones."""
    rows = {*PAIRS[peer], *(defect.theirs for defect in DEFECTS[peer])}
    names = {recorded(peer)[row]["scheduler"] for row in PAIRS[peer]}

    assert rows == set(recorded(peer))
    taken = {name for name in ports_of(peer) if not name.startswith("get_")}
    assert taken - SAID_ANOTHER_WAY == names


@pytest.mark.parametrize("peer", PAIRS)
def test_what_may_not_be_expected_was_read(peer):
    """At each of the counts, save those that the library refuses."""
    for defect in DEFECTS[peer]:
        case = recorded(peer)[defect.theirs]
        refused = case.get("raises", {}).get("at_step", 2**31)
        assert {count for count in defect.counts if count < refused} <= set(theirs(case))
