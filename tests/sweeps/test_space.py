"""Grids, draws and pools of schedules, with the table of their settings."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves, sweeps

KEY = jax.random.key(0)
SHAPES = [curves.Linear(), curves.Cosine()]


def first_values(members):
    return np.asarray(jax.vmap(lambda schedule: schedule(0))(members.schedules))


# Grids.


def test_grid_is_every_combination_in_order():
    """The last axis varies fastest, nothing is dropped, labels are the lanes'."""
    members = js.grid(
        functools.partial(js.Transition, end_value=0.0),
        init_value=[0.1, 0.2, 0.3],
        transition_steps=(k for k in (10, 20, 30)),
    )
    rows = [(row["init_value"], row["transition_steps"]) for row in members.settings]

    assert rows == [(v, t) for v in (0.1, 0.2, 0.3) for t in (10, 20, 30)]
    assert sweeps.num_members(members.schedules) == 9
    for (value, steps), lane in zip(rows, js.unstack(members.schedules), strict=True):
        assert (lane.init_value, lane.transition_steps) == (value, steps)


def test_grid_of_structures():
    """An axis may hold curves, and any function may be the factory."""
    shapes = [curves.Linear(), curves.Cosine(), curves.Power(2.0)]
    members = js.grid(
        lambda curve, peak: js.decay_schedule(peak, decay_steps=10, curve=curve),
        curve=shapes,
        peak=[0.5, 1.0],
    )
    got = jax.vmap(lambda schedule: schedule(5))(members.schedules)
    alone = [
        js.decay_schedule(p, decay_steps=10, curve=c)(5) for c in shapes for p in (0.5, 1)
    ]

    assert [row["curve"] for row in members.settings] == [
        s for s in shapes for _ in range(2)
    ]
    np.testing.assert_allclose(got, alone, rtol=1e-6)


@pytest.mark.parametrize(
    "value", [0.25, 1, np.float32(0.25), jnp.asarray(0.25), js.Constant(0.25)]
)
def test_a_single_value_is_the_same_in_all(value):
    """A number, a scalar array or a schedule beside lists, as one value in a list."""
    make = js.linear_warmup_schedule
    numbers = {"warmup_steps": [4, 8], "indexing": "(t+1)/W"}  # a text is no list either
    found = js.grid(make, schedule=value, **numbers)
    listed = js.grid(make, schedule=[value], warmup_steps=[4, 8], indexing=["(t+1)/W"])

    assert [row["warmup_steps"] for row in found.settings] == [4, 8]
    assert repr(found) == repr(listed)


def test_grid_without_axes_is_one_member():
    """Nothing to vary leaves the factory's own schedule."""
    members = js.grid(lambda: js.Constant(0.5))

    assert members.settings == [{}]
    assert first_values(members) == [0.5]


# Draws.


def space(n, key=KEY, quasi=False):
    return js.sample(
        key,
        js.Transition,
        n,
        quasi=quasi,
        init_value=sweeps.log_uniform(1e-4, 1e-1),
        end_value=sweeps.uniform(-2.0, 3.0),
        transition_steps=sweeps.integers(3, 6),
        curve=sweeps.choices(SHAPES),
    )


@pytest.mark.parametrize("quasi", [False, True])
def test_draws_depend_on_the_key_alone(quasi):
    """The same key gives the same members, another one others."""
    again, other = space(20, quasi=quasi), space(20, jax.random.key(1), quasi)

    assert space(20, quasi=quasi).settings == again.settings
    assert not any(row in again.settings for row in other.settings)


@pytest.mark.parametrize("quasi", [False, True])
def test_draws_fill_their_ranges(quasi):
    """Inside the range, over all of it, evenly on the scale that was asked for."""
    settings = space(400, quasi=quasi).settings
    column = {name: [row[name] for row in settings] for name in settings[0]}
    values = np.log10(column["init_value"])
    ends = np.asarray(column["end_value"])

    assert values.min() >= -4
    assert values.max() <= -1
    assert ends.min() >= -2
    assert ends.max() < 3
    # Means of 400 draws: five standard errors.
    assert abs(values.mean() + 2.5) < 5 * 3 / np.sqrt(12 * 400)
    assert abs(ends.mean() - 0.5) < 5 * 5 / np.sqrt(12 * 400)
    for name, options in (("transition_steps", (3, 4, 5, 6)), ("curve", SHAPES)):
        shares = [column[name].count(option) / 400 for option in options]
        assert sum(shares) == 1
        assert min(shares) > 0.5 / len(options)


