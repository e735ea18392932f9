"""A tuned rate carried to another schedule, by what theory says of both."""

import types
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import Real, ScheduleLike, checks

from ._bound import optimal_rate

CORRECTIONS = types.MappingProxyType({"horizon": 0.5, "cooldown": 0.77})
"""Measured exponents for `transfer`, by what changes: see there."""


def transfer(
    rate: Real,
    old: ScheduleLike,
    new: ScheduleLike,
    *,
    old_steps: int,
    new_steps: int | None = None,
    gradient_norms: Any = 1.0,
    correction: Real = 1.0,
) -> jax.Array:
    r"""The base rate for another shape, horizon or cooldown, from one that is tuned.

    $$\gamma_\text{new} = \gamma_\text{tuned}
      \left(\frac{\gamma_*(\text{new})}{\gamma_*(\text{old})}\right)^{\! c}$$

    with the rates $\gamma_*$ that make the last-iterate bound least, of which distance and
    size of gradients cancel. The rate is the factor on a schedule: that on `new` makes up
    for peaks that differ.

    **Directions are right, sizes are too large.** In the published logs of language models
    of 124 million parameters every shift has the sign of the prediction. From 15 to 50
    thousand updates, though, the optimum falls as $T^{-0.24}$ to $T^{-0.27}$ where the
    bound says $T^{-0.5}$: about `CORRECTIONS["horizon"]` of it, on a scale of logarithms.
    Cooldowns of 10% to 90% of a run against the longest: the optimum shifts by a factor of
    2.05 to 1.03, where the bound says 2.16 to 1.09, a fit of all six being
    `CORRECTIONS["cooldown"]`. One seed, and rates on a grid of factors of 2: take these as
    a first guess, and sweep around it. Where both change, transfer twice.

    Args:
        rate: $\gamma_\text{tuned}$, the best factor on `old`, above 0.
        old: the shape that it was tuned on; a schedule, number or function of the count.
        new: the shape to move to.
        old_steps: updates of the run that it was tuned on.
        new_steps: updates of the run to come; as many by default.
        gradient_norms: a number or a function of the count, the same for both.
        correction: $c$, 1 for what the bound says, 0 for no change.

    >>> import jaxsched as js
    >>> linear = js.Transition(1.0, 0.0, 400)
    >>> round(float(transfer(0.1, js.Constant(1.0), linear, old_steps=400)), 3)
    0.273
    >>> longer, options = js.Transition(1.0, 0.0, 1600), {"old_steps": 400}
    >>> for c in (1.0, CORRECTIONS["horizon"]):
    ...     found = transfer(0.1, linear, longer, new_steps=1600, correction=c, **options)
    ...     print(round(float(found), 3))
    0.05
    0.071

    Source: Schaipp et al., 2025, arXiv:2501.18965, and the logs published with it.
    """
    checks.positive("transfer", rate=rate)
    checks.number("transfer", correction=correction)
    new_steps = old_steps if new_steps is None else new_steps
    checks.size("transfer", old_steps=old_steps, new_steps=new_steps)
    before = optimal_rate(old, old_steps, gradient_norms=gradient_norms)
    after = optimal_rate(new, new_steps, gradient_norms=gradient_norms)
    ratio = after / before
    known = (ratio > 0) & (ratio < float("inf"))
    advice = "A schedule that is 0 throughout has no best rate."
    checks.consistent("transfer", "optimal rates above 0", known, f"{ratio}", advice)
    return jnp.asarray(rate * ratio**correction)
