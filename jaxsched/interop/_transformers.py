"""The schedulers of transformers: the names of `get_scheduler`, and its functions'.

`get_scheduler` takes a warmup, a length of the whole and the rest in a dictionary; the
functions behind it, which are here too, take their own arguments. A rate is a factor on
that of the optimizer there, and so it is here.
"""

import inspect
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import jax.numpy as jnp

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Constant,
    Real,
    Steps,
    checks,
)
from jaxsched.combinators import Advance, Clip, Join, Repeat
from jaxsched.controllers import AbstractController, GreedyLR, ReduceOnPlateau
from jaxsched.curves import Cosine, Linear, Polynomial, SquareRoot
from jaxsched.recipes import cosine_oscillation_schedule
from jaxsched.schedules import InverseSqrtDecay, Transition


def get_constant_schedule(base_lr: Real, last_epoch: int = -1) -> AbstractSchedule:
    """The constant."""
    del last_epoch
    return Constant(base_lr)


def get_constant_schedule_with_warmup(
    base_lr: Real, num_warmup_steps: Steps, last_epoch: int = -1
) -> AbstractSchedule:
    """A line from 0 up, then constant."""
    del last_epoch
    return _warm("get_constant_schedule_with_warmup", base_lr, num_warmup_steps, base_lr)


def get_linear_schedule_with_warmup(
    base_lr: Real, num_warmup_steps: Steps, num_training_steps: Steps, last_epoch: int = -1
) -> AbstractSchedule:
    """A line from 0 up, a line down to 0 at the end of the run."""
    del last_epoch
    who = "get_linear_schedule_with_warmup"
    left, steps = _rest(who, num_warmup_steps, num_training_steps)
    # The line down ends with the run, also where its length has been raised to 1.
    decay = _advanced(Transition(base_lr, 0.0, steps), steps - left)
    return _warm(who, base_lr, num_warmup_steps, decay)


def get_cosine_schedule_with_warmup(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    num_cycles: Real = 0.5,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line from 0 up, then a cosine, which goes up again after the end of the run."""
    del last_epoch
    who = "get_cosine_schedule_with_warmup"
    _, steps = _rest(who, num_warmup_steps, num_training_steps)
    wave = _wave(who, base_lr, 0.0, steps, num_cycles)
    return _warm(who, base_lr, num_warmup_steps, wave)


def get_cosine_with_hard_restarts_schedule_with_warmup(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    num_cycles: Real = 1,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line from 0 up, so many cosines down, and 0 after the end of the run."""
    del last_epoch
    who = "get_cosine_with_hard_restarts_schedule_with_warmup"
    _, steps = _rest(who, num_warmup_steps, num_training_steps)
    cycles = _restarts(who, base_lr, steps, num_cycles)
    return _warm(who, base_lr, num_warmup_steps, Join([cycles, 0.0], [steps]))


def get_polynomial_decay_schedule_with_warmup(
    base_lr: Real,
    num_warmup_steps: Steps,
    num_training_steps: Steps,
    lr_end: Real = 1e-7,
    power: Real = 1.0,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line from 0 up, a polynomial down to the end of the run."""
    del last_epoch
    who = "get_polynomial_decay_schedule_with_warmup"
    left, _ = _rest(who, num_warmup_steps, num_training_steps)
    checks.number(who, base_lr=base_lr, lr_end=lr_end)
    checks.consistent(
        who,
        "lr_end < base_lr",
        base_lr > lr_end,
        f"lr_end={lr_end} and base_lr={base_lr}",
        "Lower lr_end.",
    )
    if _is(power, 0):
        # It holds, and drops when the end is over.
        last = _where(left < 0, 0, left // 1 + 1)
        return _warm(who, base_lr, num_warmup_steps, Join([base_lr, lr_end], [last]))
    decay = Transition(base_lr, lr_end, _at_least(left, 0), _polynomial(power))
    return _warm(who, base_lr, num_warmup_steps, decay)


def get_inverse_sqrt_schedule(
    base_lr: Real,
    num_warmup_steps: Steps,
    timescale: Steps | None = None,
    last_epoch: int = -1,
) -> AbstractSchedule:
    """A line from 0 up, then one over the root of the count; its zero is shifted."""
    del last_epoch
    who = "get_inverse_sqrt_schedule"
    checks.length(who, num_warmup_steps=num_warmup_steps)
    if timescale is None:
        timescale = _where(num_warmup_steps == 0, 10_000, num_warmup_steps)
    checks.positive_length(who, timescale=timescale)
    decay = Advance(InverseSqrtDecay(base_lr, timescale), timescale)
    return _warm(who, base_lr, num_warmup_steps, decay)
