"""A schedule that was written and read back is the same schedule."""

import copy
import dataclasses
import inspect
import json
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves, testing
from jaxsched.interop import from_dict, port, to_dict

from .. import cases
from ..cases import CASES

COUNTS = np.unique([*range(25), *np.geomspace(25, 2**31 - 2, 25)]).astype(np.int32)
SHARES = np.linspace(0, 1, 50, dtype=np.float32)
FUNCTIONS = {
    f"{function.__module__}.{name}": function
    for name, function in vars(cases).items()
    if inspect.isfunction(function)
}
CURVES = [
    curves.Cosine(),
    curves.Cosine(1.5),
    curves.Envelope(curves.Cosine(), curves.Polynomial(2.0)),
    curves.Exponential(-5.0),
    curves.Geometric(curves.Cosine()),
    curves.Harmonic(),
    curves.Hyperbolic(0.5),
    curves.InverseSqrt(),
    curves.KDecay(curves.Cosine(), 2.0),
    curves.Linear(),
    curves.Logarithmic(3.0),
    curves.MirrorCosine(),
    curves.Polynomial(0.5),
    curves.Power(np.float32(0.1)),
    curves.Rex(),
    curves.SmoothStep(),
    curves.SquareRoot(),
    curves.Tanh(),
]
PLATEAU = js.ReduceOnPlateau(factor=0.3, patience=2, rtol=0.1, cooldown=1, mode="max")
CONTROLLERS = [
    PLATEAU,
    js.Averaged(PLATEAU, window_steps=3),
    js.BoldDriver(increase=1.1, max_scale=7.0),
    js.CooldownOnPlateau(decay_steps=20, patience=2, end_scale=0.1),
    js.GradientNoiseScale(8, 64, decay=0.9),
    js.GreedyLR(factor=0.7, patience=1, window_size=3, reset_after=float("inf")),
    js.Hypergradient(0.1, gain=1e-3, min_value=1e-4, form="multiplicative"),
    js.OptaxPlateau(patience=2, cooldown=1),
    js.PolyakStep(max_value=0.3, optimum=-1.0),
    js.SpikeCut(factor=0.2, recovery_steps=30),
    js.Transition(0.1, 0.0, 40) * PLATEAU,
]
DOWN = js.Transition(0.1, 0.0, 30, curves.Cosine())


class Mine(js.AbstractSchedule):
    """A node of a user's own, with what a node may have."""

    value: float
    table: Any
    parts: Any = ()
    label: str = js.static(default="1e-3")
    shape: Any = js.static(default=None)

    def evaluate(self, count):
        return self.value * self.table[0, 0] + 0 * count


class Shadow(js.AbstractSchedule):
    value: float

    def evaluate(self, count):
        return self.value


class Kind(js.AbstractSchedule):
    type: float

    def evaluate(self, count):
        return self.type


def _shape(x):
    return x


def read(config, **kwargs):
    return from_dict(config, functions=FUNCTIONS, types=[Mine], **kwargs)


def through_json(node):
    return read(json.loads(json.dumps(to_dict(node), allow_nan=False)))


def through_pickle(node):
    return pickle.loads(pickle.dumps(node))


def through_yaml(node):
    yaml = pytest.importorskip("yaml")
    return read(yaml.safe_load(yaml.safe_dump(to_dict(node), sort_keys=False)))


COPIES = [through_json, through_pickle, through_yaml, copy.deepcopy]


def assert_same(node, again, values):
    """The same structure, the same numbers, the same values to the last bit."""
    testing.assert_schedules_equal(node, again)
    first, second = jax.tree.leaves(values(node)), jax.tree.leaves(values(again))

    assert [x.tobytes() for x in first] == [y.tobytes() for y in second]


def at_counts(schedule):
    return np.asarray(schedule(COUNTS))


def run(controller):
    state, values = controller.init_for(np.zeros(2, np.float32)), []
    for metric in np.sin(np.arange(50)).astype(np.float32):
        grads = np.asarray([1, metric], np.float32)
        told = {"value": metric, "updates": grads, "params": grads, "applied": -grads}
        state = controller.update(state, **told, small_sq_norm=2 + metric)
        values.append(np.asarray(controller(state)))
    return values


