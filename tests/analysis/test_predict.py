"""Several laws at once."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.analysis import AnnealingLaw, FunctionalLaw, MultiPowerLaw, predict

LAWS = [
    MultiPowerLaw(2.0, 0.5, 0.4, 3.0, 2.0, 0.6, 0.5),
    AnnealingLaw(2.0, 0.5, 0.4, 0.3, 0.9),
    FunctionalLaw(2.0, 1.0, 0.5, 0.5, 0.2, 3.0, 0.7),
]
DECAY = js.Transition(0.1, 0.0, 50)


def test_rows_are_the_laws_own():
    """And mean, least and largest are over them."""
    counts = [10, 30, 50]
    found = predict(LAWS, DECAY, 50, counts)
    rows = np.stack([law.loss_curve(DECAY, 50, counts) for law in LAWS])

    np.testing.assert_array_equal(found.each, rows)
    np.testing.assert_allclose(found.losses, rows.mean(0), rtol=1e-6)
    np.testing.assert_array_equal(found.low, rows.min(0))
    np.testing.assert_array_equal(found.high, rows.max(0))


def test_the_end_is_the_default():
    """One law alone does not disagree."""
    found = predict(LAWS[:1], DECAY, 50)

    assert found.losses.shape == (1,)
    assert found.low == found.high == LAWS[0].expected_loss(DECAY, 50)
    assert jnp.isfinite(found.losses).all()


@pytest.mark.parametrize(
    ("laws", "num_steps", "counts", "words"),
    [
        ([], 5, None, "predict needs a law, got none"),
        (LAWS, 0, None, "num_steps"),
        (LAWS, 5, [6], "integer counts from 1 to 5"),
    ],
)
def test_errors(laws, num_steps, counts, words):
    with pytest.raises(ValueError, match=words):
        predict(laws, 0.1, num_steps, counts)
