"""Schedules as they are drawn: where the lines go, scales, phases, panels."""

import jax
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

import jaxsched as js
from jaxsched import curves
from jaxsched.plotting import plot, plot_plan, plot_sweep

from .helpers import axes, finish, noisy

WSD = js.warmup_stable_decay_schedule(
    0.0, 0.1, warmup_steps=100, stable_steps=600, decay_steps=300
)


def drawn(schedules, num_steps=None):
    return finish(plot(schedules, num_steps, axes=axes()))


def names(of):
    return [text.get_text() for text in of.texts]


@pytest.mark.parametrize("num_steps", [1, 7, 300, 1_000, 2_500, 100_000])
def test_the_line_is_the_schedule(num_steps):
    """At every count that is drawn, and of few at every count there is."""
    schedule = js.Transition(0.0, 1.0, 5_000, curves.Cosine())
    x, y = drawn(schedule, num_steps).lines[0].get_data()
    whole = x == x.astype(int)

    np.testing.assert_array_equal(y[whole], schedule(x[whole].astype(np.int32)))
    assert x[0] == 0
    assert x[-1] == num_steps
    assert num_steps > 2_000 or set(range(num_steps + 1)) <= set(x)


@pytest.mark.parametrize("at", [1, 3, 50, 1_500, 40_000, 3_000_000, 5_000_000])
def test_steps_are_steps(at):
    """Straight down where there are few counts, within one count where there are many."""
    x, y = drawn(js.PiecewiseConstant([at], [1.0, 0.5])).lines[0].get_data()
    (place,) = np.flatnonzero(np.diff(y))

    assert set(y) == {1, 0.5}
    assert x[place + 1] == at
    assert x[place] == (at if at < 2_000 / 1.1 else at - 1)


def test_the_ends_of_many_cycles_are_seen():
    """No cycle is lost between the points that are drawn."""
    x, y = drawn(js.Repeat(js.Transition(1.0, 0.0, 10), 10), 50_000).lines[0].get_data()

    assert len(x) <= 2_000
    for start in range(0, 50_000, 2_500):
        part = y[(x >= start) & (x <= start + 2_500)]
        np.testing.assert_allclose([part.min(), part.max()], [0.1, 1.0], rtol=1e-6)


def test_how_far_it_is_drawn():
    """To a tenth beyond the end, of the longest of several; or as far as is asked."""
    endless = js.Wrapped(lambda count: 0.05)
    for schedules, num_steps in [
        (WSD, 1_100),
        ([WSD, js.Transition(0.1, 0.0, 2_000), 0.3, endless], 2_200),
        (js.bundle(a=js.Transition(0.1, 0.0, 10), b=1.0), 11),
    ]:
        found = drawn(schedules)
        assert {line.get_xdata()[-1] for line in found.lines if not _is_mark(line)} == {
            num_steps
        }
    assert drawn(WSD, 50).lines[0].get_xdata()[-1] == 50


def _is_mark(line):
    return len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]


def test_phases_are_marked():
    """A light line where each begins, and its name above the middle, if there is room."""
    found = drawn(WSD)
    marks = [line.get_xdata()[0] for line in found.lines if _is_mark(line)]

    assert marks == [100, 700, 1_000]
    assert names(found) == ["warmup", "stable", "decay", "end"]
    assert [text.xy for text in found.texts] == [(50, 1), (400, 1), (850, 1), (1_050, 1)]
    assert names(drawn(WSD, 5_000)) == ["stable", "end"]
    assert names(drawn(WSD, 100)) == []
    assert names(drawn([WSD, 0.1])) == []
    assert names(drawn(0.1)) == []


@pytest.mark.parametrize(
    ("schedules", "scale"),
    [
        (js.ExponentialDecay(1.0, 1e-4, 100), "log"),  # drawn up to 1e-16
        ([1.0, 1e-2, 1e-4], "log"),
        (js.Transition(1e-5, 1.0, 100, curves.Geometric()), "log"),
        (js.ExponentialDecay(1.0, 0.2, 100), "linear"),  # 625 times
        (js.ExponentialDecay(1.0, 0.17, 100), "log"),  # 1197 times
        (js.Transition(1.0, 1e-5, 100, curves.Cosine()), "linear"),
        (js.Transition(1.0, 0.0, 100), "linear"),
        (js.Transition(-1.0, 1.0, 100), "linear"),
        (0.0, "linear"),
        (js.Wrapped(lambda count: count * np.nan), "linear"),
    ],
    ids=repr,
)
def test_log_scale_where_it_helps(schedules, scale):
    """Three decades above 0, of which a linear scale would show little."""
    assert drawn(schedules).get_yscale() == scale


