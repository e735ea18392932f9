"""Optax's schedules by their own names: same arguments, same values, now data.

Where optax is silent about bad input these raise; where it rounds to a wrong value they
are right. The differences are listed in the docs, "Coming from optax".
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxsched._core import (
    AbstractSchedule,
    Constant,
    CountLike,
    Real,
    Steps,
    as_schedules,
    checks,
    clock,
)
from jaxsched.combinators import Clip, Delay, Hold, Join
from jaxsched.curves import Cosine, Polynomial
from jaxsched.schedules import (
    ExponentialDecay,
    PiecewiseConstant,
    PiecewiseLinear,
    Transition,
)


def constant_schedule(value: Real) -> AbstractSchedule:
    """The same value at every count, as `optax.constant_schedule`.

    >>> constant_schedule(5.0)(100)
    Array(5., dtype=float32)
    """
    return Constant(value)


def linear_schedule(
    init_value: Real, end_value: Real, transition_steps: Steps, transition_begin: Steps = 0
) -> AbstractSchedule:
    """A straight line between two values, as `optax.linear_schedule`.

    With a concrete `transition_steps` of 0 it stays at `init_value`, as optax says.

    >>> linear_schedule(init_value=1.0, end_value=0.5, transition_steps=10)(5)
    Array(0.75, dtype=float32)
    """
    if _is_zero(transition_steps):
        return Constant(init_value)
    return _delayed(Transition(init_value, end_value, transition_steps), transition_begin)


def polynomial_schedule(
    init_value: Real,
    end_value: Real,
    power: Real,
    transition_steps: Steps,
    transition_begin: Steps = 0,
) -> AbstractSchedule:
    """A power of what is left between two values, as `optax.polynomial_schedule`.

    With a concrete `transition_steps` of 0 it stays at `init_value`, as optax says.

    >>> polynomial_schedule(1.0, 0.0, power=2.0, transition_steps=10)(5)
    Array(0.25, dtype=float32)
    """
    if _is_zero(transition_steps):
        return Constant(init_value)
    curve = Polynomial(power)
    transition = Transition(init_value, end_value, transition_steps, curve)
    return _delayed(transition, transition_begin)


def exponential_decay(
    init_value: Real,
    transition_steps: Steps,
    decay_rate: Real,
    transition_begin: Steps = 0,
    staircase: bool = False,
    end_value: Real | None = None,
) -> AbstractSchedule:
    """A factor `decay_rate` for every `transition_steps`, as `optax.exponential_decay`.

    `end_value` is a bound: below for a rate under 1, else above.

    >>> exponential_decay(1.0, transition_steps=10, decay_rate=0.5)(20)
    Array(0.25, dtype=float32)
    """
    schedule: AbstractSchedule = ExponentialDecay(init_value, decay_rate, transition_steps)
    if staircase:
        schedule = Hold(schedule, transition_steps)
    schedule = _delayed(schedule, transition_begin)
    if end_value is None:
        return schedule
    if checks.concrete(decay_rate) is not None and np.ndim(decay_rate) == 0:
        falls = float(decay_rate) < 1  # pyright: ignore[reportArgumentType] - concrete
        return Clip(schedule, **{"min_value" if falls else "max_value": end_value})
    falls = jnp.asarray(decay_rate) < 1
    low = jnp.where(falls, end_value, -jnp.inf)
    return Clip(schedule, low, jnp.where(falls, jnp.inf, end_value))


def cosine_decay_schedule(
    init_value: Real, decay_steps: Steps, alpha: Real = 0.0, exponent: Real = 1.0
) -> AbstractSchedule:
    """Half a cosine down to `alpha * init_value`, as `optax.cosine_decay_schedule`.

    >>> round(float(cosine_decay_schedule(1.0, decay_steps=10)(5)), 6)
    0.5
    """
    checks.positive_length("cosine_decay_schedule", decay_steps=decay_steps)
    return Transition(init_value, init_value * alpha, decay_steps, _cosine(exponent))


def piecewise_constant_schedule(
    init_value: Real, boundaries_and_scales: Mapping[Any, Real] | None = None
) -> AbstractSchedule:
    """Steps by cumulated factors, as `optax.piecewise_constant_schedule`.

    >>> schedule = piecewise_constant_schedule(1.0, {10: 0.5, 20: 0.5})
    >>> [float(schedule(count)) for count in (9, 10, 20)]
    [1.0, 0.5, 0.25]
    """
    boundaries, scales = _sorted_scales(
        "piecewise_constant_schedule", boundaries_and_scales
    )
    return PiecewiseConstant(boundaries, _cumulated(init_value, scales))


def piecewise_interpolate_schedule(
    interpolate_type: str,
    init_value: Real,
    boundaries_and_scales: Mapping[Any, Real] | None = None,
) -> AbstractSchedule:
    """Between cumulated values, as `optax.piecewise_interpolate_schedule`.

    Args:
        interpolate_type: `"linear"` or `"cosine"`.
        init_value: the value at count 0.
        boundaries_and_scales: from a count to the factor that is reached there.

    >>> piecewise_interpolate_schedule("linear", 1.0, {10: 0.5})(5)
    Array(0.75, dtype=float32)
    """
    boundaries, scales = _sorted_scales(
        "piecewise_interpolate_schedule", boundaries_and_scales
    )
    values = _cumulated(init_value, scales)
    if interpolate_type == "linear":
        return PiecewiseLinear([0, *boundaries], values)
    if interpolate_type == "cosine":
        return _cosine_pieces([0, *boundaries], values)
    raise ValueError(
        f"piecewise_interpolate_schedule(interpolate_type=...) must be 'linear' or "
        f"'cosine', got {interpolate_type!r}."
    )


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
    up, down = _share(pct_start, transition_steps), _share(pct_final, transition_steps)
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
    up = _share(pct_start, transition_steps)
    values = [start, peak_value, start / final_div_factor]
    return _cosine_pieces([0, up, transition_steps], values)


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

    Args:
        init_value: the value at count 0.
        peak_value: the value at count `warmup_steps`.
        warmup_steps: length of the warmup.
        decay_steps: length of the whole, warmup included, as in optax.
        end_value: the value at count `decay_steps` and after.
        exponent: of the cosine term.

    Raises:
        ValueError: if `decay_steps` does not exceed `warmup_steps`.

    >>> schedule = warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=4, decay_steps=8)
    >>> [round(float(schedule(count)), 6) for count in (0, 1, 4, 6, 8)]
    [0.0, 0.25, 1.0, 0.5, 0.0]
    """
    cosine_steps = decay_steps - warmup_steps
    checks.consistent(
        "warmup_cosine_decay_schedule",
        "decay_steps > warmup_steps, since it is the length of the whole",
        cosine_steps > 0,
        f"decay_steps={decay_steps} and warmup_steps={warmup_steps}",
        "Raise decay_steps.",
    )
    decay = Transition(peak_value, end_value, cosine_steps, _cosine(exponent))
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

    >>> warm = linear_schedule(0.0, 1.0, 4)
    >>> join_schedules([warm, constant_schedule(0.5)], boundaries=[4])(4)
    Array(0.5, dtype=float32)
    """
    return Join(as_schedules(schedules), tuple(boundaries))


def _delayed(schedule: AbstractSchedule, delay_steps: Steps) -> AbstractSchedule:
    return schedule if _is_zero(delay_steps) else Delay(schedule, delay_steps)


def _cosine(exponent: Real) -> Cosine:
    """A plain 1 is cosine annealing; any other exponent is a number of the curve."""
    known = checks.concrete(exponent)
    is_one = known is not None and known.ndim == 0 and known == 1
    return Cosine() if is_one else Cosine(exponent)


def _is_zero(steps: Any) -> bool:
    """Whether a length is a plain 0; a traced or batched one is a length like any."""
    known = checks.concrete(steps)
    return known is not None and known.ndim == 0 and known == 0


def _sorted_scales(who: str, table: Mapping[Any, Real] | None) -> tuple[list, list]:
    items = sorted((table or {}).items())
    for boundary, scale in items:
        checks.consistent(
            who,
            "factors of 0 or more",
            scale >= 0,
            f"{scale} at count {boundary}",
            "Give factors on the value so far.",
        )
    return [b for b, _ in items], [s for _, s in items]


def _cumulated(init_value: Real, scales: list) -> Any:
    values = [init_value]
    for scale in scales:
        values.append(values[-1] * scale)
    return values


def _cosine_pieces(boundaries: list, values: list) -> AbstractSchedule:
    lengths = [b - a for a, b in itertools.pairwise(boundaries)]
    ends = zip(itertools.pairwise(values), lengths, strict=True)
    pieces = [Transition(a, b, length, Cosine()) for (a, b), length in ends]
    if not pieces:
        return Constant(values[0])
    return Join(pieces, boundaries[1:-1])


def _share(fraction: Real, steps: Steps) -> Any:
    """A share of a length in whole updates, as `int()` cuts it."""
    share = fraction * steps
    if checks.concrete(share) is not None and np.ndim(share) == 0:
        return int(share)  # pyright: ignore[reportArgumentType] - concrete
    dtype = clock.int_dtype() if _is_whole(steps) else clock.float_dtype()
    return jnp.floor(share).astype(dtype)


def _is_whole(steps: Any) -> bool:
    return jnp.issubdtype(jnp.result_type(steps), jnp.integer)
