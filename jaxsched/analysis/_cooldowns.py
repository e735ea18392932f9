"""How long to cool down, and how to go on with a run that has cooled down."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._core import AbstractCurve, AbstractSchedule, Real, checks, clock
from jaxsched.combinators import Join
from jaxsched.curves import Linear
from jaxsched.schedules import Transition

from ._terms import norms_of, rate_of, terms_of

_NUM_HALVINGS = 40


class CooldownAdvice(NamedTuple):
    """What `optimal_cooldown` found.

    Attributes:
        fraction: of the run, for the cooldown.
        rate: of the plateau.
        bound: of the run.
    """

    fraction: jax.Array
    rate: jax.Array
    bound: jax.Array


class Extension(NamedTuple):
    """What `lower_plateau` and `longer_cooldown` found.

    Attributes:
        value: the factor on the plateau, or the fraction of the run to cool down for.
        schedule: the whole longer run, with a first plateau of 1: times the tuned rate.
    """

    value: jax.Array
    schedule: AbstractSchedule


def optimal_cooldown(
    num_steps: int,
    *,
    rate: Real | None = None,
    curve: AbstractCurve = Linear(),
    gradient_norms: Any = 1.0,
    distance: Real = 1.0,
    num_fractions: int = 100,
) -> CooldownAdvice:
    """The share of a run to cool down for, by the last-iterate bound.

    Of a plateau from the first update on, then a decay to 0 at the end. At a fixed rate:
    the higher the rate, the longer. Without one the rate is tuned for each fraction, and
    only then does the answer need neither distance nor norms.

    The bound then falls up to a decay of the whole run. Real losses have a shallow optimum
    before: in the logs behind `transfer`, tuned for each fraction, 2.982 at 10%, 2.967 at
    20%, 2.954 at 40%, 2.948 at 60%, 2.950 at 80% and 2.952 at the end. Below 60% trust the
    bound; beyond, there is little to gain.

    Args:
        num_steps: updates of the run.
        rate: of the plateau; in units in which distance and gradient norms are given.
        curve: the shape of the cooldown.
        gradient_norms: a number, `num_steps` numbers, or a function of the count; above 0
            somewhere.
        distance: from the start to the optimum, above 0.
        num_fractions: how many to try, evenly up to 1.

    >>> found = optimal_cooldown(400, rate=0.02)
    >>> round(float(found.fraction), 2)
    0.29
    """
    who = "optimal_cooldown"
    checks.size(who, num_steps=num_steps, num_fractions=num_fractions)
    checks.positive(who, distance=distance)
    if rate is not None:
        checks.positive(who, rate=rate)
    norms = _norms(who, gradient_norms, num_steps)
    fractions = jnp.arange(1, num_fractions + 1) / num_fractions
    numbers = clock.as_float(distance), None if rate is None else clock.as_float(rate)
    rates, bounds = _tried(fractions, norms, curve, *numbers)
    best = jnp.argmin(bounds)
    return CooldownAdvice(fractions[best], rates[best], bounds[best])


def lower_plateau(
    old_steps: int,
    new_steps: int,
    *,
    decay_fraction: Real = 0.2,
    curve: AbstractCurve = Linear(),
    gradient_norms: Any = 1.0,
) -> Extension:
    r"""Goes on with a finished run of plateau and cooldown, at a lower rate.

    From the last checkpoint of the plateau: a plateau of $\rho$ times the rate, then a
    cooldown of the same share of the longer run. $\rho$ is such that the rate of the first
    plateau is optimal for the longer run as it was for the shorter one.

    The logs behind `transfer` have a run of 50 thousand updates extended to 100 thousand:
    the same rate ends at a loss of 2.9037, a factor of 0.525 (the bound says 0.533) at
    2.8975, and the same rate with a longer cooldown, 60%, at 2.8878. Try
    `longer_cooldown` first.

    Args:
        old_steps: updates of the finished run.
        new_steps: updates of the longer one, more.
        decay_fraction: share of a run for its cooldown, in (0, 1].
        curve: the shape of the cooldown.
        gradient_norms: a number or a function of the count; above 0 somewhere.

    Raises:
        ValueError: if no factor is found, or a number is outside its domain.

    >>> found = lower_plateau(400, 800)
    >>> round(float(found.value), 3)
    0.541
    >>> [round(float(found.schedule(count)), 3) for count in (319, 320, 640, 720, 800)]
    [1.0, 0.541, 0.541, 0.27, 0.0]
    """
    who = "lower_plateau"
    _check(who, old_steps, new_steps, decay_fraction)
    norms = [_norms(who, gradient_norms, n) for n in (old_steps, new_steps)]
    factor, is_found = _lowered(clock.as_float(decay_fraction), curve, *norms)
    what = "a factor that keeps the rate optimal"
    checks.consistent(who, what, is_found, "none", "Extend it by less.")
    schedule = _extended(factor, old_steps, new_steps, decay_fraction, curve)
    return Extension(factor, schedule)


def longer_cooldown(
    old_steps: int,
    new_steps: int,
    *,
    decay_fraction: Real = 0.2,
    curve: AbstractCurve = Linear(),
    gradient_norms: Any = 1.0,
) -> Extension:
    """Goes on with a finished run of plateau and cooldown, and cools down for longer.

    With the rate as it is, from the checkpoint of the plateau at which the longer cooldown
    begins; the share is such that the rate is optimal for the longer run as it was for the
    shorter one. It may begin before the old cooldown did. Measured, this is the better way
    to extend a run: see `lower_plateau`.

    Args:
        old_steps: updates of the finished run.
        new_steps: updates of the longer one, more.
        decay_fraction: share of the finished run for its cooldown, in (0, 1].
        curve: the shape of the cooldown.
        gradient_norms: a number or a function of the count; above 0 somewhere.

    Raises:
        ValueError: if even a cooldown over the whole longer run is too short, or a number
            is outside its domain. Inside `jit`, where none can be raised, the answer is 1.

    >>> found = longer_cooldown(400, 800)
    >>> round(float(found.value), 3)
    0.623
    """
    who = "longer_cooldown"
    _check(who, old_steps, new_steps, decay_fraction)
    norms = [_norms(who, gradient_norms, n) for n in (old_steps, new_steps)]
    fraction, is_found = _lengthened(clock.as_float(decay_fraction), curve, *norms)
    what, given = "a cooldown that keeps the rate optimal", f"none for {new_steps} updates"
    advice = "Lower the plateau too: lower_plateau."
    checks.consistent(who, what, is_found, given, advice)
    return Extension(fraction, _stable_decay(fraction, new_steps, curve))


def _norms(who: str, gradient_norms: Any, num_steps: int) -> jax.Array:
    norms = norms_of(who, gradient_norms, num_steps)
    advice = "Any rate is best without gradients."
    checks.consistent(who, "a norm above 0", jnp.any(norms > 0), f"{norms}", advice)
    return norms


def _check(who: str, old_steps: int, new_steps: int, decay_fraction: Real) -> None:
    checks.size(who, old_steps=old_steps, new_steps=new_steps)
    given = f"{old_steps}, {new_steps}"
    checks.consistent(who, "new_steps > old_steps", new_steps > old_steps, given, "Swap.")
    checks.number(who, decay_fraction=decay_fraction)
    is_share = (decay_fraction > 0) & (decay_fraction <= 1)
    given = f"{decay_fraction}"
    checks.consistent(who, "0 < decay_fraction <= 1", is_share, given, "Try 0.2.")


@jax.jit
def _lowered(fraction, curve, old_norms, new_norms):
    """The factor on the plateau, and whether there is one."""
    old_steps, new_steps = old_norms.size, new_norms.size
    target = _rate_of(_stable_decay(fraction, old_steps, curve), old_norms)

    def rate_of(factor: Any) -> jax.Array:
        schedule = _extended(factor, old_steps, new_steps, fraction, curve)
        return _rate_of(schedule, new_norms)

    # The best rate for the longer run falls as its plateau rises.
    low, high = clock.as_float(old_steps / (4 * new_steps)), clock.as_float(1)
    is_found = (rate_of(low) >= target) & (rate_of(high) <= target)
    return _edge(lambda factor: rate_of(factor) >= target, low, high), is_found


@jax.jit
def _lengthened(fraction, curve, old_norms, new_norms):
    """The share to cool down for, and whether there is one."""
    target = _rate_of(_stable_decay(fraction, old_norms.size, curve), old_norms)

    def rate_of(fraction: Any) -> jax.Array:
        return _rate_of(_stable_decay(fraction, new_norms.size, curve), new_norms)

    # The best rate rises with the cooldown.
    high = clock.as_float(1)
    is_found = (rate_of(fraction) <= target) & (rate_of(high) >= target)
    return _edge(lambda x: rate_of(x) <= target, fraction, high), is_found


def _rate_of(schedule: AbstractSchedule, norms: jax.Array) -> jax.Array:
    return rate_of(terms_of(schedule(jnp.arange(norms.size)), norms))


def _edge(holds: Callable[[Any], Any], low: jax.Array, high: jax.Array) -> jax.Array:
    """Where something ceases to hold between a number at which it does and another."""

    def halve(_: Any, ends: Any) -> Any:
        low, high = ends
        middle = (low + high) / 2
        does = holds(middle)
        return jnp.where(does, middle, low), jnp.where(does, high, middle)

    low, high = jax.lax.fori_loop(0, _NUM_HALVINGS, halve, (low, high))
    return (low + high) / 2


@jax.jit
def _tried(fractions, norms, curve, distance, rate):
    """For each cooldown the rate, tuned if there is none, and the bound."""

    def at(fraction: jax.Array) -> tuple[jax.Array, jax.Array]:
        shape = _stable_decay(fraction, norms.size, curve)(jnp.arange(norms.size))
        terms = terms_of(shape, norms, distance)
        best = rate_of(terms) if rate is None else rate
        return best, terms.distance / best + best * terms.gradients

    return jax.lax.map(at, fractions)


def _stable_decay(fraction: Any, num_steps: int, curve: AbstractCurve) -> AbstractSchedule:
    decay_steps = fraction * num_steps
    decay = Transition(1.0, 0.0, decay_steps, curve)
    return Join([1.0, decay], [num_steps - decay_steps])


def _extended(factor, old_steps, new_steps, fraction, curve):
    branch, decay_steps = old_steps - fraction * old_steps, fraction * new_steps
    decay = Transition(factor, 0.0, decay_steps, curve)
    return Join([1.0, factor, decay], [branch, new_steps - decay_steps])
