"""How far values are from exact arithmetic: ours and optax's, under jit, in ulp.

    python -m tests.benchmarks.numbers

The worst of about 26 000 counts for each length: the first and last 3 000, the middle,
and random ones. Only values that are normal numbers count. "Constants" is a schedule
that the compiled function closes over, "arguments" one that it is given.
"""

import jax
import numpy as np
import optax

import jaxsched as js
from jaxsched.testing import ulps

LENGTHS = (10, 47, 1_000, 100_000, 1_000_000, 10_000_000, 2_000_000_000)
EXACT = np.longdouble
PI = EXACT("3.14159265358979323846264338327950288")
PEAK, FLOOR, NINE = (float(np.float32(x)) for x in (1e-3, 1e-5, 1e-9))


def cosine(t, steps, floor):
    rest = np.sin(PI * (steps - np.minimum(t, steps)) / (2 * EXACT(steps))) ** 2
    return EXACT(floor) + (EXACT(PEAK) - EXACT(floor)) * rest


def line(t, steps):
    done = np.minimum(t, steps) / EXACT(steps)
    return EXACT(PEAK) + (EXACT(FLOOR) - EXACT(PEAK)) * done


CASES = {
    "linear_schedule, 1e-3 to 1e-5": (
        lambda n: js.linear_schedule(PEAK, FLOOR, n),
        lambda n: optax.linear_schedule(PEAK, FLOOR, n),
        line,
    ),
    "polynomial_schedule, power 2": (
        lambda n: js.polynomial_schedule(PEAK, 0.0, 2.0, n),
        lambda n: optax.polynomial_schedule(PEAK, 0.0, 2.0, n),
        lambda t, n: EXACT(PEAK) * ((n - np.minimum(t, n)) / EXACT(n)) ** 2,
    ),
    "cosine_decay_schedule to 0": (
        lambda n: js.cosine_decay_schedule(PEAK, n),
        lambda n: optax.cosine_decay_schedule(PEAK, n),
        lambda t, n: cosine(t, n, 0),
    ),
    "cosine_decay_schedule, alpha 0.125": (
        lambda n: js.cosine_decay_schedule(PEAK, n, 0.125),
        lambda n: optax.cosine_decay_schedule(PEAK, n, 0.125),
        lambda t, n: cosine(t, n, PEAK * 0.125),
    ),
    "exponential_decay, 9 decades": (
        lambda n: js.exponential_decay(PEAK, n, NINE),
        lambda n: optax.exponential_decay(PEAK, n, NINE),
        lambda t, n: EXACT(PEAK) * EXACT(NINE) ** (t / EXACT(n)),
    ),
}


def main() -> None:
    print(
        f"{'worst ulp':36} {'length':>13} {'constants':>10} {'arguments':>10} {'optax':>12}"
    )
    for name, (ours, optaxs, oracle) in CASES.items():
        for length in LENGTHS:
            counts = tried(length)
            expected = oracle(counts.astype(EXACT), length)
            normal = np.abs(expected) > 1.2e-38
            schedule, other = ours(length), optaxs(length)
            results = (
                jax.jit(lambda c, s=schedule: s(c))(counts),
                jax.jit(lambda s, c: s(c))(schedule, counts),
                jax.jit(jax.vmap(other))(counts),
            )
            far = [float(ulps(np.asarray(got), expected)[normal].max()) for got in results]
            print(f"{name:36} {length:13,} {far[0]:10.1f} {far[1]:10.1f} {far[2]:12,.1f}")


def tried(length: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    near = np.arange(3_000)
    counts = [
        near,
        length - near,
        length // 2 + near[:500],
        rng.integers(0, length, 20_000),
    ]
    return np.unique(np.clip(np.concatenate(counts), 0, length)).astype(np.int32)


if __name__ == "__main__":
    main()
