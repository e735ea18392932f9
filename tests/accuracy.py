"""How far a case of the table is from exact arithmetic, over horizons.

    python -m tests.accuracy

prints the table of the docs: for each schedule and horizon the worst error in units in
the last place, with its numbers as constants of the compiled function and as arguments
of it; whether both ends are exact; by how many ulp it ever moves against its direction;
and how many values are negative where the exact ones are not.
"""

from typing import NamedTuple

import jax
import numpy as np

import jaxsched as js
from jaxsched import testing

from .cases import EXACT, Case

HORIZONS = (1, 2, 3, 4, 5, 1_000, 1_000_000, 2_000_000_000)
LAST = 2**31 - 2


class Accuracy(NamedTuple):
    """What one way of compiling a case gives, at one horizon."""

    max_ulps: float
    worst_count: int
    is_start_exact: bool
    is_end_exact: bool
    back_ulps: float
    num_negative: int


def counts_for(case: Case, horizon: int) -> np.ndarray:
    """Every count near the ends of phases, and some at random: as many for each horizon."""
    near = np.arange(-6, 7)
    spread = np.random.default_rng(0).random(40)
    ends = (*case.ends_for(horizon), 0, 0, 0, 0, 0)[:6]
    counts = [near + 6, horizon // 2 + near, *(end + near for end in ends)]
    counts += [spread * horizon, [horizon, 2 * horizon, LAST]]
    return np.sort(np.clip(np.concatenate(counts).astype(np.int64), 0, LAST)).astype(
        np.int32
    )


def accuracy(case: Case, horizon: int, counts: np.ndarray, got: np.ndarray) -> Accuracy:
    """Compares values with the oracle's."""
    oracle = case.oracle_for(horizon)
    exact = np.asarray([oracle(int(t)) for t in counts], np.longdouble)
    # The budget is for normal numbers: a processor may flush smaller ones to zero.
    is_normal = (np.abs(exact) >= 2 * np.finfo(np.float32).tiny) | (exact == 0)
    far = np.where(is_normal | (np.abs(got) > 1e-37), testing.ulps(got, exact), 0)
    worst = int(np.argmax(np.where(np.isnan(far), np.inf, far)))
    end = case.build(horizon).horizon()
    unit = np.spacing(np.maximum(np.abs(got[1:]), np.finfo(np.float32).tiny))
    steps, moves = np.diff(got.astype(np.float64)) / unit, np.diff(exact)
    falls, rises = (moves <= 0).all(), (moves >= 0).all()
    back = max(steps.max() if falls else 0, -steps.min() if rises else 0)
    return Accuracy(
        max_ulps=float(far[worst]),
        worst_count=int(counts[worst]),
        is_start_exact=_agrees(got[counts == 0], exact[counts == 0]),
        is_end_exact=_agrees(got[counts >= end], exact[counts >= end]),
        back_ulps=float(back),
        num_negative=int(((got < 0) & (exact >= 0)).sum()),
    )


def _agrees(got: np.ndarray, exact: np.ndarray) -> bool:
    """Exact wherever a float32 is; the nearest one, or its neighbour, elsewhere."""
    nearest = exact.astype(np.float32)
    can_be_exact = nearest == exact
    return bool((got[can_be_exact] == nearest[can_be_exact]).all())


def as_arguments(case: Case, horizons: tuple[int, ...]) -> list[Accuracy]:
    """All horizons in one batch, every number an argument."""
    counts = np.stack([counts_for(case, T) for T in horizons])
    batch = js.stack([case.build(T) for T in horizons])
    got = np.asarray(jax.jit(jax.vmap(lambda s, c: s(c)))(batch, counts))
    return [accuracy(case, *each) for each in zip(horizons, counts, got, strict=True)]


def as_constants(case: Case, horizons: tuple[int, ...]) -> list[Accuracy]:
    """Every number known to the compiler, which folds and divides with them."""
    counts = np.stack([counts_for(case, T) for T in horizons])
    schedules = [case.build(T) for T in horizons]

    @jax.jit
    def run(counts):
        return [s(c) for s, c in zip(schedules, counts, strict=True)]

    got = [np.asarray(values) for values in run(counts)]
    return [accuracy(case, *each) for each in zip(horizons, counts, got, strict=True)]


def main() -> None:
    columns = "schedule                              horizon   const   args  budget"
    print(f"{columns}  both ends  back  negative")
    for case in EXACT:
        both = zip(as_constants(case, HORIZONS), as_arguments(case, HORIZONS), strict=True)
        for T, (const, args) in zip(HORIZONS, both, strict=True):
            ends = [x.is_start_exact and x.is_end_exact for x in (const, args)]
            print(
                f"{case.id:32} {T:>12,}  {const.max_ulps:6.2f} {args.max_ulps:6.2f}"
                f"  {case.max_ulps:6}  {'exact' if all(ends) else 'no':>9}"
                f"  {max(const.back_ulps, args.back_ulps):4.1f}"
                f"  {const.num_negative + args.num_negative:8}"
            )


if __name__ == "__main__":
    main()
