"""Reinforcement learning: a pole on a cart, by policy gradients."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxsched._core import as_schedule
from jaxsched.combinators import Bundle
from jaxsched.transforms import hyperparams, scheduled

from ._pole import Played, play, policy

_NUM_EVAL = 32  # episodes of an evaluation
_DISCOUNT = 0.99
_ENTROPY = 0.01  # weight of the bonus if no schedule is given


class CartPoleState(NamedTuple):
    """What a run carries: weights, optimizer, the bonus's schedule, its clock, the key."""

    params: Any
    opt_state: Any
    entropy: Any
    num_updates: jax.Array
    key: jax.Array


@dataclasses.dataclass(frozen=True)
class CartPole:
    """Trains a policy to balance a pole, by REINFORCE with an entropy bonus.

    An update plays `batch_size` episodes and follows the gradient of the log-probability
    of what was done, times what came of it: the discounted return less its mean, over its
    standard deviation, over all moments of the batch. Give a schedule for the learning
    rate, or a plan for both, `js.bundle(learning_rate=..., entropy=...)`.

    Reports `loss`, `learning_rate`, `entropy` (of the policy, in nats) and `return` (mean
    length of the episodes) for each update, evaluates `validation_return`, the mean
    length of 32 fresh episodes.

    Args:
        optimizer: takes `learning_rate=`; Adam by default.
        hidden_size: units of the policy's hidden layer.
        batch_size: episodes of an update.
        max_steps: where an episode ends that did not fail.

    Source: Williams, Simple Statistical Gradient-Following Algorithms, 1992.
    """

    optimizer: Callable[..., Any] = optax.adam
    hidden_size: int = 32
    batch_size: int = 8
    max_steps: int = 200

    def init(self, schedule: Any, key: jax.Array) -> CartPoleState:
        """Fresh weights, and an optimizer that holds the schedule."""
        key, draw = jax.random.split(key)
        size = self.hidden_size
        unit = jax.random.normal(draw, (6 * size,))
        first, second = unit[: 4 * size], unit[4 * size :]
        params = {
            "hidden": first.reshape(4, size) / 2,
            "bias": jnp.zeros(size),
            "out": second.reshape(size, 2) / size**0.5,
        }
        rate, entropy = _both(schedule)
        opt_state = self._optimizer(rate).init(params)
        return CartPoleState(params, opt_state, entropy, jnp.int32(0), key)

    def step(self, state: CartPoleState) -> tuple[CartPoleState, dict[str, jax.Array]]:
        """One update on a batch of episodes."""
        key, draw = jax.random.split(state.key)
        played = play(state.params, draw, self.batch_size, self.max_steps)
        weight = state.entropy(state.num_updates)
        (loss, entropy), grads = jax.value_and_grad(_loss, has_aux=True)(
            state.params, played, weight
        )
        updates, opt_state = self._optimizer(0.0).update(
            grads, state.opt_state, state.params
        )
        params = optax.apply_updates(state.params, updates)
        metrics = {
            "loss": loss,
            "learning_rate": hyperparams(opt_state)["learning_rate"],
            "entropy": entropy,
            "return": played.alive.sum(axis=0).mean(),
        }
        new = CartPoleState(params, opt_state, state.entropy, state.num_updates + 1, key)
        return new, metrics

    def evaluate(self, state: CartPoleState) -> dict[str, jax.Array]:
        """Mean length of fresh episodes, the same starts after each chunk."""
        played = play(state.params, jax.random.key(0), _NUM_EVAL, self.max_steps)
        return {"validation_return": played.alive.sum(axis=0).mean()}

    def _optimizer(self, schedule: Any) -> Any:
        return scheduled(self.optimizer, learning_rate=schedule)


def _loss(params: Any, played: Played, weight: jax.Array) -> tuple[jax.Array, jax.Array]:
    def earlier(later, alive):
        total = alive + _DISCOUNT * later
        return total, total

    zero = jnp.zeros_like(played.alive[0])
    _, returns = jax.lax.scan(earlier, zero, played.alive, reverse=True)
    num = played.alive.sum()
    mean = (returns * played.alive).sum() / num
    spread = jnp.sqrt(((returns - mean) ** 2 * played.alive).sum() / num)
    gain = (returns - mean) / (spread + 1e-6) * played.alive
    logs = jax.nn.log_softmax(policy(params, played.seen))
    done = jnp.where(played.actions == 1, logs[..., 1], logs[..., 0])
    entropy = -((jnp.exp(logs) * logs).sum(-1) * played.alive).sum() / num
    return -(gain * done).sum() / num - weight * entropy, entropy


def _both(schedule: Any) -> tuple[Any, Any]:
    """Schedules of the rate and of the bonus's weight."""
    if isinstance(schedule, Bundle):
        return schedule["learning_rate"], schedule["entropy"]
    return schedule, as_schedule(_ENTROPY)
