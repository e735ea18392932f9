"""Another count, another schedule, a metric, in mid-run."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import LINE, PLATEAU, Traced, assert_same, signature

ONES = {"x": jnp.ones(3)}
COSINE = js.cosine_decay_schedule(1.0, 10)


def sgd(rate=LINE, **others):
    return js.scheduled(optax.sgd, learning_rate=rate, **others)


def following(state):
    return float(js.next_hyperparams(state)["learning_rate"])


@pytest.fixture(scope="module")
def step():
    """A compiled step of any optimizer that has the state of scheduled SGD."""
    return Traced(lambda state: sgd().update(ONES, state)[1])


# Another count.

COUNTS = {
    "int": 7,
    "float": 7.0,
    "np.int64": np.int64(7),
    "np.float32": np.float32(7),
    "np.uint8": np.uint8(7),
    "jnp": jnp.int32(7),
    "bfloat16": jnp.bfloat16(7),
}


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)
def test_seek_to_any_whole_number(count):
    """The count keeps its type; the next update uses the value there."""
    state = sgd().init(ONES)
    sought = js.seek(state, count)

    assert signature(sought) == signature(state)
    assert int(sought.count) == 7
    np.testing.assert_allclose(following(sought), 0.3, rtol=1e-6)


def test_seek_to_the_last_count(step):
    """It stays there, as counts do."""
    state = js.seek(sgd().init(ONES), 2**31 - 1)

    assert following(state) == 0
    assert int(step(state).count) == 2**31 - 1


def test_seek_inside_jit():
    """A traced count that is negative is the first one."""
    sought = jax.jit(lambda count: js.seek(sgd().init(ONES), count))
    counts = [int(sought(count).count) for count in (-3, 0, 3, np.float32(3))]

    assert counts == [0, 0, 3, 3]


def test_seek_moves_clocks_and_nothing_else(step):
    """The schedule that a controller rides on moves; what it has learnt stays."""
    optimizer = js.scheduled(optax.adam, learning_rate=LINE * PLATEAU)
    state = optimizer.init(ONES)
    for _ in range(3):
        _, state = optimizer.update(ONES, state, value=1.0)
    sought = js.seek(state, 8)

    np.testing.assert_allclose(following(sought), 0.2 * 0.25, rtol=1e-6)
    assert_same(sought.inner_state, state.inner_state)
    old, new = state.controllers[0].controller, sought.controllers[0].controller
    assert_same(new._replace(count=old.count), old)


def test_seek_leaves_parameters_alone():
    """What a controller keeps of parameters has no clock in it, whatever its name."""
    params = optax.EmptyState(), optax.ScaleByScheduleState(jnp.ones(2))  # has a `count`
    optimizer = sgd(js.Hypergradient(0.1, gain=0.1))
    updates, state = optimizer.update(params, optimizer.init(params), params)

    assert_same(js.seek(state, 5).controllers[0].applied, updates)


def test_seek_moves_all():
    """Every scheduled optimizer of a state, in groups and in one another."""
    groups = {"a": sgd(), "b": js.scheduled(lambda weight: sgd(), weight=LINE)}
    optimizer = optax.partition(groups, {"x": "a", "y": "b"})
    state = js.seek(optimizer.init({"x": jnp.ones(2), "y": jnp.ones(2)}), 5)

    assert {float(v) for v in js.next_hyperparams(state).values()} == {0.5}


def test_chunks_sought_to_their_places(step):
    """Each of four chunks begins anew at its count: the sum of one whole run."""

    def chunk(start):
        state = js.seek(sgd(js.linear_schedule(1.0, 0.0, 100)).init(ONES), start)

        def body(state, _):
            updates, state = sgd().update(ONES, state)
            return state, updates["x"][0]

        return jax.lax.scan(body, state, length=25)[1].sum()

    total = jax.jit(jax.vmap(chunk))(25 * jnp.arange(4)).sum()
    np.testing.assert_allclose(total, -50.5, rtol=1e-6)


# Another schedule.


def test_each_kind_is_traced_once():
    """Then none of its numbers is, and going back to a kind is not."""
    step = Traced(lambda state: sgd().update(ONES, state)[1])
    state = step(step(sgd().init(ONES)))
    used = []
    for schedule, traces in (
        (js.linear_schedule(2.0, 0.0, 10), 1),
        (COSINE, 2),
        (2.0 * PLATEAU, 3),
        (3.0 * PLATEAU, 3),
        (0.5, 4),
        (np.float64(0.25), 4),
        (jnp.bfloat16(2), 4),
        (3, 4),
        (LINE, 4),
    ):
        state = step(step(js.replace_schedules(state, learning_rate=schedule)))
        used.append(float(js.hyperparams(state)["learning_rate"]))
        assert step.count == traces

    assert int(state.count) == 20
    expected = [2 * 0.7, COSINE(5), 2.0, 3.0, 0.5, 0.25, 2.0, 3.0, 0.0]
    np.testing.assert_allclose(used, expected, rtol=1e-5)


@pytest.mark.parametrize("schedule", [2 * COSINE, 2.0 * PLATEAU, 2.0], ids=repr)
def test_replaced_under_an_override(schedule):
    """What was set by hand stays, and so does a factor."""
    scaled = js.scale(sgd().init(ONES), learning_rate=0.5)
    by_hand = js.override(scaled, learning_rate=0.125)

    assert following(js.replace_schedules(scaled, learning_rate=schedule)) == 1.0
    replaced = js.replace_schedules(by_hand, learning_rate=schedule)
    assert following(replaced) == 0.125
    assert following(js.clear_override(replaced)) == 2.0


def test_controllers_and_schedules_take_turns():
    """A controller of the kind that was there goes on; another one starts, at the count."""
    optimizer = sgd(LINE * PLATEAU)
    state = optimizer.init(ONES)
    for _ in range(3):
        _, state = optimizer.update(ONES, state, value=1.0)
    same = js.linear_schedule(2.0, 0.0, 10) * PLATEAU
    other = LINE * js.GreedyLR()
    gone = js.replace_schedules(state, learning_rate=LINE)

    assert following(state) == np.float32(0.7 * 0.25)
    assert following(js.replace_schedules(state, learning_rate=same)) == np.float32(0.35)
    assert following(js.replace_schedules(state, learning_rate=other)) == np.float32(0.7)
    assert following(gone) == np.float32(0.7)
    assert gone.controllers == ()
    anew = js.replace_schedules(gone, learning_rate=LINE * PLATEAU)
    assert following(anew) == np.float32(0.7)


def test_the_others_stay():
    """Controllers of other hyperparameters keep what they have learnt."""
    rates = {"learning_rate": 1.0 * PLATEAU, "b1": 0.5 * js.GreedyLR(), "b2": 0.5 * PLATEAU}
    optimizer = js.scheduled(optax.adam, **rates)
    state = optimizer.init(ONES)
    for _ in range(3):
        _, state = optimizer.update(ONES, state, value=1.0)
    replaced = js.replace_schedules(state, b1=0.125)

    before, after = js.next_hyperparams(state), js.next_hyperparams(replaced)
    assert after == {**before, "b1": after["b1"]}
    assert float(after["b1"]) == 0.125
    assert float(after["learning_rate"]) == 0.25


def test_replaced_in_a_batch():
    """One schedule for all lanes, or a batch of as many."""
    states = jax.vmap(lambda rate: sgd(rate).init(ONES))(js.stack([0.1, 0.2, 0.3]))
    lines = js.stack([js.linear_schedule(peak, 0.0, 10) for peak in (1.0, 2.0, 4.0)])

    def replaced(schedule):
        state = js.replace_schedules(js.seek(states, 5), learning_rate=schedule)
        return js.next_hyperparams(state)["learning_rate"]

    np.testing.assert_allclose(replaced(LINE), [0.5] * 3, rtol=1e-6)
    np.testing.assert_allclose(replaced(lines), [0.5, 1.0, 2.0], rtol=1e-6)
    np.testing.assert_allclose(replaced(2.0 * PLATEAU), [2.0] * 3, rtol=1e-6)
    with pytest.raises(AssertionError, match=r"shape \(2,\)"):
        replaced(js.stack([1.0, 2.0]))


# A metric.


def test_observe_moves_no_clock():
    """The controller learns; counts stay, whatever it rides on."""
    state = js.seek(sgd(LINE * PLATEAU).init(ONES), 5)
    for value in (1.0, np.float64(2), jnp.bfloat16(2), 3):
        state = js.observe(state, value=value)

    assert signature(state) == signature(sgd(LINE * PLATEAU).init(ONES))
    assert {int(state.count), int(state.controllers[0].count)} == {5}
    np.testing.assert_allclose(following(state), 0.5 * 0.125, rtol=1e-6)


def test_observe_nan():
    """A loss that is NaN is bad news, not an error."""
    state = js.observe(sgd(1.0 * PLATEAU).init(ONES), value=float("nan"))

    assert following(state) == 0.5


def test_observe_tells_each_what_it_knows():
    """All controllers of a state, each by the metrics that it has."""

    class Named(js.AbstractController):
        """Says what it was told."""

        def init(self):
            return jnp.float32(1)

        def update(self, state, *, accuracy=None, **extra_args):
            return state if accuracy is None else accuracy

        def evaluate(self, state):
            return state

    optimizer = js.scheduled(
        optax.adamw, learning_rate=1.0 * PLATEAU, b1=0.5, weight_decay=Named()
    )
    state = js.observe(optimizer.init(ONES), accuracy=0.75)
    state = js.observe(js.observe(state, value=1.0), value=1.0, accuracy=0.25)
    values = js.next_hyperparams(state)

    assert float(values["weight_decay"]) == 0.25
    assert float(values["learning_rate"]) == 0.5


def test_observe_in_a_batch():
    """One metric for all lanes, or one for each."""
    states = jax.vmap(lambda rate: sgd(rate * PLATEAU).init(ONES))(js.stack([1.0, 2.0]))
    states = js.observe(states, value=1.0)
    states = js.observe(states, value=[0.5, 1.5])

    assert js.next_hyperparams(states)["learning_rate"].tolist() == [1.0, 1.0]


def test_observe_inside_jit():
    """A validation loss within a compiled program."""
    state = sgd(1.0 * PLATEAU).init(ONES)
    told = jax.jit(lambda state, value: js.observe(state, value=value))

    assert following(told(told(state, 1.0), 1)) == 0.5
