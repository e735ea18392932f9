"""Optax's schedules by their own names: same arguments, same values, now data.

Where optax is silent about bad input these raise; where it rounds to a wrong value they
are right. The differences are listed in the docs, "Coming from Optax".
"""

import itertools
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxsched._core import (
    AbstractSchedule,
    Constant,
    Real,
    Steps,
    checks,
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
    return Transition(init_value, init_value * alpha, decay_steps, cosine(exponent))


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
        return cosine_pieces([0, *boundaries], values)
    raise ValueError(
        f"piecewise_interpolate_schedule(interpolate_type=...) must be 'linear' or "
        f"'cosine', got {interpolate_type!r}."
    )


def _delayed(schedule: AbstractSchedule, delay_steps: Steps) -> AbstractSchedule:
    return schedule if _is_zero(delay_steps) else Delay(schedule, delay_steps)


def cosine(exponent: Real) -> Cosine:
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


def cosine_pieces(boundaries: list, values: list) -> AbstractSchedule:
    """Half cosines from value to value."""
    lengths = [b - a for a, b in itertools.pairwise(boundaries)]
    ends = zip(itertools.pairwise(values), lengths, strict=True)
    pieces = [Transition(a, b, length, Cosine()) for (a, b), length in ends]
    if not pieces:
        return Constant(values[0])
    return Join(pieces, boundaries[1:-1])
