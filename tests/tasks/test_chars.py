"""The language task: its text, its network, and that it learns more than counting does."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.tasks import Chars, chars_loss, load_chars, num_chars

KEY = jax.random.key(0)


def test_nothing_leaks():
    """No long piece of the held-out topics is in the text that is trained on."""
    train, rest = load_chars()
    text = train.astype(np.uint8).tobytes()
    starts = np.linspace(0, len(rest) - 200, 50).astype(int)
    pieces = [rest[i : i + 200].astype(np.uint8).tobytes() for i in starts]

    assert not any(piece in text for piece in pieces)
    assert 0.02 < len(rest) / len(train) < 0.3
    assert num_chars() == len(np.unique(np.concatenate([train, rest]))) <= 128


def test_the_network_is_a_gated_recurrent_one():
    """Against NumPy in float64, cell by cell."""
    task = Chars(hidden_size=5)
    params = task.init(js.Constant(0.1), KEY).params
    windows = np.random.default_rng(0).integers(0, num_chars(), (3, 7))
    p = {name: np.asarray(x, np.float64) for name, x in params.items()}

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    losses = []
    for row in windows:
        h = np.zeros(5)
        for char, follows in itertools.pairwise(row):
            x = p["embed"][char] @ p["read"] + p["bias"]
            y = h @ p["recall"]
            z, r = sigmoid(x[:5] + y[:5]), sigmoid(x[5:10] + y[5:10])
            h = z * h + (1 - z) * np.tanh(x[10:] + r * y[10:])
            logits = h @ p["out"] + p["out_bias"]
            losses.append(np.log(np.exp(logits).sum()) - logits[follows])
    found = chars_loss(params, jnp.asarray(windows))

    np.testing.assert_allclose(found, np.mean(losses), rtol=1e-5)


def bits(counts):
    """Of the held-out text, given numbers of what follows what, one added to each."""
    _, rest = load_chars()
    table = (counts + 1) / (counts + 1).sum(axis=-1, keepdims=True)
    if table.ndim == 1:
        return -np.log2(table[rest]).mean()
    return -np.log2(table[rest[:-1], rest[1:]]).mean()


def test_it_learns_more_than_pairs_of_characters():
    """Which take 3.5 bits, and single ones 4.5; in 300 updates, with any of four seeds."""
    train, _ = load_chars()
    num = num_chars()
    single = np.bincount(train, minlength=num)
    pairs = np.zeros((num, num))
    np.add.at(pairs, (train[:-1], train[1:]), 1)
    result = sweeps.run(
        Chars(),
        [js.cosine_annealing_schedule(0.02, decay_steps=300)],
        num_steps=300,
        num_seeds=4,
        key=KEY,
        progress=False,
    )
    found = result.final("validation_bits_per_char")[0]

    assert (found < bits(pairs)).all()
    assert (found < bits(single) - 1).all()
    assert (found > 1.5).all()
    nats = result.final("validation_loss")[0]
    np.testing.assert_allclose(found, nats / np.log(2), rtol=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "peak"),
    [
        (functools.partial(optax.sgd, momentum=0.9), 0.5),
        (optax.rmsprop, 3e-3),
        (optax.adam, 1e-2),
    ],
    ids=["momentum", "rmsprop", "adam"],
)
def test_it_trains_with_other_optimizers(optimizer, peak):
    """From 6.7 bits to below 5 in 60 updates; the rates are those of the schedule."""
    rate = js.Transition(peak, peak / 10, 60)
    result = sweeps.run(Chars(optimizer), [rate], num_steps=60, key=KEY, progress=False)

    assert result.final("validation_bits_per_char")[0, 0] < 5
    np.testing.assert_allclose(
        result.curves["learning_rate"][0, 0], rate(jnp.arange(60)), rtol=1e-6
    )
