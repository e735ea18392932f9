"""The schedules of keras, which are functions of the count, and two of its callbacks.

A callback acts between epochs: its count is that of epochs.
"""

import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Constant,
    Real,
    Steps,
    as_schedule,
    checks,
)
from jaxsched.combinators import Hold, Join, Repeat, segments
from jaxsched.controllers import AbstractController, ReduceOnPlateau
from jaxsched.curves import Cosine, Linear, Polynomial
from jaxsched.recipes import cosine_restarts_schedule
from jaxsched.schedules import (
    ExponentialDecay,
    ExtendingTransition,
    InverseTimeDecay,
    NaturalExponentialDecay,
    PiecewiseConstant,
    Transition,
)

from . import _numbers as numbers

_MOST_CYCLES = 4_096
_RISING = ("acc", "accuracy", "auc", "correlation", "precision", "recall", "score")
_FALLING = ("crossentropy", "divergence", "error", "hinge", "loss", "mae", "mse")


def exponential_decay(
    initial_learning_rate: Real,
    decay_steps: Steps,
    decay_rate: Real,
    staircase: bool = False,
    name: str = "ExponentialDecay",
) -> AbstractSchedule:
    """`ExponentialDecay`, held for whole intervals as a staircase."""
    del name
    who = "ExponentialDecay"
    checks.positive_length(who, decay_steps=decay_steps)
    checks.number(who, decay_rate=decay_rate)
    interval = numbers.whole(decay_steps)
    if numbers.is_known_as(decay_rate, 0):
        return Join([initial_learning_rate, 0.0], [interval if staircase else 1])
    if staircase and numbers.is_known(decay_rate) and decay_rate < 0:
        turns = Repeat(PiecewiseConstant([interval], [1.0, -1.0]), 2 * interval)
        decay = _exponential(initial_learning_rate, -decay_rate, interval)
        return Hold(decay, interval) * turns
    decay = _exponential(initial_learning_rate, decay_rate, interval)
    return Hold(decay, interval) if staircase else decay


def _exponential(start: Any, rate: Any, interval: Any) -> AbstractSchedule:
    """By the logarithm, if it is known: a rate near 1, rounded, has lost its pace."""
    if numbers.is_known(rate) and numbers.is_known(interval) and rate > 0:
        return NaturalExponentialDecay(start, -math.log(rate) / interval)
    return ExponentialDecay(start, rate, interval)


def piecewise_constant_decay(
    boundaries: Any, values: Any, name: str = "PiecewiseConstant"
) -> AbstractSchedule:
    """`PiecewiseConstant`; the count of a boundary still has the value before it."""
    del name
    checks.matching(
        "PiecewiseConstantDecay",
        "values",
        len(values),
        "boundaries",
        len(boundaries),
        len(boundaries) + 1,
    )
    # A boundary becomes an integer, by leaving out its fraction.
    after = [numbers.trunc(boundary) + 1 for boundary in boundaries]
    return PiecewiseConstant([numbers.at_least(b, 0) for b in after], values)


def polynomial_decay(
    initial_learning_rate: Real,
    decay_steps: Steps,
    end_learning_rate: Real = 0.0001,
    power: Real = 1.0,
    cycle: bool = False,
    name: str = "PolynomialDecay",
) -> AbstractSchedule:
    """A `Transition`, or one whose end moves on whenever it is reached (`cycle`)."""
    del name
    who = "PolynomialDecay"
    checks.positive_length(who, decay_steps=decay_steps)
    numbers.not_negative(who, power=power)
    if numbers.is_known_as(power, 0):
        return Constant(initial_learning_rate)
    kind = ExtendingTransition if cycle else Transition
    curve: AbstractCurve = Linear() if numbers.is_known_as(power, 1) else Polynomial(power)
    return kind(initial_learning_rate, end_learning_rate, numbers.whole(decay_steps), curve)


def inverse_time_decay(
    initial_learning_rate: Real,
    decay_steps: Steps,
    decay_rate: Real,
    staircase: bool = False,
    name: str = "InverseTimeDecay",
) -> AbstractSchedule:
    """`InverseTimeDecay`, held for whole intervals as a staircase."""
    del name
    checks.positive_length("InverseTimeDecay", decay_steps=decay_steps)
    interval = numbers.whole(decay_steps)
    decay = InverseTimeDecay(initial_learning_rate, decay_rate, interval)
    return Hold(decay, interval) if staircase else decay


def cosine_decay(
    initial_learning_rate: Real,
    decay_steps: Steps,
    alpha: Real = 0.0,
    name: str = "CosineDecay",
    warmup_target: Real | None = None,
    warmup_steps: Steps = 0,
) -> AbstractSchedule:
    """Half a cosine; after a line to `warmup_target`, if there is one."""
    del name
    who = "CosineDecay"
    checks.positive_length(who, decay_steps=decay_steps)
    checks.number(who, initial_learning_rate=initial_learning_rate, alpha=alpha)
    if warmup_target is None:
        end = initial_learning_rate * alpha
        return Transition(initial_learning_rate, end, decay_steps, Cosine())
    checks.number(who, warmup_target=warmup_target)
    checks.length(who, warmup_steps=warmup_steps)
    warmup = Transition(initial_learning_rate, warmup_target, warmup_steps)
    decay = Transition(warmup_target, warmup_target * alpha, decay_steps, Cosine())
    return Join([warmup, decay], [warmup_steps])


