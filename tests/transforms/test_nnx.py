"""A scheduled optimizer inside Flax nnx, which keeps each array in a variable."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxsched as js

from .helpers import EDITS, LINE, PLATEAU, signature

GRAPH = {"graph": True, "graph_updates": True}
TREE = {"graph": False, "graph_updates": False}
MODES = pytest.mark.parametrize(
    "mode",
    [GRAPH, {"graph": True, "graph_updates": False}, TREE],
    ids=["graph", "graph, in place", "tree"],
)


def make(rate=LINE * PLATEAU, **others):
    """A model of two weights, and what trains it."""
    model = nnx.Linear(2, 1, use_bias=False, rngs=nnx.Rngs(0))
    transformation = js.scheduled(optax.sgd, learning_rate=rate, **others)
    chain = optax.chain(optax.clip(5.0), transformation)
    return model, nnx.Optimizer(model, chain, wrt=nnx.Param)


def update(model, optimizer):
    """Along gradients of one."""
    optimizer.update(model, nnx.grad(lambda model: model(jnp.ones(2)).sum())(model))


class Loop:
    """A compiled training that counts its traces."""

    def __init__(self, model, optimizer, mode=GRAPH, before=lambda optimizer: None):
        self.model, self.optimizer, self.count = model, optimizer, 0

        def step(model, optimizer):
            self.count += 1
            before(optimizer)
            update(model, optimizer)

        self.step = nnx.jit(step, **mode)

    def __call__(self):
        """The rate of an update."""
        start = np.asarray(self.model.kernel[...])
        self.step(self.model, self.optimizer)
        return float((start - np.asarray(self.model.kernel[...])).mean())


def read(state):
    return {name: float(value) for name, value in js.hyperparams(state).items()}


# Reading.


def test_reads_whatever_nnx_makes_of_it():
    """The optimizer, its state, and what splitting leaves of the types."""
    model, optimizer = make(momentum=0.5)
    graphdef, state = nnx.split(optimizer)
    shown = {"learning_rate": 1.0, "momentum": 0.5}

    for given in (
        *(optimizer, optimizer.opt_state, (model, optimizer)),
        *(state, nnx.state(optimizer), state["opt_state"], (graphdef, state)),
        nnx.to_pure_dict(state),
    ):
        assert read(given) == shown


def test_logged_is_used():
    """At every update, restarts included."""
    loop = Loop(*make(js.cosine_restarts_schedule(1.0, 0.1, period_steps=3)))
    for _ in range(7):
        used = loop()
        for given in (loop.optimizer, nnx.state(loop.optimizer)):
            np.testing.assert_allclose(read(given)["learning_rate"], used, rtol=1e-5)


class Two(nnx.Module):
    """A model of two parts."""

    def __init__(self, rngs):
        self.body = nnx.Linear(2, 2, use_bias=False, rngs=rngs)
        self.head = nnx.Linear(2, 1, use_bias=False, rngs=rngs)

    def __call__(self, x):
        return self.head(self.body(x))


def test_groups_have_the_same_names_everywhere():
    """Those of Optax's partition, in an optimizer and in its split state; one is set."""
    model = Two(nnx.Rngs(0))
    groups = {k: js.scheduled(optax.adam, learning_rate=LINE) for k in ("body", "head")}

    def labels(params):
        return jax.tree_util.tree_map_with_path(lambda path, _: path[0].key, params)

    optimizer = nnx.Optimizer(model, optax.partition(groups, labels), wrt=nnx.Param)
    one = {"body/learning_rate": 0.125}
    optimizer.opt_state = js.override(optimizer.opt_state, **one)
    nnx.jit(update)(model, optimizer)

    for given in (optimizer, optimizer.opt_state, nnx.state(optimizer)):
        assert read(given) == {**one, "head/learning_rate": 1.0}


def test_the_schedule_can_be_read():
    """It is called and printed where it is."""
    _, optimizer = make(LINE)
    schedule = optimizer.opt_state[1].schedules["learning_rate"]

    assert repr(schedule) == repr(LINE)
    np.testing.assert_allclose(schedule(3), 0.7, rtol=1e-6)
    restored = pickle.loads(pickle.dumps(optimizer.opt_state))
    assert signature(restored) == signature(optimizer.opt_state)


# Editing.


@MODES
def test_edits_between_updates(mode):
    """Assigned to the optimizer, each acts at the next update; the old state stays."""
    loop = Loop(*make(), mode)
    loop()
    state = loop.optimizer.opt_state
    for edit, expected in EDITS.values():
        loop.optimizer.opt_state = edit(state)
        assert signature(loop.optimizer.opt_state) == signature(state)
        np.testing.assert_allclose(loop(), expected, rtol=1e-5)
    loop.optimizer.opt_state = state

    np.testing.assert_allclose(loop(), 0.9, rtol=1e-5)
    assert loop.count == 1


