"""Rates for another batch, weight decay for another scale, factors for a larger model."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import analysis


def test_rates_for_another_batch():
    """Linear, square root, and the noise scale between linear and flat."""
    sizes = np.asarray([16.0, 64.0, 512.0])
    np.testing.assert_allclose(analysis.linear_scaling(sizes, 64), sizes / 64, rtol=1e-6)
    np.testing.assert_allclose(
        analysis.square_root_scaling(sizes, 64), np.sqrt(sizes / 64), rtol=1e-6
    )
    found = analysis.noise_scale_scaling(sizes, 128)
    np.testing.assert_allclose(found, sizes / (sizes + 128), rtol=1e-6)
    assert float(analysis.noise_scale_scaling(8, 0)) == 1
    slope = jax.grad(analysis.noise_scale_scaling, argnums=1)(64.0, 64.0)
    np.testing.assert_allclose(slope, -1 / 256, rtol=1e-6)


def test_the_noise_scale_is_the_controller_s():
    """The same factor as of the scale that it has measured."""
    control = js.GradientNoiseScale(small_batch_size=32, big_batch_size=256, batch_size=64)
    state = control.update(control.init(), small_sq_norm=5.0, big_sq_norm=1.5)
    found = analysis.noise_scale_scaling(64, control.noise_scale(state))

    np.testing.assert_allclose(found, control(state), rtol=1e-6)
    np.testing.assert_allclose(found, 1 / 3, rtol=1e-6)


def test_timescales():
    """The printed one, in epochs, and back."""
    tau = analysis.weight_decay_timescale(3e-4, 0.1)
    np.testing.assert_allclose(tau, 33333.3333333, rtol=1e-6)
    back = analysis.weight_decay_for_timescale(3e-4, tau)
    np.testing.assert_allclose(back, 0.1, rtol=1e-6)
    epochs = analysis.weight_decay_timescale(3e-4, 0.1, steps_per_epoch=1_000)
    np.testing.assert_allclose(epochs, 33.3333333, rtol=1e-6)
    back = analysis.weight_decay_for_timescale(3e-4, epochs, steps_per_epoch=1_000)
    np.testing.assert_allclose(back, 0.1, rtol=1e-6)


def test_a_timescale_is_what_adamw_remembers():
    """After so many updates without gradients 1/e of the weights is left."""
    decay = float(analysis.weight_decay_for_timescale(1e-2, 500.0))
    optimizer = optax.adamw(1e-2, weight_decay=decay)

    def step(carry, _):
        params, state = carry
        updates, state = optimizer.update(jnp.zeros(()), state, params)
        return (optax.apply_updates(params, updates), state), None

    params = jnp.float32(1.0)
    (params, _), _ = jax.lax.scan(step, (params, optimizer.init(params)), length=500)
    np.testing.assert_allclose(params, math.exp(-1), rtol=2e-3)


PARAMS = {
    "embed": jnp.ones(2),
    "layers": [{"w": jnp.ones(2), "b": jnp.ones(2)}] * 2,
    "head": jnp.ones(2),
}
LABELS = {
    "embed": "embedding",
    "layers": [{"w": "hidden", "b": "vector"}] * 2,
    "head": "output",
}
RULES = {
    # rate, decay and epsilon for a width of 4 and a depth of 8
    ("mup", None): {
        "embedding": (1, 1, 1 / 4),
        "hidden": (1 / 4, 1, 1 / 4),
        "vector": (1, 1, 1 / 4),
        "output": (1, 1, 1 / 4),
    },
    ("completep", 1.0): {
        "embedding": (1, 1, 1 / 4),
        "hidden": (1 / 4, 4, 1 / 32),
        "vector": (1, 1, 1 / 32),
        "output": (1, 1, 1 / 4),
    },
    ("completep", 0.5): {
        "embedding": (1, 1, 1 / 4),
        "hidden": (8**-0.5 / 4, 4, 8**-0.5 / 4),
        "vector": (8**-0.5, 1, 8**-0.5 / 4),
        "output": (1, 1, 1 / 4),
    },
}


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_multipliers_are_the_tables(rule):
    """For the labels in use, in one order for all three."""
    name, alpha = rule
    if name == "mup":
        found = analysis.mup_multipliers(LABELS, 4)
    else:
        found = analysis.completep_multipliers(LABELS, 4, 8, alpha=alpha)

    expected = RULES[rule]
    assert [list(column) for column in found] == [list(expected)] * 3
    for label, row in expected.items():
        got = [float(column[label]) for column in found]
        np.testing.assert_allclose(got, row, rtol=1e-6, err_msg=label)


def test_multipliers_of_one_are_all_one():
    """The model that was tuned keeps its numbers."""
    for found in (
        analysis.mup_multipliers(LABELS, 1),
        analysis.completep_multipliers(LABELS, 1, 1),
    ):
        assert {float(v) for column in found for v in column.values()} == {1.0}


def test_multipliers_feed_groups():
    """A rate for each label, with the multiplier on it."""
    rate = js.linear_schedule(1.0, 0.0, 10)
    factors = analysis.mup_multipliers(LABELS, 4).learning_rate
    optimizer = js.groups(LABELS, {label: m * rate for label, m in factors.items()})
    updates, _ = optimizer.update(PARAMS, optimizer.init(PARAMS), PARAMS)

    found = {"w": updates["layers"][1]["w"], "head": updates["head"]}
    np.testing.assert_array_equal(found["w"], [-0.25, -0.25])
    np.testing.assert_array_equal(found["head"], [-1, -1])


def test_multipliers_feed_a_partition():
    """AdamW for each label: a wider layer keeps the timescale of its decay."""
    rate, factors = 1e-3, analysis.completep_multipliers(LABELS, 4, 2)
    optimizer = optax.partition(
        {
            label: js.scheduled(
                optax.adamw,
                learning_rate=rate * factors.learning_rate[label],
                weight_decay=0.1 * factors.weight_decay[label],
                eps=1e-8 * factors.eps[label],
            )
            for label in factors.eps
        },
        LABELS,
    )
    zeros = jax.tree.map(jnp.zeros_like, PARAMS)
    updates, _ = optimizer.update(zeros, optimizer.init(PARAMS), PARAMS)

    for leaf in jax.tree.leaves(updates):
        np.testing.assert_allclose(leaf, -1e-4, rtol=1e-6)


def test_layers():
    """The same factors as `layerwise` gives by path."""
    depths = {"head": 0, "layer_1": 1, "layer_0": 2}
    params = {label: jnp.ones(()) for label in depths}
    by_label = js.groups(
        {label: label for label in depths}, analysis.layer_multipliers(depths, 0.8)
    )
    by_path = js.layerwise(1.0, 0.8, lambda path, leaf: depths[path[0].key])
    found, expected = (
        optimizer.update(params, optimizer.init(params), params)[0]
        for optimizer in (by_label, by_path)
    )

    for label in depths:
        np.testing.assert_allclose(found[label], expected[label], rtol=1e-6)


def test_widths_can_be_batched():
    """A sweep over widths, under jit."""

    @jax.jit
    @jax.vmap
    def hidden(width):
        return analysis.completep_multipliers({"w": "hidden"}, width, 2.0).eps["hidden"]

    np.testing.assert_array_equal(hidden(jnp.asarray([1.0, 4.0])), [0.5, 0.125])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: analysis.linear_scaling(0, 8), "batch_size=...\\) must be above 0"),
        (lambda: analysis.square_root_scaling(8, -1), "base_batch_size"),
        (lambda: analysis.noise_scale_scaling(8, -1), "noise_scale=...\\) must be 0 or"),
        (lambda: analysis.noise_scale_scaling(8, math.nan), "must be a number"),
        (lambda: analysis.weight_decay_timescale(0.0, 0.1), "learning_rate"),
        (lambda: analysis.weight_decay_timescale(0.1, math.nan), "weight_decay"),
        (lambda: analysis.weight_decay_for_timescale(0.1, 0), "timescale"),
        (
            lambda: analysis.weight_decay_for_timescale(0.1, 1, steps_per_epoch=0),
            "steps_per_epoch",
        ),
        (lambda: analysis.mup_multipliers(LABELS, 0), "width"),
        (lambda: analysis.mup_multipliers({"a": "hiden"}, 2), "must be one of 'embedding'"),
        (lambda: analysis.completep_multipliers(LABELS, 2, -1), "depth"),
        (lambda: analysis.completep_multipliers(LABELS, 2, 1, alpha=math.nan), "alpha"),
        (lambda: analysis.layer_multipliers({"head": -1}, 0.5), "head"),
        (lambda: analysis.layer_multipliers({"head": 0}, 0.0), "decay"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    """By the name of the argument."""
    with pytest.raises(ValueError, match=message):
        call()
