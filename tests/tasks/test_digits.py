"""The digits task: its split, and the optimizers that train it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.tasks import Digits, load_digits

KEY = jax.random.key(0)


def test_each_image_is_trained_on_or_held_out():
    """1437 and 360 of 1797, all ten digits in both."""
    images, labels, held_out, answers = load_digits()

    assert (len(images), len(labels)) == (1437, 1437)
    assert (len(held_out), len(answers)) == (360, 360)
    assert set(labels) == set(answers) == set(range(10))
    assert images.min() == 0
    assert images.max() == 1


@pytest.mark.parametrize(
    ("optimizer", "peak"),
    [
        (optax.adam, 0.02),
        (functools.partial(optax.sgd, momentum=0.9), 0.1),
        (optax.rmsprop, 0.01),
    ],
    ids=["adam", "momentum", "rmsprop"],
)
def test_it_trains_with_an_optimizer(optimizer, peak):
    """To nine of ten in 100 updates, with each of three seeds, at the schedule's rates."""
    rate = js.Transition(peak, 0.0, 100)
    result = sweeps.run(
        Digits(optimizer), [rate], num_steps=100, num_seeds=3, key=KEY, progress=False
    )

    assert (result.final("validation_accuracy") > 0.9).all()
    np.testing.assert_allclose(
        result.curves["learning_rate"][0, 0], rate(jnp.arange(100)), rtol=1e-6
    )
