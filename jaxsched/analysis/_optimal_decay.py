"""The decay with which a law predicts the lowest loss."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched._core import AbstractSchedule, Real, checks
from jaxsched.combinators import Join
from jaxsched.recipes import cosine_decay_schedule
from jaxsched.schedules import PiecewiseLinear, Transition

from ._law import AbstractLaw

_START = 0.8  # of the run: where the first guess begins to fall


class OptimalDecay(NamedTuple):
    """What a descent under a law came to.

    Attributes:
        schedule: a line up and then lines down through points.
        losses: that the law predicts, of the start and after each iteration.
    """

    schedule: AbstractSchedule
    losses: jax.Array


def optimal_decay(
    law: AbstractLaw,
    num_steps: int,
    *,
    peak_value: Real,
    warmup_steps: int = 0,
    num_points: int = 100,
    num_iterations: int = 1000,
    learning_rate: Real = 0.1,
) -> OptimalDecay:
    r"""Descends the final loss of a law over all schedules that never rise.

    After the warmup the value goes through points that lie the closer together the
    nearer to the end, $v_j = v (1 - \sum_{i \le j} p_i)$ with shares $p$ of the peak
    that are a softmax of what Adam learns.

    The schedule must not rise: the laws were fitted to decays, and what they say of
    others is nothing that a training would do (left free, the multi-power law makes
    schedules that go up and down to losses below its own floor). Near the schedules that
    a law was fitted to, it can be believed; check what is found by training with it.

    Args:
        law: which law, with its parameters.
        num_steps: updates of the run, two or more of them after the warmup.
        peak_value: $v$, after the warmup.
        warmup_steps: updates of a line up from 0.
        num_points: to go through, at least 2.
        num_iterations: steps of Adam.
        learning_rate: of Adam; it falls to 0 as a cosine.

    Raises:
        ValueError: for numbers out of their range.

    >>> from jaxsched.analysis import MultiPowerLaw
    >>> law = MultiPowerLaw(2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612,
    ...                     0.59785199, 0.65523644)
    >>> found = optimal_decay(law, 4000, peak_value=3e-4, num_iterations=200)
    >>> bool(found.losses[-1] < law.expected_loss(Transition(3e-4, 0.0, 4000), 4000))
    True

    Source: Luo et al., 2025, arXiv:2503.12811, section 5, who learn a drop for each
    update.
    """
    who = "optimal_decay"
    checks.size(
        who, num_steps=num_steps, num_points=num_points, num_iterations=num_iterations
    )
    checks.positive(who, peak_value=peak_value)
    given = f"warmup_steps={warmup_steps} and num_steps={num_steps}"
    holds = 0 <= warmup_steps <= num_steps - 2 and warmup_steps == int(warmup_steps)
    what = "whole warmup_steps from 0 to num_steps - 2"
    checks.consistent(who, what, holds, given, "Lower it.")
    given = f"num_points={num_points}"
    checks.consistent(who, "num_points >= 2", num_points >= 2, given, "Try 100.")
    boundaries = _points(num_steps - warmup_steps, num_points)
    values, losses = _descend(
        law,
        jnp.asarray(peak_value, float),
        learning_rate,
        num_steps,
        warmup_steps,
        tuple(boundaries.tolist()),
        num_iterations,
    )
    return OptimalDecay(_schedule(peak_value, warmup_steps, boundaries, values), losses)


def _points(num_steps: int, num_points: int) -> np.ndarray:
    """Counts from 0 to the last one, evenly at first and then geometrically."""
    last = num_steps - 1
    left = np.geomspace(max((1 - _START) * last, 1), 1, num_points - num_points // 5)
    early = np.linspace(0, max(last - left[0], 0), num_points // 5, endpoint=False)
    return np.unique(np.concatenate([[0], early.round(), last - left.round(), [last]]))


def _schedule(peak, warmup_steps, boundaries, values):
    decay = PiecewiseLinear(boundaries, values)
    if warmup_steps == 0:
        return decay
    return Join([Transition(0.0, peak, warmup_steps), decay], [warmup_steps])


@functools.partial(jax.jit, static_argnums=(3, 4, 5, 6))
def _descend(law, peak, rate, num_steps, warmup_steps, boundaries, num_iterations):
    at = jnp.asarray(boundaries)
    # At first a line down to a tenth; the last share is what is left.
    begin = _START * at[-1]
    first = jnp.where(at > begin, jnp.diff(at, prepend=0), 1e-3 * jnp.diff(at, prepend=0))
    first = 0.9 * first / jnp.maximum(first.sum(), 1)
    start = jnp.log(jnp.append(jnp.maximum(first, 1e-9), 0.1))

    def values(logits):
        return peak * (1 - jnp.cumsum(jax.nn.softmax(logits)[:-1]))

    def loss(logits):
        schedule = _schedule(peak, warmup_steps, at, values(logits))
        return law.expected_loss(schedule, num_steps)

    optimizer = optax.adam(cosine_decay_schedule(rate, num_iterations))  # pyright: ignore[reportArgumentType] - a schedule of ours is a function of the count

    def iterate(carry, _):
        logits, state, best, least = carry
        value, gradient = jax.value_and_grad(loss)(logits)
        best = jnp.where(value < least, logits, best)
        updates, state = optimizer.update(gradient, state)
        carry = optax.apply_updates(logits, updates), state, best, jnp.minimum(value, least)
        return carry, value

    carry = (start, optimizer.init(start), start, jnp.inf)
    (_, _, best, _), losses = jax.lax.scan(iterate, carry, length=num_iterations + 1)
    return values(best), losses
