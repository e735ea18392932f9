"""Warmups and cycles as timm has them, and the arguments that all its schedulers share."""

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractSchedule, Constant, checks
from jaxsched.combinators import Advance, Join, Repeat, Warmup, segments
from jaxsched.curves import Linear
from jaxsched.schedules import Transition

from ._numbers import is_known_as, not_negative, whole


class Start(NamedTuple):
    """A warmup in a straight line, and the optimizer's own rate where there is none."""

    who: str
    base_lr: Any
    warmup_t: Any
    warmup_lr_init: Any
    warmup_prefix: Any = True

    def then(
        self, curve: AbstractSchedule, is_at_base: bool, meets: bool = False
    ) -> AbstractSchedule:
        """The warmup before a curve or, without prefix, in place of its first counts.

        `is_at_base` says that the curve starts at the optimizer's own rate; `meets` that a
        warmup without prefix ends on the curve, not at that rate.
        """
        steps, first = self.warmup_t, self.warmup_lr_init
        checks.length(self.who, warmup_t=steps)
        checks.number(self.who, base_lr=self.base_lr, warmup_lr_init=first)
        if is_known_as(steps, 0):
            return curve if is_at_base else Join([self.base_lr, Advance(curve, 1)], [1])
        up = Transition(first, self.base_lr, steps)
        rest = curve if self.warmup_prefix else Advance(curve, steps)
        if meets and not self.warmup_prefix:
            warm: AbstractSchedule = Warmup(rest, first, steps, Linear())
        else:
            warm = Join([up, rest], [steps])
        if is_at_base or checks.concrete(steps) is not None:
            return warm
        # A traced length may be 0; the line is at the optimizer's rate then.
        return Join([up, Advance(warm, 1)], [1])


class Cycles(NamedTuple):
    """So many cycles, each longer and lower than the one before, then the floor.

    timm finds the cycle by a logarithm, which can be a count late; this one counts.
    A traced growth is taken to be 1 or more.
    """

    t_initial: Any
    lr_min: Any
    cycle_mul: Any
    cycle_decay: Any
    cycle_limit: Any

    def check(self, who: str) -> None:
        """Requires numbers that cycles can be made of."""
        checks.positive_length(who, t_initial=self.t_initial)
        checks.positive(who, cycle_mul=self.cycle_mul)
        not_negative(who, lr_min=self.lr_min, cycle_decay=self.cycle_decay)
        checks.number(who, cycle_limit=self.cycle_limit)

    def is_any(self) -> bool:
        """Whether there certainly is a cycle."""
        limit = checks.concrete(self.cycle_limit)
        return limit is not None and bool(limit > 0)

    def of(self, peak: Any, cycle: Callable[..., AbstractSchedule]) -> AbstractSchedule:
        """Cycles of the shape `cycle(start, end, steps)`, which stays at its end."""
        length, growth, floor = whole(self.t_initial), whole(self.cycle_mul), self.lr_min
        limit, known_growth = _rounded_up(self.cycle_limit), checks.concrete(growth)
        if checks.concrete(limit) is not None and not self.is_any():
            return Constant(floor)
        if is_known_as(limit, 1):
            return cycle(peak, floor, length)
        end = _end(length, growth, limit)
        if known_growth is not None and known_growth < 1:
            return Join([self._shrinking(peak, cycle, limit), floor], [end])

        def repeat(start, end, decay=1.0):
            period_growth = None if is_known_as(growth, 1) else growth
            return Repeat(cycle(start, end, length), length, period_growth, decay)

        if is_known_as(self.cycle_decay, 1):
            many: AbstractSchedule = repeat(peak, floor)
        else:
            many = repeat(peak, 0.0, self.cycle_decay)
            many = many if is_known_as(floor, 0) else many + repeat(0.0, floor)
        known_end = checks.concrete(end)
        is_endless = known_end is not None and known_end >= 2**31
        return many if is_endless else Join([many, floor], [end])

    def _shrinking(self, peak: Any, cycle: Any, limit: Any) -> AbstractSchedule:
        # From here on a cycle lasts less than a billionth of the first one.
        num = 1 + math.ceil(math.log(1e-9) / math.log(self.cycle_mul))
        num = num if checks.concrete(limit) is None else min(limit, num)
        lengths = [self.t_initial * self.cycle_mul**i for i in range(num)]
        pieces = [
            cycle(peak * self.cycle_decay**i, self.lr_min, length)
            for i, length in enumerate(lengths)
        ]
        return segments(pieces, list(itertools.accumulate(lengths))[:-1])


def larger(a: Any, b: Any) -> Any:
    """The larger of two numbers, a Python number of two of them."""
    known = checks.concrete(a) is not None and checks.concrete(b) is not None
    return max(a, b) if known else jnp.maximum(a, b)


def refuse(who: str, noise_range_t: Any, initialize: bool) -> None:
    """Refuses what is not a matter of the schedule."""
    if noise_range_t is not None:
        raise ValueError(
            f"{who}(noise_range_t=...) must be None, got {noise_range_t!r}: timm's noise "
            f"comes from torch's generator. Use jaxsched.NormalNoise."
        )
    if not initialize:
        raise ValueError(
            f"{who}(initialize=...) must be True, got {initialize!r}: no optimizer is here "
            f"that has an initial_lr. Pass that as base_lr."
        )


def _rounded_up(limit: Any) -> Any:
    known = checks.concrete(limit)
    if known is None:
        return jnp.ceil(limit)
    return math.ceil(known) if np.isfinite(known) else math.inf


def _end(length: Any, growth: Any, limit: Any) -> Any:
    """The count at which the last cycle is over."""
    if is_known_as(growth, 1):
        return length * limit
    known = all(checks.concrete(x) is not None for x in (length, growth, limit))
    lib: Any = np if known else jnp
    even = growth == 1
    over = lib.expm1(lib.minimum(limit * lib.log(growth), 60.0))
    end = length * lib.where(even, limit, over / lib.where(even, 1, growth - 1))
    # Rounded over a whole number, it would show the peak of one cycle too many.
    nearest, digits = lib.round(end), 1e-9 if known else 1e-6
    end = lib.where(abs(end - nearest) < digits * end, nearest, end)
    return end if not known else int(end) if end % 1 == 0 else float(end)
