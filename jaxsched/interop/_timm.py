"""The schedulers of timm.

The constructor of each leaves the optimizer at its own rate, or at the first one of the
warmup; a value of the curve it is from count 1 on. `t_in_epochs` says which steps count,
and nothing about the rate at a count.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Constant,
    Real,
    Steps,
    Wrapped,
    checks,
)
from jaxsched.combinators import Delay, Join, Maximum, Stretch
from jaxsched.curves import (
    Cosine,
    Exponential,
    KDecay,
    Linear,
    Polynomial,
    Power,
    SquareRoot,
)
from jaxsched.recipes import tanh_decay_schedule
from jaxsched.schedules import PowerDecay, Transition

from ._numbers import is_known_as, not_negative
from ._timm_factory import create_scheduler, create_scheduler_v2
from ._timm_phases import Cycles, Start, larger, refuse
from ._timm_plateau import plateau_lr
from ._timm_stairs import multistep_lr, step_lr


def cosine_lr(
    base_lr: Real,
    t_initial: Steps,
    lr_min: Real = 0.0,
    cycle_mul: Steps = 1.0,
    cycle_decay: Real = 1.0,
    cycle_limit: Steps = 1,
    warmup_t: Steps = 0,
    warmup_lr_init: Real = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: Any = None,
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int = 42,
    k_decay: Real = 1.0,
    initialize: bool = True,
) -> AbstractSchedule:
    """Half cosines, one for each cycle, then the floor."""
    start = Start("CosineLRScheduler", base_lr, warmup_t, warmup_lr_init, warmup_prefix)
    cycles = Cycles(t_initial, lr_min, cycle_mul, cycle_decay, cycle_limit)
    refuse(start.who, noise_range_t, initialize)
    return _decaying(start, cycles, Cosine(), k_decay)


def poly_lr(
    base_lr: Real,
    t_initial: Steps,
    power: Real = 0.5,
    lr_min: Real = 0.0,
    cycle_mul: Steps = 1.0,
    cycle_decay: Real = 1.0,
    cycle_limit: Steps = 1,
    warmup_t: Steps = 0,
    warmup_lr_init: Real = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: Any = None,
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int = 42,
    k_decay: Real = 1.0,
    initialize: bool = True,
) -> AbstractSchedule:
    """Powers of what is left, one for each cycle, then the floor; power 0 is a constant."""
    start = Start("PolyLRScheduler", base_lr, warmup_t, warmup_lr_init, warmup_prefix)
    cycles = Cycles(t_initial, lr_min, cycle_mul, cycle_decay, cycle_limit)
    refuse(start.who, noise_range_t, initialize)
    not_negative(start.who, power=power)
    if not is_known_as(power, 0):
        return _decaying(start, cycles, Polynomial(power), k_decay)
    cycles.check(start.who)
    held = cycles.of(base_lr, lambda first, last, steps: Join([first, last], [steps]))
    return start.then(held, is_at_base=cycles.is_any())


def tanh_lr(
    base_lr: Real,
    t_initial: Steps,
    lb: Real = -7.0,
    ub: Real = 3.0,
    lr_min: Real = 0.0,
    cycle_mul: Steps = 1.0,
    cycle_decay: Real = 1.0,
    cycle_limit: Steps = 1,
    warmup_t: Steps = 0,
    warmup_lr_init: Real = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: Any = None,
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> AbstractSchedule:
    """Tanh decays that only nearly start at the rate; a warmup in place leads onto them."""
    start = Start("TanhLRScheduler", base_lr, warmup_t, warmup_lr_init, warmup_prefix)
    cycles = Cycles(t_initial, lr_min, cycle_mul, cycle_decay, cycle_limit)
    refuse(start.who, noise_range_t, initialize)
    cycles.check(start.who)
    checks.number(start.who, lb=lb, ub=ub)
    not_negative(start.who, cycle_limit=cycle_limit, warmup_lr_init=warmup_lr_init)
    given = f"lb={lb} and ub={ub}"
    checks.consistent(start.who, "lb < ub", lb < ub, given, "Swap them.")

    def cycle(first, last, steps):
        way = tanh_decay_schedule(first, last, decay_steps=steps, lower=lb, upper=ub)
        return Join([way, last], [steps])

    return start.then(cycles.of(base_lr, cycle), is_at_base=False, meets=True)


def wsd_lr(
    base_lr: Real,
    t_initial: Steps,
    decay_t: Steps,
    lr_min: Real = 0.0,
    stable_fn: str = "constant",
    stable_timescale: Steps | None = None,
    stable_power: Real = 0.5,
    decay_fn: Any = "1-sqrt",
    decay_power: Real = 0.5,
    decay_ratio: Real = 0.1,
    warmup_t: Steps = 0,
    warmup_lr_init: Real = 0.0,
    t_in_epochs: bool = True,
    noise_range_t: Any = None,
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> AbstractSchedule:
    """A warmup, a plateau that may fall, and a decay on top of it; a function is of jnp."""
    who = "WSDLRScheduler"
    refuse(who, noise_range_t, initialize)
    checks.positive_length(who, t_initial=t_initial, decay_t=decay_t)
    checks.consistent(
        who,
        "decay_t <= t_initial",
        decay_t <= t_initial,
        f"decay_t={decay_t} and t_initial={t_initial}",
        "t_initial is the length of the plateau and the decay together.",
    )
    not_negative(who, lr_min=lr_min)
    checks.choice(who, choices=("constant", "rsqrt", "power"), stable_fn=stable_fn)
    checks.positive(
        who, stable_power=stable_power, decay_power=decay_power, decay_ratio=decay_ratio
    )
    is_share = decay_ratio < 1
    checks.consistent(who, "decay_ratio < 1", is_share, f"{decay_ratio}", "Lower it.")
    stable: AbstractSchedule = Constant(base_lr)
    if stable_fn != "constant":
        timescale = warmup_t if stable_timescale is None else stable_timescale
        given = f"{timescale}, the warmup" if stable_timescale is None else f"{timescale}"
        advice = "Set it where there is no warmup."
        checks.consistent(who, "stable_timescale > 0", timescale > 0, given, advice)
        power = 0.5 if stable_fn == "rsqrt" else stable_power
        stable = PowerDecay(base_lr, power, timescale)
    before, top = t_initial - decay_t, larger(base_lr, lr_min)
    if callable(decay_fn):
        left = Join([1.0, Stretch(Wrapped(_within(decay_fn)), decay_t)], [before])
        body = _over(lr_min, stable, left)
    else:
        checks.choice(who, choices=tuple(_DECAYS), decay_fn=decay_fn)
        curve = _DECAYS[decay_fn](decay_power, decay_ratio)
        if stable_fn == "constant":
            body = Join([top, Transition(top, lr_min, decay_t, curve)], [before])
        else:
            left = Delay(Transition(1.0, 0.0, decay_t, curve), before)
            body = _over(lr_min, stable, left)
    is_at_base = checks.concrete(top) is not None and bool(base_lr >= lr_min)
    return Start(who, base_lr, warmup_t, warmup_lr_init).then(body, is_at_base)


def _decaying(
    start: Start, cycles: Cycles, curve: AbstractCurve, power: Any
) -> AbstractSchedule:
    """Cycles of a curve of a power of the way done, and a warmup to their peak."""
    cycles.check(start.who)
    not_negative(start.who, k_decay=power)
    if is_known_as(power, 0):  # all of the way is done from the first step on
        cycles = cycles._replace(cycle_limit=0)
    elif not is_known_as(power, 1):
        curve = KDecay(curve, power)

    def cycle(first, last, steps):
        return Transition(first, last, steps, curve)

    many = cycles.of(start.base_lr, cycle)
    return start.then(many, is_at_base=cycles.is_any())


def _over(floor: Any, stable: AbstractSchedule, left: AbstractSchedule) -> AbstractSchedule:
    """What is left of a plateau's height over the floor, below which it does not fall."""
    if is_known_as(floor, 0):
        return stable * left
    return Constant(floor) + (Maximum([stable, floor]) + Constant(-floor)) * left


