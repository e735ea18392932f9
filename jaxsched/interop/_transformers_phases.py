"""The schedules of transformers by the names of its functions: warmup, then a decay.

Each starts at 0 and is at the rate of the optimizer after its warmup. What follows is
measured from there, in lengths of at least 1.
"""

import itertools
from typing import Any

from jaxsched._core import AbstractSchedule, Constant, Real, Steps, checks
from jaxsched.combinators import Advance, Clip, Join
from jaxsched.curves import Cosine, Linear, Polynomial, SquareRoot
from jaxsched.schedules import InverseSqrtDecay, Transition

from . import _numbers as numbers
from ._factors import is_fresh
from ._waves import falls, wave

_TYPES = ("linear", "cosine", "1-sqrt")


def get_constant_schedule(base_lr: Real, last_epoch: int = -1) -> AbstractSchedule:
    """The constant."""
    is_fresh("get_constant_schedule", last_epoch)
    return Constant(base_lr)


def get_constant_schedule_with_warmup(
    base_lr: Real, num_warmup_steps: Steps, last_epoch: int = -1
) -> AbstractSchedule:
    """A line up, which stays where it arrives."""
    who = "get_constant_schedule_with_warmup"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps)
    return Transition(0.0, base_lr, num_warmup_steps)


def get_linear_schedule_with_warmup(
    base_lr: Real, num_warmup_steps: Steps, num_training_steps: Steps, last_epoch: int = -1
) -> AbstractSchedule:
    """A line up, and one down to 0 at the end of the run."""
    who = "get_linear_schedule_with_warmup"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps, num_training_steps=num_training_steps)
    left = num_training_steps - num_warmup_steps
    steps = numbers.at_least(left, 1)
    # A line longer than what is left of the run is joined in its middle.
    decay = _advanced(Transition(base_lr, 0.0, steps), steps - left)
    return _warm(base_lr, num_warmup_steps, decay)


def get_cosine_schedule_with_warmup(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    num_cycles: Real = 0.5,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line up, then waves, which go on after the end of the run."""
    who = "get_cosine_schedule_with_warmup"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps, num_training_steps=num_training_steps)
    steps = numbers.at_least(num_training_steps - num_warmup_steps, 1)
    waves = wave(who, base_lr, 0.0, steps, num_cycles)
    return _warm(base_lr, num_warmup_steps, waves)


def get_cosine_with_hard_restarts_schedule_with_warmup(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    num_cycles: Real = 1,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line up, so many cosines down, and 0 after the end of the run."""
    who = "get_cosine_with_hard_restarts_schedule_with_warmup"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps, num_training_steps=num_training_steps)
    steps = numbers.at_least(num_training_steps - num_warmup_steps, 1)
    cycles = falls(who, base_lr, 0.0, steps, num_cycles)
    pieces = [_rise(base_lr, num_warmup_steps), cycles, 0.0]
    return Join(pieces, _ends(num_warmup_steps, steps))


def get_polynomial_decay_schedule_with_warmup(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    lr_end: Real = 1e-7,
    power: Real = 1.0,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line up, then a polynomial down to the end of the run."""
    who = "get_polynomial_decay_schedule_with_warmup"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps, num_training_steps=num_training_steps)
    checks.number(who, lr_end=lr_end)
    numbers.not_negative(who, power=power)
    checks.consistent(
        who,
        "lr_end < base_lr",
        base_lr > lr_end,
        f"lr_end={lr_end} and base_lr={base_lr}",
        "Lower lr_end.",
    )
    if numbers.is_known_as(power, 0):
        # Nothing is lost on the way, and all of it one step after the end.
        steps = numbers.at_least(
            numbers.floor(num_training_steps) + 1 - num_warmup_steps, 0
        )
        ends = _ends(num_warmup_steps, steps)
        return Join([_rise(base_lr, num_warmup_steps), base_lr, lr_end], ends)
    steps = numbers.at_least(num_training_steps - num_warmup_steps, 0)
    curve = Linear() if numbers.is_known_as(power, 1) else Polynomial(power)
    decay = Transition(base_lr, lr_end, steps, curve)
    return _warm(base_lr, num_warmup_steps, decay)


def get_inverse_sqrt_schedule(
    base_lr: Real,
    num_warmup_steps: Steps,
    timescale: Steps | None = None,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line up, then a decay that begins as if `timescale` were over."""
    who = "get_inverse_sqrt_schedule"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps)
    otherwise = numbers.where(num_warmup_steps == 0, 10_000, num_warmup_steps)
    scale = otherwise if timescale is None else timescale
    checks.positive_length(who, timescale=scale)
    decay = Advance(InverseSqrtDecay(base_lr, scale), scale)
    return _warm(base_lr, num_warmup_steps, decay)


def get_cosine_with_min_lr_schedule_with_warmup(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    num_cycles: Real = 0.5,
    last_epoch: int = -1,
    min_lr: Real | None = None,
    min_lr_rate: Real | None = None,
) -> AbstractSchedule:
    """A line up from 0, then waves down to a floor, which go on after the end."""
    who = "get_cosine_with_min_lr_schedule_with_warmup"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps, num_training_steps=num_training_steps)
    floor = _floor(who, base_lr, min_lr, min_lr_rate)
    steps = numbers.at_least(num_training_steps - num_warmup_steps, 1)
    waves = _above_zero(wave(who, base_lr, floor, steps, num_cycles), floor)
    return _warm(base_lr, num_warmup_steps, waves)


