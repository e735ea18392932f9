"""Where the phases of schedules that hold schedules begin."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax

from jaxsched import combinators as c
from jaxsched._core import Product, Quotient, Sum

from ._pieces import FLAT, Piece, kept, moved, number, pieces, words

Shape = Callable[[list[str]], str]


@pieces.register
def _join(node: c.Join):
    return _one_after_another(node.schedules, node.boundaries)


@pieces.register
def _segments(node: c.Segments):
    num = len(node.boundaries) + 1
    members = [jax.tree.map(lambda leaf, i=i: leaf[i], node.schedule) for i in range(num)]
    return _one_after_another(members, node.boundaries)


@pieces.register
def _warmup(node: c.Warmup):
    length = number(node.warmup_steps)
    head = Piece(0, length, words(node.curve), "warmup")
    return kept([head, *moved(pieces(node.schedule), length)])


@pieces.register
def _delay(node: c.Delay):
    length = number(node.delay_steps)
    return kept([Piece(0, length, FLAT, "wait"), *moved(pieces(node.schedule), length)])


@pieces.register
def _advance(node: c.Advance):
    return moved(pieces(node.schedule), -number(node.advance_steps))


@pieces.register
def _stretch(node: c.Stretch):
    return _scaled(pieces(node.schedule), number(node.factor), "")


@pieces.register
def _every(node: c.Every):
    period = number(node.period_steps)
    return _scaled(pieces(node.schedule), period, f" in steps of {period:g}")


@pieces.register
def _hold(node: c.Hold):
    length = number(node.hold_steps)
    held = [
        p._replace(
            start=_next_multiple(p.start, length),
            stop=_next_multiple(p.stop, length),
            shape=p.shape if p.shape == FLAT else f"{p.shape} in steps of {length:g}",
        )
        for p in pieces(node.schedule)
    ]
    return kept(held)


@pieces.register
def _repeat(node: c.Repeat):
    period = number(node.period_steps)
    first = moved(pieces(node.schedule), 0, period)
    growth = 1 if node.period_growth is None else number(node.period_growth)
    how = f"again every {period:g}" if growth == 1 else f"again, each {growth:g} x as long"
    decay = number(node.peak_decay)
    how += "" if decay == 1 else f", each {decay:g} x as high"
    return [*first, Piece(period, math.inf, how, "cycles")]


@pieces.register
def _cooldown(node: c.Cooldown):
    start, length = number(node.decay_start), number(node.decay_steps)
    before = moved(pieces(node.schedule), 0, start)
    way = Piece(start, start + length, words(node.curve), "cooldown")
    return kept([*before, way, Piece(start + length, math.inf, FLAT)])


@pieces.register
def _switch(node: c.Switch):
    return pieces(node.schedules[int(number(node.index))])


@pieces.register
def _clip(node: c.Clip):
    return [
        p if p.shape == FLAT else p._replace(shape=f"{p.shape}, clipped")
        for p in pieces(node.schedule)
    ]


@pieces.register
def _memory(node: c.AveragingDecay):
    return pieces(node.timescale)


@pieces.register
def _sum(node: Sum):
    return _together(node.schedules, _of_those_that_move(" + ".join))


@pieces.register
def _product(node: Product):
    return _together(node.schedules, _of_those_that_move(" x ".join))


@pieces.register
def _quotient(node: Quotient):
    def text(shapes: list[str]) -> str:
        above, below = shapes
        return above if below == FLAT else f"{above} / {below}"

    return _together([node.numerator, node.denominator], text)


@pieces.register
def _minimum(node: c.Minimum):
    text = _of_those_that_move(lambda shapes: f"least of {', '.join(shapes)}")
    return _together(node.schedules, text)


@pieces.register
def _maximum(node: c.Maximum):
    text = _of_those_that_move(lambda shapes: f"most of {', '.join(shapes)}")
    return _together(node.schedules, text)


def _of_those_that_move(text: Shape) -> Shape:
    """One by its own name, several by a text; none is flat."""

    def shape(shapes: list[str]) -> str:
        moving = [one for one in shapes if one != FLAT]
        return text(moving) if len(moving) > 1 else moving[0] if moving else FLAT

    return shape


def _together(schedules: Sequence[Any], text: Shape) -> list[Piece]:
    """Pieces between all boundaries of several that run at once."""
    rows = [pieces(schedule) for schedule in schedules]
    cuts = sorted({p.start for row in rows for p in row})
    found = []
    for start, stop in itertools.pairwise((*cuts, math.inf)):
        now = [next(p for p in row if p.start <= start < p.stop) for row in rows]
        name = next((p.name for p in now if p.name), "")
        found.append(Piece(start, stop, text([p.shape for p in now]), name))
    return found


def _one_after_another(schedules: Sequence[Any], boundaries: Any) -> list[Piece]:
    edges = [0, *map(number, boundaries), math.inf]
    spans = zip(schedules, itertools.pairwise(edges), strict=True)
    return kept(p for s, (a, b) in spans for p in moved(pieces(s), a, b - a))


def _scaled(row: list[Piece], factor: float, more: str) -> list[Piece]:
    return [
        Piece(
            p.start * factor,
            p.stop * factor,
            p.shape if p.shape == FLAT else p.shape + more,
            p.name,
        )
        for p in row
    ]


def _next_multiple(count: float, of: float) -> float:
    return count if math.isinf(count) else math.ceil(count / of) * of
