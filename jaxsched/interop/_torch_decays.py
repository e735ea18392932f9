"""The schedulers of torch that multiply the rate or set it: decays, warmups, functions."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from jaxsched._core import AbstractSchedule, Constant, Real, Steps, as_schedule, checks
from jaxsched.combinators import Hold, Join, Repeat
from jaxsched.curves import Cosine, Linear, Polynomial
from jaxsched.recipes import cosine_restarts_schedule
from jaxsched.schedules import PiecewiseConstant, Transition

from ._factors import decaying, is_fresh, is_known, kept, one_for_each
from ._torch_products import RunningProduct
from ._torch_rules import Anneals, Multiplies, Oscillates, Sets

Function = Callable[[Any], Any]


def lambda_lr(
    base_lr: Real, lr_lambda: Function | list[Function], last_epoch: int = -1
) -> Sets:
    """The rate times a function of the count, which JAX must be able to trace."""
    is_fresh("LambdaLR", last_epoch)
    return Sets(as_schedule(base_lr) * _function("LambdaLR", lr_lambda))


def multiplicative_lr(
    base_lr: Real, lr_lambda: Function | list[Function], last_epoch: int = -1
) -> Multiplies:
    """The rate times the product of a function of counts 1 to t: t calls at count t.

    In a sequence it goes on from the rate that it finds, with a factor for its count 0.
    """
    is_fresh("MultiplicativeLR", last_epoch)
    function = _function("MultiplicativeLR", lr_lambda)
    anew = RunningProduct(function, first=0)
    total = RunningProduct(function)
    return Multiplies(base_lr, total, anew, anew, each=function, restarts=False)


def step_lr(
    base_lr: Real, step_size: Steps, gamma: Real = 0.1, last_epoch: int = -1
) -> Multiplies:
    """A factor after every so many counts: `Hold` of an exponential."""
    is_fresh("StepLR", last_epoch)
    checks.positive_length("StepLR", step_size=step_size)
    total = Hold(decaying(gamma, step_size), step_size)
    each = Repeat(PiecewiseConstant([1], [gamma, 1.0]), step_size)
    return Multiplies(base_lr, total, each=each, vanishes=is_known(gamma, 0))


def multi_step_lr(
    base_lr: Real, milestones: Iterable[Steps], gamma: Real = 0.1, last_epoch: int = -1
) -> Multiplies:
    """A factor at each milestone, in any order; one that is there twice counts twice.

    One that no count meets, below 0 or with a fraction, is never reached.
    """
    is_fresh("MultiStepLR", last_epoch)
    met = [m for m in milestones if _is_met(m)]
    if all(checks.concrete(m) is not None for m in met):
        met = sorted(met)
    total = PiecewiseConstant(met, [gamma**i for i in range(len(met) + 1)])
    return Multiplies(base_lr, total, vanishes=is_known(gamma, 0))


def constant_lr(
    base_lr: Real, factor: Real = 1.0 / 3, total_iters: Steps = 5, last_epoch: int = -1
) -> Multiplies:
    """A factor until count `total_iters`; if that is 0, or no count meets it, for ever."""
    is_fresh("ConstantLR", last_epoch)
    _check_share("ConstantLR", "factor", factor)
    if is_known(total_iters, 0):
        return Multiplies(base_lr, Constant(factor), anew=Constant(1.0))
    if not _is_met(total_iters):
        return Multiplies(base_lr, Constant(factor))
    return Multiplies(base_lr, PiecewiseConstant([total_iters], [factor, 1.0]))


def linear_lr(
    base_lr: Real,
    start_factor: Real = 1.0 / 3,
    end_factor: Real = 1.0,
    total_iters: Steps = 5,
    last_epoch: int = -1,
) -> Multiplies:
    """A line between two factors; with `total_iters` of 0 the first one for ever."""
    is_fresh("LinearLR", last_epoch)
    _check_share("LinearLR", "start_factor", start_factor)
    _check_share("LinearLR", "end_factor", end_factor)
    checks.positive("LinearLR", start_factor=start_factor)
    if _is_never(total_iters):
        return Multiplies(base_lr, Constant(start_factor))
    line = Transition(start_factor, end_factor, total_iters)
    return Multiplies(base_lr, _to_last_count(line, total_iters))


def exponential_lr(base_lr: Real, gamma: Real, last_epoch: int = -1) -> Multiplies:
    """A factor for every count."""
    is_fresh("ExponentialLR", last_epoch)
    total = decaying(gamma)
    late = Constant(gamma) * total
    return Multiplies(base_lr, total, late, each=Constant(gamma), steady=total)


def polynomial_lr(
    base_lr: Real, total_iters: Steps = 5, power: Real = 1.0, last_epoch: int = -1
) -> Multiplies:
    """A power of what is left, down to 0; with `total_iters` or `power` of 0, constant."""
    is_fresh("PolynomialLR", last_epoch)
    if _is_never(total_iters) or is_known(power, 0):
        return Multiplies(base_lr, Constant(1.0))
    curve = Linear() if is_known(power, 1) else Polynomial(power)
    total = _to_last_count(Transition(1.0, 0.0, total_iters, curve), total_iters)
    late = Constant((total_iters / (total_iters + 1)) ** power) * total
    return Multiplies(base_lr, total, late)


def cosine_annealing_lr(
    base_lr: Real, T_max: Steps, eta_min: Real = 0.0, last_epoch: int = -1
) -> Oscillates:
    """Half a cosine down in `T_max` counts, up again in as many, and so on."""
    is_fresh("CosineAnnealingLR", last_epoch)
    checks.positive_length("CosineAnnealingLR", T_max=T_max)
    checks.number("CosineAnnealingLR", eta_min=eta_min)
    return Oscillates(base_lr, eta_min, T_max)


def cosine_annealing_warm_restarts(
    base_lr: Real, T_0: Steps, T_mult: Steps = 1, eta_min: Real = 0.0, last_epoch: int = -1
) -> Sets:
    """Half a cosine down, again and again, each `T_mult` times as long."""
    who = "CosineAnnealingWarmRestarts"
    is_fresh(who, last_epoch)
    check_int(who, "T_0", T_0)
    check_int(who, "T_mult", T_mult)
    checks.number(who, eta_min=eta_min)
    growth = None if is_known(T_mult, 1) else T_mult
    cycles = cosine_restarts_schedule(
        base_lr, eta_min, period_steps=T_0, period_growth=growth
    )
    return Sets(cycles)


def swalr(
    base_lr: Real,
    swa_lr: Real,
    anneal_epochs: Steps = 10,
    anneal_strategy: str = "cos",
    last_epoch: int = -1,
) -> Anneals:
    """From the rate that it finds to the one of stochastic weight averaging."""
    is_fresh("SWALR", last_epoch)
    check_int("SWALR", "anneal_epochs", anneal_epochs, least=0)
    curve = annealing("SWALR", anneal_strategy)
    return Anneals(base_lr, one_for_each(swa_lr), anneal_epochs, curve)


def annealing(who: str, anneal_strategy: str) -> Cosine | Linear:
    """The curve of a name."""
    checks.choice(who, choices=("cos", "linear"), anneal_strategy=anneal_strategy)
    return Cosine() if anneal_strategy == "cos" else Linear()


def check_int(who: str, name: str, value: Any, least: int = 1) -> None:
    """Requires an integer, which torch insists on."""
    checks.number(who, **{name: value})
    known = checks.concrete(value)
    checks.consistent(
        who,
        f"{name} to be an integer of at least {least}",
        known is None or (known.dtype.kind in "iu" and bool((known >= least).all())),
        f"{value}",
        "Round it.",
    )


def _check_share(who: str, name: str, value: Any) -> None:
    checks.number(who, **{name: value})
    holds = (value >= 0) & (value <= 1)
    checks.consistent(who, f"0 <= {name} <= 1", holds, f"{value}", "It is a factor.")


def _function(who: str, lr_lambda: Any) -> AbstractSchedule:
    function = one_for_each(lr_lambda)
    if not callable(function):
        raise TypeError(f"{who}(lr_lambda=...) must be a function, got {function!r}.")
    return as_schedule(function)


def _is_met(count: Any) -> bool:
    """Whether there is such a count; a traced one is trusted."""
    known = checks.concrete(count)
    return known is None or bool(((known >= 0) & (known % 1 == 0)).all())


def _is_never(total_iters: Any) -> bool:
    """Whether it is over before the first step."""
    known = checks.concrete(total_iters)
    return known is not None and bool((known < 1).all())


def _to_last_count(schedule: AbstractSchedule, steps: Any) -> AbstractSchedule:
    """A schedule that stops at the last count before a length with a fraction."""
    if _is_met(steps):
        return schedule
    last = math.floor(steps)
    return Join([schedule, kept(schedule, last)], [last])
