"""A schedule shows itself: an SVG that any page can hold, and its code."""

import itertools
import re
import xml.etree.ElementTree as ET

import jax
import numpy as np
import pytest

import jaxsched as js

SVG = "{http://www.w3.org/2000/svg}"
TOP, FLOOR, LEFT, RIGHT = 8, 92, 52, 330  # of what is drawn


def page(node):
    """The elements of it, which is well-formed."""
    return ET.fromstring(node._repr_html_())


def lines(svg):
    """The corners of each line, without the frame."""
    return [corners(p.get("d")) for p in svg.findall(f"{SVG}path")[1:]]


def corners(path):
    x, y, found = 0.0, 0.0, []
    for command, numbers in re.findall(r"([MLHV])([-\d.,]+)", path):
        values = [float(number) for number in numbers.split(",")]
        if command in "ML":
            x, y = values
        elif command == "H":
            (x,) = values
        else:
            (y,) = values
        found.append((x, y))
    return found


def texts(svg):
    return [text.text for text in svg.findall(f"{SVG}text")]


def test_a_line_is_drawn_from_its_first_value_to_its_last():
    """From the upper left down to the floor at its end, and on; with bounds as text."""
    (svg,) = page(js.Transition(0.5, 0.0, 100)).findall(f"{SVG}svg")
    (line,) = lines(svg)
    end = LEFT + (RIGHT - LEFT) * 100 / 111

    assert line[0] == (LEFT, TOP)
    assert line[-1] == (RIGHT, FLOOR)
    assert np.interp(LEFT + (end - LEFT) / 2, *zip(*line, strict=True)) == pytest.approx(
        (TOP + FLOOR) / 2, abs=0.2
    )
    assert np.interp(end, *zip(*line, strict=True)) == pytest.approx(FLOOR, abs=0.2)
    assert texts(svg) == ["0.5", "0", "0", "111", "update"]


def test_a_step_is_a_step():
    """Straight down at its count, of a few counts as of many."""
    for at in (4, 400, 4 * 10**8):
        (svg,) = page(js.PiecewiseConstant([at], [1.0, 0.5])).findall(f"{SVG}svg")
        (line,) = lines(svg)
        downs = [(a, b) for a, b in itertools.pairwise(line) if a[1] != b[1]]
        num_steps = float(texts(svg)[3])

        assert len(downs) == 1
        assert downs[0][0][0] == downs[0][1][0]
        assert downs[0][0][0] == pytest.approx(
            LEFT + (RIGHT - LEFT) * at / num_steps, abs=2
        )


def test_members_of_a_batch_are_drawn():
    """At most seven, among them the first and the last, from the darkest on."""
    few = page(js.stack([js.Transition(v, 0.0, 10) for v in (1.0, 0.5)]))
    many = page(js.stack([js.Transition(v, 0.0, 10) for v in np.linspace(0.1, 1, 50)]))
    mixed = page(js.stack([js.Constant(1.0), js.PiecewiseConstant([3], [0.5, 0.25])]))

    assert [line[0][1] for line in lines(few.find(f"{SVG}svg"))] == [TOP, (TOP + FLOOR) / 2]
    assert len(lines(many.find(f"{SVG}svg"))) == 7
    assert lines(many.find(f"{SVG}svg"))[-1][0] == (LEFT, TOP)
    assert [line[0][1] for line in lines(mixed.find(f"{SVG}svg"))] == [
        TOP,
        (TOP + FLOOR) / 2,
    ]


def test_a_bundle_has_a_drawing_for_each():
    """With its name below."""
    plan = page(js.bundle(learning_rate=js.Transition(0.1, 0.0, 10), b1=0.9))
    drawings = plan.findall(f"{SVG}svg")

    assert [texts(svg)[-1] for svg in drawings] == ["learning_rate", "b1"]
    assert plan.find("pre").text.startswith("Bundle(")


def test_it_has_the_colour_of_the_page():
    """No colour of its own, so that it is seen on a light and on a dark ground."""
    drawn = js.Transition(0.1, 0.0, 10)._repr_html_()

    assert set(re.findall(r'(?:stroke|fill)="([^"]+)"', drawn)) == {"currentColor", "none"}
    assert "color:" not in drawn


def test_only_the_code_where_there_is_nothing_to_draw():
    """A function that fails, values that are not finite, lengths in epochs."""

    def failing(count):
        raise RuntimeError("no")

    for node in (
        js.Wrapped(failing),
        js.Wrapped(lambda count: count * float("nan")),
        js.Transition(0.0, 1.0, js.epochs(3)),
    ):
        assert page(node).tag == "pre"
        assert page(node).text == repr(node)


def test_a_traced_schedule_is_text():
    """As `repr` has it."""
    seen = []
    jax.jit(lambda schedule: seen.append(schedule._repr_html_()))(js.Constant(0.1))

    assert ET.fromstring(seen[0]).text == "Constant(value=<traced float32[]>)"


def test_what_is_not_finite_leaves_a_gap():
    """The line ends, and begins again."""
    gap = js.Wrapped(lambda count: jax.numpy.where(count // 100 == 3, np.nan, 1.0))
    (svg,) = page(gap).findall(f"{SVG}svg")
    path = svg.findall(f"{SVG}path")[1].get("d")

    assert path.count("M") == 2
    assert "nan" not in path


def test_text_is_escaped_and_not_endless():
    """A name may hold anything; a table of many values is cut."""
    plan = js.bundle(**{"<b>&\"'": 0.1})
    table = js.Table(np.linspace(0, 1, 10_000))

    assert texts(page(plan).find(f"{SVG}svg"))[-1] == "<b>&\"'"
    assert len(table._repr_html_()) < 12_000
    assert page(table).find("pre").text.endswith("...")
