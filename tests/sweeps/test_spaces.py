"""Spaces: schedules with distributions in them, parts by their places, families."""

import collections
import itertools

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import analysis, curves, sweeps
from jaxsched.sweeps import _paths

from ..cases import CASES
from .helpers import run
from .tasks import Descent

KEY = jax.random.key(0)
WSD = js.Join(
    [js.Transition(0.0, 1.0, 10), js.Constant(1.0), js.Transition(1.0, 0.0, 20)], [10, 50]
)


def lanes(members):
    return js.unstack(members.schedules)


# Distributions in schedules.


def test_distributions_stand_for_numbers_at_any_depth():
    """Each is drawn, under its place; the rest of the schedule stays."""
    nested = 0.5 * js.Join(
        [js.Transition(0.0, sweeps.uniform(1.0, 2.0), 10), sweeps.log_uniform(0.01, 0.1)],
        [sweeps.integers(10, 40)],
    )
    inner = "schedules[1]"
    rate, floor = f"{inner}.schedules[0].end_value", f"{inner}.schedules[1].value"
    boundary = f"{inner}.boundaries[0]"
    members = js.sample(KEY, nested, 9)

    assert [list(row) for row in members.settings] == [[rate, floor, boundary]] * 9
    assert len({row[rate] for row in members.settings}) == 9
    for row, lane in zip(members.settings, lanes(members), strict=True):
        join = lane.schedules[1]
        warmup, rest = join.schedules
        assert 1 <= row[rate] <= 2
        assert 0.01 <= row[floor] <= 0.1
        assert row[boundary] in range(10, 41)
        assert np.float32(warmup.end_value) == np.float32(row[rate])
        assert np.float32(rest.value) == np.float32(row[floor])
        assert join.boundaries == (row[boundary],)
        assert (warmup.init_value, warmup.transition_steps) == (0.0, 10)
        assert lane.schedules[0].value == 0.5


def test_a_space_is_no_schedule_yet():
    """It can be printed; what would compute with it says what to do."""
    rate = sweeps.uniform(0.0, 1.0)
    of = js.Transition(rate, 0.0, 10)
    words = r"uniform\(0.0, 1.0\) is no number yet. Draw one with sample"

    assert "init_value=uniform(0.0, 1.0)" in repr(of)
    with pytest.raises(TypeError, match=words):
        of(3)
    with pytest.raises(TypeError, match=words):
        js.PiecewiseConstant([5], [rate, 0.5])


def test_every_number_of_every_node_takes_a_distribution_by_its_place():
    """A part is exchanged, all others are what they were: each leaf of the catalogue."""
    seen = collections.Counter()
    for case in CASES:
        before = dict(_paths.parts(case.schedule))
        for path in _paths.leaves(case.schedule):
            value = before[path]
            if not isinstance(value, float) or not 1e-6 < abs(value) < 1e6:
                continue
            new = float(np.float32(value * (1 + 1e-6)))
            of = sweeps.space(case.schedule, **{path: sweeps.choices([new])})
            after = dict(_paths.parts(of.schedule(of.row(lambda _, d: d.at(0.5)))))
            places = _paths.leaves(case.schedule)

            assert after[path] == new != value, (case.id, path)
            changed = [k for k in places if repr(after[k]) != repr(before[k])]
            assert changed == [path], (case.id, path)
            seen[case.name] += 1

    assert len(seen) > 60
    assert sum(seen.values()) > 150


@pytest.mark.parametrize(
    ("of", "path", "values", "read"),
    [
        (WSD, "boundaries[1]", [30, 40], lambda s: s.boundaries[1]),
        (WSD, "schedules[2].end_value", [0.5, 0.25], lambda s: s.schedules[2].end_value),
        (
            js.PiecewiseConstant([5], [1.0, 0.5]),
            "values[1]",
            [0.125, 0.25],
            lambda s: s.values[1],
        ),
        (
            js.bundle(learning_rate=WSD, b1=0.5),
            "schedules.b1.value",
            [0.75, 0.25],
            lambda plan: plan["b1"].value,
        ),
    ],
    ids=["boundary", "nested", "row", "plan"],
)
def test_grid_of_parts(of, path, values, read):
    """Of a schedule a grid takes places; rows and plans have them too."""
    members = js.grid(of, **{path: values})

    assert members.settings == [{path: value} for value in values]
    assert [read(lane) for lane in lanes(members)] == values


