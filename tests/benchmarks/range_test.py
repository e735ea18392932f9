"""What range tests cost, as ratios: the alternatives take turns in one run, medians.

    python -m tests.benchmarks.range_test [--quick]

A range test of 64 lanes with its suggestions, 64 seeds of one ramp or eight of eight,
against a plain sweep of as many; also against one in a single chunk, as the test has
it, while sweeps by default evaluate twenty times on the way. Then the edge of divergence
of eight seeds against five sweeps, one for each round, of as many lanes as a round has.
All is compiled before.
"""

import argparse

import jax
import numpy as np

import jaxsched as js
from jaxsched import analysis, sweeps, tasks

from .speed import median, turns

NUM_STEPS, NUM_SEEDS, ROUNDS, NUM_RATES = 100, 8, 5, 7
STARTS = np.geomspace(1e-7, 1e-4, 8).tolist()
KEY = jax.random.key(0)
TASK = tasks.Digits()
OPTIONS = {"num_steps": NUM_STEPS, "num_seeds": NUM_SEEDS, "key": KEY}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    num = 5 if parser.parse_args().quick else 25
    print(f"{'what':60}  {'target':>10}  {'measured':>10}")
    for benchmark in (seeds, ramps, parallel, edge):
        for what, target, value in benchmark(num):
            print(f"{what:60}  {target:>10}  {value:>10}", flush=True)


def seeds(num):
    """One ramp with 64 seeds."""
    ramp = ramp_from(1e-5)
    options = {**OPTIONS, "num_seeds": 64}
    one, other = turns(
        lambda: analysis.range_test(TASK, ramp, **options).spread(),
        lambda: sweeps.run(TASK, [ramp], progress=False, **options),
        num=num,
    )
    yield "range test of 64 seeds / sweep of them", "<= 1.10", f"{median(one / other):.3f}"
    yield "  the range test, seconds", "", f"{median(one):.3f}"


def ramps(num):
    """Eight ramps with eight seeds."""
    named = {f"from {low:.1e}": ramp_from(low) for low in STARTS}
    one, other, whole = turns(
        lambda: [t.spread() for t in analysis.range_test(TASK, named, **OPTIONS).values()],
        lambda: plain(STARTS),
        lambda: plain(list(named.values()), chunk_steps=NUM_STEPS),
        num=num,
    )
    yield (
        "range test of 8 ramps, 8 seeds / 64 constants",
        "<= 1.10",
        f"{median(one / other):.3f}",
    )
    name = "range test of 8 ramps, 8 seeds / sweep of them in one chunk"
    yield name, "", f"{median(one / whole):.3f}"
    yield "  the range test, seconds", "", f"{median(one):.3f}"


def parallel(num):
    """Eight rates with eight seeds."""
    rates = np.geomspace(1e-3, 1.0, 8).tolist()
    one, other = turns(
        lambda: analysis.parallel_range_test(TASK, rates, **OPTIONS).spread(),
        lambda: plain(rates),
        num=num,
    )
    name = "parallel range test of 8 rates, 8 seeds / sweep of them"
    yield name, "<= 1.10", f"{median(one / other):.3f}"


def edge(num):
    """Five rounds of seven rates for each of eight seeds."""
    rates = np.geomspace(1e-3, 1.0, NUM_RATES).tolist()
    one, other = turns(
        lambda: analysis.divergence_edge(
            TASK, rounds=ROUNDS, num_rates=NUM_RATES, **OPTIONS
        ),
        lambda: [plain(rates) for _ in range(ROUNDS)],
        num=max(num // 5, 3),
    )
    name = "divergence edge of 8 seeds / 5 sweeps of 56 lanes"
    yield name, "", f"{median(one / other):.3f}"
    yield "  the edge, seconds", "", f"{median(one):.3f}"


def ramp_from(low):
    return js.Transition(low, 10.0, NUM_STEPS, js.curves.Geometric())


def plain(rates, **options):
    return sweeps.run(TASK, rates, progress=False, **OPTIONS, **options)


if __name__ == "__main__":
    main()
