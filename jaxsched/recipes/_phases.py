"""Schedules in phases: warmup before anything, stable, decay, and a spike in between."""

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Constant,
    Real,
    ScheduleLike,
    Steps,
    as_schedule,
    checks,
)
from jaxsched.combinators import Advance, Delay, Join, Warmup
from jaxsched.curves import Cosine, Geometric, Linear
from jaxsched.schedules import PiecewiseConstant, Transition


def constant_warmup_schedule(
    schedule: ScheduleLike, init_value: Real, *, warmup_steps: Steps
) -> AbstractSchedule:
    """A constant in front of any schedule, which then starts at its own count 0.

    Args:
        schedule: what comes after the warmup.
        init_value: the value of the warmup.
        warmup_steps: its length, in updates.

    >>> warm = constant_warmup_schedule(1.0, 0.25, warmup_steps=4)
    >>> [float(warm(count)) for count in (0, 3, 4)]
    [0.25, 0.25, 1.0]
    """
    return Join([init_value, schedule], [warmup_steps])


def warmup_schedule(
    schedule: ScheduleLike,
    init_value: Real = 0.0,
    *,
    warmup_steps: Steps,
    curve: AbstractCurve = Linear(),
) -> AbstractSchedule:
    """Any curve up to any schedule, which then starts at its own count 0.

    Args:
        schedule: what comes after the warmup.
        init_value: the value at count 0.
        warmup_steps: length of the warmup, in updates.
        curve: its shape: `Power(2.0)`, `Cosine()`, `Exponential(-5.0)` (saturating),
            `Geometric()`, `Polynomial(0.5)` ("1-sqrt"), `Logarithmic(...)`.

    >>> from jaxsched import curves
    >>> warm = warmup_schedule(1.0, warmup_steps=4, curve=curves.Power(2.0))
    >>> [float(warm(count)) for count in (0, 2, 4)]
    [0.0, 0.25, 1.0]
    """
    return Warmup(as_schedule(schedule), init_value, warmup_steps, curve)


def linear_warmup_schedule(
    schedule: ScheduleLike,
    init_value: Real = 0.0,
    *,
    warmup_steps: Steps,
    indexing: str = "t/W",
) -> AbstractSchedule:
    """A straight line up to any schedule, which then starts at its own count 0.

    The first update, at count 0, is wasted where the line starts at 0. So some let it
    start one update in: with `"(t+1)/W"` the last update of the warmup has the full
    value, with `"(t+1)/(W+1)"` the first one after it.

    Args:
        schedule: what comes after the warmup.
        init_value: the value at count 0, or one count before it.
        warmup_steps: length of the warmup, in updates.
        indexing: `"t/W"`, `"(t+1)/W"` or `"(t+1)/(W+1)"`: the share of the way that is
            done at count $t < W$.

    >>> warm = linear_warmup_schedule(Constant(1.0), warmup_steps=4)
    >>> [float(warm(count)) for count in (0, 1, 4)]
    [0.0, 0.25, 1.0]
    >>> warm = linear_warmup_schedule(Constant(1.0), warmup_steps=4, indexing="(t+1)/W")
    >>> [float(warm(count)) for count in (0, 1, 3, 4)]
    [0.25, 0.5, 1.0, 1.0]
    """
    who, known = "linear_warmup_schedule", ("t/W", "(t+1)/W", "(t+1)/(W+1)")
    checks.choice(who, choices=known, indexing=indexing)
    if indexing == "t/W":
        return warmup_schedule(schedule, init_value, warmup_steps=warmup_steps)
    if indexing == "(t+1)/(W+1)":
        late = warmup_schedule(schedule, init_value, warmup_steps=warmup_steps + 1)
    else:
        waiting = Delay(as_schedule(schedule), 1)
        late = warmup_schedule(waiting, init_value, warmup_steps=warmup_steps)
    return Advance(late, 1)


def exponential_warmup_schedule(
    schedule: ScheduleLike, init_value: Real, *, warmup_steps: Steps
) -> AbstractSchedule:
    r"""Growth by equal factors up to any schedule: $v_0 (c(0) / v_0)^{t / T}$.

    Args:
        schedule: $c$, what comes after the warmup; positive at its count 0.
        init_value: $v_0 > 0$, at count 0.
        warmup_steps: $T$, in updates.

    >>> warm = exponential_warmup_schedule(1.0, 0.25, warmup_steps=2)
    >>> [float(warm(count)) for count in (0, 1, 2)]
    [0.25, 0.5, 1.0]
    """
    schedule = as_schedule(schedule)
    checks.positive("exponential_warmup_schedule", init_value=init_value)
    if not checks.has_units(schedule):
        peak = schedule(0)
        checks.consistent(
            "exponential_warmup_schedule",
            "a schedule that starts above 0",
            peak > 0,
            f"{peak} at count 0",
            "Use linear_warmup_schedule.",
        )
    return Warmup(schedule, init_value, warmup_steps, Geometric())


