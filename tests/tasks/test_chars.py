"""The language task: its text, its network, and that it learns more than counting does."""

import functools
import itertools
from pydoc_data.topics import topics

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.tasks import Chars, chars_loss, load_chars, num_chars

KEY = jax.random.key(0)
NUM_STEPS = 200


def text_of(codes):
    """The characters that numbers stand for, found by counting on the topics' own."""
    alphabet = sorted(set("".join(topics.values()).encode("ascii", "replace").decode()))

    return "".join(alphabet[code] for code in codes)


def test_the_text_is_that_of_the_topics():
    """Every tenth topic as it is, and of the others what it does not share with them."""
    train, rest = map(text_of, load_chars())
    names = sorted(topics)
    plain = {n: topics[n].encode("ascii", "replace").decode() for n in names}

    assert rest == "".join(plain[n] for n in names[::10])
    others = "".join(plain[n] for i, n in enumerate(names) if i % 10)
    assert 0.95 < len(train) / len(others) < 1
    assert set(train.splitlines()) <= set(others.splitlines())


def test_nothing_leaks():
    """No line and no long piece of the held-out topics is in what is trained on."""
    train, rest = map(text_of, load_chars())

    assert set(train.splitlines()) & set(rest.splitlines()) == {""}
    assert not any(rest[i : i + 120] in train for i in range(0, len(rest) - 120, 60))
    assert num_chars() == len(set(train + rest)) <= 128


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
    found = jax.jit(chars_loss)(params, jnp.asarray(windows))

    np.testing.assert_allclose(found, np.mean(losses), rtol=1e-5)


def bits_of_counts():
    """Of the whole held-out text, by counts of single characters and of pairs, plus one."""
    train, rest = load_chars()
    num = num_chars()
    single, pairs = np.ones(num), np.ones((num, num))
    np.add.at(single, train, 1)
    np.add.at(pairs, (train[:-1], train[1:]), 1)
    single /= single.sum()
    pairs /= pairs.sum(axis=1, keepdims=True)
    return (
        -np.log2(single[rest[1:]]).mean(),
        -np.log2(pairs[rest[:-1], rest[1:]]).mean(),
    )


@pytest.fixture(scope="module")
def trained():
    """Two seeds, trained for as long as the command line trains."""
    rate = js.cosine_annealing_schedule(0.02, decay_steps=NUM_STEPS)
    return sweeps.run(
        Chars(), [rate], num_steps=NUM_STEPS, num_seeds=2, chunk_steps=100, key=KEY,
        progress=False,
    )  # fmt: skip


def test_it_learns_more_than_pairs_of_characters(trained):
    """By a quarter of a bit. Pairs take 3.8 bits, single ones 4.8."""
    single, pairs = bits_of_counts()
    found = trained.final("validation_bits_per_char")[0]

    assert single > pairs + 0.5
    assert (found < pairs - 0.25).all()
    assert (found > 1.5).all()
    nats = trained.final("validation_loss")[0]
    np.testing.assert_allclose(found, nats / np.log(2), rtol=1e-6)


def test_bits_are_those_of_the_held_out_text():
    """A network that knows only the shares of characters has the bits of that count."""
    train, _ = load_chars()
    task = Chars(hidden_size=2)
    state = task.init(js.Constant(0.1), KEY)
    shares = np.log(np.bincount(train, minlength=num_chars()) + 1.0)
    params = {**state.params, "out": 0 * state.params["out"], "out_bias": shares}
    found = jax.jit(task.evaluate)(state._replace(params=params))

    # Of 128 windows of it, so within two percent of the whole.
    np.testing.assert_allclose(
        found["validation_bits_per_char"], bits_of_counts()[0], rtol=0.02
    )


@pytest.mark.parametrize(
    ("optimizer", "peak"),
    [
        (optax.adam, 1e-2),
        (functools.partial(optax.sgd, momentum=0.9), 0.5),
        (optax.rmsprop, 3e-3),
    ],
    ids=["adam", "momentum", "rmsprop"],
)
def test_it_trains_with_an_optimizer(optimizer, peak):
    """From 6.9 bits to below 5 in 60 updates; the rates are those of the schedule."""
    rate = js.Transition(peak, peak / 10, 60)
    result = sweeps.run(
        Chars(optimizer, hidden_size=32), [rate], num_steps=60, chunk_steps=30, key=KEY,
        progress=False,
    )  # fmt: skip

    assert result.curves["loss"][0, 0, 0] / np.log(2) > 6
    assert result.final("validation_bits_per_char")[0, 0] < 5
    np.testing.assert_allclose(
        result.curves["learning_rate"][0, 0], rate(jnp.arange(60)), rtol=1e-6
    )
