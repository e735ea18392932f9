"""What timm's factory makes of its arguments: a scheduler's name and its arguments."""

import functools
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from jaxsched._core import Real, Steps, checks

_STABLE = ("wsd", "rsqrt")
_CYCLIC = ("cosine", "tanh", "poly")
_NAMES = (*_CYCLIC, "step", "multistep", "constant", *_STABLE, "plateau", "none")


def create_scheduler_v2(
    base_lr: Real,
    sched: str = "cosine",
    num_epochs: Steps = 300,
    decay_epochs: Steps | None = None,
    decay_milestones: Any = (90, 180, 270),
    cooldown_epochs: Steps = 0,
    patience_epochs: Steps = 10,
    decay_rate: Real = 0.1,
    min_lr: Real = 0.0,
    warmup_lr: Real = 1e-5,
    warmup_epochs: Steps = 0,
    warmup_prefix: bool = False,
    noise: Any = None,
    noise_pct: Real = 0.67,
    noise_std: Real = 1.0,
    noise_seed: int = 42,
    cycle_mul: Steps = 1.0,
    cycle_decay: Real = 0.1,
    cycle_limit: Steps = 1,
    k_decay: Real = 1.0,
    decay_fn: Any = None,
    stable_timescale: Steps | None = None,
    plateau_mode: str = "max",
    step_on_epochs: bool = True,
    updates_per_epoch: Steps = 0,
) -> tuple[str, dict[str, Any]]:
    """The scheduler of that short name, without the number of epochs beside it."""
    del cooldown_epochs, noise_pct, noise_std, noise_seed
    who = "create_scheduler_v2"
    checks.choice(who, choices=_NAMES, sched=sched)
    unit: Any = 1
    if not step_on_epochs:
        checks.positive(who, updates_per_epoch=updates_per_epoch)
        unit = updates_per_epoch
    if sched == "none":
        return "StepLRScheduler", {"base_lr": base_lr, "decay_t": 1}
    total, warmup = num_epochs * unit, warmup_epochs * unit
    given: dict[str, Any] = {
        "base_lr": base_lr,
        "warmup_t": warmup,
        "warmup_lr_init": warmup_lr,
        "noise_range_t": noise,
    }
    if sched == "plateau":
        if not step_on_epochs:
            raise ValueError(
                f"{who}(sched='plateau') needs step_on_epochs=True, got False. It is told "
                f"a metric once an epoch."
            )
        given |= {"decay_rate": decay_rate, "patience_t": patience_epochs}
        return "PlateauLRScheduler", given | {"lr_min": min_lr, "mode": plateau_mode}
    if sched in _STABLE:
        room = total if warmup_prefix else total - warmup
        is_rsqrt, timescale = sched == "rsqrt", stable_timescale
        return "WSDLRScheduler", given | {
            "t_initial": room,
            "decay_t": _decay_length(who, decay_epochs, room, unit),
            "lr_min": min_lr,
            "stable_fn": "rsqrt" if is_rsqrt else "constant",
            "stable_timescale": timescale if timescale is None else timescale * unit,
            "decay_fn": decay_fn or ("linear" if is_rsqrt else "1-sqrt"),
        }
    given["warmup_prefix"] = warmup_prefix
    if sched == "constant":
        return "StepLRScheduler", given | {"decay_t": 1}
    if sched == "step":
        decay_t = (90 if decay_epochs is None else decay_epochs) * unit
        return "StepLRScheduler", given | {"decay_t": decay_t, "decay_rate": decay_rate}
    if sched == "multistep":
        decay_t = [milestone * unit for milestone in decay_milestones]
        return "MultiStepLRScheduler", given | {
            "decay_t": decay_t,
            "decay_rate": decay_rate,
        }
    given |= {"t_initial": total, "lr_min": min_lr, "cycle_mul": cycle_mul}
    given |= {"cycle_decay": cycle_decay, "cycle_limit": cycle_limit}
    if sched == "tanh":
        return "TanhLRScheduler", given
    if sched == "cosine":
        return "CosineLRScheduler", given | {"k_decay": k_decay}
    return "PolyLRScheduler", given | {"k_decay": k_decay, "power": decay_rate}


def create_scheduler(
    base_lr: Real, args: Any, updates_per_epoch: Steps = 0
) -> tuple[str, dict[str, Any]]:
    """The same of the arguments of timm's training script, in an object or a mapping."""
    read = args.get if isinstance(args, Mapping) else functools.partial(getattr, args)
    given = {name: read(script, default) for name, (script, default) in _SCRIPT.items()}
    return create_scheduler_v2(
        base_lr,
        **given,
        plateau_mode="min" if "loss" in read("eval_metric", "top1") else "max",
        step_on_epochs=not read("sched_on_updates", False),
        updates_per_epoch=updates_per_epoch,
    )


def _decay_length(who: str, decay_epochs: Any, room: Any, unit: Any) -> Any:
    """The length of the decay, of which a number below 1 is the share."""
    size = 0.2 if decay_epochs is None else decay_epochs
    known = checks.concrete(size)
    if known is None:
        length = jnp.where(size < 1, size * room, size * unit)
    else:
        length = size * (room if 0 < known < 1 else unit)
    length = jnp.round(length) if checks.concrete(length) is None else round(length)
    checks.consistent(
        who,
        "a decay that is above 0 and fits behind the warmup",
        (length > 0) & (length <= room),
        f"{length} of {room}",
        "Change decay_epochs.",
    )
    return length


_SCRIPT: dict[str, tuple[str, Any]] = {  # our argument, the script's and its default
    "sched": ("sched", None),
    "num_epochs": ("epochs", 100),
    "decay_epochs": ("decay_epochs", 30),
    "decay_milestones": ("decay_milestones", (30, 60)),
    "warmup_epochs": ("warmup_epochs", 5),
    "patience_epochs": ("patience_epochs", 10),
    "decay_rate": ("decay_rate", 0.1),
    "min_lr": ("min_lr", 0.0),
    "warmup_lr": ("warmup_lr", 1e-5),
    "warmup_prefix": ("warmup_prefix", False),
    "noise": ("lr_noise", None),
    "cycle_mul": ("lr_cycle_mul", 1.0),
    "cycle_decay": ("lr_cycle_decay", 0.1),
    "cycle_limit": ("lr_cycle_limit", 1),
    "k_decay": ("lr_k_decay", 1.0),
    "decay_fn": ("lr_decay_fn", None),
    "stable_timescale": ("lr_stable_timescale", None),
}