def warmup_decay_schedule(
    init_value: Real,
    peak_value: Real,
    end_value: Real | None = None,
    *,
    end_ratio: Real | None = None,
    warmup_steps: Steps,
    decay_steps: Steps,
    curve: AbstractCurve = Cosine(),
) -> AbstractSchedule:
    """A line up, then down along any curve.

    Args:
        init_value: the value at count 0.
        peak_value: the value at count `warmup_steps`.
        end_value: the value at count `warmup_steps + decay_steps` and after; 0 if not
            given.
        end_ratio: the same as a share of the peak; instead of `end_value`.
        warmup_steps: length of the warmup, in updates.
        decay_steps: length of the decay alone, in updates.
        curve: the shape of the decay.

    >>> schedule = warmup_decay_schedule(0.0, 1.0, warmup_steps=4, decay_steps=4)
    >>> [round(float(schedule(count)), 6) for count in (0, 1, 4, 6, 8)]
    [0.0, 0.25, 1.0, 0.5, 0.0]
    """
    end = end_of("warmup_decay_schedule", peak_value, end_value, end_ratio)
    decay = Transition(peak_value, end, decay_steps, curve)
    return Join([Transition(init_value, peak_value, warmup_steps), decay], [warmup_steps])


def warmup_stable_decay_schedule(
    init_value: Real,
    peak_value: Real,
    end_value: Real | None = None,
    *,
    end_ratio: Real | None = None,
    warmup_steps: Steps,
    stable_steps: Steps,
    decay_steps: Steps,
    curve: AbstractCurve = Linear(),
) -> AbstractSchedule:
    """A line up, a plateau, and a cooldown along any curve: WSD, or trapezoid.

    Args:
        init_value: the value at count 0.
        peak_value: the value of the plateau.
        end_value: the value at the end and after; 0 if not given.
        end_ratio: the same as a share of the peak; instead of `end_value`.
        warmup_steps: length of the warmup, in updates.
        stable_steps: length of the plateau, in updates.
        decay_steps: length of the cooldown, in updates.
        curve: the shape of the cooldown; `SquareRoot()` is the "1-sqrt" one.

    >>> schedule = warmup_stable_decay_schedule(
    ...     0.0, 1.0, warmup_steps=2, stable_steps=4, decay_steps=2
    ... )
    >>> [float(schedule(count)) for count in (0, 1, 2, 6, 7, 8)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]

    Reference: Hu et al., MiniCPM, 2024, arXiv:2404.06395; Hägele et al., 2024,
    arXiv:2405.18392.
    """
    end = end_of("warmup_stable_decay_schedule", peak_value, end_value, end_ratio)
    phases = [
        Transition(init_value, peak_value, warmup_steps),
        Constant(peak_value),
        Transition(peak_value, end, decay_steps, curve),
    ]
    return Join(phases, [warmup_steps, warmup_steps + stable_steps])


def spike_schedule(
    schedule: ScheduleLike, factor: Real, *, spike_begin: Steps, spike_steps: Steps
) -> AbstractSchedule:
    """Any schedule, multiplied for a while; before and after it is untouched.

    Args:
        schedule: what the spike rides on.
        factor: on the value, during the spike.
        spike_begin: first count of the spike.
        spike_steps: its length, in updates.

    >>> schedule = spike_schedule(0.5, 4.0, spike_begin=10, spike_steps=2)
    >>> [float(schedule(count)) for count in (9, 10, 11, 12)]
    [0.5, 2.0, 2.0, 0.5]
    """
    checks.length("spike_schedule", spike_begin=spike_begin, spike_steps=spike_steps)
    boundaries = [spike_begin, spike_begin + spike_steps]
    return as_schedule(schedule) * PiecewiseConstant(boundaries, [1.0, factor, 1.0])


def end_of(
    who: str, peak_value: Real, end_value: Real | None, end_ratio: Real | None
) -> Real:
    """The end, given as a value or as a share of the peak; 0 if as neither."""
    if end_ratio is None:
        return 0.0 if end_value is None else end_value
    checks.number(who, end_ratio=end_ratio)
    if end_value is not None:
        raise ValueError(
            f"{who} takes one of end_value and end_ratio, got end_value={end_value} and "
            f"end_ratio={end_ratio}. Leave one out."
        )
    return peak_value * end_ratio
