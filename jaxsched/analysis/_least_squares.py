"""Robust least squares: Levenberg's and Marquardt's method under Huber's loss."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

_PATIENCE = 12  # iterations without progress
_PROGRESS = 1e-5  # of the objective
_FLOOR = 100.0  # times what a rounding changes: a direction below it says nothing


class Solution(NamedTuple):
    """Where the method has come to.

    Attributes:
        point: the lowest one.
        objective: there.
        errors: standard errors of the point, from the curvature; infinite in directions
            that change nothing.
    """

    point: jax.Array
    objective: jax.Array
    errors: jax.Array


def solve(
    residuals: Callable[[jax.Array], jax.Array],
    start: jax.Array,
    centre: jax.Array,
    *,
    threshold: jax.Array,
    ridge: jax.Array,
    num_iterations: int,
) -> Solution:
    r"""Minimises a robust sum of squares of few numbers.

    That is $\sum_i h_\delta(r_i(x)) + \frac{\rho}{2} |x - x_0|^2$ with Huber's $h_\delta$.
    Each step solves $(J^T W J + \rho I + \mu D)\, d = -J^T W r - \rho (x - x_0)$ with the
    diagonal $D$ of the curvature and weights of 1, or $\delta / |r|$ beyond $\delta$. A
    step that lowers the objective is taken and lowers $\mu$; one that does not raises it.
    A point with a residual that is not finite is never taken. A dozen steps that bring
    nothing are the end. $J^T J$ is never formed: in float32 it would hide what is known a
    thousand times worse than the rest.
    """

    def objective(x):
        r = residuals(x)
        size = jnp.abs(r)
        bend = threshold * (size - threshold / 2)
        total = jnp.sum(jnp.where(size <= threshold, r * r / 2, bend))
        total += ridge / 2 * jnp.sum(jnp.square(x - centre))
        return jnp.where(jnp.isfinite(total), total, jnp.inf)

    def rows(x):
        """Of a plain problem of least squares, with the same slope and curvature."""
        r, slope = residuals(x), jax.jacfwd(residuals)(x)
        roots = jax.lax.rsqrt(jnp.maximum(1, jnp.abs(r) / threshold))
        held = jnp.sqrt(ridge) * jnp.eye(x.size)
        matrix = jnp.concatenate([roots[:, None] * slope, held])
        return matrix, jnp.concatenate([roots * r, jnp.sqrt(ridge) * (x - centre)])

    def goes_on(carry):
        *_, idle, i = carry
        return (i < num_iterations) & (idle < _PATIENCE)

    def iterate(carry):
        x, least, damping, idle, i = carry
        matrix, right = rows(x)
        new = x - _step(matrix, right, damping)
        value = objective(new)
        taken = value < least
        damping = jnp.clip(jnp.where(taken, damping / 3, damping * 4), 1e-9, 1e9)
        idle = jnp.where(value < (1 - _PROGRESS) * least, 0, idle + 1)
        x, least = jnp.where(taken, new, x), jnp.where(taken, value, least)
        return x, least, damping, idle, i + 1

    carry = (start, objective(start), jnp.asarray(1e-2, start.dtype), 0, 0)
    x, least, *_ = jax.lax.while_loop(goes_on, iterate, carry)
    matrix, right = rows(x)
    # What the residuals say; the ridge, in the last rows, says nothing of their source.
    return Solution(x, least, _errors(matrix[: -x.size], right[: -x.size]))


def _step(matrix: jax.Array, right: jax.Array, damping: jax.Array) -> jax.Array:
    norms = jnp.linalg.norm(matrix, axis=0)
    scale = jnp.maximum(norms, 1e-6 * jnp.max(norms)) + 1e-15
    damped = jnp.concatenate([matrix, jnp.sqrt(damping) * jnp.diag(scale)])
    q, r = jnp.linalg.qr(damped)
    return jax.scipy.linalg.solve_triangular(r, q[: right.size].T @ right)


def _errors(matrix: jax.Array, right: jax.Array) -> jax.Array:
    freedom = max(matrix.shape[0] - matrix.shape[1], 1)
    noise = jnp.sum(jnp.square(right)) / freedom
    _, sizes, axes = jnp.linalg.svd(matrix, full_matrices=False)
    says = sizes > _FLOOR * jnp.finfo(matrix.dtype).eps * sizes[0]
    spread = jnp.where(says, noise / jnp.square(jnp.where(says, sizes, 1)), 0)
    silent = jnp.any(~says[:, None] & (jnp.abs(axes) > 1e-2), axis=0)
    return jnp.where(silent, jnp.inf, jnp.sqrt(spread @ jnp.square(axes)))
