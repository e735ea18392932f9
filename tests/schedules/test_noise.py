"""Noise: the right distribution, and a pure function of seed and count."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxsched as js

COUNTS = np.arange(20_000)


@pytest.mark.parametrize(
    ("noise", "distribution"),
    [
        (js.UniformNoise(3, 0.9, 1.1), stats.uniform(0.9, 0.2)),
        (js.NormalNoise(3, 0.1), stats.norm(0, 0.1)),
        (js.NormalNoise(3, 1.0, 0.67), stats.truncnorm(-0.67, 0.67)),
        (js.NormalNoise(3, 0.1, 0.3), stats.truncnorm(-3, 3, 0, 0.1)),
    ],
)
def test_distribution(noise, distribution):
    """By Kolmogorov and Smirnov, and without correlation from count to count."""
    draws = np.asarray(noise(COUNTS), np.float64)

    assert stats.kstest(draws, distribution.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.03
    low, high = distribution.support()
    assert draws.min() >= np.float32(low)
    assert draws.max() <= np.float32(high)


@pytest.mark.parametrize("noise", [js.UniformNoise(7, 0.0, 1.0), js.NormalNoise(7)])
def test_it_is_pure(noise):
    """Alone, in an array, jitted and batched it is the same; another seed is another."""
    alone = [float(noise(t)) for t in (0, 5, 2**31 - 2)]
    together = noise(np.asarray([0, 5, 2**31 - 2]))
    batch = jax.tree.map(lambda x: jnp.stack([jnp.asarray(x)] * 2), noise)
    seeds = batch.replace(seed=jnp.asarray([7, 8]))

    np.testing.assert_array_equal(alone, together)
    np.testing.assert_array_equal(alone[1], jax.jit(lambda s: s(5))(noise))
    lanes = jax.vmap(lambda s: s(5))(seeds)
    assert lanes[0] == alone[1]
    assert lanes[0] != lanes[1]
    assert float(noise(5.75)) == alone[1]


def test_noise_on_a_schedule():
    """A factor around 1, in a range of counts only."""
    clean = js.Transition(0.1, 0.0, 100)
    noisy = clean * js.Join([1.0, 1 + js.NormalNoise(1, 1.0, 0.67), 1.0], [10, 50])
    ratio = np.asarray(noisy(np.arange(99))) / np.asarray(clean(np.arange(99)))

    np.testing.assert_allclose(ratio[:10], 1, rtol=1e-6)
    np.testing.assert_allclose(ratio[50:], 1, rtol=1e-6)
    assert ((ratio[10:50] > 0.32) & (ratio[10:50] < 1.68)).all()
    assert np.std(ratio[10:50]) > 0.2


def test_a_draw_moves_with_its_width():
    """The gradient of a draw with respect to its scale is the draw of scale 1."""
    slope = jax.grad(lambda s: js.NormalNoise(2, s)(5))(0.25)

    np.testing.assert_allclose(slope, js.NormalNoise(2, 1.0)(5), rtol=1e-5)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: js.UniformNoise(1, 2.0, 1.0), ValueError, r"min_value <= max_value"),
        (
            lambda: js.NormalNoise(1, 0.0),
            ValueError,
            r"stddev=...\) must be above 0, got 0",
        ),
        (lambda: js.NormalNoise(0.5), TypeError, r"seed=...\) must be an integer, got 0.5"),
    ],
)
def test_wrong_noise_raises(build, error, message):
    """The argument, the requirement and the value."""
    with pytest.raises(error, match=message):
        build()
