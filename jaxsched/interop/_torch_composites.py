"""Schedulers of torch that hold others: one after another, or all at once."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from jaxsched._core import AbstractSchedule, as_schedule, checks
from jaxsched.combinators import Advance, Join

from ._factors import is_known, kept
from ._torch_rules import Anneals, Multiplies, Oscillates, Sets, no_closed_form, since_count

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
    is_composite = True

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

    def in_force(
        self, factor: AbstractSchedule, is_before: bool, late: int
    ) -> AbstractSchedule:
        pieces = []
        for rule, begin, _ in self._turns(late):
            if pieces and not _starts_anew(rule):
                raise no_closed_form("A rate that goes on from another one's in a sequence")
            # Its constructor sets the rate, unless that of a sequence around comes later.
            is_set = bool(pieces) or not late
            here = since_count(factor, begin, is_before) if is_set else factor
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
    """All rules at each count, in order: ChainedScheduler."""

    rules: tuple[Rule, ...]
    is_composite = True

    def run(self, start: Any, late: int) -> AbstractSchedule:
        rules, main = self._parts()
        others = [rule for i, rule in enumerate(rules) if i != main]
        for rule in others:
            _check_factor(rule, main is not None)
        curve = as_schedule(start) if main is None else rules[main].run(start, late)
        if not late and main is not None and getattr(rules[main], "first", None) is not None:
            curve = Join([rules[main].first, Advance(curve, 1)], [1])
        for i, rule in enumerate(rules):
            if i == main:
                continue
            factor = rule.factor(late)
            if main is not None:
                factor = rules[main].in_force(factor, i < main, late)
            curve = curve * factor
        return curve

    def again(self, found: AbstractSchedule, start: Any) -> AbstractSchedule:
        return self.run(start, 0)  # as in `Sequence`

    def in_force(
        self, factor: AbstractSchedule, is_before: bool, late: int
    ) -> AbstractSchedule:
        rules, main = self._parts()
        return factor if main is None else rules[main].in_force(factor, is_before, late)

    def _parts(self) -> tuple[list[Rule], int | None]:
        """The rules that have a say, and which of them does more than multiply."""
        rules = [r for rule in self.rules for r in _flat(rule)]
        for i in reversed(range(len(rules))):
            if isinstance(rules[i], Sets):
                return rules[i:], 0  # whatever came before is overwritten
        more = [i for i, rule in enumerate(rules) if not isinstance(rule, Multiplies)]
        return rules, more[0] if more else None


def _flat(rule: Rule) -> Iterator[Rule]:
    if isinstance(rule, Chain):
        for inner in rule.rules:
            yield from _flat(inner)
    else:
        yield rule


def _starts_anew(rule: Rule) -> bool:
    return not isinstance(rule, Anneals) and getattr(rule, "restarts", True)


def _check_factor(rule: Rule, has_main: bool) -> None:
    if isinstance(rule, Multiplies) and not (has_main and rule.vanishes):
        return
    names = {Oscillates: "CosineAnnealingLR", Anneals: "SWALR", Multiplies: "gamma=0"}
    raise no_closed_form(names.get(type(rule), "SequentialLR"))
