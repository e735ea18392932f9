"""Schedules of other numbers than the rate: momentum, decay rates of averages."""

from jaxsched._core import AbstractSchedule, Real, Steps, checks
from jaxsched.combinators import Clip, Hold
from jaxsched.curves import Rex
from jaxsched.schedules import InverseTimeDecay, Transition


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
    checks.positive_length("ema_decay_schedule", offset_steps=offset_steps)
    gap = (offset_steps - 1) / offset_steps
    return Clip(1.0 - InverseTimeDecay(gap, 1.0, offset_steps), max_value=max_value)
