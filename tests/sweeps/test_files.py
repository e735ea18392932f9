"""Results as files: what is read back is what was written."""

import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jaxsched as js
from jaxsched.sweeps import SweepResult, read_csv, read_json, write_csv, write_json

F32 = np.finfo(np.float32)
EXTREMES = [
    *(0.0, -0.0, float(F32.smallest_subnormal), float(F32.tiny), -float(F32.max)),
    *(float(F32.eps), 1 / 3, 1e-3, float("inf"), float("-inf"), float("nan")),
]
SETTINGS = [
    {"family": "a", "rate": 0.1, "steps": 10, "flag": True, "curve": "Linear()"},
    {"family": 'b, "quoted"\n', "values": [0.1, [1, 2]], "limit": math.inf, "none": None},
    {"family": "", "rate": math.nan, "word": "nan", "steps": 2**40},
]


def result(loss, rows=SETTINGS, **tables):
    loss = np.asarray(loss)
    return SweepResult(
        curves={"loss": loss, **tables},
        evaluations={"accuracy": loss[..., -1:]},
        eval_steps=np.asarray([loss.shape[-1]]),
        settings=rows,
        schedules=["Constant(value=0.1)"] * len(loss),
        seeds=list(range(loss.shape[1])),
        seconds=0.1 + 0.2,
    )


def assert_equal(got, expected):
    """Bit for bit, types included."""
    for field in dataclasses.fields(SweepResult):
        a, b = getattr(got, field.name), getattr(expected, field.name)
        if field.name in ("curves", "evaluations"):
            assert a.keys() == b.keys()
            for name in a:
                np.testing.assert_array_equal(a[name], b[name], strict=True)
                assert a[name].tobytes() == b[name].tobytes()
        else:
            np.testing.assert_equal(a, b)


def tables(dtype):
    extremes = np.tile(np.asarray(EXTREMES, dtype), (3, 2, 1))
    return result(extremes)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "bool"])
def test_json_reads_back_exactly(tmp_path, dtype):
    """All of a result, whatever its types: NaN, infinities, extremes, nested settings."""
    rng = np.random.default_rng(0)
    whole = (
        rng.integers(-(2**31), 2**31, (3, 2, 5)).astype(dtype)
        if dtype
        in (
            "int32",
            "bool",
        )
        else None
    )
    with np.errstate(over="ignore"):  # what float16 cannot hold becomes infinite
        before = tables(dtype) if whole is None else result(whole)
    write_json(before, tmp_path / "result.json")

    assert_equal(read_json(tmp_path / "result.json"), before)


def test_json_is_json(tmp_path):
    """Any strict reader takes it: no NaN, no Infinity."""
    write_json(tables("float32"), tmp_path / "result.json")

    def refuse(word):
        raise AssertionError(word)

    json.loads((tmp_path / "result.json").read_text(), parse_constant=refuse)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_csv_reads_back_exactly(tmp_path, dtype):
    """The rows, with words, quotes, lists, and columns that some members lack."""
    for last in EXTREMES:
        before = result(np.full((3, 2, 1), last, dtype))
        write_csv(before, tmp_path / "result.csv")

        np.testing.assert_equal(read_csv(tmp_path / "result.csv"), before.rows())


numbers = st.floats(width=32) | st.sampled_from(EXTREMES)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
)
names = st.sampled_from(["rate", "steps", "curve", "a name, with a comma"])


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    loss=st.lists(numbers, min_size=6, max_size=6),
    rows=st.lists(
        st.dictionaries(names, values | st.lists(values, max_size=3)),
        min_size=2,
        max_size=2,
    ),
)
def test_any_result_reads_back(tmp_path, loss, rows):
    """Whatever numbers and settings there are."""
    before = result(np.asarray(loss, np.float32).reshape(2, 1, 3), rows)
    write_json(before, tmp_path / "result.json")
    write_csv(before, tmp_path / "result.csv")

    assert_equal(read_json(tmp_path / "result.json"), before)
    np.testing.assert_equal(read_csv(tmp_path / "result.csv"), before.rows())


def test_settings_that_are_objects_are_written_as_code(tmp_path):
    """Curves, schedules and NumPy numbers, also inside lists."""
    curve, constant = js.curves.Power(3.0), js.Constant(0.1)
    rows = [{"curve": curve, "schedules": [constant, np.float32(0.1)]}]
    before = result(np.ones((1, 1, 1), np.float32), rows)
    write_json(before, tmp_path / "result.json")
    write_csv(before, tmp_path / "result.csv")
    expected = {"curve": repr(curve), "schedules": [repr(constant), 0.1]}

    assert read_json(tmp_path / "result.json").settings == [expected]
    assert read_csv(tmp_path / "result.csv")[0].items() >= expected.items()


def test_a_table_that_is_none_is_refused(tmp_path):
    """A JSON file would read as no rows."""
    write_json(tables("float32"), tmp_path / "result.json")
    with pytest.raises(ValueError, match=r"without a column 'member'.* read_json"):
        read_csv(tmp_path / "result.json")


def test_file_of_another_version_is_refused(tmp_path):
    """The error names both versions."""
    write_json(tables("float32"), tmp_path / "result.json")
    record = json.loads((tmp_path / "result.json").read_text())
    (tmp_path / "result.json").write_text(json.dumps(record | {"version": 99}))
    with pytest.raises(ValueError, match="version 1, got 99"):
        read_json(tmp_path / "result.json")
