"""Descent on the numbers of a schedule, each times a factor that stays positive.

The logarithms of the factors are what is learnt. So a rate never changes its sign, a
zero stays zero, and a step means as much to a small number as to a large one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched._core import checks, clock
from jaxsched.recipes import cosine_decay_schedule

Where = Callable[[Any], Any]


class Trail(NamedTuple):
    """A descent, iteration by iteration, the start first.

    Attributes:
        logs: the logarithms of the factors.
        scores: what was to fall; infinite where it is no number.
        norms: of the gradient.
    """

    logs: list[jax.Array]
    scores: jax.Array
    norms: jax.Array


def chosen(who: str, schedule: Any, where: Where | None) -> tuple[int, ...]:
    """Which leaves are learnt: all real ones, or those that `where` takes out of it.

    Raises:
        ValueError: if there are none, or one is a whole number.
    """
    leaves, structure = jax.tree.flatten(schedule)
    is_real = [jnp.issubdtype(jnp.result_type(leaf), jnp.floating) for leaf in leaves]
    if where is None:
        places = [i for i, real in enumerate(is_real) if real]
    else:
        numbered = jax.tree.unflatten(structure, range(len(leaves)))
        places = sorted(set(jax.tree.leaves(where(numbered))))
    if not places or not all(is_real[i] for i in places):
        raise ValueError(
            f"{who} needs real numbers to learn, got "
            f"{[leaves[i] for i in places]!r} of {schedule!r}. Whole numbers are not "
            f"learnt; tabulate a function to learn its values."
        )
    return tuple(places)


def multiplied(schedule: Any, places: tuple[int, ...], logs: list[jax.Array]) -> Any:
    """The schedule with the leaves at these places times factors."""
    leaves, structure = jax.tree.flatten(schedule)
    for i, log in zip(places, logs, strict=True):
        leaves[i] = clock.strong(leaves[i]) * jnp.exp(log)
    return jax.tree.unflatten(structure, leaves)


def check_start(who: str, schedule: Any, places: tuple[int, ...], max_value: Any) -> None:
    """Requires a start that keeps to the bound of what is learnt."""
    leaves = jax.tree.leaves(schedule)
    for i in places:
        known = checks.concrete(leaves[i])
        if max_value is not None and known is not None:
            holds, given = np.all(known <= max_value), f"{known} and {max_value}"
            advice = "Lower the start, or choose what is learnt with where=."
            checks.consistent(who, "a start of at most max_value", holds, given, advice)


def descend(
    slope: Callable[[list[jax.Array], jax.Array], tuple[jax.Array, Any]],
    schedule: Any,
    places: tuple[int, ...],
    max_value: Any,
    *,
    num_iterations: int,
    learning_rate: Any,
) -> Trail:
    """Adam on the logarithms, from 0 on, at a rate that falls to 0 as a cosine.

    Args:
        slope: the scores of logarithms at an iteration, and a gradient to follow.
        schedule: the start.
        places: what of it is learnt.
        max_value: bound of what is learnt, or None.
        num_iterations: of which the first one scores the start.
        learning_rate: the first change of a logarithm.
    """
    values = [clock.strong(jax.tree.leaves(schedule)[i]) for i in places]
    bounds = [_log_bound(value, max_value) for value in values]
    rate: Any = cosine_decay_schedule(learning_rate, num_iterations)
    optimizer = optax.adam(rate, b2=0.99)

    def iterate(carry, i):
        logs, state = carry
        scores, gradient = slope(logs, i)
        scores = jnp.where(jnp.isnan(scores), jnp.inf, scores)
        gradient = jax.tree.map(lambda g: jnp.where(jnp.isfinite(g), g, 0), gradient)
        updates, state = optimizer.update(gradient, state)
        new = jax.tree.map(jnp.minimum, optax.apply_updates(logs, updates), bounds)
        return (new, state), Trail(logs, scores, optax.tree.norm(gradient))

    start = jax.tree.map(jnp.zeros_like, values)
    carry = (start, optimizer.init(start))
    return jax.lax.scan(iterate, carry, jnp.arange(num_iterations + 1))[1]


def _log_bound(value: jax.Array, max_value: Any) -> jax.Array:
    if max_value is None:
        return jnp.full_like(value, jnp.inf)
    is_bounded = value > 0
    ratio = max_value / jnp.where(is_bounded, value, 1)
    return jnp.where(is_bounded, jnp.log(ratio), jnp.inf)
