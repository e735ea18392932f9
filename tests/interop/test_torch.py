"""The ports of torch against curves read off torch, and what they refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.interop import port

from .helpers import cases, check, ids, is_refused, ported

CASES = cases("torch")


def has_groups_that_do_not_match(case):
    """Refused for the number of parameter groups, of which `port` sees the first."""
    kwargs = case["kwargs"]
    return (
        is_refused(case)
        and any(isinstance(v, list) for v in kwargs.values())
        and (case["scheduler"] in ("LambdaLR", "ReduceLROnPlateau"))
    )


def has_no_closed_form(case):
    """A chain with a cosine that does not end at 0."""
    chained = case["kwargs"].get("schedulers", ()) if _is_chain(case) else ()
    others = {part["scheduler"] for part in chained}
    floors = [part["kwargs"].get("eta_min", 0) for part in chained]
    return any(floors) and "CosineAnnealingLR" in others and len(chained) > 1


def _is_chain(case):
    return case["scheduler"] == "ChainedScheduler"


REFUSED = [c for c in CASES if is_refused(c) and not has_groups_that_do_not_match(c)]
TAKEN = [c for c in CASES if not (is_refused(c) or has_no_closed_form(c))]
CYCLED = [c for c in TAKEN if "momentum" in c.get("also", {})]

every = pytest.mark.parametrize("case", TAKEN, ids=ids(TAKEN))


@every
def test_curve(case):
    """The values of torch, also after the end."""
    check(case)


@every
def test_curve_in_double_precision(case):
    """To 1e-9 of the peak: the formula is the same, not only the picture."""
    with jax.enable_x64(True):
        check(case)


@pytest.mark.parametrize("case", CYCLED, ids=ids(CYCLED))
def test_momentum(case):
    """`hyperparam="momentum"` is the curve of the momentum of the same scheduler."""
    with jax.enable_x64(True):
        check(case, "momentum", hyperparam="momentum")


@pytest.mark.parametrize("case", REFUSED, ids=ids(REFUSED))
def test_what_torch_refuses_is_refused(case):
    """With an error of ours, that names the scheduler."""
    with pytest.raises((ValueError, TypeError)) as caught:
        ported(case)

    assert case["scheduler"] in str(caught.value)


def test_every_scheduler_is_there_and_was_read():
    """A new name of torch would be one here."""
    names = {case["scheduler"] for case in CASES}

    with pytest.raises(ValueError, match="must be one of") as caught:
        port("torch", "NoSuchLR")
    assert all(name in str(caught.value) for name in names)
    assert len(names) == 16


@pytest.mark.parametrize(
    "case", [c for c in CASES if has_no_closed_form(c)], ids=lambda c: c["id"]
)
def test_a_chain_without_a_closed_form_is_refused(case):
    """Rather than computed step by step, or wrongly."""
    with pytest.raises(ValueError, match=r"eta_min.* has no closed form in a chain"):
        ported(case)


# What is refused here.


LINEAR = {"scheduler": "LinearLR", "kwargs": {}}
EXPONENTIAL = {"scheduler": "ExponentialLR", "kwargs": {"gamma": 0.9}}
PLATEAU = {"scheduler": "ReduceLROnPlateau", "kwargs": {}}


@pytest.mark.parametrize(
    ("scheduler", "kwargs", "message"),
    [
        ("StepLR", {"step_size": 0}, r"StepLR\(step_size=...\) must be above 0, got 0"),
        ("StepLR", {"step_size": 3, "last_epoch": 4}, r"last_epoch=...\) must be -1"),
        ("ExponentialLR", {"gamma": 0.9, "last_epoch": 0}, "a fresh run, got 0"),
        ("ConstantLR", {"factor": 2.0}, "ConstantLR needs 0 <= factor <= 1, got 2.0"),
        (
            "LinearLR",
            {"start_factor": 0.0},
            r"LinearLR\(start_factor=...\) must be above 0",
        ),
        (
            "CosineAnnealingLR",
            {"T_max": 0},
            r"CosineAnnealingLR\(T_max=...\) must be above 0",
        ),
        ("CosineAnnealingWarmRestarts", {"T_0": 2.5}, "T_0 to be an integer of at least 1"),
        ("SWALR", {"swa_lr": 0.1, "anneal_epochs": -1}, "an integer of at least 0, got -1"),
        ("OneCycleLR", {"max_lr": 1.0}, "needs total_steps, or epochs and steps_per_epoch"),
        (
            "OneCycleLR",
            {"max_lr": 1.0, "total_steps": 10, "pct_start": 0.1},
            "divides by zero",
        ),
        (
            "OneCycleLR",
            {"max_lr": 1.0, "total_steps": 9, "pct_start": 1},
            "a float pct_start",
        ),
        (
            "OneCycleLR",
            {
                "max_lr": 1.0,
                "total_steps": 9,
                "hyperparam": "momentum",
                "cycle_momentum": False,
            },
            "needs cycle_momentum=True, got False",
        ),
        (
            "CyclicLR",
            {"max_lr": 1.0, "hyperparam": "decay"},
            "must be one of 'lr', 'momentum'",
        ),
        (
            "CyclicLR",
            {"max_lr": 1.0, "scale_mode": "epochs"},
            "one of 'cycle', 'iterations'",
        ),
        ("SequentialLR", {"schedulers": [], "milestones": []}, "must not be empty"),
        (
            "SequentialLR",
            {"schedulers": [LINEAR, PLATEAU], "milestones": [3]},
            "take no ReduceLROnPlateau, which needs a metric",
        ),
        (
            "SequentialLR",
            {"schedulers": [LINEAR, EXPONENTIAL], "milestones": [2.5]},
            "milestones to be an integer",
        ),
        (
            "SequentialLR",
            {"schedulers": [LINEAR] * 3, "milestones": [5, 2]},
            "must be in the order of time, got 2 after 5",
        ),
        (
            "ChainedScheduler",
            {"schedulers": [{"scheduler": "NoSuchLR", "kwargs": {}}]},
            "must be one of .* got 'NoSuchLR'",
        ),
        (
            "ChainedScheduler",
            {"schedulers": [LINEAR], "optimizer": 1},
            "must be None, got 1",
        ),
        ("ReduceLROnPlateau", {"mode": "mean"}, "mode=...\\) must be one of 'min', 'max'"),
    ],
)
def test_wrong_values(scheduler, kwargs, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        port("torch", scheduler, **{"base_lr": 0.1, **kwargs})


@pytest.mark.parametrize(
    ("scheduler", "kwargs", "message"),
    [
        ("LambdaLR", {"lr_lambda": 0.5}, r"LambdaLR\(lr_lambda=...\) must be a function"),
        ("StepLR", {"step": 3}, "StepLR.* takes step_size, gamma, last_epoch"),
        ("ChainedScheduler", {"schedulers": ["LinearLR"]}, "must hold dictionaries"),
        ("ExponentialLR", {"gamma": 0.9, "verbose": True}, "unexpected keyword"),
    ],
)
def test_wrong_types(scheduler, kwargs, message):
    """The same for what is no number, function or dictionary where it should be one."""
    with pytest.raises(TypeError, match=message):
        port("torch", scheduler, base_lr=0.1, **kwargs)


@pytest.mark.parametrize(
    "chain",
    [
        [EXPONENTIAL, {"scheduler": "SWALR", "kwargs": {"swa_lr": 0.1}}],
        [LINEAR, {"scheduler": "CosineAnnealingLR", "kwargs": {"T_max": 3.2}}],
        [
            {"scheduler": "CosineAnnealingLR", "kwargs": {"T_max": 3}},
            {"scheduler": "StepLR", "kwargs": {"step_size": 2, "gamma": 0.0}},
        ],
        [
            {
                "scheduler": "SequentialLR",
                "kwargs": {"schedulers": [LINEAR], "milestones": []},
            },
            {"scheduler": "CosineAnnealingLR", "kwargs": {"T_max": 3}},
        ],
    ],
)
def test_chains_that_only_steps_can_follow(chain):
    """Each says so, and what to do."""
    with pytest.raises(ValueError, match=r"no closed form in a chain .* Use SequentialLR"):
        port("torch", "ChainedScheduler", base_lr=0.1, schedulers=chain)


def test_a_relative_threshold_below_zero_is_torchs():
    """A flat negative metric never cuts there; the library's own rule cuts."""
    numbers = {"factor": 0.5, "patience": 1}
    plateau = port("torch", "ReduceLROnPlateau", base_lr=1.0, threshold=0.1, **numbers)
    own = js.ReduceOnPlateau(rtol=0.1, **numbers)

    def cuts(rule, metrics):
        state, values = rule.init(), []
        for metric in metrics:
            state = rule.update(state, value=metric)
            values.append(float(rule(state)))
        return values

    assert cuts(plateau, [1.0, 0.99, 0.98, 0.97]) == [1.0, 1.0, 0.5, 0.5]
    assert cuts(plateau, [-1.0, -1.01, -1.02, -1.03]) == [1.0] * 4
    assert cuts(own, [-1.0, -1.01, -1.02, -1.03]) == [1.0, 1.0, 0.5, 0.5]


