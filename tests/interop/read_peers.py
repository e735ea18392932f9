"""Read curves off the schedulers of torch, transformers, timm, keras and optax.

Writes `curves/PEER.json` beside this file, one case a line: the numbers that the real
library gave for the arguments listed below. Nothing in them is computed by jaxsched or
by a formula of ours, so that `jaxsched.interop.port` can be held against them.

The rows of `pairs.py` and `defects.py`, which are in the docs, go into `values/PEER.json`
in the same form.

Run it in an environment that has the peers (torch 2.13.0 on the CPU, transformers 5.23.0,
timm 1.0.31, keras 3.15.1, optax 0.2.8 with jax 0.10.2; timm without torchvision will do):

    python -m tests.interop.read_peers                     # reads, writes all files
    python -m tests.interop.read_peers --peers torch,timm  # these two only
    python -m tests.interop.read_peers --check DIRECTORY   # reads DIRECTORY's cases again

What a step is. torch and transformers: build, then for each k read the rate, run
`optimizer.step()`, run `scheduler.step()`; a metric k is fed after step k. timm: the same
with `step(k + 1)`, or `step_update(k + 1)` where its time is not in epochs. keras and
optax: functions of k in double precision; keras' plateau callback is fed metric k at the
end of epoch k, optax's one with update k, on which it acts at once.

Fields of a case: `id`, `peer`, `peer_version`, `scheduler`, `kwargs` as the peer takes
them (`{"lambda": EXPR}` is a function of t, `{"scheduler", "kwargs"}` a nested one),
`base_lr` (a list has one rate for each parameter group), `steps` and `values`, `metrics`
where it is fed any, `optimizer` where it was not SGD with momentum, `also` (more arrays:
the rate of the second group, the momentum; of a row of keras or optax what it gives in
float32, optax under `jit` for an int32 count), `extra`, `raises` where the peer refused (in
its constructor, or `at_step`, the first step without a value), `note`, `row` as there.
"""

import argparse
import contextlib
import functools
import importlib.metadata
import importlib.util
import io
import itertools
import json
import math
import os
import pathlib
import sys
import types
import warnings

from .defects import DEFECTS
from .pairs import PAIRS

HERE = pathlib.Path(__file__).resolve().parent
MOST_STEPS = 60  # longer curves are sampled


# Words of the tables below.


def spec(name, /, **kwargs):
    """A scheduler of a peer by its name, with its arguments."""
    return {"scheduler": name, "kwargs": kwargs}


def spec_hf(name, warmup=None, total=None, /, **specific):
    """The same for `transformers.get_scheduler`, which takes two lengths apart."""
    kwargs = {"num_warmup_steps": warmup, "num_training_steps": total}
    kwargs = {k: v for k, v in kwargs.items() if v is not None}
    if specific:
        kwargs["scheduler_specific_kwargs"] = specific
    return {"scheduler": name, "kwargs": kwargs}


def fn(expression):
    """A function of t."""
    return {"lambda": expression}


def rate(**kwargs):
    """The arguments of a keras schedule, with its first rate."""
    return {"initial_learning_rate": 0.1, **kwargs}


def span(first, last, steps, **kwargs):
    """The arguments of an optax transition."""
    return {"init_value": first, "end_value": last, "transition_steps": steps, **kwargs}


def wave(**kwargs):
    """The arguments of optax's warm-up and cosine: a cycle of `sgdr_schedule`."""
    return {
        "init_value": 0.0,
        "peak_value": 0.1,
        "warmup_steps": 3,
        "decay_steps": 12,
        **kwargs,
    }


WARM = {"warmup_t": 5, "warmup_lr_init": 0.001}
PREFIX = {**WARM, "warmup_prefix": True}

LINEAR = spec("LinearLR", start_factor=0.2, total_iters=4)
CONSTANT = spec("ConstantLR", total_iters=3)
HALVES = spec("StepLR", step_size=6, gamma=0.5)
DECAYS = spec("ExponentialLR", gamma=0.9)
COSINE = spec("CosineAnnealingLR", T_max=15)

RAMP = spec("linear_schedule", init_value=0.0, end_value=0.1, transition_steps=6)
COOL = spec("cosine_decay_schedule", init_value=0.1, decay_steps=12)
HELD = spec("constant_schedule", value=0.05)


# Metrics: functions of k, away from ties with the thresholds below.


def falls(k):
    """Down for 16 steps, then flat with ripples."""
    return round(1.0 - 0.043 * k if k < 16 else 0.36 + 0.007 * (k * 3 % 5), 4)


def noisy(k):
    """Down for ever, with noise that hides it after a while."""
    return round(1 / (1 + 0.15 * k) + 0.011 * (k * 37 % 11 - 5), 4)


def rises(k):
    """Up in a hurry, then up slowly: an accuracy, or a loss that diverges."""
    return round(0.9 - 0.8 / (1 + 0.3 * k) + 0.003 * (k * 5 % 7), 4)


def flat(k):
    """Never moves."""
    return 0.7


