"""A pole on a cart, and episodes of balancing it.

The physics of Barto, Sutton and Anderson, Neuronlike Adaptive Elements That Can Solve
Difficult Learning Control Problems, 1983, with the constants of Gym's CartPole-v1.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

_MOST_POSITION = 2.4  # metres from the middle of the track
_MOST_ANGLE = 12 * jnp.pi / 180


class Played(NamedTuple):
    """Episodes side by side, `[moments, episodes]`.

    Attributes:
        seen: position, velocity, angle, angular velocity, along a third axis.
        actions: True for a push to the right, False to the left.
        alive: 1 until the episode ends, then 0; its sum is the return.
    """

    seen: jax.Array
    actions: jax.Array
    alive: jax.Array


def push(cart: jax.Array, right: jax.Array) -> jax.Array:
    r"""The cart 0.02 s after a push of 10 N, by Euler's method.

    With the push $F$, the angle $\theta$ (from upright), masses $m_c = 1$, $m_p = 0.1$,
    half the pole's length $l = 0.5$ and $g = 9.8$:

    $$\ddot\theta = \frac{g \sin\theta - a \cos\theta}
    {l (4/3 - m_p \cos^2\theta / (m_c + m_p))}, \quad
    a = \frac{F + m_p l \dot\theta^2 \sin\theta}{m_c + m_p}, \quad
    \ddot x = a - \frac{m_p l \ddot\theta \cos\theta}{m_c + m_p}$$

    Args:
        cart: position, velocity, angle, angular velocity, along the last axis.
        right: whether it is pushed to the right.

    >>> [round(x, 4) for x in push(jnp.zeros(4), jnp.array(True)).tolist()]
    [0.0, 0.1951, 0.0, -0.2927]
    """
    _, speed, angle, turn = jnp.moveaxis(cart, -1, 0)
    force = jnp.where(right, 10.0, -10.0)
    sine, cosine = jnp.sin(angle), jnp.cos(angle)
    thrust = (force + 0.05 * turn**2 * sine) / 1.1
    twist = (9.8 * sine - thrust * cosine) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
    rates = jnp.stack([speed, thrust - 0.05 * twist * cosine / 1.1, turn, twist], axis=-1)
    return cart + 0.02 * rates


def has_failed(cart: jax.Array) -> jax.Array:
    """Whether the cart is beyond 2.4 m either way, or the pole beyond 12 degrees.

    >>> has_failed(jnp.array([[0.0, 0.0, 0.2, 0.0], [2.5, 0.0, 0.0, 0.0]])).tolist()
    [False, True]
    """
    return (jnp.abs(cart[..., 0]) > _MOST_POSITION) | (jnp.abs(cart[..., 2]) > _MOST_ANGLE)


def play(params: Any, key: jax.Array, num_episodes: int, max_steps: int) -> Played:
    """Episodes whose pushes are drawn from the policy.

    Args:
        params: weights of the policy, as `CartPole.init` makes them.
        key: of the starts, within 0.05 of rest and upright, and of the pushes.
        num_episodes: how many.
        max_steps: moments after which an episode ends that has not failed.
    """
    start, draw = jax.random.split(key)
    carts = jax.random.uniform(start, (num_episodes, 4), minval=-0.05, maxval=0.05)
    luck = jax.random.uniform(draw, (max_steps, num_episodes))

    def moment(carry, luck):
        carts, alive = carry
        actions = luck < jax.nn.sigmoid(policy(params, carts))
        after = push(carts, actions)
        stays = alive * ~has_failed(after)
        # What has failed stands still, so that nothing grows without bound.
        new = jnp.where(stays[:, None] > 0, after, carts)
        return (new, stays), Played(carts, actions, alive)

    return jax.lax.scan(moment, (carts, jnp.ones(num_episodes)), luck)[1]


def policy(params: Any, carts: jax.Array) -> jax.Array:
    """Logarithm of the odds of a push to the right."""
    return jnp.tanh(carts @ params["hidden"] + params["bias"]) @ params["out"]