def types_in(written):
    if isinstance(written, dict):
        name = written.get("type")
        yield from [name] if isinstance(name, str) else []
        written = list(written.values())
    if isinstance(written, list):
        for value in written:
            yield from types_in(value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_schedules(case):
    """Written, pickled or copied, it has equal values at 50 counts."""
    schedule = case.schedule
    for way in COPIES:
        assert_same(schedule, way(schedule), at_counts)


@pytest.mark.parametrize("curve", CURVES, ids=repr)
def test_curves(curve):
    """A curve alone round trips, like one in a schedule."""
    for way in COPIES:
        assert_same(curve, way(curve), lambda c: np.asarray(c(SHARES)))


@pytest.mark.parametrize("controller", CONTROLLERS, ids=lambda c: type(c).__name__)
def test_controllers(controller):
    """A controller that was read back does the same, told the same."""
    for way in COPIES:
        assert_same(controller, way(controller), run)


def test_bundles():
    """A plan keeps the names of its schedules, `type` among them."""
    plan = js.bundle(learning_rate=DOWN, b1=0.9, type=js.Table([1.0, 0.5]), array=0.5)
    for way in COPIES:
        again = way(plan)
        assert list(again) == list(plan)
        assert_same(plan, again, lambda b: {k: np.asarray(v) for k, v in b(3).items()})


def test_lengths_in_units():
    """A length that is not in updates yet is written in its units."""
    schedule = js.Delay(
        js.Transition(0.1, 0.0, js.epochs(3) + js.tokens(2e12)), js.fraction(0.25) - 7
    )
    sizes = {"total_steps": 400, "steps_per_epoch": 10, "tokens_per_step": 1e11}
    for way in COPIES:
        again = way(schedule)
        assert repr(again) == repr(schedule)
        pair = [js.resolve(s, **sizes) for s in (schedule, again)]
        assert_same(*pair, at_counts)


def test_every_public_class_is_written_and_read():
    """Exhaustive: a new node that no example here holds fails this."""
    examples = [*(case.schedule for case in CASES), *CURVES, *CONTROLLERS, js.bundle(a=1)]
    seen = {name for example in examples for name in types_in(to_dict(example))}
    public = [getattr(js, name) for name in js.__all__]
    public += [getattr(curves, name) for name in curves.__all__]
    nodes = (js.AbstractSchedule, js.AbstractCurve, js.AbstractController, js.Bundle)
    kinds = {k.__name__ for k in public if inspect.isclass(k) and issubclass(k, nodes)}

    assert {k for k in kinds if not k.startswith("Abstract")} <= seen


def test_nodes_of_peers():
    """A node that only a peer's scheduler needs is known by its name too."""
    torch = port("torch", "MultiplicativeLR", base_lr=0.1, lr_lambda=cases.reciprocal)
    timm = port("timm", "PlateauLRScheduler", base_lr=0.1, patience_t=2)

    assert_same(torch, through_json(torch), lambda s: np.asarray(s(COUNTS[:25])))
    assert_same(timm, through_json(timm), run)


def test_every_field_is_written():
    """What a class declares is what a file has, defaults included."""
    for case in CASES:
        schedule = case.schedule
        names = [field.name for field in dataclasses.fields(schedule)]
        assert list(to_dict(schedule)) == ["version", "type", *names]


def test_text_is_the_same_each_time():
    """A file under version control does not change by itself."""
    for case in CASES:
        schedule = case.schedule
        text = json.dumps(to_dict(schedule), allow_nan=False)
        assert json.dumps(to_dict(schedule), allow_nan=False) == text
        assert json.dumps(to_dict(read(json.loads(text)))) == text


def assert_same_batch(batch):
    """Also in dtypes: the program that is compiled for it is the same."""
    again = through_json(batch)
    testing.assert_schedules_equal(batch, again)
    dtypes = [(leaf.dtype, leaf.shape) for leaf in jax.tree.leaves(batch)]
    assert [(leaf.dtype, leaf.shape) for leaf in jax.tree.leaves(again)] == dtypes


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_batches_of_every_case(case):
    """What `stack` gives is written with its dtypes, tables and segments too."""
    assert_same_batch(js.stack([case.schedule, case.schedule]))


def test_batches_of_different_shapes():
    """A `Switch` of batches and a table of members."""
    segments = js.segments([js.Constant(1.0), js.Constant(0.5)], [4])
    tables = [js.Table([0.1, 0.2]), js.Table([0.5, 0.25, 1.0])]
    lines = js.PiecewiseLinear([0, 10.5], [0.0, 1.0])
    mixed = js.stack([DOWN, segments, *tables, lines, DOWN, segments])
    members = js.grid(js.Transition, init_value=[0.1, 0.2], end_value=[0.0],
                      transition_steps=[10, 20]).schedules  # fmt: skip
    for batch in (mixed, members):
        assert_same_batch(batch)
        values = jax.jit(lambda b: jax.vmap(lambda s: s(COUNTS))(b))
        assert_same(batch, through_json(batch), lambda b, f=values: np.asarray(f(b)))


def test_batches_of_batches():
    """Any number of leading axes, and a batch in 64 bits."""
    one = js.stack([js.PiecewiseConstant([i], [1.0, 0.5 * i]) for i in range(1, 4)])
    assert_same_batch(jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), one))
    wide = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), one)
    assert_same_batch(wide)
    with jax.enable_x64(True):
        assert_same_batch(jax.tree.map(jnp.asarray, wide))
    for dtype in (jnp.bfloat16, jnp.float16):
        assert_same_batch(js.Constant(jnp.ones(2, dtype)))
    for dtype in (jnp.int8, jnp.uint32, np.int64):
        assert_same_batch(js.Switch(np.zeros(2, dtype), [np.float64([0.1, 0.2])]))


