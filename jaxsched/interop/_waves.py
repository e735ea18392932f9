"""So many cosines, up and down or down only, in so many steps."""

from collections.abc import Callable
from typing import Any

from jaxsched._core import AbstractSchedule, Constant, checks
from jaxsched.combinators import Join, Repeat
from jaxsched.curves import Cosine
from jaxsched.schedules import Transition

from . import _numbers as numbers


def wave(who: str, peak: Any, floor: Any, steps: Any, num_cycles: Any) -> AbstractSchedule:
    """Down to a floor and back: so many times in so many steps, and on for ever."""
    checks.number(who, num_cycles=num_cycles)

    def both_ways(half):
        down = Transition(peak, floor, half, Cosine())
        up = Transition(floor, peak, half, Cosine())
        return Repeat(Join([down, up], [half]), 2 * half)

    return _repeated(both_ways, 2, peak, steps, 2 * abs(num_cycles))


def falls(who: str, peak: Any, floor: Any, steps: Any, num_cycles: Any) -> AbstractSchedule:
    """Down to a floor: so many times in so many steps, and on for ever."""
    numbers.not_negative(who, num_cycles=num_cycles)

    def one_way(period):
        return Repeat(Transition(peak, floor, period, Cosine()), period)

    return _repeated(one_way, 1, peak, steps, num_cycles)


def _repeated(
    repeat: Callable[[Any], AbstractSchedule], ways: int, peak: Any, steps: Any, num: Any
) -> AbstractSchedule:
    """What `repeat` makes of the length of a way, of which there are `num` in the steps.

    With none it stays at the peak. After so many `ways` it comes back there.
    """
    if numbers.is_known_as(num, 0):
        return Constant(peak)
    length, share = numbers.rational(steps), numbers.rational(num)
    if not share:
        return repeat(steps / numbers.at_least(num, 1e-20))
    if not length:
        several = steps * share.denominator
        return repeat(several if share.numerator == 1 else several / share.numerator)
    way = length / share
    if way.denominator == 1:
        return repeat(way.numerator)
    # After so many steps it is at the peak again, exactly: a rounded length might miss a
    # restart that falls on a count, so it is used only until then.
    whole = ways * way.numerator
    cycles = repeat(float(way))
    return Repeat(cycles, whole) if whole < 2**31 else cycles
