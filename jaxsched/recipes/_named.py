"""Shapes that a paper has named, whose numbers are not those of a transition."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxsched._core import AbstractSchedule, Real, Steps, checks
from jaxsched.combinators import Join
from jaxsched.curves import Linear, Tanh
from jaxsched.schedules import Table, Transition

from ._cycles import cosine_restarts_schedule, onecycle_schedule
from ._optax_phases import share_of


def tanh_decay_schedule(
    init_value: Real,
    end_value: Real = 0.0,
    *,
    decay_steps: Steps,
    lower: Real = -6.0,
    upper: Real = 3.0,
) -> AbstractSchedule:
    r"""Hyperbolic-tangent decay, which only nearly starts and ends at its values.

    $$s(t) = b + \tfrac12 (a - b) (1 - \tanh(l + (u - l) \, t / T))$$

    To start and end at them exactly, use `decay_schedule` with `curves.Tanh`.

    Args:
        init_value: $a$.
        end_value: $b$.
        decay_steps: $T$, in updates.
        lower: $l$.
        upper: $u$.

    >>> schedule = tanh_decay_schedule(1.0, decay_steps=100)
    >>> [round(float(schedule(count)), 6) for count in (0, 50, 100)]
    [0.999994, 0.952574, 0.002473]

    Reference: Hsueh et al., Stochastic Gradient Descent with Hyperbolic-Tangent Decay,
    2019, arXiv:1806.01593.
    """
    height = init_value - end_value
    first, last = (height * _logistic(-2 * x) for x in (lower, upper))
    return Transition(end_value + first, end_value + last, decay_steps, Tanh(lower, upper))


def sigmoid_decay_schedule(
    init_value: Real,
    end_value: Real = 0.0,
    *,
    decay_steps: Steps,
    sharpness: Real = 10.0,
    midpoint: Real = 0.5,
) -> AbstractSchedule:
    r"""Logistic decay, which only nearly starts and ends at its values.

    $$s(t) = b + \frac{a - b}{1 + e^{k (t / T - c)}}$$

    Args:
        init_value: $a$.
        end_value: $b$.
        decay_steps: $T$, in updates.
        sharpness: $k > 0$.
        midpoint: $c$, the share of the way at which half of the height is lost.

    >>> schedule = sigmoid_decay_schedule(1.0, decay_steps=100)
    >>> [round(float(schedule(count)), 6) for count in (0, 50, 100)]
    [0.993307, 0.5, 0.006693]
    """
    checks.positive("sigmoid_decay_schedule", sharpness=sharpness)
    lower, upper = -sharpness * midpoint / 2, sharpness * (1 - midpoint) / 2
    return tanh_decay_schedule(
        init_value, end_value, decay_steps=decay_steps, lower=lower, upper=upper
    )


def slanted_triangular_schedule(
    peak_value: Real,
    *,
    total_steps: Steps,
    warmup_fraction: Real = 0.1,
    ratio: Real = 32.0,
) -> AbstractSchedule:
    r"""A steep line up and a long one down, between `peak_value / ratio` and the peak.

    Args:
        peak_value: the value after the warmup.
        total_steps: length of the whole, in updates.
        warmup_fraction: share of it that goes up, in (0, 1), cut to whole updates.
        ratio: of the peak to both ends.

    >>> schedule = slanted_triangular_schedule(0.01, total_steps=100)
    >>> [round(float(schedule(count)), 7) for count in (0, 10, 50, 100)]
    [0.0003125, 0.01, 0.0056944, 0.0003125]

    Reference: Howard and Ruder, ULMFiT, 2018, arXiv:1801.06146.
    """
    checks.positive("slanted_triangular_schedule", ratio=ratio, share=warmup_fraction)
    up = share_of(warmup_fraction, total_steps)
    start = peak_value / ratio
    return onecycle_schedule(
        start,
        peak_value,
        start,
        warmup_steps=up,
        decay_steps=up * (1 / warmup_fraction - 1),
        curve=Linear(),
    )


def cosine_hard_restarts_schedule(
    peak_value: Real, end_value: Real = 0.0, *, decay_steps: Steps, num_cycles: Steps
) -> AbstractSchedule:
    r"""Several equal cosine cycles in a given length, then the end value.

    $$s(t) = b + \tfrac12 (a - b) (1 + \cos(\pi (n t / T \bmod 1))), \quad t < T$$

    Args:
        peak_value: $a$, at the start of each cycle.
        end_value: $b$, at count $T$ and after.
        decay_steps: $T$, length of the whole, in updates.
        num_cycles: $n > 0$.

    >>> schedule = cosine_hard_restarts_schedule(1.0, decay_steps=20, num_cycles=2)
    >>> [round(float(schedule(count)), 6) for count in (0, 5, 10, 15, 20)]
    [1.0, 0.5, 1.0, 0.5, 0.0]
    """
    checks.positive("cosine_hard_restarts_schedule", num_cycles=num_cycles)
    period: Any = decay_steps / num_cycles
    if isinstance(decay_steps, int) and isinstance(num_cycles, int):
        whole, rest = divmod(decay_steps, num_cycles)
        period = period if rest else whole
    cycles = cosine_restarts_schedule(peak_value, end_value, period_steps=period)
    return Join([cycles, end_value], [decay_steps])


def chebyshev_schedule(
    min_value: Real, max_value: Real, *, total_steps: int
) -> AbstractSchedule:
    r"""Chebyshev's steps in their fractal order, for accelerated gradient descent.

    $$\gamma_i = \frac{2}{(M + m) - (M - m) \cos((i + \tfrac12) \pi / N)}$$

    with $M$ and $m$ one over the smallest and the largest value. The fractal order
    puts each large step where the small ones around it keep it stable.

    Args:
        min_value: the smallest step, one over the smoothness of the objective.
        max_value: the largest step, one over its convexity.
        total_steps: a Python integer; rounded up to a power of two.

    >>> steps = chebyshev_schedule(1.0, 4.0, total_steps=4)
    >>> [round(float(steps(count)), 4) for count in range(4)]
    [3.5901, 1.0294, 2.0769, 1.3012]

    Reference: Agarwal et al., Acceleration via Fractal Learning Rate Schedules, 2021,
    arXiv:2103.01338.
    """
    checks.size("chebyshev_schedule", total_steps=total_steps)
    checks.positive("chebyshev_schedule", min_value=min_value, max_value=max_value)
    order = np.zeros(1, int)
    while len(order) < total_steps:
        last = 2 * len(order) - 1
        order = np.stack([order, last - order], axis=1).reshape(-1)
    places = np.cos((order + 0.5) * np.pi / len(order))
    high, low = 1 / min_value, 1 / max_value
    return Table(2 / ((high + low) - (high - low) * places))


def _logistic(x: Any) -> Any:
    """`1 / (1 + e^-x)`, a Python number of a Python number."""
    known = isinstance(x, (int, float))
    return 1 / (1 + (np.exp(-float(x)) if known else jnp.exp(-x)))