def cosine_decay_restarts(
    initial_learning_rate: Real,
    first_decay_steps: Steps,
    t_mul: Real = 2.0,
    m_mul: Real = 1.0,
    alpha: Real = 0.0,
    name: str = "SGDRDecay",
) -> AbstractSchedule:
    """Cosines that restart; where they get shorter, the floor after the last one."""
    del name
    who = "CosineDecayRestarts"
    checks.positive_length(who, first_decay_steps=first_decay_steps)
    checks.number(who, initial_learning_rate=initial_learning_rate, alpha=alpha)
    numbers.not_negative(who, t_mul=t_mul, m_mul=m_mul)
    first, floor = numbers.whole(first_decay_steps), initial_learning_rate * alpha
    if numbers.is_known(t_mul) and t_mul < 1:
        falls = _shrinking(initial_learning_rate - floor, first, float(t_mul), m_mul)
        return Constant(floor) + falls
    return cosine_restarts_schedule(
        initial_learning_rate,
        floor,
        period_steps=first,
        period_growth=None if numbers.is_known_as(t_mul, 1) else numbers.whole(t_mul),
        peak_decay=None if numbers.is_known_as(m_mul, 1) else m_mul,
    )


def _shrinking(height: Any, first: Any, shrink: float, decay: Any) -> AbstractSchedule:
    """Cosines to 0, each as much shorter as lower than the one before, then 0.

    Up to the last that has a count of its own: all of them together have an end.
    """
    num = 1 if shrink == 0 else math.floor(_cycle_of_last_count(first, shrink)) + 2
    if num > _MOST_CYCLES:
        raise ValueError(
            f"CosineDecayRestarts(t_mul=...) must be 1, more, or small enough for at most "
            f"{_MOST_CYCLES} cycles, got {shrink}, which gives {num}. Lower it."
        )
    lengths = list(itertools.accumulate([first, *[shrink] * (num - 1)], lambda a, b: a * b))
    starts = list(itertools.accumulate(lengths[:-1]))
    pieces = [
        Transition(height * decay**i, 0.0, length, Cosine())
        for i, length in enumerate(lengths)
    ]
    return Join([segments(pieces, starts), 0.0], [first / (1 - shrink)])


def _cycle_of_last_count(first: Any, shrink: float) -> float:
    """Which of the cycles, counted from 0, the last count before their end falls into."""
    end = (float(first) if numbers.is_known(first) else 2.0**31) / (1 - shrink)
    left = end - (math.ceil(end * (1 - 1e-9)) - 1) if numbers.is_known(first) else 1e-3
    return math.log(left / end) / math.log(shrink)


def reduce_lr_on_plateau(
    base_lr: Real,
    monitor: str = "val_loss",
    factor: Real = 0.1,
    patience: Steps = 10,
    verbose: int = 0,
    mode: str = "auto",
    min_delta: Real = 1e-4,
    cooldown: Steps = 0,
    min_lr: Real = 0.0,
) -> AbstractController:
    """A constant times `ReduceOnPlateau`; keras counts patience and cooldown from 1."""
    del verbose
    who = "ReduceLROnPlateau"
    checks.positive(who, base_lr=base_lr)
    checks.number(who, factor=factor, min_delta=min_delta, min_lr=min_lr)
    checks.consistent(who, "factor < 1", factor < 1, f"factor={factor}", "Lower it.")
    controller = ReduceOnPlateau(
        factor=numbers.at_least(factor, 1e-30),  # at 0 it is cut to the floor at once
        patience=numbers.at_least(patience - 1, 0),
        rtol=0.0,
        atol=abs(min_delta),
        cooldown=numbers.at_least(cooldown - 1, 0),
        min_scale=numbers.at_least(min_lr, 0) / base_lr,
        mode=mode if mode in ("min", "max") else _direction(monitor),
    )
    return controller * base_lr


def _direction(monitor: str) -> str:
    """Where a metric is to go; keras asks the metrics of its model."""
    for mode, names in (("min", _FALLING), ("max", _RISING)):
        if any(monitor.endswith(name) for name in names):
            return mode
    raise ValueError(
        f"ReduceLROnPlateau(mode='auto') needs a metric that is known to rise or to fall, "
        f"got monitor={monitor!r}. Pass mode='min' or mode='max'."
    )


def learning_rate_scheduler(schedule: Any, verbose: int = 0) -> AbstractSchedule:
    """A function of the epoch as a schedule; one that takes the last rate too is none."""
    del verbose
    if callable(schedule) and not isinstance(schedule, AbstractSchedule):
        try:
            inspect.signature(schedule).bind(0, 0.0)
        except (TypeError, ValueError):
            return as_schedule(schedule)
        raise TypeError(
            f"LearningRateScheduler(schedule=...) must be a function of the epoch alone, "
            f"got {schedule!r}, which also takes the last rate. Write the rate as a "
            f"function of the epoch."
        )
    return as_schedule(schedule)


PORTS: dict[str, Callable[..., Any]] = {
    "CosineDecay": cosine_decay,
    "CosineDecayRestarts": cosine_decay_restarts,
    "ExponentialDecay": exponential_decay,
    "InverseTimeDecay": inverse_time_decay,
    "LearningRateScheduler": learning_rate_scheduler,
    "PiecewiseConstantDecay": piecewise_constant_decay,
    "PolynomialDecay": polynomial_decay,
    "ReduceLROnPlateau": reduce_lr_on_plateau,
}
