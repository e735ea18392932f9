"""A pole on a cart, and episodes of balancing it.

The physics of Barto, Sutton and Anderson, Neuronlike Adaptive Elements That Can Solve
Difficult Learning Control Problems, 1983, with the constants of Gym's CartPole.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Played(NamedTuple):
    """Episodes side by side, `[moments, episodes]`.

    Attributes:
        seen: position, velocity, angle, angular velocity; the last axis.
        actions: 1 to push right, 0 to push left.
        alive: 1 for moments before the end.
    """

    seen: jax.Array
    actions: jax.Array
    alive: jax.Array


def push(cart: jax.Array, right: jax.Array) -> jax.Array:
    """The cart 0.02 s after a push of 10 N, by Euler's method.

    A cart of 1 kg, a pole of 0.1 kg and half a metre to its middle, gravity of 9.8.
    """
    _, speed, angle, turn = jnp.moveaxis(cart, -1, 0)
    force = jnp.where(right, 10.0, -10.0)
    sine, cosine = jnp.sin(angle), jnp.cos(angle)
    inertia = (force + 0.05 * turn**2 * sine) / 1.1
    pull = 9.8 * sine - cosine * inertia
    twist = pull / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
    thrust = inertia - 0.05 * twist * cosine / 1.1
    rates = jnp.stack([speed, thrust, turn, twist], axis=-1)
    return cart + 0.02 * rates


def has_failed(cart: jax.Array) -> jax.Array:
    """Whether the cart is off its track, 2.4 m long each way, or the pole beyond 12°."""
    return (jnp.abs(cart[..., 0]) > 2.4) | (jnp.abs(cart[..., 2]) > 12 * jnp.pi / 180)


def play(params: Any, key: jax.Array, num_episodes: int, max_steps: int) -> Played:
    """Episodes with actions drawn from the policy."""
    start, draw = jax.random.split(key)
    carts = jax.random.uniform(start, (num_episodes, 4), minval=-0.05, maxval=0.05)
    luck = jax.random.uniform(draw, (max_steps, num_episodes))

    def moment(carry, luck):
        carts, alive = carry
        chance = jax.nn.softmax(policy(params, carts))[..., 1]
        right = luck < chance
        after = push(carts, right)
        seen = Played(carts, right.astype(jnp.int32), alive)
        stays = alive * (1 - has_failed(after))
        # Where it has failed it stands still, so that nothing grows.
        return (jnp.where(stays[:, None] > 0, after, carts), stays), seen

    return jax.lax.scan(moment, (carts, jnp.ones(num_episodes)), luck)[1]


def policy(params: Any, carts: jax.Array) -> jax.Array:
    """Logits of pushing left and right."""
    return jnp.tanh(carts @ params["hidden"] + params["bias"]) @ params["out"]
