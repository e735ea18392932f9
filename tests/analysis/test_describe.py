"""Phases, read off the nodes, against the values that the schedules have."""

import itertools
import math

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves
from jaxsched.analysis import describe

from ..cases import NODES, RANDOM, RECIPES

A = js.Transition(0.0, 1.0, 10)
B = js.Transition(1.0, 0.0, 10, curves.Cosine())
LINE = js.Transition(1.0, 0.0, 100)


def seen(schedule):
    """Start, name and shape of each phase."""
    return [(phase.start, phase.name, phase.shape) for phase in describe(schedule)]


@pytest.mark.parametrize("case", [*NODES, *RANDOM, *RECIPES], ids=lambda case: case.id)
def test_phases_of_every_schedule(case):
    """One after another from 0 to infinity, with the values that the schedule has there."""
    schedule = case.schedule
    phases = describe(schedule)

    assert phases[0].start == 0
    assert phases[-1].stop == math.inf
    assert all(a.stop == b.start for a, b in itertools.pairwise(phases))
    largest = max(abs(phase.first) for phase in phases)
    ranges = [np.arange(p.start, min(p.stop, p.start + 50)) for p in phases]
    values = np.asarray(schedule(np.concatenate(ranges)), np.float64)
    rows = np.split(values, np.cumsum([counts.size for counts in ranges])[:-1])
    ends = [phase.stop - 2.0**-10 for phase in phases[:-1]]
    before = np.asarray(schedule(np.asarray([*ends, 0.0])), np.float64)
    for phase, row, end in zip(phases, rows, before, strict=True):
        assert phase.first == row[0]
        if phase.shape == "constant":
            assert np.unique(row).tolist() == [phase.first]
        if math.isfinite(phase.stop):
            assert phase.last == pytest.approx(end, rel=0.01, abs=largest / 100)
            falls = phase.last < phase.first
            assert phase.name not in ("decay", "cooldown") or falls
            assert phase.name not in ("warmup", "rise") or not falls


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (js.Join([A, 1.0, B], [10, 30]), [(0, "warmup", "linear"), (10, "stable",
         "constant"), (30, "decay", "cosine"), (40, "end", "constant")]),
        (js.Join([js.Join([A, B], [10]), A], [15]), [(0, "warmup", "linear"), (10, "decay",
         "cosine"), (15, "rise", "linear"), (25, "end", "constant")]),
        (js.Join([A, B], [5]), [(0, "warmup", "linear"), (5, "decay", "cosine"),
         (15, "end", "constant")]),
        (js.Join([A, B, 0.5], [10, 10]), [(0, "warmup", "linear"),
         (10, "end", "constant")]),
        (js.Delay(B, 7), [(0, "wait", "constant"), (7, "decay", "cosine"),
         (17, "end", "constant")]),
        (js.Advance(js.Join([A, B], [10]), 4), [(0, "warmup", "linear"),
         (6, "decay", "cosine"), (16, "end", "constant")]),
        (js.Stretch(B, 2.5), [(0, "decay", "cosine"), (25, "end", "constant")]),
        (js.Hold(LINE, 30), [(0, "decay", "linear in steps of 30"),
         (120, "end", "constant")]),
        (js.Every(B, 3), [(0, "decay", "cosine in steps of 3"), (30, "end", "constant")]),
        (js.Warmup(B, 0.0, 5, curves.Power(2.0)), [(0, "warmup", "power (power=2)"),
         (5, "decay", "cosine"), (15, "end", "constant")]),
        (js.Repeat(B, 10, 2, 0.5), [(0, "decay", "cosine"), (10, "cycles",
         "again, each 2 x as long, each 0.5 x as high")]),
        (js.Repeat(js.Join([A, B], [10]), 20), [(0, "warmup", "linear"),
         (10, "decay", "cosine"), (20, "cycles", "again every 20")]),
        (js.Cooldown(1.0, 0.0, 50, 20, curves.SquareRoot()), [(0, "stable", "constant"),
         (50, "cooldown", "square root"), (70, "end", "constant")]),
        (js.Cooldown(B, 0.0, math.inf, 20, curves.Linear()), [(0, "decay", "cosine"),
         (10, "end", "constant")]),
        (js.Switch(1, [A, B]), [(0, "decay", "cosine"), (10, "end", "constant")]),
        (0.5 * B, [(0, "decay", "cosine"), (10, "end", "constant")]),
        (LINE * B + 0.1, [(0, "decay", "linear x cosine"), (10, "stable", "linear"),
         (100, "end", "constant")]),
        (js.Constant(1.0) / js.Constant(2.0), [(0, "stable", "constant")]),
        (js.Clip(LINE, 0.25), [(0, "decay", "linear, clipped"), (100, "end", "constant")]),
        (js.Minimum([LINE, B]), [(0, "decay", "least of linear, cosine"),
         (10, "stable", "linear"), (100, "end", "constant")]),
        (js.segments([LINE, LINE], [40]), [(0, "decay", "linear"), (40, "decay", "linear"),
         (140, "end", "constant")]),
        (js.PiecewiseConstant([4, 4, 8], [1.0, 2.0, 3.0, 4.0]), [(0, "stable", "constant"),
         (4, "stable", "constant"), (8, "end", "constant")]),
        (js.MonotoneCubic([5, 10], [0.0, 1.0]), [(0, "stable", "constant"),
         (5, "rise", "cubic"), (10, "end", "constant")]),
        (js.Table([1.0, 0.5, 0.75]), [(0, "table", "table of 3 values"),
         (2, "end", "constant")]),
        (js.Transition(0.1, 0.1, 5), [(0, "stable", "constant"), (5, "end", "constant")]),
        (js.ExponentialDecay(1.0, 0.5, 10), [(0, "decay", "exponential decay")]),
        (0.1 * js.UniformNoise(0, 0.9, 1.1), [(0, "noise", "uniform noise")]),
        (js.Wrapped(math.sqrt), [(0, "stable", "function sqrt")]),
    ],
    ids=lambda value: repr(value)[:40] if not isinstance(value, list) else "",
)  # fmt: skip
def test_phases_of_nodes_in_nodes(schedule, expected):
    """Each on the clock of the whole; what has no whole count is left out."""
    if isinstance(schedule, js.Wrapped):
        schedule = js.Wrapped(_same)
        expected = [(0, "stable", "function _same")]

    assert seen(schedule) == expected


