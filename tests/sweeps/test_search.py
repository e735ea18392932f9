"""Searches of Optuna and hyperoptax propose members, and learn from their scores."""

import builtins

import hyperoptax
import jax
import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from scipy import stats

import jaxsched as js
from jaxsched import curves, sweeps

from .helpers import run
from .tasks import Descent

KEY = jax.random.key(0)
LINEAR, COSINE = curves.Linear(), curves.Cosine()


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def families():
    return sweeps.one_of(
        constant=js.Constant(sweeps.log_uniform(0.01, 1.0)),
        decay=sweeps.space(
            js.Transition,
            init_value=sweeps.uniform(0.5, 1.0),
            end_value=0.0,
            transition_steps=sweeps.integers(3, 6),
            curve=sweeps.choices([LINEAR, COSINE]),
        ),
    )


def by_optuna(of, seed=0, **options):
    sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True, **options)
    study = optuna.create_study(sampler=sampler)
    return study, sweeps.OptunaSearch(study, of)


def by_random(of, key=KEY):
    return sweeps.HyperoptaxSearch(hyperoptax.RandomSearch, of, key=key)


def by_model(of, key=KEY, **options):
    # Small, since it compiles for long.
    small = {"n_candidates": 50, "n_restarts": 1, "n_lbfgs_steps": 2, "n_hparam_steps": 2}
    options = {"maximize": False, "n_max": 40, **small, **options}
    return sweeps.HyperoptaxSearch(hyperoptax.BayesianSearch, of, key=key, **options)


SEARCHES = {
    "optuna": lambda of: by_optuna(of)[1],
    "random": by_random,
}
each_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


def distance(members):
    """How far the first value of each member is from 0.1, in orders of magnitude."""
    values = jax.vmap(lambda schedule: schedule(0))(members.schedules)
    return np.abs(np.log10(values) + 1)


# Both.


@each_search
def test_members_are_of_the_space_and_what_the_table_says(search):
    """Any number comes out, in range, of the types of the space, in one batch."""
    for n in (1, 13):
        made = search(families())
        members = made.ask(n)
        lanes = js.unstack(members.schedules)

        assert len(members.settings) == n == len(lanes)
        for row, lane in zip(members.settings, lanes, strict=True):
            if row["family"] == "constant":
                assert list(row) == ["family", "value"]
                assert 0.01 <= row["value"] <= 1
                assert np.float32(lane.value) == np.float32(row["value"])
                continue
            assert row["family"] == "decay"
            assert 0.5 <= row["init_value"] <= 1
            assert row["transition_steps"] in (3, 4, 5, 6)
            assert type(row["transition_steps"]) is int
            assert row["curve"] in (LINEAR, COSINE)
            assert lane.transition_steps == row["transition_steps"]
            assert type(lane.curve) is type(row["curve"])
        made.tell(np.arange(n))


@each_search
def test_a_sweep_trains_what_a_search_asks_for(search):
    """Ask, run, tell, twice over: diverged members are no obstacle."""
    made = search(js.Constant(sweeps.log_uniform(0.1, 1e3)))
    num_diverged = 0
    for _ in range(2):
        result = run(Descent(), made.ask(6), num_steps=30)
        scores = result.scores("loss")

        assert np.isnan(scores).tolist() == result.diverged[:, 0].tolist()
        num_diverged += result.diverged.sum()
        made.tell(scores)

    assert 0 < num_diverged < 12


@each_search
@pytest.mark.parametrize("shape", [(3,), (4, 1), ()])
def test_scores_are_one_for_each_member(search, shape):
    """Others are refused, and nothing is told."""
    made = search(families())
    made.ask(4)
    with pytest.raises(ValueError, match=r"tell\(scores\) must have shape \(4,\)"):
        made.tell(np.zeros(shape))
    made.tell(np.zeros(4))
    with pytest.raises(ValueError, match=r"tell\(scores\) must have shape \(0,\)"):
        made.tell(np.zeros(4))


@each_search
def test_a_number_of_members_is_whole(search):
    """The error names the call."""
    with pytest.raises(ValueError, match=r"Search.ask\(n=.* above 0, got 0"):
        search(families()).ask(0)


