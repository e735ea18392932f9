"""Schedules of other numbers than the rate: momentum, decay rates of averages."""

import math
from typing import Any

import jax.numpy as jnp

from jaxsched._core import (
    AbstractSchedule,
    Real,
    ScheduleLike,
    Steps,
    as_schedule,
    checks,
)
from jaxsched.combinators import Clip, Hold, Remapped
from jaxsched.curves import Rex
from jaxsched.schedules import InverseTimeDecay, Transition

_MOST_UPDATES = 2**28  # a row of 1 GiB


def mirrored_momentum_schedule(
    rate: ScheduleLike,
    base_value: Real = 0.95,
    peak_value: Real = 0.85,
    *,
    base_rate: Real | None = None,
    peak_rate: Real | None = None,
    total_steps: int | None = None,
) -> AbstractSchedule:
    r"""The mirror image of a learning rate, whatever its shape: low where that is high.

    $$s(t) = (1 - w) \, m_{base} + w \, m_{peak}, \qquad
    w = \frac{\eta(t) - \eta_{base}}{\eta_{peak} - \eta_{base}}$$

    With $w$ between 0 and 1: it does not go beyond either value. Of one cycle that ends
    at the rate it starts from this is `onecycle_momentum_schedule`. For any hyperparameter
    that goes with the rate, or against it.

    Args:
        rate: $\eta$, a schedule, number or function of the count.
        base_value: the momentum at the base rate.
        peak_value: the momentum at the peak rate.
        base_rate: $\eta_{base}$; the lowest rate of the run if not given.
        peak_rate: $\eta_{peak}$ above that; the highest rate of the run if not given.
        total_steps: updates of the run, needed where a rate is not given and the
            schedule has no end, or is traced. A Python integer: every count is looked at.

    Raises:
        ValueError: if the rate never changes, or has no end and no `total_steps`.

    >>> import jaxsched as js
    >>> rate = js.Clip(js.InverseTimeDecay(0.5, 1.0), min_value=0.1)
    >>> momentum = mirrored_momentum_schedule(rate, 1.0, 0.5, total_steps=10)
    >>> [round(float(momentum(count)), 6) for count in (0, 1, 3, 4)]
    [0.5, 0.8125, 0.96875, 1.0]

    Reference: Smith, A Disciplined Approach to Neural Network Hyper-Parameters, 2018,
    arXiv:1803.09820.
    """
    rate = as_schedule(rate)
    low, high = base_rate, peak_rate
    if low is None or high is None:
        least, most = _extremes(rate, total_steps)
        low, high = least if low is None else low, most if high is None else high
    checks.number("mirrored_momentum_schedule", base_rate=low, peak_rate=high)
    checks.consistent(
        "mirrored_momentum_schedule",
        "base_rate < peak_rate",
        low < high,
        f"{low} and {high}",
        "A rate that never changes has no mirror image.",
    )
    return Remapped(rate, low, high, base_value, peak_value)


def sutskever_momentum_schedule(
    max_value: Real = 0.99, *, interval_steps: Steps = 250
) -> AbstractSchedule:
    r"""Momentum that grows in steps.

    $$s(t) = \min(1 - 2^{-1 - \log_2(\lfloor t / T \rfloor + 1)}, m)$$

    Args:
        max_value: $m$.
        interval_steps: $T$, in updates.

    >>> schedule = sutskever_momentum_schedule(0.99)
    >>> [float(schedule(count)) for count in (0, 249, 250, 750)]
    [0.5, 0.5, 0.75, 0.875]

    Reference: Sutskever et al., On the importance of initialization and momentum in deep
    learning, 2013.
    """
    missing = Hold(InverseTimeDecay(0.5, 1.0, interval_steps), interval_steps)
    return Clip(1.0 - missing, max_value=max_value)


def demon_schedule(init_value: Real = 0.9, *, total_steps: Steps) -> AbstractSchedule:
    r"""Decaying momentum: $\beta (1 - x) / ((1 - \beta) + \beta (1 - x))$, $x = t / T$.

    Args:
        init_value: $\beta$ in (0, 1), the momentum at count 0.
        total_steps: $T$, the count at which it is 0.

    >>> schedule = demon_schedule(0.9, total_steps=100)
    >>> [round(float(schedule(count)), 6) for count in (0, 50, 90, 100)]
    [0.9, 0.818182, 0.473684, 0.0]

    Reference: Chen et al., Demon: Improved Neural Network Training with Momentum Decay,
    2019, arXiv:1910.04952.
    """
    checks.positive("demon_schedule", init_value=init_value)
    return Transition(init_value, 0.0, total_steps, Rex(1 - init_value))


def ema_decay_schedule(
    max_value: Real = 0.9999, *, offset_steps: Steps = 10
) -> AbstractSchedule:
    r"""The decay rate of an average that starts short: $\min(m, (1 + t) / (c + t))$.

    Args:
        max_value: $m$, the decay rate in the long run.
        offset_steps: $c \ge 1$; at count 0 the rate is $1 / c$.

    >>> schedule = ema_decay_schedule(0.999, offset_steps=10)
    >>> [round(float(schedule(count)), 6) for count in (0, 8, 1_000_000)]
    [0.1, 0.5, 0.999]
    """
    checks.positive("ema_decay_schedule", offset_steps=offset_steps)
    checks.positive_length("ema_decay_schedule", offset_steps=offset_steps)
    gap = (offset_steps - 1) / offset_steps
    return Clip(1.0 - InverseTimeDecay(gap, 1.0, offset_steps), max_value=max_value)


def _extremes(rate: AbstractSchedule, total_steps: int | None) -> tuple[Any, Any]:
    """The lowest and the highest rate of a run, as Python numbers where they are known."""
    num = _num_updates(rate, total_steps)
    advice = "Give base_rate and peak_rate."
    who, what = "mirrored_momentum_schedule", f"at most {_MOST_UPDATES} updates to look at"
    checks.consistent(who, what, num <= _MOST_UPDATES, f"{num}", advice)
    rates = rate(jnp.arange(num + 1))
    found = jnp.min(rates), jnp.max(rates)
    are_known = checks.concrete(rates) is not None
    return (float(found[0]), float(found[1])) if are_known else found


def _num_updates(rate: AbstractSchedule, total_steps: int | None) -> int:
    if total_steps is not None:
        checks.size("mirrored_momentum_schedule", total_steps=total_steps)
        return total_steps
    known = checks.concrete(rate.horizon())
    end = math.inf if known is None else float(known)
    checks.consistent(
        "mirrored_momentum_schedule",
        "a rate with an end",
        end < math.inf,
        repr(rate),
        "Give total_steps, or base_rate and peak_rate.",
    )
    return math.ceil(end)
