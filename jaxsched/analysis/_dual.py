"""The final weights of AdamW as an average of its updates."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import ScheduleLike, checks

from ._queries import values
from ._sums import tail_sums


class DualCoefficients(NamedTuple):
    r"""The shares of a run in its final weights, which add up to 1.

    Attributes:
        updates: $c_i$ of each update, `[num_steps]`.
        initial: $r$, of the weights at the start.
    """

    updates: jax.Array
    initial: jax.Array


def dual_coefficients(
    learning_rate: ScheduleLike, weight_decay: ScheduleLike, num_steps: int
) -> DualCoefficients:
    r"""How much of each update, and of the start, is in the final weights of AdamW.

    $$\theta_T = r \, \theta_0 + \sum_i c_i u_i, \qquad
    c_i = a_i \prod_{j > i} (1 - a_j), \quad r = \prod_j (1 - a_j), \quad
    a_i = \eta_i \lambda_i$$

    where $u_i$ is minus the direction of Adam by $\lambda_i$: an update is
    $a_i (u_i - \theta_i)$. So they show which part of a run a schedule makes the weights
    remember, and hold for any gradients. They cost a sum over the run, and can be
    differentiated and batched.

    Args:
        learning_rate: $\eta$, a schedule, number or function of the count.
        weight_decay: $\lambda$, likewise, as in `optax.adamw`. While it is 0, the
            updates have no share: they are in no average.
        num_steps: updates, at least 1.

    Returns:
        Shares in float32, or float64 under x64. Traced, where a product is 1 or more,
        they are NaN.

    Raises:
        ValueError: unless $0 \le \eta_i \lambda_i < 1$ at each update.

    >>> shares = dual_coefficients(0.5, 0.2, 5)
    >>> [round(float(c), 5) for c in shares.updates]
    [0.06561, 0.0729, 0.081, 0.09, 0.1]
    >>> round(float(shares.initial), 5)
    0.59049

    Reference: Bergsma et al., Straight to Zero: Why Linearly Decaying the Learning Rate to
    Zero Works Best for LLMs, 2025, arXiv:2502.15938.
    """
    rates, decays = (values(s, num_steps) for s in (learning_rate, weight_decay))
    shares = rates * decays
    fits = (shares >= 0) & (shares < 1)
    checks.consistent(
        "dual_coefficients",
        "0 <= learning_rate * weight_decay < 1",
        fits,
        f"{jnp.min(shares)} to {jnp.max(shares)}",
        "Lower the one or the other.",
    )
    # Of logarithms: a product of a million factors would add up its roundings.
    kept = tail_sums(jnp.log1p(-jnp.where(fits, shares, jnp.nan)))
    later = jnp.append(kept[1:], 0)
    return DualCoefficients(shares * jnp.exp(later), jnp.exp(kept[0]))
