"""The families of schedules that the tasks are swept over, each by its peak alone."""

from collections.abc import Callable

from jaxsched import curves
from jaxsched._core import AbstractSchedule, Constant
from jaxsched.recipes import (
    cosine_annealing_schedule,
    cosine_restarts_schedule,
    decay_schedule,
    exponential_decay,
    linear_warmup_schedule,
    onecycle_schedule,
    power_decay_schedule,
    step_decay_schedule,
    time_decay_schedule,
    triangular_schedule,
    warmup_stable_decay_schedule,
)

Family = Callable[[float], AbstractSchedule]


def families(num_steps: int) -> dict[str, Family]:
    """What makes a schedule of a run's length from a peak value, by name.

    Args:
        num_steps: length of the run, in updates.

    >>> float(families(100)["cosine"](0.5)(0))
    0.5
    """
    tenth, third = max(num_steps // 10, 1), max(num_steps // 3, 1)
    fifth, half = max(num_steps // 5, 1), max(num_steps // 2, 1)
    rest = max(num_steps - tenth, 1)
    quadratic = curves.Polynomial(power=2.0)

    def warmup_cosine(peak: float) -> AbstractSchedule:
        cosine = cosine_annealing_schedule(peak, decay_steps=rest)
        return linear_warmup_schedule(cosine, warmup_steps=tenth)

    def onecycle(peak: float) -> AbstractSchedule:
        down = max(num_steps - third, 1)
        return onecycle_schedule(peak / 25, peak, warmup_steps=third, decay_steps=down)

    def stable(peak: float) -> AbstractSchedule:
        decay = max(rest - half, 1)
        return warmup_stable_decay_schedule(
            0.0, peak, warmup_steps=tenth, stable_steps=half, decay_steps=decay
        )

    def restarts(peak: float) -> AbstractSchedule:
        # Cycles of 1, 2 and 4 sevenths.
        first = max(num_steps // 7, 1)
        return cosine_restarts_schedule(peak, period_steps=first, period_growth=2)

    return {
        "constant": Constant,
        "step": lambda p: step_decay_schedule(p, decay_rate=0.5, interval_steps=fifth),
        "time": lambda p: time_decay_schedule(p, decay_rate=10.0 / num_steps),
        "exponential": lambda p: exponential_decay(p, num_steps, 0.01),
        "power": lambda p: power_decay_schedule(p, power=0.5, interval_steps=tenth),
        "linear": lambda p: decay_schedule(p, decay_steps=num_steps),
        "polynomial": lambda p: decay_schedule(p, decay_steps=num_steps, curve=quadratic),
        "cosine": lambda p: cosine_annealing_schedule(p, decay_steps=num_steps),
        "restarts": restarts,
        "triangular": lambda p: triangular_schedule(p / 10, p, half_period_steps=tenth),
        "onecycle": onecycle,
        "warmup_cosine": warmup_cosine,
        "wsd": stable,
    }
