"""A node is a frozen dataclass and a pytree of its numbers."""

import copy
import dataclasses
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves
from jaxsched._core import Node
from jaxsched.testing import assert_schedules_equal

from ..cases import CASES, reciprocal

NAMES = vars(js) | vars(curves) | {"reciprocal": reciprocal}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


class Left(Node):
    a: float
    b: float


class Right(Node):
    a: float
    b: float


class Picky(Node):
    """Knows how often it was validated."""

    value: float
    label: str = js.static(default="x")

    def __post_init__(self):
        assert isinstance(self.value, (int, float)), "validated a value of JAX's own"


def test_classes_with_as_many_fields_differ():
    """Two classes never share a tree structure (those of register_dataclass do)."""
    left, right = jax.tree.structure(Left(1.0, 2.0)), jax.tree.structure(Right(1.0, 2.0))

    assert left != right
    with pytest.raises(ValueError, match="structure"):
        jax.tree.map(lambda x, y: x, Left(1.0, 2.0), Right(1.0, 2.0))


def test_cond_never_swaps_classes():
    """`lax.cond` over two kinds of node raises instead of returning one for the other."""
    with pytest.raises(TypeError, match="Left"):
        jax.lax.cond(True, lambda: Left(1.0, 2.0), lambda: Right(1.0, 2.0))
    kept = jax.lax.cond(True, lambda: Left(1.0, 2.0), lambda: Left(3.0, 4.0))

    assert type(kept) is Left


def test_jax_never_validates():
    """Unflattening, mapping and tracing do not run `__post_init__`."""
    node = Picky(1.0)

    assert jax.tree.map(lambda _: None, node).value is None
    assert jax.tree.map(lambda _: object(), node).label == "x"
    jax.eval_shape(lambda n: n, node)
    axes = jax.tree.map(lambda _: 0, node)
    jax.vmap(lambda n: n.value, in_axes=(axes,))(jax.tree.map(lambda _: jnp.ones(3), node))
    with pytest.raises(AssertionError, match="validated"):
        Picky(None)


def test_static_fields_are_structure():
    """They are no leaves, and a different one is a different structure."""
    node = Picky(1.0, label="y")

    assert jax.tree.leaves(node) == [1.0]
    assert jax.tree.structure(node) != jax.tree.structure(Picky(1.0))


def test_leaves_have_the_names_of_their_fields():
    """A path through a schedule reads like the attribute access that gives the leaf."""
    schedule = js.Join([0.5, js.Transition(1.0, 0.0, 4)], [10])
    paths = [
        jax.tree_util.keystr(p) for p, _ in jax.tree_util.tree_leaves_with_path(schedule)
    ]

    assert paths == [
        ".schedules[0].value",
        ".schedules[1].init_value",
        ".schedules[1].end_value",
        ".schedules[1].transition_steps",
        ".boundaries[0]",
    ]


def test_a_node_is_frozen():
    """A number is changed by `replace`, which validates, never in place."""
    schedule = js.Transition(1.0, 0.0, 4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        schedule.end_value = 0.5
    longer = schedule.replace(transition_steps=8)

    assert (longer.transition_steps, schedule.transition_steps) == (8, 4)
    with pytest.raises(ValueError, match="transition_steps"):
        schedule.replace(transition_steps=-1)


def test_a_whole_value_is_held_as_a_float():
    """`init_value=1` can be differentiated; a length stays an integer."""
    schedule = js.Transition(1, np.int64(0), 4)

    assert [type(leaf) for leaf in jax.tree.leaves(schedule)] == [float, float, int]


@each_case
def test_repr_reads_back(case):
    """What a schedule prints is the code that makes an equal one."""
    assert_schedules_equal(eval(repr(case.schedule), NAMES), case.schedule)


@each_case
def test_copies_are_equal(case):
    """Through pickle, deepcopy and a round trip of the tree, used before or not."""
    case.schedule(3)
    leaves, treedef = jax.tree.flatten(case.schedule)

    assert_schedules_equal(pickle.loads(pickle.dumps(case.schedule)), case.schedule)
    assert_schedules_equal(copy.deepcopy(case.schedule), case.schedule)
    assert_schedules_equal(jax.tree.unflatten(treedef, leaves), case.schedule)


def test_repr_of_arrays_and_infinities_is_code():
    """Arrays print as lists, one number as itself, infinity as a float."""
    schedule = js.Clip(js.Constant(np.float32(0.1)), max_value=jnp.float32(np.inf))
    table = js.Table(np.float32([0.5, np.inf]))

    assert repr(schedule) == (
        "Clip(schedule=Constant(value=0.1), "
        "min_value=float('-inf'), max_value=float('inf'))"
    )
    assert repr(table) == "Table(values=[0.5, float('inf')])"


def test_repr_of_a_traced_schedule_says_so():
    """Inside jit it prints types instead of values."""
    seen = []
    jax.jit(lambda s: seen.append(repr(s)) or s(0))(js.Constant(0.1))

    assert seen == ["Constant(value=<traced float32[]>)"]


def test_schedules_and_structures_are_keys():
    """A schedule is hashable by identity, its structure by value."""
    one, two = js.linear_schedule(1.0, 0.0, 10), js.linear_schedule(0.5, 0.1, 20)

    assert {one: "one", two: "two"}[two] == "two"
    assert hash(jax.tree.structure(one)) == hash(jax.tree.structure(two))
    assert jax.tree.structure(one) == jax.tree.structure(two)
