"""The functions with optax's names: its signatures, its values, none of its defects."""

import inspect

import jax
import numpy as np
import optax
import pytest

import jaxsched as js

COUNTS = np.asarray(
    [*range(24), 29, 30, 31, 39, 40, 41, 59, 60, 61, 99, 100, 101, 250, 1_000]
)
CYCLE = {"init_value": 0.1, "peak_value": 1.0, "warmup_steps": 5, "decay_steps": 20}
LOWER = {"init_value": 0.0, "peak_value": 0.5, "warmup_steps": 3, "decay_steps": 40}

# A rate is raised to the hundredth power: both have to start from the same float.
R = float(np.float32(0.9))

SETTINGS = {
    "constant_schedule": [(0.1,), (3,)],
    "cosine_decay_schedule": [(0.1, 40), (0.1, 40, 0.25), (0.1, 40, 0.25, 2.0), (3.0, 1)],
    "cosine_onecycle_schedule": [(40, 0.1), (60, 0.1, 0.25, 10.0, 100.0), (1_000, 1e-3)],
    "exponential_decay": [
        *((0.1, 10, R), (0.1, 10, R, 5), (0.1, 10, R, 5, True), (0.1, 7, 1.0625)),
        *((0.1, 10, 0.5, 5, False, 0.01), (0.1, 10, 1.5, 0, True, 0.9)),
    ],
    "join_schedules": [([lambda t: 0.1 * t, lambda t: 20.0 - 0.01 * t], [10])],
    "linear_onecycle_schedule": [(40, 0.1), (60, 0.1, 0.25, 0.75, 10.0, 100.0)],
    "linear_schedule": [(0.1, 0.3, 40), (0.3, 0.1, 40, 10), (1.0, 0.0, 7), (0.5, 0.1, 0)],
    "piecewise_constant_schedule": [(0.1, {10: 0.5, 30: 0.1}), (0.1,), (0.1, {})],
    "piecewise_interpolate_schedule": [
        *(("linear", 0.1, {10: 0.5, 30: 4.0}), ("cosine", 0.1, {30: 0.1, 10: 0.5})),
        ("linear", 0.1, {40: 0.25}),
    ],
    "polynomial_schedule": [
        *(
            (0.1, 0.3, 1, 40),
            (0.3, 0.1, 2.0, 40, 10),
            (1.0, 0.1, 0.5, 41),
            (0.5, 0.1, 2, 0),
        ),
    ],
    "sgdr_schedule": [([CYCLE, CYCLE],), ([CYCLE | {"end_value": 0.05}, LOWER],)],
    "warmup_constant_schedule": [(0.0, 0.1, 10), (0.3, 0.1, 31)],
    "warmup_cosine_decay_schedule": [
        *((0.0, 0.1, 10, 40), (0.05, 0.1, 10, 40, 0.01), (0.0, 1.0, 1, 100, 0.1, 2.0)),
    ],
    "warmup_exponential_decay_schedule": [
        *((0.0, 0.1, 10, 10, R), (0.0, 0.1, 10, 10, R, 5, True, 0.02)),
    ],
}
GRID = [
    pytest.param(name, arguments, id=f"{name}-{i}")
    for name, many in SETTINGS.items()
    for i, arguments in enumerate(many)
]


@pytest.mark.parametrize("name", SETTINGS)
def test_the_signature_is_optax_s(name):
    """Same names in the same order with the same defaults."""
    ours = inspect.signature(getattr(js, name)).parameters.values()
    theirs = inspect.signature(getattr(optax, name)).parameters.values()
    plain = lambda ps: [(p.name, p.kind, p.default) for p in ps]  # noqa: E731

    assert plain(ours) == plain(theirs)


