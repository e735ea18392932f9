"""The counts that every schedule is tried on, and how far a value is from an oracle's."""

import numpy as np

LAST_COUNT = 2**31 - 1

EXTREME_COUNTS = (-3, 0, 1, 2, 7, 9, 10, 11, 99, 100, 101, 2**24 + 1, 2**31 - 2)
"""Before the start, the start, small ones, one that float32 lacks, the last but one."""


def ulps(got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The error in units in the last place of the type of `got`, elementwise.

    Below the smallest normal number the unit is that of the smallest normal number:
    processors are free to flush what is smaller to zero.

    >>> float(ulps(np.float32(1) + np.float32(2**-23), np.float64(1)))
    1.0
    """
    got = np.asarray(got)
    expected = np.asarray(expected, np.longdouble)
    info = np.finfo(got.dtype)
    size = np.maximum(np.abs(expected.astype(got.dtype)), info.smallest_normal)
    unit = np.spacing(np.minimum(size, info.max)).astype(np.longdouble)
    return np.abs(got.astype(np.longdouble) - expected) / unit
