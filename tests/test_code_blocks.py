"""Every code block of every page is run: by doctest, or as it is by these tests.

`python -m tests.code_blocks` prints which. A new block of any page is found by itself.
"""

import os
import re
import subprocess
import sys
import tomllib

import pytest

import jaxsched as js

from .code_blocks import COMMANDS, ROOT, blocks
from .sweeps.hosts import free_port

pytestmark = pytest.mark.slow
BLOCKS = blocks()
CI = (ROOT / ".ci" / "run").read_text()
README_LINES = (ROOT / "README.md").read_text().splitlines()

SMALL = {  # what a command is given so that it ends soon
    "python -m jaxsched sweep digits": "--members 26 --steps 20",
    "python -m jaxsched sweep chars": "--members 2 --steps 2",
    "python -m jaxsched sweep cartpole": "--members 2 --steps 2",
}
NOT_HERE = {  # what cannot run inside a test, and who does it
    "pip install": "needs a fresh environment: CI has one for each line of the README",
    "pytest": "runs this test",
    "ruff check .": "CI's own step",
    "ruff format .": "would write: CI's own step, with --check",
    "pyright": "CI's own step",
    "bash .ci/run": "CI itself",
}


def named(found):
    """Blocks with the same text are one; it has the name of the first."""
    first = {block.text: block for block in reversed(found)}
    return [
        pytest.param(block, id=f"{block.page}:{block.line}") for block in first.values()
    ]


def told(runner, *languages):
    return [b for b in BLOCKS if b.runner == runner and b.language in languages]


def left_out(command):
    return next((start for start in NOT_HERE if command.startswith(start)), None)


def parts(line):
    return [part.strip() for part in line.split("&&")]


def typed(page=""):
    """The lines of all blocks, or of those of a page, without what cannot run here."""
    found = told("test_code_blocks", *COMMANDS)
    lines = [line for block in found if page in block.page for line in block.commands]
    kept = [[part for part in parts(line) if not left_out(part)] for line in lines]
    return list(dict.fromkeys(" && ".join(some) for some in kept if some))


def run(arguments, folder, timeout=300):
    """In a folder of its own, with this interpreter and this copy of the package."""
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    return subprocess.run(
        arguments,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_every_block_has_somebody_to_run_it():
    """Give a block the language of what is in it, or a rule for that language."""
    nobody = [f"{b.page}:{b.line}: {b.language!r}" for b in BLOCKS if b.runner == "nobody"]

    assert nobody == []


def test_doctest_reads_every_page_with_prompts():
    """From pytest's own list of folders, and with nothing skipped."""
    paths = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]
    read = tuple(paths["ini_options"]["testpaths"])
    prompted = [block for block in BLOCKS if block.runner == "doctest"]

    assert prompted
    assert all(block.page.startswith(read) for block in prompted)
    assert not [block.page for block in prompted if "+SKIP" in block.text]


@pytest.mark.parametrize("block", named(told("test_code_blocks", "python")))
def test_python_runs(block, tmp_path):
    """As it is, save for the disk that machines share and for who belongs together."""
    code = block.text.replace("/shared", str(tmp_path)).replace(
        "jax.distributed.initialize()",
        f"jax.distributed.initialize('localhost:{free_port()}', 1, 0)",
    )
    done = run([sys.executable, "-W", "error", "-c", code], tmp_path)

    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What a command prints, run when it is first asked for."""
    outputs = {}

    def run_once(command):
        if command not in outputs:
            small = command
            for start, options in SMALL.items():
                small = small.replace(start, f"{start} {options}")
            done = run(["bash", "-euc", small], tmp_path_factory.mktemp("typed"))
            assert done.returncode == 0, done.stderr
            outputs[command] = done.stdout
        return outputs[command]

    return run_once


@pytest.mark.parametrize("command", typed())
def test_commands_run(command, printed):
    """For real, and small."""
    printed(command)


def test_what_is_left_out_is_on_a_page_and_in_ci():
    """CI runs the README's lines that its patterns find, and has the others in its text."""
    patterns = re.findall(r"\$\(grep -m 1 '([^']+)' README\.md\)", CI)
    run_by_ci = {next(ln for ln in README_LINES if words in ln) for words in patterns}
    lines = {line for b in told("test_code_blocks", *COMMANDS) for line in b.commands}
    installing = {line for line in lines if "pip install" in line}

    assert {left_out(part) for line in lines for part in parts(line)} >= set(NOT_HERE)
    assert all(start in "\n".join(typed()) for start in SMALL)
    assert installing == run_by_ci
    for command in ("ruff check .", "ruff format --check .", "pyright"):
        assert f"\n{command}\n" in CI


def form(text):
    """What stays the same with other numbers: labels, columns, the names of rows."""
    lines = [
        " ".join(re.sub(r"\d[\d.]*(e-?\d+)?", "#", x).split()) for x in text.splitlines()
    ]
    rows = [re.sub(r"^(\w+) #.*", r"\1", line) for line in lines]
    return sorted(re.sub(r"^(\w+): .*", r"\1:", line) for line in rows if line)


@pytest.mark.parametrize("block", named(told("test_code_blocks", "text")))
def test_what_is_shown_is_what_a_command_prints(block, printed):
    """In its form: the same labels, columns and rows, in any order, with other numbers."""
    shown = form(block.text)

    assert shown in [form(without_files(printed(line))) for line in typed(block.page)]


def without_files(text):
    """Where files were written is not shown."""
    return re.sub(r"^Written: .*\n", "", text, flags=re.M)


def test_the_gallery_shows_what_it_draws(monkeypatch):
    """Code that is read has the picture and the values beside it, with public names."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import gallery
    from gallery_entries import GROUPS

    drawn = []
    monkeypatch.setattr(gallery, "draw", lambda schedule, *rest: drawn.append(schedule))
    public = {name: getattr(js, name) for name in js.__all__}
    for group, entries in GROUPS.items():
        for number, (code, num_steps, formula) in enumerate(entries):
            text = gallery.entry(group, number, code, num_steps, formula)
            (shown,) = re.findall(r"```python\n(.*?)```", text, re.S)
            made = eval(shown, dict(public))

            assert repr(made) == repr(drawn[-1])
            assert gallery.table(made, num_steps) in text
