"""Combinators that change the clock: the values of the schedule stay what they are."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import (
    AbstractSchedule,
    Real,
    ScheduleLike,
    Steps,
    as_schedule,
    checks,
    clock,
)


class Delay(AbstractSchedule):
    r"""Starts later: $s(t) = c(\max(t - T, 0))$.

    Args:
        schedule: $c$.
        delay_steps: $T \ge 0$, in updates; until then the first value.

    >>> import jaxsched as js
    >>> later = Delay(js.Transition(0.0, 1.0, 4), delay_steps=10)
    >>> [float(later(count)) for count in (0, 10, 11)]
    [0.0, 0.0, 0.25]
    """

    schedule: Any
    delay_steps: Steps

    def __post_init__(self):
        _own(self)
        checks.length(self, "delay_steps")

    def evaluate(self, count):
        return self.schedule.evaluate(clock.since(count, self.delay_steps))

    def horizon(self):
        return self.delay_steps + self.schedule.horizon()


class Advance(AbstractSchedule):
    r"""Starts in the middle: $s(t) = c(t + T)$.

    For a run that goes on at a count of its own, for a piece of a `Join` that is to see
    the count of the whole, and for formulas whose first update is number 1.

    Args:
        schedule: $c$.
        advance_steps: $T \ge 0$, in updates.

    >>> import jaxsched as js
    >>> rest = Advance(js.Transition(1.0, 0.0, 4), advance_steps=1)
    >>> [float(rest(count)) for count in (0, 1, 9)]
    [0.75, 0.5, 0.0]
    """

    schedule: Any
    advance_steps: Steps

    def __post_init__(self):
        _own(self)
        checks.length(self, "advance_steps")

    def evaluate(self, count):
        return self.schedule.evaluate(clock.later(count, self.advance_steps))

    def horizon(self):
        return max(self.schedule.horizon() - self.advance_steps, 0)


class Stretch(AbstractSchedule):
    r"""Runs slower: $s(t) = c(t / f)$.

    The schedule sees fractional counts. With $f$ updates in an epoch, a schedule in
    epochs becomes one in updates.

    Args:
        schedule: $c$.
        factor: $f > 0$.

    >>> import jaxsched as js
    >>> in_epochs = js.Transition(1.0, 0.0, transition_steps=10)
    >>> float(Stretch(in_epochs, factor=50)(250))
    0.5
    """

    schedule: Any
    factor: Steps

    def __post_init__(self):
        _own(self)
        checks.positive(self, "factor")

    def evaluate(self, count):
        return _at_fraction(self.schedule, clock.ratio(count, self.factor))

    def horizon(self):
        return self.schedule.horizon() * self.factor


class Hold(AbstractSchedule):
    r"""Samples and holds: $s(t) = c(T \lfloor t / T \rfloor)$. A staircase.

    Args:
        schedule: $c$.
        hold_steps: $T > 0$, in updates.

    >>> import jaxsched as js
    >>> stairs = Hold(js.Transition(1.0, 0.0, transition_steps=4), hold_steps=2)
    >>> [float(stairs(count)) for count in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.0]
    """

    schedule: Any
    hold_steps: Steps

    def __post_init__(self):
        _own(self)
        checks.positive_length(self, "hold_steps")

    def evaluate(self, count):
        _, within = clock.cycle(count, self.hold_steps)
        return self.schedule.evaluate(clock.since(count, within))

    def horizon(self):
        end = self.schedule.horizon()
        if math.isinf(end):
            return end
        return -(-end // self.hold_steps) * self.hold_steps


class Every(AbstractSchedule):
    r"""Counts whole periods: $s(t) = c(\lfloor t / T \rfloor)$. Written `every(c, T)`.

    For a schedule in turns of an outer loop that makes $T$ updates each. The quotient is
    one of integers, exact at every whole count (and at fractional ones at most $2^{30}$).

    Args:
        schedule: $c$, in periods.
        period_steps: $T > 0$, in updates.

    >>> import jaxsched as js
    >>> outer = Every(js.Transition(1.0, 0.0, transition_steps=4), period_steps=2)
    >>> [float(outer(count)) for count in range(5)]
    [1.0, 1.0, 0.75, 0.75, 0.5]
    """

    schedule: Any
    period_steps: Steps

    def __post_init__(self):
        _own(self)
        checks.positive_length(self, "period_steps")

    def evaluate(self, count):
        index, _ = clock.cycle(count, self.period_steps)
        return self.schedule.evaluate(index)

    def horizon(self):
        end = self.schedule.horizon()
        return end if math.isinf(end) else math.ceil(end) * self.period_steps


def every(schedule: ScheduleLike, period_steps: Any) -> Every:
    """A schedule that moves on once in so many updates, as outer loops do.

    Args:
        schedule: in turns of the outer loop.
        period_steps: updates of one turn, such as epochs times minibatches.

    >>> import jaxsched as js
    >>> rate = every(js.linear_schedule(1.0, 0.0, 10), 4 * 4)
    >>> [round(float(rate(count)), 6) for count in (0, 15, 16, 159, 160)]
    [1.0, 1.0, 0.9, 0.1, 0.0]
    """
    return Every(as_schedule(schedule), period_steps)


class Repeat(AbstractSchedule):
    r"""Runs again and again: $s(t) = d^i \, c\big((t - S_i) / g^i\big)$ in cycle $i$.

    Cycle $i$ starts at $S_i = T (1 + g + \dots + g^{i-1})$ and lasts $T g^i$ updates.
    With whole numbers every start is exact, however late.

    Args:
        schedule: $c$, one cycle of it at counts 0 to $T$.
        period_steps: $T > 0$, length of the first cycle, in updates.
        period_growth: $g \ge 1$, or None for cycles of equal length. With a fraction
            the starts are rounded as floats are, and cycle 4095 is the last.
        peak_decay: $d \ge 0$, a factor on the value for every cycle that is over.

    Raises:
        ValueError: if `period_steps` is not above 0 or `period_growth` is below 1.

    >>> import jaxsched as js
    >>> saw = Repeat(js.Transition(1.0, 0.0, 4), period_steps=4, peak_decay=0.5)
    >>> [float(saw(count)) for count in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.5, 0.375]
    """

    schedule: Any
    period_steps: Steps
    period_growth: Any = None
    peak_decay: Real = 1.0

    def __post_init__(self):
        _own(self)
        checks.positive_length(self, "period_steps")
        if self.period_growth is not None:
            checks.at_least(self, "period_growth", 1)
        checks.at_least(self, "peak_decay", 0)

    def evaluate(self, count):
        if self.period_growth is None:
            index, within = clock.cycle(count, self.period_steps)
            value = self.schedule.evaluate(within)
        else:
            growth = self.period_growth
            index, age = clock.growing_cycle(count, self.period_steps, growth)
            value = _at_fraction(self.schedule, age)
        decay = jnp.maximum(self.peak_decay, 0)
        # A factor above 1 stops at e^60, as in `ExponentialDecay`.
        grows = decay > 1
        most = jnp.where(grows, 60 / jnp.log(jnp.where(grows, decay, 2)), jnp.inf)
        over = jnp.minimum(clock.as_float(jnp.maximum(index, 1)), most)
        return value * jnp.where(index > 0, jnp.power(decay, over), 1)


def _at_fraction(schedule: AbstractSchedule, count: clock.Ratio) -> jax.Array:
    """The value at a fractional count, to second order in what rounding took from it.

    The last counts of a cosine in epochs are closer to its end than floats there are
    apart. It is a parabola there, so that two orders give all digits.
    """
    value = jax.lax.stop_gradient(count.value)
    # A count just below a whole number must not be rounded on to it: the next phase
    # would begin an update early.
    early = (value == jnp.round(value)) & (count.error < 0)
    gap = jnp.where(early, value - jnp.nextafter(value, 0.0), 0.0)
    error = gap + jax.lax.stop_gradient(count.error)

    def first_order(count):
        return jax.jvp(schedule.evaluate, (count,), (error,))

    (at, change), (_, bend) = jax.jvp(first_order, (count.value - gap,), (error,))
    better = at + (change + bend / 2)
    # Within the error of a zero there is nothing better than zero.
    return jnp.where(at * better < 0, 0.0, better)


def _own(node: Any) -> None:
    object.__setattr__(node, "schedule", as_schedule(node.schedule))
