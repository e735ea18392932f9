"""A growing batch instead of a falling rate: as many examples in fewer updates."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import (
    AbstractSchedule,
    Real,
    ScheduleLike,
    Steps,
    as_schedule,
    checks,
    clock,
)
from jaxsched.combinators import Bundle
from jaxsched.schedules import PiecewiseConstant

_WHO = "seesaw"
_LOOKS = 1024  # counts at which a schedule is asked whether it rises


def seesaw(
    schedule: ScheduleLike,
    *,
    total_steps: Steps,
    num_cuts: int,
    factor: Real = 2.0,
    batch_size: Real = 1.0,
    rate_power: Real = 0.5,
) -> Bundle:
    r"""The plan that grows the batch where a schedule would cut the rate.

    The plain run is cut at the first counts $t_k$ with $s(t) \le \alpha^{-k} s(0)$. From
    its $k$-th cut on the new one has

    $$\eta = \alpha^{-k p} \, s(0), \qquad B = \alpha^k B_0$$

    and passes in $(t_{k+1} - t_k) / \alpha^k$ updates through the examples of
    $t_{k+1} - t_k$ plain ones. By theory both runs end at the same loss, up to a
    constant, as long as the noise of the gradients dominates, which is up to about the
    critical batch size. Many small cuts take $\frac{1}{s(0)} \int s$ of the updates:
    $2 / \pi$ for $\cos(\pi x / 2)$, half of them for the cosine that is used elsewhere.

    Its counts are those of the new run, rounded to whole updates. A warmup stays out: put
    `Warmup` in front of the rate and `Delay` in front of the batch.

    Args:
        schedule: $s$, a rate that never rises, above 0 at count 0; of at most $2^{24}$
            updates.
        total_steps: $T > 0$, updates of the plain run.
        num_cuts: $k$ at most. A Python integer. Those the schedule does not reach
            before its end have no length.
        factor: $\alpha > 1$.
        batch_size: $B_0 > 0$.
        rate_power: $p$: 1/2 for Adam and whatever else normalizes gradients, 0 for SGD.

    Returns:
        A bundle of `learning_rate` and `batch_size`. The new run has `horizon()` updates;
        after them the rate is the plain run's last one, $s(T)$.

    Raises:
        ValueError: for a schedule that rises or starts at 0, and for a number outside
            its domain.

    >>> import jaxsched as js
    >>> rate = js.Transition(0.5, 0.0, 1_000)
    >>> plan = seesaw(rate, total_steps=1_000, num_cuts=2, batch_size=64, rate_power=0)
    >>> int(plan.horizon())
    688
    >>> [float(plan["batch_size"](count)) for count in (499, 500, 624, 625)]
    [64.0, 128.0, 128.0, 256.0]
    >>> [float(plan["learning_rate"](count)) for count in (0, 687, 688)]
    [0.5, 0.5, 0.0]

    Reference: Seesaw: accelerating training by balancing learning rate and batch size
    scheduling, 2025, arXiv:2510.14717; for SGD Smith et al., Don't Decay the Learning
    Rate, Increase the Batch Size, 2017, arXiv:1711.00489.
    """
    schedule = as_schedule(schedule)
    checks.size(_WHO, num_cuts=num_cuts)
    checks.positive(_WHO, total_steps=total_steps, factor=factor, batch_size=batch_size)
    checks.number(_WHO, rate_power=rate_power)
    checks.consistent(_WHO, "factor > 1", factor > 1, f"{factor}", "Take 2.")
    _check_falls(schedule, total_steps)
    growth = clock.as_float(factor) ** clock.as_float(jnp.arange(num_cuts + 1))
    first, last = schedule(0), schedule(total_steps)
    end = jnp.asarray(total_steps).astype(clock.int_dtype())
    cuts = _cuts(schedule, first / growth[1:], end)
    lengths = jnp.diff(cuts, prepend=0, append=end)
    ends = jnp.cumsum(clock.as_float(lengths) / growth)
    boundaries = jnp.round(ends).astype(clock.int_dtype())
    rates = jnp.append(first * growth ** -clock.as_float(rate_power), last)
    sizes = batch_size * growth
    return Bundle(
        {
            "learning_rate": PiecewiseConstant(boundaries, rates),
            "batch_size": PiecewiseConstant(boundaries[:-1], sizes),
        }
    )


def _cuts(schedule: AbstractSchedule, targets: jax.Array, end: jax.Array) -> jax.Array:
    """The first counts at which a falling schedule is at a value or below, or the end."""

    def halve(_, bounds):
        above, reached = bounds
        middle = above + (reached - above) // 2
        is_reached = schedule(middle) <= targets
        return jnp.where(is_reached, above, middle), jnp.where(is_reached, middle, reached)

    ends = jnp.full(targets.shape, end)
    return jax.lax.fori_loop(0, 32, halve, (jnp.zeros_like(ends), ends))[1]


def _check_falls(schedule: AbstractSchedule, total_steps: Any) -> None:
    shares = clock.as_float(jnp.arange(_LOOKS + 1)) / _LOOKS
    counts = shares * clock.as_float(total_steps)
    values = schedule(counts)
    checks.consistent(
        _WHO,
        "a schedule above 0 at count 0",
        values[0] > 0,
        f"{schedule!r}",
        "Leave out its warmup.",
    )
    # A unit in the last place is no rise; NaN is no fall.
    falls = values[1:] <= values[:-1] * (1 + 8 * np.finfo(np.float32).eps)
    checks.consistent(
        _WHO,
        "a schedule that never rises",
        falls,
        f"{schedule!r}",
        "Leave out its warmup, or take the last of its cycles.",
    )
