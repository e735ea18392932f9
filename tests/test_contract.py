"""Every schedule of the library keeps the contract."""

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched import recipes, testing

from .cases import CASES, EXACT

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@each_case
def test_float32(case):
    """Shapes, dtypes, jit, vmap, gradients, one trace, and the numeric budget."""
    oracle = case.oracle if case in EXACT else None
    testing.check_schedule(
        case.schedule, oracle=oracle, max_ulps=case.max_ulps, counts=case.counts
    )


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.id)
def test_float64(case):
    """Under x64 the values have all digits, and the type says so."""
    counts = np.asarray([0, 1, 7, 99, 2**24 + 1, *case.counts])
    with jax.enable_x64(True):
        got = np.asarray(jax.jit(lambda s, c: s(c))(case.schedule, counts))
    expected = np.asarray([case.oracle(int(t)) for t in counts], np.float64)

    assert got.dtype == np.float64
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=0)


def test_every_name_has_a_case():
    """Nothing public is left out of the table."""
    nodes = {
        name
        for name in js.__all__
        if isinstance(getattr(js, name), type)
        and issubclass(getattr(js, name), js.AbstractSchedule)
        and getattr(js, name) is not js.AbstractSchedule
    }

    assert {case.name for case in CASES} == nodes | set(recipes.__all__)


def test_ids_are_unique():
    """A failure names one entry."""
    assert len({case.id for case in CASES}) == len(CASES)
