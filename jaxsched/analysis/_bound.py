"""What theory promises of the last iterate of a run, for any schedule.

The worst case over convex functions. A bound costs one pass over the schedule and no
training. What it is good for, and where it errs, is measured: see `transfer`.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import Real, ScheduleLike, checks, clock

from ._queries import values
from ._terms import BoundTerms, norms_of, rate_of, terms_of

_BATCH = 16


def last_iterate_bound(
    schedule: ScheduleLike,
    num_steps: int,
    *,
    gradient_norms: Any = 1.0,
    distance: Real = 1.0,
) -> jax.Array:
    r"""How far above the optimum the last iterate of a run can be, at most.

    With $x_{t+1} = x_t - \eta_t g_t$, subgradients $\|g_t\| \le G_t$ of a convex $f$ and
    $\|x_1 - x_*\| \le D$,

    $$f(x_T) - f_* \le \frac{D^2 + Q_1}{2 E_1}
      + \frac12 \sum_{k=1}^{T-1} \frac{\eta_k Q_k}{E_{k+1} E_k}, \qquad
      E_k = \sum_{t=k}^T \eta_t, \quad Q_k = \sum_{t=k}^T \eta_t^2 G_t^2.$$

    $\eta_1, \dots, \eta_T$ are the values at counts 0 to $T - 1$: a schedule that arrives
    at 0 at count $T$, as all of this library do, enters without its 0. Where it has
    arrived earlier, the bound is that of the last count with a value above 0, since it is
    infinite with a last rate of 0. The iterate $x_T$ is the one that the last such update
    starts from.

    Takes $O(T)$ operations without cancellation, and is a function of the numbers of the
    schedule: jit it, batch it, descend along its gradient.

    Args:
        schedule: a schedule, number or function of the count; never negative.
        num_steps: $T$, updates, at least 1.
        gradient_norms: $G_t$, a number, $T$ numbers, or a function of the count.
        distance: $D > 0$.

    Returns:
        The bound; infinity for a schedule that is 0 throughout.

    Raises:
        ValueError: for a negative rate or norm, or numbers that are not $T$.

    >>> import jaxsched as js
    >>> round(float(last_iterate_bound(js.Constant(0.1), 100)), 4)
    0.3589
    >>> round(float(last_iterate_bound(js.Transition(0.1, 0.0, 100), 100)), 4)
    0.2037

    Source: Schaipp et al., The Surprising Agreement Between Convex Optimization Theory and
    Learning-Rate Scheduling for Large Model Training, 2025, arXiv:2501.18965; the bound is
    Defazio et al., Optimal Linear Decay Learning Rate Schedules and Further Refinements,
    2023, arXiv:2310.07831, theorem 10.
    """
    return _sum(
        _terms("last_iterate_bound", schedule, num_steps, gradient_norms, distance=distance)
    )


def bound_terms(
    schedule: ScheduleLike,
    num_steps: int,
    *,
    gradient_norms: Any = 1.0,
    distance: Real = 1.0,
) -> BoundTerms:
    r"""The two parts of `last_iterate_bound`, for all multiples of the schedule at once.

    $$\Omega(\gamma s) = \frac{a}{\gamma} + \gamma b, \qquad
      a = \frac{D^2}{2 E_1}, \quad b = \frac{Q_1}{2 E_1} + \dots$$

    Args:
        schedule: $s$, as for `last_iterate_bound`.
        num_steps: updates, at least 1.
        gradient_norms: a number, `num_steps` numbers, or a function of the count.
        distance: above 0.

    >>> import jaxsched as js
    >>> terms = bound_terms(js.Table([1.0, 0.5, 0.25]), 3)
    >>> [round(float(x), 4) for x in terms]
    [0.2857, 1.2917]
    """
    return _terms("bound_terms", schedule, num_steps, gradient_norms, distance=distance)


def optimal_rate(
    schedule: ScheduleLike,
    num_steps: int,
    *,
    gradient_norms: Any = 1.0,
    distance: Real = 1.0,
) -> jax.Array:
    r"""The factor on a schedule that makes its bound least: $\gamma_* = \sqrt{a / b}$.

    It is $D / G$ times that of $D = G = 1$, so that quotients of two need neither.

    Args:
        schedule: a shape, as for `last_iterate_bound`.
        num_steps: updates, at least 1.
        gradient_norms: a number, `num_steps` numbers, or a function of the count.
        distance: above 0.

    Returns:
        The factor; infinity if the schedule, or each norm, is 0 throughout.

    >>> import jaxsched as js
    >>> round(float(optimal_rate(js.Transition(1.0, 0.0, 100), 100)), 5)
    0.09726
    """
    terms = _terms("optimal_rate", schedule, num_steps, gradient_norms, distance=distance)
    return rate_of(terms)


def optimal_bound(
    schedule: ScheduleLike,
    num_steps: int,
    *,
    gradient_norms: Any = 1.0,
    distance: Real = 1.0,
) -> jax.Array:
    r"""The bound of a schedule at its optimal rate, $2 \sqrt{a b}$: what a shape is worth.

    Args:
        schedule: a shape, as for `last_iterate_bound`.
        num_steps: updates, at least 1.
        gradient_norms: a number, `num_steps` numbers, or a function of the count.
        distance: above 0.

    Returns:
        The bound; infinity for a schedule that is 0 throughout.

    >>> import jaxsched as js
    >>> linear = js.Transition(1.0, 0.0, 400)
    >>> [round(float(optimal_bound(s, 400)), 4) for s in (js.Constant(1.0), linear)]
    [0.1375, 0.1006]
    """
    terms = _terms("optimal_bound", schedule, num_steps, gradient_norms, distance=distance)
    moves = terms.distance < jnp.inf
    way, size = (jnp.where(moves, part, 1) for part in terms)
    return jnp.where(moves, 2 * jnp.sqrt(way) * jnp.sqrt(size), jnp.inf)


def bound_curve(
    schedule: ScheduleLike,
    num_steps: int,
    *,
    counts: Any = None,
    gradient_norms: Any = 1.0,
    distance: Real = 1.0,
) -> jax.Array:
    """The bound after each number of updates of one run: a loss curve of theory.

    The weights of all terms change with the number of updates, so each entry is a pass of
    its own: `num_steps` operations for each of `counts`. Of a long run ask for a few
    hundred.

    Args:
        schedule: as for `last_iterate_bound`.
        num_steps: updates of the whole run, at least 1.
        counts: numbers of updates to bound it after, from 1 to `num_steps`; by default
            all of them.
        gradient_norms: a number, `num_steps` numbers, or a function of the count.
        distance: above 0.

    >>> import jaxsched as js
    >>> [round(float(x), 2) for x in bound_curve(js.Constant(0.5), 4)]
    [1.25, 1.0, 0.96, 0.96]
    """
    who = "bound_curve"
    if counts is None:
        counts = np.arange(1, num_steps + 1)
    counts = counts if hasattr(counts, "dtype") else np.asarray(counts)
    known = checks.concrete(counts)
    if known is not None:
        inside = (known >= 1) & (known <= num_steps) & (known == np.floor(known))
        what, advice = f"whole counts from 1 to {num_steps}", "Leave the others out."
        checks.consistent(who, what, inside, f"{counts}", advice)
    rates, norms = _checked(who, schedule, num_steps, gradient_norms, distance)
    found = _curve(rates, norms, clock.as_float(distance), jnp.ravel(counts))
    return found.reshape(counts.shape)


@jax.jit
def _curve(rates: jax.Array, norms: jax.Array, distance: Any, counts: Any) -> jax.Array:
    index = jnp.arange(rates.size)

    def at(count: jax.Array) -> jax.Array:
        return _sum(terms_of(jnp.where(index < count, rates, 0), norms, distance))

    return jax.lax.map(at, counts, batch_size=_BATCH)


def _terms(
    who: str, schedule: Any, num_steps: int, gradient_norms: Any, *, distance: Any
) -> BoundTerms:
    rates, norms = _checked(who, schedule, num_steps, gradient_norms, distance)
    return _compiled(rates, norms, clock.as_float(distance))


_compiled = jax.jit(terms_of)


def _checked(
    who: str, schedule: Any, num_steps: int, gradient_norms: Any, distance: Any
) -> tuple[jax.Array, jax.Array]:
    checks.size(who, num_steps=num_steps)
    checks.positive(who, distance=distance)
    rates = values(schedule, num_steps)
    norms = norms_of(who, gradient_norms, num_steps)
    advice = "The bound is of steps against the gradient."
    fits = (rates >= 0) & (rates < jnp.inf)
    checks.consistent(who, "finite rates of 0 or more", fits, f"{rates}", advice)
    return rates, norms


def _sum(terms: BoundTerms) -> jax.Array:
    return terms.distance + terms.gradients
