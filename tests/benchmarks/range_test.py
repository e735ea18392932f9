"""What a range test costs, against a plain sweep of as many members and updates.

    python -m tests.benchmarks.range_test [--quick]

64 seeds of a ramp, with the averages and the rules on the host, and 64 seeds of a
constant rate, trained and no more. They take turns; it asserts nothing.
"""

import argparse

import jax
import numpy as np

import jaxsched as js
from jaxsched import analysis, sweeps, tasks

from .speed import median, turns

NUM_SEEDS, NUM_STEPS = 64, 100
RAMP = js.Transition(1e-5, 1.0, NUM_STEPS, js.curves.Geometric())
KEY = jax.random.key(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    num = 5 if parser.parse_args().quick else 31
    options = {"num_steps": NUM_STEPS, "num_seeds": NUM_SEEDS, "key": KEY}
    one, other = turns(
        lambda: analysis.range_test(tasks.Digits(), RAMP, **options).spread(),
        lambda: sweeps.run(tasks.Digits(), [RAMP], progress=False, **options),
        num=num,
    )
    ratio = one / other
    print(
        f"range test of {NUM_SEEDS} seeds / a plain sweep of as many, {NUM_STEPS} updates"
    )
    print(f"  target <= 1.1, measured {median(ratio):.3f} (median of {num} turns)")
    low, high = np.quantile(ratio, [0.25, 0.75])
    print(f"  quartiles {low:.3f} to {high:.3f}; the range test takes {median(one):.2f} s")


if __name__ == "__main__":
    main()
