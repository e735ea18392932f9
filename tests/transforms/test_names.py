"""Names of hyperparameters: short where there is one, else what tells them apart."""

import jax.numpy as jnp
import optax
import pytest

import jaxsched as js

from .helpers import LINE

PARAMS = {"x": jnp.zeros(2), "y": jnp.zeros(3)}


def sgd():
    return js.scheduled(optax.sgd, learning_rate=LINE)


def names(state):
    return list(js.hyperparams(state))


def partition(groups):
    return optax.partition(groups, {"x": "a", "y": "b"}).init(PARAMS)


def test_names_of_nested_groups():
    """The keys at which ways part: a whole path where all of it is needed."""
    labels = {"x": "w", "y": "b"}
    inner = {"w": sgd(), "b": sgd()}
    body = optax.partition(inner, labels).init(PARAMS)
    head = sgd().init(PARAMS)

    told_apart = ["body/b/learning_rate", "body/w/learning_rate", "head/learning_rate"]
    assert names({"body": body, "head": head}) == told_apart
    assert names({"body": body}) == ["b/learning_rate", "w/learning_rate"]


def test_names_do_not_depend_on_what_is_around():
    """The same in a chain, in a tuple with parameters, in a dictionary."""
    state = partition({"a": sgd(), "b": sgd()})

    for wrapped in (state, (optax.EmptyState(), state), (PARAMS, {"opt": state}, 3)):
        assert names(wrapped) == ["a/learning_rate", "b/learning_rate"]


def test_names_of_what_only_some_have():
    """A name that occurs once needs no group."""
    state = partition(
        {"a": sgd(), "b": js.scheduled(optax.adam, learning_rate=0.1, b1=0.5)}
    )

    assert names(state) == ["a/learning_rate", "b/learning_rate", "b1"]
    state = js.override(state, b1=0.25, **{"b/learning_rate": 0.5})
    following = js.next_hyperparams(state)
    assert [float(v) for v in following.values()] == [1.0, 0.5, 0.25]


def test_names_of_groups_in_a_list():
    """Their places tell them apart."""
    groups = [optax.masked(sgd(), {"x": label, "y": not label}) for label in (True, False)]
    state = optax.chain(*groups).init(PARAMS)

    assert names(state) == ["0/learning_rate", "1/learning_rate"]
    state = js.override(state, **{"1/learning_rate": 0.25})
    assert [float(v) for v in js.next_hyperparams(state).values()] == [1.0, 0.25]


@pytest.mark.parametrize("is_bare", [True, False])
def test_names_at_several_depths(is_bare):
    """The outermost has the name, one in it the way to it; each is set alone."""

    def outer(learning_rate):
        scaled = optax.scale(learning_rate)
        return sgd() if is_bare else optax.chain(sgd(), scaled)

    state = js.scheduled(outer, learning_rate=0.5).init(PARAMS)
    assert names(state) == ["learning_rate", "inner_state/learning_rate"]
    for name, others in (
        ("learning_rate", "inner_state/learning_rate"),
        ("inner_state/learning_rate", "learning_rate"),
    ):
        following = js.next_hyperparams(js.override(state, **{name: 0.125}))
        assert float(following[name]) == 0.125
        assert float(following[others]) == float(js.hyperparams(state)[others])


def test_names_with_slashes():
    """Keys that hold a slash are no reason to lose a name."""
    states = {"a": {"b/c": sgd(), "d": sgd()}, "a/b": {"c": sgd(), "e": sgd()}}
    state = {k: {n: o.init(PARAMS) for n, o in v.items()} for k, v in states.items()}

    assert len(names(state)) == 4
    for name in names(state):
        following = js.next_hyperparams(js.override(state, **{name: 0.125}))
        assert [k for k, v in following.items() if float(v) == 0.125] == [name]
