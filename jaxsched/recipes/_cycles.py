"""Schedules that come back: annealing, restarts, cycles, one cycle."""

from jaxsched._core import AbstractCurve, AbstractSchedule, Constant, Real, Steps
from jaxsched.combinators import Join, Repeat
from jaxsched.curves import Cosine, Linear
from jaxsched.schedules import ExponentialDecay, Transition

from ._phases import end_of


def cosine_annealing_schedule(
    peak_value: Real,
    end_value: Real | None = None,
    *,
    end_ratio: Real | None = None,
    decay_steps: Steps,
) -> AbstractSchedule:
    r"""Cosine annealing, once.

    $$s(t) = b + \tfrac12 (a - b) (1 + \cos(\pi t / T)), \qquad s(t \ge T) = b$$

    Args:
        peak_value: $a$, at count 0.
        end_value: $b$, at count $T$ and after; 0 if not given.
        end_ratio: $b / a$; instead of `end_value`.
        decay_steps: $T$, in updates.

    >>> schedule = cosine_annealing_schedule(1.0, decay_steps=9)
    >>> print(schedule(0), schedule(3), schedule(9), schedule(10))
    1.0 0.75 0.0 0.0

    Reference: Loshchilov and Hutter, SGDR, 2017, arXiv:1608.03983.
    """
    end = end_of("cosine_annealing_schedule", peak_value, end_value, end_ratio)
    return Transition(peak_value, end, decay_steps, Cosine())


def cosine_oscillation_schedule(
    peak_value: Real, end_value: Real = 0.0, *, decay_steps: Steps
) -> AbstractSchedule:
    r"""Cosine annealing that goes back up, and down again, for ever.

    $$s(t) = b + \tfrac12 (a - b) (1 + \cos(\pi t / T))$$

    Args:
        peak_value: $a$, at counts 0, $2T$, $4T$, ...
        end_value: $b$, at counts $T$, $3T$, ...
        decay_steps: $T$, half a period, in updates.

    >>> schedule = cosine_oscillation_schedule(1.0, decay_steps=4)
    >>> [round(float(schedule(count)), 6) for count in (0, 2, 4, 6, 8)]
    [1.0, 0.5, 0.0, 0.5, 1.0]
    """
    return _there_and_back(peak_value, end_value, decay_steps, Cosine())


def cosine_restarts_schedule(
    peak_value: Real,
    end_value: Real = 0.0,
    *,
    period_steps: Steps,
    period_growth: Steps | None = None,
    peak_decay: Real | None = None,
) -> AbstractSchedule:
    r"""Cosine annealing with warm restarts.

    $$s(t) = b + \tfrac12 (a - b) d^i (1 + \cos(\pi (t - S_i) / T_i)), \; T_i = T g^i$$

    The floor $b$ is approached, and left by the restart before it is reached, as in
    the paper.

    Args:
        peak_value: $a$, at each restart (times $d^i$, above $b$).
        end_value: $b$.
        period_steps: $T$, length of the first cycle, in updates.
        period_growth: $g \ge 1$; None for cycles of equal length.
        peak_decay: $d$, for each cycle that is over; None for equal peaks.

    >>> schedule = cosine_restarts_schedule(1.0, period_steps=10, period_growth=2)
    >>> [round(float(schedule(count)), 6) for count in (0, 5, 10, 20, 30)]
    [1.0, 0.5, 1.0, 0.5, 1.0]

    Reference: Loshchilov and Hutter, SGDR, 2017, arXiv:1608.03983.
    """
    if peak_decay is None:
        cycle = Transition(peak_value, end_value, period_steps, Cosine())
        return Repeat(cycle, period_steps, period_growth)
    cycle = Transition(peak_value - end_value, 0.0, period_steps, Cosine())
    return Constant(end_value) + Repeat(cycle, period_steps, period_growth, peak_decay)


def triangular_schedule(
    min_value: Real, max_value: Real, *, half_period_steps: Steps
) -> AbstractSchedule:
    r"""Cyclical rate, policy "triangular": up and down in straight lines.

    $$s(t) = a + (b - a) \max(0, 1 - |t/S - 2c + 1|), \quad c = \lfloor 1 + t/2S \rfloor$$

    Args:
        min_value: $a$, at counts 0, $2S$, ...
        max_value: $b$, at counts $S$, $3S$, ...
        half_period_steps: $S$, half a cycle, in updates (the paper's step size).

    >>> schedule = triangular_schedule(0.25, 0.75, half_period_steps=4)
    >>> [float(schedule(count)) for count in (0, 2, 4, 6, 8)]
    [0.25, 0.5, 0.75, 0.5, 0.25]

    Reference: Smith, Cyclical Learning Rates, 2017, arXiv:1506.01186.
    """
    return _there_and_back(min_value, max_value, half_period_steps, Linear())


