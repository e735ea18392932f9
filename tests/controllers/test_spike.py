"""Cuts on spikes against their rule in NumPy, and what they are given."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import many, row, same_metrics, trace
from .spike_rule import CALM, NUMBERS, losses, random_settings, rule, scales

ONES = jnp.ones(2)

# The rule.


def test_follows_the_rule():
    """Three hundred settings, each on its own losses."""
    num, rng = 300, np.random.default_rng(0)
    numbers, values = random_settings(rng, num), losses(rng, num, 80)
    got = many(js.SpikeCut(**numbers), values)
    expected = [rule(values[i].tolist(), **row(numbers, i)) for i in range(num)]

    assert np.sum(np.diff(expected, axis=1) < 0) > 500
    assert np.sum(np.diff(expected, axis=1) > 0) > 2000
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=0)


def test_drops_and_comes_back_along_a_line():
    """Right after the spike the factor, in so many updates 1, and both exactly."""
    got = scales([*CALM, 9.0, *[3.0] * 5])

    assert got == [1, 1, 1, 1, 0.5, 0.625, 0.75, 0.875, 1, 1]
    ends = scales([*CALM, 9.0, *[3.0] * 7], factor=0.1, recovery_steps=7)
    assert (ends[4], ends[-1]) == (np.float32(0.1), 1)


def test_a_new_spike_starts_again():
    """From the factor, not from below it."""
    got = scales([*CALM, 9.0, 3.0, 50.0, 3.0, 3.0])

    assert got == [1, 1, 1, 1, 0.5, 0.625, 0.5, 0.625, 0.75]


def test_acts_at_once():
    """The update that is given the spike uses the cut; what is read is what was used."""
    cut = js.SpikeCut(**NUMBERS)
    optimizer = js.scheduled(optax.sgd, learning_rate=js.Constant(2.0) * cut)
    update = jax.jit(lambda s, v: optimizer.update(ONES, s, ONES, value=v))
    state, used, read = optimizer.init(ONES), [], []
    for value in [*CALM, 9.0, 3.0]:
        updates, state = update(state, value)
        used.append(-float(updates[0]))
        read.append(float(js.hyperparams(state)["learning_rate"]))

    assert used == read == [2, 2, 2, 2, 1, 1.25]
    assert int(optax.tree_utils.tree_get(state, "num_spikes")) == 1
    assert float(cut(cut.init(), value=math.nan)) == 0.5


@pytest.mark.parametrize(
    ("deviations", "expected"), [(10, 2), (100, 9), (1000, 16), (1e6, 36)]
)
def test_a_lasting_rise_becomes_the_new_level(deviations, expected):
    """After a number of spikes that grows with the logarithm of the rise."""
    rng = np.random.default_rng(1)
    values = np.append(rng.normal(size=400), np.full(300, deviations)).astype(np.float32)
    got = trace(js.SpikeCut(factor=0.5, recovery_steps=1), values)
    numbers = {"threshold": 6.0, "decay": 0.97, "warmup_steps": 25}

    assert int(np.sum(np.asarray(got) < 1)) == expected
    assert rule(values.tolist(), factor=0.5, recovery_steps=1, **numbers) == got.tolist()


def test_a_spike_does_not_hide_the_next():
    """A high one, and one that is a hundredth of it."""
    calm = [*CALM] * 4

    assert scales([*calm, 1e4, 3.0, 1e2])[-3:] == [0.5, 0.625, 0.5]


def test_constant_metric():
    """Rounding makes no spikes of it; a rise is one, and the deviation it gives is used."""
    assert scales([0.1] * 300) == [1] * 300
    assert scales([0.0] * 10 + [1.0] * 30)[10:12] == [0.5, 0.625]


def test_sign_and_level_do_not_matter():
    """Losses far below zero spike as those above it."""
    values = np.asarray([*CALM, 9.0, 3.0, 2.0, 4.0, 3.0])

    assert scales(values - 8) == scales(values) == scales(4 * (values - 8))


# What it is given.


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_not_finite(bad):
    """A spike from the first update on, that leaves no trace in the statistics."""
    assert scales([bad, 3.0, bad, *CALM[1:], 9.0]) == [
        0.5,
        0.625,
        0.5,
        0.625,
        0.75,
        0.875,
        0.5,
    ]
    cut = js.SpikeCut(**NUMBERS)
    state = cut.update(cut.init(), value=bad)
    assert [float(x) for x in state.moments] == [0, 0, 0]


def test_too_large_to_square():
    """A finite spike of any size is one, and the next is another."""
    assert scales([*CALM, 3e38, 3.0, 1e30]) == [1, 1, 1, 1, 0.5, 0.625, 0.5]
    assert scales([1e30, *CALM, 9.0])[-1] == 0.5


def test_update_without_a_value():
    """Statistics stay, the recovery goes on; other arguments are ignored."""
    values = [*CALM, None, 9.0, None, None, 3.0, None]
    got = scales(values)

    assert got == rule(values, **NUMBERS) == [1, 1, 1, 1, 1, 0.5, 0.625, 0.75, 0.875, 1]
    cut = js.SpikeCut()
    assert float(cut(cut.update(cut.init(), loss=math.nan, updates=ONES))) == 1.0


def test_told_between_updates():
    """A spike that is observed cuts the next update; no clock advances."""
    optimizer = js.scheduled(optax.sgd, learning_rate=js.SpikeCut(**NUMBERS))
    state = js.observe(optimizer.init(ONES), value=math.nan)
    assert float(js.next_hyperparams(state)["learning_rate"]) == 0.5
    used = []
    for _ in range(3):
        updates, state = optimizer.update(ONES, state, ONES)
        used.append(-float(updates[0]))

    assert used == [0.5, 0.625, 0.75]


def test_taken_back_to_before_the_spike():
    """At a count before it the rate is whole; it is not stuck until then."""
    optimizer = js.scheduled(optax.sgd, learning_rate=js.SpikeCut(**NUMBERS))
    state = optimizer.init(ONES)
    for value in [*CALM, 9.0]:
        _, state = optimizer.update(ONES, state, ONES, value=value)

    assert float(js.next_hyperparams(state)["learning_rate"]) == 0.5
    assert float(js.next_hyperparams(js.seek(state, 1))["learning_rate"]) == 1.0
    assert float(js.next_hyperparams(js.seek(state, 500))["learning_rate"]) == 1.0


@pytest.mark.parametrize("value", [1, True, np.float64(1), np.int32(1), jnp.bfloat16(1)])
def test_metric_of_any_type(value):
    """The state keeps its types, so that a scan accepts it."""
    cut = js.SpikeCut()
    start = cut.init()
    state = cut.update(cut.update(start, value=value), value=value)
    types = [[leaf.dtype for leaf in jax.tree.leaves(s)] for s in (start, state)]

    assert types[0] == types[1]


def test_metric_of_a_batch_is_refused():
    """The message says what to do."""
    cut = js.SpikeCut()
    with pytest.raises(
        AssertionError, match=r"SpikeCut needs one number as its value.*mean"
    ):
        cut.update(cut.init(), value=jnp.ones(3))


# Transformations.


@pytest.mark.parametrize("name", NUMBERS)
def test_each_setting_can_be_batched(name):
    """`vmap` over one of them gives what each value alone gives."""
    rng = np.random.default_rng(3)
    values, settings = losses(rng, 90), random_settings(rng, 8)[name]
    batch = jax.vmap(lambda v: trace(js.SpikeCut(**{**NUMBERS, name: v}), values))(settings)
    alone = [rule(values.tolist(), **{**NUMBERS, name: v.item()}) for v in settings]

    assert len(np.unique(batch, axis=0)) > 1
    np.testing.assert_allclose(batch, alone, rtol=1e-6, atol=0)


def test_all_settings_can_be_batched():
    """Also by `stack`ed numbers, as in a sweep."""
    rng = np.random.default_rng(4)
    values, numbers = losses(rng, 60), random_settings(rng, 12)
    batch = same_metrics(js.SpikeCut(**numbers), values)
    alone = [rule(values.tolist(), **row(numbers, i)) for i in range(12)]

    np.testing.assert_allclose(batch, alone, rtol=1e-6, atol=0)


def test_gradients_of_the_settings():
    """One update after a spike the factor is f + (1 - f) / 4; all others are finite."""
    values = jnp.asarray([*CALM, 9.0, math.nan, 3.0])

    def last(*numbers):
        return trace(js.SpikeCut(*numbers), values)[-1]

    at = (0.5, 4.0, 4.0, 0.9, 4.0)
    slopes = jax.jit(jax.grad(last, argnums=(0, 1, 2, 3, 4)))(*at)
    np.testing.assert_allclose(slopes, [0.75, -0.03125, 0, 0, 0], rtol=1e-6, atol=0)


def test_gradients_of_the_statistics():
    """They are finite where the deviation is 0, too."""

    def mean(threshold, decay):
        cut = js.SpikeCut(threshold=threshold, decay=decay, warmup_steps=2)
        state = cut.init()
        for value in (1.0, 1.0, 1.0, 3.0, 9.0):
            state = cut.update(state, value=value)
        return state.moments.mean

    slopes = jax.grad(mean, argnums=(0, 1))(1.5, 0.9)

    assert all(np.isfinite(x) and x != 0 for x in slopes)


def test_donated_memory():
    """A step may reuse the memory of the state, from the first one on."""
    cut = js.SpikeCut(**NUMBERS)
    traces = []

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state, value):
        traces.append(value)
        return cut.update(state, value=value)

    state = cut.init()
    for value in [*CALM, 9.0]:
        state = step(state, value)

    assert float(cut(state)) == 0.5
    assert len(traces) == 1


def test_double_precision():
    """Under x64 the state has doubles, and sees what single precision does not."""
    with jax.enable_x64(True):
        values = [1 + 1e-12 * (k % 2) for k in range(4)] + [1 + 1e-10]
        assert scales(values) == [1, 1, 1, 1, 0.5]
        assert js.SpikeCut().init().moments.mean.dtype == np.float64
    assert scales(values) == [1] * 5


# Errors.


@pytest.mark.parametrize(
    "numbers",
    [
        {"factor": -0.1},
        {"factor": 1.5},
        {"factor": math.nan},
        {"recovery_steps": 0},
        {"recovery_steps": -1},
        {"threshold": 0.0},
        {"decay": 1.0},
        {"decay": -0.1},
        {"warmup_steps": 1},
        {"warmup_steps": -1},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"SpikeCut.*{name}.*{value}"):
        js.SpikeCut(**numbers)


def test_repr_is_code():
    """A controller reads back from its text."""
    cut = js.SpikeCut(**NUMBERS)
    again = eval(repr(cut), {"SpikeCut": js.SpikeCut})

    assert jax.tree.leaves(again) == jax.tree.leaves(cut)
