"""What a member of a population has lived through, and that it can be run again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import interop, sweeps

from .helpers import KEY, RATES
from .populations import (
    INTERVAL,
    LINES,
    NUM_STEPS,
    Planned,
    Roundabout,
    check_replay,
    evolve,
    replay,
)
from .tasks import Descent, Regression


def test_schedule_can_be_run_again(evolved):
    """From the start with the table of a lineage: the same training."""
    check_replay(Regression(), evolved)


def test_other_seed_is_another_run(evolved):
    """The weights come from the seed of the lineage, so that another one does not do."""
    loss = replay(Regression(), evolved).curves["loss"][0, 1]
    assert (np.abs(loss / evolved.result.curves["loss"][0, 0] - 1) > 1e-3).any()


def test_task_may_change_the_schedule_and_its_clock():
    """What it makes of a schedule, it makes of the one that a copy goes on with."""
    found = evolve(Roundabout())

    check_replay(Roundabout(), found)
    assert found.schedule(0).values.shape == (NUM_STEPS // 3,)
    assert [r.counts[0, 0] for r in found.rounds] == [2, 5, 8, 10, 13]


def test_plans():
    """Each schedule of a plan has a factor, and lives on as a table."""
    plans = [js.bundle(learning_rate=rate, b1=0.5) for rate in RATES]
    found = evolve(Planned(), plans, quantile=0.5, num_steps=3 * INTERVAL)

    check_replay(Planned(), found)
    rows = [row for row in found.rows() if row["round"] == 2]
    factors = {(row["factor_learning_rate"], row["factor_b1"]) for row in rows}
    assert any(a != b for a, b in factors)


def test_lineage_is_a_table(evolved):
    """Parents and factors lead from the row of a last member to what it lived through."""
    rows = {(r["round"], r["member"], r["seed"]): r for r in evolved.rows()}
    assert len(rows) == 5 * 5 * 2
    for member in range(5):
        values, at = [], member
        for number in reversed(range(5)):
            row, part = rows[number, at, 1], np.arange(number * 8, number * 8 + 8)
            assert evolved.lineage(member, 1)[number] == at
            root = evolved.lineage(member, 1)[0]
            rate = LINES[root].init_value * (1 - part / NUM_STEPS)
            values.append(row["factor"] * rate)
            at = row["parent"]
        expected = np.concatenate(values[::-1])
        np.testing.assert_allclose(evolved.schedule(member, 1).values, expected, rtol=1e-5)


def test_repr_says_what_there_is(evolved):
    """On one line."""
    expected = f"Evolution({len(evolved.rounds)} rounds, winner {evolved.winner}, SweepRes"
    assert repr(evolved).startswith(expected)
    assert "\n" not in repr(evolved)


def test_started_from(evolved):
    """The parents of the round before, and itself in the first one."""
    start = evolved.started_from
    assert start.shape == (5, 5, 2)
    assert np.array_equal(start[0, :, 0], np.arange(5))
    member = evolved.lineage(evolved.winner)
    for i in range(1, 5):
        assert start[i, member[i], 0] == member[i - 1]


def test_results_are_of_lanes_and_of_lineages(evolved):
    """Members as they were trained, and put together from those a member descends from."""
    for name in ("loss", "rate"):
        for member in range(5):
            path = evolved.lineage(member, 1)
            lanes = evolved.trained.curves[name][:, 1].reshape(5, 5, 8)
            expected = np.concatenate([lanes[at, i] for i, at in enumerate(path)])
            np.testing.assert_array_equal(evolved.result.curves[name][member, 1], expected)
    texts = [repr(member) for member in sweeps.unstack(sweeps.stack(LINES))]
    assert evolved.trained.schedules == texts
    assert evolved.result.rows()[0]["final_error"] == evolved.result.final("error")[0, 0]


def test_picture(evolved):
    """Rounds are what the picture of a lineage takes."""
    figure = pytest.importorskip("matplotlib.figure").Figure()
    from jaxsched import plotting

    parents, scores = evolved.started_from[..., 0], [r.scores[:, 0] for r in evolved.rounds]
    axes = plotting.plot_lineage(parents, scores, axes=figure.subplots())
    best = int(np.argmin(scores[-1]))
    descent = [scores[i][at] for i, at in enumerate(evolved.lineage(best, 0))]
    assert axes.lines[0].get_ydata().tolist() == descent


def test_schedule_is_data(evolved):
    """It goes through JSON, and it is what the task says that it used."""
    table = evolved.schedule(evolved.winner)
    again = interop.from_dict(interop.to_dict(table))
    used = evolved.result.curves["rate"][evolved.winner, 0]

    counts = jnp.arange(NUM_STEPS)
    np.testing.assert_array_equal(again(counts), table(counts))
    np.testing.assert_allclose(table(counts), used, rtol=1e-6)
    assert evolved.result.schedules[evolved.winner] == repr(table)


def test_numbers_of_a_schedule_can_be_drawn_anew():
    """Whatever `explore` returns is used, in the types that the numbers have."""

    def explore(key, schedule):
        factor, member = schedule.schedules
        steps = jax.random.uniform(key, minval=20.0, maxval=40.0)
        leaves, structure = jax.tree.flatten(member)
        whole = [steps if jnp.issubdtype(x.dtype, jnp.integer) else x for x in leaves]
        return js.Constant(factor.value) * jax.tree.unflatten(structure, whole)

    found = evolve(explore=explore)
    ints = [x for x in jax.tree.leaves(found.rounds[-1].schedules) if x.dtype.kind == "i"]
    assert len(ints) == 1
    assert len(set(ints[0].tolist())) > 1
    check_replay(Regression(), found)


def test_schedule_anywhere_in_the_state():
    """A task of its own making that keeps its schedule in a dict."""
    found = evolve(Descent(), [0.01, 0.1, 0.2, 0.3], metric="loss")
    x = np.asarray(jax.vmap(jax.random.normal)(jax.random.split(KEY, 2)), np.float64)
    for member in range(4):
        for seed in range(2):
            rates = np.asarray(found.schedule(member, seed).values, np.float64)
            expected = (x[seed] * np.cumprod(1 - rates)) ** 2 / 2
            got = found.result.curves["loss"][member, seed]
            np.testing.assert_allclose(got, expected, rtol=1e-4)
