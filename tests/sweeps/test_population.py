"""Population-based training: who copies whom, and the schedule that comes of it."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import interop, sweeps

from .helpers import KEY, RATES
from .tasks import Descent, Regression

NUM_STEPS, INTERVAL = 40, 8
LINES = [js.linear_schedule(rate, 0.0, NUM_STEPS) for rate in (*RATES, 1e30)]


def evolve(task=Regression(), schedules=LINES, **options):
    options = {
        **{"num_steps": NUM_STEPS, "interval_steps": INTERVAL, "key": KEY},
        **{"metric": "error", "quantile": 0.4, "num_seeds": 2, "progress": False},
        **options,
    }
    return sweeps.evolve(task, schedules, **options)


@pytest.fixture(scope="module")
def found():
    return evolve()


@dataclasses.dataclass(frozen=True)
class Noisy:
    """A bowl with noise in its gradient: the best rate is high, and low later."""

    def init(self, schedule, key):
        x = 10 * jnp.ones(64)
        return x, self._sgd(schedule).init(x), key

    def step(self, state):
        x, opt_state, key = state
        key, draw = jax.random.split(key)
        grads = x + jax.random.normal(draw, x.shape)
        updates, opt_state = self._sgd(0.0).update(grads, opt_state, x)
        return (x + updates, opt_state, key), {"loss": jnp.mean(x * x)}

    def _sgd(self, schedule):
        return js.scheduled(optax.sgd, learning_rate=schedule)


# Who copies whom.


def test_worst_copy_best(found):
    """Two of five in each round, and who diverged; the others stay."""
    assert [r.done for r in found.rounds] == [8, 16, 24, 32, 40]
    for here in found.rounds[:-1]:
        for seed in range(2):
            scores = here.scores[:, seed].tolist()
            lost = [i for i in range(5) if math.isnan(scores[i])]
            order = sorted(set(range(5)) - set(lost), key=lambda i: scores[i]) + lost
            for member, parent in enumerate(here.parents[:, seed]):
                if member in order[3:]:
                    assert parent in order[:2]
                else:
                    assert parent == member
    assert (found.rounds[-1].parents == found.rounds[-1].members).all()


def test_started_from(found):
    """The parents of the round before, and itself in the first one."""
    start = found.started_from
    assert start.shape == (5, 5, 2)
    assert np.array_equal(start[0, :, 0], np.arange(5))
    member = found.lineage(found.winner)
    for i in range(1, 5):
        assert start[i, member[i], 0] == member[i - 1]


def test_diverged_member_is_replaced(found):
    """At once; nobody descends from it."""
    assert np.isnan(found.rounds[0].scores[4]).all()
    assert (found.rounds[0].parents[4] != 4).all()
    assert all(found.lineage(member, 1)[0] != 4 for member in range(5))
    assert not found.result.diverged.any()


def test_all_diverged():
    """There is nobody to copy."""
    found = evolve(schedules=[1e30, 1e31], num_seeds=1)
    assert all((r.parents == r.members).all() for r in found.rounds)
    assert found.result.diverged.all()


def test_factors_of_copies(found):
    """0.8 or 1.2 times that of the parent, each somewhere; who stays keeps its own."""
    seen = set()
    for before, after in zip(found.rounds, found.rounds[1:], strict=False):
        old, new = (r.schedules.schedules[0].value.reshape(5, 2) for r in (before, after))
        ratio = new / np.take_along_axis(old, before.parents, axis=0)
        is_copy = before.parents != before.members
        assert (ratio[~is_copy] == 1).all()
        seen |= {round(float(r), 6) for r in ratio[is_copy]}
    assert seen == {0.8, 1.2}


# What comes of it.


@pytest.mark.parametrize("member", range(5))
def test_schedule_can_be_run_again(found, member):
    """From the start with the table of a lineage: the same curves, seed by seed."""
    for seed in range(2):
        table = found.schedule(member, seed)
        again = sweeps.run(
            *(Regression(), [table]),
            **{"num_steps": NUM_STEPS, "num_seeds": 2, "key": KEY, "progress": False},
        )
        for name in ("loss", "rate"):
            np.testing.assert_allclose(
                again.curves[name][0, seed],
                found.result.curves[name][member, seed],
                rtol=1e-4,
            )


def test_schedule_is_data(found):
    """It goes through JSON, and it is what the task says that it used."""
    table = found.schedule(found.winner)
    again = interop.from_dict(interop.to_dict(table))
    used = found.result.curves["rate"][found.winner, 0]

    counts = jnp.arange(NUM_STEPS)
    np.testing.assert_array_equal(again(counts), table(counts))
    np.testing.assert_allclose(table(counts), used, rtol=1e-6)
    assert found.result.schedules[found.winner] == repr(table)


def test_winner_is_the_best(found):
    """By the mean over seeds of the last score."""
    means = found.rounds[-1].scores.mean(axis=1)
    assert found.winner == int(np.nanargmin(means))
    np.testing.assert_allclose(
        found.result.final("error")[found.winner].mean(), means.min()
    )


def test_better_than_every_constant():
    """Where the best rate changes, from the constants that it started with."""
    rates = np.geomspace(0.003, 1.0, 8).tolist()
    options = {"num_steps": 200, "key": KEY, "num_seeds": 3, "progress": False}
    constant = sweeps.run(Noisy(), rates, **options).final("loss")
    found = sweeps.evolve(
        Noisy(),
        rates,
        interval_steps=10,
        metric="loss",
        explore=sweeps.perturb(0.5),
        **options,
    )

    evolved = found.result.final("loss")[found.winner]
    assert (evolved < 0.5 * constant.min(axis=0)).all()
    rate = found.schedule(found.winner)
    assert float(rate(199)) < 0.3 * float(rate(0))


# How.


def test_same_key_same_population(found):
    """And another one with another key."""
    again, other = evolve(), evolve(key=jax.random.key(1))
    for a, b, c in zip(found.rounds, again.rounds, other.rounds, strict=True):
        np.testing.assert_array_equal(a.scores, b.scores)
        np.testing.assert_array_equal(a.parents, b.parents)
        assert (a.scores != c.scores)[~np.isnan(a.scores)].any()


def test_more_rounds_compile_nothing():
    """The step is traced as often for five rounds as for two."""

    class Counted(Regression):
        __hash__ = object.__hash__  # so that nothing is kept for it
        num = 0

        def step(self, state):
            Counted.num += 1
            return super().step(state)

    counts = []
    for num_rounds in (2, 5):
        Counted.num = 0
        evolve(Counted(), num_steps=num_rounds * INTERVAL)
        counts.append(Counted.num)
    assert counts[0] == counts[1] > 0


def test_families_and_own_exploration():
    """Members of several shapes; a copy goes on three times as fast."""

    def explore(key, schedule):
        factor, member = schedule.schedules
        return js.Constant(factor.value * 3) * member

    members = [js.Constant(0.003), js.linear_schedule(0.01, 0.0, NUM_STEPS)]
    found = evolve(schedules=members, explore=explore, num_seeds=1, num_steps=2 * INTERVAL)

    table = found.schedule(0)
    assert found.lineage(0) == [1, 0]
    steps = jnp.arange(2 * INTERVAL)
    expected = members[1](steps) * jnp.where(steps < INTERVAL, 1, 3)
    np.testing.assert_allclose(table(steps), expected, rtol=1e-6)


def test_maximum():
    """With `mode="max"` the best is the highest."""
    low, high = evolve(metric="loss"), evolve(metric="loss", mode="max")
    final = [f.rounds[-1].scores.mean(axis=1)[f.winner] for f in (low, high)]
    assert final[0] < final[1]


def test_progress_tells_rounds():
    """A function is called after each one."""
    told = []
    evolve(progress=told.append)
    assert [(t.done, t.num_lanes) for t in told] == [(d, 10) for d in (8, 16, 24, 32, 40)]


# Errors.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"quantile": 0.6}, "0 < quantile <= 0.5"),
        ({"quantile": 0.0}, "0 < quantile <= 0.5"),
        ({"interval_steps": 0}, "interval_steps"),
        ({"metric": "accuracy"}, "metric"),
        ({"mode": "least"}, "mode"),
        ({"schedules": [0.1]}, "two members or more"),
        ({"name": "momentum"}, "'momentum'"),
        ({"task": Descent(), "metric": "loss"}, "scheduled"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_bad_input(options, words):
    """One clear error each."""
    with pytest.raises(ValueError, match=words):
        evolve(**options)


def test_factor_that_is_not_positive():
    """It would turn the descent round."""
    with pytest.raises(ValueError, match=r"perturb\(factors=...\)"):
        sweeps.perturb(1.2, -1.0)
