"""The schedules of optax, by their own names, with optax's values for every argument.

The functions of the same names at the root refuse what makes no sense (a warmup of no
steps, say), or do what was meant; here it does what it does in optax.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jaxsched import recipes
from jaxsched._core import AbstractSchedule, Constant, Real, Steps, as_schedule, checks
from jaxsched.combinators import Advance
from jaxsched.controllers import AbstractController, Averaged, OptaxPlateau

from ._factors import is_at_most_0, is_known, scheduler_in
from ._optax_curves import (
    constant_schedule,
    cosine_decay_schedule,
    cosine_onecycle_schedule,
    exponential_decay,
    linear_onecycle_schedule,
    linear_schedule,
    piecewise_constant_schedule,
    piecewise_interpolate_schedule,
    polynomial_schedule,
)


def warmup_constant_schedule(
    init_value: Real, peak_value: Real, warmup_steps: Steps
) -> AbstractSchedule:
    """A line up to a constant; without steps it stays at the first value."""
    return linear_schedule(init_value, peak_value, warmup_steps)


def warmup_cosine_decay_schedule(
    init_value: Real,
    peak_value: Real,
    warmup_steps: Steps,
    decay_steps: Steps,
    end_value: Real = 0.0,
    exponent: Real = 1.0,
) -> AbstractSchedule:
    """A line up, half a cosine down; `decay_steps` counts both. A peak of 0 stays."""
    length = decay_steps - warmup_steps
    checks.consistent(
        "warmup_cosine_decay_schedule",
        "decay_steps > warmup_steps, since it is the length of the whole",
        length > 0,
        f"decay_steps={decay_steps} and warmup_steps={warmup_steps}",
        "Raise decay_steps.",
    )
    if is_known(peak_value, 0):
        decay: AbstractSchedule = Constant(peak_value)
    else:
        decay = cosine_decay_schedule(peak_value, length, end_value / peak_value, exponent)
    warmup = linear_schedule(init_value, peak_value, warmup_steps)
    return _joined([warmup, decay], [warmup_steps])


def warmup_exponential_decay_schedule(
    init_value: Real,
    peak_value: Real,
    warmup_steps: Steps,
    transition_steps: Steps,
    decay_rate: Real,
    transition_begin: Steps = 0,
    staircase: bool = False,
    end_value: Real | None = None,
) -> AbstractSchedule:
    """A line up, then `exponential_decay` from its own count 0."""
    decay = exponential_decay(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    warmup = linear_schedule(init_value, peak_value, warmup_steps)
    return _joined([warmup, decay], [warmup_steps])


def sgdr_schedule(cosine_kwargs: Iterable[Mapping[str, Any]]) -> AbstractSchedule:
    """`warmup_cosine_decay_schedule` again and again, each after its `decay_steps`."""
    cycles = [dict(cycle) for cycle in cosine_kwargs]
    schedules = [warmup_cosine_decay_schedule(**cycle) for cycle in cycles]
    ends = itertools.accumulate(cycle["decay_steps"] for cycle in cycles)
    return join_schedules(schedules, list(ends)[:-1])


def join_schedules(
    schedules: Sequence[Any], boundaries: Sequence[Steps]
) -> AbstractSchedule:
    """One after another, from its own count 0; a later one that begins earlier wins.

    What has no boundary, or no schedule, is left out, as in optax.
    """
    if not schedules:
        raise ValueError("join_schedules(schedules=...) must not be empty.")
    return _joined([_nested(schedule) for schedule in schedules], list(boundaries))


def reduce_on_plateau(
    base_lr: Real,
    factor: Real = 0.1,
    patience: Steps = 10,
    rtol: Real = 1e-4,
    atol: Real = 0.0,
    cooldown: Steps = 0,
    accumulation_size: Steps = 1,
    min_scale: Real = 0.0,
) -> AbstractController:
    """The rate times the scale of `optax.contrib.reduce_on_plateau`: a controller."""
    checks.number("reduce_on_plateau", rtol=rtol, atol=atol)
    checks.consistent(
        "reduce_on_plateau",
        "rtol or atol above 0",
        (rtol > 0) | (atol > 0),
        f"rtol={rtol} and atol={atol}",
        "Raise one of them.",
    )
    rule: AbstractController = OptaxPlateau(
        factor, patience, rtol, atol, cooldown, min_scale
    )
    if not is_known(accumulation_size, 1):
        # A mean of no values never comes.
        is_never = is_at_most_0(accumulation_size)
        rule = Averaged(rule, 2**31 - 1 if is_never else accumulation_size)
    return rule * base_lr


def _joined(schedules: list[AbstractSchedule], boundaries: list) -> AbstractSchedule:
    """Those that get their turn: a boundary ends every one that begins no earlier."""
    turns: list[tuple[Any, AbstractSchedule]] = [(0, schedules[0])]
    for begin, schedule in zip(boundaries, schedules[1:], strict=False):
        if is_at_most_0(begin) and not is_known(begin, 0):
            begin, schedule = 0, Advance(schedule, -begin)
        while turns and is_known(begin <= turns[-1][0], True):
            turns.pop()
        turns.append((begin, schedule))
    begins, runs = zip(*turns, strict=True)
    return runs[0] if len(runs) == 1 else recipes.join_schedules(runs, begins[1:])


def _nested(schedule: Any) -> AbstractSchedule:
    if callable(schedule):
        return as_schedule(schedule)
    name, kwargs = scheduler_in("join_schedules", schedule)
    if name not in PORTS or name == "reduce_on_plateau":
        known = sorted(set(PORTS) - {"reduce_on_plateau"})
        raise ValueError(f"A schedule must be one of {known}, got {name!r}.")
    return PORTS[name](**kwargs)


PORTS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        constant_schedule,
        cosine_decay_schedule,
        cosine_onecycle_schedule,
        exponential_decay,
        join_schedules,
        linear_onecycle_schedule,
        linear_schedule,
        piecewise_constant_schedule,
        piecewise_interpolate_schedule,
        polynomial_schedule,
        reduce_on_plateau,
        sgdr_schedule,
        warmup_constant_schedule,
        warmup_cosine_decay_schedule,
        warmup_exponential_decay_schedule,
    )
}
