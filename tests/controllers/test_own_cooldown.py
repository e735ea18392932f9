"""A cooldown that begins by itself: when by torch's rule, how by NumPy."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .cooldown_rule import CURVES, NEVER, losses, random_settings, rule, scales
from .helpers import many, row, same_metrics, trace

ONES = jnp.ones(2)

# The rule.


@pytest.mark.parametrize("curve", CURVES)
def test_follows_the_rule(curve):
    """Two hundred settings, each on its own losses."""
    num, rng = 200, np.random.default_rng(0)
    numbers, values = random_settings(rng, num), losses(rng, num, 60)
    node, shape = CURVES[curve]
    if node is not None:
        node = jax.tree.map(lambda x: np.full(num, x, np.float32), node)
    got = many(js.CooldownOnPlateau(**numbers, curve=node), values)
    expected = [
        rule(values[i].tolist(), **row(numbers, i), curve=shape) for i in range(num)
    ]

    starts = [start for _, start in expected]
    assert 100 < len([s for s in starts if s < 60]) < num
    factors = [factor for factor, _ in expected]
    np.testing.assert_allclose(got, factors, rtol=2e-6, atol=1e-12)


def test_begins_where_the_plateau_would_be_cut_first():
    """At a value that may be read, and is not called off by a better one."""
    metrics = [3.0, 2.0, 2.0, 2.0, 1.0, 0.5, 0.25, 0.1]
    got, state = scales(metrics, decay_steps=4, end_scale=0.5, patience=1)

    assert got == [1, 1, 1, 1, 0.875, 0.75, 0.625, 0.5]
    assert int(state.decay_start) == 4
    assert scales(metrics[:3], decay_steps=4, patience=1)[1].decay_start == NEVER


def test_is_the_cooldown_that_starts_there():
    """Value for value what `Cooldown` makes of the same schedule, start and curve."""
    curve = js.curves.Power(0.5)
    warm = js.linear_schedule(0.0, 0.3, 5)
    numbers = {"decay_steps": 7, "curve": curve, "patience": 2, "warmup_steps": 5}
    optimizer = js.scheduled(
        optax.sgd, learning_rate=warm * js.CooldownOnPlateau(**numbers)
    )
    state, used = optimizer.init(ONES), []
    update = jax.jit(lambda s, v: optimizer.update(ONES, s, ONES, value=v))
    for value in [9.0] * 5 + [3.0, 2.0, 1.0] + [1.0] * 15:
        _, state = update(state, value)
        used.append(float(js.hyperparams(state)["learning_rate"]))
    start = int(optax.tree_utils.tree_get(state, "decay_start"))
    known = js.Cooldown(warm, 0.0, start, 7, curve)

    assert start == 11
    np.testing.assert_allclose(used, known(np.arange(23)), rtol=3e-7, atol=0)
    assert used[11] == used[10] == np.float32(0.3)
    assert used[18:] == [0.0] * 5


def test_the_end_is_exact_and_kept():
    """Also one that is no sum of halves, along a curve, from one update to the next."""
    for numbers in ({}, {"curve": js.curves.Cosine()}):
        for steps in (0, 1, 7):
            got, _ = scales(
                [1.0] * 20, decay_steps=steps, end_scale=0.3, patience=1, **numbers
            )
            assert got[:2] == [1, 1]
            assert got[2 + steps :] == [np.float32(0.3)] * (18 - steps)


def test_patience_does_not_run_in_the_warmup():
    """Nor is the best value of it; without a warmup it would begin at once."""
    metrics = [0.0] * 6 + [3.0] * 4

    assert int(scales(metrics, decay_steps=4, patience=1)[1].decay_start) == 3
    got, state = scales(metrics, decay_steps=4, patience=1, warmup_steps=6)
    assert got == [1] * 9 + [0.75]
    assert int(state.decay_start) == 9


def test_greatest_and_negative_metrics():
    """`mode="max"` on -x begins where `mode="min"` on x does, whatever the sign."""
    values = losses(np.random.default_rng(2), 60)
    low = trace(js.CooldownOnPlateau(20, patience=3), values)
    high = trace(js.CooldownOnPlateau(20, patience=3, mode="max"), -values)

    assert 0 < np.sum(np.asarray(low) < 1) < 60
    np.testing.assert_array_equal(low, high)
    flat = [scales([x] * 9, decay_steps=4, patience=2)[0] for x in (1.0, -1.0)]
    assert flat[0] == flat[1]


# What it is given.


def test_nan_is_no_progress():
    """It counts as bad, and never as best."""
    _, state = scales([math.nan] * 5, decay_steps=4, patience=2)
    assert int(state.decay_start) == 3
    _, state = scales([1.0, math.nan, 0.5, math.nan], decay_steps=4, patience=1)
    assert int(state.decay_start) == NEVER


def test_update_without_a_metric():
    """The decay goes on, patience does not; other arguments are ignored."""
    metrics = [1.0, None, 1.0, None, None, 1.0, None, None, None]
    got, state = scales(metrics, decay_steps=4, patience=1)

    assert got == [1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert int(state.decay_start) == 6
    cooldown = js.CooldownOnPlateau(4, patience=0)
    assert float(cooldown(cooldown.update(cooldown.init(), loss=1.0))) == 1.0


def test_told_between_updates():
    """No clock advances, and the start is the next count."""
    rate = js.CooldownOnPlateau(decay_steps=2, patience=0)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    state, used = optimizer.init(ONES), []
    for _ in range(6):
        _, state = optimizer.update(ONES, state, ONES)
        used.append(float(js.hyperparams(state)["learning_rate"]))
        if len(used) in (1, 2):
            state = js.observe(state, value=1.0)

    assert used == [1, 1, 1, 1, 0.5, 0]
    assert int(optax.tree_utils.tree_get(state, "decay_start")) == 3


@pytest.mark.parametrize("value", [1, True, np.float64(1), np.int32(1), jnp.bfloat16(1)])
def test_metric_of_any_type(value):
    """The state keeps its types, so that a scan accepts it."""
    cooldown = js.CooldownOnPlateau(4, patience=0)
    start = cooldown.init()
    state = cooldown.update(cooldown.update(start, value=value), value=value)
    types = [[leaf.dtype for leaf in jax.tree.leaves(s)] for s in (start, state)]

    assert types[0] == types[1]
    assert int(state.decay_start) == 2


def test_metric_of_a_batch_is_refused():
    """The message names this controller and says what to do."""
    cooldown = js.CooldownOnPlateau(4)
    with pytest.raises(AssertionError, match=r"CooldownOnPlateau needs one number.*a mean"):
        cooldown.update(cooldown.init(), value=jnp.ones(3))


# Transformations.


@pytest.mark.parametrize(
    "name", ["decay_steps", "end_scale", "patience", "rtol", "atol", "warmup_steps"]
)
def test_each_setting_can_be_batched(name):
    """`vmap` over one of them gives what each value alone gives."""
    values = losses(np.random.default_rng(3), 60)
    numbers = {"decay_steps": 9, "patience": 3, "rtol": 0.0}
    batched = {
        "decay_steps": [0, 5, 30],
        "end_scale": [0.0, 0.5, 1.0],
        "patience": [0, 2, 8],
        "rtol": [0.0, 0.1, 0.5],
        "atol": [0.0, 0.1, 0.5],
        "warmup_steps": [0, 10, 40],
    }
    settings = np.asarray(batched[name])
    got = jax.vmap(lambda v: trace(js.CooldownOnPlateau(**numbers | {name: v}), values))
    alone = [rule(values.tolist(), **numbers | {name: v.item()})[0] for v in settings]

    assert len(np.unique(got(settings), axis=0)) > 1
    np.testing.assert_allclose(got(settings), alone, rtol=2e-6, atol=1e-12)


def test_all_settings_and_the_curve_can_be_batched():
    """Also by `stack`ed numbers, as in a sweep."""
    rng = np.random.default_rng(4)
    values, numbers = losses(rng, 60), random_settings(rng, 12)
    powers = rng.uniform(0.5, 3, 12).astype(np.float32)
    curve = js.curves.Power(powers)
    batch = same_metrics(js.CooldownOnPlateau(**numbers, curve=curve), values)
    alone = [
        rule(values.tolist(), **row(numbers, i), curve=lambda x, p=powers[i]: x ** float(p))
        for i in range(12)
    ]

    np.testing.assert_allclose(batch, [a for a, _ in alone], rtol=2e-6, atol=1e-12)


def test_gradients_of_the_settings():
    """Half way down it is (1 + e) / 2, and falls by t (1 - e) / T² with the length."""

    def half(steps, end):
        return trace(js.CooldownOnPlateau(steps, end, patience=0), jnp.ones(7))[-1]

    slopes = jax.jit(jax.grad(half, argnums=(0, 1)))(10.0, 0.2)

    np.testing.assert_allclose(slopes, [0.8 * 5 / 100, 0.5], rtol=1e-5)


def test_donated_memory():
    """A step may reuse the memory of the state, from the first one on."""
    cooldown = js.CooldownOnPlateau(4, patience=0)
    step = jax.jit(lambda s, v: cooldown.update(s, value=v), donate_argnums=0)
    state = cooldown.init()
    for _ in range(4):
        state = step(state, 1.0)

    assert float(cooldown(state)) == 0.5


def test_double_precision():
    """Under x64 the start is a count of 64 bits, and the metric a double."""
    with jax.enable_x64(True):
        metrics = [1.0 - 1e-12 * k for k in range(6)]
        got, state = scales(metrics, decay_steps=4, patience=0, rtol=0.0)

        assert got == [1] * 6
        assert state.decay_start.dtype == np.int64
        assert int(state.decay_start) == 2**63 - 1
    assert scales(metrics, decay_steps=4, patience=0, rtol=0.0)[0][-1] == 0


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"decay_steps": -1},
        {"end_scale": math.nan},
        {"patience": -1},
        {"rtol": -1e-4},
        {"atol": -1e-4},
        {"warmup_steps": -1},
        {"mode": "auto"},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"CooldownOnPlateau\({name}=.*{value}"):
        js.CooldownOnPlateau(**{"decay_steps": 4, **numbers})


def test_a_curve_is_a_curve():
    """The message shows one."""
    with pytest.raises(
        TypeError, match=r"CooldownOnPlateau\(curve=.*AbstractCurve.*Linear"
    ):
        js.CooldownOnPlateau(4, curve="linear")


def test_repr_is_code():
    """A controller reads back from its text, with and without a curve."""
    names = {"CooldownOnPlateau": js.CooldownOnPlateau, "Power": js.curves.Power}
    for curve in (None, js.curves.Power(0.5)):
        cooldown = js.CooldownOnPlateau(4, curve=curve, mode="max")
        again = eval(repr(cooldown), names)

        assert jax.tree.leaves(again) == jax.tree.leaves(cooldown)
        assert again.mode == "max"
