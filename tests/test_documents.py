"""What the README and the notebooks show is what happens, and the site has every name."""

import inspect
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import jaxsched as js
from jaxsched import plotting, tasks

ROOT = Path(__file__).parent.parent
# Where schedules are that hold numbers only, and the functions that make them.
OWN = ("jaxsched.schedules", "jaxsched.recipes")
NOTEBOOKS = sorted((ROOT / "colab").glob("*.ipynb"))


def test_the_first_example_runs(capsys):
    """The first code of the README has at most 12 lines and prints the rate in use."""
    code = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[0]

    assert len(code.strip().splitlines()) <= 12
    exec(compile(code, "README.md", "exec"), {})
    assert 0.4 < float(capsys.readouterr().out) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path):
    """Every notebook runs from top to bottom and is stored without its outputs."""
    notebook = nbformat.read(path, as_version=4)

    assert not any(cell.get("outputs") for cell in notebook.cells)
    assert f"/colab/{path.name})" in notebook.cells[0].source  # the badge
    assert "%pip install" in notebook.cells[1].source
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    assert pictures


def test_the_reference_has_every_public_name():
    """Each once: all of the root, and all of the rooms with names of their own."""
    rooms = (js.analysis, js.curves, js.interop, js.sweeps, js.testing, plotting, tasks)
    names = [f"{room.__name__}.{name}" for room in rooms for name in room.__all__]
    modules = {name for name in js.__all__ if inspect.ismodule(getattr(js, name))}
    names += [f"jaxsched.{name}" for name in js.__all__ if name not in modules]
    pages = (ROOT / "docs" / "reference").glob("*.md")
    found = [
        name
        for page in pages
        for name in re.findall(r"^\.\. auto\w+:: ([\w.]+)$", page.read_text(), re.M)
    ]

    assert sorted(found) == sorted(names)


def test_the_gallery_has_every_schedule(monkeypatch):
    """Each recipe, each node that holds numbers only, and each curve, with a formula."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
    import gallery
    from gallery_entries import GROUPS

    entries = [entry for group in GROUPS.values() for entry in group]
    shown = {gallery.named(code)[0] for code, _, _ in entries}
    own = {
        n
        for n in js.__all__
        if str(getattr(getattr(js, n), "__module__", "")).startswith(OWN)
    }

    assert own | {f"curves.{name}" for name in js.curves.__all__} <= shown
    for code, num_steps, formula in entries:
        table = gallery.table(gallery.evaluate(code), num_steps)
        assert "nan" not in table
        assert "inf" not in table
        assert formula or gallery.documented(gallery.named(code)[1])
    assert len(gallery.elsewhere()) > 40
