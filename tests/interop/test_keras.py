"""The schedules of keras: curves read off it, what it refuses, tracing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.interop import port

from .helpers import cases, check, ids, is_refused, ported

CASES = cases("keras")
TAKEN = [c for c in CASES if not is_refused(c)]
REFUSED = [c for c in CASES if is_refused(c)]


def schedule(name, **kwargs):
    return port("keras", name, **kwargs)


@pytest.mark.parametrize("case", TAKEN, ids=ids(TAKEN))
def test_curves(case):
    """The values of the peer, in single precision."""
    check(case)


@pytest.mark.parametrize("case", TAKEN, ids=ids(TAKEN))
def test_curves_in_double_precision(case):
    """The values of the peer, to nine digits of the peak."""
    with jax.enable_x64(True):
        check(case)


@pytest.mark.parametrize("case", REFUSED, ids=ids(REFUSED))
def test_refused_by_the_peer(case):
    """What its constructor refuses, ours does."""
    with pytest.raises((ValueError, TypeError)):
        ported(case)


# What no curve holds.


def test_slow_exponential_keeps_its_pace():
    """A rate near 1 would lose it in single precision: 10,000 steps at 0.9999."""
    decay = schedule(
        "ExponentialDecay", initial_learning_rate=1.0, decay_steps=1, decay_rate=0.9999
    )

    np.testing.assert_allclose(decay(10_000), 0.9999**10_000, rtol=1e-6)


def test_negative_rate_as_a_staircase():
    """The sign changes with each stair; between them there is no value."""
    numbers = {"initial_learning_rate": 1.0, "decay_steps": 2, "decay_rate": -0.5}
    stairs = schedule("ExponentialDecay", **numbers, staircase=True)

    found = [float(stairs(count)) for count in range(6)]
    np.testing.assert_allclose(found, [1, 1, -0.5, -0.5, 0.25, 0.25], rtol=1e-6)
    with pytest.raises(ValueError, match=r"decay_rate.*above 0"):
        schedule("ExponentialDecay", **numbers)


def test_shrinking_cycles_end():
    """Cycles of half the length each, and the floor when they are over."""
    cycles = schedule(
        "CosineDecayRestarts",
        initial_learning_rate=1.0,
        first_decay_steps=8,
        t_mul=0.5,
        m_mul=0.5,
        alpha=0.25,
    )

    found = [float(cycles(count)) for count in (0, 8, 12, 14, 16, 99)]
    np.testing.assert_allclose(found, [1, 0.625, 0.4375, 0.34375, 0.25, 0.25], rtol=1e-6)


def test_no_boundaries():
    """One value, for ever."""
    only = schedule("PiecewiseConstantDecay", boundaries=[], values=[0.5])

    assert float(only(7)) == 0.5


@pytest.mark.parametrize(
    ("monitor", "mode", "rises"),
    [
        ("val_loss", "auto", False),
        ("loss", "odd", False),
        ("mean_squared_error", "auto", False),
        ("val_accuracy", "auto", True),
        ("val_auc", "auto", True),
        ("anything", "max", True),
        ("val_accuracy", "min", False),
    ],
)
def test_direction_of_a_metric(monitor, mode, rises):
    """From its name, where the mode does not say; an unknown mode is `auto`."""
    controller = schedule(
        "ReduceLROnPlateau", base_lr=0.5, monitor=monitor, mode=mode, patience=1, factor=0.5
    )
    state, found = controller.init(), []
    for value in (1.0, 2.0, 3.0):
        state = controller.update(state, value=value)
        found.append(float(controller(state)))

    assert found == ([0.5, 0.5, 0.5] if rises else [0.5, 0.25, 0.125])


def test_function_of_the_epoch():
    """The callback takes one, and so does the port; a schedule is one."""
    halves = schedule("LearningRateScheduler", schedule=lambda epoch: 0.5**epoch, verbose=1)
    ours = schedule("LearningRateScheduler", schedule=js.Constant(0.5))

    assert [float(halves(epoch)) for epoch in range(3)] == [1.0, 0.5, 0.25]
    assert float(ours(3)) == 0.5
    with pytest.raises(TypeError, match=r"function of the epoch alone.*the last rate"):
        schedule("LearningRateScheduler", schedule=lambda epoch, rate: rate * 0.5)


# Arguments that are refused.


@pytest.mark.parametrize(
    ("name", "changes", "match"),
    [
        ("ExponentialDecay", {"decay_steps": 0}, r"\(decay_steps=...\) must be above 0"),
        ("PolynomialDecay", {"decay_steps": 0.0}, r"\(decay_steps=...\) must be above 0"),
        ("InverseTimeDecay", {"decay_steps": -3}, r"\(decay_steps=...\) must be 0 or more"),
        ("InverseTimeDecay", {"decay_rate": -0.5}, r"\(decay_rate=...\) must be 0 or more"),
        ("PolynomialDecay", {"power": -1.0}, r"PolynomialDecay needs power >= 0, got -1.0"),
        ("CosineDecay", {"decay_steps": 0}, r"\(decay_steps=...\) must be above 0, got 0"),
        (
            "CosineDecay",
            {"warmup_target": 0.5, "warmup_steps": -1},
            r"CosineDecay\(warmup_steps=...\) must be 0 or more, got -1",
        ),
        ("CosineDecayRestarts", {"t_mul": -1.0}, r"needs t_mul >= 0, got -1.0. Raise it"),
        ("CosineDecayRestarts", {"m_mul": -1.0}, r"needs m_mul >= 0, got -1.0. Raise it"),
        ("CosineDecayRestarts", {"t_mul": 0.9999}, r"at most 4096 cycles, got 0.9999"),
    ],
)
def test_error_says_what_is_required(name, changes, match):
    """Who, what is required, what came, what to do."""
    length = "first_decay_steps" if name == "CosineDecayRestarts" else "decay_steps"
    kwargs = {"initial_learning_rate": 0.5, length: 10}
    if name in ("ExponentialDecay", "InverseTimeDecay"):
        kwargs["decay_rate"] = 0.5
    with pytest.raises(ValueError, match=match):
        schedule(name, **(kwargs | changes))


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"factor": 1.0}, r"ReduceLROnPlateau needs factor < 1, got factor=1.0. Lower it"),
        ({"base_lr": 0.0}, r"ReduceLROnPlateau\(base_lr=...\) must be above 0, got 0.0"),
        ({"monitor": "fun"}, r"mode='auto'.*got monitor='fun'. Pass mode='min' or"),
    ],
)
def test_error_of_the_callback(kwargs, match):
    """The same for the plateau."""
    with pytest.raises(ValueError, match=match):
        schedule("ReduceLROnPlateau", **{"base_lr": 0.5, **kwargs})


def test_boundaries_and_values_have_to_match():
    """One value more than boundaries."""
    with pytest.raises(ValueError, match=r"PiecewiseConstantDecay\(values=.*3 entries"):
        schedule("PiecewiseConstantDecay", boundaries=[3, 5], values=[1.0, 0.5])


# Transformations.

RATE = {"initial_learning_rate": 0.5}
TRACED = [
    ("ExponentialDecay", {**RATE, "decay_steps": 8, "decay_rate": 0.5}, {}),
    (
        "ExponentialDecay",
        {**RATE, "decay_steps": 8, "decay_rate": 0.5},
        {"staircase": True},
    ),
    ("InverseTimeDecay", {**RATE, "decay_steps": 8, "decay_rate": 0.5}, {}),
    ("PolynomialDecay", {**RATE, "decay_steps": 8, "power": 2.0}, {}),
    ("PolynomialDecay", {**RATE, "decay_steps": 8, "power": 2.0}, {"cycle": True}),
    ("CosineDecay", {**RATE, "decay_steps": 8, "alpha": 0.25}, {}),
    (
        "CosineDecay",
        {**RATE, "decay_steps": 8, "warmup_target": 1.0, "warmup_steps": 4},
        {},
    ),
    ("CosineDecayRestarts", {**RATE, "first_decay_steps": 8, "t_mul": 2, "m_mul": 0.5}, {}),
    ("CosineDecayRestarts", {**RATE, "first_decay_steps": 8, "t_mul": 1}, {}),
    ("CosineDecayRestarts", {**RATE, "first_decay_steps": 8, "m_mul": 1.0}, {"t_mul": 0.5}),
]


@pytest.mark.parametrize(
    ("name", "numbers", "structure"), TRACED, ids=[name for name, *_ in TRACED]
)
def test_every_number_can_be_batched(name, numbers, structure):
    """Each may be traced where the schedule is made; the values stay the same."""
    counts = jnp.arange(40)
    rows = {k: jnp.asarray([v, v]) for k, v in numbers.items()}

    def values(numbers):
        return jax.vmap(schedule(name, **numbers, **structure))(counts)

    found = jax.jit(jax.vmap(values))(rows)

    np.testing.assert_allclose(found, [values(numbers)] * 2, rtol=1e-5, atol=3e-7)


def test_boundaries_can_be_traced():
    """As a row of numbers, and so can the values."""

    @jax.jit
    def values(boundaries, values):
        made = schedule("PiecewiseConstantDecay", boundaries=boundaries, values=values)
        return jax.vmap(made)(jnp.arange(6))

    found = values(jnp.asarray([1, 3]), jnp.asarray([1.0, 0.5, 0.25]))

    np.testing.assert_array_equal(found, [1, 1, 0.5, 0.5, 0.25, 0.25])


def test_plateau_settings_are_batched():
    """A controller for each row of settings and of rates."""

    def values(settings):
        controller = schedule("ReduceLROnPlateau", **settings)

        def step(state, value):
            state = controller.update(state, value=value)
            return state, controller(state)

        return jax.lax.scan(step, controller.init(), jnp.ones(5))[1]

    rows = {"base_lr": [0.5, 1.0], "factor": [0.5, 0.25], "patience": [1, 2]}
    found = jax.jit(jax.vmap(values))({k: jnp.asarray(v) for k, v in rows.items()})

    np.testing.assert_allclose(
        found, [[0.5, 0.25, 0.125, 1 / 16, 1 / 32], [1, 1, 0.25, 0.25, 1 / 16]], rtol=1e-6
    )