def triangular2_schedule(
    min_value: Real, max_value: Real, *, half_period_steps: Steps
) -> AbstractSchedule:
    r"""Cyclical rate, policy "triangular2": the height halves after every cycle.

    As `triangular_schedule` with $(b - a) / 2^{c - 1}$ for $b - a$.

    >>> schedule = triangular2_schedule(0.0, 1.0, half_period_steps=4)
    >>> [float(schedule(count)) for count in (4, 12, 20)]
    [1.0, 0.5, 0.25]

    Reference: Smith, Cyclical Learning Rates, 2017, arXiv:1506.01186.
    """
    height = max_value - min_value
    return Constant(min_value) + _there_and_back(
        0.0, height, half_period_steps, Linear(), 0.5
    )


def exp_range_schedule(
    min_value: Real, max_value: Real, *, half_period_steps: Steps, decay_rate: Real
) -> AbstractSchedule:
    r"""Cyclical rate, policy "exp_range": the height decays with every update.

    As `triangular_schedule` with $(b - a) g^t$ for $b - a$.

    Args:
        min_value: $a$.
        max_value: $b$.
        half_period_steps: $S$, half a cycle, in updates.
        decay_rate: $g > 0$, per update.

    >>> schedule = exp_range_schedule(0.0, 1.0, half_period_steps=2, decay_rate=0.5)
    >>> [float(schedule(count)) for count in (0, 2, 4, 6)]
    [0.0, 0.25, 0.0, 0.015625]

    Reference: Smith, Cyclical Learning Rates, 2017, arXiv:1506.01186.
    """
    height = _there_and_back(0.0, max_value - min_value, half_period_steps, Linear())
    return Constant(min_value) + height * ExponentialDecay(1.0, decay_rate, 1)


def onecycle_schedule(
    init_value: Real,
    peak_value: Real,
    end_value: Real = 0.0,
    *,
    warmup_steps: Steps,
    decay_steps: Steps,
    curve: AbstractCurve = Cosine(),
) -> AbstractSchedule:
    """The 1cycle policy: up to a peak, and down below where it started.

    Its momentum moves the other way: `onecycle_momentum_schedule`.

    Args:
        init_value: the value at count 0; the paper's is a 10th to a 25th of the peak.
        peak_value: the value at count `warmup_steps`.
        end_value: the value at the end and after.
        warmup_steps: length of the way up, in updates.
        decay_steps: length of the way down, in updates.
        curve: the shape of both ways.

    >>> schedule = onecycle_schedule(0.25, 1.0, 0.0, warmup_steps=4, decay_steps=8)
    >>> [round(float(schedule(count)), 6) for count in (0, 4, 8, 12)]
    [0.25, 1.0, 0.5, 0.0]

    Reference: Smith, A Disciplined Approach to Neural Network Hyper-Parameters, 2018,
    arXiv:1803.09820.
    """
    up = Transition(init_value, peak_value, warmup_steps, curve)
    return Join([up, Transition(peak_value, end_value, decay_steps, curve)], [warmup_steps])


def onecycle_momentum_schedule(
    max_value: Real = 0.95,
    min_value: Real = 0.85,
    *,
    warmup_steps: Steps,
    decay_steps: Steps,
    curve: AbstractCurve = Cosine(),
) -> AbstractSchedule:
    """The momentum of the 1cycle policy: low while the rate is high.

    Args:
        max_value: the value at both ends.
        min_value: the value at count `warmup_steps`.
        warmup_steps: as in `onecycle_schedule`.
        decay_steps: as in `onecycle_schedule`.
        curve: as in `onecycle_schedule`.

    >>> schedule = onecycle_momentum_schedule(1.0, 0.5, warmup_steps=4, decay_steps=8)
    >>> [float(schedule(count)) for count in (0, 4, 8, 12)]
    [1.0, 0.5, 0.75, 1.0]

    Reference: Smith, A Disciplined Approach to Neural Network Hyper-Parameters, 2018,
    arXiv:1803.09820.
    """
    return onecycle_schedule(
        max_value,
        min_value,
        max_value,
        warmup_steps=warmup_steps,
        decay_steps=decay_steps,
        curve=curve,
    )


def _there_and_back(
    start: Real,
    turn: Real,
    half: Steps,
    curve: AbstractCurve,
    peak_decay: Real = 1.0,
) -> AbstractSchedule:
    way = [Transition(start, turn, half, curve), Transition(turn, start, half, curve)]
    return Repeat(Join(way, [half]), 2 * half, peak_decay=peak_decay)
