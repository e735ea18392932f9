"""Warmups without a length of their own: it follows from Adam's decay rate.

They multiply a schedule, which keeps its clock, and count updates from 1.
"""

from jaxsched._core import AbstractSchedule, Real, ScheduleLike, as_schedule, checks
from jaxsched.combinators import Advance
from jaxsched.schedules import RAdamRectification, SaturatingGrowth, Transition


def untuned_linear_warmup_schedule(
    schedule: ScheduleLike, *, b2: Real = 0.999
) -> AbstractSchedule:
    r"""Any schedule times $\min(1, \tfrac{1 - \beta_2}{2} (t + 1))$.

    Args:
        schedule: what is warmed up.
        b2: $\beta_2$ in (0, 1), the decay rate of Adam's second moment.

    >>> schedule = untuned_linear_warmup_schedule(1.0, b2=0.999)
    >>> [round(float(schedule(count)), 6) for count in (0, 999, 5_000)]
    [0.0005, 0.5, 1.0]

    Reference: Ma and Yarats, On the Adequacy of Untuned Warmup for Adaptive Optimization,
    2021, arXiv:1910.04209.
    """
    missing = _missing("untuned_linear_warmup_schedule", b2)
    return as_schedule(schedule) * Advance(Transition(0.0, 1.0, 2 / missing), 1)


def untuned_exponential_warmup_schedule(
    schedule: ScheduleLike, *, b2: Real = 0.999
) -> AbstractSchedule:
    r"""Any schedule times $1 - e^{-(1 - \beta_2)(t + 1)}$.

    Args:
        schedule: what is warmed up.
        b2: $\beta_2$ in (0, 1), the decay rate of Adam's second moment.

    >>> schedule = untuned_exponential_warmup_schedule(1.0, b2=0.999)
    >>> [round(float(schedule(count)), 6) for count in (0, 999, 1_999)]
    [0.001, 0.632121, 0.864665]

    Reference: Ma and Yarats, On the Adequacy of Untuned Warmup for Adaptive Optimization,
    2021, arXiv:1910.04209.
    """
    missing = _missing("untuned_exponential_warmup_schedule", b2)
    return as_schedule(schedule) * Advance(SaturatingGrowth(1.0, missing), 1)


def radam_warmup_schedule(schedule: ScheduleLike, *, b2: Real = 0.999) -> AbstractSchedule:
    r"""Any schedule times RAdam's factor for the variance of the second moment.

    Args:
        schedule: what is warmed up.
        b2: $\beta_2$ in (0.6, 1), the decay rate of Adam's second moment.

    >>> schedule = radam_warmup_schedule(1.0, b2=0.999)
    >>> [round(float(schedule(count)), 3) for count in (0, 99, 9_999)]
    [0.0, 0.215, 1.0]

    Reference: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, 2020,
    arXiv:1908.03265.
    """
    return as_schedule(schedule) * RAdamRectification(b2)


def _missing(who: str, b2: Real) -> Real:
    checks.positive(who, b2=b2)
    checks.consistent(who, "b2 < 1", b2 < 1, f"b2={b2}", "Adam's is 0.999.")
    return 1 - b2
