"""One small sweep, and equality of results."""

import jax
import numpy as np

import jaxsched as js
from jaxsched import sweeps

from .tasks import Regression

KEY = jax.random.key(0)
RATES = [0.003, 0.01, 0.03, 0.1]
MEMBERS = js.grid(
    lambda peak: js.warmup_cosine_decay_schedule(0.0, peak, 5, 40), peak=RATES
)


def run(task=Regression(), members=MEMBERS, num_steps=40, **options):
    options = {"key": KEY, "progress": False, **options}
    return sweeps.run(task, members, num_steps=num_steps, **options)


def assert_identical(got, expected):
    """Curves and evaluations, bit for bit."""
    for a, b in ((got.curves, expected.curves), (got.evaluations, expected.evaluations)):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name], strict=True)
