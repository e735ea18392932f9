"""The ports of optax against curves read off optax, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxsched.controllers import OptaxPlateau
from jaxsched.interop import port

from .helpers import cases, check, ids, is_refused, ported

CASES = cases("optax")
REFUSED = [case for case in CASES if is_refused(case)]
TAKEN = [case for case in CASES if not is_refused(case)]

every = pytest.mark.parametrize("case", TAKEN, ids=ids(TAKEN))


@every
def test_curve(case):
    """The values of optax, whatever sense its arguments make."""
    check(case)


@every
def test_curve_in_double_precision(case):
    """To 1e-9 of the peak: the formula is the same, not only the picture."""
    with jax.enable_x64(True):
        check(case)


@pytest.mark.parametrize("case", REFUSED, ids=ids(REFUSED))
def test_what_optax_refuses_is_refused(case):
    """With an error of ours."""
    with pytest.raises((ValueError, TypeError), match=r"must|needs"):
        ported(case)


def test_every_schedule_is_there_and_was_read():
    """A new name of optax would be one here."""
    names = {case["scheduler"] for case in CASES}
    of_optax = {
        name
        for name in dir(optax.schedules)
        if name.endswith(("_schedule", "_schedules", "_decay")) and name[0] != "_"
    }

    assert of_optax | {"reduce_on_plateau"} == names
    with pytest.raises(ValueError, match="must be one of") as caught:
        port("optax", "no_such_schedule")
    assert all(name in str(caught.value) for name in names)


# What is refused here.


@pytest.mark.parametrize(
    ("schedule", "kwargs", "message"),
    [
        (
            "cosine_decay_schedule",
            {"init_value": 1.0, "decay_steps": 0},
            r"cosine_decay_schedule\(decay_steps=...\) must be above 0",
        ),
        (
            "warmup_cosine_decay_schedule",
            {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 5, "decay_steps": 5},
            "needs decay_steps > warmup_steps.* Raise decay_steps",
        ),
        (
            "exponential_decay",
            {"init_value": 1.0, "transition_steps": 5, "decay_rate": -1.0},
            r"exponential_decay\(decay_rate=...\) must be above 0, got -1.0",
        ),
        (
            "piecewise_constant_schedule",
            {"init_value": 1.0, "boundaries_and_scales": {5: -1.0}},
            "needs factors of 0 or more",
        ),
        (
            "piecewise_interpolate_schedule",
            {
                "interpolate_type": "linear",
                "init_value": 1.0,
                "boundaries_and_scales": {-5: -1.0},
            },
            "needs factors of 0 or more",
        ),
        ("join_schedules", {"schedules": [], "boundaries": []}, "must not be empty"),
        ("sgdr_schedule", {"cosine_kwargs": []}, "must not be empty"),
        (
            "join_schedules",
            {"schedules": [{"scheduler": "step", "kwargs": {}}], "boundaries": []},
            "must be one of .* got 'step'",
        ),
        (
            "reduce_on_plateau",
            {"base_lr": 0.1, "rtol": 0.0},
            "reduce_on_plateau needs rtol or atol above 0, got rtol=0.0 and atol=0.0",
        ),
        ("reduce_on_plateau", {}, "needs base_lr"),
    ],
)
def test_wrong_values(schedule, kwargs, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        port("optax", schedule, **kwargs)


# What is more than the curves show.


def test_functions_may_be_joined():
    """As in optax, where a schedule is any function of the count."""
    joined = port(
        "optax",
        "join_schedules",
        schedules=[lambda t: 0.5 * t, lambda t: t],
        boundaries=[4],
    )

    np.testing.assert_allclose(joined(jnp.array([2, 4, 6])), [1.0, 0.0, 2.0])


def test_boundaries_below_zero_are_behind():
    """At count 0 a table or a join is in its middle."""
    table = {"init_value": 1.0, "boundaries_and_scales": {-4: 0.5, "4": 3.0}}
    line = port(
        "optax", "piecewise_interpolate_schedule", interpolate_type="linear", **table
    )
    steps = port("optax", "piecewise_constant_schedule", **table)
    joined = port(
        "optax", "join_schedules", schedules=[lambda t: -1.0, lambda t: t], boundaries=[-3]
    )

    np.testing.assert_allclose(line(jnp.array([0, 2, 4])), [1.0, 1.25, 1.5])
    np.testing.assert_allclose(steps(jnp.array([0, 3, 4])), [0.5, 0.5, 1.5])
    np.testing.assert_allclose(joined(jnp.array([0, 2])), [3.0, 5.0])


# What JAX does with them.


@pytest.mark.parametrize(
    ("schedule", "numbers", "others"),
    [
        ("constant_schedule", {"value": 0.3}, {}),
        (
            "polynomial_schedule",
            {
                "init_value": 1.0,
                "end_value": 0.1,
                "power": 1.5,
                "transition_steps": 8,
                "transition_begin": 2,
            },
            {},
        ),
        (
            "exponential_decay",
            {
                "init_value": 1.0,
                "transition_steps": 3,
                "decay_rate": 0.7,
                "transition_begin": 2,
                "end_value": 0.4,
            },
            {"staircase": True},
        ),
        (
            "cosine_decay_schedule",
            {"init_value": 1.0, "decay_steps": 8, "alpha": 0.1, "exponent": 1.5},
            {},
        ),
        (
            "linear_onecycle_schedule",
            {"transition_steps": 11, "peak_value": 1.0, "pct_start": 0.3, "pct_final": 0.8},
            {},
        ),
        (
            "cosine_onecycle_schedule",
            {"transition_steps": 11, "peak_value": 1.0, "pct_start": 0.3},
            {},
        ),
        (
            "warmup_cosine_decay_schedule",
            {
                "init_value": 0.0,
                "peak_value": 1.0,
                "warmup_steps": 3,
                "decay_steps": 9,
                "end_value": 0.1,
            },
            {},
        ),
    ],
)
def test_every_number_can_be_traced(schedule, numbers, others):
    """The arguments are leaves: one program for all of them."""

    @jax.jit
    def curve(numbers):
        return port("optax", schedule, **numbers, **others)(jnp.arange(12))

    plain = port("optax", schedule, **numbers, **others)(jnp.arange(12))
    both = jax.tree.map(lambda number: jnp.stack([jnp.asarray(number)] * 2), numbers)

    np.testing.assert_allclose(curve(numbers), plain, rtol=3e-6, atol=1e-7)
    np.testing.assert_allclose(jax.vmap(curve)(both), [plain] * 2, rtol=3e-6, atol=1e-7)


def _values(controller, metrics):
    def step(state, metric):
        state = controller.update(state, value=metric)
        return state, controller(state)

    return jax.lax.scan(step, controller.init(), metrics)[1]


def test_many_base_rates_of_a_plateau():
    """The controller is a pytree too, its value linear in the rate."""
    metrics = jnp.array([1.0, 1.0, 1.0, 0.5, 0.5, 0.5])

    def run(rate):
        made = port("optax", "reduce_on_plateau", base_lr=rate, factor=0.5, patience=2)
        return _values(made, metrics)

    rates = jnp.array([0.1, 0.2])
    expected = jnp.array([1, 1, 0.5, 0.5, 0.5, 0.25])

    np.testing.assert_allclose(jax.jit(jax.vmap(run))(rates), rates[:, None] * expected)


@pytest.mark.parametrize("seed", range(6))
def test_plateau_against_optax_itself(seed):
    """Any settings, on metrics of either sign."""
    rng = np.random.default_rng(seed)
    kwargs = {
        "factor": float(rng.uniform(0.2, 0.95)),
        "patience": int(rng.integers(0, 5)),
        "rtol": float(rng.uniform(0, 0.3)),
        "atol": float(rng.uniform(0, 0.02)),
        "cooldown": int(rng.integers(0, 4)),
        "accumulation_size": int(rng.integers(1, 4)),
        "min_scale": float(rng.uniform(0, 0.3)),
    }
    metrics = jnp.asarray(rng.normal(size=80).cumsum(), jnp.float32)
    theirs = optax.contrib.reduce_on_plateau(**kwargs)

    def step(state, metric):
        update, state = theirs.update(jnp.ones(()), state, value=metric)
        return state, update

    expected = jax.lax.scan(step, theirs.init(jnp.ones(())), metrics)[1]
    made = port("optax", "reduce_on_plateau", base_lr=1.0, **kwargs)

    np.testing.assert_allclose(_values(made, metrics), expected, rtol=1e-6)


def test_plateau_without_a_metric_and_with_nan():
    """Nothing happens without one; NaN is no better than anything."""
    rule = OptaxPlateau(factor=0.5, patience=1)
    state = rule.update(rule.init(), value=1.0)

    assert float(rule(rule.update(state, other=3.0))) == 1.0
    assert float(rule(rule.update(state, value=jnp.nan))) == 0.5


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"factor": 1.0}, "must be below 1"),
        ({"factor": 0.0}, "must be above 0"),
        ({"patience": -1}, "must be 0 or more"),
        ({"rtol": -0.1}, "must be 0 or more"),
        ({"rtol": 1.5}, "must be 1 or less"),
    ],
)
def test_plateau_settings(kwargs, message):
    """Each outside of its domain."""
    with pytest.raises(ValueError, match=message):
        OptaxPlateau(**kwargs)
