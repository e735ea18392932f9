"""Learning rates that decay from the last layer to the first."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax

from ._scheduled import as_node, scheduled


def layerwise(
    base: Any,
    decay: Any,
    depth_fn: Callable[[tuple[Any, ...], Any], Any],
    *,
    flip_sign: bool = True,
) -> optax.GradientTransformationExtraArgs:
    r"""Lower learning rates for lower layers, as fine-tuning wants them.

    $$u_i \leftarrow -b(t) \, d(t)^{\text{depth}(i)} \, u_i$$

    It takes the place of `optax.scale_by_learning_rate`, behind the preconditioner. `base`
    and `decay` are hyperparameters under these names, as in `scheduled`.

    Args:
        base: $b$, the rate at the top: a number, schedule or controller.
        decay: $d$, a factor for each layer further down.
        depth_fn: from the path of a parameter (keys as of `jax.tree_util`) and the
            parameter to the number of layers above it, an int: 0 for the head, 1 for the
            last layer under it. Of layers that are stacked in one array, an array of
            ints, such as `np.arange(12, 0, -1)[:, None, None]`.
        flip_sign: False for factors on the updates of a whole optimizer.

    Raises:
        TypeError: for a depth that is not an int.
        ValueError: for a negative depth, or an array of depths that does not fit the
            parameter; by `init`, with the path.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> params = {"head": jnp.ones(()), "layer_0": jnp.ones(()), "layer_1": jnp.ones(())}
    >>> def depth(path, leaf):
    ...     name = path[0].key
    ...     return 2 - int(name[-1]) if name.startswith("layer_") else 0
    >>> rate = layerwise(1.0, 0.5, depth)
    >>> updates, state = rate.update(params, rate.init(params))
    >>> {name: float(u) for name, u in updates.items()}
    {'head': -1.0, 'layer_0': -0.25, 'layer_1': -0.5}

    Reference: Howard and Ruder, Universal Language Model Fine-tuning for Text
    Classification, 2018; Clark et al., ELECTRA, 2020.
    """

    def factory(base: Any, decay: Any) -> optax.GradientTransformation:
        def init(params: Any) -> optax.EmptyState:
            jax.tree_util.tree_map_with_path(depth_of, params)
            return optax.EmptyState()

        def update(updates: Any, state: Any, params: Any = None) -> Any:
            def scaled(depth: Any, u: Any) -> Any:
                rate = base * decay**depth
                return -rate * u if flip_sign else rate * u

            seen = updates if params is None else params
            depths = jax.tree_util.tree_map_with_path(depth_of, seen)
            return jax.tree.map(scaled, depths, updates), state

        return optax.GradientTransformation(init, update)

    def depth_of(path: Any, leaf: Any) -> Any:
        return _checked(depth_fn(path, leaf), path, leaf)

    return scheduled(factory, base=as_node(base), decay=as_node(decay))


def _checked(depth: Any, path: Any, leaf: Any) -> Any:
    given, shape = np.asarray(depth), np.shape(leaf)
    who, where = "layerwise(depth_fn=...) must give", jax.tree_util.keystr(path)
    if given.dtype.kind not in "iu":
        raise TypeError(
            f"{who} an int, the number of layers above a parameter, got {depth!r} for "
            f"{where}."
        )
    if np.any(given < 0):
        raise ValueError(
            f"{who} 0 or more layers above a parameter, got {depth!r} for {where}. "
            f"The head has 0."
        )
    ends = zip(given.shape[::-1], shape[::-1], strict=False)
    if given.ndim > len(shape) or any(n not in (1, size) for n, size in ends):
        raise ValueError(
            f"{who} an int, or an array that broadcasts to the parameter, got shape "
            f"{given.shape} for {where} of shape {shape}."
        )
    return given if given.ndim else int(given)
