"""The pages of results, against what their command writes."""

import re
import sys
from pathlib import Path

import pytest

from jaxsched import tasks

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture
def results(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(DOCS), *sys.path])
    import results

    return results


def tables(page):
    """The heads of its tables, and below each the first cells of the rows."""
    found = []
    for lines in re.findall(r"(?:^\|.*\n)+", page, re.M):
        cells = [line.strip("| \n").split(" | ") for line in lines.splitlines()]
        head = [name for name in cells[0] if name != "overhead"]
        found.append((head, sorted(row[0] for row in cells[2:])))
    return found


@pytest.mark.parametrize("name", tasks.TASKS)
def test_every_page_has_all_schedules_and_optimizers(name, results):
    """In each of its tables, and beside it is its picture."""
    page = (DOCS / f"results-{name}.md").read_text()
    families = sorted(tasks.families(results.SIZES[name].num_steps))
    heads, rows = zip(*tables(page), strict=True)

    assert list(heads[0]) == ["schedule", *results.OPTIMIZERS, "mean rank"]
    assert all(row == families for row in rows)
    assert len(heads) == 1 + 4 * len(results.OPTIMIZERS)
    assert page.count("overhead |") == len(results.OPTIMIZERS)
    assert (DOCS / "images" / f"results-{name}.png").stat().st_size > 10_000


@pytest.mark.slow
def test_the_command_writes_such_a_page(tmp_path, results):
    """Small, and without the measurement of what schedules cost."""
    size = results.Size((0.01, 0.001, 0.001), 10.0, 2, 2, 20, overhead_turns=0)
    results.write("digits", size, tmp_path)
    page = (tmp_path / "results-digits.md").read_text()
    committed = (DOCS / "results-digits.md").read_text()
    titles = [re.findall("^#.*", text, re.M) for text in (page, committed)]
    heads = [[head for head, _ in tables(text)] for text in (page, committed)]

    assert titles[0] == titles[1]
    assert heads[0] == heads[1]
    assert "468 trainings of 20 updates" in page
    assert (tmp_path / "images" / "results-digits.png").read_bytes()[1:4] == b"PNG"
