"""Halving and Hyperband: a full sweep's curves, as far as each member is trained."""

import contextlib
import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import sweeps

from . import hosts
from .helpers import KEY, assert_identical
from .tasks import Counted, Descent


@dataclasses.dataclass(frozen=True)
class Wave(Descent):
    """Descent among the hills of a sine: who is ahead changes on the way."""

    def step(self, state):
        rate = state["schedule"](state["count"])
        x = state["x"] - jnp.minimum(rate, 1.0) * jnp.cos(3 * state["x"])
        loss = jnp.sin(3 * x) + x * x / 16
        return {**state, "count": state["count"] + 1, "x": x}, {"loss": loss, "rate": rate}

    def evaluate(self, state):
        return {"error": (state["x"] - 1) ** 2}


# All of one shape, so that few programs are compiled.
RATES = np.random.default_rng(5).uniform(0.0, 0.6, (14, 36)).astype(np.float32)


def tables(rates):
    return js.grid(lambda row: js.Table(rates[row]), row=range(14))


MEMBERS = tables(RATES)
OPTIONS = {"num_steps": 36, "key": KEY, "num_seeds": 2, "progress": False}


def halve(task=Wave(), members=MEMBERS, metric="error", **options):
    options = {"chunk_steps": 4, "eta": 3, **OPTIONS, **options}
    return sweeps.halve(task, members, metric=metric, **options)


def hyperband(task=Wave(), members=MEMBERS, metric="error", **options):
    options = {"chunk_steps": 4, **OPTIONS, **options}
    return sweeps.hyperband(task, members, metric=metric, **options)


def run(task=Wave(), members=MEMBERS):
    """The full sweep, evaluated after each update."""
    return sweeps.run(task, members, chunk_steps=1, **OPTIONS)


@pytest.fixture(scope="module")
def full():
    return run()


@pytest.fixture(scope="module")
def halved():
    """Rungs at 4, 12 and 36 updates, of 14, 4 and 1 members."""
    return halve()


def score(full, metric, member, done, before):
    """Mean over seeds of what a member of a full sweep had after some updates."""
    values = []
    for seed in range(len(full.seeds)):
        seen = [table[member, seed, :done] for table in full.curves.values()]
        seen += [table[member, seed, :done] for table in full.evaluations.values()]
        if not all(np.isfinite(part).all() for part in seen):
            return None
        if metric in full.evaluations:
            values.append(float(full.evaluations[metric][member, seed, done - 1]))
        else:
            curve = full.curves[metric][member, seed].astype(np.float64)
            values.append(float(curve[max(before, done - 4) : done].mean()))
    return sum(values) / len(values)


