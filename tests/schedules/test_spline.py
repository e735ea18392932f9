"""The monotone cubic, against SciPy's PCHIP."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

import jaxsched as js


def random_points(seed, n=9):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.integers(3, 60, n)), rng.random(n)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_scipys(seed):
    """Through random points, up and down, in double precision."""
    boundaries, values = random_points(seed, n=2 + seed // 2)
    counts = np.arange(boundaries[0], boundaries[-1] + 1)
    with jax.enable_x64(True):
        got = np.asarray(js.MonotoneCubic(boundaries, values)(counts))

    expected = PchipInterpolator(boundaries, values)(counts)
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


def test_it_never_overshoots():
    """Between neighbours it is monotone, so between their values, in float32 too."""
    run = jax.jit(lambda s, counts: s(counts))
    for seed in range(20):
        boundaries, values = random_points(seed)
        got = np.asarray(run(js.MonotoneCubic(boundaries, values), np.arange(700)))
        ends = zip(itertools.pairwise(boundaries), itertools.pairwise(values), strict=True)
        for (a, b), (v, w) in ends:
            piece = got[a : b + 1]
            assert piece.min() >= np.float32(min(v, w))
            assert piece.max() <= np.float32(max(v, w))


def test_points_can_be_searched_by_gradient():
    """Boundaries and values are leaves: a fit to another curve is a few steps."""
    counts = np.arange(101)
    goal = js.Transition(1.0, 0.0, 100, js.curves.Cosine())(counts)
    boundaries = jnp.float32([0, 30, 60, 100])

    def loss(values):
        return jnp.mean((js.MonotoneCubic(boundaries, values)(counts) - goal) ** 2)

    values = jnp.float32([1, 0.5, 0.4, 0.1])
    step = jax.jit(lambda v: v - 2 * jax.grad(loss)(v))
    for _ in range(60):
        values = step(values)

    assert float(loss(values)) < 2e-4
    slopes = jax.grad(lambda b: js.MonotoneCubic(b, values)(45))(boundaries)
    assert np.isfinite(slopes).all()


def test_control_points_are_batched():
    """A sweep over both of them, in one program."""
    boundaries = jnp.asarray([[0, 10, 20], [0, 5, 20]])
    values = jnp.float32([[1, 0.5, 0], [1, 0.8, 0]])
    run = jax.vmap(lambda b, v: js.MonotoneCubic(b, v)(np.asarray([0, 5, 10, 20])))

    got = run(boundaries, values)
    assert got.shape == (2, 4)
    np.testing.assert_array_equal(got[:, [0, 3]], [[1, 0]] * 2)
    np.testing.assert_array_equal([got[0, 2], got[1, 1]], np.float32([0.5, 0.8]))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: js.MonotoneCubic([0, 5], [1.0]), r"must have 2 entries for 2 boundaries"),
        (lambda: js.MonotoneCubic([9, 5], [1.0, 2.0]), r"order of time, got 5 after"),
        (lambda: js.MonotoneCubic([], []), r"values=...\) must not be empty"),
    ],
)
def test_wrong_points_raise(build, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        build()
