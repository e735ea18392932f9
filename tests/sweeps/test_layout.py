"""How a sweep is laid out in time and over devices makes no difference."""

import numpy as np
import pytest

from . import hosts
from .helpers import run


@pytest.mark.parametrize(
    "options",
    [{"chunk_steps": 9}, {"chunk_steps": 100}, {"batch_size": 5}, {"batch_size": 1}],
    ids=str,
)
def test_layout_changes_nothing(trained, options):
    """Chunks that do not divide the steps, lanes a few at a time: the same curves."""
    result = run(num_seeds=3, **{"chunk_steps": 8, **options})

    for name in ("loss", "rate"):
        np.testing.assert_allclose(
            result.curves[name], trained.curves[name], rtol=1e-5, atol=0
        )
    assert result.eval_steps[-1] == 40
    np.testing.assert_allclose(
        result.final("error"), trained.final("error"), rtol=1e-5, atol=0
    )


# Devices.

SCRIPT = """
import jax, numpy as np
import jaxsched as js
from jaxsched import sweeps
from tests.sweeps.tasks import Regression

assert len(jax.devices()) == 8
members = js.sample(
    jax.random.key(2), js.Constant, 61, value=sweeps.log_uniform(1e-3, 1e-2)
)
one = jax.sharding.Mesh(np.asarray(jax.devices()[:1]), ("sweep",))
results = [
    sweeps.run(Regression(), members, num_steps=30, num_seeds=1, chunk_steps=15,
               key=jax.random.key(0), progress=False, mesh=mesh, batch_size=size)
    for mesh, size in ((one, None), (None, None), (None, 3))
]
for result in results[1:]:
    assert result.curves["loss"].shape == (61, 1, 30)
    for name in ("loss", "rate"):
        np.testing.assert_allclose(
            result.curves[name], results[0].curves[name], rtol=1e-6, atol=0
        )
    np.testing.assert_allclose(
        result.final("error"), results[0].final("error"), rtol=1e-6, atol=0
    )
print("equal")
"""


def test_eight_devices_give_what_one_gives():
    """61 members, padded to 64, on a mesh of 8: the curves of one device."""
    said, error = hosts.launch(8, "-c", SCRIPT).communicate(timeout=120)

    assert said.strip() == "equal", error
