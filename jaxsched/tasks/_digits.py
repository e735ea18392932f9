"""Image classification: scikit-learn's 8x8 digits and a small perceptron."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched.transforms import hyperparams, scheduled

_NUM_TRAIN = 1_437  # of 1797; the split is drawn once and for all
_SPLIT_SEED = 0


class DigitsState(NamedTuple):
    """What a run carries: weights, optimizer (with its schedule), random key."""

    params: Any
    opt_state: Any
    key: jax.Array


@dataclasses.dataclass(frozen=True)
class Digits:
    """Trains a two-layer perceptron on minibatches of handwritten digits.

    Reports `loss` (of the minibatch) and `learning_rate` for each update, evaluates
    `validation_accuracy` and `validation_loss` on 360 images that are never trained on.

    Args:
        optimizer: takes `learning_rate=`; SGD with momentum by default.
        hidden_size: units of the hidden layer.
        batch_size: images of a minibatch.

    Data: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, 1998, UCI; as
    it comes with scikit-learn.
    """

    optimizer: Callable[..., Any] = functools.partial(optax.sgd, momentum=0.9)
    hidden_size: int = 32
    batch_size: int = 32

    def init(self, schedule: Any, key: jax.Array) -> DigitsState:
        """Fresh weights, and an optimizer that holds the schedule."""
        key, draw = jax.random.split(key)
        # He's initialisation, uniform. Draws take most of the time to compile: one, flat.
        size = self.hidden_size
        unit = jax.random.uniform(draw, (74 * size,), minval=-1.0, maxval=1.0)
        first, second = unit[: 64 * size], unit[64 * size :]
        params = [
            (first.reshape(64, size) * (6 / 64) ** 0.5, jnp.zeros(size)),
            (second.reshape(size, 10) * (6 / size) ** 0.5, jnp.zeros(10)),
        ]
        return DigitsState(params, self._optimizer(schedule).init(params), key)

    def step(self, state: DigitsState) -> tuple[DigitsState, dict[str, jax.Array]]:
        """One update on a minibatch."""
        images, labels = (jnp.asarray(part) for part in load_digits()[:2])
        key, draw = jax.random.split(state.key)
        rows = digits_rows(draw, self.batch_size)
        loss, grads = jax.value_and_grad(digits_loss)(
            state.params, images[rows], labels[rows]
        )
        # The schedule is in the state; what the optimizer is built with is not read.
        updates, opt_state = self._optimizer(0.0).update(
            grads, state.opt_state, state.params
        )
        params = optax.apply_updates(state.params, updates)
        rate = hyperparams(opt_state)["learning_rate"]
        return DigitsState(params, opt_state, key), {"loss": loss, "learning_rate": rate}

    def evaluate(self, state: DigitsState) -> dict[str, jax.Array]:
        """Accuracy and loss on the validation images."""
        images, labels = (jnp.asarray(part) for part in load_digits()[2:])
        hits = jnp.argmax(_logits(state.params, images), axis=-1) == labels
        return {
            "validation_accuracy": hits.mean(),
            "validation_loss": digits_loss(state.params, images, labels),
        }

    def _optimizer(self, schedule: Any) -> Any:
        return scheduled(self.optimizer, learning_rate=schedule)


@functools.cache
def load_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images in [0, 1] and labels: for training, then for validation."""
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            "the digits task needs scikit-learn: pip install 'jaxsched[examples]'."
        ) from error
    images, labels = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(_SPLIT_SEED).permutation(len(images))
    images = (np.asarray(images)[order] / 16).astype(np.float32)
    labels = np.asarray(labels)[order].astype(np.int32)
    train, rest = slice(None, _NUM_TRAIN), slice(_NUM_TRAIN, None)
    return images[train], labels[train], images[rest], labels[rest]


def digits_rows(key: jax.Array, batch_size: int) -> jax.Array:
    """Which training images make a minibatch, drawn with replacement."""
    return jax.random.bits(key, (batch_size,)) % jnp.uint32(_NUM_TRAIN)


def _logits(params: Any, images: jax.Array) -> jax.Array:
    (w1, b1), (w2, b2) = params
    return jax.nn.relu(images @ w1 + b1) @ w2 + b2


def digits_loss(params: Any, images: jax.Array, labels: jax.Array) -> jax.Array:
    """Mean cross-entropy of the perceptron."""
    logits = _logits(params, images)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