@pytest.mark.parametrize(
    ("package", "make"),
    [("optuna", SEARCHES["optuna"]), ("hyperoptax", SEARCHES["random"])],
)
def test_without_the_package_the_error_names_the_extra(package, make, monkeypatch):
    """It says what to install."""
    found = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.split(".")[0] == package:
            raise ImportError(name)
        return found(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install 'jaxsched\[search\]'"):
        make(families())


# Optuna.


def test_trials_hold_the_settings():
    """Each as its own type, under its family; a curve as its code; scores as values."""
    study, search = by_optuna(families())
    members = search.ask(20)
    search.tell(np.arange(20))

    assert {row["family"] for row in members.settings} == {"constant", "decay"}
    for i, (trial, row) in enumerate(zip(study.trials, members.settings, strict=True)):
        family = row["family"]
        own = {f"{family}.{k}": v for k, v in row.items() if k != "family"}
        drawn = {k: v for k, v in own.items() if k != "decay.end_value"}
        as_text = {k: repr(v) if k == "decay.curve" else v for k, v in drawn.items()}

        assert trial.params == {"family": family, **as_text}
        assert (trial.state, trial.value) == (TrialState.COMPLETE, i)
    kinds = study.trials[0].distributions | study.trials[-1].distributions
    assert isinstance(kinds["family"], optuna.distributions.CategoricalDistribution)
    assert study.best_params == study.trials[0].params


def test_distributions_are_optuna_s_own():
    """Ranges, scales, steps and choices as they would be written there."""
    study, search = by_optuna(
        sweeps.space(
            lambda **settings: js.Constant(0.5),
            a=sweeps.uniform(-1.0, 2.0),
            b=sweeps.log_uniform(0.01, 0.1),
            c=sweeps.integers(0, 7),
            d=sweeps.log_integers(1, 100),
            e=sweeps.choices([0.5, "word", None, True]),
            f=0.25,
        )
    )
    search.ask(1)

    assert study.trials[0].distributions == {
        "a": optuna.distributions.FloatDistribution(-1.0, 2.0),
        "b": optuna.distributions.FloatDistribution(0.01, 0.1, log=True),
        "c": optuna.distributions.IntDistribution(0, 7),
        "d": optuna.distributions.IntDistribution(1, 100, log=True),
        "e": optuna.distributions.CategoricalDistribution([0.5, "word", None, True]),
    }


def test_what_is_not_finite_or_not_told_has_failed():
    """Such trials have the state FAIL, and no value; the next batch is a new one."""
    study, search = by_optuna(families())
    search.ask(3)
    search.tell([0.5, np.nan, -np.inf])
    search.ask(2)
    search.ask(1)
    states = [trial.state for trial in study.trials]

    assert states[:3] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL]
    assert states[3:] == [TrialState.FAIL, TrialState.FAIL, TrialState.RUNNING]
    assert study.best_value == 0.5


def test_optuna_gets_better_and_is_what_optuna_alone_finds():
    """The same seed without us proposes the same numbers."""
    of = js.Constant(sweeps.log_uniform(1e-5, 1e3))
    study, search = by_optuna(of, n_startup_trials=8)
    alone, _ = by_optuna(of, n_startup_trials=8)
    for _ in range(5):
        members = search.ask(8)
        search.tell(distance(members))
        trials = [alone.ask() for _ in range(8)]
        values = [trial.suggest_float("value", 1e-5, 1e3, log=True) for trial in trials]

        assert [row["value"] for row in members.settings] == values
        for trial, score in zip(trials, distance(members), strict=True):
            alone.tell(trial, float(score))
    scores = np.reshape([trial.value for trial in study.trials], (5, 8))

    assert np.median(scores[-1]) < np.median(scores[0]) / 2


# Hyperoptax.


def test_proposals_have_the_distributions_of_the_space():
    """Random search fills the ranges as draws of our own do."""
    of = sweeps.space(
        lambda **settings: js.Constant(0.5),
        rate=sweeps.log_uniform(1e-4, 1.0),
        whole=sweeps.integers(3, 6),
    )
    settings = by_random(of).ask(60).settings
    rates = [row["rate"] for row in settings]
    counts = np.bincount([row["whole"] for row in settings], minlength=7)[3:]

    assert stats.kstest(rates, stats.loguniform(1e-4, 1.0).cdf).pvalue > 0.01
    assert counts.sum() == 60
    assert stats.chisquare(counts).pvalue > 0.01


def test_proposals_depend_on_the_key_alone():
    """The same key proposes the same members, again and again; another one others."""

    def both(key):
        made = by_random(families(), key)
        first = made.ask(3)
        made.tell(np.arange(3.0))
        return [*first.settings, *made.ask(3).settings]

    assert both(KEY) == both(KEY)
    assert both(KEY) != both(jax.random.key(1))


@pytest.mark.parametrize(
    "maximize", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["min", "max"]
)
def test_the_model_gets_better_and_takes_failures_for_the_worst(maximize):
    """Either way up, from failures too; what it has no room for, it is not asked for."""
    search = by_model(
        js.Constant(sweeps.log_uniform(1e-3, 10.0)), maximize=maximize, n_max=11
    )
    sign = -1 if maximize else 1
    search.ask(2)
    search.tell([np.nan] * 2)  # a batch that failed as a whole
    medians, params = [], []
    for _ in range(5):
        members = search.ask(2)
        params += [row["value"] for row in members.settings]
        scores = distance(members)
        medians.append(np.median(scores))
        search.tell(sign * np.where(scores > 1.2, np.inf, scores))

    assert min(medians[1:]) < medians[0]
    assert len(set(params)) > 5
    with pytest.raises(ValueError, match=r"ask\(n=...\) must be at most 1,.* got 2"):
        search.ask(2)


def test_a_fixed_space_has_nothing_to_search():
    """The error says what to give."""
    with pytest.raises(ValueError, match=r"HyperoptaxSearch\(of=...\) must have"):
        by_random(js.Constant(0.5))
