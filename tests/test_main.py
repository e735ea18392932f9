"""The command line: clear errors before anything is trained, and its members."""

import json
import os
import signal
import subprocess
import sys

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import __main__ as command
from jaxsched import sweeps, tasks
from jaxsched._command_sweep import members


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required: COMMAND"),
        (["sweep", "chess"], "invalid choice: 'chess'"),
        (["sweep", "digits", "--members", "0"], "from 1 to 1000000, got '0'"),
        (["sweep", "digits", "--members", "5"], "multiple of --seeds, got 5 members"),
        (["sweep", "digits", "--steps", "many"], "whole number from 1 to"),
        (["sweep", "digits", "--seed", "-1"], "from 0 to 2147483647, got '-1'"),
        (["sweep", "digits", "--target", "2"], "above 0 and at most 1, got '2'"),
        (["sweep", "chars", "--target", "9"], "above 0 and at most 8, got '9'"),
        (["sweep", "cartpole", "--target", "0"], "above 0 and at most 500, got '0'"),
        (["sweep"], "required: TASK"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_values_end_in_one_line(arguments, words, capsys):
    """And in status 2."""
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)

    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


@pytest.fixture
def _untrained(monkeypatch):
    def trained(*args, **kwargs):
        raise AssertionError("training began")

    monkeypatch.setattr(sweeps, "run", trained)


@pytest.mark.usefixtures("_untrained")
@pytest.mark.parametrize("taken", ["", "results.json", "sweep.png", "report.html"])
def test_unwritable_folder_is_found_before_training(taken, tmp_path, capsys):
    """A file where the folder should be, or a folder where a file should be."""
    out = tmp_path / "out"
    if taken:
        (out / taken).mkdir(parents=True)
    else:
        out.touch()

    assert command.main(["sweep", "digits", "--out", str(out)]) == 2
    err = capsys.readouterr().err
    assert f"--out {out} must be a folder that can be written" in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("_untrained")
@pytest.mark.parametrize("missing", ["matplotlib.figure", "sklearn"])
def test_missing_extra_is_found_before_training(missing, tmp_path, monkeypatch, capsys):
    """The error names what brings it."""
    tasks.load_digits.cache_clear()
    monkeypatch.setitem(sys.modules, missing, None)

    assert command.main(["sweep", "digits", "--out", str(tmp_path)]) == 2
    assert "pip install 'jaxsched[examples]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("num_schedules", [1, 12, 13, 27, 208])
def test_members_are_as_many_as_asked(num_schedules):
    """Spread evenly over the families, each peak once."""
    made = members(num_schedules, num_steps=50)

    assert sweeps.num_members(made.schedules) == num_schedules
    families = [row["family"] for row in made.settings]
    counts = [families.count(family) for family in dict.fromkeys(families)]
    assert max(counts) - min(counts) <= 1
    assert len({tuple(row.items()) for row in made.settings}) == num_schedules


@pytest.mark.parametrize(
    ("chosen", "num_devices"),
    [
        ({}, len(os.sched_getaffinity(0))),
        ({"XLA_FLAGS": "--xla_force_host_platform_device_count=3"}, 3),
        ({"JAX_NUM_CPU_DEVICES": "5"}, 5),
    ],
    ids=["cores", "flags", "variable"],
)
def test_each_core_is_a_device(chosen, num_devices):
    """Unless the user chose a number."""
    names = ("XLA_FLAGS", "JAX_NUM_CPU_DEVICES")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    script = (
        "from jaxsched import __main__ as command; command.use_all_cores(); "
        "import jax; print(len(jax.devices('cpu')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment, **chosen},
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) == num_devices