def get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    num_cycles: Real = 0.5,
    last_epoch: int = -1,
    min_lr: Real | None = None,
    min_lr_rate: Real | None = None,
    warmup_lr_rate: Real | None = None,
) -> AbstractSchedule:
    """The same one step early; the last step of the warmup is at the full rate."""
    who = "get_cosine_with_min_lr_schedule_with_warmup_lr_rate"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps, num_training_steps=num_training_steps)
    floor = _floor(who, base_lr, min_lr, min_lr_rate)
    steps = numbers.at_least(num_training_steps - num_warmup_steps, 1)
    waves = _above_zero(wave(who, base_lr, floor, steps, num_cycles), floor)

    # Of a warmup of a fractional length, the last step is above the full rate.
    last = numbers.at_least(numbers.ceil(num_warmup_steps), 1)
    if warmup_lr_rate is None:
        share = last / numbers.at_least(num_warmup_steps, 1)
        rise = Advance(Transition(0.0, base_lr * share, last), 1)
    else:
        checks.number(who, warmup_lr_rate=warmup_lr_rate)
        last = numbers.at_least(last - 1, 1)
        share = last / numbers.at_least(num_warmup_steps - 1, 1)
        peak = base_lr * (warmup_lr_rate + (1 - warmup_lr_rate) * share)
        rise = Transition(base_lr * warmup_lr_rate, peak, last)
    return Join([rise, Advance(waves, 1)], [num_warmup_steps])


def get_wsd_schedule(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_decay_steps: Steps,
    num_training_steps: Steps | None = None,
    num_stable_steps: Steps | None = None,
    warmup_type: str = "linear",
    decay_type: str = "cosine",
    min_lr_ratio: Real = 0,
    num_cycles: Real = 0.5,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A curve up from the floor, a plateau, a curve down; then the floor."""
    who = "get_wsd_schedule"
    is_fresh(who, last_epoch)
    _check(who, base_lr, num_warmup_steps, num_decay_steps=num_decay_steps)
    checks.choice(who, choices=_TYPES, warmup_type=warmup_type, decay_type=decay_type)
    checks.number(who, min_lr_ratio=min_lr_ratio)
    stable = num_stable_steps
    if stable is None:
        if num_training_steps is None:
            raise ValueError(
                f"{who} needs num_training_steps or num_stable_steps, got neither. Give "
                f"one."
            )
        stable = num_training_steps - num_warmup_steps - num_decay_steps
    checks.number(who, num_stable_steps=stable)

    floor = base_lr * min_lr_ratio
    up = {"linear": Linear(), "cosine": Cosine(), "1-sqrt": Polynomial(0.5)}[warmup_type]
    rise = Transition(floor, base_lr, num_warmup_steps, up)
    steps = numbers.at_least(num_decay_steps, 1)
    if decay_type == "cosine" and not numbers.is_known_as(num_cycles, 0.5):
        decay = wave(who, base_lr, floor, steps, num_cycles)
    else:
        curves = {"linear": Linear(), "cosine": Cosine(), "1-sqrt": SquareRoot()}
        decay = Transition(base_lr, floor, steps, curves[decay_type])
    # With too little room for the plateau, the decay is joined in its middle.
    decay = _advanced(decay, numbers.at_least(-stable, 0))
    left = numbers.at_least(num_decay_steps + numbers.at_most(stable, 0), 0)
    ends = _ends(num_warmup_steps, numbers.at_least(stable, 0), left)
    pieces = [_above_zero(rise, floor), base_lr, _above_zero(decay, floor), floor]
    return Join(pieces, ends)


def _check(who: str, base_lr: Any, num_warmup_steps: Any, **lengths: Any) -> None:
    checks.number(who, base_lr=base_lr, **lengths)
    checks.length(who, num_warmup_steps=num_warmup_steps)


def _rise(base_lr: Any, num_warmup_steps: Any) -> AbstractSchedule:
    return Transition(0.0, base_lr, num_warmup_steps)


def _warm(base_lr: Any, num_warmup_steps: Any, decay: Any) -> AbstractSchedule:
    return Join([_rise(base_lr, num_warmup_steps), decay], [num_warmup_steps])


def _ends(*lengths: Any) -> list[Any]:
    return list(itertools.accumulate(lengths))


def _advanced(schedule: AbstractSchedule, steps: Any) -> AbstractSchedule:
    return schedule if numbers.is_known_as(steps, 0) else Advance(schedule, steps)


def _above_zero(schedule: AbstractSchedule, floor: Any) -> AbstractSchedule:
    known = checks.concrete(floor)
    never_below = known is not None and bool((known >= 0).all())
    return schedule if never_below else Clip(schedule, min_value=0.0)


def _floor(who: str, base_lr: Any, min_lr: Any, min_lr_rate: Any) -> Any:
    if (min_lr is None) == (min_lr_rate is None):
        raise ValueError(
            f"{who} needs one of min_lr and min_lr_rate, got min_lr={min_lr} and "
            f"min_lr_rate={min_lr_rate}. Give one."
        )
    if min_lr_rate is None:
        checks.number(who, min_lr=min_lr)
        return min_lr
    checks.number(who, min_lr_rate=min_lr_rate)
    return base_lr * min_lr_rate
