"""The schedulers of transformers: curves read off it, what it refuses, tracing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxsched.interop import port

from .helpers import cases, check, ids, is_refused, ported

CASES = cases("transformers")
# Of several parameter groups, all have to be at their floors before one starts over.
COUPLED = {"transformers/greedy/a13"}
TAKEN = [c for c in CASES if not is_refused(c) and c["id"] not in COUPLED]
REFUSED = [c for c in CASES if is_refused(c)]
RUN = {"num_warmup_steps": 4, "num_training_steps": 24}


def schedule(name, base_lr=0.5, **kwargs):
    return port("transformers", name, base_lr=base_lr, **kwargs)


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


def test_names():
    """Those of `get_scheduler`, and the functions behind them."""
    with pytest.raises(ValueError, match="must be one of") as error:
        schedule("adafactor")
    known = str(error.value)
    for name in {c["scheduler"] for c in TAKEN}:
        assert f"'{name}'" in known
    assert known.count("'get_") == 12


# What no curve holds.


@pytest.mark.parametrize(
    ("name", "function", "own"),
    [
        ("constant_with_warmup", "get_constant_schedule_with_warmup", {}),
        ("linear", "get_linear_schedule_with_warmup", {}),
        ("cosine", "get_cosine_schedule_with_warmup", {"num_cycles": 1.5}),
        ("inverse_sqrt", "get_inverse_sqrt_schedule", {"timescale": 7}),
        ("polynomial", "get_polynomial_decay_schedule_with_warmup", {"power": 2.0}),
        ("warmup_stable_decay", "get_wsd_schedule", {"num_decay_steps": 9}),
    ],
)
def test_functions_by_their_own_names(name, function, own):
    """They take their own arguments, without the dictionary."""
    run = dict(RUN)
    if name in ("constant_with_warmup", "inverse_sqrt"):
        run.pop("num_training_steps")
    counts = np.arange(40)
    by_name = schedule(name, **RUN, scheduler_specific_kwargs=own)
    by_function = schedule(function, **run, **own, last_epoch=-1)

    np.testing.assert_array_equal(by_name(counts), by_function(counts))


def test_restart_that_falls_on_a_count():
    """Half way through six cycles in ten steps, whose length is no whole number."""
    cycles = schedule(
        "cosine_with_restarts",
        num_warmup_steps=0,
        num_training_steps=10,
        scheduler_specific_kwargs={"num_cycles": 6},
    )

    assert [float(cycles(count)) for count in (0, 5, 10)] == [0.5, 0.5, 0.0]
    np.testing.assert_allclose(cycles(np.arange(5)), cycles(np.arange(5, 10)), rtol=1e-6)


def test_waves_go_on_exactly():
    """A million steps after the end, the cosine is where it was."""
    wave = schedule(
        "cosine",
        num_warmup_steps=0,
        num_training_steps=30,
        scheduler_specific_kwargs={"num_cycles": 3.5},
    )
    counts = np.arange(60)

    np.testing.assert_array_equal(wave(counts), wave(counts + 60 * 20_000))


def test_end_of_a_run_is_exact():
    """Zero is zero, and the floor is the floor."""
    floor = {"min_lr": 0.1}
    ends = [
        schedule("linear", **RUN),
        schedule("cosine", **RUN),
        schedule("cosine_with_restarts", **RUN),
        schedule("cosine_with_min_lr", **RUN, scheduler_specific_kwargs=floor),
    ]

    assert [float(end(24)) for end in ends] == [0, 0, 0, np.float32(0.1)]


# Arguments that are refused.


@pytest.mark.parametrize(
    ("name", "kwargs", "match"),
    [
        ("linear", {"num_warmup_steps": 3}, r"linear needs num_training_steps, got none"),
        ("cosine", {"num_training_steps": 3}, r"cosine needs num_warmup_steps, got none"),
        (
            "linear",
            {"num_warmup_steps": -1, "num_training_steps": 3},
            r"get_linear_schedule_with_warmup\(num_warmup_steps=...\) .*0 or more, got -1",
        ),
        (
            "cosine",
            {**RUN, "scheduler_specific_kwargs": {"cycles": 2}},
            r"cosine\(scheduler_specific_kwargs=...\) takes num_cycles.*'cycles'",
        ),
        (
            "cosine_with_restarts",
            {**RUN, "scheduler_specific_kwargs": {"num_cycles": -1}},
            r"needs num_cycles >= 0, got -1. Raise it",
        ),
        (
            "polynomial",
            {**RUN, "scheduler_specific_kwargs": {"lr_end": 0.7}},
            r"needs lr_end < base_lr, got lr_end=0.7 and base_lr=0.5. Lower lr_end",
        ),
        (
            "polynomial",
            {**RUN, "scheduler_specific_kwargs": {"power": -1.0}},
            r"needs power >= 0, got -1.0",
        ),
        (
            "inverse_sqrt",
            {**RUN, "scheduler_specific_kwargs": {"timescale": 0}},
            r"get_inverse_sqrt_schedule\(timescale=...\) must be above 0, got 0",
        ),
        (
            "cosine_with_min_lr",
            {**RUN, "scheduler_specific_kwargs": {"min_lr": 0.1, "min_lr_rate": 0.2}},
            r"needs one of min_lr and min_lr_rate, got min_lr=0.1 and min_lr_rate=0.2",
        ),
        (
            "warmup_stable_decay",
            {"num_warmup_steps": 3, "scheduler_specific_kwargs": {"num_decay_steps": 3}},
            r"get_wsd_schedule needs num_training_steps or num_stable_steps, got neither",
        ),
        (
            "warmup_stable_decay",
            {
                **RUN,
                "scheduler_specific_kwargs": {"num_decay_steps": 3, "decay_type": "exp"},
            },
            r"get_wsd_schedule\(decay_type=...\) must be one of 'linear', .*got 'exp'",
        ),
        (
            "greedy",
            {"scheduler_specific_kwargs": {"threshold_mode": "both"}},
            r"get_greedy_schedule\(threshold_mode=...\) must be one of .*got 'both'",
        ),
        (
            "greedy",
            {"base_lr": 0.0},
            r"get_greedy_schedule\(base_lr=...\) must be above 0, got 0.0",
        ),
        (
            "greedy",
            {"scheduler_specific_kwargs": {"smooth": True, "window_size": 0}},
            r"GreedyLR\(window_size=...\) must be an integer above 0, got 0",
        ),
    ],
)
def test_error_says_what_is_required(name, kwargs, match):
    """Who, what is required, what came, what to do."""
    with pytest.raises((ValueError, TypeError), match=match):
        schedule(name, **kwargs)


def test_base_lr_is_required():
    """It comes from the optimizer there."""
    with pytest.raises(ValueError, match="needs base_lr"):
        schedule("linear", base_lr=None, **RUN)


# Transformations.


TRACED = [
    ("constant", {}),
    ("constant_with_warmup", {"num_warmup_steps": 5}),
    ("linear", RUN),
    ("cosine", RUN),
    ("cosine_with_restarts", {**RUN, "num_cycles": 3}),
    ("polynomial", {**RUN, "lr_end": 0.001, "power": 2.0}),
    ("inverse_sqrt", {"num_warmup_steps": 5}),
    ("inverse_sqrt", {"num_warmup_steps": 5, "timescale": 8}),
    ("cosine_with_min_lr", {**RUN, "min_lr": 0.01, "num_cycles": 1.0}),
    ("cosine_warmup_with_min_lr", {**RUN, "min_lr_rate": 0.1}),
    ("cosine_warmup_with_min_lr", {**RUN, "min_lr_rate": 0.1, "warmup_lr_rate": 0.2}),
    ("warmup_stable_decay", {**RUN, "num_decay_steps": 8, "min_lr_ratio": 0.1}),
    ("warmup_stable_decay", {**RUN, "num_decay_steps": 22}),
]


@pytest.mark.parametrize(("name", "numbers"), TRACED, ids=[name for name, _ in TRACED])
def test_every_number_can_be_batched(name, numbers):
    """Each may be traced where the schedule is made; the values stay the same."""
    counts = jnp.arange(40)

    def made(base_lr, numbers):
        lengths = {k: v for k, v in numbers.items() if k in RUN}
        others = {k: v for k, v in numbers.items() if k not in RUN}
        return schedule(name, base_lr, **lengths, scheduler_specific_kwargs=others)

    rates = jnp.asarray([0.5, 0.125])
    rows = {k: jnp.asarray([v, v]) for k, v in numbers.items()}
    values = jax.jit(jax.vmap(lambda rate, numbers: jax.vmap(made(rate, numbers))(counts)))
    expected = [made(rate, numbers)(counts) for rate in (0.5, 0.125)]

    np.testing.assert_allclose(values(rates, rows), expected, rtol=1e-5, atol=3e-7)


def test_greedy_settings_are_batched():
    """A controller for each row of settings and of rates."""
    metrics = jnp.asarray([3.0, 2.0, 1.0, 1.0, 1.0, 1.0])

    def values(base_lr, settings):
        controller = schedule("greedy", base_lr, scheduler_specific_kwargs=settings)

        def step(state, value):
            state = controller.update(state, value=value)
            return state, controller(state)

        return jax.lax.scan(step, controller.init(), metrics)[1]

    rates, factors = jnp.asarray([0.5, 0.25]), jnp.asarray([0.5, 0.25])
    rows = {"factor": factors, "patience": jnp.asarray([0, 1])}
    found = jax.jit(jax.vmap(values))(rates, rows)

    np.testing.assert_allclose(
        found, [[1, 1, 1, 0.5, 0.25, 0.125], [0.25, 1, 1, 1, 0.25, 0.25]], rtol=1e-6
    )
