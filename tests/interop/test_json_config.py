"""A configuration of a file, written by hand, as a schedule."""

import json
import sys

import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves, recipes, testing
from jaxsched.interop import from_dict

DOWN = js.Transition(0.1, 0.0, 30, curves.Cosine())
RECIPES = {
    "warmup_cosine_decay_schedule": js.warmup_cosine_decay_schedule(0.0, 0.1, 10, 100),
    "piecewise_constant_schedule": js.piecewise_constant_schedule(0.1, {20: 0.5, 10: 0.25}),
    "sgdr_schedule": js.sgdr_schedule(
        [{"init_value": 0.0, "peak_value": 0.1, "warmup_steps": 10, "decay_steps": 100}]
    ),
    "warmup_schedule": js.warmup_schedule(
        DOWN, 0.001, warmup_steps=js.epochs(5) + 3, curve=curves.Power(2.0)
    ),
    "phases_schedule": js.phases_schedule(
        0.0, phases=[(0.1, 10), (0.1, js.fraction(0.5)), (0.0, 40, curves.Cosine())]
    ),
    "extend": js.extend(DOWN, 90, "hold", end_value=-0.1, decay_steps=20),
    "bundle": js.bundle(learning_rate=DOWN, temperature=2.0),
    "segments": js.segments([js.Constant(1.0), js.Constant(0.5)], [4]),
}
YAML = """
warmup_cosine_decay_schedule:
    {init_value: 0, peak_value: 1e-1, warmup_steps: 10, decay_steps: 1_00}
piecewise_constant_schedule:
    init_value: .1
    boundaries_and_scales: {20: 0.5, 10: 0.25}
sgdr_schedule:
    cosine_kwargs:
        - {init_value: 0.0, peak_value: 0.1, warmup_steps: 10, decay_steps: 100}
warmup_schedule:
    schedule: &down
        type: Transition
        init_value: 0.1
        end_value: 0.0
        transition_steps: 30
        curve: {type: Cosine}
    init_value: 1e-3
    warmup_steps: {type: Length, epochs: 5, steps: 3}
    curve: {type: Power, power: 2}
phases_schedule:
    init_value: 0.0
    phases:
        - [0.1, 10]
        - [0.1, {type: fraction, share: 0.5}]
        - [0.0, 40, {type: Cosine, exponent: null}]
extend: {schedule: *down, total_steps: 90, how: hold, end_value: -0.1, decay_steps: 20}
bundle: {learning_rate: *down, temperature: 2}
segments:
    schedules: [{type: Constant, value: 1}, {type: Constant, value: 0.5}]
    boundaries: [4]
"""


@pytest.fixture(params=["json", "yaml", "omegaconf", "container"])
def configs(request):
    """The same configurations, read by each of the readers there are."""
    if request.param in ("json", "yaml"):
        plain = pytest.importorskip("yaml").safe_load(YAML)
        return json.loads(json.dumps(plain)) if request.param == "json" else plain
    omegaconf = pytest.importorskip("omegaconf").OmegaConf
    config = omegaconf.create(YAML)
    return config if request.param == "omegaconf" else omegaconf.to_container(config)


def test_recipes_in_files(configs):
    """A recipe is a type too, and a unit is a length."""
    assert set(configs) == set(RECIPES)
    for name, expected in RECIPES.items():
        testing.assert_schedules_equal(from_dict({"type": name, **configs[name]}), expected)
    five = from_dict({"type": "epochs", "number": 5})
    assert repr(five) == repr(js.epochs(5))


def test_every_recipe_can_be_named():
    """None is left out: each one says what it misses, not that it is unknown."""
    for name in recipes.__all__:
        with pytest.raises(ValueError, match=rf"\({name}\) (must have|has the unknown)"):
            from_dict({"type": name, "nothing": 1})


def test_hydra():
    """Hydra builds nodes by itself, from their public names."""
    instantiate = pytest.importorskip("hydra.utils").instantiate
    config = pytest.importorskip("omegaconf").OmegaConf.create("""
        _target_: jaxsched.Join
        _convert_: all
        boundaries: [10, 20]
        schedules:
            - _target_: jaxsched.linear_schedule
              init_value: 0.0
              end_value: 0.1
              transition_steps: 10
            - 0.1
            - _target_: jaxsched.Transition
              init_value: 0.1
              end_value: 0.0
              transition_steps: 30
              curve: {_target_: jaxsched.curves.Cosine}
        """)
    expected = js.Join([js.linear_schedule(0.0, 0.1, 10), 0.1, DOWN], [10, 20])

    built = instantiate(config)

    testing.assert_schedules_equal(expected, built)
    counts = np.arange(60)
    np.testing.assert_array_equal(built(counts), expected(counts), strict=True)


