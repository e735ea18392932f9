"""ZClip against its algorithm in NumPy, and what it is given."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced

NUMBERS = {"decay": 0.9, "threshold": 2.0, "warmup_steps": 5}


def clipped(norms, *, decay=0.97, threshold=2.5, warmup_steps=25):
    """The norms after the clipping, as the paper has it, in double precision."""
    first, mean, variance, found = [], None, None, []
    for norm in norms:
        if not math.isfinite(norm):
            found.append(norm)
        elif len(first) < warmup_steps:
            first.append(norm)
            mean, variance = np.mean(first), np.var(first)
            found.append(norm)
        else:
            deviation = math.sqrt(variance)
            z = (norm - mean) / deviation
            norm = mean + threshold**2 / z * deviation if z > threshold else norm
            mean = decay * mean + (1 - decay) * norm
            variance = decay * variance + (1 - decay) * (norm - mean) ** 2
            found.append(norm)
    return found


def directions(rng, num):
    """Gradients of norm 1."""
    flat = rng.normal(size=(num, 7))
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    return flat.astype(np.float32)


def tree(flat):
    return {"a": flat[..., :4].reshape(*flat.shape[:-1], 2, 2), "b": flat[..., 4:]}


def flat(tree):
    return np.concatenate([np.asarray(tree["a"]).reshape(len(tree["b"]), 4), tree["b"]], 1)


def norms_with_jumps(rng, *shape):
    norms = rng.gamma(20, 0.1, shape) * np.linspace(2, 1, shape[-1])
    jumps = rng.random(shape) < 0.1
    norms[jumps] *= np.exp(np.abs(rng.normal(scale=2, size=jumps.sum())))
    return norms.astype(np.float32)


@jax.jit
def after(numbers, grads):
    """What a scan over gradients makes of them, and the last state."""
    clip = js.zclip(**numbers)

    def step(state, grads):
        grads, state = clip.update(grads, state)
        return state, grads

    state, updates = jax.lax.scan(step, clip.init(None), grads)
    return updates, state


# The rule.


def test_follows_the_paper():
    """Two hundred settings, each on its own gradients: norms and directions."""
    num, rng = 200, np.random.default_rng(0)
    norms = norms_with_jumps(rng, num, 60)
    ways = directions(rng, num * 60).reshape(num, 60, 7)
    numbers = {
        "decay": rng.uniform(0.5, 0.99, num).astype(np.float32),
        "threshold": rng.uniform(1, 4, num).astype(np.float32),
        "warmup_steps": rng.integers(2, 30, num).astype(np.int32),
    }
    grads = norms[..., None] * ways
    updates, state = jax.vmap(after)(numbers, tree(grads))
    got = np.concatenate([updates["a"].reshape(num, 60, 4), updates["b"]], axis=-1)
    got = got.astype(np.float64)
    sizes = np.linalg.norm(grads.astype(np.float64), axis=-1)
    settings = [{k: v[i].item() for k, v in numbers.items()} for i in range(num)]
    expected = np.asarray([clipped(s, **n) for s, n in zip(sizes, settings, strict=True)])

    is_clipped = expected < sizes
    assert 500 < is_clipped.sum() < 3000
    np.testing.assert_array_equal(state.num_clipped, is_clipped.sum(axis=1))
    # What is not clipped is not touched, bit for bit.
    np.testing.assert_array_equal(got[~is_clipped], grads[~is_clipped])
    np.testing.assert_allclose(np.linalg.norm(got, axis=-1), expected, rtol=1e-5, atol=0)
    expected = grads.astype(np.float64) * (expected / sizes)[..., None]
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=0)


def test_by_hand():
    """Mean 2, deviation 1, norm 12: z = 10, so 2 + 6.25 / 10; then it begins at 2.5."""
    clip = js.zclip(decay=0.0, warmup_steps=2)
    state = clip.init(None)
    for norm in (1.0, 3.0):
        _, state = clip.update(jnp.asarray([0.6 * norm, 0.8 * norm]), state)
    update, _ = clip.update(jnp.asarray([7.2, 9.6]), state)
    just, _ = clip.update(jnp.asarray([2.7, 3.6]), state)

    np.testing.assert_allclose(update, [0.6 * 2.625, 0.8 * 2.625], rtol=1e-6, atol=0)
    np.testing.assert_array_equal(just, np.float32([2.7, 3.6]))


def test_constant_norms():
    """Of a deviation of 0 every rise is clipped to the mean, and rounding is no rise."""
    grads = jnp.asarray([[0.1, 0.3]] * 60 + [[1.0, 3.0]])
    updates, state = after({"warmup_steps": 30}, grads)

    np.testing.assert_array_equal(updates[:-1], grads[:-1])
    np.testing.assert_allclose(updates[-1], grads[0], rtol=1e-6)
    assert int(state.num_clipped) == 1


# What it is given.


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_not_finite_passes_untouched(bad):
    """And leaves no trace in the statistics, in the warmup and after it."""
    rng = np.random.default_rng(1)
    norms = norms_with_jumps(rng, 40)
    grads = norms[:, None] * directions(rng, 40)
    broken = np.insert(grads, [2, 20], np.float32([bad, 1, 2, 3, 4, 5, 6]), axis=0)
    expected, state = after(NUMBERS, tree(grads))
    got, last = after(NUMBERS, tree(broken))

    np.testing.assert_array_equal(np.delete(flat(got), [2, 21], 0), flat(expected))
    np.testing.assert_array_equal(flat(got)[[2, 21]], broken[[2, 21]])
    assert [float(x) for x in last.norms] == [float(x) for x in state.norms]


def test_norms_that_overflow_when_squared():
    """They are clipped like others, and what comes after them is too."""
    calm = [1.0, 3.0, 2.0, 1.5, 2.5]
    grads = jnp.asarray([calm * 4 + [1e30, 2.0, 1e25, 30.0]]).T
    updates, state = after(NUMBERS, grads)
    huge = jnp.asarray([[1e30, *calm, 30.0]]).T

    assert np.all(np.asarray(updates[-4:, 0]) < 4)
    assert int(state.num_clipped) == 3
    assert float(after(NUMBERS, huge)[0][-1, 0]) < 4


def test_norms_that_overflow():
    """Each number is finite, their norm is not: nothing of it is left."""
    clip = js.zclip(warmup_steps=2)
    state = clip.init(None)
    for norm in (1.0, 3.0):
        _, state = clip.update(jnp.asarray([norm, 0, 0, 0]), state)
    update, state = clip.update(jnp.full(4, 3e38), state)

    np.testing.assert_array_equal(update, 0)
    np.testing.assert_allclose(state.norms.mean, 2, rtol=1e-6)


def test_zero_gradients():
    """A norm of 0 is one like others."""
    updates, state = after({"warmup_steps": 2}, jnp.asarray([[0.0], [0.0], [0.0]]))

    np.testing.assert_array_equal(updates, 0)
    assert [float(x) for x in state.norms] == [0, 0, 3]


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32])
def test_types_are_kept(dtype):
    """Updates have the type of the gradients, statistics are in single precision."""
    ones = jnp.ones(100_000, dtype)
    grads = [ones, 3 * ones, 12 * ones]
    clip = js.zclip(warmup_steps=2)
    state = start = clip.init(ones)
    for grad in grads:
        update, state = clip.update(grad, state)
    types = [[leaf.dtype for leaf in jax.tree.leaves(s)] for s in (start, state)]

    assert update.dtype == dtype
    assert types[0] == types[1] == [jnp.int32, jnp.float32, jnp.float32, jnp.int32]
    np.testing.assert_allclose(np.float32(update), 2.625, rtol=1e-3)


def test_complex_gradients():
    """The norm is that of the absolute values."""
    clip = js.zclip(warmup_steps=2)
    state = clip.init(None)
    for norm in (1.0, 3.0, 12.0):
        update, state = clip.update(jnp.asarray([0.6 * norm, 0.8j * norm]), state)

    np.testing.assert_allclose(update, [0.6 * 2.625, 0.8j * 2.625], rtol=1e-6)


# In an optimizer.


def test_settings_are_read_swept_and_changed():
    """`scheduled` makes them hyperparameters, at any depth."""
    settings = {k: jnp.asarray(v) for k, v in NUMBERS.items()}
    optimizer = optax.chain(
        js.scheduled(js.zclip, **settings), js.scheduled(optax.sgd, learning_rate=1.0)
    )
    state = optimizer.init(jnp.zeros(2))
    rng = np.random.default_rng(2)
    norms = norms_with_jumps(rng, 40)
    grads = np.float32(norms[:, None] * [0.6, 0.8])

    def run(state):
        def step(state, grads):
            updates, state = optimizer.update(grads, state)
            return state, -updates

        return jax.lax.scan(step, state, grads)[1]

    thresholds = jnp.asarray([1.0, 2.0, 1e3])
    swept = jax.vmap(lambda t: run(js.override(state, threshold=t)))(thresholds)

    assert set(js.hyperparams(state)) == {*NUMBERS, "learning_rate"}
    np.testing.assert_array_equal(run(state), after(NUMBERS, grads)[0])
    for got, threshold in zip(swept, thresholds, strict=True):
        expected = clipped(norms.tolist(), **NUMBERS | {"threshold": float(threshold)})
        np.testing.assert_allclose(np.linalg.norm(got, axis=1), expected, rtol=1e-5)


@pytest.mark.parametrize("name", NUMBERS)
def test_each_setting_can_be_batched(name):
    """`vmap` over one of them gives what each value alone gives."""
    norms = norms_with_jumps(np.random.default_rng(3), 60)
    values = {"decay": [0.5, 0.9, 0.99], "threshold": [1.0, 2.0, 4.0]}
    values = np.asarray(values.get(name, [2, 10, 25]))
    batch = jax.vmap(lambda v: after(NUMBERS | {name: v}, norms[:, None])[0])(values)
    alone = [clipped(norms.tolist(), **NUMBERS | {name: v.item()}) for v in values]

    assert len(np.unique(batch, axis=0)) > 1
    np.testing.assert_allclose(batch[..., 0], alone, rtol=1e-5, atol=0)


def test_gradients_of_the_settings():
    """The norm after it is m + k²s²/(g - m); where nothing is clipped they are 0."""

    def found(threshold, norm):
        numbers = {"threshold": threshold, "warmup_steps": 2}
        return after(numbers, jnp.stack([1.0, 3.0, norm])[:, None])[0][-1, 0]

    slopes = jax.grad(found, argnums=(0, 1))(2.5, 12.0)
    untouched = jax.grad(found, argnums=(0, 1))(2.5, 2.0)

    np.testing.assert_allclose(slopes, [0.5, -0.0625], rtol=1e-5)
    np.testing.assert_array_equal(untouched, [0, 1])


def test_one_trace_and_donated_memory():
    """A step may reuse the memory of the last one."""
    clip = js.zclip(**NUMBERS)
    step = Traced(lambda g, s: clip.update(g, s), donate_argnums=1)
    state = clip.init(None)
    for norm in (1.0, 2.0, 1.0, 2.0, 1.0, 90.0):
        grads, state = step(jnp.asarray([norm]), state)

    assert step.count == 1
    assert float(grads[0]) < 3


def test_double_precision():
    """Under x64 the statistics have all digits of a double."""
    norms = norms_with_jumps(np.random.default_rng(4), 60).astype(np.float64)
    with jax.enable_x64(True):
        updates, state = after({}, jnp.asarray(norms)[:, None])
        assert state.norms.mean.dtype == jnp.float64

    np.testing.assert_allclose(updates[:, 0], clipped(norms.tolist()), rtol=1e-13, atol=0)


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"decay": 1.0},
        {"decay": -0.1},
        {"decay": math.nan},
        {"threshold": 0.0},
        {"threshold": -1.0},
        {"warmup_steps": 1},
        {"warmup_steps": -1},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the function, the setting and what came."""
    ((name, value),) = numbers.items()
    for factory in (js.zclip, functools.partial(js.zclip, decay=0.5)):
        with pytest.raises(ValueError, match=rf"zclip.*{name}.*{value}"):
            factory(**numbers)