def halve(optimizer):
    optimizer.opt_state = js.scale(optimizer.opt_state, learning_rate=0.5)


def halve_in_place(optimizer):
    nnx.update(
        optimizer.opt_state, nnx.state(js.scale(optimizer.opt_state, learning_rate=0.5))
    )


def test_edits_inside_a_compiled_update():
    """In graph mode as outside; into its variables in every mode. One trace."""
    for mode, before in (
        (GRAPH, halve),
        *((mode, halve_in_place) for mode in (GRAPH, TREE)),
    ):
        loop = Loop(*make(LINE), mode, before)
        used = [loop(), loop(), loop()]
        np.testing.assert_allclose(used, [0.5, 0.45, 0.4], rtol=1e-5)
        assert loop.count == 1


def test_edits_of_what_holds_the_variables():
    """A step that is bound to the variables sees values put into them."""
    model, optimizer = make(LINE)
    step = nnx.jit_partial(update, model, optimizer, **TREE)
    step()
    halve_in_place(optimizer)
    step()

    np.testing.assert_allclose(read(optimizer)["learning_rate"], 0.45, rtol=1e-6)


def test_another_kind_of_schedule():
    """One more trace, and then none."""
    loop = Loop(*make())
    loop()
    for peak in (1.0, 2.0):
        cosine = js.cosine_decay_schedule(peak, 10)
        loop.optimizer.opt_state = js.replace_schedules(
            loop.optimizer.opt_state, learning_rate=cosine
        )
        count = loop.optimizer.step[...]
        np.testing.assert_allclose(loop(), cosine(count), rtol=1e-5)
    assert loop.count == 2


def test_controller_that_keeps_a_tree():
    """What it keeps for each parameter is in variables of its own, and stays there."""
    loop = Loop(*make(js.Hypergradient(0.25, gain=0.0)))
    loop()
    before = signature(loop.optimizer.opt_state)
    for value, edit in ((0.5, js.override), (0.125, js.scale)):
        loop.optimizer.opt_state = edit(loop.optimizer.opt_state, learning_rate=0.5)
        np.testing.assert_allclose(loop(), value, rtol=1e-5)
        loop.optimizer.opt_state = js.clear_override(loop.optimizer.opt_state)
    assert signature(loop.optimizer.opt_state) == before
    assert loop.count == 1


def test_split_and_merged():
    """A training on split states is edited on what it is merged to."""
    graphdef, state = nnx.split(make(LINE))
    traces = []

    @jax.jit
    def step(graphdef, state):
        traces.append(1)
        model, optimizer = nnx.merge(graphdef, state)
        update(model, optimizer)
        return nnx.state((model, optimizer))

    state = step(graphdef, state)
    model, optimizer = nnx.merge(graphdef, state)
    optimizer.opt_state = js.override(optimizer.opt_state, learning_rate=0.25)
    state = step(*nnx.split((model, optimizer)))

    assert read(state) == {"learning_rate": 0.25}
    assert len(traces) == 1


def test_ensemble():
    """Models trained side by side: a number for each."""

    @nnx.vmap
    def init(key):
        model = nnx.Linear(2, 1, use_bias=False, rngs=nnx.Rngs(key))
        transformation = js.scheduled(optax.sgd, learning_rate=LINE)
        return model, nnx.Optimizer(model, transformation, wrt=nnx.Param)

    model, optimizer = init(jax.random.split(jax.random.key(0), 3))
    rates = [0.25, 0.5, 1.0]
    optimizer.opt_state = js.override(optimizer.opt_state, learning_rate=rates)
    nnx.jit(nnx.vmap(update))(model, optimizer)

    np.testing.assert_array_equal(js.hyperparams(optimizer)["learning_rate"], rates)
    with pytest.raises(ValueError, match=r"one for each of \(3,\) lanes, got shape \(2,\)"):
        js.override(optimizer.opt_state, learning_rate=[0.1, 0.2])


# Errors.


def test_an_optimizer_is_not_edited_itself():
    """It would be expected to change in place; the error says what to write."""
    _, optimizer = make()
    for edit, _ in EDITS.values():
        with pytest.raises(TypeError, match=r"optimizer\.opt_state = \w+\(optimizer\.opt"):
            edit(optimizer)


def test_a_split_state_is_only_read():
    """It has lost the schedules: the error says to merge it."""
    state = nnx.state(make()[1])
    for edit in (js.next_hyperparams, *(edit for edit, _ in EDITS.values())):
        with pytest.raises(ValueError, match=r"got State without one\. .* nnx\.merge"):
            edit(state)
