"""The command line that draws and measures."""

import json
import re
import sys

import pytest

import jaxsched as js
from jaxsched import __main__ as command
from jaxsched import interop
from jaxsched._command_specs import schedule_of

PNG = b"\x89PNG"
COSINE = "cosine_annealing_schedule:peak_value=0.1,decay_steps=100"


def plot(path, *specs):
    return command.main(["plot", *specs, "-o", str(path)])


@pytest.mark.parametrize(
    "spec",
    [
        COSINE,
        "cosine_annealing_schedule(0.1, decay_steps=100)",
        json.dumps(interop.to_dict(js.cosine_annealing_schedule(0.1, decay_steps=100))),
        '{"type": "cosine_annealing_schedule", "peak_value": 0.1, "decay_steps": 100}',
        "js.Transition(0.1, 0.0, 100, js.curves.Cosine())",
        "Transition:init_value=0.1,end_value=0.0,transition_steps=100,curve=Cosine",
        "Transition:init_value=0.1,end_value=0.0,transition_steps=100,curve=Cosine()",
    ],
)
def test_a_spec_is_a_schedule(spec):
    """However it is written."""
    expected = js.cosine_annealing_schedule(0.1, decay_steps=100)

    assert repr(schedule_of(spec)) == repr(expected)


def test_values_with_commas_in_them():
    """Lists and calls are not taken apart."""
    read = schedule_of("Join:schedules=[Transition(0.0, 1.0, 4), 0.5],boundaries=[4]")

    assert repr(read) == repr(js.Join([js.Transition(0.0, 1.0, 4), 0.5], [4]))
    assert repr(schedule_of("3e-4")) == "Constant(value=0.0003)"


def test_the_picture_is_written(tmp_path, capsys):
    """In the format of its ending; several in one, and a file of JSON."""
    config = tmp_path / "rate.json"
    config.write_text(json.dumps(interop.to_dict(js.Transition(0.1, 0.0, 50))))

    assert plot(tmp_path / "a.png", COSINE) == 0
    assert plot(tmp_path / "b.svg", COSINE, str(config), "0.05", "--steps", "60") == 0
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    assert "<svg" in (tmp_path / "b.svg").read_text()
    assert capsys.readouterr().out.splitlines()[0] == f"Written: {tmp_path / 'a.png'}"


def test_a_bundle_is_drawn_in_panels(tmp_path):
    """One for each of its schedules."""
    plan = js.bundle(learning_rate=js.Transition(0.1, 0.0, 50), b1=0.9)

    assert plot(tmp_path / "a.svg", json.dumps(interop.to_dict(plan))) == 0
    text = (tmp_path / "a.svg").read_text()
    assert set(re.findall(r'id="(axes_\d)"', text)) == {"axes_1", "axes_2"}


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        (["nonsense"], "'nonsense' is no schedule, curve or controller"),
        (["Transition:1.0"], "must be key=value,key=value"),
        (["Transition:init_value"], "must be key=value,key=value"),
        (["Transition:init_value=("], "is not understood"),
        (["linear_schedule:ini=1"], "has no ini"),
        (["Cosine"], "must be a schedule or a bundle, got Cosine()"),
        (["{]"], "is no JSON"),
        (["{}"], "must have a 'type'"),
        (['{"type": "Transitoin"}'], "Did you mean Transition"),
        (["missing.json"], "missing.json cannot be read: No such file"),
        (["bundle", "0.1"], "bundle is a bundle, which is drawn alone"),
        (["__import__('os')"], "'__import__' is not known"),
        (["Transition.__class__"], "'Transition.__class__' is not known"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_specs_end_in_one_line(specs, words, tmp_path, capsys):
    """And in status 2, without a file."""
    assert plot(tmp_path / "a.png", *specs) == 2
    out, err = capsys.readouterr()

    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("no/such/folder.png", "cannot be written: No such file or directory"),
        ("", "cannot be written: Is a directory"),
        ("a.xyz", "Format 'xyz' is not supported"),
    ],
)
def test_files_that_cannot_be_written(file, words, tmp_path, capsys):
    """Are named."""
    where = tmp_path / file if file else f"{tmp_path}/a.png"
    if not file:
        (tmp_path / "a.png").mkdir()

    assert plot(where, COSINE) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_without_matplotlib(tmp_path, monkeypatch, capsys):
    """The error names what brings it."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    assert plot(tmp_path / "a.png", COSINE) == 2
    assert "pip install 'jaxsched[examples]'" in capsys.readouterr().err


def test_bench(capsys):
    """Three comparisons, as a table and as JSON; times and ratios are above 0."""
    assert command.main(["bench", "--turns", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert command.main(["bench", "--turns", "3", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]

    assert [line.split("  ")[0] for line in lines[3:]] == [row["what"] for row in rows]
    assert len(rows) == 3
    assert all(row[key] > 0 for row in rows for key in ("ours", "theirs", "ratio"))
    # Whatever the machine does, an eager call is not slower than a closure's.
    assert rows[0]["ratio"] < 1


@pytest.mark.parametrize("command_line", [["bench", "--turns", "0"],
                                          ["plot", COSINE, "-o", "a.png", "--steps", "x"],
                                          ["plot", COSINE], ["show"]])  # fmt: skip
def test_bad_options_end_in_one_line(command_line, capsys):
    """As those of `sweep` do."""
    with pytest.raises(SystemExit) as stopped:
        command.main(command_line)

    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
