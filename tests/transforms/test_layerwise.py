"""Learning rates that decay from the last layer to the first."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced, assert_close, assert_same, loss, start, train

NUM_LAYERS = 3
PARAMS = {
    "embeddings": jnp.ones(2),
    **{f"layer_{i}": {"w": jnp.ones(3), "b": jnp.ones(1)} for i in range(NUM_LAYERS)},
    "head": jnp.ones(2),
}
ROWS = {"w": 2, "b": 0}


def depth(path, leaf):
    """As for a Transformer: the head, then the layers from the last one, then the rest."""
    text = jax.tree_util.keystr(path, simple=True, separator="/")
    found = re.search(r"layer_(\d+)", text)
    if found:
        return NUM_LAYERS - int(found[1])
    return 0 if text.startswith("head") else NUM_LAYERS + 1


def of_row(path, leaf):
    return ROWS[path[-1].key]


def read(state):
    return {name: float(value) for name, value in js.hyperparams(state).items()}


def test_each_layer_has_its_power():
    """The head has the rate itself, the last layer one factor of the decay: not two.

    Google's ELECTRA had two (electra#51, electra#64): a pooler was gone, its depth not.
    """
    optimizer = js.layerwise(0.5, 0.75, depth)
    updates, state = optimizer.update(PARAMS, optimizer.init(PARAMS))
    powers = {"head": 0, "layer_2": 1, "layer_1": 2, "layer_0": 3, "embeddings": 4}

    for name, power in powers.items():
        for leaf in jax.tree.leaves(updates[name]):
            np.testing.assert_allclose(leaf, -0.5 * 0.75**power, rtol=1e-6, atol=0)
    assert read(state) == {"base": 0.5, "decay": 0.75}


def test_base_and_decay_follow_schedules():
    """Against powers in double precision, in one trace."""
    optimizer = js.layerwise(
        js.linear_schedule(1.0, 0.0, 8), js.linear_schedule(0.5, 1.0, 4), depth
    )
    step, state = Traced(optimizer.update), optimizer.init(PARAMS)
    for count in range(10):
        updates, state = step(PARAMS, state)
        base, decay = max(1 - count / 8, 0), min(0.5 + count / 8, 1)
        assert read(state) == {"base": base, "decay": decay}
        np.testing.assert_allclose(updates["embeddings"], -base * decay**4, rtol=1e-6)
        np.testing.assert_allclose(updates["layer_2"]["w"], -base * decay, rtol=1e-6)

    assert step.count == 1


def test_deep_networks():
    """Hundred layers, with the decay that a float32 holds."""
    params = {i: jnp.ones(()) for i in range(101)}
    optimizer = js.layerwise(1.0, 0.9, lambda path, _: 100 - path[0].key)
    updates, _ = jax.jit(optimizer.update)(params, optimizer.init(params))
    exact = -(np.float64(np.float32(0.9)) ** (100 - np.arange(101)))

    np.testing.assert_allclose(list(updates.values()), exact, rtol=2e-6, atol=0)


def test_behind_adam():
    """The moments know nothing of it: each row moves as under its own rate."""
    optimizer = optax.chain(optax.scale_by_adam(), js.layerwise(0.01, 0.5, of_row))
    by_groups = optax.chain(
        optax.scale_by_adam(), js.groups({"w": "w", "b": "b"}, {"w": 0.0025, "b": 0.01})
    )
    params = start()
    runs = [
        jax.jit(lambda p, s, o=o: train(o, p, s, 30))(params, o.init(params))[0]
        for o in (optimizer, by_groups)
    ]

    assert_close(*runs, rtol=1e-6)


def test_no_decay_is_the_optimizer_itself():
    """With a decay of 1: the parameters of `optax.adam`, bit for bit."""
    ours = optax.chain(optax.scale_by_adam(), js.layerwise(3e-3, 1.0, of_row))
    params = start()
    runs = [
        jax.jit(lambda p, s, o=o: train(o, p, s, 30))(params, o.init(params))[0]
        for o in (ours, optax.adam(3e-3))
    ]

    assert_same(*runs)


def test_factors_behind_a_whole_optimizer():
    """With `flip_sign=False` the sign stays."""
    factors = js.layerwise(1.0, 0.5, of_row, flip_sign=False)
    optimizer = optax.chain(optax.sgd(0.1), factors)
    params = start()
    updates, _ = optimizer.update(params, optimizer.init(params), params)

    np.testing.assert_array_equal(updates["w"], np.float32(-0.1) * params["w"] / 4)
    np.testing.assert_array_equal(updates["b"], np.float32(-0.1) * params["b"])


def test_layers_that_are_stacked():
    """One array for all layers, as a scan over them has it: a depth for each row."""
    params = {"blocks": jnp.ones((4, 2, 3)), "head": jnp.ones(2)}

    def depth(path, leaf):
        stacked = path[0].key == "blocks"
        return np.arange(4, 0, -1)[:, None, None] if stacked else 0

    optimizer = js.layerwise(1.0, 0.5, depth)
    updates, _ = jax.jit(optimizer.update)(params, optimizer.init(params))

    rows = -(0.5 ** np.arange(4.0, 0, -1))[:, None, None]
    np.testing.assert_array_equal(updates["blocks"], np.broadcast_to(rows, (4, 2, 3)))
    np.testing.assert_array_equal(updates["head"], -1.0)
    slope = jax.grad(lambda d: jnp.sum(_first_update(d, depth, params)["blocks"]))(0.0)
    assert np.isfinite(slope)


def _first_update(decay, depth, params):
    optimizer = js.layerwise(1.0, js.Constant(decay), depth)
    return optimizer.update(params, optimizer.init(params))[0]


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_gradients(decay):
    """d(update)/d(decay) is the power rule, at a decay of 0 too."""

    def head_and_last(decay):
        updates = _first_update(decay, depth, PARAMS)
        return jnp.stack([updates["head"][0], updates["layer_2"]["w"][0],
                          updates["layer_0"]["w"][0]])  # fmt: skip

    slopes = jax.jit(jax.jacfwd(head_and_last))(decay)
    np.testing.assert_allclose(slopes, [0, -1, -3 * decay**2], rtol=1e-6, atol=0)


def test_every_rate_is_batched():
    """A sweep over base and decay, each lane as if alone."""
    members = js.grid(
        lambda base, decay: js.bundle(base=js.linear_schedule(base, 0.0, 9), decay=decay),
        base=[0.01, 0.1],
        decay=[0.5, 0.9],
    )

    def final(plan):
        optimizer = optax.chain(
            optax.scale_by_adam(), js.layerwise(plan["base"], plan["decay"], of_row)
        )
        params = start()
        return loss(train(optimizer, params, optimizer.init(params), 8)[0])

    lanes, alone = jax.jit(jax.vmap(final))(members.schedules), jax.jit(final)
    expected = [alone(plan) for plan in js.unstack(members.schedules)]

    np.testing.assert_allclose(lanes, expected, rtol=2e-6)
    assert len(set(np.asarray(lanes))) == 4


def test_updates_keep_their_type():
    """Multiplied in float32, rounded once."""
    params = start(jnp.bfloat16)
    optimizer = js.layerwise(1e-3, 0.9, of_row)
    updates, state = jax.jit(optimizer.update)(params, optimizer.init(params))
    rate = np.float32(1e-3) * np.float32(np.float32(0.9) * np.float32(0.9))
    exact = -np.asarray(params["w"], np.float64) * rate

    assert updates["w"].dtype == updates["b"].dtype == jnp.bfloat16
    assert state.hyperparams["decay"].dtype == jnp.float32
    np.testing.assert_array_equal(
        updates["w"], jnp.asarray(exact, jnp.float32).astype(jnp.bfloat16)
    )


def test_rates_are_overridden_and_replaced():
    """By the names `base` and `decay`, without another trace."""
    optimizer = js.layerwise(1.0, 0.5, depth)
    step = Traced(lambda s: optimizer.update(PARAMS, s, PARAMS)[0]["layer_2"]["w"][0])
    state = optimizer.init(PARAMS)

    assert float(step(js.override(state, decay=0.25))) == -0.25
    assert float(step(js.replace_schedules(state, base=2.0))) == -1.0
    assert step.count == 1


def test_masked_parameters_have_no_depth():
    """`depth_fn` is asked only about what is trained."""
    seen = set()

    def depth(path, leaf):
        seen.add(path[0].key)
        return 1

    mask = {name: name != "embeddings" for name in PARAMS}
    optimizer = optax.masked(js.layerwise(1.0, 0.5, depth), mask)
    updates, _ = optimizer.update(PARAMS, optimizer.init(PARAMS), PARAMS)

    assert seen == set(PARAMS) - {"embeddings"}
    np.testing.assert_array_equal(updates["head"], -0.5)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (1.0, TypeError, r"must give an int, .* got 1.0 for \['embeddings'\]"),
        (None, TypeError, r"must give an int, .* got None for \['embeddings'\]"),
        (True, TypeError, r"must give an int, .* got True"),
        (-1, ValueError, r"must give 0 or more layers .* got -1 for .* The head has 0"),
        (np.arange(3), ValueError, r"shape \(3,\) for \['embeddings'\] of shape \(2,\)"),
        (np.ones((1, 2), int), ValueError, r"shape \(1, 2\) for .* of shape \(2,\)"),
    ],
)
def test_wrong_depths_are_refused(value, error, message):
    """By `init`, with the path."""
    with pytest.raises(error, match=message):
        js.layerwise(1.0, 0.5, lambda path, leaf: value).init(PARAMS)
