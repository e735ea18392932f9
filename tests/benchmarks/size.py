"""How large schedules are in a program: pieces, and lines of StableHLO.

    python -m tests.benchmarks.size

First, what tracing, lowering and compiling 500 pieces costs, ours and optax's, each in
turn and from nothing (no cache). Then, for each node and recipe of the table of test
cases, the lines of StableHLO that it adds to a step `p - s(count) * p` over the same
step with a plain number; with its numbers as arguments and as constants.
"""

import itertools
import statistics
import time

import jax
import jax.numpy as jnp
import optax

import jaxsched as js
from jaxsched._core import clock
from tests.cases import EXACT

NUM_PIECES, TURNS, LIMIT = 500, 5, 40


def pieces(library):
    parts = [
        library.cosine_decay_schedule(1e-3 / (i + 1), 100, 0.1) for i in range(NUM_PIECES)
    ]
    return library.join_schedules(parts, [100 * i for i in range(1, NUM_PIECES)])


def seconds_to_compile(schedule):
    """Tracing, lowering and compiling, each."""
    jax.clear_caches()
    times = [time.perf_counter()]
    traced = jax.jit(lambda count: schedule(count)).trace(jnp.int32(0))
    times.append(time.perf_counter())
    lowered = traced.lower()
    times.append(time.perf_counter())
    lowered.compile()
    times.append(time.perf_counter())
    return [b - a for a, b in itertools.pairwise(times)]


def compare_pieces():
    ours, theirs = pieces(js), pieces(optax)
    rows = {"jaxsched": [], "optax": []}
    for _ in range(TURNS):
        rows["jaxsched"].append(seconds_to_compile(ours))
        rows["optax"].append(seconds_to_compile(theirs))
    print(f"{NUM_PIECES} cosine pieces joined, medians of {TURNS} interleaved turns (ms)")
    print(f"{'':10}{'trace':>9}{'lower':>9}{'compile':>9}{'all':>9}")
    totals = {}
    for name, turns in rows.items():
        medians = [1e3 * statistics.median(column) for column in zip(*turns, strict=True)]
        totals[name] = 1e3 * statistics.median(sum(turn) for turn in turns)
        cells = "".join(f"{value:9.1f}" for value in (*medians, totals[name]))
        print(f"{name:10}{cells}")
    print(f"jaxsched / optax: {totals['jaxsched'] / totals['optax']:.3f} (at most 0.1)\n")


def lines(function, *arguments):
    return len(jax.jit(function).lower(*arguments).as_text().splitlines())


def step(schedule, p, count):
    return p - schedule(count) * p


def compare_lines():
    p, count = jnp.ones(3), jnp.int32(3)
    plain = lines(lambda rate, p, count: p - rate * p, jnp.float32(0.1), p, count)
    print(f"lines of StableHLO added to a step (aim: {LIMIT})")
    print(f"{'':40}{'arguments':>10}{'constants':>10}")
    within = 0
    for case in EXACT:
        as_leaves = jax.tree.map(clock.strong, case.schedule)
        arguments = lines(step, as_leaves, p, count) - plain
        constants = lines(lambda p, c, s=case.schedule: step(s, p, c), p, count) - plain
        within += arguments <= LIMIT
        print(f"{case.id:40}{arguments:>10}{constants:>10}")
    theirs = optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 100)
    optax_lines = lines(lambda p, c: step(theirs, p, c), p, count) - plain
    print(f"{'optax.warmup_cosine_decay_schedule':40}{'-':>10}{optax_lines:>10}")
    print(f"{within} of {len(EXACT)} within {LIMIT} as arguments")


if __name__ == "__main__":
    jax.config.update("jax_enable_compilation_cache", False)
    compare_pieces()
    compare_lines()
