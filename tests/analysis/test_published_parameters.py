"""The multi-power law as published, on runs that it was not fitted to, of three sizes."""

import functools

import numpy as np
import pytest

from .published_curves import HELD_OUT_BY_SIZE, PUBLISHED, errors, scores

# In the order of HELD_OUT_BY_SIZE, from logs/25.log, 100.log and 400.log beside the losses.
LARGEST_SHARES = {
    "25M": [0.00202239, 0.00706236, 0.00297904, 0.00310683, 0.00641742, 0.00297995],
    "100M": [0.00663781, 0.00454534, 0.00523102, 0.00571605, 0.01033552, 0.00251010],
    "400M": [0.01077812, 0.00909415, 0.00799049, 0.00874747, 0.01787900, 0.00519998],
}


@functools.cache
def rows(size):
    """Of each run: its counts, its losses, and the errors of the published law."""
    return {
        name: (curve.counts, curve.losses, errors(PUBLISHED[size], curve))
        for name, curve in HELD_OUT_BY_SIZE[size].items()
    }


@pytest.mark.parametrize(
    ("size", "published", "rtol"),
    [
        ("25M", [0.9988, 0.00376, 0.00465, 0.00110, 0.00409], 0.03),
        ("100M", [0.9983, 0.00435, 0.00592, 0.00142, 0.00583], 0.05),
        ("400M", [0.9978, 0.00484, 0.00730, 0.00168, 0.00995], 0.065),
    ],
)
def test_published_parameters(size, published, rtol):
    """The authors' scores are of all rows; these are of every fourth or sixteenth.

    So the largest error is smaller: the worst row need not be among them.
    """
    found = [scores(error, losses) for _, losses, error in rows(size).values()]
    r_squared, *means, largest = np.mean(found, axis=0)

    assert r_squared == pytest.approx(published[0], abs=2e-4)
    np.testing.assert_allclose(means, published[1:4], rtol=rtol)
    assert 0.83 < largest / published[4] < 1


@pytest.mark.parametrize("size", PUBLISHED)
def test_no_row_is_further_off_than_the_published_worst(size):
    """That is the last one after a linear decay, so there the two agree."""
    shares = {name: np.abs(error) / loss for name, (_, loss, error) in rows(size).items()}
    largest = dict(zip(shares, LARGEST_SHARES[size], strict=True))

    for name, limit in largest.items():
        assert shares[name].max() < limit * 1.0005
    assert shares["linear"][-1] == pytest.approx(largest["linear"], rel=5e-4)


@pytest.mark.parametrize(
    ("size", "roughness"), [("25M", 0.02), ("100M", 0.02), ("400M", 0.11)]
)
def test_rows_are_on_smooth_curves(size, roughness):
    """Losses fall, and the errors of the law do not jump, save where the rate does.

    At 25M and 100M this and the test above find a wrong digit of a loss in the first
    decimal always, in the second in 99 of 100 cases, in the third in 59. The plateau of
    400M has a jump of its own, after update 6016.
    """
    for counts, losses, error in rows(size).values():
        fall = losses[:-2] - losses[2:]
        jump = np.abs(np.diff(error, 2)) / 2
        away = np.abs(counts[1:-1, None] - [8000, 20_000]).min(axis=1) > 600

        assert (np.diff(losses) < 0).all()
        assert (jump < roughness * fall + 0.002)[away].all()
