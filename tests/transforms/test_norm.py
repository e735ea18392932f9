"""The norm of gradients of any size and type, against exact arithmetic."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsched.transforms._norm import global_norm


@pytest.mark.parametrize("size", [1e-33, 1e-25, 1e-3, 1.0, 1e12, 1e25, 1e38, 3e38])
def test_of_any_size(size):
    """Neither squares nor reciprocals overflow or underflow."""
    rng = np.random.default_rng(0)
    tree = {"a": rng.uniform(-1, 1, (7, 9)), "b": [rng.uniform(-1, 1, 5), np.zeros((0, 3))]}
    tree = jax.tree.map(lambda x: np.float32(0.1 * size * x), tree)
    leaves = [leaf.astype(np.float64).ravel() for leaf in jax.tree.leaves(tree)]
    expected = math.sqrt(math.fsum(np.concatenate(leaves) ** 2))

    for norm in (global_norm, jax.jit(global_norm)):
        np.testing.assert_allclose(norm(tree), expected, rtol=5e-7, atol=0)


def test_whose_largest_has_no_reciprocal():
    """One over it is no normal number."""
    for largest in (8e37, 1e38, 2e38, 3e38):
        norm = global_norm(jnp.asarray([largest, 3e37]))
        np.testing.assert_allclose(norm, math.hypot(largest, 3e37), rtol=5e-7, atol=0)


def test_that_is_too_large():
    """It is infinite; one of numbers that are not finite is none."""
    assert float(global_norm(jnp.full(4, 3e38))) == math.inf
    for bad in (math.nan, math.inf, -math.inf):
        assert math.isnan(global_norm({"a": jnp.ones(3), "b": jnp.asarray([1.0, bad])}))


def test_of_nothing():
    """Zeros, no numbers, and no leaves."""
    for tree in (jnp.zeros(3), jnp.zeros((0, 3)), {}, [None]):
        assert float(global_norm(tree)) == 0.0


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32, jnp.complex64])
def test_of_any_type(dtype):
    """Summed in single precision."""
    norm = global_norm(jnp.full(100_000, 3 + 4j if dtype == jnp.complex64 else 5, dtype))

    assert norm.dtype == jnp.float32
    np.testing.assert_allclose(norm, 5 * math.sqrt(100_000), rtol=2e-6, atol=0)
    with jax.enable_x64(True):
        double = global_norm(jnp.full(3, 1e200))
        np.testing.assert_allclose(float(double), 1e200 * math.sqrt(3), rtol=1e-15)
