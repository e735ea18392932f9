"""The schedule lab's table: shapes with tuned peaks, and the best schedule, on three tasks.

    python -m tests.benchmarks.lab

1000 eigenvalues, 2000 updates, float64. Losses are ratios to that of the best shape.
"""

import time

import jax

from jaxsched.analysis import optimal_schedule, tabulate
from tests.analysis.tasks_of_the_lab import EASIER, EASY, HARD, shapes, tuned

SIZE = 1000
NUM_STEPS = 2000


def main() -> None:
    for name, reference in {"hard": HARD, "easy": EASY, "easier": EASIER}.items():
        start = time.perf_counter()
        with jax.enable_x64(True):
            found = tuned(reference, SIZE, NUM_STEPS, shapes(NUM_STEPS))
            best = min(found, key=lambda shape: found[shape][1])
            peak, lowest = found[best]
            table = tabulate(peak * shapes(NUM_STEPS)[best], NUM_STEPS)
            bound = reference.max_value
            optimum = optimal_schedule(
                reference.task(SIZE), table, NUM_STEPS, max_value=bound
            )
            found["optimised"] = float("nan"), float(optimum.losses.min())
        print(f"{name}, {time.perf_counter() - start:.0f} s")
        for shape, (peak, loss) in sorted(found.items(), key=lambda item: item[1][1]):
            print(f"  {shape:16} peak {peak:7.4f}  loss {loss:.6f}  {loss / lowest:6.4f}")


if __name__ == "__main__":
    main()
