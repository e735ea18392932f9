"""The learning-rate range test: a ramp, or many constants."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractSchedule, Constant, ScheduleLike, as_schedule, checks
from jaxsched.curves import Geometric
from jaxsched.schedules import Transition
from jaxsched.sweeps import Members, Task, grid, run, stack

from ._reported import check_divergence, reported
from ._suggestions import (
    MIN_POINTS,
    Suggestions,
    smoothed,
    stop_at,
    suggest,
    where_none_rises,
)

_LAST = 5  # points before the end that no rule looks at, as in fastai


@dataclasses.dataclass(frozen=True)
class RangeTest:
    """Losses over learning rates, for each seed.

    Attributes:
        rates: `[points]`, rising.
        losses: as reported, `[seeds, points]`.
        smoothed: what the rules look at, `[seeds, points]`.
        stops: points before divergence, `[seeds]`.
        first: the first point that the rules look at.
        last: how many before the stop they leave out.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    stops: np.ndarray
    first: int
    last: int

    def __repr__(self) -> str:
        # What there is; the numbers would fill pages.
        low, high = self.rates[0], self.rates[-1]
        return (
            f"RangeTest({self.rates.size} rates from {low:.4g} to {high:.4g}, "
            f"{self.stops.size} seeds)"
        )

    @property
    def points(self) -> np.ndarray:
        """How many points the rules look at, `[seeds]`."""
        return np.maximum(self.stops - self.last - self.first, 0)

    @property
    def has_suggestions(self) -> bool:
        """Whether each seed has the three points that the rules need."""
        return bool(np.all(self.points >= MIN_POINTS))

    def suggestions(self) -> list[Suggestions]:
        """What the rules say, for each seed.

        Raises:
            ValueError: if a seed diverged before three points were left.
        """
        few = np.flatnonzero(self.points < MIN_POINTS).tolist()
        checks.consistent(
            "suggestions",
            f"{MIN_POINTS} points or more of each seed",
            self.has_suggestions,
            f"{self.points[few].tolist()} of the seeds {few}",
            "Take more updates, or a ramp that diverges later.",
        )
        return [
            suggest(*(row[self.first : self.first + num] for row in (self.rates, losses)))
            for losses, num in zip(self.smoothed, self.points, strict=True)
        ]

    def spread(self) -> dict[str, tuple[float, float, float]]:
        """Of each rule the lowest, the median and the highest rate over the seeds."""
        table = np.asarray(self.suggestions())
        low, middle, high = table.min(axis=0), np.median(table, axis=0), table.max(axis=0)
        found = np.stack([low, middle, high], axis=1).tolist()
        return {
            name: tuple(row) for name, row in zip(Suggestions._fields, found, strict=True)
        }


