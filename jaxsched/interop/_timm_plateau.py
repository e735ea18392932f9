"""The scheduler of timm that is fed a metric: torch's rule, after a warmup."""

from typing import Any

from jaxsched._core import Real, Steps, checks
from jaxsched.controllers import AbstractController, ReduceOnPlateau
from jaxsched.schedules import Transition

from ._plateau import SignedPlateau
from ._timm_phases import larger, refuse

_EPS = 1e-8  # torch's: a cut by no more is not made


def plateau_lr(
    base_lr: Real,
    decay_rate: Real = 0.1,
    patience_t: Steps = 10,
    threshold: Real = 1e-4,
    cooldown_t: Steps = 0,
    warmup_t: Steps = 0,
    warmup_lr_init: Real = 0.0,
    lr_min: Real = 0.0,
    mode: str = "max",
    noise_range_t: Any = None,
    noise_type: str = "normal",
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int | None = None,
    initialize: bool = True,
) -> AbstractController:
    """A controller: a warmup whose metrics are not looked at, then torch's plateau rule."""
    who = "PlateauLRScheduler"
    refuse(who, noise_range_t, initialize)
    checks.length(who, patience_t=patience_t, cooldown_t=cooldown_t, warmup_t=warmup_t)
    checks.number(
        who,
        base_lr=base_lr,
        decay_rate=decay_rate,
        threshold=threshold,
        warmup_lr_init=warmup_lr_init,
        lr_min=lr_min,
    )
    is_cut = decay_rate < 1
    checks.consistent(who, "decay_rate < 1", is_cut, f"{decay_rate}", "Lower it.")
    checks.choice(who, choices=("min", "max"), mode=mode)
    # The warmup stops at its last whole step, be it below the rate.
    length: Any = warmup_t
    whole = length // 1
    missing = (length - whole) / larger(length, 1e-6)
    top = base_lr - (base_lr - warmup_lr_init) * missing
    unit = larger(top, 1e-30)
    rule = ReduceOnPlateau(
        factor=larger(decay_rate, 1e-30),
        patience=patience_t,
        rtol=0.0,
        cooldown=cooldown_t,
        min_scale=larger(lr_min, 0.0) / unit,
        min_cut=_EPS / unit,
        warmup_steps=whole,
        mode=mode,
    )
    return SignedPlateau(rule, threshold) * Transition(warmup_lr_init, top, whole)