def test_several_have_names():
    """Those of a mapping, as they are; those of a list by number and shape."""
    found = drawn({"a_$x$": WSD, "b": 0.1})
    assert [t.get_text() for t in found.get_legend().get_texts()] == [r"a \$x\$", "b"]
    found = drawn([js.Transition(0.1, 0.0, 10, curves.Cosine()), 0.1])
    assert [t.get_text() for t in found.get_legend().get_texts()] == ["0: cosine", "1: 0.1"]
    assert drawn(WSD).get_legend() is None


def test_a_batch_is_drawn_by_its_members():
    """At most 21, so that colours and styles tell them apart."""
    batch = js.stack([js.Transition(v, 0.0, 10) for v in np.linspace(0.1, 1, 40)])
    found = drawn(batch)
    starts = [line.get_ydata()[0] for line in found.lines]

    assert len(starts) == 21
    np.testing.assert_allclose([starts[0], starts[-1]], [0.1, 1.0], rtol=1e-6)
    looks = {(line.get_color(), line.get_linestyle()) for line in found.lines}
    assert len(looks) == 21


def test_members_are_drawn():
    """What `grid` and `sample` give, table and all."""
    members = js.grid(js.Constant, value=[0.1, 0.2])

    assert repr(members) == "Members(2 schedules: value)"
    assert len(plot(members, axes=Figure().subplots()).lines) == 2
    with pytest.raises(TypeError, match=r"plot_plan needs a bundle.* got Members"):
        plot_plan(members)


def test_with_x64():
    """The same line, in all digits."""
    with jax.enable_x64(True):
        x, y = drawn(js.Transition(1.0, 0.0, 300)).lines[0].get_data()
        text = js.Transition(1.0, 0.0, 300)._repr_html_()

    np.testing.assert_allclose(y, np.maximum(1 - x / 300, 0), rtol=1e-12, atol=0)
    assert "<svg" in text


def test_a_function_that_takes_whole_counts_only():
    """Is drawn at these."""
    table = jax.numpy.arange(10.0)
    x, _ = drawn(lambda count: table[count], 9).lines[0].get_data()

    assert x.tolist() == list(range(10))


def test_a_new_figure():
    """Of `pyplot`, which a notebook shows."""
    pyplot.switch_backend("agg")
    found = plot(WSD)
    panels = plot_plan(js.bundle(a=WSD, b=0.1))

    assert found.figure is pyplot.figure(found.figure.number)
    assert [panel.get_ylabel() for panel in panels] == ["a", "b"]
    pyplot.close("all")


def test_panels_of_a_plan():
    """One for each, over the same counts; the steps of a batch size are steps."""
    plan = {"learning_rate": WSD, "batch_size": js.PiecewiseConstant([500], [256, 512])}
    for given in (plan, js.bundle(**plan)):
        panels = plot_plan(given, axes=Figure().subplots(2, sharex=True))
        finish(panels[0])

        assert [panel.get_ylabel() for panel in panels] == ["learning rate", "batch size"]
        assert [panel.lines[0].get_xdata()[-1] for panel in panels] == [1_100, 1_100]
        assert [panel.get_xlabel() for panel in panels] == ["", "update"]
    batch = js.stack([js.bundle(a=v, b=js.Transition(v, 0.0, 10)) for v in (0.1, 0.2)])
    panels = plot_plan(batch, axes=Figure().subplots(2))
    assert [len(panel.lines) for panel in panels] == [2, 2]


def test_what_cannot_be_drawn_is_refused():
    """Nothing; lengths in epochs; as many axes as there are names; no updates."""
    with pytest.raises(ValueError, match="at least one schedule, got none"):
        drawn([])
    with pytest.raises(ValueError, match="at least one schedule, got none"):
        plot_plan({}, axes=[])
    with pytest.raises(ValueError, match="lengths in updates"):
        drawn(js.Transition(0.0, 1.0, js.epochs(3)))
    with pytest.raises(ValueError, match=r"must have 2 entries for 2 schedules, got 1"):
        plot_plan({"a": 0.1, "b": 0.2}, axes=[axes()])
    with pytest.raises(ValueError, match="must be an integer above 0, got 0"):
        drawn(WSD, 0)


def test_a_sweep_on_axes():
    """Without a file, and without summaries made before."""
    result = noisy([{"family": f, "peak_value": p} for f in "ab" for p in (0.1, 1.0)])
    result.curves["learning_rate"] = np.ones_like(result.curves["loss"])
    panels = plot_sweep(result, score="loss", mode="min", axes=Figure().subplots(1, 3))
    finish(panels[0])

    assert [len(panel.lines) for panel in panels] == [2, 2, 2]
    assert panels[2].get_xlabel() == "peak value"
