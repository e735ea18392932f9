"""Averages of checkpoints against decays of the rate."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import analysis, curves

LINE = js.Transition(1.0, 0.0, 5)
ROOT = js.Transition(1.0, 0.0, 5, curves.SquareRoot())


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        (js.Advance(LINE, 1), [0.2] * 5),
        (js.Transition(1.0, 0.0, 4), [0.0, 0.25, 0.25, 0.25, 0.25]),
        (js.Advance(ROOT, 1), [0.4472136, 0.18524194, 0.14214114, 0.11983052, 0.10557281]),
    ],
    ids=["mean_of_all", "mean", "one_minus_sqrt"],
)
def test_printed_weights(decay, expected):
    """A plain mean is a decay in a straight line."""
    with jax.enable_x64(True):
        found = analysis.averaging_weights(decay, 5)

    np.testing.assert_allclose(found, expected, rtol=2e-8, atol=1e-16)


DECAYS = {
    "line": js.Transition(1.0, 0.0, 30),
    "cosine": js.Transition(1.0, 0.0, 30, curves.Cosine()),
    "root": js.Transition(1.0, 0.0, 30, curves.SquareRoot()),
    "late": js.Delay(js.Transition(1.0, 0.1, 10), 20),
    "rising": js.Transition(0.5, 1.5, 30),
}


@pytest.mark.parametrize("name", DECAYS)
def test_the_average_is_where_the_decay_leads(name):
    """Of gradients that stay what they are, step by step."""
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=7), rng.normal(size=(30, 7))
    checkpoints = start - 0.25 * np.cumsum(np.vstack([np.zeros(7), grads]), 0)
    with jax.enable_x64(True):
        weights = np.asarray(analysis.averaging_weights(DECAYS[name], 31))
        decay = np.asarray(DECAYS[name](np.arange(30)))
        again = analysis.equivalent_decay(weights)(np.arange(30))

    decayed = start - 0.25 * decay @ grads
    np.testing.assert_allclose(weights @ checkpoints, decayed, rtol=1e-12, atol=0)
    np.testing.assert_allclose(weights.sum(), 1, rtol=1e-14)
    np.testing.assert_allclose(again, decay, rtol=1e-12, atol=1e-16)
    assert (weights >= 0).all() or name == "rising"


def test_a_moving_average_is_a_cooldown():
    """Weights that fall by a factor: a rate that falls by it towards the end."""
    weights = 0.5 ** np.asarray([4, 4, 3, 2, 1])
    decay = analysis.equivalent_decay(weights)

    np.testing.assert_array_equal(decay(np.arange(4)), 1 - 0.5 ** np.asarray([4, 3, 2, 1]))


def test_batches_and_gradients():
    """Weights of many decays at once; a weight moves as the rate before it does."""
    ends = jnp.asarray([0.0, 0.5])
    found = jax.vmap(lambda end: analysis.averaging_weights(js.Transition(1.0, end, 2), 3))(
        ends
    )
    np.testing.assert_array_equal(found, [[0, 0.5, 0.5], [0, 0.25, 0.75]])
    jacobian = jax.jacobian(lambda row: analysis.averaging_weights(js.Table(row), 3))(
        jnp.asarray([0.5, 0.25])
    )
    np.testing.assert_array_equal(jacobian, [[-1, 0], [1, -1], [0, 1]])


def test_one_checkpoint():
    """It has all the weight."""
    np.testing.assert_array_equal(analysis.averaging_weights(LINE, 1), [1])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], "two or more weights in a row"),
        ([[0.5, 0.5]], "two or more weights in a row"),
        ([0.5, 0.25], "weights of sum 1, got 0.75"),
        ([0.5, float("nan")], "weights of sum 1, got nan"),
    ],
)
def test_what_is_no_average_is_refused(weights, message):
    """Too few, or not adding up."""
    with pytest.raises(ValueError, match=message):
        analysis.equivalent_decay(weights)
    with pytest.raises(ValueError, match="num_checkpoints"):
        analysis.averaging_weights(LINE, 0)


@pytest.mark.parametrize("fraction", [0.25, np.log(2), 1.0])
def test_anytime_weights_are_a_decay_of_the_whole_run(fraction):
    """What came by update i has the weight (i / t)^(ln 2 / f), at any time."""
    num = 4_000
    rho = np.asarray(js.AnytimeWeight(fraction)(np.arange(num)), np.float64)
    weights = np.zeros(num)
    for t in range(num):
        weights[:t] *= 1 - rho[t]
        weights[t] = rho[t]

    by_then = np.cumsum(weights)[400::400]
    share = (np.arange(num)[400::400] + 0.5) / (num - 0.5)
    np.testing.assert_allclose(by_then, share ** (np.log(2) / fraction), rtol=1e-5)
