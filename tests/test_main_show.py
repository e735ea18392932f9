"""The command line that tells: what it lists and shows, in a terminal and as JSON."""

import json
import os
import pty
import re
import subprocess
import sys

import numpy as np
import pytest

import jaxsched as js
from jaxsched import __main__ as command
from jaxsched import _command_code as code
from jaxsched import _command_names as names
from jaxsched import controllers, curves, interop
from jaxsched.analysis import describe

WSD = [
    *("warmup_stable_decay_schedule", "init_value=0.0", "peak_value=0.1"),
    *("warmup_steps=10", "stable_steps=60", "decay_steps=30"),
]
BRAILLE = re.compile("[\u2801-\u28ff]")


def told(capsys, *arguments):
    """What a command prints; nothing of it is an error."""
    assert command.main(list(arguments)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def error(capsys, *arguments):
    """The one line of a command that fails, which prints nothing else."""
    assert command.main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_the_list_has_every_name(capsys):
    """Of recipes, nodes, curves and controllers, each with a line of plain text."""
    rows = json.loads(told(capsys, "list", "--json"))
    listed = {row["name"]: row for row in rows}
    recipes = {n for n in js.__all__ if n.endswith("_schedule") and n != "as_schedule"}
    nodes = {
        name
        for room in (js, curves, controllers)
        for name in room.__all__
        if isinstance(getattr(room, name), type)
        and issubclass(getattr(room, name), (js.AbstractSchedule, js.AbstractCurve))
        and not name.startswith("Abstract")
    }

    assert recipes | nodes | {"ReduceOnPlateau", "bundle", "cooldown"} <= set(listed)
    assert len(listed) == len(rows)
    assert {row["group"] for row in rows} == {
        *("recipes", "schedules", "combinators", "curves", "controllers")
    }
    for row in rows:
        assert row["summary"].endswith(".")
        assert not set(row["summary"]) & set("$`\\{}")


def test_the_list_as_text(capsys):
    """By group, names in a column."""
    lines = told(capsys, "list").splitlines()

    assert lines[0] == "recipes"
    assert any(re.fullmatch(r"  Transition +Goes from a to b in T .*", li) for li in lines)


def test_a_reader_that_has_read_enough_is_no_error():
    """As `list | head -1`."""
    done = subprocess.run(
        f"{sys.executable} -m jaxsched list | head -1; echo ${{PIPESTATUS[0]}}",
        *(),
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "recipes\n0\n"
    assert done.stderr == ""


@pytest.mark.parametrize("name", [n for n in names.entries() if n != "Wrapped"])
def test_everything_has_an_example(name):
    """That of its documentation, without any Python to run."""
    entry = names.entry(name)
    thing = entry.make(**names.example(name))

    kinds = (js.AbstractSchedule, js.AbstractCurve, js.Bundle, js.AbstractController)
    assert isinstance(thing, kinds)


def test_show_draws_and_describes(capsys):
    """The curve, its phases, values at 0, 1, the middle and the end, and the code."""
    out = told(capsys, "show", *WSD)
    schedule = js.warmup_stable_decay_schedule(
        0.0, 0.1, warmup_steps=10, stable_steps=60, decay_steps=30
    )

    assert str(describe(schedule)) in out
    assert "0: 0   1: 0.01   50: 0.1   100: 0" in out
    assert out.splitlines()[-1] == repr(schedule)
    assert "example" not in out
    assert "\x1b" not in out
    drawn = [line for line in out.splitlines() if "│" in line]
    assert len(drawn) == 12
    assert BRAILLE.search(drawn[0])
    assert drawn[0].split("│")[0].strip() == "0.1"
    assert drawn[-1].split("│")[0].strip() == "0"
    assert all(len(line) <= 100 for line in out.splitlines()[:16])


def test_what_is_missing_is_taken_from_the_example(capsys):
    """Only what has no default; and it is said."""
    out = told(capsys, "show", "decay_schedule", "decay_steps=100")

    assert "From its example: init_value=1.0." in out
    assert out.splitlines()[-1].endswith("transition_steps=100, curve=Linear())")


def test_show_as_json(capsys):
    """What it is, as `from_dict` takes it, and the numbers of the text."""
    found = json.loads(told(capsys, "show", *WSD, "--json"))
    schedule = interop.from_dict(found["config"])

    assert repr(schedule) == found["repr"]
    assert found["horizon"] == 100
    assert found["values"] == {"0": 0.0, "1": float(schedule(1)), "50": float(schedule(50)),
                               "100": 0.0}  # fmt: skip
    assert [phase["name"] for phase in found["phases"]] == [
        *("warmup", "stable", "decay", "end")
    ]
    assert found["phases"][-1]["stop"] is None


def test_infinity_is_no_number_of_json(capsys):
    """So it is text."""

    def refused(name):
        raise AssertionError(f"{name} is not JSON")

    out = told(capsys, "show", "cooldown", "at=inf", "--json")
    found = json.loads(out, parse_constant=refused)

    assert found["arguments"]["at"] == "inf"
    assert found["horizon"] == 0


@pytest.mark.parametrize("name", ["Cosine", "bundle", "ReduceOnPlateau", "Repeat"])
def test_show_what_is_no_plain_schedule(name, capsys):
    """A curve over its way, a bundle one by one, a controller without a drawing."""
    out = told(capsys, "show", name)
    found = json.loads(told(capsys, "show", name, "--json"))

    assert out.splitlines()[-1] == found["repr"]
    drawn = sum("│" in line for line in out.splitlines())
    assert drawn == {"bundle": 36, "ReduceOnPlateau": 0}.get(name, 12)
    assert name != "Cosine" or "0.5: 0.5" in out
    assert name != "bundle" or list(found["members"]) == [
        *("learning_rate", "b1", "batch_size")
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cosine_decy"], "Did you mean cosine_decay_schedule"),
        (["zzz"], "`list` lists them"),
        (["Transition", "end=1"], "has no end. It takes init_value, end_value"),
        (["Transition", "3"], "'3' must be key=value"),
        (["Transition", "transition_steps=-3"], "must be 0 or more, got -3"),
        (["Transition", "transition_steps=many"], "must be a real number, got 'many'"),
        (["Transition", "curve=Cosin()"], "Did you mean Cosine"),
        (["Transition", "init_value=1+"], "'1+' is not understood"),
        (["Transition", "init_value=[1"], "'[1' is not understood"),
        (["Transition", "init_value=(lambda: 1)()"], "is not known"),
        (["Transition", "init_value=1/0"], "division by zero"),
        (["Transition", "init_value=open('x')"], "'open' is not known"),
        (["Wrapped"], "has no example that needs no Python"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_in_one_line(arguments, words, capsys):
    """With names that are near, and status 2."""
    assert words in error(capsys, "show", *arguments)


@pytest.mark.parametrize(
    "schedule",
    [
        js.warmup_cosine_decay_schedule(0.0, 0.1, 10, 100),
        js.Cooldown(0.5, 0.0, float("inf"), 4, js.curves.Power(2.0)),
        0.1 * js.UniformNoise(0, 0.8, 1.2) + js.PiecewiseConstant([3], [1.0, 2.0]),
        js.bundle(a=0.1, b=js.Table([1.0, 0.5])),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_code_that_repr_prints_is_read(schedule):
    """Back to the same schedule."""
    read = code.evaluated(code.parsed(repr(schedule)), names.known())

    assert repr(read) == repr(schedule)


def test_in_a_terminal_there_is_colour():
    """Through a pseudo-terminal of 60 columns; and no line is wider."""
    ours, theirs = pty.openpty()
    environment = {"TERM": "xterm-256color", "COLUMNS": "60", "PYTHONIOENCODING": "utf-8"}
    hidden = ("NO_COLOR", "FORCE_COLOR")
    environment |= {k: v for k, v in os.environ.items() if k not in hidden} | environment
    with subprocess.Popen(
        [sys.executable, "-m", "jaxsched", "show", *WSD], stdout=theirs, env=environment
    ) as process:
        os.close(theirs)
        out = b""
        while part := _read(ours):
            out += part
    os.close(ours)
    text = out.decode()

    assert process.returncode == 0
    assert "\x1b[36m" in text
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    drawn = [line for line in plain.splitlines() if BRAILLE.search(line)]
    assert len(drawn) == 12
    assert 50 < max(map(len, drawn)) <= 60


def _read(file):
    try:
        return os.read(file, 65_536)
    except OSError:  # the end, of a pseudo-terminal
        return b""


@pytest.mark.parametrize("num_steps", [1, 60, 97, 98, 111, 1_000])
def test_a_line_has_no_gaps(num_steps, monkeypatch):
    """Whatever the range, each column has a dot."""
    from jaxsched import _command_terminal as terminal

    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(terminal, "_writes", lambda text: False)
    *lines, _ = terminal.drawing(js.Transition(1.0, 0.0, num_steps), num_steps, "")
    columns = zip(*(line.partition("|")[2].ljust(49) for line in lines), strict=True)

    assert all("*" in column for column in columns)


def test_where_braille_cannot_be_written():
    """Stars, in plain ASCII."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "jaxsched", "show", *WSD],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.isascii()
    drawn = [line for line in done.stdout.splitlines() if "|" in line]
    assert len(drawn) == 12
    assert drawn[0].count("*") > drawn[5].count("*") > 1


def test_the_drawing_is_the_schedule():
    """A line down the diagonal of dots; a step is one column."""
    from jaxsched import _command_terminal as terminal

    x = np.arange(8) / 7
    line = terminal._dots(1 - x, 8)
    step = terminal._dots((x < 0.5).astype(float), 8)

    np.testing.assert_array_equal(line, np.eye(8, dtype=int))
    np.testing.assert_array_equal(step.sum(axis=0), [1, 1, 1, 1, 7, 1, 1, 1])
    assert terminal._braille(np.eye(4, 2, dtype=int)) == ["\u2811"]