def range_test(
    task: Task,
    ramps: ScheduleLike | Mapping[str, ScheduleLike] | None = None,
    *,
    key: jax.Array,
    num_steps: int = 100,
    num_seeds: int = 1,
    loss: str = "loss",
    smoothing: float = 0.98,
    divergence: float = 4.0,
) -> Any:
    r"""Trains with a learning rate that rises, and keeps what the loss does.

    By default the rate is $10^{-7} (10^8)^{t / T}$, that is
    `Transition(1e-7, 10.0, num_steps, curves.Geometric())`. The losses are averaged
    (`smoothing`), the test ends where the average is above `divergence` times the best
    before, and the rules leave out the first tenth and the last five points. All ramps
    and seeds are trained side by side in one program.

    Args:
        task: what `sweeps.run` takes.
        ramps: another ramp, rising and above 0; or several by name.
        key: a JAX random key; each seed has its own start and data.
        num_steps: $T$, updates.
        num_seeds: runs of each ramp.
        loss: the metric.
        smoothing: $\beta$ of the average, from 0 (none) to below 1.
        divergence: times the best average at which the test ends, above 1.

    Returns:
        A `RangeTest`, or for several ramps a dict of them.

    Raises:
        ValueError: for a number out of its range, a ramp that does not rise up to the
            last update, or a loss below 0.
        KeyError: if the loss is not reported.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, 1 + jax.random.uniform(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {"loss": x * x}
    >>> found = range_test(Descent(), key=jax.random.key(0), num_seeds=3)
    >>> [round(rate, 4) for rate in found.spread()["steep"]]
    [0.2512, 0.2512, 0.2512]

    Source: Smith, Cyclical Learning Rates, 2017, arXiv:1506.01186, section 3.3; with
    fastai's exponential ramp, average and stop.
    """
    _check_smoothing("range_test", smoothing)
    check_divergence("range_test", divergence)
    checks.size("range_test", num_steps=num_steps)
    if ramps is None:
        ramps = Transition(1e-7, 10.0, num_steps, Geometric())
    given = ramps if isinstance(ramps, Mapping) else {"": ramps}
    named = {name: as_schedule(ramp) for name, ramp in given.items()}
    rates = [_rates(ramp, num_steps) for ramp in named.values()]
    result = run(
        task,
        Members(stack(list(named.values())), [{"ramp": name} for name in named]),
        num_steps=num_steps,
        num_seeds=num_seeds,
        key=key,
        chunk_steps=num_steps,
        progress=False,
    )
    losses = reported("range_test", result, loss)
    averages = smoothed(losses, smoothing)
    tests = [
        _found(*rows, divergence, num_steps // 10, _LAST)
        for rows in zip(rates, losses, averages, strict=True)
    ]
    if isinstance(ramps, Mapping):
        return dict(zip(named, tests, strict=True))
    return tests[0]


def parallel_range_test(
    task: Task,
    rates: Sequence[float],
    *,
    key: jax.Array,
    num_steps: int = 100,
    num_seeds: int = 1,
    loss: str = "loss",
    divergence: float = 4.0,
) -> RangeTest:
    """Trains with many constant learning rates from one start, side by side.

    A ramp sees the loss at a high rate after training with all the lower ones; here each
    rate has its own run, so that there is no memory of others. The loss of a rate is its
    mean over the last quarter of the updates. No point is left out at the ends.

    Args:
        task: what `sweeps.run` takes.
        rates: rising, above 0.
        key: a JAX random key; a seed gives all rates the same start and data.
        num_steps: updates with each rate.
        num_seeds: runs of each rate.
        loss: the metric.
        divergence: as in `range_test`; a run that is not finite has diverged too.

    Raises:
        ValueError: for rates that do not rise from above 0, a number out of its range,
            or a loss below 0.
        KeyError: if the loss is not reported.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, 1 + jax.random.uniform(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {"loss": x * x}
    >>> rates = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
    >>> found = parallel_range_test(Descent(), rates, key=jax.random.key(0), num_steps=20)
    >>> int(found.stops[0]), found.suggestions()[0].minimum
    (5, 0.1)
    """
    check_divergence("parallel_range_test", divergence)
    tried = np.asarray(rates, np.float64)
    _check_rising("parallel_range_test", tried)
    result = run(
        task,
        grid(Constant, value=tried.tolist()),
        num_steps=num_steps,
        num_seeds=num_seeds,
        key=key,
        chunk_steps=num_steps,
        progress=False,
    )
    ends = reported("parallel_range_test", result, loss)[..., -max(num_steps // 4, 1) :]
    ends = np.where(result.diverged[..., None], np.nan, ends)
    losses = ends.mean(axis=-1).T
    return _found(tried, losses, losses, divergence, 0, 0)


def _found(
    rates: np.ndarray,
    losses: np.ndarray,
    averages: np.ndarray,
    divergence: float,
    first: int,
    last: int,
) -> RangeTest:
    stops = np.asarray([stop_at(row, divergence) for row in averages])
    return RangeTest(rates, losses, averages, stops, first, last)


def _rates(ramp: AbstractSchedule, num_steps: int) -> np.ndarray:
    rates = np.asarray(ramp(jnp.arange(num_steps)), np.float64)
    _check_rising("range_test", rates)
    return rates


def _check_rising(who: str, rates: np.ndarray) -> None:
    wrong = where_none_rises(rates)
    given = "none"
    if wrong.size:
        first = wrong[0]
        before = rates[first - 1] if first else 0.0
        given = f"{rates[first]:.4g} after {before:.4g}, at {first}"
    holds = rates.size > 0 and not wrong.size
    advice = "Begin above 0 and go up with each, a ramp with each of num_steps."
    checks.consistent(who, "finite rates that rise from above 0", holds, given, advice)


def _check_smoothing(who: str, smoothing: float) -> None:
    given = f"smoothing={smoothing}"
    holds = 0 <= smoothing < 1
    checks.consistent(who, "0 <= smoothing < 1", holds, given, "Try 0.98.")
