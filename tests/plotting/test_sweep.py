"""The picture of a sweep: its scales are those of what is drawn, its axes say what."""

import numpy as np
import pytest

from jaxsched import plotting
from jaxsched.sweeps import SweepResult

FALLING = np.geomspace(2.0, 0.05, 40)
SLOW = np.linspace(4.0, 2.0, 40)
RISING = np.linspace(20.0, 500.0, 40)
AROUND_ZERO = np.linspace(0.1, -0.1, 40)


def drawn(curve, peaks=(0.01, 0.1, 1.0), **options):
    """The panels of a sweep whose members all report one curve."""
    shape = (len(peaks), 2, 1)
    result = SweepResult(
        curves={
            "way": np.tile(curve, shape),
            "learning_rate": np.ones((*shape[:2], 40)),
        },
        evaluations={"score": np.arange(2.0 * len(peaks)).reshape(shape)},
        eval_steps=np.asarray([40]),
        settings=[{"family": "a", "peak_value": peak} for peak in peaks],
        schedules=["Constant(value=1.0)"] * len(peaks),
        seeds=[0, 1],
        seconds=1.0,
    )
    return plotting.plot_sweep(result, score="score", trajectory="way", **options)


@pytest.mark.parametrize(
    ("curve", "scale"),
    [(FALLING, "log"), (SLOW, "linear"), (RISING, "linear"), (AROUND_ZERO, "linear")],
    ids=["falling", "slow", "rising", "around zero"],
)
def test_a_log_scale_is_for_what_falls_far(curve, scale):
    _, way, _ = drawn(curve)

    assert way.get_yscale() == scale
    assert (way.get_ylabel(), way.get_title()) == ("way", "Its training way (band: seeds)")


def test_a_score_that_is_to_fall_says_so():
    assert drawn(FALLING)[2].get_ylabel() == "score"
    assert drawn(FALLING, mode="min")[2].get_ylabel() == "score (lower is better)"


def test_labels_of_a_wide_setting_are_its_decades():
    """Those between would overlap; where it is narrow there are no others."""
    for peaks, are_shown in (((0.004, 0.07), False), ((0.02, 0.04), True)):
        ticks = drawn(FALLING, peaks)[2].xaxis.get_minor_ticks()
        assert {tick.label1.get_visible() for tick in ticks} == {are_shown}