def test_what_is_written():
    """Numbers are exact; what is a list stays one; other arrays have their dtype."""
    assert to_dict(js.Transition(0, np.float32(0.1), jnp.int32(9))) == {
        "version": 1,
        "type": "Transition",
        "init_value": 0.0,
        "end_value": 0.10000000149011612,
        "transition_steps": 9,
        "curve": {"type": "Linear"},
    }
    assert to_dict(js.Clip(1.0))["max_value"] == "inf"
    assert to_dict(js.PiecewiseConstant([3], [1, 2])) == {
        "version": 1,
        "type": "PiecewiseConstant",
        "boundaries": [3],
        "values": [1.0, 2.0],
    }
    table = {"array": [0.5, 0.10000000149011612], "dtype": "float32"}
    assert to_dict(js.Table(jnp.float32([0.5, 0.1])))["values"] == table
    assert to_dict(js.Table([1.0, np.inf, -np.inf]))["values"] == [1.0, "inf", "-inf"]
    name = f"{cases.reciprocal.__module__}.reciprocal"
    assert to_dict(js.Wrapped(cases.reciprocal))["function"] == {"function": name}


def test_own_nodes():
    """A class of the user's, given by hand; text that is static stays text."""
    table = np.arange(4.0).reshape(2, 2)
    mine = Mine(2, table, ({"a": DOWN}, jnp.bool_([True])), shape=("inf", 3, _shape))
    written = json.loads(json.dumps(to_dict(mine), allow_nan=False))
    again = from_dict(
        written, types=[Mine, js.Constant], functions={f"{__name__}._shape": _shape}
    )

    testing.assert_schedules_equal(mine, again)
    assert again.label == "1e-3"
    assert again.table.dtype == np.float64
    assert to_dict(again) == to_dict(mine)
    with pytest.raises(ValueError, match="unknown type 'Mine'"):
        from_dict(written)


def test_parts_that_were_written_on_their_own():
    """A version may come again in a part."""
    again = from_dict({"type": "Delay", "schedule": to_dict(DOWN), "delay_steps": 3})

    testing.assert_schedules_equal(again, js.Delay(DOWN, 3))


def test_what_cannot_be_written():
    """A file holds numbers and names, and nothing is dropped without a word."""
    delay = js.Delay(js.Constant(0.1), 3)

    def local(count):
        return count

    functions = (lambda count: count, local, jax.tree_util.Partial(max, 1), DOWN.evaluate)
    for function in functions:
        with pytest.raises(ValueError, match=r"schedule\.function is .*a Table"):
            to_dict(js.Delay(js.Wrapped(function), 3))
    for leaf in (jax.random.key(0), "0.1", 1j, np.array(["a"]), {1: 2}, {3}):
        node = jax.tree.map(lambda _, leaf=leaf: leaf, delay)
        with pytest.raises(TypeError, match=r"(?s)schedule\.value is .*not a number"):
            to_dict(node)
    for leaf in (float("nan"), np.float32("nan"), jnp.array([1.0, jnp.nan])):
        node = jax.tree.map(lambda _, leaf=leaf: leaf, delay)
        with pytest.raises(ValueError, match=r"schedule\.value is NaN"):
            to_dict(node)
    with pytest.raises(TypeError, match=r"schedule\.value is a traced value"):
        jax.jit(lambda s: to_dict(s) and 0)(delay)
    with pytest.raises(ValueError, match="shape is inf in a static field"):
        to_dict(Mine(1.0, 1.0, shape=float("inf")))
    for value in (0.1, js.grid(js.Constant, value=[1.0]), js.Constant):
        with pytest.raises(TypeError, match=r"to_dict\(node\) must be a schedule"):
            to_dict(value)


def test_names_are_unambiguous():
    """A file has only the name of a class, so two of one name are refused."""
    Constant = type("Constant", (Shadow,), {})
    with pytest.raises(ValueError, match="Constant that is not jaxsched's"):
        to_dict(js.Delay(Constant(1.0), 3))
    with pytest.raises(ValueError, match="a second Constant"):
        from_dict(to_dict(DOWN), types=[Constant])
    with pytest.raises(TypeError, match=r"types=...\) must be node classes"):
        from_dict(to_dict(DOWN), types=[dict])
    with pytest.raises(ValueError, match="type is a field of a name that is taken"):
        to_dict(Kind(1.0))