# Where torch is not followed.


def test_a_sequence_within_a_sequence_starts():
    """Where torch raises at its milestone, it runs from its own start."""
    inner = {"schedulers": [LINEAR, EXPONENTIAL], "milestones": [5]}
    later = {"scheduler": "SequentialLR", "kwargs": inner}
    whole = port(
        "torch",
        "SequentialLR",
        base_lr=0.1,
        schedulers=[EXPONENTIAL, later],
        milestones=[3],
    )
    alone = port("torch", "SequentialLR", base_lr=0.1, **inner)

    np.testing.assert_allclose(whole(3 + np.arange(20)), alone(np.arange(20)), rtol=1e-6)


# What JAX does with them.


@pytest.mark.parametrize(
    ("scheduler", "kwargs"),
    [
        ("LambdaLR", {"lr_lambda": lambda t: 0.9**t}),
        ("MultiplicativeLR", {"lr_lambda": lambda t: 0.9}),
        ("StepLR", {"step_size": 3}),
        ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
        ("SequentialLR", {"schedulers": [LINEAR, EXPONENTIAL], "milestones": [4]}),
        ("ChainedScheduler", {"schedulers": [LINEAR, EXPONENTIAL]}),
    ],
)
def test_many_base_rates_at_once(scheduler, kwargs):
    """A traced, batched or differentiated base rate is a number like any."""

    def at_6(rate):
        return port("torch", scheduler, base_lr=rate, **kwargs)(6)

    rates = jnp.array([0.1, 0.2, 0.4])
    each = jnp.stack([at_6(float(rate)) for rate in rates])
    slopes = jax.vmap(jax.grad(at_6))(rates)

    np.testing.assert_allclose(jax.jit(jax.vmap(at_6))(rates), each, rtol=1e-6)
    assert jnp.all(jnp.isfinite(slopes))
    if "eta_min" not in kwargs:
        np.testing.assert_allclose(slopes, each / rates, rtol=1e-5)