@pytest.mark.parametrize(("name", "arguments"), GRID)
def test_the_values_are_optax_s(name, arguments):
    """Over counts before, at and after every end; optax is run in float64."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        # Not under jit, where its lines miss their ends and its roots are NaN.
        schedule = getattr(optax, name)(*arguments)
        theirs = np.asarray([float(schedule(int(t))) for t in COUNTS])
    with jax.numpy_dtype_promotion("standard"):
        ours = np.asarray(getattr(js, name)(*arguments)(COUNTS))

    np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=0)


def test_every_schedule_of_optax_is_here():
    """Whatever optax calls a schedule, under the same name."""
    theirs = {name for name in dir(optax.schedules) if name.endswith("_schedule")}
    theirs = theirs - {"_schedule"} | {"exponential_decay", "join_schedules"}

    assert theirs == set(SETTINGS)
    assert len(SETTINGS) == 14


def test_a_warmup_of_no_updates_is_at_its_peak():
    """optax stays at the first value for ever."""
    assert float(optax.warmup_constant_schedule(0.0, 0.1, 0)(10)) == 0.0

    assert float(js.warmup_constant_schedule(0.0, 0.5, 0)(0)) == 0.5
    cosine = js.warmup_cosine_decay_schedule(0.0, 0.5, 0, 10)
    np.testing.assert_array_equal(cosine(np.asarray([0, 10])), [0.5, 0])


def test_no_schedule_is_dropped():
    """optax leaves the third schedule out without a word."""
    three = [optax.constant_schedule(v) for v in (1.0, 2.0, 3.0)]
    assert float(optax.join_schedules(three, [10])(1_000)) == 2.0

    with pytest.raises(ValueError, match="must have 2 entries for 3 schedules, got 1"):
        js.join_schedules(three, [10])


def test_a_warmup_longer_than_the_whole_raises():
    """`decay_steps` is the whole, warmup included; the numbers are named.

    All warmup has a floor after it; optax refuses it.
    """
    with pytest.raises(ValueError, match="positive decay_steps"):
        optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 10)
    full = js.warmup_cosine_decay_schedule(0.0, 0.1, 10, 10, 0.05)
    np.testing.assert_allclose(full(np.asarray([5, 10])), [0.05, 0.05], rtol=1e-6)
    with pytest.raises(ValueError, match="got decay_steps=10 and warmup_steps=11"):
        js.warmup_cosine_decay_schedule(0.0, 0.1, 11, 10)
    with pytest.raises(
        ValueError, match=r"sgdr_schedule\(cosine_kwargs=...\) must not be e"
    ):
        js.sgdr_schedule([])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: js.exponential_decay(0.1, 0, 0.9),
            r"interval_steps=...\) must be above 0",
        ),
        (lambda: js.exponential_decay(0.1, 10, 0.0), r"decay_rate=...\) must be above 0"),
        (
            lambda: js.linear_schedule(0.1, 0.0, -1),
            r"transition_steps=...\) must be 0 or mor",
        ),
        (
            lambda: js.linear_schedule(0.1, 0.0, 5, -1),
            r"delay_steps=...\) must be 0 or more",
        ),
        (
            lambda: js.cosine_decay_schedule(0.1, 0),
            r"decay_steps=...\) must be above 0, got",
        ),
        (
            lambda: js.linear_onecycle_schedule(0, 0.1),
            r"transition_steps=...\) must be above",
        ),
        (
            lambda: js.cosine_onecycle_schedule(0, 0.1),
            r"transition_steps=...\) must be above",
        ),
        (
            lambda: js.piecewise_constant_schedule(0.1, {10: -0.5}),
            r"needs factors of 0 or more, got -0.5 at count 10. Give factors on the value",
        ),
        (
            lambda: js.piecewise_interpolate_schedule("cubic", 0.1, {10: 0.5}),
            r"interpolate_type=...\) must be 'linear' or 'cosine', got 'cubic'",
        ),
    ],
)
def test_what_optax_only_logs_raises(build, message):
    """Never a log line and a silently constant schedule."""
    with pytest.raises(ValueError, match=message):
        build()


def test_short_onecycles_are_finite():
    """With 1 to 5 updates there is no division by a phase of none."""
    for T in range(1, 6):
        for schedule in (
            js.linear_onecycle_schedule(T, 1.0),
            js.cosine_onecycle_schedule(T, 1.0),
        ):
            values = np.asarray(schedule(np.arange(7)))
            assert np.isfinite(values).all()
            assert values.max() == 1.0 or T == 1
            np.testing.assert_allclose(values[T:], 1 / 25e4, rtol=1e-6, atol=0)


def test_one_onecycle_differs_from_another_only_by_numbers():
    """The structure does not depend on the fractions."""
    one, two = (
        js.linear_onecycle_schedule(100, 0.1),
        js.linear_onecycle_schedule(40, 0.5, 0.2),
    )

    assert jax.tree.structure(one) == jax.tree.structure(two)


def _argument(name, key, base, *, others=()):
    """A number of a function: how to build with it, and its middle value."""
    build = lambda x: getattr(js, name)(*others, **(base | {key: x}))  # noqa: E731
    return pytest.param(build, base[key], id=f"{name}-{key}")


BASES = {
    "constant_schedule": {"value": 0.5},
    "cosine_decay_schedule": {
        **{"init_value": 0.5, "decay_steps": 20, "alpha": 0.1, "exponent": 1.5},
    },
    "cosine_onecycle_schedule": {
        **{"transition_steps": 40, "peak_value": 0.5, "pct_start": 0.27},
        **{"div_factor": 25.0, "final_div_factor": 100.0},
    },
    "exponential_decay": {
        **{"init_value": 0.5, "transition_steps": 10, "decay_rate": 0.5},
        **{"transition_begin": 3, "end_value": 0.125},
    },
    "linear_onecycle_schedule": {
        **{"transition_steps": 40, "peak_value": 0.5, "pct_start": 0.27},
        **{"pct_final": 0.77, "div_factor": 25.0, "final_div_factor": 100.0},
    },
    "linear_schedule": {
        **{"init_value": 0.5, "end_value": 0.1, "transition_steps": 20},
        **{"transition_begin": 3},
    },
    "polynomial_schedule": {
        **{"init_value": 0.5, "end_value": 0.1, "power": 1.5, "transition_steps": 20},
        **{"transition_begin": 3},
    },
    "warmup_constant_schedule": {"init_value": 0.1, "peak_value": 0.5, "warmup_steps": 10},
    "warmup_cosine_decay_schedule": {
        **{"init_value": 0.1, "peak_value": 0.5, "warmup_steps": 10, "decay_steps": 30},
        **{"end_value": 0.01, "exponent": 1.5},
    },
    "warmup_exponential_decay_schedule": {
        **{"init_value": 0.1, "peak_value": 0.5, "warmup_steps": 10, "decay_rate": 0.5},
        **{"transition_steps": 10, "transition_begin": 3, "end_value": 0.125},
    },
    "piecewise_constant_schedule": {"init_value": 0.5, "boundaries_and_scales": {10: 0.5}},
}


def _numbers():
    for name, base in BASES.items():
        for key, value in base.items():
            if not isinstance(value, dict):
                yield _argument(name, key, base)
    table = {"init_value": 0.5, "boundaries_and_scales": {10: 0.5, 20: 0.1}}
    yield _argument(
        "piecewise_interpolate_schedule", "init_value", table, others=("linear",)
    )
    factors = {
        "piecewise_constant_schedule": lambda x: js.piecewise_constant_schedule(
            0.5, {10: x}
        ),
        "piecewise_interpolate_schedule": lambda x: js.piecewise_interpolate_schedule(
            "cosine", 0.5, {10: x, 20: 0.1}
        ),
    }
    for name, build in factors.items():
        yield pytest.param(build, 0.5, id=f"{name}-scale")
    up, down = js.linear_schedule(0.0, 0.5, 10), js.linear_schedule(0.5, 0.1, 20)
    join = lambda x: js.join_schedules([up, down], [x])  # noqa: E731
    yield pytest.param(join, 10, id="join_schedules-boundary")
    sgdr = lambda x: js.sgdr_schedule([CYCLE | {"peak_value": x}, CYCLE])  # noqa: E731
    yield pytest.param(sgdr, 0.5, id="sgdr_schedule-peak_value")


NUMBERS = list(_numbers())


def test_there_are_52_numbers():
    """The scalars, a factor of each table, a boundary, a number of a cycle."""
    assert len(NUMBERS) == 52
    assert len({number.id for number in NUMBERS}) == 52


@pytest.mark.parametrize(("build", "middle"), NUMBERS)
def test_every_number_can_be_batched(build, middle):
    """Built inside `jit(vmap(...))` from a vector, it equals three built one by one."""
    counts = np.arange(45)
    if isinstance(middle, int):
        three = np.asarray([middle - 2, middle, middle + 3], np.int32)
    else:
        three = np.float32([0.75 * middle, middle, 1.25 * middle])
    batched = jax.jit(jax.vmap(lambda x: build(x)(counts)))(three)
    alone = [build(x.item())(counts) for x in three]

    np.testing.assert_allclose(batched, alone, rtol=1e-6, atol=0)
