"""Parts that the ports of torch and optax share."""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxsched._core import AbstractSchedule, Constant, Real, Steps, checks
from jaxsched.combinators import Advance, Hold, Repeat
from jaxsched.schedules import NaturalExponentialDecay, PiecewiseConstant

_EVER = 2**31 - 1


def decaying(rate: Real, interval_steps: Steps = 1) -> AbstractSchedule:
    """`rate ** (t / T)`, by the logarithm: a rate near 1, rounded, has lost its pace.

    A negative rate changes the sign with every interval.
    """
    known = checks.concrete(rate)
    if known is None or known.ndim:
        pace = -jnp.log(jnp.maximum(rate, 1e-30)) / interval_steps
    elif known == 0:
        return PiecewiseConstant([1], [1.0, 0.0])
    elif known < 0:
        turns = PiecewiseConstant([interval_steps], [1.0, -1.0])
        return Repeat(turns, 2 * interval_steps) * decaying(-rate, interval_steps)
    else:
        pace = -math.log(known) / interval_steps
    return NaturalExponentialDecay(1.0, pace)


def kept(schedule: AbstractSchedule, count: Steps) -> AbstractSchedule:
    """The value of a schedule at one count, for ever."""
    if isinstance(schedule, Constant):
        return schedule
    return Hold(schedule if is_known(count, 0) else Advance(schedule, count), _EVER)


def is_known(value: Any, number: float) -> bool:
    """Whether it is this number, and not one that is traced or batched."""
    known = checks.concrete(value)
    return known is not None and known.ndim == 0 and known == number


def is_at_most_0(value: Any) -> bool:
    """Whether it is 0 or less, and not one that is traced or batched."""
    known = checks.concrete(value)
    return known is not None and known.ndim == 0 and bool(known <= 0)


def one_for_each(value: Any) -> Any:
    """Of a list, one entry for each parameter group, the first."""
    return value[0] if isinstance(value, (list, tuple)) else value


def is_fresh(who: str, last_epoch: Any) -> None:
    """Requires a run from its start."""
    if last_epoch != -1:
        raise ValueError(
            f"{who}(last_epoch=...) must be -1, a fresh run, got {last_epoch}. Ask the "
            f"schedule for a later count, or wrap it in Advance."
        )


def scheduler_in(who: str, spec: Any) -> tuple[str, Mapping[str, Any]]:
    """The name and the arguments of a scheduler inside another one."""
    if not isinstance(spec, Mapping) or set(spec) != {"scheduler", "kwargs"}:
        raise TypeError(
            f"{who}(schedulers=...) must hold dictionaries "
            f'{{"scheduler": name, "kwargs": {{...}}}}, got {spec!r}.'
        )
    return spec["scheduler"], spec["kwargs"]
