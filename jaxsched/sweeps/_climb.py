"""Climbing a ladder: train to a rung, compare, lay out anew those that go on."""

import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from jaxsched._core import checks, random_key

from ._engine import default_chunk, dividing
from ._halving_result import HalvingResult, Rung
from ._ladder import Ladder
from ._lanes import AXIS, Trainer
from ._logbook import Logbook
from ._members import Settings, as_members
from ._memory import planned
from ._progress import Progress, reporter
from ._stack import unstack
from ._trace import trace


def climb(
    who: str,
    task: Any,
    schedules: Any,
    ladder_of: Callable[[np.ndarray], Ladder],
    *,
    key: jax.Array,
    metric: str,
    mode: str,
    within: str | None,
    num_seeds: int,
    chunk_steps: int | None,
    batch_size: int | None,
    mesh: Mesh | None,
    progress: bool | Callable[[Progress], None],
) -> HalvingResult:
    """Trains members up a ladder, made for their groups; arguments as in `halve`."""
    start = time.perf_counter()
    checks.size(who, num_seeds=num_seeds)
    given = {"chunk_steps": chunk_steps, "batch_size": batch_size}
    checks.size(who, **{name: size for name, size in given.items() if size is not None})
    checks.choice(who, mode=mode, choices=("min", "max"))
    batch, settings = as_members(schedules)
    key = random_key(who, key)
    traced = trace(task, batch, key)
    checks.choice(who, metric=metric, choices=(*traced.metrics, *traced.evaluation))
    ladder = ladder_of(_groups(who, settings, within))

    width = chunk_steps or default_chunk(ladder.rungs[-1])
    chunks = _chunks(ladder.rungs, width, is_given=chunk_steps is not None)
    mesh = mesh or Mesh(np.asarray(jax.devices()), (AXIS,))
    num_lanes = len(settings) * num_seeds
    where = planned(traced, mesh, num_lanes, max(chunks), num_seeds, batch_size)
    trainer = Trainer(task, where)
    trainer.start(batch, key, num_seeds)

    book = Logbook(len(settings), num_seeds)
    rungs: list[Rung] = []
    members = np.arange(len(settings))
    with reporter(progress, num_lanes, ladder.mean_steps) as tell:
        for i, (done, chunk) in enumerate(zip(ladder.rungs, chunks, strict=True)):
            book.turn(members)
            for report in trainer.chunks(done, chunk, ahead=True):
                book.add(report)
                tell(_progress(book, ladder, start))
            rungs.append(_compared(members, done, book.scores(metric, width), mode))
            going_on = ladder.climbers(i, rungs[-1].members)
            if len(going_on) < len(members):
                trainer.take(_lanes(np.searchsorted(members, going_on), num_seeds))
                members = going_on

    return HalvingResult(
        rungs=rungs,
        brackets=ladder.brackets,
        curves=book.curves(),
        evaluations=book.evaluations(),
        eval_steps=book.eval_steps(),
        settings=settings,
        schedules=[repr(member) for member in unstack(batch)],
        seeds=list(range(num_seeds)),
        seconds=time.perf_counter() - start,
    )


def _groups(who: str, settings: Settings, within: str | None) -> np.ndarray:
    """The same number for members with the same value of a setting."""
    if within is None:
        return np.zeros(len(settings), np.int64)
    common = set(settings[0]).intersection(*settings)
    if within not in common:
        raise ValueError(
            f"{who}(within=...) must be a setting that every member has, got {within!r}. "
            f"They have: {', '.join(sorted(common)) or 'none'}."
        )
    return np.unique([repr(row[within]) for row in settings], return_inverse=True)[1]


def _chunks(rungs: list[int], wish: int, is_given: bool) -> list[int]:
    """Updates of a chunk on the way to each rung."""
    spans = np.diff([0, *rungs]).tolist()
    chunks = [min(wish, span) for span in spans]
    if is_given:
        return chunks
    return [dividing(span, chunk) for span, chunk in zip(spans, chunks, strict=True)]


def _compared(members: np.ndarray, done: int, scores: np.ndarray, mode: str) -> Rung:
    # What is not a number sorts last in either direction, and ties keep their order.
    order = np.argsort(scores if mode == "min" else -scores, kind="stable")
    return Rung(done, members[order], scores[order])


def _lanes(places: np.ndarray, num_seeds: int) -> np.ndarray:
    """The lanes of members, which have one for each seed."""
    return (places[:, None] * num_seeds + np.arange(num_seeds)).reshape(-1)


def _progress(book: Logbook, ladder: Ladder, start: float) -> Progress:
    """As if all members were trained alike."""
    num_lanes = book.diverged.size
    return Progress(
        done=book.num_updates // num_lanes,
        num_steps=ladder.mean_steps,
        num_lanes=num_lanes,
        seconds=time.perf_counter() - start,
        best=book.best,
        num_diverged=int(book.diverged.sum()),
    )