def test_lanes_are_what_the_table_says():
    """Settings describe the schedule in their row, structures included."""
    members = space(30, quasi=True)
    for row, lane in zip(members.settings, js.unstack(members.schedules), strict=True):
        assert np.float32(lane.init_value) == np.float32(row["init_value"])
        assert lane.transition_steps == row["transition_steps"]
        assert type(lane.curve) is type(row["curve"])


def test_quasi_random_draws_are_more_even():
    """In each of 16 equal parts of the range there is a fair share, unlike at random."""

    def worst(quasi, seed):
        members = js.sample(
            jax.random.key(seed), js.Constant, 64, quasi=quasi, value=sweeps.uniform(0, 1)
        )
        values = [row["value"] for row in members.settings]
        return np.abs(np.histogram(values, 16, (0, 1))[0] - 4).max()

    quasi, random = ([worst(q, seed) for seed in range(10)] for q in (True, False))

    assert max(quasi) <= 2
    assert np.mean(quasi) < np.mean(random) / 2


def test_integers_reach_both_ends():
    """One value alone is drawn, and both ends of two."""

    def drawn(low, high):
        members = js.sample(
            KEY, js.Delay, 50, schedule=0.5, delay_steps=sweeps.integers(low, high)
        )
        return {row["delay_steps"] for row in members.settings}

    assert drawn(7, 7) == {7}
    assert drawn(0, 1) == {0, 1}


def test_other_arguments_are_fixed():
    """What is no distribution is given to every member, and is in the table."""
    members = js.sample(
        KEY,
        js.Transition,
        3,
        init_value=sweeps.uniform(0.0, 1.0),
        end_value=0.25,
        transition_steps=10,
    )
    only = js.sample(KEY, js.Constant, 2, value=0.5)

    assert {row["end_value"] for row in members.settings} == {0.25}
    assert list(first_values(only)) == [0.5, 0.5]


# Pools.


def test_pool_keeps_members_in_order():
    """Families of any shapes side by side; their names are in the table."""
    both = sweeps.pool(
        constant=js.grid(js.Constant, value=[0.5, 0.25]),
        decay=js.grid(
            js.Transition, init_value=[1.0], end_value=[0.0], transition_steps=[4, 8]
        ),
        draws=js.sample(KEY, js.Constant, 2, value=sweeps.uniform(2.0, 3.0)),
    )

    assert [row["family"] for row in both.settings] == [
        *("constant", "constant", "decay", "decay", "draws", "draws")
    ]
    np.testing.assert_allclose(
        first_values(both),
        [0.5, 0.25, 1, 1, both.settings[4]["value"], both.settings[5]["value"]],
        rtol=1e-6,
    )


# Errors.


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: js.grid(js.Constant, value=[]), r"grid\(value=.* must not be empty"),
        (lambda: js.sample(KEY, js.Constant, 0, value=0.5), r"sample\(n=.* above 0, got 0"),
        (lambda: sweeps.uniform(1.0, 0.0), "uniform needs low <= high"),
        (lambda: sweeps.integers(5, 4), "integers needs low <= high"),
        (lambda: sweeps.log_uniform(0.0, 1.0), r"log_uniform\(low=.* above 0"),
        (lambda: sweeps.log_uniform(1.0, 0.1), "log_uniform needs low <= high"),
        (lambda: sweeps.choices([]), "choices.* must not be empty"),
    ],
    ids=["axis", "n", "uniform", "integers", "log_low", "log_order", "choices"],
)
def test_empty_and_reversed_spaces_are_refused(make, words):
    """The error says which argument of what, and what came."""
    with pytest.raises(ValueError, match=words):
        make()


def test_a_pool_names_its_families_itself():
    """A setting of that name is refused, not overwritten."""
    members = js.grid(lambda family: js.Constant(family), family=[0.1])
    with pytest.raises(ValueError, match=r"pool\(a=...\) needs settings without"):
        sweeps.pool(a=members)