@pytest.mark.parametrize(
    ("scheduler", "numbers", "others"),
    [
        ("StepLR", {"step_size": 3, "gamma": 0.7}, {}),
        ("MultiStepLR", {"gamma": 0.7}, {"milestones": [2, 4]}),
        ("ConstantLR", {"factor": 0.3, "total_iters": 4}, {}),
        ("LinearLR", {"start_factor": 0.3, "end_factor": 0.8, "total_iters": 9}, {}),
        ("ExponentialLR", {"gamma": 0.7}, {}),
        ("PolynomialLR", {"total_iters": 9, "power": 1.5}, {}),
        ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}, {}),
        ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01}, {}),
        ("SWALR", {"swa_lr": 0.3, "anneal_epochs": 9}, {}),
        (
            "CyclicLR",
            {"max_lr": 0.3, "step_size_up": 4, "gamma": 0.9},
            {"mode": "exp_range"},
        ),
        ("OneCycleLR", {"max_lr": 0.3, "total_steps": 20, "pct_start": 0.4}, {}),
    ],
)
def test_every_number_can_be_traced(scheduler, numbers, others):
    """The arguments are leaves: one program for all of them."""

    @jax.jit
    def curve(base_lr, numbers):
        made = port("torch", scheduler, **{"base_lr": base_lr, **numbers, **others})
        return made(jnp.arange(12))

    plain = port("torch", scheduler, **{"base_lr": 0.1, **numbers, **others})

    np.testing.assert_allclose(curve(0.1, numbers), plain(jnp.arange(12)), rtol=3e-6)


def test_rates_of_all_counts_are_finite_and_can_be_differentiated():
    """A scheduler that is over, or whose floor is met, leaves no NaN behind."""
    cosine = {"scheduler": "CosineAnnealingLR", "kwargs": {"T_max": 5}}
    line = {"scheduler": "PolynomialLR", "kwargs": {"total_iters": 3}}
    restarts = {"scheduler": "CosineAnnealingWarmRestarts", "kwargs": {"T_0": 4}}
    for chain in (
        [cosine, line],
        [restarts, line],
        [restarts, cosine],
        [cosine, EXPONENTIAL],
    ):
        made = port("torch", "ChainedScheduler", base_lr=0.1, schedulers=chain)
        counts = jnp.array([0, 1, 3, 4, 5, 6, 15, 16, 1000, 2**31 - 1])
        slopes = jax.grad(lambda s, c=counts: jnp.sum(s(c)), allow_int=True)(made)
        floats = [x for x in jax.tree.leaves(slopes) if x.dtype == jnp.float32]

        assert jnp.all(jnp.isfinite(made(counts)))
        assert all(jnp.all(jnp.isfinite(x)) for x in floats)


def test_a_running_product_takes_counts_as_they_come():
    """In any shape, with fractions, and over its block of 256."""
    made = port("torch", "MultiplicativeLR", base_lr=1.0, lr_lambda=lambda t: 1 + 1 / t)
    counts = jnp.array([[0, 1], [300, 1000]])

    np.testing.assert_allclose(made(counts), counts + 1, rtol=1e-5)
    np.testing.assert_allclose(made(2.5), 3.0, rtol=1e-6)
    assert isinstance(made, js.AbstractSchedule)