def test_grid_of_parts_is_every_combination():
    """In the order of itertools, none dropped."""
    axes = {"schedules[1].value": [0.5, 1.0, 2.0], "boundaries[1]": [20, 30]}
    members = js.grid(WSD, **axes)
    rows = list(itertools.product(*axes.values()))

    assert [tuple(row.values()) for row in members.settings] == rows
    assert [(s.schedules[1].value, s.boundaries[1]) for s in lanes(members)] == rows


def test_parts_of_other_shapes_share_a_program():
    """A curve, or a whole schedule, is a part like a number."""
    shapes = [curves.Linear(), curves.Cosine()]
    members = js.grid(WSD, **{"schedules[2].curve": shapes, "schedules[1]": [0.5, 0.25]})
    got = jax.vmap(lambda schedule: schedule([12, 55]))(members.schedules)
    alone = [
        js.Join([WSD.schedules[0], v, js.Transition(1.0, 0.0, 20, c)], [10, 50])([12, 55])
        for c in shapes
        for v in (0.5, 0.25)
    ]

    np.testing.assert_allclose(got, alone, rtol=1e-6)


def test_a_part_may_be_fixed_and_replaces_its_distribution():
    """A name wins over the distribution that stands in its place, or inside of it."""
    of = js.Transition(sweeps.uniform(0.0, 1.0), sweeps.uniform(2.0, 3.0), 10)
    members = js.sample(KEY, of, 4, init_value=0.5)
    whole = js.sample(KEY, js.Delay(of, 3), 2, schedule=js.Constant(0.25))

    assert {row["init_value"] for row in members.settings} == {0.5}
    assert all(2 <= row["end_value"] <= 3 for row in members.settings)
    assert [list(row) for row in whole.settings] == [["schedule"]] * 2


def test_what_is_drawn_is_validated():
    """A schedule that could not be written can not be drawn."""
    with pytest.raises(ValueError, match=r"Join\(boundaries=...\) must be in the order"):
        js.grid(WSD, **{"boundaries[1]": [5]})


# Families.


def families():
    peak = sweeps.log_uniform(0.01, 1.0)
    return sweeps.one_of(
        constant=sweeps.space(js.Constant, value=peak),
        linear=js.Transition(peak, 0.0, sweeps.integers(5, 50)),
        fixed=js.Constant(0.5),
    )


@pytest.mark.parametrize("quasi", [False, True])
@pytest.mark.parametrize(
    ("n", "counts"), [(1, [1, 0, 0]), (2, [1, 1, 0]), (9, [3, 3, 3]), (11, [4, 4, 3])]
)
def test_families_share_the_members(n, counts, quasi):
    """Exactly `n` come out; each has the settings of its family, and its lane."""
    members = js.sample(KEY, families(), n, quasi=quasi)
    names = ["constant", "linear", "fixed"]
    expected = [name for name, k in zip(names, counts, strict=True) for _ in range(k)]

    assert [row["family"] for row in members.settings] == expected
    own = {
        "constant": ["value"],
        "linear": ["init_value", "transition_steps"],
        "fixed": [],
    }
    for row, lane in zip(members.settings, lanes(members), strict=True):
        family, *rest = row
        assert [family, *rest] == ["family", *own[row["family"]]]
        value = row.get("value", row.get("init_value", 0.5))
        assert np.float32(lane(0)) == np.float32(value)