def _same(count):
    return 0 * count + 0.5


def test_values_at_the_ends():
    """The last one is what the phase comes to, where the next one goes on and where not."""
    saw = describe(js.Join([A, js.Transition(0.5, 0.25, 4), 2.0], [10, 14]))

    assert [phase.first for phase in saw] == [0, 0.5, 2]
    np.testing.assert_allclose([phase.last for phase in saw], [1, 0.25, 2], rtol=1e-6)
    assert describe(js.Repeat(B, 10))[0].last == 0
    assert describe(js.ExponentialDecay(1.0, 0.5, 10))[0].last is None


def test_a_boundary_between_counts_belongs_to_the_next_whole_one():
    """As the values do."""
    phases = describe(js.Join([1.0, 2.0], [2.5]))

    assert [(phase.start, phase.stop) for phase in phases] == [(0, 3), (3, math.inf)]


def test_the_table():
    """Counts, names and shapes in columns; a phase of one count; many phases cut short."""
    text = str(describe(js.Join([A, B, 0.5], [10, 11])))

    assert text.splitlines() == [
        "0-9    warmup  linear, 0 -> 1",
        "10     decay   cosine, 1 -> 0.9755",
        "11 on  end     constant, 0.5",
    ]
    long = describe(js.PiecewiseConstant([*range(1, 100)], np.linspace(1, 2, 100)))
    lines = str(long).splitlines()
    assert len(long) == 100
    assert len(lines) == 25
    assert "76 more phases" in lines[22]
    assert lines[-1].startswith("99 on")


def test_a_bundle():
    """Each under its name."""
    found = describe(js.bundle(learning_rate=A, b1=0.9))

    assert list(found) == ["learning_rate", "b1"]
    assert str(found).splitlines()[0] == "learning_rate"
    assert str(found["b1"]) == "0 on  stable  constant, 0.9"


def test_a_schedule_far_out():
    """Counts of billions, of which float32 does not have each."""
    far = describe(js.Join([A, B], [2_000_000_000]))

    assert [phase.start for phase in far] == [0, 10, 2_000_000_000, 2_000_000_010]


def test_a_function_that_takes_whole_counts_only():
    """Its value at the last count stands for where it comes to."""
    table = jax.numpy.arange(10.0)
    phases = describe(js.Join([lambda count: table[count], 0.5], [5]))

    assert [phase.last for phase in phases] == [4, 0.5]


def test_what_has_no_phases_is_refused():
    """A batch, a traced schedule, lengths in epochs, controllers."""
    with pytest.raises(ValueError, match="one schedule, got a batch"):
        describe(js.stack([A, A]))
    with pytest.raises(ValueError, match="concrete numbers, got one that is being traced"):
        jax.jit(describe)(A)
    with pytest.raises(ValueError, match="lengths in updates"):
        describe(js.Transition(0.0, 1.0, js.epochs(3)))
    with pytest.raises(TypeError, match="which has state"):
        describe(js.ReduceOnPlateau())


@pytest.mark.parametrize(
    ("curve", "length"),
    [
        (js.curves.Cosine(), 1),
        (js.curves.Cosine(), 2),
        (js.curves.Cosine(), 5),
        (js.curves.Rex(), 3),
        (js.curves.KDecay(js.curves.Cosine(), 3), 4),
    ],
)
def test_short_ways_come_to_their_ends(curve, length):
    """Not to what a line through the last values of a parabola comes to."""
    again = js.Repeat(js.Transition(1.0, 0.0, length, curve), length)

    assert describe(again)[0].last == 0


def test_counts_beyond_integers():
    """A clock of tokens has no end."""
    line, late = describe(js.Join([js.Transition(1.0, 0.5, 2e12), 0.1], [4e12]))[::2]

    assert (line.first, line.last, line.stop) == (1.0, 0.5, 2e12)
    assert (late.start, late.first) == (4_000_000_000_000, pytest.approx(0.1))


def test_a_quotient_names_what_it_divides_by():
    rate = 1 / js.Transition(1.0, 10.0, 10)

    assert describe(rate)[0].shape == "constant / linear"
    assert describe(2 * js.Transition(1.0, 0.0, 10) / 3)[0].shape == "linear"


def test_a_batch_of_several_kinds_is_refused():
    with pytest.raises(ValueError, match="describe needs one schedule, got a batch"):
        describe(js.stack([js.Constant(0.1), js.Transition(1.0, 0.0, 10)]))
