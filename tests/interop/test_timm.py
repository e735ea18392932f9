"""The schedulers of timm against curves read off it, and what they take and refuse."""

import re
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.interop import port

from .helpers import cases, check, ids, is_refused, ported

CASES = cases("timm")

COUNTS = np.arange(60)
CYCLIC = {"t_initial": 10, "cycle_limit": 2, "cycle_decay": 0.5, "lr_min": 0.01}
EACH = {
    "CosineLRScheduler": CYCLIC,
    "TanhLRScheduler": CYCLIC,
    "PolyLRScheduler": CYCLIC,
    "StepLRScheduler": {"decay_t": 7, "decay_rate": 0.5},
    "MultiStepLRScheduler": {"decay_t": [4, 9], "decay_rate": 0.5},
    "WSDLRScheduler": {"t_initial": 20, "decay_t": 8, "lr_min": 0.01},
}
each = pytest.mark.parametrize(("name", "kwargs"), EACH.items(), ids=EACH)


def build(name, **kwargs):
    return port("timm", name, **{"base_lr": 0.1, **kwargs})


def values(name, counts=COUNTS, **kwargs):
    return np.asarray(build(name, **kwargs)(counts))


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_has_the_values_of_timm(case):
    """In single precision, and in double to a billionth of the peak."""
    if is_refused(case):
        with pytest.raises((ValueError, TypeError), match=r"\w+(\(| needs)"):
            ported(case)
        return

    check(case)
    with jax.enable_x64(True):
        check(case)


@each
def test_epochs_or_updates_are_a_matter_of_the_caller(name, kwargs):
    expected = values(name, **kwargs)

    np.testing.assert_array_equal(expected, values(name, **kwargs, t_in_epochs=False))


@each
@pytest.mark.parametrize("more", [{}, {"warmup_t": 5, "warmup_lr_init": 0.02}])
def test_the_rate_can_be_batched_and_traced(name, kwargs, more):
    """A schedule built of a traced rate is the one built of each of its values."""
    rates = jnp.array([0.05, 0.1, 0.4])
    batch = jax.jit(jax.vmap(lambda rate: build(name, base_lr=rate, **kwargs, **more)))(
        rates
    )
    got = jax.vmap(lambda schedule: schedule(COUNTS))(batch)
    expected = [values(name, base_lr=float(rate), **kwargs, **more) for rate in rates]

    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-9)


LENGTHS = [
    *((name, "warmup_t", (0, 1, 5)) for name in EACH),
    *((name, "t_initial", (6, 12)) for name in ("CosineLRScheduler", "PolyLRScheduler")),
    *((name, "cycle_limit", (0, 1, 3)) for name in list(EACH)[:3]),
    *((name, "cycle_mul", (1.0, 1.5, 2.0)) for name in list(EACH)[:3]),
    *((name, "lr_min", (0.0, 0.03, 0.3)) for name in ("WSDLRScheduler", *list(EACH)[:3])),
    ("StepLRScheduler", "decay_t", (1, 4, 9)),
    ("StepLRScheduler", "decay_rate", (0.3, 0.9, 1.0)),
    ("MultiStepLRScheduler", "decay_rate", (0.3, 1.0)),
    ("WSDLRScheduler", "decay_t", (1, 12, 20)),
    ("CosineLRScheduler", "k_decay", (1.0, 2.0)),
    ("PolyLRScheduler", "power", (0.5, 2.0)),
]


@pytest.mark.parametrize(("name", "argument", "numbers"), LENGTHS)
def test_other_numbers_can_be_batched(name, argument, numbers):
    """A number that is traced does what it does when it is known."""
    kwargs = {**EACH[name], "warmup_t": 3}

    def run(number):
        return build(name, **{**kwargs, argument: number})(COUNTS)

    got = jax.jit(jax.vmap(run))(jnp.array(numbers))
    expected = [values(name, **{**kwargs, argument: number}) for number in numbers]

    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", list(EACH)[:3])
def test_restarts_where_the_cycles_add_up(name):
    """By a logarithm timm finds the third restart of this one a count late."""
    kwargs = {"t_initial": 16, "cycle_mul": 1.25, "cycle_limit": 5}
    starts = [16, 36, 61]

    assert (values(name, np.array(starts), **kwargs) > 0.0999).all()
    assert (values(name, np.array(starts) - 1, **kwargs) < 0.03).all()


