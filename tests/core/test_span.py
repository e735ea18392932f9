"""How many counts show what a schedule does."""

import numpy as np
import pytest

import jaxsched as js
from jaxsched._core import bounds, common_span, members_of, span, spread


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (js.Transition(1.0, 0.0, 1_000), 1_100),
        (js.Transition(1.0, 0.0, 3), 4),
        (js.PiecewiseConstant([5], [1.0, 0.5]), 6),
        (js.Transition(1.0, 0.0, 2_100_000_000), 2**31 - 2),
        (js.Constant(1.0), 100),
        (js.Repeat(js.Transition(1.0, 0.0, 10), 25), 100),
        (js.ExponentialDecay(1.0, 0.5, 20), 80),
        (js.NaturalExponentialDecay(1.0, 0.05), 128),  # e^-3.2 at 64
        (js.InverseTimeDecay(1.0, 1.0), 128),  # 1 / 65 at 64; a length of 1 is a unit
        (0.1 * js.UniformNoise(0, 0.9, 1.1), 1_000),
        (js.Wrapped(lambda count: 0.1), 1_000),
    ],
    ids=repr,
)
def test_span(schedule, expected):
    """A tenth beyond the end; four times the longest length; or until it has settled."""
    assert span(schedule) == expected


def test_several_are_shown_up_to_their_ends():
    """What has no end does not make the others a corner of the picture."""
    endless = js.Wrapped(lambda count: 0.1)

    assert common_span([js.Transition(1.0, 0.0, 100), js.Constant(1.0), endless]) == 111
    assert common_span([js.Constant(1.0), endless]) == 1_000


def test_counts_are_spread():
    """Both ends, whole numbers where there are enough."""
    assert spread(4, 8).tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]
    many = spread(1_000, 3)
    assert many.tolist() == [0, 333, 666, 1_000]
    assert many.dtype.kind == "i"


def test_bounds_hold_zero_unless_it_is_far():
    """Nothing finite is an error."""
    assert bounds(np.asarray([0.5, 1.0, np.nan])) == (0, 1)
    assert bounds(np.asarray([0.85, 0.95])) == (0.85, 0.95)
    assert bounds(np.asarray([-1.0, -0.25])) == (-1, 0)
    assert bounds(np.zeros(3)) == (0, 1)
    with pytest.raises(ValueError, match="finite, got none"):
        bounds(np.asarray([np.inf]))


def test_members_of_a_batch():
    """Evenly spread, and themselves."""
    batch = js.stack([js.Constant(float(i)) for i in range(11)])

    assert [float(m(0)) for m in members_of(batch, 3)] == [0, 5, 10]
    (one,) = members_of(js.Constant(3.0), 3)
    assert float(one(0)) == 3
    pieces = js.segments([js.Constant(1.0), js.Constant(2.0)], [10])
    assert members_of(pieces, 3) == [pieces]
    with pytest.raises(ValueError, match="one common leading axis"):
        members_of(js.Transition(np.ones(3), 0.0, 10), 3)
