"""Noisy quadratics: what any schedule comes to, exactly and without sampling."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import Node, Real, ScheduleLike, as_schedule, checks, clock, vectors

from ._unroll import unroll

_WHO = "NoisyQuadratic"


class NoisyQuadratic(Node):
    r"""Linear regression by minibatch SGD, of which the expected loss is known exactly.

    In the eigenbasis the second moments $m_i$ of the distance to the optimum follow

    $$m_i \leftarrow (1 - \eta \lambda_i)^2 m_i + \frac{\eta^2 \lambda_i}{B}
    \Big(\sigma^2 + \sum_j \lambda_j m_j\Big)$$

    with the learning rate $\eta$ of the update, and the loss is
    $\frac{1}{2} \sum_i \lambda_i m_i$, the part above the noise floor. It is exact for
    features that are independent, symmetric and of kurtosis 2; Gaussian ones add
    $\eta^2 \lambda_i^2 m_i / B$, a share of the first term that is small in a large
    batch or at a small rate.

    All numbers are leaves: batch tasks, differentiate with respect to their noise.

    Args:
        eigenvalues: $\lambda_i > 0$ of the Hessian, at least one.
        moments: $m_i \ge 0$ at the start, one for each.
        noise: $\sigma^2 \ge 0$, the variance of the label noise.
        batch_size: $B > 0$, examples of a minibatch.

    Raises:
        ValueError: for a number outside its domain, or rows of different lengths.

    >>> import jaxsched as js
    >>> task = NoisyQuadratic([1.0, 0.25], [1.0, 4.0], noise=0.0, batch_size=1.0)
    >>> task.expected_losses(js.Constant(0.5), 2)
    Array([1.        , 0.7734375 , 0.60424805], dtype=float32)

    Source: Zhang et al., Which Algorithmic Choices Matter at Which Batch Sizes? Insights
    From a Noisy Quadratic Model, 2019, whose noise does not depend on the loss.
    """

    eigenvalues: Any
    moments: Any
    noise: Real
    batch_size: Real

    def __post_init__(self):
        for name in ("eigenvalues", "moments"):
            _own_floats(self, name)
            checks.some(self, name)
        checks.positive(self, "eigenvalues", "batch_size")
        for name in ("moments", "noise"):
            checks.at_least(self, name, 0)
        shapes = np.shape(self.eigenvalues), np.shape(self.moments)
        checks.matching(_WHO, "moments", shapes[1][0], "eigenvalues", *shapes[0] * 2)

    def expected_losses(
        self,
        schedule: ScheduleLike,
        num_steps: int,
        *,
        momentum: ScheduleLike | None = None,
    ) -> jax.Array:
        r"""The expected loss before each update and after the last, `[num_steps + 1]`.

        A pure function of the numbers of task and schedules: it can be jitted, batched
        and differentiated, at the memory of $2 \sqrt T$ states. From where the loss
        passes the square root of the largest float on (1e19, or 1e154 under x64), the
        run has diverged: it is infinite, and its gradient zero.

        Args:
            schedule: the learning rate.
            num_steps: updates, at least 1.
            momentum: $\mu$ of heavy ball, $v \leftarrow \mu v + g$ and
                $\theta \leftarrow \theta - \eta v$, as in `optax.sgd`.
        """
        checks.size(f"{_WHO}.expected_losses", num_steps=num_steps)
        task = jax.tree.map(clock.as_float, self)
        counts = jnp.arange(num_steps)
        rates = as_schedule(schedule)(counts)
        momenta = None if momentum is None else as_schedule(momentum)(counts)
        zeros = jnp.zeros_like(task.moments)
        moments = (task.moments,) if momentum is None else (task.moments, zeros, zeros)

        def step(state, inputs):
            return _next(task, state, *inputs), _shown(task, state)

        start = _State(moments, jnp.asarray(True))
        end, losses = unroll(step, start, (rates, momenta))
        # A rate that is no number is no divergence, and shows.
        unknown = jnp.isnan(jnp.stack(jax.tree.leaves((rates, momenta)))).any()
        return jnp.where(unknown, jnp.nan, jnp.append(losses, _shown(task, end)))

    def expected_loss(
        self,
        schedule: ScheduleLike,
        num_steps: int,
        *,
        momentum: ScheduleLike | None = None,
    ) -> jax.Array:
        """The expected loss after the last update; see `expected_losses`.

        >>> import jaxsched as js
        >>> task = power_law_quadratic(2.0, 0.25, size=100, noise=1.0, batch_size=8)
        >>> line = js.Transition(1.0, 0.0, 300)
        >>> stable = js.warmup_stable_decay_schedule(
        ...     0.0, 1.0, warmup_steps=0, stable_steps=240, decay_steps=60)
        >>> bool(task.expected_loss(stable, 300) < task.expected_loss(line, 300))
        True
        """
        return self.expected_losses(schedule, num_steps, momentum=momentum)[-1]


def power_law_quadratic(
    capacity: Real, source: Real, *, size: int, noise: Real, batch_size: Real
) -> NoisyQuadratic:
    r"""A noisy quadratic whose spectrum and start are power laws.

    $$\lambda_j = j^{-\beta}, \qquad m_j = j^{-1} \lambda_j^{s - 1}, \qquad
    j = 1, \dots, d$$

    The larger $s$, the more of the distance is along large eigenvalues, and the easier
    the task. By the theory, with $s \ge 1 - 1 / \beta$ the best schedule is a polynomial
    decay to zero, below it is a constant rate that decays at the end.

    Args:
        capacity: $\beta > 0$.
        source: $s$.
        size: $d$, the number of eigenvalues.
        noise: $\sigma^2 \ge 0$, the variance of the label noise.
        batch_size: $B > 0$, examples of a minibatch.

    >>> power_law_quadratic(2.0, 1.0, size=2, noise=1.0, batch_size=8)
    NoisyQuadratic(eigenvalues=[1.0, 0.25], moments=[1.0, 0.5], noise=1.0, batch_size=8.0)

    Source: arXiv 2602.06797, 2026.
    """
    checks.size("power_law_quadratic", size=size)
    checks.positive("power_law_quadratic", capacity=capacity)
    checks.number("power_law_quadratic", source=source)
    j = jnp.arange(1, size + 1, dtype=clock.float_dtype())
    moments = j ** (-1 - capacity * (source - 1))
    return NoisyQuadratic(j**-capacity, moments, noise, batch_size)


class _State(NamedTuple):
    """Second moments by name, and whether they still are finite."""

    moments: Any
    is_finite: jax.Array


def _next(task: NoisyQuadratic, state: _State, rate: Any, momentum: Any) -> _State:
    rate = jnp.where(state.is_finite, rate, 0)
    step: Any = _plain if momentum is None else _heavy_ball
    new = step(task, *state.moments, rate, momentum)
    is_finite = state.is_finite & (_loss(task, new) < jnp.sqrt(jnp.finfo(rate.dtype).max))
    held = [jnp.where(is_finite, b, a) for a, b in zip(state.moments, new, strict=True)]
    return _State(tuple(held), is_finite)


def _plain(task: NoisyQuadratic, m: Any, rate: Any, _: None) -> Any:
    return ((1 - rate * task.eigenvalues) ** 2 * m + rate**2 * _noise(task, m),)


def _heavy_ball(
    task: NoisyQuadratic, m: Any, mixed: Any, v: Any, rate: Any, momentum: Any
) -> Any:
    """Moments of the distance, of distance and velocity, of the velocity."""
    eigenvalues, keep = task.eigenvalues, 1 - rate * task.eigenvalues
    noise = _noise(task, m)
    pushed = 2 * momentum * eigenvalues * mixed
    new_v = momentum**2 * v + pushed + eigenvalues**2 * m + noise
    new_mixed = momentum * mixed + eigenvalues * m - rate * new_v
    turned = rate**2 * (noise + momentum**2 * v) - 2 * rate * momentum * keep * mixed
    return keep**2 * m + turned, new_mixed, new_v


def _noise(task: NoisyQuadratic, m: Any) -> jax.Array:
    """The variances of the gradient."""
    return task.eigenvalues * (task.noise + task.eigenvalues @ m) / task.batch_size


def _loss(task: NoisyQuadratic, moments: Any) -> jax.Array:
    return task.eigenvalues @ moments[0] / 2


def _shown(task: NoisyQuadratic, state: _State) -> jax.Array:
    return jnp.where(state.is_finite, _loss(task, state.moments), jnp.inf)


def _own_floats(node: Any, name: str) -> None:
    if isinstance(getattr(node, name), (int, float)):
        object.__setattr__(node, name, np.asarray(getattr(node, name)))
    vectors.own(node, name)
    value = getattr(node, name)
    if checks.concrete(value) is not None and value.dtype.kind in "iu":
        object.__setattr__(node, name, value.astype(clock.float_dtype()))
