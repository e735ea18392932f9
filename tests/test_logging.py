"""The recipes of the page on logging: what they write is what the optimizer used."""

import csv
import doctest
import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from tensorboardX.crc32c import crc32c
from tensorboardX.proto.event_pb2 import Event

import jaxsched as js

PAGE = Path(__file__).parent.parent / "docs" / "logging.md"
NAMES = ["loss", "learning_rate", "weight_decay"]


@pytest.fixture(scope="module")
def page():
    """The names that the page defines."""
    names = {}
    test = doctest.DocTestParser().get_doctest(PAGE.read_text(), names, "page", None, 0)
    found = doctest.DocTestRunner().run(test, clear_globs=False)
    assert found.failed == 0
    return test.globs


@pytest.fixture(scope="module")
def rates():
    """Of the page's schedule, at the counts of its eight updates."""
    rate = js.warmup_cosine_decay_schedule(0.0, 0.1, warmup_steps=2, decay_steps=8)
    return np.asarray(rate(np.arange(8)))


def masked(data):
    """The checksum of a record, as TensorFlow's format has it."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def events(folder):
    """The records of an event file, their checksums compared."""
    (file,) = Path(folder).glob("events.out.tfevents.*")
    data = file.read_bytes()
    while data:
        length, crc = struct.unpack("<QI", data[:12])
        assert masked(data[:8]) == crc
        (crc,) = struct.unpack("<I", data[12 + length : 16 + length])
        assert masked(data[12 : 12 + length]) == crc
        yield Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]


def test_tensorboard_reads_back(page, rates):
    """Three scalars at each of eight steps, exactly as floats hold them."""
    found = {}
    for event in events(page["folder"]):
        for value in event.summary.value:
            found.setdefault(value.tag, {})[event.step] = value.simple_value

    assert sorted(found) == sorted(NAMES)
    assert found["learning_rate"] == dict(enumerate(rates.tolist()))
    np.testing.assert_allclose(
        list(found["weight_decay"].values()), 0.1 * rates, rtol=1e-6, atol=0
    )


def test_csv_and_json_lines_read_back(page, rates):
    """The same rows, with the same digits."""
    table = list(csv.DictReader(io.StringIO(page["table"].getvalue())))
    lines = [json.loads(line) for line in page["lines"].getvalue().splitlines()]

    assert list(table[0]) == ["step", *NAMES]
    assert [int(row["step"]) for row in table] == list(range(8))
    assert [float(row["learning_rate"]) for row in table] == rates.tolist()
    assert [{k: float(v) for k, v in row.items()} for row in table] == lines


def test_a_function_of_a_dictionary_and_a_step(page, rates):
    """What was used by the update of that number, not by the next."""
    counts, metrics = zip(*page["rows"], strict=True)

    assert counts == tuple(range(8))
    assert [float(row["learning_rate"]) for row in metrics] == rates.tolist()
