"""What the bound of a schedule and its gradient cost, by the length of the run.

    python -m tests.benchmarks.bound

Compiled, medians of several calls, in milliseconds: of a row of rates, which is the bound
alone, and of a schedule with the gradient in its leaves. Then the least of 64 schedules
at once, and how far single precision is from double.
"""

import time

import jax
import jax.numpy as jnp
import numpy as np

import jaxsched as js
from jaxsched import analysis

LENGTHS = (10**3, 10**4, 10**5, 10**6, 10**7)
MAKE = {
    "linear": lambda n: js.Transition(1e-3, 0.0, n),
    "cosine": lambda n: js.cosine_decay_schedule(1e-3, n),
}


def main() -> None:
    print(f"{'updates':>10}  {'rates':>8}  {'gradient':>8}  {'ns each':>8}  ", end="")
    print("  ".join(f"{name:>8}  {'gradient':>8}" for name in MAKE))
    for num in LENGTHS:
        times = measured(num)
        each = times[1] / num * 1e6
        row = [*times[:2], each, *times[2:]]
        print(f"{num:10,}  " + "  ".join(f"{x:8.2f}" for x in row), flush=True)
    print("\nrates, gradient: of a row of numbers; then of a schedule, with its values")

    print(f"\n{'updates':>10}  {'64 cosines':>10}  {'double/single - 1':>18}")
    for num in LENGTHS[:-1]:
        print(f"{num:10,}  {together(num):10.2f}  {error(num):18.1e}", flush=True)


def measured(num):
    def of_rates(rates):
        return analysis.last_iterate_bound(js.Table(rates), num)

    rates = analysis.values(MAKE["cosine"](num), num)
    cases = [(of_rates, rates)]
    for make in MAKE.values():
        cases.append((lambda s: analysis.last_iterate_bound(s, num), arrays(make(num))))
    times = []
    for function, argument in cases:
        times.append(median(jax.jit(function), argument))
        times.append(median(jax.jit(jax.grad(function, allow_int=True)), argument))
    return times


def together(num):
    batch = js.grid(lambda p: p * MAKE["cosine"](num), p=np.geomspace(0.1, 10, 64).tolist())
    ask = jax.jit(lambda s: jnp.min(jax.lax.map(lambda x: bound(x, num), s)))
    return median(ask, batch.schedules)


def bound(schedule, num):
    return analysis.last_iterate_bound(schedule, num)


def error(num):
    schedule = MAKE["cosine"](num)
    single = float(bound(schedule, num))
    with jax.enable_x64(True):
        return float(bound(schedule, num)) / single - 1


def arrays(schedule):
    return jax.tree.map(jnp.asarray, schedule)


def median(function, argument):
    """Milliseconds, compilation apart."""
    jax.block_until_ready(function(argument))
    times = []
    for _ in range(9):
        start = time.perf_counter()
        jax.block_until_ready(function(argument))
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e3


if __name__ == "__main__":
    main()