LINE = {"type": "Transition", "init_value": 0.0, "end_value": 0.1, "transition_steps": 9}


def joined(**changes):
    return {"type": "Join", "schedules": [0.1, {**LINE, **changes}], "boundaries": [3]}


REFUSED = [
    ([LINE], TypeError, ["must be a mapping", "json.load"]),
    ({"version": 2, **LINE}, ValueError, ["version 2", "only 1"]),
    (joined(version="1"), ValueError, [r"schedules\[1\] is of version '1'", "only 1"]),
    ({"typ": "Constant"}, ValueError, ["the config must have a 'type'", r"\['typ'\]"]),
    ({"type": None}, ValueError, ["must have a 'type'", "got None"]),
    (joined(curve={"type": "cosin"}), ValueError,
     [r"schedules\[1\]\.curve has the unknown type 'cosin'", "mean Cosine", "types="]),
    ({"type": "AbstractSchedule"}, ValueError, ["unknown type 'AbstractSchedule'"]),
    (joined(begin=3, curv=1), ValueError,
     [r"schedules\[1\] \(Transition\) has the unknown 'begin', 'curv'",
      "It takes init_value, end_value, transition_steps, curve"]),
    (joined(curve={"type": "Linear", "power": 2}), ValueError, ["It takes nothing"]),
    ({"type": "Transition", "end_value": 1}, ValueError,
     [r"must have init_value, transition_steps, got \['end_value'\]"]),
    (joined(transition_steps=-1), ValueError,
     [r"schedules\[1\] \(Transition\): Transition\(transition_steps=...\) must be 0"]),
    (joined(curve="Cosine"), TypeError, [r"schedules\[1\]", "must be an AbstractCurve"]),
    ({"type": "Constant", "value": float("nan")}, ValueError, ["must be a number"]),
    ({"type": "Constant", "value": "nan"}, TypeError, ["real number, got 'nan'"]),
    ({"type": "Clip", "schedule": {"value": 1}}, TypeError, ["a node if it has a 'type'"]),
    ({"type": "Table", "values": [[1, 2], [3, 4]]}, ValueError, ["values in one row"]),
    ({"type": "Bundle", "schedules": {"a": {"type": "Constant"}}}, ValueError,
     [r"schedules\.a \(Constant\) must have value"]),
    ({"type": "Bundle", "schedules": []}, ValueError, [r"\(Bundle\): AttributeError"]),
    ({"type": "sgdr_schedule", "cosine_kwargs": [{"init_value": 1}]}, ValueError,
     [r"\(sgdr_schedule\): KeyError"]),
    ({"type": "Constant", "value": {"array": [1, [2]], "dtype": "float32"}}, ValueError,
     ["value is no array"]),
    ({"type": "Constant", "value": {"array": [1.5], "dtype": "int8"}}, ValueError,
     ["value must be an array of real numbers", "as int8"]),
    ({"type": "Constant", "value": {"array": [{"type": "Linear"}], "dtype": "object"}},
     ValueError, ["value must be an array of real numbers"]),
    ({"type": "Constant", "value": {"array": [1], "dtype": "floot"}}, ValueError,
     ["value is no array", "floot"]),
    ({"type": "PiecewiseConstant",  # the second row is not in order
      "boundaries": {"array": [[1, 2], [2, 1]], "dtype": "int32"},
      "values": {"array": [[1, 2, 3], [1, 2, 3]], "dtype": "float32"}}, ValueError,
     ["in the order of time"]),
    ({"type": "PiecewiseConstant",
      "boundaries": {"array": [[1, 2]], "dtype": "int32"},
      "values": {"array": [[1, 2]], "dtype": "float32"}}, ValueError, ["3 entries"]),
]  # fmt: skip


@pytest.mark.parametrize(("config", "error", "parts"), REFUSED)
def test_what_is_refused(config, error, parts):
    """One clear error that says where."""
    with pytest.raises(error) as caught:
        from_dict(config)
    for part in ["from_dict", *parts]:
        assert caught.match(part)


def test_nothing_is_imported():
    """A file cannot name code; not even a function of a module that is there."""
    for name in ("os.getcwd", "antigravity.webbrowser"):
        config = {"type": "Wrapped", "function": {"function": name}}
        with pytest.raises(ValueError, match=f"function.*'{name}'.*functions="):
            from_dict(config)
    assert "antigravity" not in sys.modules
    own = {"train.warm": lambda count: 1 / (count + 1)}
    config = {"type": "Wrapped", "function": {"function": "train.warm"}}
    assert from_dict(config, functions=own)(1) == 0.5
