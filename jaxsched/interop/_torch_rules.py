"""What a scheduler of torch does to a rate that is not its own alone.

Its schedulers change what they find in the optimizer. One sets the rate, one multiplies
it, one pulls it towards a value; alone each is a curve, several at once are a matter of
who acted last. A rule gives its curve in closed form in each of those places:

* `run(start, late)`: from a rate, alone. A scheduler first steps in its constructor. One
  inside a composite that is itself the first of a sequence steps once more, as if it
  were under way: that is `late`, the number of sequences around.
* `again(found, start)`: from a milestone on, where a sequence starts it.
* `act(rate, late)`: after another one that sets the rate at each count, in a chain.
* `in_force(factors, is_before, late)`: how much of the factors of another one, which
  acts before or after it in a chain, has not been overwritten.
"""

import dataclasses
import fractions
import math
from typing import Any

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Constant, as_schedule, checks
from jaxsched.combinators import Advance, Cooldown, Join, Repeat
from jaxsched.recipes import cosine_oscillation_schedule
from jaxsched.schedules import PiecewiseConstant, Transition

from ._factors import is_known
from ._torch_products import Factors, Since, no_closed_form


@dataclasses.dataclass(frozen=True)
class Sets:
    """Sets the rate, whatever it finds."""

    rate: AbstractSchedule
    base: Any = None
    first: Any = None  # what its constructor sets, if something else
    is_composite = False
    sets = True

    def run(self, start: Any, late: int) -> AbstractSchedule:
        return self.rate

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return self.rate

    def act(self, rate: AbstractSchedule, late: int) -> AbstractSchedule:
        if late or self.first is None:
            return self.rate
        return Join([self.first, Advance(self.rate, 1)], [1])

    def in_force(self, factors: Factors, is_before: bool, late: int) -> AbstractSchedule:
        return Constant(1.0) if is_before else factors.steps()


@dataclasses.dataclass(frozen=True)
class Multiplies:
    """Multiplies the rate, and starts from its base at a milestone (`restarts`)."""

    base: Any
    total: AbstractSchedule
    late: AbstractSchedule | None = None  # the total where it steps late, if another one
    anew: AbstractSchedule | None = None  # the total from a milestone on, if another one
    each: AbstractSchedule | None = None  # as in `Factors`
    steady: AbstractSchedule | None = None
    vanishes: bool = False
    restarts: bool = True
    is_composite = False
    sets = False

    def factors(self, late: int) -> Factors:
        total = self.late if late and self.late is not None else self.total
        return Factors(total, self.each, self.steady, self.vanishes)

    def run(self, start: Any, late: int) -> AbstractSchedule:
        return as_schedule(start) * self.factors(late).total

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        total = self.total if self.anew is None else self.anew
        return (as_schedule(self.base) if self.restarts else found) * total

    def act(self, rate: AbstractSchedule, late: int) -> AbstractSchedule:
        return rate * self.factors(late).steps()

    def in_force(self, factors: Factors, is_before: bool, late: int) -> AbstractSchedule:
        return factors.total


@dataclasses.dataclass(frozen=True)
class Anneals:
    """Goes from the rate that it finds to a value: SWALR."""

    base: Any
    end: Any
    steps: Any
    curve: Any
    name = "SWALR"
    restarts = False
    is_composite = False
    sets = False

    def run(self, start: Any, late: int) -> AbstractSchedule:
        way = Transition(start, self.end, self.steps, self.curve)
        return self._ahead(way, late)

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return Cooldown(found, self.end, 0, self.steps, self.curve)

    def act(self, rate: AbstractSchedule, late: int) -> AbstractSchedule:
        if is_known(self.steps, 0):
            return Constant(self.end)
        left = Transition(1.0, 0.0, self.steps, self.curve)
        pieces = [1.0, Since(Advance(left, 1), left), 0.0]
        kept = self._ahead(Join(pieces, [1, self.steps + 1]), late)
        return Constant(self.end) + (rate - self.end) * kept

    def in_force(self, factors: Factors, is_before: bool, late: int) -> AbstractSchedule:
        raise no_closed_form(self.name)

    def _ahead(self, schedule: AbstractSchedule, late: int) -> AbstractSchedule:
        """Its own clock is not set back, and so is ahead by the late step."""
        if late > 1:
            raise no_closed_form(f"{self.name}, first in sequences within sequences,")
        return Advance(schedule, 1) if late else schedule


@dataclasses.dataclass(frozen=True)
class Oscillates:
    """Multiplies the way to its floor, and comes back up to its base: CosineAnnealingLR."""

    base: Any
    floor: Any
    half: Any
    name = "CosineAnnealingLR"
    is_composite = False
    sets = False

    def run(self, start: Any, late: int) -> AbstractSchedule:
        if late and is_known(self.half, 1):
            start = start + (self.base - self.floor)
        elif late:
            start = self.floor + (start - self.floor) * self._late()
        down = self._wave(start, self.floor)
        bottom = None if start is self.base else self._bottom()
        if bottom is None:
            return down
        return Join([down, Advance(self._wave(self.base, self.floor), bottom)], [bottom])

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return self._wave(self.base, self.floor)

    def act(self, rate: AbstractSchedule, late: int) -> AbstractSchedule:
        bottom = self._bottom_alone()
        turns_first = late and is_known(self.half, 1)
        first = self._late() if late and not turns_first else 1.0
        wave = self._wave(1.0, 0.0)
        left = Join([first, Since(Advance(wave, 1), wave)], [1])
        curve = Constant(self.floor) + (rate - self.floor) * left
        if bottom is None:
            return curve
        # At the floor nothing is left to multiply; the next step adds what it should be.
        turn = Repeat(PiecewiseConstant([1], [1.0, 0.0]), 2 * bottom)
        add = turn if turns_first else Join([0.0, turn], [bottom + 1])
        return curve + Constant(self.base - self.floor) * wave * add

    def in_force(self, factors: Factors, is_before: bool, late: int) -> AbstractSchedule:
        if not is_known(self.floor, 0):
            raise no_closed_form(f"{self.name} with eta_min={self.floor}")
        if late and is_known(self.half, 1):
            raise no_closed_form(f"{self.name} with T_max=1, first in a sequence,")
        bottom = self._bottom_alone()
        if bottom is None:
            return factors.total
        # At the floor nothing is left of the other factors; one count later it is back.
        after = factors.since_every(bottom + 1, 2 * bottom, is_before)
        return Join([factors.total, after], [bottom + 1])

    def _wave(self, start: Any, floor: Any) -> AbstractSchedule:
        return cosine_oscillation_schedule(start, floor, decay_steps=self.half)

    def _bottom(self) -> Any:
        """The first count on the floor; None where none is, so that it turns in between.

        A half of 16/5 meets it at count 16, one of 15/2 never.
        """
        known = checks.concrete(self.half)
        if known is None or known.ndim:
            is_whole = jnp.issubdtype(jnp.result_type(self.half), jnp.integer)
            return self.half if is_whole else None
        if known % 1 == 0:
            return self.half
        share = fractions.Fraction(float(known)).limit_denominator(10_000)
        return share.numerator if share.denominator % 2 else None

    def _bottom_alone(self) -> Any:
        """The same, where the floor has to be met to the last digit."""
        bottom = self._bottom()
        if bottom is not None and bottom is not self.half:
            raise no_closed_form(f"{self.name} with T_max={self.half}")
        return bottom

    def _late(self) -> Any:
        """The factor of a step that comes from count -1."""
        lib: Any = jnp if checks.concrete(self.half) is None else math
        return 1 / lib.cos(math.pi / 2 / self.half) ** 2
