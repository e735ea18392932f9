"""The schedules of optax that are one curve, or pieces of one kind."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp

from jaxsched import recipes
from jaxsched._core import AbstractSchedule, Constant, Real, Steps, checks
from jaxsched.combinators import Advance, Clip, Delay, Hold

from ._factors import decaying, is_at_most_0, is_known

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
    if is_at_most_0(transition_steps) or is_known(power, 0):
        return Constant(init_value)
    begin = 0 if is_at_most_0(transition_begin) else transition_begin
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
    if is_at_most_0(transition_steps) or is_known(decay_rate, 0):
        return Constant(init_value)
    checks.positive("exponential_decay", decay_rate=decay_rate)
    factor = decaying(decay_rate, transition_steps)
    if staircase:
        factor = Hold(factor, transition_steps)
    if not is_at_most_0(transition_begin):
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
    end: Any = transition_steps
    table = {
        int(pct_start * transition_steps): div_factor,
        int(pct_final * transition_steps): 1.0 / div_factor,
        end: 1.0 / final_div_factor,
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


def _are_known(*numbers: Any) -> bool:
    known = [checks.concrete(number) for number in numbers]
    return all(number is not None and number.ndim == 0 for number in known)
