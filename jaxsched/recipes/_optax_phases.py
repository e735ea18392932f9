"""Optax's schedules of several phases: one cycle, warmup and decay, restarts, joins."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from jaxsched._core import (
    AbstractSchedule,
    CountLike,
    Length,
    Real,
    Steps,
    as_schedules,
    checks,
    clock,
    kind_of,
)
from jaxsched.combinators import Join, segments
from jaxsched.schedules import (
    PiecewiseLinear,
    Transition,
)

from ._optax import cosine, cosine_pieces, exponential_decay

_MANY = 8


def linear_onecycle_schedule(
    transition_steps: Steps,
    peak_value: Real,
    pct_start: Real = 0.3,
    pct_final: Real = 0.85,
    div_factor: Real = 25.0,
    final_div_factor: Real = 1e4,
) -> AbstractSchedule:
    """Up, down and out in three lines, as `optax.linear_onecycle_schedule`.

    From `peak_value / div_factor` to the peak, back, and to
    `peak_value / (div_factor * final_div_factor)`, which is what optax computes.

    >>> linear_onecycle_schedule(100, peak_value=1.0)(30)
    Array(1., dtype=float32)
    """
    name = "linear_onecycle_schedule"
    checks.positive_length(name, transition_steps=transition_steps)
    start = peak_value / div_factor
    up, down = share_of(pct_start, transition_steps), share_of(pct_final, transition_steps)
    values = [start, peak_value, start, start / final_div_factor]
    return PiecewiseLinear([0, up, down, transition_steps], values)


def cosine_onecycle_schedule(
    transition_steps: Steps,
    peak_value: Real,
    pct_start: Real = 0.3,
    div_factor: Real = 25.0,
    final_div_factor: Real = 1e4,
) -> AbstractSchedule:
    """Up and down along cosines, as `optax.cosine_onecycle_schedule`.

    >>> cosine_onecycle_schedule(100, peak_value=1.0)(30)
    Array(1., dtype=float32)
    """
    name = "cosine_onecycle_schedule"
    checks.positive_length(name, transition_steps=transition_steps)
    start = peak_value / div_factor
    up = share_of(pct_start, transition_steps)
    values = [start, peak_value, start / final_div_factor]
    return cosine_pieces([0, up, transition_steps], values)


def warmup_constant_schedule(
    init_value: Real, peak_value: Real, warmup_steps: Steps
) -> AbstractSchedule:
    """A line up to a constant, as `optax.warmup_constant_schedule`.

    With `warmup_steps` of 0 it is at the peak at once (optax: at `init_value` for ever).

    >>> warmup_constant_schedule(0.0, 1.0, warmup_steps=4)(1)
    Array(0.25, dtype=float32)
    """
    return Transition(init_value, peak_value, warmup_steps)


def warmup_cosine_decay_schedule(
    init_value: Real,
    peak_value: Real,
    warmup_steps: Steps,
    decay_steps: Steps,
    end_value: Real = 0.0,
    exponent: Real = 1.0,
) -> AbstractSchedule:
    """A line up, half a cosine down, as `optax.warmup_cosine_decay_schedule`.

    All warmup, `decay_steps == warmup_steps`, is followed by the floor (optax refuses).

    Args:
        init_value: the value at count 0.
        peak_value: the value at count `warmup_steps`.
        warmup_steps: length of the warmup.
        decay_steps: length of the whole, warmup included, as in optax.
        end_value: the value at count `decay_steps` and after.
        exponent: of the cosine term.

    Raises:
        ValueError: if `decay_steps` is below `warmup_steps`.

    >>> schedule = warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=4, decay_steps=8)
    >>> [round(float(schedule(count)), 6) for count in (0, 1, 4, 6, 8)]
    [0.0, 0.25, 1.0, 0.5, 0.0]
    """
    cosine_steps = decay_steps - warmup_steps
    checks.consistent(
        "warmup_cosine_decay_schedule",
        "decay_steps >= warmup_steps, since it is the length of the whole",
        cosine_steps >= 0,
        f"decay_steps={decay_steps} and warmup_steps={warmup_steps}",
        "Raise decay_steps.",
    )
    decay = Transition(peak_value, end_value, cosine_steps, cosine(exponent))
    return Join([Transition(init_value, peak_value, warmup_steps), decay], [warmup_steps])


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
    """A line up, then `exponential_decay`: `optax.warmup_exponential_decay_schedule`.

    >>> schedule = warmup_exponential_decay_schedule(0.0, 1.0, 4, 10, decay_rate=0.5)
    >>> [float(schedule(count)) for count in (0, 4, 14)]
    [0.0, 1.0, 0.5]
    """
    decay = exponential_decay(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return Join([Transition(init_value, peak_value, warmup_steps), decay], [warmup_steps])


def sgdr_schedule(cosine_kwargs: Iterable[Mapping[str, Any]]) -> AbstractSchedule:
    """Cosine decays one after another, as `optax.sgdr_schedule`.

    Args:
        cosine_kwargs: the arguments of `warmup_cosine_decay_schedule` for each cycle.

    >>> cycle = dict(init_value=0.0, peak_value=1.0, warmup_steps=4, decay_steps=8)
    >>> sgdr_schedule([cycle, cycle])(12)
    Array(1., dtype=float32)
    """
    cycles = list(cosine_kwargs)
    if not cycles:
        raise ValueError("sgdr_schedule(cosine_kwargs=...) must not be empty.")
    boundaries, end = [], 0
    for cycle in cycles:
        end = end + cycle["decay_steps"]
        boundaries.append(end)
    schedules = [warmup_cosine_decay_schedule(**cycle) for cycle in cycles]
    return Join(schedules, boundaries[:-1])


def join_schedules(
    schedules: Sequence[Callable[[CountLike], Any]], boundaries: Sequence[Steps]
) -> AbstractSchedule:
    """Schedules one after another, as `optax.join_schedules`.

    Raises:
        ValueError: if there is not one boundary between neighbours, in order (optax
            leaves schedules out).

    >>> warm = warmup_constant_schedule(0.0, 1.0, warmup_steps=4)
    >>> join_schedules([warm, lambda count: 0.5], boundaries=[4])(4)
    Array(0.5, dtype=float32)
    """
    schedules = as_schedules(schedules)
    # Many pieces of one structure cost what one costs.
    if len(schedules) >= _MANY and len({kind_of(s) for s in schedules}) == 1:
        return segments(schedules, boundaries)
    return Join(schedules, tuple(boundaries))


def share_of(fraction: Real, steps: Steps) -> Any:
    """A share of a length in whole updates, as `int()` cuts it."""
    if isinstance(steps, Length):
        return steps * fraction  # which `resolve` turns into updates
    a, b = checks.concrete(fraction), checks.concrete(steps)
    if a is not None and b is not None and a.ndim == b.ndim == 0:
        return int(a * b)
    share = jnp.floor(clock.as_float(fraction) * clock.as_float(steps))
    return share.astype(clock.int_dtype() if _is_whole(steps) else clock.float_dtype())


def _is_whole(steps: Any) -> bool:
    return jnp.issubdtype(jnp.result_type(steps), jnp.integer)
