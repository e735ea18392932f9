"""Language: a recurrent network that reads Python's own help, character by character."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched.transforms import hyperparams, scheduled

_HELD_OUT = 10  # every tenth topic
_NUM_WINDOWS = 128  # of the held-out text, evenly spread


class CharsState(NamedTuple):
    """What a run carries: weights, optimizer (with its schedule), random key."""

    params: Any
    opt_state: Any
    key: jax.Array


@dataclasses.dataclass(frozen=True)
class Chars:
    """Trains a small gated recurrent network to predict the next character.

    Reports `loss` (nats a character of the minibatch) and `learning_rate` for each
    update, evaluates `validation_loss` and `validation_bits_per_char` on topics that
    are never trained on.

    Args:
        optimizer: takes `learning_rate=`; Adam by default.
        hidden_size: units of the network.
        window: characters that are read, from no memory on, for one gradient.
        batch_size: windows of a minibatch.

    Data: the help topics of the Python that runs (`pydoc_data.topics`), which differ
    a little from version to version.
    """

    optimizer: Callable[..., Any] = optax.adam
    hidden_size: int = 64
    window: int = 32
    batch_size: int = 16

    def init(self, schedule: Any, key: jax.Array) -> CharsState:
        """Fresh weights, and an optimizer that holds the schedule."""
        key, draw = jax.random.split(key)
        size, num = self.hidden_size, num_chars()
        # Draws take most of the time to compile: one, flat.
        unit = jax.random.uniform(draw, (size * (6 * size + 2 * num),), minval=-1.0)
        inner, outer = unit[: 6 * size * size], unit[6 * size * size :]
        gates = inner.reshape(2, size, 3 * size) / size**0.5
        embed, out = jnp.split(outer, 2)
        params = {
            "embed": embed.reshape(num, size),
            "read": gates[0],
            "recall": gates[1],
            "bias": jnp.zeros(3 * size),
            "out": out.reshape(size, num) / size**0.5,
            "out_bias": jnp.zeros(num),
        }
        return CharsState(params, self._optimizer(schedule).init(params), key)

    def step(self, state: CharsState) -> tuple[CharsState, dict[str, jax.Array]]:
        """One update on a minibatch of windows."""
        text = jnp.asarray(load_chars()[0])
        key, draw = jax.random.split(state.key)
        last = len(text) - self.window - 1
        starts = jax.random.bits(draw, (self.batch_size,)) % jnp.uint32(last)
        windows = text[starts[:, None] + jnp.arange(self.window + 1, dtype=jnp.uint32)]
        loss, grads = jax.value_and_grad(chars_loss)(state.params, windows)
        # The schedule is in the state; what the optimizer is built with is not read.
        updates, opt_state = self._optimizer(0.0).update(
            grads, state.opt_state, state.params
        )
        params = optax.apply_updates(state.params, updates)
        rate = hyperparams(opt_state)["learning_rate"]
        return CharsState(params, opt_state, key), {"loss": loss, "learning_rate": rate}

    def evaluate(self, state: CharsState) -> dict[str, jax.Array]:
        """Loss on the held-out topics, in nats and in bits."""
        text = load_chars()[1]
        starts = np.linspace(0, len(text) - self.window - 1, _NUM_WINDOWS).astype(int)
        windows = text[starts[:, None] + np.arange(self.window + 1)]
        loss = chars_loss(state.params, jnp.asarray(windows))
        return {"validation_loss": loss, "validation_bits_per_char": loss / jnp.log(2.0)}

    def _optimizer(self, schedule: Any) -> Any:
        return scheduled(self.optimizer, learning_rate=schedule)


@functools.cache
def load_chars() -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the characters: of the topics to train on, then of those held out.

    Every tenth topic is held out, in the order of their names. Some quote others: a line
    of a held-out topic is left out of all that is trained on. Characters that are not
    ASCII are one.
    """
    from pydoc_data.topics import topics

    texts = [topics[name] for name in sorted(topics)]
    held_out = "".join(texts[::_HELD_OUT])
    lines = set(held_out.splitlines()) - {""}
    others = "".join(text for i, text in enumerate(texts) if i % _HELD_OUT)
    kept = [line for line in others.splitlines() if line not in lines]
    codes = [
        np.frombuffer(text.encode("ascii", "replace"), np.uint8)
        for text in ("\n".join(kept), held_out)
    ]
    known = np.unique(np.concatenate(codes))
    train, rest = (np.searchsorted(known, code).astype(np.int32) for code in codes)
    return train, rest


@functools.cache
def num_chars() -> int:
    """How many characters there are."""
    return int(max(part.max() for part in load_chars())) + 1


def chars_loss(params: Any, windows: jax.Array) -> jax.Array:
    """Mean cross-entropy of the next characters in windows of them, in nats.

    The network is that of Cho et al., 2014, arXiv:1406.1078, with the reset gate after
    the matrix product.
    """
    # What a character says to the gates, for each character once.
    said = params["embed"] @ params["read"] + params["bias"]

    def cell(hidden, chars):
        update, reset, new = jnp.split(said[chars], 3, axis=-1)
        held, kept, old = jnp.split(hidden @ params["recall"], 3, axis=-1)
        gate = jax.nn.sigmoid(update + held)
        proposal = jnp.tanh(new + jax.nn.sigmoid(reset + kept) * old)
        hidden = gate * hidden + (1 - gate) * proposal
        return hidden, hidden

    start = jnp.zeros((len(windows), len(params["out"])))
    _, hidden = jax.lax.scan(cell, start, windows.T[:-1])
    logits = hidden @ params["out"] + params["out_bias"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, windows.T[1:]).mean()
