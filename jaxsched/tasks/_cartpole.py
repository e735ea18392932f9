"""Reinforcement learning: a pole on a cart, by policy gradients."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxsched._core import ScheduleLike, as_schedule, checks
from jaxsched.combinators import Bundle
from jaxsched.schedules import Transition
from jaxsched.transforms import hyperparams, scheduled

from ._pole import Played, play, policy

_NUM_EVAL = 32  # episodes of an evaluation
_DISCOUNT = 0.99
_PLAN = ("learning_rate", "entropy")


class CartPoleState(NamedTuple):
    """What a run carries: weights, optimizer, the bonus with its clock, random key."""

    params: Any
    opt_state: Any
    entropy: Any
    num_updates: jax.Array
    key: jax.Array


@dataclasses.dataclass(frozen=True)
class CartPole:
    r"""Trains a policy to balance a pole, by REINFORCE with an entropy bonus.

    An update plays `batch_size` episodes and goes down the gradient of

    $$-\frac1N \sum_{t, i} \frac{G_{ti} - b_t}{\sigma} \log \pi(a_{ti} | s_{ti})
    - \beta \frac1N \sum_{t, i} H(\pi(\cdot | s_{ti}))$$

    over the $N$ moments before their ends, where $G$ is what is still to come, discounted
    by 0.99, the baseline $b_t$ its mean over the episodes at that moment (0 after an end),
    and $\sigma$ the root mean square of the difference.

    Takes a schedule, of the learning rate, or a plan that schedules the bonus $\beta$ too,
    `js.bundle(learning_rate=..., entropy=...)`. Reports `loss`, `learning_rate`,
    `entropy` ($H$, in nats) and `return` (mean length of the episodes) for each update,
    evaluates `validation_return`, that of 32 fresh episodes, always the same.

    Args:
        optimizer: takes `learning_rate=`; Adam by default.
        entropy: the bonus $\beta$ where the schedule is none of it.
        hidden_size: units of the policy's hidden layer.
        batch_size: episodes of an update.
        max_steps: length of an episode that does not fail.

    Source: Williams, Simple Statistical Gradient-Following Algorithms for Connectionist
    Reinforcement Learning, 1992; the task is `push`'s.
    """

    optimizer: Callable[..., Any] = optax.adam
    entropy: ScheduleLike = Transition(0.02, 0.0, 50)
    hidden_size: int = 16
    batch_size: int = 4
    max_steps: int = 500

    def init(self, schedule: Any, key: jax.Array) -> CartPoleState:
        """Fresh weights, and an optimizer that holds the schedule."""
        key, draw = jax.random.split(key)
        size = self.hidden_size
        # Draws take most of the time to compile: one, flat.
        unit = jax.random.uniform(draw, (5 * size,), minval=-1.0)
        params = {
            "hidden": unit[: 4 * size].reshape(4, size),
            "bias": jnp.zeros(size),
            "out": unit[4 * size :] / size**0.5,
        }
        rate, entropy = self._parts(schedule)
        opt_state = self._optimizer(rate).init(params)
        return CartPoleState(params, opt_state, entropy, jnp.int32(0), key)

    def step(self, state: CartPoleState) -> tuple[CartPoleState, dict[str, jax.Array]]:
        """One update on a batch of episodes."""
        key, draw = jax.random.split(state.key)
        played = self._play(state.params, draw, self.batch_size)
        bonus = state.entropy(state.num_updates)
        objective = jax.value_and_grad(_loss, has_aux=True)
        (loss, entropy), grads = objective(state.params, played, bonus)
        # The rate is in the state; what the optimizer is built with is not read.
        updates, opt_state = self._optimizer(0.0).update(
            grads, state.opt_state, state.params
        )
        params = optax.apply_updates(state.params, updates)
        num_updates = state.num_updates + 1
        return CartPoleState(params, opt_state, state.entropy, num_updates, key), {
            "loss": loss,
            "learning_rate": hyperparams(opt_state)["learning_rate"],
            "entropy": entropy,
            "return": played.alive.sum(axis=0).mean(),
        }

    def evaluate(self, state: CartPoleState) -> dict[str, jax.Array]:
        """Mean length of fresh episodes."""
        # One key for all: members differ by their policies, not by their luck.
        played = self._play(state.params, jax.random.key(0), _NUM_EVAL)
        return {"validation_return": played.alive.sum(axis=0).mean()}

    def _play(self, params: Any, key: jax.Array, num: int) -> Played:
        return play(params, key, num, self.max_steps)

    def _optimizer(self, rate: Any) -> Any:
        return scheduled(self.optimizer, learning_rate=rate)

    def _parts(self, schedule: Any) -> tuple[Any, Any]:
        """Schedules of the rate and of the bonus."""
        if not isinstance(schedule, Bundle):
            return schedule, as_schedule(self.entropy)
        for name in schedule:
            checks.choice("CartPole", plan=name, choices=_PLAN)
        parts = {"entropy": as_schedule(self.entropy), **schedule}
        return schedule["learning_rate"], parts["entropy"]


def _loss(params: Any, played: Played, bonus: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The loss of a policy on episodes that it played, and its mean entropy."""
    alive = played.alive

    def earlier(later, alive):
        total = alive + _DISCOUNT * later
        return total, total

    ends = jnp.zeros(alive.shape[1])
    _, returns = jax.lax.scan(earlier, ends, alive, reverse=True)
    num = alive.sum()
    gains = (returns - returns.mean(axis=1, keepdims=True)) * alive
    spread = jnp.sqrt((gains**2).sum() / num)
    odds = policy(params, played.seen)
    logs = -jax.nn.softplus(jnp.where(played.actions, -odds, odds))
    entropies = (jax.nn.softplus(odds) - odds * jax.nn.sigmoid(odds)) * alive
    entropy = entropies.sum() / num
    return -(gains * logs).sum() / (num * (spread + 1e-6)) - bonus * entropy, entropy
