"""The schedules of optax, by their own names, with optax's values for every argument.

The functions of the same names at the root refuse what makes no sense (a warmup of no
steps, say), or do what was meant; here it does what it does in optax.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from jaxsched import recipes
from jaxsched._core import AbstractSchedule, Constant, Real, Steps, as_schedule, checks
from jaxsched.combinators import Advance, Clip, Delay, Hold
from jaxsched.controllers import AbstractController, Averaged, OptaxPlateau

from ._factors import decaying, is_known, scheduler_in

_Table = Mapping[Any, Real] | None


def constant_schedule(value: Real) -> AbstractSchedule:
    """The same value at every count."""
    return Constant(value)


def linear_schedule(
    init_value: Real, end_value: Real, transition_steps: Steps, transition_begin: Steps = 0
) -> AbstractSchedule:
    """A straight line; without steps the first value for ever."""
    return polynomial_schedule(init_value, end_value, 1, transition_steps, transition_begin)


def polynomial_schedule(
    init_value: Real,
    end_value: Real,
    power: Real,
    transition_steps: Steps,
    transition_begin: Steps = 0,
) -> AbstractSchedule:
    """A power of what is left; without steps or power the first value for ever."""
    if _is_at_most_0(transition_steps) or is_known(power, 0):
        return Constant(init_value)
    begin = 0 if _is_at_most_0(transition_begin) else transition_begin
    if is_known(power, 1):
        return recipes.linear_schedule(init_value, end_value, transition_steps, begin)
    return recipes.polynomial_schedule(
        init_value, end_value, power, transition_steps, begin
    )


def exponential_decay(
    init_value: Real,
    transition_steps: Steps,
    decay_rate: Real,
    transition_begin: Steps = 0,
    staircase: bool = False,
    end_value: Real | None = None,
) -> AbstractSchedule:
    """A factor for every so many steps; without steps or rate the first value for ever."""
    if _is_at_most_0(transition_steps) or is_known(decay_rate, 0):
        return Constant(init_value)
    checks.positive("exponential_decay", decay_rate=decay_rate)
    factor = decaying(decay_rate, transition_steps)
    if staircase:
        factor = Hold(factor, transition_steps)
    if not _is_at_most_0(transition_begin):
        factor = Delay(factor, transition_begin)
    schedule = Constant(init_value) * factor
    if end_value is None:
        return schedule
    falls = decay_rate < 1
    if checks.concrete(falls) is not None:
        return Clip(schedule, **{"min_value" if falls else "max_value": end_value})
    low, high = jnp.where(falls, end_value, -jnp.inf), jnp.where(falls, jnp.inf, end_value)
    return Clip(schedule, low, high)


def cosine_decay_schedule(
    init_value: Real, decay_steps: Steps, alpha: Real = 0.0, exponent: Real = 1.0
) -> AbstractSchedule:
    """Half a cosine down to a share of the first value."""
    checks.positive_length("cosine_decay_schedule", decay_steps=decay_steps)
    if is_known(exponent, 0):
        return Constant(init_value)
    return recipes.cosine_decay_schedule(init_value, decay_steps, alpha, exponent)


def piecewise_constant_schedule(
    init_value: Real, boundaries_and_scales: _Table = None
) -> AbstractSchedule:
    """Cumulated factors; a boundary may be the text that it is in JSON."""
    make = recipes.piecewise_constant_schedule
    return _piecewise(make, init_value, boundaries_and_scales)


def piecewise_interpolate_schedule(
    interpolate_type: str, init_value: Real, boundaries_and_scales: _Table = None
) -> AbstractSchedule:
    """Ways between cumulated values; a boundary may be the text that it is in JSON."""
    make = functools.partial(recipes.piecewise_interpolate_schedule, interpolate_type)
    return _piecewise(make, init_value, boundaries_and_scales)


def linear_onecycle_schedule(
    transition_steps: Steps,
    peak_value: Real,
    pct_start: Real = 0.3,
    pct_final: Real = 0.85,
    div_factor: Real = 25.0,
    final_div_factor: Real = 1e4,
) -> AbstractSchedule:
    """Three lines; of two corners at one count the later one counts."""
    name = "linear_onecycle_schedule"
    checks.positive_length(name, transition_steps=transition_steps)
    if not _are_known(transition_steps, pct_start, pct_final):
        return recipes.linear_onecycle_schedule(
            transition_steps, peak_value, pct_start, pct_final, div_factor, final_div_factor
        )
    table = {
        int(pct_start * transition_steps): div_factor,
        int(pct_final * transition_steps): 1.0 / div_factor,
        transition_steps: 1.0 / final_div_factor,
    }
    return piecewise_interpolate_schedule("linear", peak_value / div_factor, table)


def cosine_onecycle_schedule(
    transition_steps: Steps,
    peak_value: Real,
    pct_start: Real = 0.3,
    div_factor: Real = 25.0,
    final_div_factor: Real = 1e4,
) -> AbstractSchedule:
    """Two half cosines; of two corners at one count the later one counts."""
    name = "cosine_onecycle_schedule"
    checks.positive_length(name, transition_steps=transition_steps)
    if not _are_known(transition_steps, pct_start):
        return recipes.cosine_onecycle_schedule(
            transition_steps, peak_value, pct_start, div_factor, final_div_factor
        )
    table = {
        int(pct_start * transition_steps): div_factor,
        int(transition_steps): 1.0 / (div_factor * final_div_factor),
    }
    return piecewise_interpolate_schedule("cosine", peak_value / div_factor, table)


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
        is_never = _is_at_most_0(accumulation_size)
        rule = Averaged(rule, 2**31 - 1 if is_never else accumulation_size)
    return rule * base_lr


def _piecewise(
    make: Callable[..., AbstractSchedule], init_value: Real, table: _Table
) -> AbstractSchedule:
    """A table's schedule; at count 0 it is behind the boundaries below 0."""
    items = sorted((_boundary(key), scale) for key, scale in (table or {}).items())
    begin, scale = items[0] if items else (0, 1.0)
    if begin >= 0:
        return make(init_value, dict(items))
    checks.consistent(
        "A table", "factors of 0 or more", scale >= 0, f"{scale}", "Raise it."
    )
    rest = {boundary - begin: scale for boundary, scale in items[1:]}
    return Advance(make(init_value * scale, rest), -begin)


def _boundary(key: Any) -> Any:
    if not isinstance(key, str):
        return key
    return int(key) if key.lstrip("-").isdigit() else float(key)


def _joined(schedules: list[AbstractSchedule], boundaries: list) -> AbstractSchedule:
    """Those that get their turn: a boundary ends every one that begins no earlier."""
    turns: list[tuple[Any, AbstractSchedule]] = [(0, schedules[0])]
    for begin, schedule in zip(boundaries, schedules[1:], strict=False):
        if _is_at_most_0(begin) and not is_known(begin, 0):
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


def _is_at_most_0(steps: Any) -> bool:
    known = checks.concrete(steps)
    return known is not None and known.ndim == 0 and bool(known <= 0)


def _are_known(*numbers: Any) -> bool:
    return all(checks.concrete(number) is not None for number in numbers)


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