def _within(function: Callable[[Any], Any]) -> Callable[[jax.Array], Any]:
    """A function of the share that is done, 1 before the start and held after the end."""

    def left(done):
        inside = (done > 0) & (done < 1)
        # The ends are kept out of what it may have an infinite slope at.
        value = function(jnp.where(inside, done, 0.5))
        return jnp.where(inside, value, jnp.where(done > 0, function(1.0), 1.0))

    return left


_DECAYS: dict[str, Callable[..., AbstractCurve]] = {
    "linear": lambda power, ratio: Linear(),
    "1-sqrt": lambda power, ratio: SquareRoot(),
    "cosine": lambda power, ratio: Cosine(),
    "power": lambda power, ratio: Power(power),
    "exp": lambda power, ratio: Exponential(_log(ratio)),
}


def _log(x: Any) -> Any:
    return jnp.log(x) if checks.concrete(x) is None else math.log(x)


def _made_by(factory: Callable[..., tuple[str, dict]]) -> Callable[..., Any]:
    """The port of a factory that says which scheduler it makes, and with what."""

    @functools.wraps(factory)
    def port(*args, **kwargs):
        name, arguments = factory(*args, **kwargs)
        return PORTS[name](**arguments)

    return port


PORTS: dict[str, Callable[..., Any]] = {
    "CosineLRScheduler": cosine_lr,
    "MultiStepLRScheduler": multistep_lr,
    "PlateauLRScheduler": plateau_lr,
    "PolyLRScheduler": poly_lr,
    "StepLRScheduler": step_lr,
    "TanhLRScheduler": tanh_lr,
    "WSDLRScheduler": wsd_lr,
    "create_scheduler": _made_by(create_scheduler),
    "create_scheduler_v2": _made_by(create_scheduler_v2),
}
