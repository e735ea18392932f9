"""Population-based training: who copies whom, and how."""

import json
import os
import pathlib
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.sweeps._population import chosen_parents

from .helpers import KEY, RATES
from .populations import INTERVAL, NUM_STEPS, Forgetful, Noisy, TwoClocks, evolve


def parents_by_hand(scores, mode, quantile, uniforms):
    """One member after the other, with lists."""
    num, num_seeds = len(scores), len(scores[0])
    share = max((round(1000 * quantile) * num) // 1000, 1)
    parents = [[i] * num_seeds for i in range(num)]
    for seed in range(num_seeds):
        alive = [i for i in range(num) if scores[i][seed] == scores[i][seed]]
        sign = 1 if mode == "min" else -1
        alive = sorted(alive, key=lambda i: (sign * scores[i][seed], i))
        best = alive[:share]
        for rank, member in enumerate(alive):
            if rank >= num - share:
                parents[member][seed] = best[int(uniforms[member][seed] * len(best))]
        for member in set(range(num)) - set(alive):
            if best:
                parents[member][seed] = best[int(uniforms[member][seed] * len(best))]
    return parents


# Who copies whom.


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("quantile", [0.01, 0.25, 0.4, 0.5])
@pytest.mark.parametrize("num", [2, 5, 10])
def test_truncation_selection(mode, quantile, num):
    """As by hand, with ties and with none to all of the members diverged."""
    rng = np.random.default_rng(num)
    for num_lost in range(num + 1):
        scores = rng.integers(0, 2 * num, (num, 3)).astype(float)
        scores[rng.permutation(num)[:num_lost]] = np.nan
        uniforms = rng.random((num, 3))
        got = chosen_parents(scores, mode, quantile, uniforms)
        expected = parents_by_hand(scores.tolist(), mode, quantile, uniforms.tolist())
        assert got.tolist() == expected


@pytest.mark.parametrize(("quantile", "num", "share"), [(0.29, 100, 29), (0.07, 100, 7)])
def test_share_is_not_lost_to_rounding(quantile, num, share):
    """0.29 * 100 is 28.999999999999996."""
    scores = np.arange(num, dtype=float)[:, None]
    parents = chosen_parents(scores, "min", quantile, np.zeros((num, 1)))
    assert (parents[:, 0] != np.arange(num)).sum() == share


def test_rounds_select_by_their_scores(evolved):
    """From two of the five ones at the top, seed by seed; who stays is its own parent."""
    assert [r.done for r in evolved.rounds] == [8, 16, 24, 32, 40]
    assert (evolved.rounds[-1].parents == evolved.rounds[-1].members).all()
    for here in evolved.rounds[:-1]:
        low, high = (
            np.asarray(parents_by_hand(here.scores, "min", 0.4, np.full((5, 2), u)))
            for u in (0.0, 0.99)
        )
        assert ((here.parents == low) | (here.parents == high)).all()
        assert (low != high).any()


def test_scores_are_of_the_round(evolved):
    """At its end if evaluated; reported by steps, their mean over it."""
    error = evolved.trained.evaluations["error"]
    assert [r.scores[:4].tolist() for r in evolved.rounds] == [
        error[:4, :, i].tolist() for i in range(5)
    ]
    other = evolve(metric="loss")
    means = other.trained.curves["loss"][:4].reshape(4, 2, 5, 8).mean(axis=-1)
    for i, part in enumerate(other.rounds):
        np.testing.assert_allclose(part.scores[:4], means[..., i], rtol=1e-6)


def test_diverged_member_is_replaced(evolved):
    """At once; nobody descends from it."""
    assert np.isnan(evolved.rounds[0].scores[4]).all()
    assert (evolved.rounds[0].parents[4] != 4).all()
    assert evolved.trained.diverged.tolist() == [[False] * 2] * 4 + [[True] * 2]
    assert all(evolved.lineage(member, 1)[0] != 4 for member in range(5))
    assert not evolved.result.diverged.any()


def test_all_diverged():
    """There is nobody to copy."""
    lines = [js.linear_schedule(rate * 1e32, 0.0, NUM_STEPS) for rate in (*RATES, 1.0)]
    found = evolve(schedules=lines)
    assert all((r.parents == r.members).all() for r in found.rounds)
    assert found.result.diverged.all()
    assert found.winner is None


def test_factors_of_copies(evolved):
    """0.8 or 1.2 times that of the parent, each somewhere; who stays keeps its own."""
    seen = set()
    for before, after in zip(evolved.rounds, evolved.rounds[1:], strict=False):
        old, new = (r.schedules.schedules[0].value.reshape(5, 2) for r in (before, after))
        ratio = new / np.take_along_axis(old, before.parents, axis=0)
        is_copy = before.parents != before.members
        assert (ratio[~is_copy] == 1).all()
        seen |= {round(float(r), 6) for r in ratio[is_copy]}
    assert seen == {0.8, 1.2}


def test_winner_is_the_best(evolved):
    """By the mean over seeds of the last score."""
    means = evolved.rounds[-1].scores.mean(axis=1)
    assert evolved.winner == int(np.nanargmin(means))
    np.testing.assert_allclose(
        evolved.result.final("error")[evolved.winner].mean(), means.min()
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


def test_same_key_same_population(evolved):
    """And another one with another key."""
    again, other = evolve(), evolve(key=jax.random.key(1))
    for a, b, c in zip(evolved.rounds, again.rounds, other.rounds, strict=True):
        np.testing.assert_array_equal(a.scores, b.scores)
        np.testing.assert_array_equal(a.parents, b.parents)
        assert (a.scores != c.scores)[~np.isnan(a.scores)].any()


def test_more_rounds_compile_nothing(evolved, caplog):
    """Other rounds, other members and another key run what is compiled already."""
    assert len(evolved.rounds) == 5
    lines = [js.linear_schedule(rate, 0.1 * rate, 30) for rate in (0.02, *RATES)]
    with jax.log_compiles(), caplog.at_level("WARNING"):
        again = evolve(schedules=lines, num_steps=7 * INTERVAL, key=jax.random.key(5))
        said = [r.getMessage() for r in caplog.records]
        jax.jit(lambda x: x * 3 + len(again.rounds))(1.0)
    assert len(again.rounds) == 7
    assert not [text for text in said if text.startswith("Compiling")]
    # It would be seen.
    assert any(r.getMessage().startswith("Compiling") for r in caplog.records)


def test_nothing_is_drawn_from_the_key_of_a_seed(monkeypatch):
    """What a member copies and explores does not hang together with its data."""
    seen = []
    fold_in = jax.random.fold_in
    monkeypatch.setattr(
        *(jax.random, "fold_in"),
        lambda key, data: seen.append(fold_in(key, data)) or seen[-1],
    )
    evolve(num_steps=2 * INTERVAL)
    drawn = {tuple(jax.random.key_data(key).tolist()) for key in seen if key.ndim == 0}
    seeds = {tuple(row) for row in jax.random.key_data(jax.random.split(KEY, 99)).tolist()}
    assert drawn
    assert not drawn & seeds


def test_turns_do_not_matter(evolved):
    """Ten lanes, three at a time."""
    again = evolve(batch_size=3)
    for a, b in zip(again.rounds, evolved.rounds, strict=True):
        np.testing.assert_array_equal(a.parents, b.parents)
        np.testing.assert_allclose(a.scores, b.scores, rtol=1e-5)


_ON_DEVICES = """
import json, jax, numpy as np
from tests.sweeps import populations as t
found = t.evolve()
assert jax.device_count() == 3
t.check_replay(t.Regression(), found)
print(json.dumps([[r.parents.tolist() for r in found.rounds],
                  found.result.final("error").tolist()]))
"""


@pytest.mark.slow
def test_devices_do_not_matter(evolved):
    """Ten lanes on three devices, two of them to pad."""
    flags = "--xla_force_host_platform_device_count=3"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _ON_DEVICES],
        cwd=pathlib.Path(__file__).parents[2],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    parents, final = json.loads(done.stdout)
    assert parents == [r.parents.tolist() for r in evolved.rounds]
    np.testing.assert_allclose(final, evolved.result.final("error"), rtol=1e-5)


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
        ({"batch_size": 0}, "batch_size"),
        ({"explore": lambda key, schedule: schedule.schedules[1]}, "explore"),
        ({"task": Forgetful(), "metric": "loss"}, "keeps its schedule"),
        ({"task": TwoClocks()}, "count alike"),
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
