"""What the parameters would be had the learning rate decayed, beside those that train."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ._found import found
from ._scheduled import as_node, scheduled


class AveragerState(NamedTuple):
    """State of `averager`; `averaged_params` reads it.

    Attributes:
        average: in the structure of the parameters, in float32 or wider.
    """

    average: Any


def averager(cooling: Any) -> optax.GradientTransformationExtraArgs:
    r"""Keeps a copy of the parameters that takes a smaller share of every update.

    $$\bar\theta_{t+1} = \bar\theta_t + w(t) \, (\theta_{t+1} - \theta_t)$$

    The copy is an average of all $\theta_j$, with the weights that
    `analysis.averaging_weights` gives for $w$. Of SGD with gradients that stay what they
    are it is exactly the run at rates $w(t)$ times as high; of a real training it is
    close to what a decay would give, and can be read while the rate stays high.

    Put it last in a chain, behind all that changes updates. It passes them on. `cooling`
    is a hyperparameter under this name, as in `scheduled`. Beside its own copy, in
    the parameters' type or float32 if that is wider, it keeps nothing.

    Args:
        cooling: $w$, the share of an update, from 1 on down: a number, schedule or
            controller. While it is 1, the copy is the parameters.

    >>> import jaxsched as js
    >>> cooling = js.linear_schedule(1.0, 0.0, 4)
    >>> optimizer = optax.chain(optax.sgd(0.5), averager(cooling))
    >>> params = jnp.float32(0.0)
    >>> state = optimizer.init(params)
    >>> for _ in range(4):
    ...     updates, state = optimizer.update(jnp.float32(1.0), state, params)
    ...     params = optax.apply_updates(params, updates)
    >>> float(params), float(averaged_params(state))
    (-2.0, -1.25)

    Reference: WSM: decay-free learning rate schedule via checkpoint merging, 2025,
    arXiv:2507.17634.
    """

    def factory(cooling: Any) -> optax.GradientTransformation:
        def init(params: Any) -> AveragerState:
            return AveragerState(jax.tree.map(_wide, params))

        def update(updates: Any, state: Any, params: Any = None) -> Any:
            del params
            average = jax.tree.map(lambda a, u: a + cooling * u, state.average, updates)
            return updates, AveragerState(average)

        return optax.GradientTransformation(init, update)

    return scheduled(factory, cooling=as_node(cooling))


def averaged_params(state: Any) -> Any:
    """The copy that `averager` keeps, at any depth of a state.

    Args:
        state: as for `hyperparams`, with one `averager` in it; of many lanes too.

    Returns:
        In the structure of the parameters, in float32 or wider.

    Raises:
        ValueError: if there is no averager in it, or several.

    >>> state = averager(1.0).init({"w": jnp.ones(2)})
    >>> averaged_params(state)
    {'w': Array([1., 1.], dtype=float32)}
    """
    states = list(found(state, AveragerState))
    if len(states) != 1:
        raise ValueError(
            f"averaged_params(state) needs a state with one averager in it, got "
            f"{type(state).__name__} with {len(states)}. Build it with "
            f"chain(..., averager(cooling)), or pass the part that has it."
        )
    return states[0].average


def _wide(leaf: Any) -> jax.Array:
    """A copy of its own, so that a step may donate the parameters."""
    return jnp.array(leaf, jnp.promote_types(jnp.result_type(leaf), jnp.float32), copy=True)
