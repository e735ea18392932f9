"""So many waves, or cycles, in so many steps."""

from collections.abc import Callable
from typing import Any

from jaxsched._core import AbstractSchedule, Constant, checks
from jaxsched.combinators import Join, Repeat
from jaxsched.curves import Cosine
from jaxsched.schedules import Transition

from . import _numbers as numbers


def wave(who: str, peak: Any, floor: Any, steps: Any, num_cycles: Any) -> AbstractSchedule:
    """Cosines from a peak to a floor and back: so many in so many steps, and for ever."""
    checks.number(who, num_cycles=num_cycles)

    def there_and_back(period):
        half = period // 2 if numbers.is_known_as(period % 2, 0) else period / 2
        down, up = (peak, floor), (floor, peak)
        return Join([Transition(*ends, half, Cosine()) for ends in (down, up)], [half])

    return cycles(there_and_back, peak, steps, abs(num_cycles))


def cycles(
    one: Callable[[Any], AbstractSchedule], peak: Any, steps: Any, num_cycles: Any
) -> AbstractSchedule:
    """Cycles that begin at a peak: so many in so many steps, and for ever.

    Args:
        one: gives one cycle for its length.
        peak: where it begins.
        steps: how long so many take.
        num_cycles: how many, need not be whole; with 0 it stays at the peak.
    """
    if numbers.is_known_as(num_cycles, 0):
        return Constant(peak)
    length, share = numbers.rational(steps), numbers.rational(num_cycles)
    if not (length and share):
        period = steps / numbers.at_least(num_cycles, 1e-20)
        return Repeat(one(period), period)
    exact = length / share
    whole = exact.numerator
    if exact.denominator == 1:
        return Repeat(one(whole), whole)
    several = Repeat(one(float(exact)), float(exact))
    # That many steps are again a whole number of cycles. A rounded length might miss the
    # start that falls on a count, so it is only used within them.
    return Repeat(several, whole) if whole < 2**31 else several
