"""The schedulers of timm that go down in steps."""

import bisect
import math
from fractions import Fraction
from typing import Any

import numpy as np

from jaxsched._core import AbstractSchedule, Constant, Real, Steps, checks
from jaxsched.combinators import Advance, Hold, Join, Repeat
from jaxsched.schedules import PiecewiseConstant

from ._factors import decaying
from ._numbers import is_known_as, not_negative, whole
from ._timm_phases import Start, larger, refuse

_MOST_STAIRS = 100  # in one flight


def step_lr(
    base_lr: Real,
    decay_t: Steps,
    decay_rate: Real = 1.0,
    warmup_t: Steps = 0,
    warmup_lr_init: Real = 0.0,
    warmup_prefix: bool = True,
    t_in_epochs: bool = True,
    noise_range_t: Any = None,
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> AbstractSchedule:
    """Stairs, all of the same length and ratio."""
    start = Start("StepLRScheduler", base_lr, warmup_t, warmup_lr_init, warmup_prefix)
    refuse(start.who, noise_range_t, initialize)
    checks.positive_length(start.who, decay_t=decay_t)
    not_negative(start.who, decay_rate=decay_rate)
    known = checks.concrete(warmup_t)
    is_whole = not warmup_prefix or known is None or bool(known % 1 == 0)
    stairs = _stairs(base_lr, decay_t, decay_rate, is_whole)
    return start.then(stairs, is_at_base=True)


def multistep_lr(
    base_lr: Real,
    decay_t: Any,
    decay_rate: Real = 1.0,
    warmup_t: Steps = 0,
    warmup_lr_init: Real = 0.0,
    warmup_prefix: bool = True,
    t_in_epochs: bool = True,
    noise_range_t: Any = None,
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> AbstractSchedule:
    """Stairs at given counts, each taken a count early."""
    start = Start("MultiStepLRScheduler", base_lr, warmup_t, warmup_lr_init, warmup_prefix)
    refuse(start.who, noise_range_t, initialize)
    checks.number(start.who, decay_rate=decay_rate)
    for milestone in decay_t:
        checks.number(start.who, decay_t=milestone)
    points, over = _milestones(list(decay_t))
    known = all(checks.concrete(point) is not None for point in points)
    values = [1.0, *(decay_rate**num for num in over)]
    stairs = Constant(base_lr) * PiecewiseConstant(points, values)
    is_at_base = known and all(point > 1 for point in points)
    return start.then(Advance(stairs, 1), is_at_base)


def _stairs(base_lr: Any, length: Any, rate: Any, is_whole: bool) -> AbstractSchedule:
    """`base_lr * rate ** (t // length)`, for whole counts or for any.

    No float is 2.4, and what 12 // 2.4 is depends on how it was rounded. So stairs that
    make up a whole number, here five of them, are repeated together. timm divides the
    double exactly: one above its fraction, as 1.1 is, takes the stair at 11 at 12.
    """
    base = Constant(base_lr)
    if is_known_as(rate, 1):
        return base
    if is_known_as(rate, 0):
        return Join([base, 0.0], [length])
    decay, length = decaying(rate, length), whole(length)
    plain = base * Hold(decay, length)
    known = checks.concrete(length)
    if known is None or np.float32(known) == known:
        return plain
    exact = Fraction(float(known))
    near = exact.limit_denominator(_MOST_STAIRS)
    is_late, num = exact > near, near.denominator
    if abs(exact - near) > near / 10**12 or (is_late and not is_whole):
        return plain
    ends = [i * near for i in range(1, num)]
    ends = [math.floor(end) if is_late else float(end) for end in ends]
    flight = PiecewiseConstant(ends, [rate**i for i in range(num)])
    flights = Hold(decay, near.numerator) * Repeat(flight, near.numerator)
    return base * (Join([1.0, flights], [1]) if is_late else flights)


def _milestones(given: list[Any]) -> tuple[list[Any], list[int]]:
    """Milestones in order, and how many are over at each, as bisection finds them.

    It finds them in any list; only in one that is sorted are they those that are over.
    """
    known = [checks.concrete(milestone) for milestone in given]
    if any(milestone is None for milestone in known):
        return given, list(range(1, len(given) + 1))
    points = sorted({larger(milestone, 0) for milestone in given})
    return points, [bisect.bisect_right(given, point) for point in points]
