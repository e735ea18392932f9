"""The gradient noise scale against its formulas, and against noise that is known."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .noise_rule import NUMBERS, SIZES, estimates, formula, random_norms, random_settings

ONES = jnp.ones(2)

# The formulas.


def test_by_hand():
    """5 of 32 examples and 1.5 of 256: a square of 1, a noise of 128."""
    scale = js.GradientNoiseScale(**SIZES, batch_size=64)
    state = scale.init()
    for _ in range(2):
        state = scale.update(state, small_sq_norm=5.0, big_sq_norm=1.5)

    signal, noise = (float(x / state.weight) for x in (state.signal, state.noise))
    np.testing.assert_allclose([signal, noise], [1, 128], rtol=1e-6, atol=0)
    assert float(scale.noise_scale(state)) == float(state.noise_scale)
    np.testing.assert_allclose(state.noise_scale, 128, rtol=1e-6, atol=0)
    np.testing.assert_allclose(scale(state), 1 / 3, rtol=1e-6, atol=0)


def test_follows_the_formulas():
    """Three hundred settings, each on its own norms; some averages are negative."""
    num, rng = 300, np.random.default_rng(0)
    small, big = random_norms(rng, num, 40)
    numbers = random_settings(rng, num)
    got = jax.vmap(estimates)(js.GradientNoiseScale(**numbers), small, big)
    expected = np.stack(
        [
            formula(small[i], big[i], **{k: v[i].item() for k, v in numbers.items()})
            for i in range(num)
        ]
    )
    ceiling = numbers["max_noise_scale"][:, None]

    assert np.sum(expected[..., 0] == 0) > 500
    assert np.sum(expected[..., 0] == ceiling) > 500
    # Of a difference that cancels, which the estimate is by its nature.
    close = np.isclose(got, expected, rtol=1e-4, atol=0).all(axis=-1)
    assert close.mean() > 0.995
    np.testing.assert_allclose(got, expected, rtol=0.02, atol=0)


def test_finds_a_noise_that_is_known():
    """Synthetic gradients: their covariance and their mean are what is found."""
    rng = np.random.default_rng(1)
    mean, deviations = rng.normal(size=50), rng.uniform(0.5, 4, 50)
    true = np.sum(deviations**2) / np.sum(mean**2)
    few, many, num = 16, 128, 2000
    noise = rng.normal(size=(num, many // few, 50)) * deviations / math.sqrt(few)
    parts = mean + noise
    small = np.mean(np.sum(parts**2, axis=-1), axis=-1)
    big = np.sum(np.mean(parts, axis=1) ** 2, axis=-1)
    scale = js.GradientNoiseScale(few, many, decay=0.999)
    got = np.asarray(estimates(scale, np.float32(small), np.float32(big)))

    # By each pair alone the signal is known to 6 %, the noise to 2 %.
    np.testing.assert_allclose(got[-1, 0], true, rtol=0.01, atol=0)
    np.testing.assert_allclose(got[-1, 1], 1 / (1 + true / many), rtol=0.01, atol=0)


def test_large_norm_is_that_of_the_gradients():
    """Inside an optimizer, summed in single precision whatever their type; not at once."""
    for dtype in (jnp.float32, jnp.bfloat16):
        scale = js.GradientNoiseScale(**SIZES)
        optimizer = js.scheduled(optax.sgd, learning_rate=js.Constant(3.0) * scale)
        grads = {"a": jnp.full(500, 0.03125, dtype), "b": jnp.full(512, 0.03125, dtype)}
        state, used = optimizer.init(grads), []
        for _ in range(2):
            _, state = optimizer.update(grads, state, grads, small_sq_norm=4.5)
            used.append(float(js.hyperparams(state)["learning_rate"]))
        found = optax.tree_utils.tree_get(state, "noise_scale")
        expected = formula([4.5] * 2, [1012 / 1024] * 2, **SIZES)[-1]

        np.testing.assert_allclose(found, expected[0], rtol=2e-6, atol=0)
        np.testing.assert_allclose(used, [3, 3 * expected[1]], rtol=1e-6, atol=0)


def test_large_norm_that_is_given_is_taken():
    """Instead of that of the gradients, which may have been clipped."""
    scale = js.GradientNoiseScale(**SIZES)
    norms = {"small_sq_norm": 5.0, "big_sq_norm": 1.5}
    state = scale.update(scale.init(), updates=100 * ONES, **norms)

    np.testing.assert_allclose(state.noise_scale, 128, rtol=1e-6, atol=0)


# What it is given.


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -1.0])
@pytest.mark.parametrize("name", ["small_sq_norm", "big_sq_norm"])
def test_what_is_no_norm_changes_nothing(name, bad):
    """Before the first estimate the factor is 1, after it what it was."""
    scale = js.GradientNoiseScale(**SIZES)
    good = {"small_sq_norm": 5.0, "big_sq_norm": 1.5}
    start = scale.init()
    first = scale.update(start, **good | {name: bad})
    once = scale.update(start, **good)
    again = scale.update(once, **good | {name: bad})

    assert float(scale(first)) == float(scale(start)) == 1.0
    assert [*map(float, again)] == [*map(float, once)]


def test_update_without_norms_changes_nothing():
    """Of either; other arguments are ignored."""
    scale = js.GradientNoiseScale(**SIZES)
    state = scale.update(scale.init(), small_sq_norm=5.0, big_sq_norm=1.5)
    for given in ({}, {"big_sq_norm": 2.0}, {"small_sq_norm": 2.0}, {"updates": ONES}):
        assert scale.update(state, value=1.0, **given) is state
    assert scale.metrics() == {"small_sq_norm", "big_sq_norm", "updates"}


@pytest.mark.parametrize(
    ("small", "big", "expected"),
    [(1.0, 1.0, 0), (1.0, 2.0, 0), (9.0, 1.0, 1e9), (0.0, 0.0, 0), (1e36, 1.0, 1e9)],
)
def test_estimates_are_bounded(small, big, expected):
    """No noise, less than none, no gradient to be seen, nothing at all, huge norms."""
    scale = js.GradientNoiseScale(**SIZES)
    state = scale.update(scale.init(), small_sq_norm=small, big_sq_norm=big)

    assert float(state.noise_scale) == expected
    assert 0 < float(scale(state)) <= 1


def test_norms_whose_estimate_overflows_change_nothing():
    """Nor do large ones of both signs in a row leave something that is not finite."""
    scale = js.GradientNoiseScale(**SIZES, decay=0.5)
    once = scale.update(scale.init(), small_sq_norm=5.0, big_sq_norm=1.5)
    again = scale.update(once, small_sq_norm=3e38, big_sq_norm=1.5)
    assert [*map(float, again)] == [*map(float, once)]

    norms = np.asarray([[9e36, 0], [0, 9e36], [9e36, 0]] + [[5, 1.5]] * 200, np.float32)
    got = estimates(scale, norms[:, 0], norms[:, 1])
    assert np.all(np.isfinite(got))
    np.testing.assert_allclose(got[-1, 0], 128, rtol=1e-6, atol=0)


@pytest.mark.parametrize("norm", [1, True, np.float64(1), np.int32(1), jnp.bfloat16(1)])
def test_norms_of_any_type(norm):
    """The state keeps its types, so that a scan accepts it."""
    scale = js.GradientNoiseScale(**SIZES, batch_size=64)
    start = scale.init()
    state = scale.update(start, small_sq_norm=norm, big_sq_norm=norm)

    assert [leaf.dtype for leaf in state] == [leaf.dtype for leaf in start]


@pytest.mark.parametrize("name", ["small_sq_norm", "big_sq_norm"])
def test_norms_of_a_batch_are_refused(name):
    """The message says which, and what to do."""
    scale = js.GradientNoiseScale(**SIZES)
    norms = {"small_sq_norm": 1.0, "big_sq_norm": 1.0, name: jnp.ones(3)}
    with pytest.raises(AssertionError, match=rf"GradientNoiseScale .*{name}.*Take a mean"):
        scale.update(scale.init(), **norms)


# Transformations.


@pytest.mark.parametrize("name", NUMBERS)
def test_each_setting_can_be_batched(name):
    """`vmap` over one of them gives what each value alone gives."""
    small, big = random_norms(np.random.default_rng(3), 30)
    numbers = NUMBERS | {"max_noise_scale": 10.0}  # some estimates are above it
    values = np.float32(numbers[name]) * np.float32([0.3, 0.9, 1.1])
    batch = jax.vmap(
        lambda v: estimates(js.GradientNoiseScale(**numbers | {name: v}), small, big)
    )(values)
    alone = [formula(small, big, **numbers | {name: v.item()}) for v in values]

    assert len(np.unique(batch, axis=0)) > 1
    np.testing.assert_allclose(batch, alone, rtol=1e-4, atol=0)


def test_gradients():
    """By settings and norms they are finite, also where nothing is known."""

    def factor(numbers, small, big):
        scale = js.GradientNoiseScale(**numbers)
        norms = jnp.stack([small, jnp.nan, small]), jnp.stack([big, big, big])
        return estimates(scale, *norms)[-1, 1]

    for pair in ((5.0, 1.5), (1.0, 2.0), (90.0, 1.0), (0.0, 0.0), (3e38, 1.0)):
        slopes = jax.grad(factor, argnums=(0, 1, 2))(NUMBERS, *pair)
        assert all(np.isfinite(x) for x in jax.tree.leaves(slopes))
    slope = jax.grad(lambda b: factor(NUMBERS | {"batch_size": b}, 5.0, 1.5))(16.0)
    size = formula([5.0], [1.5], **NUMBERS)[0, 0]
    np.testing.assert_allclose(slope, size / (16 + size) ** 2, rtol=1e-5)


def test_donated_memory():
    """A step may reuse the memory of the state, from the first one on."""
    scale = js.GradientNoiseScale(**SIZES)
    step = jax.jit(
        lambda s, a, b: scale.update(s, small_sq_norm=a, big_sq_norm=b), donate_argnums=0
    )
    state = scale.init()
    for _ in range(3):
        state = step(state, 5.0, 1.5)

    np.testing.assert_allclose(state.noise_scale, 128, rtol=1e-6)


def test_double_precision():
    """Under x64 the estimate has all digits of a double."""
    small, big = random_norms(np.random.default_rng(4), 30)
    small, big = small.astype(np.float64) + 5, big.astype(np.float64)
    with jax.enable_x64(True):
        got = estimates(js.GradientNoiseScale(**NUMBERS), small, big)

    np.testing.assert_allclose(got, formula(small, big, **NUMBERS), rtol=1e-12, atol=0)


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"small_batch_size": 0},
        {"small_batch_size": 256},
        {"big_batch_size": 32},
        {"big_batch_size": math.nan},
        {"batch_size": 0},
        {"decay": 1.0},
        {"decay": -0.1},
        {"max_noise_scale": 0.0},
        {"max_noise_scale": math.inf},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"GradientNoiseScale.*{name}.*{value}"):
        js.GradientNoiseScale(**SIZES | numbers)


def test_repr_is_code():
    """A controller reads back from its text, with and without a size of its own."""
    for numbers in (SIZES, NUMBERS):
        scale = js.GradientNoiseScale(**numbers)
        again = eval(repr(scale), {"GradientNoiseScale": js.GradientNoiseScale})

        assert jax.tree.leaves(again) == jax.tree.leaves(scale)