@pytest.mark.parametrize("length", [2.4, 0.3, 1.1, 4.5, 7, 3002.4, 2.4 * 1251])
@pytest.mark.parametrize("rate", [0.999, 0.9])
def test_stairs_of_a_fraction_are_taken_in_time(length, rate):
    """Python divides exactly; single precision may round a length over a whole count."""
    counts = np.unique([int(length * i) + j for i in range(400) for j in (0, 1)])
    got = build("StepLRScheduler", decay_t=length, decay_rate=rate)(counts)
    expected = [0.1 * rate ** (count // length) for count in counts.tolist()]

    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-9)


def test_a_plateau_takes_a_negative_metric_as_torch_does():
    """Of a negative best value the margin has the other sign: a little worse is better."""
    rule = build("PlateauLRScheduler", mode="min", patience_t=0, threshold=0.1)
    state, rates = rule.init(), []
    for metric in (-1.0, -0.95, -0.9, -0.7):
        state = rule.update(state, value=metric)
        rates.append(float(rule(state)))

    np.testing.assert_allclose(rates, [0.1, 0.1, 0.1, 0.01], rtol=1e-6)


def test_a_plateau_without_a_metric_only_warms_up():
    rule = build("PlateauLRScheduler", warmup_t=4, patience_t=0)
    state = rule.init()
    for _ in range(9):
        state = rule.update(state)

    assert float(rule(state)) == pytest.approx(0.1)
    with jax.enable_x64(True):
        jax.eval_shape(rule.update, rule.init(), value=1.0)


def test_a_plateau_can_be_batched():
    rates = jnp.array([0.1, 0.4])

    def run(rate):
        rule = build("PlateauLRScheduler", base_lr=rate, patience_t=1, lr_min=0.005)

        def step(state, metric):
            return rule.update(state, value=metric), rule(state)

        return jax.lax.scan(step, rule.init(), jnp.ones(12))[1]

    got = jax.vmap(run)(rates)

    np.testing.assert_allclose(got[0], [*[0.1] * 3, *[0.01] * 2, *[0.005] * 7], rtol=1e-6)
    np.testing.assert_allclose(got[1, -1], 0.005, rtol=1e-6)


SCRIPT = {
    "sched": "cosine",
    "epochs": 20,
    "min_lr": 0.001,
    "warmup_epochs": 3,
    "lr_cycle_limit": 2,
    "lr_k_decay": 1.5,
}


@pytest.mark.parametrize("kind", [dict, lambda d: types.SimpleNamespace(**d)])
def test_the_arguments_of_the_training_script(kind):
    got = values("create_scheduler", args=kind(SCRIPT))
    expected = values(
        "create_scheduler_v2",
        **{"sched": "cosine", "num_epochs": 20, "min_lr": 0.001, "warmup_epochs": 3},
        **{"cycle_limit": 2, "k_decay": 1.5},
    )

    np.testing.assert_array_equal(expected, got)


@pytest.mark.parametrize(("metric", "mode"), [("top1", "max"), ("loss", "min")])
def test_the_script_knows_which_way_its_metric_goes(metric, mode):
    rule = build("create_scheduler", args={"sched": "plateau", "eval_metric": metric})

    assert rule.controller.rule.mode == mode


def test_the_script_may_count_updates():
    args = {"sched": "step", "epochs": 6, "warmup_epochs": 1, "decay_epochs": 2}
    got = values(
        "create_scheduler", args={**args, "sched_on_updates": True}, updates_per_epoch=4
    )
    expected = values(
        "StepLRScheduler",
        **{"decay_t": 8, "decay_rate": 0.1, "warmup_t": 4, "warmup_lr_init": 1e-5},
        warmup_prefix=False,
    )

    np.testing.assert_array_equal(expected, got)


def test_a_simple_scheduler_is_a_simple_schedule():
    assert repr(build("CosineLRScheduler", t_initial=50)) == repr(
        js.cosine_annealing_schedule(0.1, decay_steps=50)
    )


REFUSED = [
    ("CosineLRScheduler", {"t_initial": 0}, "t_initial=...) must be above 0, got 0"),
    ("CosineLRScheduler", {"t_initial": 5, "lr_min": -1.0}, "needs lr_min >= 0, got -1.0"),
    ("CosineLRScheduler", {"t_initial": 5, "cycle_mul": 0}, "cycle_mul=...) must be above"),
    ("CosineLRScheduler", {"t_initial": 5, "cycle_decay": -0.5}, "needs cycle_decay >= 0"),
    ("CosineLRScheduler", {"t_initial": 5, "k_decay": -1.0}, "needs k_decay >= 0"),
    ("CosineLRScheduler", {"t_initial": 5, "warmup_t": -1}, "warmup_t=...) must be 0 or"),
    ("PolyLRScheduler", {"t_initial": 5, "power": -1.0}, "needs power >= 0"),
    (
        "TanhLRScheduler",
        {"t_initial": 5, "lb": 3.0},
        "needs lb < ub, got lb=3.0 and ub=3.0",
    ),
    ("TanhLRScheduler", {"t_initial": 5, "cycle_limit": -1}, "needs cycle_limit >= 0"),
    (
        "TanhLRScheduler",
        {"t_initial": 5, "warmup_lr_init": -1},
        "needs warmup_lr_init >= 0",
    ),
    ("StepLRScheduler", {"decay_t": 0}, "decay_t=...) must be above 0, got 0"),
    ("StepLRScheduler", {"decay_t": 3, "decay_rate": -0.5}, "needs decay_rate >= 0"),
    ("WSDLRScheduler", {"t_initial": 5, "decay_t": 6}, "decay_t=6 and t_initial=5"),
    ("WSDLRScheduler", {"t_initial": 5, "decay_t": 2, "decay_fn": "x"}, "one of 'linear'"),
    (
        "WSDLRScheduler",
        {"t_initial": 5, "decay_t": 2, "stable_fn": "x"},
        "one of 'constant'",
    ),
    (
        "WSDLRScheduler",
        {"t_initial": 5, "decay_t": 2, "stable_fn": "rsqrt"},
        "needs stable_timescale > 0, got 0, the warmup. Set it where there is no warmup",
    ),
    ("PlateauLRScheduler", {"decay_rate": 1.0}, "needs decay_rate < 1, got 1.0"),
    ("PlateauLRScheduler", {"mode": "up"}, "mode=...) must be one of 'min', 'max'"),
    ("PlateauLRScheduler", {"patience_t": -1}, "patience_t=...) must be 0 or more"),
    ("create_scheduler", {"args": {}}, "sched=...) must be one of"),
    ("create_scheduler_v2", {"sched": "linear"}, "sched=...) must be one of 'cosine'"),
    (
        "create_scheduler_v2",
        {"step_on_epochs": False},
        "updates_per_epoch=...) must be above",
    ),
    (
        "create_scheduler_v2",
        {"sched": "plateau", "step_on_epochs": False, "updates_per_epoch": 9},
        "needs step_on_epochs=True",
    ),
    (
        "create_scheduler_v2",
        {"sched": "wsd", "num_epochs": 9, "warmup_epochs": 3, "decay_epochs": 7},
        "needs a decay that is above 0 and fits behind the warmup, got 7 of 6",
    ),
]


@pytest.mark.parametrize(("name", "kwargs", "message"), REFUSED)
def test_says_what_is_wrong(name, kwargs, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        build(name, **kwargs)


@pytest.mark.parametrize("name", [*EACH, "PlateauLRScheduler", "create_scheduler_v2"])
def test_points_to_the_noise_of_its_own(name):
    """timm draws it from the generator of torch."""
    kwargs, noise = EACH.get(name, {}), "noise_range_t"
    noise = "noise" if name == "create_scheduler_v2" else noise
    quiet = {"noise_pct": 0.3, "noise_std": 0.5, "noise_seed": 7, noise: None}
    build(name, **kwargs, **quiet)

    with pytest.raises(ValueError, match=r"jaxsched\.NormalNoise"):
        build(name, **kwargs, **{noise: [0.2, 0.8]})


@each
def test_takes_the_initial_rate_from_the_caller_alone(name, kwargs):
    with pytest.raises(ValueError, match=r"initialize=.*Pass that as base_lr"):
        build(name, **kwargs, initialize=False)


def test_no_parameter_group_but_the_rate():
    with pytest.raises(TypeError, match="takes t_initial, lr_min"):
        build("CosineLRScheduler", t_initial=5, param_group_field="momentum")
