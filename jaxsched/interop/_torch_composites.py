"""Schedulers of torch that hold others: one after another, or all at once."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from jaxsched._core import AbstractSchedule, Constant, as_schedule, checks
from jaxsched.combinators import Advance, Join

from ._factors import is_known, kept
from ._torch_products import Factors, no_closed_form
from ._torch_rules import Multiplies

Rule = Any
"""`Sets`, `Multiplies`, `Anneals`, `Oscillates`, `Sequence` or `Chain`."""


@dataclasses.dataclass(frozen=True)
class Sequence:
    """One rule after another, each from its own count 0: SequentialLR.

    Inside the first place of another sequence its clock is a count ahead, since that
    one's constructor steps it: its milestones come a count early.
    """

    rules: tuple[Rule, ...]
    milestones: tuple[Any, ...]
    start: Any
    name = "SequentialLR"
    is_composite = True

    @property
    def sets(self) -> bool:
        return all(rule.sets for rule in self.rules)

    def run(self, start: Any, late: int) -> AbstractSchedule:
        if not late:
            start = self.start
        pieces: list[AbstractSchedule] = []
        found = as_schedule(start)
        for rule, begin, end in self._turns(late):
            first = not pieces
            late_here = late + rule.is_composite
            piece = rule.run(start, late_here) if first else rule.again(found, self.start)
            pieces.append(piece)
            if end is not None and not is_known(end - begin, 0):
                found = kept(piece, end - begin - 1)
        return pieces[0] if len(pieces) == 1 else Join(pieces, self._boundaries(late))

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        # torch stops here with an error. What it set out to do is this.
        return self.run(start, 0)

    def act(self, rate: AbstractSchedule, late: int) -> AbstractSchedule:
        pieces: list[AbstractSchedule] = []
        for rule, begin, _ in self._turns(late):
            here = Advance(rate, begin) if pieces else rate
            late_here = 0 if pieces else late + rule.is_composite
            piece = rule.act(here, late_here)
            if pieces:
                piece = Join([rule.again(here, self.start), Advance(piece, 1)], [1])
            elif not late:  # its constructor sets the rate
                piece = Join([rule.run(self.start, late_here), Advance(piece, 1)], [1])
            pieces.append(piece)
        return Join(pieces, self._boundaries(late))

    def in_force(self, factors: Factors, is_before: bool, late: int) -> AbstractSchedule:
        pieces = []
        for rule, begin, _ in self._turns(late):
            if pieces and not getattr(rule, "restarts", True):
                raise no_closed_form("What goes on from another one in a sequence")
            is_set = bool(pieces) or not late
            here = factors.since(begin, is_before) if is_set else factors
            late_here = 0 if pieces else late + rule.is_composite
            pieces.append(rule.in_force(here, is_before, late_here))
        return Join(pieces, self._boundaries(late))

    def _turns(self, late: int) -> Iterator[tuple[Rule, Any, Any]]:
        first, bounds = self._first(late), self._boundaries(late)
        ends = zip([0, *bounds], [*bounds, None], strict=True)
        for rule, (begin, end) in zip(self.rules[first:], ends, strict=True):
            yield rule, begin, end

    def _boundaries(self, late: int) -> list[Any]:
        return [m - late for m in self.milestones[self._first(late) :]]

    def _first(self, late: int) -> int:
        """Which one runs at count 0: one whose milestone is over."""
        known = [checks.concrete(m) for m in self.milestones]
        return sum(m is not None and bool(m < max(late, 1)) for m in known)


@dataclasses.dataclass(frozen=True)
class Chain:
    """All rules at each count, in order: ChainedScheduler.

    The last one that sets the rate overwrites what came before it. Without such a one
    all are to multiply but one, which may also set the rate now and then.
    """

    rules: tuple[Rule, ...]
    is_composite = True

    @property
    def sets(self) -> bool:
        return any(rule.sets for rule in self.rules)

    def run(self, start: Any, late: int) -> AbstractSchedule:
        if self.sets:
            return self.act(as_schedule(start), late)
        rules, main = self._parts()
        if main is None:
            return math.prod(
                (r.factors(late).total for r in rules), start=as_schedule(start)
            )
        curve = rules[main].run(start, late)
        for i, rule in enumerate(rules):
            if i != main:
                factors = rule.factors(late)
                curve = curve * rules[main].in_force(factors, i < main, late)
        return curve

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return self.run(start, 0)  # as in `Sequence`

    def act(self, rate: AbstractSchedule, late: int) -> AbstractSchedule:
        last = max((i for i, rule in enumerate(self.rules) if rule.sets), default=0)
        for rule in self.rules[last:]:
            rate = rule.act(rate, late)
        return rate

    def in_force(self, factors: Factors, is_before: bool, late: int) -> AbstractSchedule:
        if self.sets:
            return Constant(1.0) if is_before else factors.steps()
        rules, main = self._parts()
        if main is None:
            return factors.total
        return rules[main].in_force(factors, is_before, late)

    def _parts(self) -> tuple[list[Rule], int | None]:
        """The rules, and the place of the one that does more than multiply."""
        rules = [part for rule in self.rules for part in _flat(rule)]
        more = [i for i, rule in enumerate(rules) if not isinstance(rule, Multiplies)]
        if len(more) > 1:
            names = " and ".join(rules[i].name for i in more)
            raise no_closed_form(f"Each of {names}")
        return rules, more[0] if more else None


def _flat(rule: Rule) -> Iterator[Rule]:
    if isinstance(rule, Chain):
        for inner in rule.rules:
            yield from _flat(inner)
    else:
        yield rule