def test_interrupt_says_what_is_written(tmp_path):
    """Ctrl-C while training: status 130 and one line that says nothing is written."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jaxsched", "sweep", "digits"),
            *("--members", "2", "--steps", "1000000", "--out", str(tmp_path)),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stderr.readline()  # a first quarter is done
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()

    assert process.returncode == 130
    assert "stopped (--checkpoint DIR would save). Written: nothing." in err


@pytest.mark.parametrize(
    ("name", "head", "tail"),
    [
        (
            "digits",
            ("val. accuracy", "final loss", "best loss", "updates to 95%"),
            ("by validation accuracy (mean", "deviation of the accuracy over"),
        ),
        (
            "chars",
            ("val. bits/char", "final loss", "best loss", "updates to 3.5"),
            ("by validation bits per character (", "of the bits per character over"),
        ),
        (
            "cartpole",
            ("val. return", "final return", "best return", "updates to 475"),
            ("by validation return (mean", "deviation of the return over"),
        ),
    ],
)
def test_each_task_is_ranked_by_its_own_score(
    name, head, tail, tmp_path, monkeypatch, capsys
):
    """A table with its columns, the best first, and all files; here with made-up runs."""
    entry = tasks.TASKS[name]

    def made_up(task, schedules, *, num_steps, num_seeds, **options):
        assert type(task) is entry.task
        members, settings = schedules
        num = len(settings)
        rng = np.random.default_rng(0)
        shape = num, num_seeds
        reported = {"learning_rate", "loss", entry.trajectory}
        return sweeps.SweepResult(
            curves={n: rng.uniform(1, 2, (*shape, num_steps)) for n in reported},
            evaluations={entry.score: rng.uniform(0, 1, (*shape, 1)) * entry.most},
            eval_steps=np.asarray([num_steps]),
            settings=settings,
            schedules=[repr(s) for s in sweeps.unstack(members)],
            seeds=list(range(num_seeds)),
            seconds=1.0,
        )

    monkeypatch.setattr(sweeps, "run", made_up)
    monkeypatch.setattr(
        sweeps, "measure_overhead", lambda task, named, **_: dict.fromkeys(named, 1.0)
    )
    options = ["--members", "52", "--steps", "4", "--out", str(tmp_path)]
    assert command.main(["sweep", name, *options]) == 0

    lines = capsys.readouterr().out.splitlines()
    columns = [part for part in lines[2].split("  ") if part]
    assert [c.strip() for c in columns] == [
        "family", "best peak", *head, "sensitivity", "overhead"
    ]  # fmt: skip
    assert all(any(words in line for line in lines) for words in tail)
    scores = [float(line.split()[2]) for line in lines[3:16]]
    assert scores == sorted(scores, reverse=entry.mode == "max")
    assert {path.name for path in tmp_path.iterdir()} == {
        "results.json", "results.csv", "sweep.png", "report.html"
    }  # fmt: skip


def test_the_table_as_json(tmp_path, capsys):
    """All of it and nothing else; a target that is not reached is null."""
    sizes = ["--members", "2", "--seeds", "1", "--steps", "4", "--target", "1.0"]
    assert command.main(["sweep", "digits", *sizes, "--json", "--out", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    result = sweeps.read_json(tmp_path / "results.json")
    best = told["rows"][0]

    assert {row["family"] for row in told["rows"]} == {"constant", "step"}
    assert (told["num_runs"], told["num_diverged"], told["num_steps"]) == (2, 0, 4)
    assert best["schedule"] == result.schedules[best["best_member"]]
    assert best["score"] == result.scores("validation_accuracy").max()
    assert best["steps_to_target"] is None
    assert best["overhead"] > 0
    assert len(told["written"]) == 4


@pytest.mark.parametrize(("num_members", "num_seeds"), [(2, 1), (4, 2)])
def test_one_seed_has_no_spread(tmp_path, capsys, num_members, num_seeds):
    """Neither in the table nor in what is said below it."""
    sizes = ["--members", str(num_members), "--seeds", str(num_seeds), "--steps", "4"]
    assert command.main(["sweep", "digits", *sizes, "--out", str(tmp_path)]) == 0

    assert ("±" in capsys.readouterr().out) == (num_seeds > 1)


@pytest.mark.parametrize("name", sorted(tasks.TASKS))
def test_each_task_reports_what_its_entry_names(name):
    """And its defaults go through the command line's own checks."""
    entry = tasks.TASKS[name]
    names = sweeps.metric_names(
        entry.task(), [js.Constant(entry.low)], key=jax.random.key(0)
    )

    assert {entry.score, entry.trajectory, "learning_rate"} <= set(names)
    assert entry.num_members % 26 == 0  # 13 families x 2 seeds
    assert 0 < entry.target <= entry.most
    assert entry.low < entry.high


@pytest.mark.parametrize("name", sorted(tasks.TASKS))
def test_help_shows_the_defaults_of_the_task(name, capsys):
    with pytest.raises(SystemExit):
        command.main(["sweep", name, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    entry = tasks.TASKS[name]

    assert f"ranks them by {entry.name}." in text
    assert f"updates (default: {entry.num_steps})" in text
    assert f"has converged (default: {entry.target})" in text
