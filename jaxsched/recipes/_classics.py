"""The textbook's decays, each by its formula.

The clock is the count of updates. An epoch is a change of the clock: with
`Stretch(schedule, factor=steps_per_epoch)` every length of a schedule is in epochs.
"""

from jaxsched._core import AbstractCurve, AbstractSchedule, Real, Steps
from jaxsched.combinators import Hold
from jaxsched.curves import Linear
from jaxsched.schedules import (
    ExponentialDecay,
    InverseTimeDecay,
    NaturalExponentialDecay,
    PiecewiseConstant,
    PowerDecay,
    Transition,
)

from ._phases import end_of


def step_decay_schedule(
    init_value: Real, *, decay_rate: Real, interval_steps: Steps
) -> AbstractSchedule:
    r"""Drops by a factor every so often: step decay.

    $$s(t) = v_0 \, r^{\lfloor t / T \rfloor}$$

    Args:
        init_value: $v_0$.
        decay_rate: $r > 0$, the factor of each drop.
        interval_steps: $T > 0$, updates between drops.

    >>> schedule = step_decay_schedule(0.5, decay_rate=0.5, interval_steps=10)
    >>> [float(schedule(count)) for count in (9, 10, 20)]
    [0.5, 0.25, 0.125]

    With 100 updates an epoch, a drop every 10 epochs:

    >>> from jaxsched import Stretch
    >>> float(Stretch(schedule, factor=100)(1_000))
    0.25
    """
    return Hold(ExponentialDecay(init_value, decay_rate, interval_steps), interval_steps)


def multistep_schedule(
    init_value: Real, *, decay_rate: Real, boundaries: list[int]
) -> AbstractSchedule:
    r"""Drops by a factor at chosen counts.

    $$s(t) = v_0 \, r^{\#\{b_i \le t\}}$$

    Args:
        init_value: $v_0$.
        decay_rate: $r$, the factor of each drop.
        boundaries: $b_1 \le \dots \le b_n$, counts.

    >>> schedule = multistep_schedule(0.5, decay_rate=0.5, boundaries=[10, 30])
    >>> [float(schedule(count)) for count in (9, 10, 30)]
    [0.5, 0.25, 0.125]
    """
    values = [init_value * decay_rate**i for i in range(len(boundaries) + 1)]
    return PiecewiseConstant(boundaries, values)


def time_decay_schedule(init_value: Real, *, decay_rate: Real) -> AbstractSchedule:
    r"""Decays as one over the count: time-based decay, $s(t) = v_0 / (1 + k t)$.

    Args:
        init_value: $v_0$.
        decay_rate: $k \ge 0$, per update.

    >>> time_decay_schedule(1.0, decay_rate=0.5)(2)
    Array(0.5, dtype=float32)
    """
    return InverseTimeDecay(init_value, decay_rate)


def natural_exponential_decay_schedule(
    init_value: Real, *, decay_rate: Real
) -> AbstractSchedule:
    r"""Decays at a continuous rate: exponential decay as $s(t) = v_0 \, e^{-k t}$.

    The rate per interval is `exponential_decay(init_value, interval_steps, factor)`.

    Args:
        init_value: $v_0$.
        decay_rate: $k$, per update.

    >>> float(natural_exponential_decay_schedule(1.0, decay_rate=0.5)(2)) # 1 / e
    0.3678794503211975
    """
    return NaturalExponentialDecay(init_value, decay_rate)


def power_decay_schedule(
    init_value: Real, *, power: Real = 1.0, interval_steps: Steps
) -> AbstractSchedule:
    r"""Decays as a power of the count: power scheduling, $s(t) = v_0 / (1 + t/T)^p$.

    Args:
        init_value: $v_0$.
        power: $p \ge 0$.
        interval_steps: $T > 0$, in updates.

    >>> power_decay_schedule(1.0, power=2.0, interval_steps=10)(10)
    Array(0.25, dtype=float32)
    """
    return PowerDecay(init_value, power, interval_steps)


def decay_schedule(
    init_value: Real,
    end_value: Real | None = None,
    *,
    end_ratio: Real | None = None,
    decay_steps: Steps,
    curve: AbstractCurve = Linear(),
) -> AbstractSchedule:
    r"""From a value to another along any curve: linear, polynomial, cosine decay.

    Args:
        init_value: the value at count 0.
        end_value: the value at count `decay_steps` and after; 0 if not given.
        end_ratio: the same as a share of `init_value`; instead of `end_value`.
        decay_steps: length, in updates.
        curve: a shape from `jaxsched.curves`.

    >>> from jaxsched import curves
    >>> decay_schedule(1.0, decay_steps=4, curve=curves.Polynomial(power=2.0))(2)
    Array(0.25, dtype=float32)
    """
    end = end_of("decay_schedule", init_value, end_value, end_ratio)
    return Transition(init_value, end, decay_steps, curve)
