"""The factors by which a scheduler of torch has multiplied the rate, or part of them."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Steps, as_schedule, clock
from jaxsched.combinators import Advance, Hold, Join, Repeat

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
    """What is left of a product without the first part of it; 1 where both are 0."""

    whole: Any
    part: Any

    def evaluate(self, count):
        part = self.part.evaluate(count)
        some = part != 0
        return jnp.where(some, self.whole.evaluate(count) / jnp.where(some, part, 1), 1)

    def horizon(self):
        return max(self.whole.horizon(), self.part.horizon())


@dataclasses.dataclass(frozen=True)
class Factors:
    """The product of a scheduler's factors, with what a part of it is made of.

    `each` is the factor of a count, from 1 on, where a quotient would not do (it
    underflows, or is a long product); `steady` the product of equal factors; `vanishes`
    says that some are 0, so that a quotient tells nothing.
    """

    total: AbstractSchedule
    each: AbstractSchedule | None = None
    steady: AbstractSchedule | None = None
    vanishes: bool = False

    def steps(self) -> AbstractSchedule:
        """The factor of each count."""
        if self.each is not None:
            each: AbstractSchedule = Advance(self.each, 1)
        else:
            self._check()
            each = Since(Advance(self.total, 1), self.total)
        return Join([self.total, each], [1])

    def since(self, begin: Any, is_before: bool) -> "Factors":
        """From a count on. Of one who acts after the count's own event, with that count."""
        is_start = is_known(begin, 0)
        if is_start and not is_before:
            return self
        each = None if self.each is None else Advance(self.each, begin)
        if self.steady is not None:
            return Factors(self._steady(is_before), each, self.steady)
        self._check()
        whole = self.total if is_start else Advance(self.total, begin)
        return Factors(Since(whole, kept(self.total, begin - 1 + is_before)), each)

    def since_every(self, begin: Any, period: Any, is_before: bool) -> AbstractSchedule:
        """As `since` a count, and from then on since the last of every so many."""
        if self.steady is not None:
            return Repeat(self._steady(is_before), period)
        self._check()
        part = Hold(Advance(self.total, begin - 1 + is_before), period)
        return Since(Advance(self.total, begin), part)

    def _steady(self, is_before: bool) -> AbstractSchedule:
        assert self.steady is not None
        return self.steady if is_before else Advance(self.steady, 1)

    def _check(self) -> None:
        if self.vanishes:
            raise no_closed_form("gamma=0")


def no_closed_form(what: str) -> ValueError:
    """What to raise for schedulers that only a step-by-step computation can follow."""
    return ValueError(
        f"{what} has no closed form in a chain with others that change the same rate: it "
        f"goes on from what they left. Use SequentialLR, or chain it alone."
    )