def expected_rungs(full, metric, steps, brackets, eta, sign=1):
    """Members from best to worst and scores, as lists cut by hand give them.

    `brackets` has for each member how often it is cut, or that and its group.
    """
    alive, found = list(range(full.num_members)), []
    for i, done in enumerate(steps):
        before = steps[i - 1] if i else 0
        scores = {m: score(full, metric, m, done, before) for m in alive}
        lost = [m for m in alive if scores[m] is None]
        order = [m for m in alive if scores[m] is not None]
        order = sorted(order, key=lambda m: (sign * scores[m], m)) + lost
        found.append((done, order, [scores[m] for m in order]))
        cuts_left = len(steps) - 1 - i
        alive = []
        for bracket in sorted(set(brackets)):
            mine = [m for m in order if brackets[m] == bracket]
            if 0 < cuts_left <= (bracket if isinstance(bracket, int) else bracket[0]):
                mine = mine[: max(1, len(mine) // eta)]
            alive += mine
        alive.sort()
    return found


def assert_rungs(result, expected):
    assert len(result.rungs) == len(expected)
    for rung, (done, members, scores) in zip(result.rungs, expected, strict=True):
        assert rung.done == done
        assert rung.members.tolist() == members
        scores = [np.nan if value is None else value for value in scores]
        np.testing.assert_allclose(rung.scores, scores, rtol=1e-5, atol=0)


# Rungs.


def test_rungs_are_those_of_the_full_sweep(full, halved):
    """Seeds count by their mean; the winner is the last one left."""
    expected = expected_rungs(full, "error", [4, 12, 36], [2] * 14, 3)

    assert_rungs(halved, expected)
    assert [len(members) for _, members, _ in expected] == [14, 4, 1]
    assert halved.winner == expected[-1][1][0]
    assert halved.settings[halved.winner] == MEMBERS.settings[halved.winner]


@pytest.mark.parametrize(
    ("metric", "mode", "eta", "min_steps", "steps"),
    [
        ("loss", "min", 3, None, [4, 12, 36]),
        ("error", "max", 3, 10, [12, 36]),
        ("rate", "max", 2, 4, [4, 9, 18, 36]),
        ("error", "min", 6, 1, [1, 6, 36]),
        ("error", "min", 3, 36, [36]),
    ],
)
def test_rungs_of_any_ladder(full, metric, mode, eta, min_steps, steps):
    """Metrics of either kind, either direction; rungs that no chunk divides."""
    result = halve(metric=metric, mode=mode, eta=eta, min_steps=min_steps)
    sign = 1 if mode == "min" else -1
    brackets = [len(steps) - 1] * 14

    assert_rungs(result, expected_rungs(full, metric, steps, brackets, eta, sign))


def test_hyperband_is_several_halvings(full):
    """Each bracket is cut on its own; all start together."""
    result = hyperband(min_steps=4)

    assert np.bincount(result.brackets).tolist() == [3, 4, 7]
    expected = expected_rungs(full, "error", [4, 12, 36], result.brackets.tolist(), 3)
    assert_rungs(result, expected)
    assert [len(members) for _, members, _ in expected] == [14, 9, 5]


def test_groups_are_cut_apart(full):
    """Members are compared with those of the same setting, but for the last time."""
    kinds = [["low", "high"][row % 2] for row in range(14)]
    members = MEMBERS._replace(settings=[{"kind": kind} for kind in kinds])
    result = halve(members=members, within="kind")
    cells = [(2, kind) for kind in kinds]

    assert_rungs(result, expected_rungs(full, "error", [4, 12, 36], cells, 3))
    assert [len(rung.members) for rung in result.rungs] == [14, 4, 2]
    assert {kinds[m] for m in result.rungs[-1].members} == {"low", "high"}
    result = hyperband(members=members, within="kind", min_steps=4)
    cells = list(zip(result.brackets.tolist(), kinds, strict=True))
    assert {cell: cells.count(cell) for cell in cells} == {
        (s, kind): num for s, num in enumerate([1, 2, 4]) for kind in ("low", "high")
    }
    assert_rungs(result, expected_rungs(full, "error", [4, 12, 36], cells, 3))


def test_hyperband_deals_by_the_key():
    """The same key deals alike, another one not; never in the order of the members."""
    first, again = (hyperband(min_steps=4) for _ in range(2))
    other = hyperband(min_steps=4, key=jax.random.key(1))

    assert first.brackets.tolist() == again.brackets.tolist()
    assert first.brackets.tolist() != other.brackets.tolist()
    assert first.brackets.tolist() != sorted(first.brackets)
    assert sorted(first.brackets) == sorted(other.brackets)


# Curves.


def test_curves_are_those_of_the_full_sweep(full, halved):
    """Up to where a member stopped, and NaN from there; evaluations too."""
    steps = np.full(14, 4)
    steps[halved.rungs[1].members] = 12
    steps[halved.rungs[2].members] = 36
    np.testing.assert_array_equal(halved.steps, steps)
    np.testing.assert_array_equal(halved.eval_steps, np.arange(4, 37, 4))

    for name, table in halved.curves.items():
        trained = np.arange(36) < steps[:, None, None]
        expected = np.where(trained, full.curves[name], np.nan)
        np.testing.assert_allclose(table, expected, rtol=1e-5, atol=0)
    trained = halved.eval_steps <= steps[:, None, None]
    expected = np.where(trained, full.evaluations["error"][..., 3::4], np.nan)
    np.testing.assert_allclose(halved.evaluations["error"], expected, rtol=1e-5, atol=0)


def test_repr_says_what_there_is(halved):
    """On one line, with the size of every rung."""
    last = halved.rungs[-1]
    found = repr(halved)

    assert f"winner {halved.winner}; rungs of {len(halved.settings)} after " in found
    assert f", {len(last.members)} after {last.done}: loss" in found
    assert "\n" not in found


def test_the_work_shrinks(halved):
    """Updates are those that were trained: 14, 4 and 1 members on the way up."""
    updates = 14 * 4 + 4 * 8 + 1 * 24

    assert halved.num_updates == 2 * updates
    np.testing.assert_allclose(halved.cost, updates / (14 * 36))


@dataclasses.dataclass(frozen=True)
class Watched(Descent):
    """Tells every update that is really computed, padded lanes included."""

    seen: list = dataclasses.field(default_factory=list, compare=False)

    def step(self, state):
        jax.debug.callback(lambda count: self.seen.append(int(count)), state["count"])
        return super().step(state)


def test_lanes_that_stop_are_not_computed():
    """The devices do as many updates as are counted, not one more."""
    task = Watched()
    mesh = jax.sharding.Mesh(np.asarray(jax.devices()[:1]), ("sweep",))
    result = halve(task, metric="loss", mesh=mesh)
    jax.effects_barrier()

    assert len(task.seen) == result.num_updates
    assert np.bincount(task.seen).tolist() == [28] * 4 + [8] * 8 + [2] * 24


def test_schedules_keep_their_horizon(halved):
    """A rung only pauses: the rates are those of the schedule over all updates."""
    members = js.grid(
        lambda peak: js.cosine_decay_schedule(peak, 36), peak=[0.01, 0.03, 0.1, 0.3]
    )
    result = halve(members=members)
    schedule = js.unstack(members.schedules)[result.winner]

    np.testing.assert_allclose(
        result.curves["rate"][result.winner, 0], schedule(jnp.arange(36)), rtol=1e-6
    )


@pytest.mark.parametrize("batch_size", [5, 28])
def test_batches_change_nothing(halved, batch_size):
    """A few lanes at a time: the same rungs."""
    result = halve(batch_size=batch_size)

    for got, expected in zip(result.rungs, halved.rungs, strict=True):
        np.testing.assert_array_equal(got.members, expected.members)
        np.testing.assert_allclose(got.scores, expected.scores, rtol=1e-5)


def test_a_rung_is_a_sweep(full, halved, tmp_path):
    """Statistics and files take it: its members best first, nothing missing."""
    for i, rung in enumerate(halved.rungs):
        part = halved.sweep(i)
        assert part.num_steps == part.eval_steps[-1] == rung.done
        assert not part.diverged.any()
        assert part.settings == [MEMBERS.settings[m] for m in rung.members]
        assert part.schedules == [full.schedules[m] for m in rung.members]
        np.testing.assert_array_equal(part.ranking("error"), np.arange(part.num_members))
        np.testing.assert_allclose(
            part.curves["loss"], full.curves["loss"][rung.members, :, : rung.done], 1e-5
        )
    sweeps.write_json(part, tmp_path / "part.json")
    assert_identical(sweeps.read_json(tmp_path / "part.json"), part)
    found = sweeps.paired_difference(halved.sweep(1), "error", 0, 1)
    assert found.difference < 0


SCRIPT = """
import jax, numpy as np
from tests.sweeps.test_halving import halve

assert len(jax.devices()) == 8
one = jax.sharding.Mesh(np.asarray(jax.devices()[:1]), ("sweep",))
alone, spread = halve(mesh=one), halve()
for ours, theirs in zip(spread.rungs, alone.rungs, strict=True):
    np.testing.assert_array_equal(ours.members, theirs.members)
np.testing.assert_allclose(spread.curves["loss"], alone.curves["loss"], rtol=1e-5)
print("equal")
"""


def test_eight_devices_find_what_one_finds():
    """28 lanes, then 8, then 2: fewer than the devices."""
    said, error = hosts.launch(8, "-c", SCRIPT).communicate(timeout=120)

    assert said.strip() == "equal", error


# Members that are special.


def test_diverged_members_are_last(full, halved):
    """Those that are fine again too, and those that diverge when others are gone."""
    first, second = halved.rungs[1].members[:2]
    rates = RATES.copy()
    rates[first, 4] = np.inf
    rates[second, 3] = np.inf
    rates[1] = np.inf
    result = halve(members=tables(rates))

    whole = run(members=tables(rates))
    assert_rungs(result, expected_rungs(whole, "error", [4, 12, 36], [2] * 14, 3))
    assert result.rungs[0].members[-2:].tolist() == sorted([1, second])
    assert np.isnan(result.rungs[0].scores[-2:]).all()
    assert result.rungs[1].members[-1] == first
    assert np.isfinite(result.evaluations["error"][first, :, :3]).all()


def test_diverged_members_of_a_bracket_that_is_not_cut():
    """They stay, and stay last."""
    brackets = hyperband(min_steps=4).brackets
    rates = RATES.copy()
    member = np.flatnonzero(brackets == 0)[0]
    rates[member, 3] = np.inf
    result = hyperband(members=tables(rates), min_steps=4)

    assert all(rung.members[-1] == member for rung in result.rungs)
    assert all(np.isnan(rung.scores[-1]) for rung in result.rungs)


class Rooted(Wave):
    """Reports a root of what may be negative, by the seed."""

    def evaluate(self, state):
        return {"error": jnp.sqrt(state["x"])}


def test_one_seed_that_diverged_is_enough():
    """Nothing is averaged over the seeds that are left."""
    task = Rooted()
    whole = run(task)
    assert (whole.diverged.sum(axis=1) == 1).any()
    result = halve(task, chunk_steps=1)

    assert_rungs(result, expected_rungs(whole, "error", [4, 12, 36], [2] * 14, 3))


def test_all_diverged():
    """The rungs are there, and no winner."""
    result = halve(members=tables(np.full_like(RATES, np.inf)))

    found = [rung.members.tolist() for rung in result.rungs]
    assert found == [list(range(14)), [0, 1, 2, 3], [0]]
    assert result.winner is None


@pytest.mark.parametrize("mode", ["min", "max"])
def test_ties_go_to_the_lower_number(mode):
    """Twins have the same curves."""
    result = halve(members=tables(RATES[[7, 8] * 7]), mode=mode)
    even, odd = list(range(0, 14, 2)), list(range(1, 14, 2))
    first, _, last = result.rungs

    assert first.members.tolist() in ([*even, *odd], [*odd, *even])
    assert len(set(first.scores)) == 2
    assert result.rungs[1].members.tolist() == first.members[:4].tolist()
    assert last.members.tolist() == first.members[:1].tolist()


@pytest.mark.parametrize("search", [halve, hyperband])
def test_one_member(search):
    """It climbs alone."""
    result = search(Descent(), [0.5], metric="loss")

    assert [rung.members.tolist() for rung in result.rungs] == [[0]] * len(result.rungs)
    assert (result.winner, result.cost) == (0, 1.0)
    assert np.isfinite(result.curves["loss"]).all()


def test_whole_numbers_may_be_reported():
    """They become floats, which have a NaN for what was not trained."""

    class Counting(Descent):
        def step(self, state):
            state, loss = super().step(state)
            return state, {"loss": loss, "count": state["count"], "even": loss > 0}

    result = halve(Counting(), [0.1, 0.2, 0.3], metric="loss")

    np.testing.assert_array_equal(result.curves["count"][2, 0], np.arange(1, 37))
    assert np.isnan(result.curves["even"][0, 0, 4:]).all()


def test_by_default_one_early_and_deep_cut():
    """After a sixth of the updates a sixth goes on, for less than a third of the work."""
    result = sweeps.halve(Wave(), MEMBERS, metric="error", **OPTIONS)

    assert [(rung.done, len(rung.members)) for rung in result.rungs] == [(6, 14), (36, 2)]
    assert result.cost < 1 / 3


# Compiling, progress.


def test_programs_are_kept():
    """Another search of the same size compiles nothing; nor do rungs of equal lanes."""
    task = Counted()
    halve(task, [0.1, 0.2, 0.3, 0.4], metric="loss")
    num = len(task.traces)
    result = halve(task, [0.5, 0.6, 0.7, 0.8], metric="loss", key=jax.random.key(3))
    # From one member on it is the program of the rung before.
    alone = Counted(traces=[])
    halve(alone, [0.5], metric="loss")

    assert [len(rung.members) for rung in result.rungs] == [4, 1, 1]
    assert len(task.traces) == num
    assert len(alone.traces) <= 2


def test_progress_is_of_the_work():
    """Updates as a mean over members; the last report says that all is done."""
    told = []
    result = halve(progress=told.append)

    assert [report.done for report in told] == sorted(report.done for report in told)
    assert told[-1].done == told[-1].num_steps == int(result.cost * 36)
    assert {report.num_lanes for report in told} == {28}
    name, best = told[-1].best
    assert name == "loss"
    chunks = result.curves["loss"].reshape(28, 9, 4).mean(axis=2)
    np.testing.assert_allclose(best, np.nanmin(chunks), rtol=1e-5)


def test_the_bar_is_as_long_as_the_work(monkeypatch):
    """Not as long as the training of whoever gets to the end."""
    told = []

    @contextlib.contextmanager
    def reporter(progress, num_lanes, num_steps):
        told.append((num_lanes, num_steps))
        yield lambda report: told.append((report.num_lanes, report.num_steps))

    monkeypatch.setattr("jaxsched.sweeps._climb.reporter", reporter)
    result = halve()

    assert set(told) == {(28, int(result.cost * 36))}


# Errors.


@pytest.mark.parametrize("search", [halve, hyperband])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"eta": 1}, "needs eta >= 2, got eta=1"),
        ({"eta": 0}, r"\(eta=...\) must be an integer above 0, got 0"),
        ({"min_steps": 37}, "min_steps <= num_steps, got min_steps=37 and num_steps=36"),
        ({"min_steps": 0}, r"\(min_steps=...\) must be an integer above 0, got 0"),
        ({"num_steps": 0}, r"\(num_steps=...\) must be an integer above 0, got 0"),
        ({"num_seeds": 0}, r"\(num_seeds=...\) must be an integer above 0, got 0"),
        ({"chunk_steps": 0}, r"\(chunk_steps=...\) must be an integer above 0, got 0"),
        ({"batch_size": 0}, r"\(batch_size=...\) must be an integer above 0, got 0"),
        ({"metric": "eror"}, r"\(metric=...\) must be one of 'loss', 'rate', 'error', got"),
        ({"mode": "best"}, r"\(mode=...\) must be one of 'min', 'max', got 'best'"),
        ({"within": "peak"}, r"\(within=...\) .* got 'peak'. They have: row"),
        ({"members": []}, "must not be empty"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_refused(search, options, words):
    """Before anything is trained."""
    who = "stack" if "members" in options else f"sweeps.{search.__name__}"
    with pytest.raises(ValueError, match=f"^{who}.*{words}"):
        search(**options)


@pytest.mark.parametrize("search", [halve, hyperband])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"eta": 2.5}, "an integer above 0, got 2.5"),
        ({"key": 0}, "a JAX random key, got 0"),
    ],
    ids=["eta", "key"],
)
def test_wrong_types_are_refused(search, options, words):
    """Nothing is rounded without a word."""
    with pytest.raises(TypeError, match=f"^sweeps.{search.__name__}.* must be {words}"):
        search(**options)
