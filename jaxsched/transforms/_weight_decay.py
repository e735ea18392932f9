"""Weight decay that has a schedule of its own."""

from typing import Any

import optax

from ._scheduled import as_node, scheduled


def decoupled_weight_decay(
    weight_decay: Any, mask: Any = None
) -> optax.GradientTransformationExtraArgs:
    r"""Weight decay that no learning rate scales.

    $$u \leftarrow u - \lambda(t) \, \theta$$

    Behind the learning rate, or behind a whole optimizer. `optax.adamw` multiplies its
    decay by the learning rate: with a rate of 0 it decays nothing, and every schedule of
    the rate is one of the decay. The paper's algorithm (line 12) has one schedule
    $\eta_t$ for both and a rate $\alpha$ for the step only: with its letters, schedule
    the rate as $\eta_t \alpha$, and this as $\lambda(t) = \eta_t \lambda$.

    Args:
        weight_decay: $\lambda$, the share of a parameter that an update takes away: a
            number, schedule or controller, a hyperparameter under this name.
        mask: which parameters decay, as in `optax.adamw`: booleans in the structure of the
            parameters, or a function from parameters to that; None for all.

    Raises:
        ValueError: if an update comes without parameters.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> shape = js.linear_schedule(1.0, 0.0, 10)
    >>> optimizer = optax.chain(
    ...     js.scheduled(optax.adam, learning_rate=1e-3 * shape),
    ...     decoupled_weight_decay(0.25 * shape),
    ... )
    >>> params = jnp.float32(4.0)
    >>> updates, state = optimizer.update(jnp.zeros(()), optimizer.init(params), params)
    >>> float(updates)
    -1.0

    Reference: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019,
    algorithm 2.
    """

    def factory(weight_decay: Any) -> optax.GradientTransformation:
        return optax.add_decayed_weights(-weight_decay, mask)

    return scheduled(factory, weight_decay=as_node(weight_decay))