def stairs(k):
    """Down by a stair every ninth step."""
    return round(1.0 * 0.83 ** (k // 9), 4)


def valley(k):
    """Down, up and down again, lower."""
    return round(0.6 + 0.4 * math.cos(0.21 * k) - 0.0047 * k, 4)


def below_zero(k):
    """Negative: a log-likelihood that falls for 20 steps, then ripples."""
    return round(-0.113 * min(k, 20) - 1.0 + 0.0173 * (k * 3 % 4), 4)


# The cases. A line is one, and goes on where the next is indented: the base rate, how many
# steps, the scheduler, and perhaps a note, `metrics`, `adam`, and for a curve so long that
# it is sampled the steps to look `around`. Names that are none of the words above are the
# peer's schedulers.

TORCH = """
0.2, 30, LambdaLR(lr_lambda=fn("1 / (1 + 0.1 * t)"))
2.0, 40, LambdaLR(lr_lambda=fn("min((t + 1) ** -0.5, (t + 1) * 8 ** -1.5)"))
0.1, 30, LambdaLR(lr_lambda=fn("0.5 * (1 + math.cos(math.pi * min(t, 20) / 20))"))
[0.1, 0.3], 20, LambdaLR(lr_lambda=[fn("0.5 ** (t // 5)"), fn("max(0.0, 1 - t / 12)")])
[0.1, 0.3], 5, LambdaLR(lr_lambda=[fn("1.0")]), "one function, two groups"
0.5, 25, MultiplicativeLR(lr_lambda=fn("1 - 1 / (t + 1)"))
0.1, 40, MultiplicativeLR(lr_lambda=fn("0.5 if t % 7 == 6 else 1.0"))
[0.1, 0.01], 15, MultiplicativeLR(lr_lambda=[fn("0.9"), fn("1.05")])
0.1, 20, StepLR(step_size=3, gamma=1.5), "rises"
0.1, 12, StepLR(step_size=5, gamma=0.0)
0.1, 12, StepLR(step_size=50, gamma=0.3), "never gets there"
[0.1, 0.02], 20, StepLR(step_size=4, gamma=0.7)
0.1, 400, StepLR(step_size=100, gamma=0.3), around=(100, 200, 300)
0.1, 9, StepLR(step_size=4, last_epoch=5), "nothing to go on from"
0.1, 30, MultiStepLR(milestones=[20, 5, 5, 10], gamma=0.3), "in any order"
0.1, 10, MultiStepLR(milestones=[], gamma=0.5)
0.1, 10, MultiStepLR(milestones=[3, 4, 100])
0.1, 8, MultiStepLR(milestones=[1, 6], gamma=0.0)
0.1, 8, ConstantLR(factor=1.0, total_iters=3)
0.1, 8, ConstantLR(factor=0.1, total_iters=1)
0.1, 8, ConstantLR(factor=0.0, total_iters=4), "cannot be undone"
0.1, 8, ConstantLR(factor=2.0)
[0.2, 0.5], 12, ConstantLR(factor=0.75, total_iters=7)
0.1, 15, LinearLR(start_factor=0.5, end_factor=0.1, total_iters=7)
0.1, 8, LinearLR(start_factor=0.5, end_factor=0.8, total_iters=0), "never moves"
0.1, 8, LinearLR(start_factor=1.0, end_factor=0.5, total_iters=1)
0.1, 12, LinearLR()
0.1, 12, LinearLR(start_factor=0.0)
0.1, 12, LinearLR(end_factor=1.5)
0.1, 12, ExponentialLR(gamma=1.0)
0.1, 6, ExponentialLR(gamma=0.0)
0.1, 9, ExponentialLR(gamma=0.7, last_epoch=-1)
0.1, 9, ExponentialLR(gamma=0.7, last_epoch=3), "nothing to go on from"
0.0001, 40, ExponentialLR(gamma=1.12), "a range test"
[0.3, 0.1], 30, ExponentialLR(gamma=0.5)
0.1, 12, PolynomialLR()
0.1, 20, PolynomialLR(total_iters=14, power=0.5)
0.1, 20, PolynomialLR(total_iters=10, power=0.0)
0.1, 6, PolynomialLR(total_iters=1, power=3.0)
0.1, 6, PolynomialLR(total_iters=0, power=2.0), "never moves"
0.1, 50, CosineAnnealingLR(T_max=7, eta_min=0.05)
0.1, 30, CosineAnnealingLR(T_max=12, eta_min=0.3), "the floor is above"
0.1, 10, CosineAnnealingLR(T_max=2, eta_min=0.01)
0.1, 40, CosineAnnealingLR(T_max=7.5), "half a step"
[0.1, 0.4], 30, CosineAnnealingLR(T_max=20, eta_min=0.02)
0.1, 60, CosineAnnealingWarmRestarts(T_0=3, T_mult=3, eta_min=0.02)
0.1, 40, CosineAnnealingWarmRestarts(T_0=1, T_mult=2)
0.1, 25, CosineAnnealingWarmRestarts(T_0=8, eta_min=0.2), "the floor is above"
0.1, 9, CosineAnnealingWarmRestarts(T_0=0)
0.1, 9, CosineAnnealingWarmRestarts(T_0=4, T_mult=0)
0.1, 9, CosineAnnealingWarmRestarts(T_0=4, T_mult=1.5)
0.9, 12, CyclicLR(base_lr=0.1, max_lr=0.4, step_size_up=1, cycle_momentum=False)
0.9, 40, CyclicLR(base_lr=0.1, max_lr=0.4, step_size_up=3, step_size_down=1,
    mode="exp_range", gamma=0.9)
0.9, 50, CyclicLR(base_lr=0.01, max_lr=0.4, step_size_up=7, step_size_down=4,
    mode="triangular2"), adam=True
0.9, 40, CyclicLR(base_lr=0.01, max_lr=0.2, step_size_up=5,
    scale_fn=fn("1 / (1 + 0.1 * t)"), scale_mode="iterations", base_momentum=0.7,
    max_momentum=0.99), "scale_fn wins over the mode"
0.9, 40, CyclicLR(base_lr=0.0, max_lr=0.2, step_size_up=4, mode="exp_range", gamma=0.95,
    scale_fn=fn("0.8 ** t"), cycle_momentum=False)
0.9, 40, CyclicLR(base_lr=0.1, max_lr=0.5, step_size_up=2.5, step_size_down=5.5,
    base_momentum=0.6), "half steps"
[0.9, 0.8], 25, CyclicLR(base_lr=[0.1, 0.2], max_lr=[0.5, 0.3], step_size_up=6,
    max_momentum=0.95)
0.9, 25, CyclicLR(base_lr=0.5, max_lr=0.1, step_size_up=5), "upside down"
0.9, 25, CyclicLR(base_lr=0.5, max_lr=0.1, mode="square")
0.1, 6000, CyclicLR(base_lr=0.1, max_lr=0.5, mode="exp_range", gamma=0.9999),
    around=(2000, 4000)
0.9, 30, CyclicLR(base_lr=0.1, max_lr=0.3, step_size_up=4, mode="exp_range", gamma=0.9,
    scale_mode="iterations", cycle_momentum=False)
0.9, 30, CyclicLR(base_lr=0.1, max_lr=0.3, step_size_up=6, step_size_down=3,
    scale_fn=fn("0.97 ** t"), scale_mode="iterations", cycle_momentum=False)
0.1, 30, OneCycleLR(max_lr=0.3, total_steps=30, pct_start=0.0), "no first phase"
0.1, 40, OneCycleLR(max_lr=0.3, total_steps=30, pct_start=1.0), "no last phase"
0.1, 5, OneCycleLR(max_lr=0.3, total_steps=1)
0.1, 9, OneCycleLR(max_lr=0.3, total_steps=3, pct_start=0.5, div_factor=4.0)
0.1, 10, OneCycleLR(max_lr=0.3, total_steps=10, pct_start=0.1),
    "the first phase would be one step: a division by zero"
0.1, 50, OneCycleLR(max_lr=0.3, total_steps=40, pct_start=0.4, three_phase=True,
    anneal_strategy="linear", final_div_factor=1.0, base_momentum=0.7)
0.1, 40, OneCycleLR(max_lr=0.3, total_steps=40, pct_start=0.5, three_phase=True)
0.1, 30, OneCycleLR(max_lr=0.3, total_steps=25, div_factor=1.0, final_div_factor=0.5),
    "starts at its peak, ends above its start"
0.1, 30, OneCycleLR(max_lr=0.3, epochs=3, steps_per_epoch=7, pct_start=0.45,
    max_momentum=0.9, div_factor=2.0), adam=True
0.1, 20, OneCycleLR(max_lr=0.3, total_steps=12, epochs=3, steps_per_epoch=7),
    "total_steps wins"
[0.1, 0.1], 20, OneCycleLR(max_lr=[0.3, 0.02], total_steps=20, three_phase=True,
    base_momentum=[0.8, 0.7])
0.1, 1002, OneCycleLR(max_lr=0.3, total_steps=1000), around=(299, 300, 999)
0.1, 9, OneCycleLR(max_lr=0.3, total_steps=0)
0.1, 9, OneCycleLR(max_lr=0.3, epochs=3)
0.1, 9, OneCycleLR(max_lr=0.3, total_steps=9, pct_start=1.2)
0.1, 9, OneCycleLR(max_lr=0.3, total_steps=9, anneal_strategy="poly")
0.1, 25, OneCycleLR(max_lr=0.4, total_steps=25, anneal_strategy="linear",
    cycle_momentum=False)
0.1, 50, OneCycleLR(max_lr=0.4, epochs=5, steps_per_epoch=9, three_phase=True,
    pct_start=0.35, max_momentum=0.85, base_momentum=0.8, div_factor=100.0,
    final_div_factor=10.0)
0.1, 12, OneCycleLR(max_lr=0.4, total_steps=12, three_phase=True, anneal_strategy="linear",
    cycle_momentum=False)
0.1, 6, SWALR(swa_lr=0.02, anneal_epochs=1)
0.1, 20, SWALR(swa_lr=0.4), "anneals upwards"
0.1, 8, SWALR(swa_lr=0.01, anneal_epochs=3, anneal_strategy="linear")
[0.1, 0.2], 12, SWALR(swa_lr=[0.05, 0.01], anneal_epochs=7)
0.1, 8, SWALR(swa_lr=0.01, anneal_strategy="poly")
0.1, 20, SWALR(swa_lr=0.3, anneal_epochs=12, anneal_strategy="linear")
0.3, 30, SequentialLR(schedulers=[LINEAR, CONSTANT, PolynomialLR(total_iters=9, power=2.0)],
    milestones=[6, 12])
0.3, 20, SequentialLR(schedulers=[LINEAR, CONSTANT, HALVES], milestones=[3, 3]),
    "the second one has no turn"
0.3, 20, SequentialLR(schedulers=[LINEAR, HALVES], milestones=[0]),
    "the first one has no turn"
0.3, 40, SequentialLR(schedulers=[MultiStepLR(milestones=[2, 4], gamma=0.5), HALVES],
    milestones=[5])
0.3, 40, SequentialLR(schedulers=[PolynomialLR(total_iters=10), DECAYS, COSINE],
    milestones=[5, 12])
0.3, 30, SequentialLR(schedulers=[LambdaLR(lr_lambda=fn("(t + 1) / 8")),
    LambdaLR(lr_lambda=fn("0.8 ** t"))], milestones=[8])
0.3, 40, SequentialLR(schedulers=[CyclicLR(base_lr=0.1, max_lr=0.5, step_size_up=4,
    cycle_momentum=False), DECAYS], milestones=[16]),
    "a cyclic one moves the base of the next"
0.3, 30, SequentialLR(schedulers=[LINEAR, MultiplicativeLR(lr_lambda=fn("0.9")), COSINE],
    milestones=[4, 10])
[0.3, 0.1], 30, SequentialLR(schedulers=[LINEAR, CosineAnnealingWarmRestarts(T_0=6)],
    milestones=[4])
0.3, 30, SequentialLR(schedulers=[SequentialLR(schedulers=[LINEAR, DECAYS], milestones=[5]),
    HALVES], milestones=[12]), "nested, the inner one first"
0.3, 30, SequentialLR(schedulers=[LINEAR, SequentialLR(schedulers=[DECAYS, HALVES],
    milestones=[5])], milestones=[8]), "nested,
    the inner one last: the peer cannot start it"
0.3, 30, SequentialLR(schedulers=[ChainedScheduler(schedulers=[LINEAR, HALVES]), COSINE],
    milestones=[9]), "a chain first"
0.3, 30, SequentialLR(schedulers=[ChainedScheduler(schedulers=[DECAYS, LINEAR]), COSINE],
    milestones=[9]), "a chain first: what decays is a step ahead in it"
0.3, 30, SequentialLR(schedulers=[LINEAR, ChainedScheduler(schedulers=[DECAYS, HALVES])],
    milestones=[9]), "a chain last: the peer cannot start it"
0.3, 30, SequentialLR(schedulers=[OneCycleLR(max_lr=0.5, total_steps=12, div_factor=5.0),
    DECAYS], milestones=[12]), "a one-cycle moves the base of the next"
0.3, 30, SequentialLR(schedulers=[HALVES, OneCycleLR(max_lr=0.5, total_steps=15,
    pct_start=0.4)], milestones=[10])
0.3, 9, SequentialLR(schedulers=[LINEAR, HALVES], milestones=[3, 6])
0.3, 9, SequentialLR(schedulers=[LINEAR, ReduceLROnPlateau()], milestones=[3])
0.3, 200, SequentialLR(schedulers=[COSINE], milestones=[]), around=(15, 30)
0.3, 40, ChainedScheduler(schedulers=[LINEAR, DECAYS, HALVES])
0.3, 30, ChainedScheduler(schedulers=[PolynomialLR(total_iters=20), ConstantLR(factor=0.5,
    total_iters=6)])
0.3, 30, ChainedScheduler(schedulers=[ConstantLR(factor=0.5, total_iters=6), CONSTANT,
    CONSTANT])
0.3, 30, ChainedScheduler(schedulers=[LINEAR,
    MultiplicativeLR(lr_lambda=fn("1 - 0.02 * t"))])
0.3, 40, ChainedScheduler(schedulers=[COSINE, MultiStepLR(milestones=[5, 20], gamma=0.5)])
0.3, 20, ChainedScheduler(schedulers=[CosineAnnealingLR(T_max=20, eta_min=0.03),
    ExponentialLR(gamma=0.97)]), "the recursive cosine meets a rate that is not its own"
0.3, 30, ChainedScheduler(schedulers=[LambdaLR(lr_lambda=fn("0.95 ** t")), HALVES]),
    "the first one overwrites: a cut lasts one step"
0.3, 30, ChainedScheduler(schedulers=[HALVES, LambdaLR(lr_lambda=fn("0.95 ** t"))]),
    "the last one overwrites"
0.3, 30, ChainedScheduler(schedulers=[CosineAnnealingWarmRestarts(T_0=7), DECAYS]),
    "the restarts overwrite, so the decay is one factor"
0.3, 30, ChainedScheduler(schedulers=[CyclicLR(base_lr=0.1, max_lr=0.5, step_size_up=4,
    cycle_momentum=False), DECAYS])
0.3, 30, ChainedScheduler(schedulers=[SequentialLR(schedulers=[LINEAR, HALVES],
    milestones=[6]), DECAYS])
0.3, 30, ChainedScheduler(schedulers=[ChainedScheduler(schedulers=[LINEAR, DECAYS]),
    HALVES])
[0.3, 0.2], 20, ChainedScheduler(schedulers=[DECAYS])
0.3, 9, ChainedScheduler(schedulers=[])
0.1, 60, ReduceLROnPlateau(factor=0.5, patience=2, cooldown=5), metrics=falls
0.1, 60, ReduceLROnPlateau(factor=0.3, patience=4, threshold=0.15, min_lr=0.002),
    metrics=noisy
0.1, 50, ReduceLROnPlateau(mode="max", factor=0.6, patience=1, threshold=0.02, cooldown=1),
    metrics=rises
0.1, 50, ReduceLROnPlateau(factor=0.8, patience=3, eps=0.0), metrics=rises
0.1, 50, ReduceLROnPlateau(factor=0.5, patience=0, threshold=0.07, threshold_mode="abs"),
    metrics=below_zero
0.1, 50, ReduceLROnPlateau(factor=0.5, patience=3, threshold=0.05),
    "below zero a relative threshold asks for less than nothing", metrics=below_zero
0.1, 50, ReduceLROnPlateau(mode="max", factor=0.7, patience=2, threshold=0.03,
    threshold_mode="abs", min_lr=0.01), metrics=below_zero
0.1, 30, ReduceLROnPlateau(factor=0.0, patience=5, min_lr=0.004), metrics=flat
0.1, 30, ReduceLROnPlateau(factor=0.5, patience=5, threshold=0), metrics=flat
0.1, 40, ReduceLROnPlateau(factor=0.5, patience=0, cooldown=2), metrics=flat
0.1, 40, ReduceLROnPlateau(factor=0.9, patience=0, eps=0.0041), metrics=flat
[0.1, 0.01], 40, ReduceLROnPlateau(factor=0.5, patience=2, min_lr=[0.001, 0.004]),
    metrics=valley
0.1, 60, ReduceLROnPlateau(), metrics=flat
0.1, 60, ReduceLROnPlateau(factor=0.4, patience=7, cooldown=6), metrics=stairs
0.1, 60, ReduceLROnPlateau(mode="max", patience=3), metrics=valley
0.1, 9, ReduceLROnPlateau(factor=1.0), metrics=flat
0.1, 9, ReduceLROnPlateau(mode="mean"), metrics=flat
0.1, 9, ReduceLROnPlateau(threshold_mode="both"), metrics=flat
0.1, 9, ReduceLROnPlateau(min_lr=[0.1, 0.1]), metrics=flat
"""

TRANSFORMERS = """
0.0003, 8, constant(5, 100), "takes no notice"
0.0003, 8, constant(5, 100, num_cycles=3), "takes no notice"
0.001, 6, constant_with_warmup(1)
0.001, 9, constant_with_warmup(3.5, 6), "half a step"
0.001, 9, constant_with_warmup()
0.001, 50, linear(7, 43)
0.001, 30, linear(20, 10), "a warm-up longer than the run"
0.001, 5, linear(0, 1)
0.001, 5, linear(0, 0), "no step at all"
0.001, 24, linear(2.5, 20.5), "half steps"
0.001, 5, linear(3)
0.001, 60, cosine(7, 47, num_cycles=2.0)
0.001, 40, cosine(1, 30, num_cycles=0.25), "stops half way down"
0.001, 30, cosine(5, 25, num_cycles=0), "no wave at all"
0.001, 40, cosine(20, 10), "a warm-up longer than the run"
0.001, 6, cosine(0, 1)
[0.001, 0.0005], 30, cosine(4, 24)
0.0003, 3200, cosine(300, 3000), around=(300, 3000)
0.001, 60, cosine_with_restarts(5, 53, num_cycles=4)
0.001, 50, cosine_with_restarts(3, 43, num_cycles=2.5), "ends half way"
0.001, 20, cosine_with_restarts(2, 14, num_cycles=0)
0.001, 16, cosine_with_restarts(10, 10, num_cycles=2)
0.001, 16, cosine_with_restarts(0, 12, num_cycles=6), "two steps a cycle"
0.1, 60, polynomial(6, 46, lr_end=0.02, power=3.0)
0.1, 40, polynomial(0, 30, lr_end=0.0, power=0.5)
0.1, 40, polynomial(4, 24, lr_end=0.05, power=0), "holds, then drops"
0.1, 30, polynomial(20, 10, lr_end=0.05), "a warm-up longer than the run"
0.1, 5, polynomial(0, 10, lr_end=0.1), "nothing to go down"
0.001, 30, inverse_sqrt(0, timescale=1)
0.001, 50, inverse_sqrt(20, timescale=4)
0.001, 50, inverse_sqrt(1, 30)
0.001, 30, inverse_sqrt(4.5, timescale=12.5), "half steps"
0.001, 4000, inverse_sqrt(500, timescale=2000), around=(500, 2000)
0.001, 50, cosine_with_min_lr(6, 40, min_lr=0.0, num_cycles=1.0)
0.001, 40, cosine_with_min_lr(5, 30, min_lr_rate=1.0)
0.001, 60, cosine_with_min_lr(0, 45, min_lr_rate=0.5, num_cycles=1.5)
0.001, 30, cosine_with_min_lr(3, 20, min_lr=0.004), "the floor is above"
0.001, 20, cosine_with_min_lr(12, 12, min_lr_rate=0.25)
0.001, 9, cosine_with_min_lr(3, 20, min_lr=0.0001, min_lr_rate=0.1)
0.001, 60, cosine_warmup_with_min_lr(9, 50, min_lr_rate=0.2, num_cycles=1.0)
0.001, 40, cosine_warmup_with_min_lr(6, 30, min_lr=0.0002, warmup_lr_rate=0.0)
0.001, 30, cosine_warmup_with_min_lr(4, 20, min_lr_rate=0.0, warmup_lr_rate=1.0)
0.001, 15, cosine_warmup_with_min_lr(1, 9, min_lr_rate=0.1, warmup_lr_rate=0.5)
0.001, 20, cosine_warmup_with_min_lr(10, 10, min_lr=0.0001)
0.001, 9, cosine_warmup_with_min_lr(3, 20, min_lr=0.0001, min_lr_rate=0.1)
0.001, 40, cosine_warmup_with_min_lr(3, 30, min_lr=0.0003, num_cycles=1.5,
    warmup_lr_rate=0.3)
0.001, 60, warmup_stable_decay(8, 50, num_decay_steps=20, decay_type="1-sqrt",
    min_lr_ratio=0.2)
0.001, 50, warmup_stable_decay(12, num_decay_steps=15, num_stable_steps=10,
    warmup_type="1-sqrt", decay_type="cosine", num_cycles=1.5, min_lr_ratio=0.05),
    "more waves than one"
0.001, 40, warmup_stable_decay(9, 36, num_decay_steps=9, warmup_type="cosine",
    num_cycles=0.25), "half way down, then a drop"
0.001, 30, warmup_stable_decay(5, 100, num_decay_steps=12, num_stable_steps=3,
    decay_type="linear"), "the stable steps win over the total"
0.001, 20, warmup_stable_decay(6, num_decay_steps=6, num_stable_steps=0)
0.001, 20, warmup_stable_decay(5, 12, num_decay_steps=0, min_lr_ratio=0.3)
0.001, 20, warmup_stable_decay(4, 15, num_decay_steps=6, min_lr_ratio=1.0)
0.001, 20, warmup_stable_decay(8, 12, num_decay_steps=8, decay_type="linear"),
    "warm-up and decay overlap: the decay starts where it would be by then"
0.001, 9, warmup_stable_decay(8, num_decay_steps=8)
0.001, 9, warmup_stable_decay(8, 50, num_decay_steps=8, warmup_type="sqrt")
0.001, 9, warmup_stable_decay(8, 50, num_decay_steps=8, decay_type="exp")
0.001, 60, reduce_lr_on_plateau(factor=0.6, patience=3, cooldown=4, threshold=0.02),
    metrics=falls
0.001, 50, reduce_lr_on_plateau(5, 50, mode="max", patience=1, min_lr=1e-05, eps=1e-06),
    metrics=rises
0.001, 50, reduce_lr_on_plateau(factor=0.5, patience=2, threshold=0.05,
    threshold_mode="abs", min_lr=[0.0001]), metrics=below_zero
0.001, 50, reduce_lr_on_plateau(mode="max", threshold_mode="abs", threshold=0.03,
    cooldown=2, patience=1, factor=0.7, eps=1e-05), metrics=rises
0.1, 60, greedy(factor=0.8, patience=3), metrics=noisy
0.1, 60, greedy(patience=0, cooldown=3, warmup=2, factor=0.7), metrics=valley
0.1, 60, greedy(mode="max", patience=1, factor=0.6, threshold=0.02, max_lr=0.3,
    verbose=True), metrics=rises
0.1, 60, greedy(patience=0, factor=0.75, threshold=0.1, threshold_mode="rel", warmup=4,
    min_lr=0.02, max_lr=[0.2]), metrics=stairs
0.1, 60, greedy(patience=1, smooth=True, window_size=5, factor=0.9), metrics=noisy
0.1, 60, greedy(patience=2, smooth=True, factor=0.8, min_lr=0.05), metrics=valley
0.1, 60, greedy(patience=1, factor=0.5, min_lr=0.03, reset_start=1, cooldown=1),
    "resets as soon as it is at the floor", metrics=flat
0.1, 60, greedy(patience=0, factor=0.5, min_lr=0.01, reset_start=6, window_size=3,
    smooth=True), metrics=rises
0.1, 40, greedy(patience=0, factor=0.8, eps=0.011), metrics=flat
0.1, 60, greedy(patience=0, factor=0.8, eps=0.022), metrics=valley
0.1, 50, greedy(mode="max", threshold_mode="abs", threshold=0.04, patience=1,
    min_lr=[0.01]), metrics=below_zero
2.0, 40, greedy(patience=1, factor=0.9), "starts above max_lr", metrics=falls
0.0001, 40, greedy(patience=1, factor=0.9), "starts below min_lr", metrics=flat
[0.1, 0.02], 40, greedy(patience=1, factor=0.6, min_lr=[0.05, 0.001], max_lr=[0.5, 0.03],
    reset_start=2), metrics=valley
0.1, 9, greedy(factor=1.0), metrics=flat
0.1, 9, greedy(mode="mean"), metrics=flat
0.1, 9, greedy(threshold_mode="both"), metrics=flat
0.1, 60, greedy(mode="max", threshold_mode="rel", threshold=0.03, patience=1, factor=0.8,
    verbose=True, cooldown=2), metrics=rises
0.001, 9, warmup(5, 50), "no such scheduler"
"""

TIMM = """
0.1, 45, CosineLRScheduler(t_initial=30, lr_min=0.01, k_decay=0.5, **PREFIX)
0.1, 55, CosineLRScheduler(t_initial=12, cycle_limit=4, cycle_decay=0.7, **PREFIX)
0.1, 60, CosineLRScheduler(t_initial=8, cycle_mul=2.0, cycle_limit=3, **WARM)
0.1, 60, CosineLRScheduler(t_initial=7, cycle_mul=1.5, cycle_limit=4, cycle_decay=0.8,
    k_decay=1.5, lr_min=0.002)
0.1, 10, CosineLRScheduler(t_initial=20, cycle_limit=0, **WARM), "no cycle at all"
0.1, 12, CosineLRScheduler(t_initial=1, cycle_limit=5, cycle_decay=0.5)
0.1, 25, CosineLRScheduler(t_initial=7.5, cycle_limit=2, lr_min=0.01), "half a step"
0.1, 30, CosineLRScheduler(t_initial=20, warmup_t=2.5, warmup_prefix=True)
0.1, 30, CosineLRScheduler(t_initial=20, lr_min=0.3), "the floor is above"
0.1, 30, CosineLRScheduler(t_initial=10, cycle_mul=0.5, cycle_limit=5)
0.1, 40, CosineLRScheduler(t_initial=25, warmup_t=30), "a warm-up past the end"
0.1, 30, CosineLRScheduler(t_initial=20, t_in_epochs=False, **PREFIX)
[0.1, 0.5], 30, CosineLRScheduler(t_initial=20, lr_min=0.01, **WARM)
0.1, 2300, CosineLRScheduler(t_initial=2000, warmup_t=200), around=(200, 2000)
0.1, 9, CosineLRScheduler(t_initial=0)
0.1, 9, CosineLRScheduler(t_initial=5, lr_min=-0.1)
0.1, 9, CosineLRScheduler(t_initial=5, initialize=False)
0.1, 40, CosineLRScheduler(t_initial=10, cycle_mul=2.0, cycle_limit=2, t_in_epochs=False,
    **PREFIX)
0.1, 40, TanhLRScheduler(t_initial=30, lb=-3.0, ub=2.0, lr_min=0.01, **PREFIX)
0.1, 40, TanhLRScheduler(t_initial=20, lb=0.0, ub=1.0, cycle_limit=2, **WARM)
0.1, 50, TanhLRScheduler(t_initial=6, cycle_mul=2.0, cycle_limit=3, cycle_decay=0.6)
0.1, 15, TanhLRScheduler(t_initial=10, cycle_limit=0, lr_min=0.02)
0.1, 30, TanhLRScheduler(t_initial=15, warmup_t=15),
    "the warm-up leads to where the tanh is by then: past its end"
0.1, 30, TanhLRScheduler(t_initial=18.5, lb=-5.0, t_in_epochs=False)
0.1, 9, TanhLRScheduler(t_initial=10, lb=1.0, ub=1.0)
0.1, 9, TanhLRScheduler(t_initial=10, warmup_t=-1)
0.1, 50, TanhLRScheduler(t_initial=5, cycle_mul=3.0, cycle_limit=2, cycle_decay=0.4,
    lb=-4.0, ub=2.0, **PREFIX)
0.1, 30, TanhLRScheduler(t_initial=9, cycle_mul=1.5, cycle_limit=3, cycle_decay=0.5,
    t_in_epochs=False)
0.1, 40, PolyLRScheduler(t_initial=30, power=2.0, lr_min=0.01, k_decay=0.5, **WARM)
0.1, 50, PolyLRScheduler(t_initial=6, cycle_mul=1.5, cycle_limit=4, cycle_decay=0.9,
    k_decay=2.0, **PREFIX)
0.1, 25, PolyLRScheduler(t_initial=20, power=0.0, lr_min=0.01), "holds, then drops"
0.1, 25, PolyLRScheduler(t_initial=10, cycle_limit=0, **PREFIX)
0.1, 8, PolyLRScheduler(t_initial=1, power=3.0, cycle_limit=4, cycle_decay=0.5)
0.1, 30, PolyLRScheduler(t_initial=12.5, cycle_limit=2, t_in_epochs=False)
0.1, 30, PolyLRScheduler(t_initial=20, warmup_t=20, power=1.0)
0.1, 9, PolyLRScheduler(t_initial=0)
0.1, 45, PolyLRScheduler(t_initial=5, power=1.5, cycle_mul=2.0, cycle_limit=3, lr_min=0.01,
    t_in_epochs=False)
0.1, 30, StepLRScheduler(decay_t=1, decay_rate=0.8, warmup_t=4, t_in_epochs=False)
0.1, 9, StepLRScheduler(decay_t=7, initialize=False)
0.1, 30, StepLRScheduler(decay_t=7), "its default rate decays nothing"
0.1, 30, StepLRScheduler(decay_t=6, decay_rate=0.5, warmup_prefix=False, **WARM)
0.1, 40, StepLRScheduler(decay_t=0.7, decay_rate=0.97), "less than a step"
0.1, 30, StepLRScheduler(decay_t=10, decay_rate=2.0, **PREFIX)
0.1, 30, StepLRScheduler(decay_t=4.5, decay_rate=0.6, warmup_prefix=False,
    t_in_epochs=False, **WARM)
0.1, 20, MultiStepLRScheduler(decay_t=[1, 2, 2, 9], decay_rate=0.5), "from step 0"
0.1, 20, MultiStepLRScheduler(decay_t=[0, 9], decay_rate=0.5), "already there"
0.1, 30, MultiStepLRScheduler(decay_t=[3, 12], decay_rate=0.4, **PREFIX)
0.1, 30, MultiStepLRScheduler(decay_t=[3, 12], decay_rate=0.4, warmup_prefix=False, **WARM)
0.1, 12, MultiStepLRScheduler(decay_t=[], decay_rate=0.5, warmup_t=3)
0.1, 12, MultiStepLRScheduler(decay_t=[2.5, 6.5], decay_rate=0.5, t_in_epochs=False)
0.1, 20, MultiStepLRScheduler(decay_t=[4, 8], decay_rate=0.0, warmup_prefix=False,
    warmup_t=6, t_in_epochs=False), "down to nothing"
0.1, 50, WSDLRScheduler(t_initial=40, decay_t=15, decay_fn=fn("(1 - t) ** 3"))
0.1, 50, WSDLRScheduler(t_initial=40, decay_t=10, stable_fn="rsqrt", stable_timescale=5.0,
    decay_fn="exp")
0.1, 60, WSDLRScheduler(t_initial=40, decay_t=25, stable_fn="power", stable_power=1.5,
    lr_min=0.004, decay_fn="power", decay_power=0.5, **WARM),
    "the stable phase reaches the floor"
0.1, 50, WSDLRScheduler(t_initial=30, decay_t=30, decay_fn="exp", decay_ratio=0.01,
    lr_min=0.001, **WARM)
0.1, 40, WSDLRScheduler(t_initial=25, decay_t=1, decay_fn="cosine", t_in_epochs=False,
    **WARM), "one step of decay"
0.1, 20, WSDLRScheduler(t_initial=12, decay_t=4, lr_min=0.2), "the floor is above"
0.1, 20, WSDLRScheduler(t_initial=12.5, decay_t=4.5, warmup_t=2.5), "half steps"
0.1, 9, WSDLRScheduler(t_initial=12, decay_t=13)
0.1, 9, WSDLRScheduler(t_initial=12, decay_t=0)
0.1, 9, WSDLRScheduler(t_initial=12, decay_t=4, decay_fn="sqrt")
0.1, 9, WSDLRScheduler(t_initial=12, decay_t=4, stable_fn="linear")
0.1, 9, WSDLRScheduler(t_initial=12, decay_t=4, decay_ratio=1.0)
0.1, 9, WSDLRScheduler(t_initial=12, decay_t=4, decay_power=0.0)
0.1, 9, WSDLRScheduler(t_initial=12, decay_t=4, stable_fn="rsqrt")
0.1, 50, WSDLRScheduler(t_initial=35, decay_t=12, stable_fn="power", stable_power=0.25,
    stable_timescale=3.5, decay_fn="power", decay_power=2.0, t_in_epochs=False, **WARM)
0.1, 50, WSDLRScheduler(t_initial=40, decay_t=20, decay_fn="power", decay_power=0.75,
    lr_min=0.01)
0.1, 50, WSDLRScheduler(t_initial=40, decay_t=20, stable_fn="rsqrt", decay_fn="exp",
    decay_ratio=0.5, **WARM)
0.1, 40, WSDLRScheduler(t_initial=30, decay_t=10, lr_min=0.01,
    decay_fn=fn("math.exp(-3 * t)")), "does not come down to the floor"
0.1, 50, PlateauLRScheduler(mode="min", decay_rate=0.4, patience_t=2, threshold=0.15,
    lr_min=0.003), metrics=noisy
0.1, 50, PlateauLRScheduler(decay_rate=0.5, patience_t=1, cooldown_t=5, **WARM),
    "up to the end of the warm-up it does not look", metrics=rises
0.1, 50, PlateauLRScheduler(mode="min", decay_rate=0.5, patience_t=0, warmup_t=10),
    metrics=falls
0.1, 40, PlateauLRScheduler(mode="max", threshold=0.0, patience_t=1, cooldown_t=1),
    metrics=flat
0.1, 9, PlateauLRScheduler(decay_rate=1.0), metrics=flat
0.1, 50, PlateauLRScheduler(decay_rate=0.3, patience_t=3, threshold=0.05, lr_min=0.002,
    **WARM), metrics=valley
0.1, 60, create_scheduler_v2(num_epochs=40, cycle_mul=1.0, cycle_decay=0.5, cycle_limit=2,
    k_decay=2.0), "the default is the cosine"
0.1, 60, create_scheduler_v2(sched="cosine", num_epochs=8, cycle_mul=2.0, cycle_limit=3,
    cycle_decay=0.9, warmup_epochs=3, warmup_lr=0.01, warmup_prefix=True, min_lr=0.002,
    cooldown_epochs=5)
0.1, 60, create_scheduler_v2(sched="cosine", num_epochs=9, warmup_epochs=2,
    step_on_epochs=False, updates_per_epoch=5, cooldown_epochs=2, warmup_prefix=True)
0.1, 60, create_scheduler_v2(sched="tanh", num_epochs=45, warmup_epochs=4, warmup_lr=0.0,
    min_lr=0.001)
0.1, 50, create_scheduler_v2(sched="tanh", num_epochs=6, step_on_epochs=False,
    updates_per_epoch=4, cycle_limit=2, cycle_decay=1.0)
0.1, 60, create_scheduler_v2(sched="step", num_epochs=50, decay_epochs=8.5, decay_rate=0.6),
    "half an epoch"
0.1, 60, create_scheduler_v2(sched="step", num_epochs=12, decay_epochs=3, decay_rate=0.5,
    warmup_epochs=1, warmup_prefix=True, step_on_epochs=False, updates_per_epoch=4)
0.1, 120, create_scheduler_v2(sched="step"), around=(90,)
0.1, 20, create_scheduler_v2(sched="constant", warmup_epochs=6, warmup_lr=0.02)
0.1, 20, create_scheduler_v2(sched="constant", num_epochs=4, warmup_epochs=2,
    step_on_epochs=False, updates_per_epoch=3, decay_rate=0.5)
0.1, 40, create_scheduler_v2(sched="multistep", num_epochs=40, decay_milestones=[5, 15, 30],
    decay_rate=0.3, warmup_epochs=3)
0.1, 50, create_scheduler_v2(sched="multistep", num_epochs=10, decay_milestones=[3, 7],
    warmup_epochs=1, warmup_prefix=True, step_on_epochs=False, updates_per_epoch=4)
0.1, 280, create_scheduler_v2(sched="multistep"), around=(89, 179, 269)
0.1, 60, create_scheduler_v2(sched="poly", num_epochs=50, decay_rate=2.0, k_decay=0.7,
    min_lr=0.01, cycle_decay=0.5)
0.1, 60, create_scheduler_v2(sched="poly", num_epochs=15, cycle_mul=1.5, cycle_limit=2,
    cycle_decay=0.5, warmup_epochs=4, warmup_prefix=True, cooldown_epochs=3)
0.1, 60, create_scheduler_v2(sched="wsd", num_epochs=40, warmup_epochs=6,
    warmup_prefix=True, decay_epochs=0.25, decay_fn="cosine", min_lr=0.001,
    cooldown_epochs=4)
0.1, 60, create_scheduler_v2(sched="wsd", num_epochs=11, warmup_epochs=1, decay_epochs=3,
    decay_fn="linear", step_on_epochs=False, updates_per_epoch=5)
0.1, 60, create_scheduler_v2(sched="wsd", num_epochs=11, warmup_epochs=1, decay_epochs=0.3,
    step_on_epochs=False, updates_per_epoch=5), "a share of the run, in updates"
0.1, 60, create_scheduler_v2(sched="rsqrt", num_epochs=50, warmup_epochs=5, warmup_lr=0.01)
0.1, 60, create_scheduler_v2(sched="rsqrt", num_epochs=10, stable_timescale=1.5,
    decay_epochs=0.4, decay_fn="exp", min_lr=0.002, step_on_epochs=False,
    updates_per_epoch=5)
0.1, 50, create_scheduler_v2(sched="plateau", patience_epochs=3, decay_rate=0.5,
    plateau_mode="min", min_lr=0.004, warmup_epochs=4, num_epochs=50), metrics=falls
0.1, 50, create_scheduler_v2(sched="plateau", patience_epochs=1, warmup_prefix=True,
    cooldown_epochs=5, num_epochs=45), metrics=rises
0.1, 8, create_scheduler_v2(sched="none", warmup_epochs=3), "left alone"
0.1, 8, create_scheduler_v2(sched="exponential"), "no such scheduler"
0.1, 8, create_scheduler_v2(step_on_epochs=False)
0.1, 8, create_scheduler_v2(sched="rsqrt", num_epochs=20), "no timescale"
0.1, 8, create_scheduler_v2(sched="wsd", num_epochs=20, decay_epochs=21)
0.1, 8, create_scheduler_v2(sched="plateau", step_on_epochs=False, updates_per_epoch=3)
0.1, 60, create_scheduler_v2(sched="rsqrt", num_epochs=40, warmup_epochs=4,
    warmup_prefix=True, stable_timescale=10.0, decay_epochs=12, min_lr=0.005)
0.1, 40, create_scheduler_v2(sched="plateau", plateau_mode="min", patience_epochs=2,
    decay_rate=0.3, num_epochs=40), metrics=stairs
"""

KERAS = """
None, 15, ExponentialDecay(**rate(decay_steps=1, decay_rate=0.8))
None, 30, ExponentialDecay(**rate(decay_steps=2.5, decay_rate=0.9, staircase=True))
None, 30, ExponentialDecay(**rate(decay_steps=7, decay_rate=1.0, name="flat"))
None, 12, ExponentialDecay(**rate(decay_steps=4, decay_rate=0.0, staircase=True))
None, 2000, ExponentialDecay(**rate(decay_steps=600, decay_rate=0.1))
None, 9, ExponentialDecay(**rate(decay_steps=0, decay_rate=0.5))
None, 20, PiecewiseConstantDecay(boundaries=[0, 7, 8], values=[1.0, 0.6, 0.3, 0.1])
None, 20, PiecewiseConstantDecay(boundaries=[5, 5, 12], values=[1.0, 0.6, 0.3, 0.1])
None, 12, PiecewiseConstantDecay(boundaries=[3.5, 8.5], values=[0.1, 0.5, 0.2])
None, 9, PiecewiseConstantDecay(boundaries=[3], values=[0.1])
None, 6, PiecewiseConstantDecay(boundaries=[2], values=[0.5, 0.5], name="flat")
None, 25, PolynomialDecay(**rate(decay_steps=16, power=0.5))
None, 25, PolynomialDecay(**rate(decay_steps=20, end_learning_rate=0.4, power=3.0))
None, 15, PolynomialDecay(**rate(decay_steps=10, power=0.0)), "never moves"
None, 60, PolynomialDecay(**rate(decay_steps=11, end_learning_rate=0.0, cycle=True))
None, 12, PolynomialDecay(**rate(decay_steps=1, power=2.0, cycle=True, name="one"))
None, 30, PolynomialDecay(**rate(decay_steps=7.5, end_learning_rate=0.01, cycle=True))
None, 9, PolynomialDecay(**rate(decay_steps=-1))
None, 25, InverseTimeDecay(**rate(decay_steps=1, decay_rate=2.0))
None, 25, InverseTimeDecay(**rate(decay_steps=4.5, decay_rate=0.7, staircase=True))
None, 25, InverseTimeDecay(**rate(decay_steps=3, decay_rate=0.0, name="flat"))
None, 9, InverseTimeDecay(**rate(decay_steps=0, decay_rate=0.5))
None, 30, InverseTimeDecay(**rate(decay_steps=6, decay_rate=1.5, staircase=True))
None, 30, CosineDecay(**rate(decay_steps=24, alpha=0.5, name="half"))
None, 20, CosineDecay(**rate(decay_steps=12, alpha=1.0)), "never moves"
None, 20, CosineDecay(**rate(decay_steps=12, alpha=1.5)), "rises"
None, 8, CosineDecay(**rate(decay_steps=1, warmup_target=0.3, warmup_steps=1))
None, 40, CosineDecay(**rate(decay_steps=20, warmup_target=0.02, warmup_steps=10,
    alpha=0.2)), "warms up downwards"
None, 30, CosineDecay(**rate(decay_steps=15, warmup_target=0.1, warmup_steps=5))
None, 30, CosineDecay(**rate(decay_steps=12.5, warmup_target=0.4, warmup_steps=4.5))
None, 9, CosineDecay(**rate(decay_steps=0))
None, 40, CosineDecayRestarts(**rate(first_decay_steps=1))
None, 50, CosineDecayRestarts(**rate(first_decay_steps=5, t_mul=3.0, m_mul=0.7))
None, 40, CosineDecayRestarts(**rate(first_decay_steps=9, t_mul=1.0, alpha=0.3))
None, 60, CosineDecayRestarts(**rate(first_decay_steps=8, t_mul=1.25, m_mul=1.1,
    alpha=0.1)), "each peak is higher"
None, 30, CosineDecayRestarts(**rate(first_decay_steps=6.5, t_mul=1.0, m_mul=0.0))
None, 20, CosineDecayRestarts(**rate(first_decay_steps=8, t_mul=0.5, name="shrinking")),
    "cycles that shrink have an end"
None, 9, CosineDecayRestarts(**rate(first_decay_steps=0))
0.1, 60, ReduceLROnPlateau(factor=0.4, patience=4, cooldown=3), metrics=falls
0.1, 50, ReduceLROnPlateau(factor=0.5, patience=1, cooldown=1), metrics=flat
0.1, 40, ReduceLROnPlateau(factor=0.7, patience=0), metrics=flat
0.1, 60, ReduceLROnPlateau(mode="max", patience=3, factor=0.6, min_delta=0.02,
    min_lr=0.005), metrics=rises
0.1, 60, ReduceLROnPlateau(monitor="loss", mode="auto", factor=0.8, patience=2,
    min_delta=0.05), metrics=noisy
0.1, 50, ReduceLROnPlateau(mode="min", factor=0.5, patience=2, min_delta=-0.06, verbose=1),
    "the sign of min_delta does not count", metrics=below_zero
0.1, 50, ReduceLROnPlateau(mode="max", factor=0.5, patience=5, min_delta=0.0, cooldown=4),
    metrics=below_zero
0.1, 30, ReduceLROnPlateau(factor=0.0, patience=6, min_lr=0.03), metrics=flat
0.1, 30, ReduceLROnPlateau(patience=2, min_lr=0.2), "starts below", metrics=flat
0.1, 60, ReduceLROnPlateau(), metrics=flat
0.1, 60, ReduceLROnPlateau(factor=0.5, patience=5, cooldown=7), metrics=valley
0.1, 9, ReduceLROnPlateau(factor=1.0), metrics=flat
0.1, 40, ReduceLROnPlateau(monitor="val_accuracy", mode="max", factor=0.5, patience=2,
    verbose=1), metrics=rises
0.1, 40, ReduceLROnPlateau(mode="mean", factor=0.5, patience=3), "an unknown mode is auto",
    metrics=rises
"""

OPTAX = """
None, 4, constant_schedule(value=0.0)
None, 8, linear_schedule(**span(0.3, 0.1, 1))
None, 30, linear_schedule(**span(0.1, -0.2, 15, transition_begin=9)), "below zero"
None, 20, linear_schedule(**span(0.1, 0.5, 7.5, transition_begin=2.5)), "half steps"
None, 6, linear_schedule(**span(0.1, 0.5, -3)), "no transition"
None, 30, polynomial_schedule(**span(0.1, 0.5, 20, power=3.5, transition_begin=4))
None, 15, polynomial_schedule(**span(0.1, 0.5, 10, power=0)), "never moves"
None, 15, polynomial_schedule(**span(0.4, 0.1, 10, power=1.0, transition_begin=-5))
None, 900, polynomial_schedule(**span(1.0, 0.01, 800, power=0.3)), around=(800,)
None, 20, piecewise_constant_schedule(init_value=0.5, boundaries_and_scales={"0": 0.5,
    "7": 3.0, "8": 0.1}), "a boundary at 0 is already behind"
None, 12, piecewise_constant_schedule(init_value=0.5, boundaries_and_scales={"9": 2.0,
    "4": 0.0}), "nothing comes back from 0"
None, 9, piecewise_constant_schedule(init_value=0.5, boundaries_and_scales={"4": -1.0})
None, 30, exponential_decay(init_value=0.2, transition_steps=1, decay_rate=0.8,
    transition_begin=6, end_value=0.01)
None, 40, exponential_decay(init_value=0.01, transition_steps=6, decay_rate=1.7,
    staircase=True, end_value=0.05, transition_begin=-3), "stairs up to a ceiling"
None, 20, exponential_decay(init_value=0.1, transition_steps=2.5, decay_rate=0.7,
    staircase=True, transition_begin=1.5), "half steps"
None, 9, exponential_decay(init_value=0.1, transition_steps=5, decay_rate=0.0)
None, 9, exponential_decay(init_value=0.1, transition_steps=5, decay_rate=0.5,
    end_value=0.3), "a floor above the start"
None, 9, exponential_decay(init_value=0.5, transition_steps=5, decay_rate=1.0,
    end_value=0.3), "a rate of one has a ceiling"
None, 9, cosine_decay_schedule(init_value=0.1, decay_steps=1)
None, 30, cosine_decay_schedule(init_value=0.1, decay_steps=25, exponent=0.5)
None, 30, cosine_decay_schedule(init_value=0.1, decay_steps=12.5, alpha=1.5, exponent=3.0)
None, 1200, cosine_decay_schedule(init_value=0.1, decay_steps=1000), around=(1000,)
None, 9, cosine_decay_schedule(init_value=0.1, decay_steps=0)
None, 30, cosine_decay_schedule(init_value=0.2, decay_steps=18, alpha=0.25)
None, 20, piecewise_interpolate_schedule(interpolate_type="linear", init_value=0.4,
    boundaries_and_scales={"0": 0.5, "5": 4.0, "6": 0.25, "16": 0.0}),
    "a boundary at 0 and one of a single step"
None, 25, piecewise_interpolate_schedule(interpolate_type="cosine", init_value=0.4,
    boundaries_and_scales={"18": 0.1, "9": 3.0})
None, 6, piecewise_interpolate_schedule(interpolate_type="cosine", init_value=0.4)
None, 6, piecewise_interpolate_schedule(interpolate_type="cubic", init_value=0.4)
None, 6, piecewise_interpolate_schedule(interpolate_type="linear", init_value=0.4,
    boundaries_and_scales={"3": -0.5})
None, 40, linear_onecycle_schedule(transition_steps=31, peak_value=0.5, pct_start=0.5,
    pct_final=0.6, div_factor=2.0)
None, 30, linear_onecycle_schedule(transition_steps=20, peak_value=0.5, pct_start=0.8,
    pct_final=0.4, final_div_factor=4.0), "the end comes before the start"
None, 30, linear_onecycle_schedule(transition_steps=20, peak_value=0.5, pct_start=0.85),
    "both in one place: the last one wins, and there is no peak"
None, 5, linear_onecycle_schedule(transition_steps=1, peak_value=0.5)
None, 5, linear_onecycle_schedule(transition_steps=0, peak_value=0.5)
None, 50, linear_onecycle_schedule(transition_steps=44, peak_value=0.2, pct_start=0.1,
    pct_final=0.9, div_factor=4.0, final_div_factor=2.0)
None, 30, cosine_onecycle_schedule(transition_steps=20, peak_value=0.5, pct_start=0.0,
    div_factor=5.0), "starts at its peak"
None, 30, cosine_onecycle_schedule(transition_steps=20, peak_value=0.5, pct_start=1.0,
    final_div_factor=10.0), "never reaches its peak"
None, 600, cosine_onecycle_schedule(transition_steps=500, peak_value=0.5, pct_start=0.75,
    final_div_factor=1.0), around=(375, 500)
None, 5, cosine_onecycle_schedule(transition_steps=-1, peak_value=0.5)
None, 50, cosine_onecycle_schedule(transition_steps=37, peak_value=0.2, pct_start=0.4,
    div_factor=10.0, final_div_factor=50.0)
None, 9, warmup_constant_schedule(init_value=0.3, peak_value=0.1, warmup_steps=1)
None, 9, warmup_constant_schedule(init_value=0.02, peak_value=0.1, warmup_steps=6)
None, 20, warmup_cosine_decay_schedule(**wave(end_value=0.2)), "the end is above"
None, 20, warmup_cosine_decay_schedule(**wave(exponent=0.5, end_value=0.01))
None, 20, warmup_cosine_decay_schedule(**wave(exponent=3.0, init_value=0.3))
None, 20, warmup_cosine_decay_schedule(**wave(peak_value=0.0, end_value=0.05,
    init_value=0.1)), "with no peak it never comes to its end"
None, 20, warmup_cosine_decay_schedule(**wave(warmup_steps=11)), "one step of decay"
None, 40, warmup_exponential_decay_schedule(init_value=0.02, peak_value=0.2, warmup_steps=5,
    transition_steps=4, decay_rate=0.6)
None, 40, warmup_exponential_decay_schedule(init_value=0.0, peak_value=0.02, warmup_steps=6,
    transition_steps=3, decay_rate=1.4, transition_begin=4, staircase=True, end_value=0.09)
None, 20, warmup_exponential_decay_schedule(init_value=0.0, peak_value=0.1, warmup_steps=0,
    transition_steps=5, decay_rate=0.5), "no warm-up"
None, 40, warmup_exponential_decay_schedule(init_value=0.05, peak_value=0.1, warmup_steps=3,
    transition_steps=6, decay_rate=0.5, transition_begin=2, staircase=True, end_value=0.02)
None, 60, sgdr_schedule(cosine_kwargs=[wave(), wave(decay_steps=9, end_value=0.02,
    exponent=2.0), wave(decay_steps=21, warmup_steps=0, peak_value=0.05)])
None, 20, sgdr_schedule(cosine_kwargs=[wave(warmup_steps=1)])
None, 30, join_schedules(schedules=[RAMP, HELD, COOL], boundaries=[6, 10])
None, 30, join_schedules(schedules=[RAMP, HELD, COOL], boundaries=[8, 8]),
    "the second one has no turn"
None, 30, join_schedules(schedules=[RAMP, COOL], boundaries=[0]),
    "the first one has no turn"
None, 30, join_schedules(schedules=[RAMP, HELD, COOL], boundaries=[12, 5]),
    "boundaries out of order"
None, 9, join_schedules(schedules=[RAMP], boundaries=[])
None, 50, join_schedules(schedules=[join_schedules(schedules=[RAMP, COOL], boundaries=[6]),
    join_schedules(schedules=[warmup_cosine_decay_schedule(**wave()),
    exponential_decay(init_value=0.03, transition_steps=4, decay_rate=0.5)],
    boundaries=[9])], boundaries=[14]), "nested on both sides"
0.1, 60, reduce_on_plateau(factor=0.4, patience=4, cooldown=3), metrics=falls
0.1, 60, reduce_on_plateau(factor=0.5, patience=3, rtol=0.13, min_scale=0.02), metrics=noisy
0.1, 60, reduce_on_plateau(factor=0.7, patience=2, rtol=0.0, atol=0.06, cooldown=1),
    metrics=below_zero
0.1, 60, reduce_on_plateau(factor=0.7, patience=2, rtol=0.03),
    "below zero a relative tolerance asks for less than nothing", metrics=below_zero
0.1, 60, reduce_on_plateau(factor=0.6, patience=2, accumulation_size=3, rtol=0.02,
    atol=0.013), metrics=valley
0.1, 60, reduce_on_plateau(factor=0.5, patience=1, accumulation_size=4, cooldown=2,
    min_scale=0.1), metrics=noisy
0.1, 60, reduce_on_plateau(), metrics=flat
0.1, 30, reduce_on_plateau(factor=0.8, patience=0),
    "without patience it cuts when the metric improves, and only then", metrics=falls
0.1, 20, reduce_on_plateau(patience=1, accumulation_size=0), metrics=flat
0.1, 30, reduce_on_plateau(factor=0.5, patience=1, cooldown=1), metrics=flat
0.1, 30, reduce_on_plateau(factor=0.5, patience=3, rtol=1.0),
    "nothing improves: no part of infinity is no number", metrics=falls
0.1, 30, reduce_on_plateau(factor=0.5, patience=4, min_scale=2.0),
    "the least scale lifts it at once", metrics=flat
0.1, 9, reduce_on_plateau(factor=1.0), metrics=flat
0.1, 9, reduce_on_plateau(factor=0.0), metrics=flat
0.1, 9, reduce_on_plateau(rtol=0.0), metrics=flat
0.1, 9, reduce_on_plateau(rtol=-0.1), metrics=flat
0.1, 9, reduce_on_plateau(rtol=1.5), metrics=flat
"""


class _Words(dict):
    """The words above; any other is a scheduler of the peer."""

    def __init__(self, make):
        super().__init__(globals())
        self.make = make

    def __missing__(self, name):
        return functools.partial(self.make, name)


def case(base_lr, length, spec, note=None, *, metrics=None, around=(), adam=False):
    """A line of a table."""
    return {
        **spec,
        "base_lr": base_lr,
        "length": length,
        "note": note,
        "metrics": metrics,
        "around": around,
        "optimizer": "adam" if adam else None,
    }


def cases(table, make=spec):
    """The cases of a table."""
    return [_case(line, make) for line in table.strip().replace("\n    ", " ").splitlines()]


def _case(line, make):
    return eval(f"case({line})", {"__builtins__": {}}, _Words(make))


def rows(peer):
    """The cases that are rows of the docs, each once."""
    lines = dict.fromkeys([*PAIRS[peer], *(defect.theirs for defect in DEFECTS[peer])])
    make = TABLES[peer][1] if len(TABLES[peer]) > 1 else spec
    return [{**_case(line, make), "row": line} for line in lines]


TABLES = {
    "torch": (TORCH,),
    "transformers": (TRANSFORMERS, spec_hf),
    "timm": (TIMM,),
    "keras": (KERAS,),
    "optax": (OPTAX,),
}


# Readers: (case) -> what the peer gave for its steps 0 to length - 1.


def _resolved(value, nested):
    """Arguments as the peer takes them, from those that a JSON file can hold."""
    if isinstance(value, list):
        return [_resolved(v, nested) for v in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"lambda"}:
        return eval(f"lambda t: {value['lambda']}", {"math": math})
    if set(value) == {"scheduler", "kwargs"}:
        return nested(value["scheduler"], value["kwargs"])
    number = {k: int(k) if k.lstrip("-").isdigit() else k for k in value}
    return {number[k]: _resolved(v, nested) for k, v in value.items()}


def _optimizer(case):
    """A torch optimizer with one parameter group for each base rate."""
    import torch

    several = isinstance(case["base_lr"], list)
    rates = case["base_lr"] if several else [case["base_lr"]]
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": r} for r in rates]
    if case.get("optimizer") == "adam":
        return torch.optim.Adam(groups, lr=rates[0])
    return torch.optim.SGD(groups, lr=rates[0], momentum=0.9)


def _momentum(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def _followed(case, build, advance):
    """Read the rate, run the optimizer, run the scheduler, as often as the case says."""
    optimizer = _optimizer(case)
    try:
        scheduler = build(optimizer)
    except Exception as e:
        return {"values": [], "raises": {"at": "constructor", "type": type(e).__name__}}
    groups, read = optimizer.param_groups, {"values": []}
    also = {"lr_group1": []} if len(groups) > 1 else {}
    if getattr(scheduler, "cycle_momentum", False):
        also["momentum"] = []
    for k in itertools.count():
        read["values"].append(groups[0]["lr"])
        for key, array in also.items():
            array.append(groups[1]["lr"] if key == "lr_group1" else _momentum(groups[0]))
        if k + 1 == case["length"]:
            break
        optimizer.step()
        try:
            advance(scheduler, k)
        except Exception as e:
            read["raises"] = {"at_step": k + 1, "type": type(e).__name__}
            break
    return {**read, "also": also} if also else read


def _step(metrics):
    """How torch's own schedulers move on."""
    if metrics is None:
        return lambda scheduler, k: scheduler.step()
    return lambda scheduler, k: scheduler.step(metrics[k])


def read_torch(case):
    import torch

    def build(optimizer):
        def nested(name, kwargs):
            home = torch.optim.swa_utils if name == "SWALR" else torch.optim.lr_scheduler
            first = () if name == "ChainedScheduler" else (optimizer,)
            return getattr(home, name)(
                *first, **{k: _resolved(v, nested) for k, v in kwargs.items()}
            )

        return nested(case["scheduler"], case["kwargs"])

    return _followed(case, build, _step(case["metrics"]))


def read_transformers(case):
    from transformers.optimization import get_scheduler

    def build(optimizer):
        return get_scheduler(case["scheduler"], optimizer, **case["kwargs"])

    return _followed(case, build, _step(case["metrics"]))


def _timm_schedulers():
    """Its scheduler package alone: the package above it would import torchvision."""
    if "timm" not in sys.modules:
        package = types.ModuleType("timm")
        package.__path__ = importlib.util.find_spec("timm").submodule_search_locations
        sys.modules["timm"] = package
    return importlib.import_module("timm.scheduler")


def read_timm(case):
    schedulers, metrics, extra = _timm_schedulers(), case["metrics"], {}

    def build(optimizer):
        kwargs = {k: _resolved(v, None) for k, v in case["kwargs"].items()}
        made = getattr(schedulers, case["scheduler"])(optimizer, **kwargs)
        if case["scheduler"] == "create_scheduler_v2":
            made, extra["num_epochs"] = made
        return made

    def advance(scheduler, k):
        if scheduler is None:
            return
        if metrics is not None:
            scheduler.step(k + 1, metrics[k])
        elif scheduler.t_in_epochs:
            scheduler.step(k + 1)
        else:
            scheduler.step_update(k + 1)

    read = _followed(case, build, advance)
    return {**read, "extra": extra} if extra else read


def read_keras(case):
    import keras

    keras.config.set_floatx("float64")
    plateau = case["scheduler"] == "ReduceLROnPlateau"
    home = keras.callbacks if plateau else keras.optimizers.schedules
    try:
        made = getattr(home, case["scheduler"])(**case["kwargs"])
    except Exception as e:
        return {"values": [], "raises": {"at": "constructor", "type": type(e).__name__}}

    def number(x):
        return float(keras.ops.convert_to_numpy(x))

    def numbers():
        return [number(made(k)) for k in range(case["length"])]

    if not plateau:
        values = numbers()
        if "row" not in case:
            return {"values": values}
        keras.config.set_floatx("float32")
        return {"values": values, "also": {"float32": numbers()}}
    optimizer = keras.optimizers.SGD(case["base_lr"])
    made.set_model(types.SimpleNamespace(optimizer=optimizer))
    made.on_train_begin()
    values = [number(optimizer.learning_rate)]
    for k, metric in enumerate(case["metrics"]):
        made.on_epoch_end(k, {made.monitor: metric})
        values.append(number(optimizer.learning_rate))
    return {"values": values}


def read_optax(case):
    import jax
    import jax.numpy as jnp
    import optax

    if not jax.config.jax_enable_x64:
        raise RuntimeError("optax is read in double precision: set JAX_ENABLE_X64=1")
    plateau = case["scheduler"] == "reduce_on_plateau"

    def nested(name, kwargs):
        home = optax.contrib if plateau else optax
        return getattr(home, name)(**{k: _resolved(v, nested) for k, v in kwargs.items()})

    try:
        made = nested(case["scheduler"], case["kwargs"])
    except Exception as e:
        return {"values": [], "raises": {"at": "constructor", "type": type(e).__name__}}
    counts = jnp.arange(case["length"], dtype=jnp.float64)
    if not plateau:
        values = [float(made(count)) for count in counts]
        if "row" not in case:
            return {"values": values}
        with jax.enable_x64(False):
            single = jax.jit(nested(case["scheduler"], case["kwargs"]))
            float32 = [float(single(count)) for count in range(case["length"])]
        return {"values": values, "also": {"float32": float32}}
    gradient = jnp.asarray(case["base_lr"], jnp.float64)
    state, values = made.init(gradient), []
    update = jax.jit(made.update)
    for metric in case["metrics"]:
        scaled, state = update(gradient, state, value=jnp.asarray(metric, jnp.float64))
        values.append(float(scaled))
    return {"values": values}


READERS = {
    "torch": read_torch,
    "transformers": read_transformers,
    "timm": read_timm,
    "keras": read_keras,
    "optax": read_optax,
}


# Files.


def _quiet(peer, case):
    """What the peer gave, without what it printed and warned of."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return READERS[peer](case)


def _sampled(length, around):
    """At most `MOST_STEPS` of the steps: the ends, what is around a boundary, a grid."""
    if length <= MOST_STEPS:
        return list(range(length))
    steps = {
        s + d for s in (0, *around, length - 1) for d in (-1, 0, 1) if 0 <= s + d < length
    }
    left = MOST_STEPS - len(steps)
    return sorted(steps | {round(i * (length - 1) / left) for i in range(left)})


def _plain(value):
    """JSON has no number for infinity and for what is no number."""
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value if math.isfinite(value) else str(value)


def _version(peer):
    if peer == "torch":  # its own word says more: "+cpu"
        return str(importlib.import_module("torch").__version__)
    return importlib.metadata.version(peer)


def recorded(peer, case, number):
    """One line of the file."""
    fed = case["length"] - (peer != "optax")
    metrics = case["metrics"] and [case["metrics"](k) for k in range(fed)]
    read = _quiet(peer, {**case, "metrics": metrics})
    steps = _sampled(len(read["values"]), case["around"])
    line = {
        "id": f"{peer}/{case['scheduler']}/a{number}",
        "peer": peer,
        "peer_version": _version(peer),
        "scheduler": case["scheduler"],
        "kwargs": case["kwargs"],
        "base_lr": case["base_lr"],
        "steps": steps,
        "values": _plain([float(read["values"][s]) for s in steps]),
        "metrics": metrics if read["values"] else None,
        "optimizer": case["optimizer"],
        "also": {k: [float(a[s]) for s in steps] for k, a in read.get("also", {}).items()},
        "extra": read.get("extra"),
        "raises": read.get("raises"),
        "note": case["note"],
        "row": case.get("row"),
    }
    optional = ("metrics", "optimizer", "also", "extra", "raises", "note", "row")
    return {k: v for k, v in line.items() if v or k not in optional}


def write(peer, found, folder):
    numbers, lines = {}, []
    for case in found:
        name = case["scheduler"]
        lines.append(json.dumps(recorded(peer, case, numbers.setdefault(name, 0))))
        numbers[name] += 1
    path = HERE / folder / f"{peer}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"{peer}: {len(lines)} {folder}, {path.stat().st_size} bytes")


def check(peer, directory):
    """Read a file's cases again, to 1e-12 of each value; leave out random noise."""
    same = total = 0
    for case in json.loads((directory / f"{peer}.json").read_text()):
        if any("noise" in k and v is not None for k, v in case["kwargs"].items()):
            continue
        try:
            why = _difference(peer, case)
        except Exception as e:  # what this file has no reader for
            why = f"{type(e).__name__}: {e}"
        total += 1
        same += not why
        if why:
            print(f"{case['id']}: {why}")
    print(f"{peer}: {same} of {total} read again")


def _difference(peer, case):
    """In words, what is not as recorded; nothing where all is."""
    raises = case.get("raises", {})
    length = (case["steps"] or [0])[-1] + 1 + ("at_step" in raises)
    read = _quiet(peer, {"metrics": None, **case, "length": length})
    if read.get("raises", {}) != raises:
        return f"raises {read.get('raises')}"
    pairs = zip(case["steps"], case["values"], strict=True)
    wrong = [s for s, value in pairs if not _same(read["values"][s], float(value))]
    return f"another value at steps {wrong}" if wrong else ""


def _same(x, y):
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    return math.isclose(x, y, rel_tol=1e-12, abs_tol=1e-18)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", default=",".join(TABLES))
    parser.add_argument("--check", type=pathlib.Path, metavar="DIRECTORY")
    options = parser.parse_args()
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    for peer in options.peers.split(","):
        if options.check:
            check(peer, options.check)
        else:
            write(peer, cases(*TABLES[peer]), "curves")
            write(peer, rows(peer), "values")


if __name__ == "__main__":
    main()
