"""A change of plan: a cooldown from here, a longer run than was planned."""

import math
from typing import Any

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Real,
    ScheduleLike,
    Steps,
    as_schedule,
    checks,
)
from jaxsched.combinators import Cooldown, Join, Stretch
from jaxsched.curves import Cosine, Linear

from ._phases import warmup_decay_schedule


def cooldown(
    schedule: ScheduleLike,
    at: Real = math.inf,
    steps: Steps = 0,
    end_value: Real = 0.0,
    curve: AbstractCurve = Linear(),
) -> Cooldown:
    """Leaves a schedule at a count, from its value there, for an end value.

    Prepare a run for it with `at` infinite, and set the start in mid-run: it is a number
    of the schedule, so nothing compiles again. Given a schedule that has a cooldown
    already, it sets that one anew.

    Args:
        schedule: what runs before the cooldown.
        at: the count at which it begins; infinity for not yet.
        steps: its length, in updates.
        end_value: the value at its end and after.
        curve: its shape.

    >>> rate = cooldown(0.5, steps=10)  # ready, whenever it may be
    >>> rate = cooldown(rate, at=100, steps=10)  # now
    >>> [float(rate(count)) for count in (99, 100, 105, 110)]
    [0.5, 0.5, 0.25, 0.0]
    """
    if isinstance(schedule, Cooldown):
        schedule = schedule.schedule
    return Cooldown(as_schedule(schedule), end_value, at, steps, curve)


def extend(
    schedule: AbstractSchedule,
    total_steps: Steps,
    how: str = "stretch",
    *,
    peak_value: Real | None = None,
    end_value: Real = 0.0,
    warmup_steps: Steps = 0,
    decay_steps: Steps | None = None,
    curve: AbstractCurve = Cosine(),
) -> AbstractSchedule:
    """A longer run than was planned, in one of three ways.

    * `"stretch"`: every length grows by the same factor. For a run that has not begun,
      or one whose past may differ from its schedule.
    * `"hold"`: the past stays as it is, the last value is held, and the last
      `decay_steps` go from it to `end_value`. For a run that ended above `end_value`.
    * `"rewarm"`: the past stays as it is, a line of `warmup_steps` goes up to
      `peak_value`, and the rest down to `end_value`. For a run that has cooled down.

    Args:
        schedule: a schedule with an end (`schedule.horizon()` is finite).
        total_steps: the new end, a count.
        how: `"stretch"`, `"hold"` or `"rewarm"`.
        peak_value: of `"rewarm"`.
        end_value: of `"hold"` and `"rewarm"`.
        warmup_steps: of `"rewarm"`.
        decay_steps: of `"hold"`.
        curve: of the last decay.

    Raises:
        ValueError: if the schedule has no end, ends later, or a number is missing.

    >>> import jaxsched as js
    >>> done = js.Transition(1.0, 0.25, transition_steps=8)
    >>> float(extend(done, 16)(8))
    0.625
    >>> longer = extend(done, 16, "hold", decay_steps=4)
    >>> [float(longer(count)) for count in (8, 12, 16)]
    [0.25, 0.25, 0.0]
    >>> again = extend(done, 16, "rewarm", peak_value=0.75, warmup_steps=4)
    >>> [float(again(count)) for count in (8, 12, 16)]
    [0.25, 0.75, 0.0]
    """
    checks.choice("extend", choices=("stretch", "hold", "rewarm"), how=how)
    end = schedule.horizon()
    _check_lengths(end, total_steps)
    if how == "stretch":
        return Stretch(schedule, total_steps / end)
    last = float(schedule(end))
    if how == "hold":
        _require(how, "decay_steps", decay_steps, "the length of the last decay")
        checks.consistent(
            "extend(how='hold')",
            "a last value above end_value",
            last > end_value,
            f"{last} and end_value={end_value}",
            "Use how='rewarm'.",
        )
        start: Any = total_steps - decay_steps  # pyright: ignore[reportOperatorIssue] - checked
        checks.consistent(
            "extend(how='hold')",
            "a decay that fits behind the old end",
            start >= end,
            f"decay_steps={decay_steps} from {end} to {total_steps}",
            "Shorten it.",
        )
        return Cooldown(schedule, end_value, start, decay_steps, curve)  # pyright: ignore[reportArgumentType] - checked
    _require(how, "peak_value", peak_value, "the value to warm up to")
    rest = warmup_decay_schedule(
        last,
        peak_value,  # pyright: ignore[reportArgumentType] - checked
        end_value,
        warmup_steps=warmup_steps,
        decay_steps=total_steps - end - warmup_steps,
        curve=curve,
    )
    return Join([schedule, rest], [end])


def _check_lengths(end: Any, total_steps: Any) -> None:
    checks.consistent(
        "extend",
        "a schedule with an end",
        end < math.inf and end > 0,
        f"one that ends at {end}",
        "Join it with another one.",
    )
    checks.consistent(
        "extend",
        f"total_steps beyond the old end at {end}",
        total_steps >= end,
        f"{total_steps}",
        "A shorter run is a cooldown.",
    )


def _require(how: str, name: str, value: Any, what: str) -> None:
    if value is None:
        raise ValueError(f"extend(how={how!r}) needs {name}, {what}, got none.")
