"""What a scheduler of torch does to a rate that is not its own alone.

Its schedulers change what they find in the optimizer. One sets the rate, one multiplies
it, one pulls it towards a value; alone each is a curve, several at once are a matter of
who acted last. A rule gives its curve in closed form in each of those places:

* `run(start, late)`: from a rate, alone. A scheduler first steps in its constructor. One
  inside a composite that is itself the first of a sequence steps once more, as if it
  were under way: that is `late`, the number of sequences around.
* `again(found, start)`: from a milestone on, where a sequence starts it.
* `in_force(factor, is_before, late)`: how much of another one's factors, which act on
  the same rate before or after it in a chain, has not been overwritten.
"""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Constant, Steps, as_schedule, checks, clock
from jaxsched.combinators import Advance, Cooldown, Hold, Join
from jaxsched.curves import Cosine
from jaxsched.recipes import cosine_oscillation_schedule
from jaxsched.schedules import Transition

from ._factors import is_known, kept

_BLOCK = 256


class RunningProduct(AbstractSchedule):
    r"""The product of a function over the counts so far, $\prod_{j = a}^{t} f(j)$.

    It has no closed form, so that the value at count $t$ costs $t$ calls of $f$, 256 at a
    time. For a long run, write the product as a formula and use `LambdaLR`. Numbers
    inside of $f$ have no gradient.

    Args:
        function: $f$, of a count.
        first: $a$, 0 or 1.
    """

    function: Any
    first: Steps = 1

    def __post_init__(self):
        object.__setattr__(self, "function", as_schedule(self.function))

    def evaluate(self, count):
        product: Any = self._until
        for _ in range(count.ndim):
            product = jax.vmap(product)
        return product(clock.clamp(count, clock.max_count() // 2))

    def _until(self, last):
        last = last.astype(clock.int_dtype())  # a fractional count has not come yet
        factor = jax.vmap(lambda at: jnp.asarray(self.function.evaluate(at)))

        def multiply(block, total):
            at = self.first + block * _BLOCK + jnp.arange(_BLOCK, dtype=last.dtype)
            factors = jnp.where(at <= last, factor(at), 1).astype(total.dtype)
            return total * jnp.prod(factors)

        blocks = (last - self.first) // _BLOCK + 1
        return jax.lax.fori_loop(0, blocks, multiply, clock.as_float(1))


class Since(AbstractSchedule):
    """The part of a product that came after another part of it, 1 where both are 0."""

    whole: Any
    part: Any

    def evaluate(self, count):
        part = self.part.evaluate(count)
        some = part != 0
        return jnp.where(some, self.whole.evaluate(count) / jnp.where(some, part, 1), 1)

    def horizon(self):
        return max(self.whole.horizon(), self.part.horizon())


@dataclasses.dataclass(frozen=True)
class Sets:
    """Sets the rate, whatever it finds."""

    rate: AbstractSchedule
    base: Any = None
    first: Any = None  # what its constructor sets, if something else
    is_composite = False

    def run(self, start: Any, late: int) -> AbstractSchedule:
        return self.rate

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return self.rate

    def in_force(self, factor: Any, is_before: bool, late: int) -> AbstractSchedule:
        if is_before:
            return Constant(1.0)
        if isinstance(factor, RunningProduct):
            steps: Any = Advance(factor.function, 1)
        else:
            steps = Since(Advance(factor, 1), factor)
        return Join([factor, steps], [1])


@dataclasses.dataclass(frozen=True)
class Multiplies:
    """Multiplies the rate, and starts from its base at a milestone (`restarts`)."""

    base: Any
    total: AbstractSchedule
    late: AbstractSchedule | None = None  # the total where it steps late, if another one
    anew: AbstractSchedule | None = None  # the total from a milestone on, if another one
    restarts: bool = True
    vanishes: bool = False  # a factor of 0, again and again
    is_composite = False

    def factor(self, late: int) -> AbstractSchedule:
        return self.late if late and self.late is not None else self.total

    def run(self, start: Any, late: int) -> AbstractSchedule:
        return as_schedule(start) * self.factor(late)

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        total = self.total if self.anew is None else self.anew
        return (as_schedule(self.base) if self.restarts else found) * total

    def in_force(self, factor: Any, is_before: bool, late: int) -> AbstractSchedule:
        return factor


@dataclasses.dataclass(frozen=True)
class Anneals:
    """Goes from the rate that it finds to a value: SWALR."""

    base: Any
    end: Any
    steps: Any
    curve: Any
    is_composite = False

    def run(self, start: Any, late: int) -> AbstractSchedule:
        if late > 1:
            raise no_closed_form("SWALR first in sequences within sequences")
        way = Transition(start, self.end, self.steps, self.curve)
        return Advance(way, 1) if late else way

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return Cooldown(found, self.end, 0, self.steps, self.curve)

    def in_force(self, factor: Any, is_before: bool, late: int) -> AbstractSchedule:
        raise no_closed_form("SWALR")


@dataclasses.dataclass(frozen=True)
class Oscillates:
    """Multiplies the way to its floor, and comes back up to its base: CosineAnnealingLR."""

    base: Any
    floor: Any
    half: Any
    is_composite = False

    def run(self, start: Any, late: int) -> AbstractSchedule:
        if late:
            start = self._one_step_back(start)
        if start is self.base or not self._turns():
            return self._wave(start)
        way = Transition(start, self.floor, self.half, Cosine())
        return Join([way, Advance(self._wave(self.base), self.half)], [self.half])

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return self._wave(self.base)

    def in_force(self, factor: Any, is_before: bool, late: int) -> AbstractSchedule:
        if not is_known(self.floor, 0):
            raise no_closed_form(f"CosineAnnealingLR with eta_min={self.floor}")
        if not self._turns():
            return factor
        # At the floor nothing is left of the other factors; one count later it is back.
        last = Hold(Advance(factor, self.half + is_before), 2 * self.half)
        back = self.half + 1
        return Join([factor, Since(Advance(factor, back), last)], [back])

    def _wave(self, start: Any) -> AbstractSchedule:
        return cosine_oscillation_schedule(start, self.floor, decay_steps=self.half)

    def _turns(self) -> bool:
        """Whether a count meets the floor; if none does, it never comes to its base."""
        known = checks.concrete(self.half)
        if known is None:
            return jnp.issubdtype(jnp.result_type(self.half), jnp.integer)
        return bool(known % 1 == 0)

    def _one_step_back(self, start: Any) -> Any:
        if is_known(self.half, 1):
            return start + (self.base - self.floor)
        known = checks.concrete(self.half)
        lib: Any = jnp if known is None else math
        return self.floor + (start - self.floor) / lib.cos(math.pi / 2 / self.half) ** 2


def since_count(factor: AbstractSchedule, begin: Any, is_before: bool) -> AbstractSchedule:
    """The factors that came since a count, from it on; those of one behind include it."""
    if is_known(begin, 0):
        return Since(factor, kept(factor, 0)) if is_before else factor
    return Since(Advance(factor, begin), kept(factor, begin - 1 + is_before))


def no_closed_form(what: str) -> ValueError:
    """What to raise for schedulers that only a step-by-step computation can follow."""
    return ValueError(
        f"{what} has no closed form together with other schedulers that change the same "
        f"rate: it is computed from what they left. Use SequentialLR, or chain it alone."
    )
