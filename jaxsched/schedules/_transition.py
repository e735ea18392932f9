"""The transition: from one value to another, in a number of updates, along a curve.

Nearly every published schedule is a few of these, joined.
"""

from jaxsched._core import AbstractCurve, AbstractSchedule, Real, Steps, checks
from jaxsched.curves import Linear


class Transition(AbstractSchedule):
    r"""Goes from $a$ to $b$ in $T$ updates along a curve $w$, then stays.

    $$s(t) = (1 - w(t / T)) \, a + w(t / T) \, b, \qquad s(t \ge T) = b$$

    Both ends are exact. With $T = 0$ it is at $b$ from the first count.

    Args:
        init_value: $a$, at count 0.
        end_value: $b$, reached at count `transition_steps`.
        transition_steps: $T \ge 0$, in updates.
        curve: $w$, a shape from `jaxsched.curves`.

    Raises:
        ValueError: if `transition_steps` is negative or a value is NaN.

    >>> warmup = Transition(init_value=0.0, end_value=0.5, transition_steps=4)
    >>> [float(warmup(count)) for count in (0, 1, 2, 4, 9)]
    [0.0, 0.125, 0.25, 0.5, 0.5]
    """

    init_value: Real
    end_value: Real
    transition_steps: Steps
    curve: AbstractCurve = Linear()

    def __post_init__(self):
        checks.number(self, "init_value", "end_value")
        checks.length(self, "transition_steps")
        checks.instance(self, "curve", AbstractCurve, "Linear()")

    def evaluate(self, count):
        return self.curve.blend(
            self.init_value, self.end_value, count, self.transition_steps
        )
