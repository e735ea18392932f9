"""Robust least squares: Levenberg's and Marquardt's method under Huber's loss."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

_FLOOR = 1e-6  # of the curvature's largest eigenvalue: what is below says nothing


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
    threshold: jax.Array,
    num_iterations: int,
) -> Solution:
    r"""Minimises $\sum_i h_\delta(r_i(x))$ for few numbers $x$.

    Each step solves $(J^T W J + \mu D)\, d = -J^T W r$ with the diagonal $D$ of
    $J^T W J$ and weights of 1, or $\delta / |r|$ beyond $\delta$. A step that lowers the
    objective is taken and lowers $\mu$; one that does not raises it. A point with a
    residual that is not finite is never taken.
    """

    def objective(r):
        size = jnp.abs(r)
        bend = threshold * (size - threshold / 2)
        total = jnp.sum(jnp.where(size <= threshold, r * r / 2, bend))
        return jnp.where(jnp.isfinite(total), total, jnp.inf)

    def normal(x):
        r, slope = residuals(x), jax.jacfwd(residuals)(x)
        weights = 1 / jnp.maximum(1, jnp.abs(r) / threshold)
        return (slope.T * weights) @ slope, (slope.T * weights) @ r

    def iterate(carry, _):
        x, least, damping = carry
        curvature, gradient = normal(x)
        scale = jnp.diag(curvature) + 1e-12 * jnp.trace(curvature) + 1e-30
        step = jnp.linalg.solve(curvature + damping * jnp.diag(scale), gradient)
        new = x - step
        value = objective(residuals(new))
        taken = value < least
        damping = jnp.clip(jnp.where(taken, damping / 3, damping * 4), 1e-9, 1e9)
        return (jnp.where(taken, new, x), jnp.where(taken, value, least), damping), None

    carry = (start, objective(residuals(start)), jnp.asarray(1e-2, start.dtype))
    (x, least, _), _ = jax.lax.scan(iterate, carry, length=num_iterations)
    return Solution(x, least, _errors(normal(x)[0], residuals(x), threshold))


def _errors(curvature: jax.Array, r: jax.Array, threshold: jax.Array) -> jax.Array:
    weights = 1 / jnp.maximum(1, jnp.abs(r) / threshold)
    freedom = jnp.maximum(r.size - curvature.shape[0], 1)
    noise = jnp.sum(weights * r * r) / freedom
    sizes, axes = jnp.linalg.eigh(curvature)
    says = sizes > _FLOOR * sizes[-1]
    spread = jnp.where(says, noise / jnp.where(says, sizes, 1), 0)
    silent = jnp.any(~says & (jnp.abs(axes) > 1e-2), axis=1)
    return jnp.where(silent, jnp.inf, jnp.sqrt((axes**2) @ spread))
