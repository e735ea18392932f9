"""Laws fitted to measured loss curves: robustly, from several starts, with intervals."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import ScheduleLike, checks, random_key

from ._law import AbstractLaw
from ._least_squares import Solution, solve
from ._queries import values

_NOT_FITTED = ("warmup_steps",)
_LOW = 0.1  # of what was measured
_SURE = 2.0  # a parameter is identified within this factor


class LossCurve(NamedTuple):
    """What was measured of a run.

    Attributes:
        schedule: of the learning rate.
        counts: updates done at each measurement, from 1 on.
        losses: there, above 0.
    """

    schedule: ScheduleLike
    counts: Any
    losses: Any


@dataclasses.dataclass(frozen=True)
class LawFit:
    r"""A fitted law, and how far to trust it.

    Attributes:
        law: with the parameters that were found.
        objective: what was minimised, at them.
        r_squared: the share of the variance of the losses that is explained, of each
            curve; nan for losses that are all alike.
        end_errors: predicted less measured at the last count of each curve. A law with
            $R^2$ of 0.999 may still place the ends of two curves in the wrong order.
        intervals: of each fitted parameter, 95%, from the curvature of the misfit at
            the solution, without that of the ridge.
        unidentified: parameters known to no better than a factor of 2 either way: the
            curves do not say what they are, though the law may predict well.
        objectives: of the several starts, best first.
    """

    law: AbstractLaw
    objective: float
    r_squared: list[float]
    end_errors: list[float]
    intervals: dict[str, tuple[float, float]]
    unidentified: list[str]
    objectives: list[float]

    def __str__(self) -> str:
        lines = [f"{'parameter':<14}  {'value':>10}  95% interval"]
        for name, (low, high) in self.intervals.items():
            note = "  not identified" if name in self.unidentified else ""
            value = float(getattr(self.law, name))
            lines.append(f"{name:<14}  {value:>10.4g}  {low:.4g} to {high:.4g}{note}")
        return "\n".join(lines)


def fit(
    law: AbstractLaw,
    curves: Sequence[LossCurve],
    *,
    fixed: Sequence[str] = (),
    key: jax.Array | None = None,
    num_starts: int = 8,
    spread: float = 0.5,
    threshold: float = 1e-3,
    ridge: float = 0.0,
    num_blocks: int = 1000,
    num_iterations: int = 200,
) -> LawFit:
    r"""Fits a law to loss curves of several schedules.

    Minimises $\sum_i h_\delta(\ln \hat L_i - \ln L_i) + \frac{\rho}{2} |x - x_0|^2$ with
    Huber's $h_\delta$, which is $r^2 / 2$ up to $\delta$ and $\delta (|r| - \delta / 2)$
    beyond, over the logarithms $x$ of the parameters (of $p / (1 - p)$ for a memory $p$),
    by Levenberg's and Marquardt's method from several starts side by side: the guess, and
    the guess times random factors. A good guess is a published fit, or a fit to something
    alike.

    One schedule does not tell the sum of rates from their drops: fit to two at least, one
    of them with a decay, one without.

    Args:
        law: which law, with its parameters as the first guess, all above 0.
        curves: what was measured.
        fixed: names of parameters that keep their value.
        key: of the random starts; the same ones each time if not given.
        num_starts: how many.
        spread: standard deviation of the logarithms of their factors.
        threshold: $\delta$.
        ridge: $\rho$, 0 or more, which holds parameters at the guess where curves do not
            say what they are.
        num_blocks: into which the drops of each schedule are grouped; 1000 change a loss
            by no more than 3e-5 of it in runs of 24 000 updates, half as many by thrice
            that.
        num_iterations: of the method at most.

    Raises:
        ValueError: for losses that are not finite and above 0, counts that do not match
            them, rates that are not finite or below 0, or all 0 up to the first count,
            fewer measurements than parameters and one more, a guess out of its domain, or
            a start at which no loss is finite.

    >>> import jaxsched as js
    >>> from jaxsched.analysis import AnnealingLaw
    >>> law = AnnealingLaw(2.0, 0.5, 0.5, 0.03, memory=0.99)
    >>> counts = np.arange(20, 401, 20)
    >>> curves = [
    ...     LossCurve(schedule, counts, law.loss_curve(schedule, 400, counts))
    ...     for schedule in (js.Constant(0.1), js.Transition(0.1, 0.0, 400))
    ... ]
    >>> found = fit(AnnealingLaw(1.0, 1.0, 1.0, 0.1, 0.99), curves, fixed=["memory"])
    >>> round(float(found.law.floor), 3), round(float(found.law.exponent), 3)
    (2.0, 0.5)
    >>> found.unidentified
    []

    Source: Huber, 1964; Marquardt, 1963; robust fits of losses in logarithms as in
    Hoffmann et al., 2022, arXiv:2203.15556.
    """
    names = _names(law, fixed)
    runs = [_checked(curve) for curve in curves]
    num = sum(len(counts) for _, counts, _ in runs)
    given = f"{num} for {len(names)}"
    advice = "Measure more often, or fix some parameters."
    wanted = "more measurements than parameters"
    checks.consistent("fit", wanted, num > len(names), given, advice)
    checks.size(
        "fit", num_starts=num_starts, num_blocks=num_blocks, num_iterations=num_iterations
    )
    checks.positive("fit", threshold=threshold, **{n: getattr(law, n) for n in names})
    checks.consistent("fit", "ridge >= 0", ridge >= 0, f"{ridge}", "Raise it to 0.")
    guess = jnp.asarray([_free(law, name) for name in names], float)
    draws = jax.random.normal(
        jax.random.key(0) if key is None else random_key("fit", key),
        (num_starts, len(names)),
    )
    starts = guess + spread * draws.at[0].set(0)
    seen = [law.condense(rates, counts, num_blocks) for rates, counts, _ in runs]
    losses = [losses for _, _, losses in runs]
    found = _solved(law, names, seen, losses, starts, threshold, ridge, num_iterations)
    objectives = np.nan_to_num(found.objective, nan=np.inf, posinf=np.inf)
    best = int(objectives.argmin())
    known = bool(np.isfinite(objectives[best]))
    advice = "Guess parameters of the right size."
    checks.consistent("fit", "a start with finite losses", known, "none", advice)
    one = jax.tree.map(lambda x: x[best], found)
    return _fit(law, names, runs, one, np.sort(objectives).tolist())


@functools.partial(jax.jit, static_argnums=(1, 7))
def _solved(law, names, seen, losses, starts, threshold, ridge, num_iterations):
    measured = jnp.concatenate(losses)

    def residuals(x):
        here = _with(law, names, x)
        curves = [here.evaluate_condensed(one) for one in seen]
        return _log(jnp.concatenate(curves) / measured)

    def from_start(start) -> Solution:
        return solve(
            residuals,
            start,
            starts[0],
            threshold=threshold,
            ridge=ridge,
            num_iterations=num_iterations,
        )

    return jax.vmap(from_start)(starts)


def _log(ratio: jax.Array) -> jax.Array:
    """The logarithm, and below a tenth its tangent: a loss below 0 can be climbed from."""
    is_high = ratio > _LOW
    high = jnp.log(jnp.where(is_high, ratio, 1))
    return jnp.where(is_high, high, np.log(_LOW) + ratio / _LOW - 1)


def _free(law: AbstractLaw, name: str) -> Any:
    """A parameter as a number that may be any."""
    value = getattr(law, name)
    if name not in law.shares:
        return np.log(value)
    checks.consistent("fit", f"{name} < 1", value < 1, f"{value}", "Lower or fix it.")
    return np.log(value) - np.log1p(-value)


def _bound(law: AbstractLaw, name: str, x: Any) -> Any:
    """The parameter that such a number stands for."""
    return jax.nn.sigmoid(x) if name in law.shares else jnp.exp(x)


def _with(law: AbstractLaw, names: Sequence[str], x: Any) -> Any:
    return law.replace(**{name: _bound(law, name, x[i]) for i, name in enumerate(names)})


def _fit(law, names, runs, found: Solution, objectives: list[float]) -> LawFit:
    fitted = _with(law, names, found.point)
    r_squared, ends = [], []
    for rates, counts, losses in runs:
        error = np.asarray(fitted.evaluate(rates, counts) - losses, np.float64)
        measured = np.asarray(losses, np.float64)
        total = np.square(measured - measured.mean()).sum()
        r_squared.append(float(1 - np.square(error).sum() / total) if total else np.nan)
        ends.append(float(error[int(np.argmax(counts))]))
    width = 1.96 * np.asarray(found.errors)
    intervals = {
        name: (float(_bound(law, name, x - w)), float(_bound(law, name, x + w)))
        for name, x, w in zip(names, found.point, width, strict=True)
    }
    unsure = [name for name, w in zip(names, width, strict=True) if not w < np.log(_SURE)]
    plain = fitted.replace(**{name: float(getattr(fitted, name)) for name in names})
    objective = float(found.objective)
    return LawFit(plain, objective, r_squared, ends, intervals, unsure, objectives)


def _names(law: AbstractLaw, fixed: Sequence[str]) -> tuple[str, ...]:
    every = [f.name for f in dataclasses.fields(law) if f.name not in _NOT_FITTED]  # pyright: ignore[reportArgumentType] - every node is a dataclass
    for name in fixed:
        checks.choice("fit", fixed=name, choices=tuple(every))
    free = tuple(name for name in every if name not in fixed)
    checks.matching("fit", "parameters", min(len(free), 1), "law to fit", 1, 1)
    return free


def _checked(curve: LossCurve) -> tuple[jax.Array, jax.Array, jax.Array]:
    counts, losses = np.asarray(curve.counts), np.asarray(curve.losses, float)
    alike = counts.ndim == 1 and counts.shape == losses.shape and counts.size > 0
    given = f"{counts.shape} and {losses.shape}"
    checks.consistent("fit", "a loss for each count", alike, given, "Match them.")
    positive = bool(np.all(np.isfinite(losses) & (losses > 0)))
    bad = f"{losses[~(np.isfinite(losses) & (losses > 0))][:1].tolist()}"
    advice = "Leave out what diverged."
    checks.consistent("fit", "finite losses above 0", positive, bad, advice)
    given = f"{counts.min()}"
    checks.consistent("fit", "counts from 1 on", counts.min() >= 1, given, "Add 1.")
    whole = bool(np.all(np.floor(counts) == counts))
    checks.consistent("fit", "whole counts", whole, f"{counts}", "Count updates done.")
    counts = counts.astype(int)
    rates = values(curve.schedule, int(counts.max()))
    valid = bool(np.all(np.isfinite(rates) & (rates >= 0)))
    advice = "Fit to what was trained with."
    checks.consistent("fit", "finite rates of 0 or more", valid, f"{rates}", advice)
    moved = bool(np.any(rates[: counts.min()] > 0))
    given, advice = f"0 up to count {counts.min()}", "Leave out what was measured before."
    checks.consistent("fit", "a rate above 0 before each count", moved, given, advice)
    return rates, jnp.asarray(counts), jnp.asarray(losses)