def test_families_depend_on_the_key_alone_and_are_independent():
    """The same key, the same members; one family's draws are not another's."""
    again, other = (js.sample(k, families(), 8) for k in (KEY, jax.random.key(1)))
    rows = js.sample(KEY, families(), 8).settings

    assert rows == again.settings
    assert rows[0] != other.settings[0]
    assert rows[0]["value"] != rows[3]["init_value"]


def test_families_train_in_one_program():
    """Every member ends where its own schedule, alone, brings it."""
    members = js.sample(KEY, families(), 7)
    result = run(Descent(), members, num_steps=12)
    alone = [
        run(Descent(), [lane], num_steps=12).final("loss")[0] for lane in lanes(members)
    ]

    assert result.settings == members.settings
    np.testing.assert_allclose(result.final("loss"), alone, rtol=1e-5)


# Errors.


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sweeps.space(WSD, **{"schedules[3]": 1}), r"Join has no 'schedules\[3\]'"),
        (lambda: sweeps.space(WSD, peak=1), r"It has schedules\[0\].init_value, .*curve"),
        (
            lambda: sweeps.space(WSD, **{"schedules[1].value": 1, "schedules[1]": 1}),
            r"'schedules\[1\].value' is inside of 'schedules\[1\]'",
        ),
        (lambda: sweeps.one_of(), r"one_of\(\*\*spaces\) must not be empty"),
        (
            lambda: sweeps.one_of(a=sweeps.space(lambda family: 0.1, family=1)),
            r"one_of\(a=...\) needs settings without a 'family'",
        ),
        (lambda: js.sample(KEY, families(), 0), r"sample\(n=.* above 0, got 0"),
    ],
    ids=["place", "known", "inside", "empty", "family", "n"],
)
def test_values_that_make_no_space_are_refused(make, words):
    """The error lists what there is."""
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: sweeps.space(js.Delay, steps=1),
            "Delay has no argument 'steps'. It takes",
        ),
        (lambda: sweeps.space(js.Delay), "Delay needs all its arguments, got missing"),
        (lambda: sweeps.space("cosine"), "a space must be made of a schedule or"),
        (lambda: sweeps.space(families(), value=1), "value must be settings of the space"),
        (lambda: sweeps.one_of(a=families()), r"one_of\(a=...\) must be a family"),
        (
            lambda: js.grid(js.Constant, value=sweeps.uniform(0, 1)),
            r"grid\(value=...\) must be values, got uniform\(0, 1\)",
        ),
        (
            lambda: js.grid(js.Constant(sweeps.uniform(0, 1))),
            r"grid\(factory\) must have numbers, got .*uniform\(0, 1\)",
        ),
    ],
    ids=["argument", "missing", "kind", "beside", "nested", "axis", "numbers"],
)
def test_things_that_make_no_space_are_refused(make, words):
    """The error says what to pass."""
    with pytest.raises(TypeError, match=words):
        make()


@pytest.mark.parametrize("key", [0, None, np.zeros(2, np.uint32)])
@pytest.mark.parametrize(
    "draw",
    [
        lambda key: js.sample(key, js.Constant, 3, value=sweeps.uniform(0.0, 1.0)),
        lambda key: sweeps.run(None, [0.1], num_steps=3, key=key),
        lambda key: analysis.divergence_edge(None, key=key),
        lambda key: analysis.optimize(None, js.Constant(0.1), num_steps=3, key=key),
    ],
    ids=["sample", "run", "divergence_edge", "optimize"],
)
def test_a_key_is_a_key(draw, key):
    """A seed is none: the error is ours, and says how to make one."""
    with pytest.raises(TypeError, match=r"key=...\) must be a JAX random key, got .* Make"):
        draw(key)


def test_keys_of_the_old_kind_draw_the_same():
    value = sweeps.uniform(0.0, 1.0)
    new, old = (
        js.sample(make(3), js.Constant, 5, value=value).settings
        for make in (jax.random.key, jax.random.PRNGKey)
    )

    assert new == old
