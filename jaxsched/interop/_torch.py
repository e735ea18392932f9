"""The schedulers of torch, by their own names.

The count is the number of calls of `scheduler.step()` so far: of epochs, or of updates.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jaxsched._core import AbstractSchedule, Real, Steps, as_schedule, checks
from jaxsched.controllers import AbstractController, ReduceOnPlateau

from ._factors import is_at_most_0, is_fresh, is_known, one_for_each, scheduler_in
from ._plateau import SignedPlateau
from ._torch_composites import Chain, Sequence
from ._torch_cycles import cyclic_lr, one_cycle_lr
from ._torch_decays import (
    check_int,
    constant_lr,
    cosine_annealing_lr,
    cosine_annealing_warm_restarts,
    exponential_lr,
    lambda_lr,
    linear_lr,
    multi_step_lr,
    multiplicative_lr,
    polynomial_lr,
    step_lr,
    swalr,
)

_Nested = Iterable[Mapping[str, Any]]

_LEAVES: dict[str, Callable[..., Any]] = {
    "ConstantLR": constant_lr,
    "CosineAnnealingLR": cosine_annealing_lr,
    "CosineAnnealingWarmRestarts": cosine_annealing_warm_restarts,
    "CyclicLR": cyclic_lr,
    "ExponentialLR": exponential_lr,
    "LambdaLR": lambda_lr,
    "LinearLR": linear_lr,
    "MultiStepLR": multi_step_lr,
    "MultiplicativeLR": multiplicative_lr,
    "OneCycleLR": one_cycle_lr,
    "PolynomialLR": polynomial_lr,
    "SWALR": swalr,
    "StepLR": step_lr,
}
_RATES = {
    "OneCycleLR": ("max_lr", "div_factor", "final_div_factor"),
    "SWALR": ("swa_lr",),
}


def sequential_lr(
    base_lr: Real, schedulers: _Nested, milestones: Iterable[Steps], last_epoch: int = -1
) -> AbstractSchedule:
    """One after another, each from its own count 0 when its milestone comes.

    There a scheduler starts from its own base; `MultiplicativeLR` and `SWALR` go on from
    the rate that they find. What torch cannot start there, a sequence or a chain, starts.
    """
    kwargs = {"schedulers": schedulers, "milestones": milestones, "last_epoch": last_epoch}
    return _composite("SequentialLR", base_lr, kwargs)


def chained_scheduler(
    base_lr: Real, schedulers: _Nested, optimizer: None = None
) -> AbstractSchedule:
    """All at each count: their factors multiply, and who sets the rate overwrites.

    Raises:
        ValueError: where a scheduler follows what others left in a way that has no closed
            form, as `CosineAnnealingLR` with an `eta_min` other than 0 does.
    """
    kwargs = {"schedulers": schedulers, "optimizer": optimizer}
    return _composite("ChainedScheduler", base_lr, kwargs)


def reduce_lr_on_plateau(
    base_lr: Real,
    mode: str = "min",
    factor: Real = 0.1,
    patience: Steps = 10,
    threshold: Real = 1e-4,
    threshold_mode: str = "rel",
    cooldown: Steps = 0,
    min_lr: Real = 0,
    eps: Real = 1e-8,
) -> AbstractController:
    """A cut when a metric has stopped improving: a controller, whose value is the rate.

    Of a metric below zero a relative threshold asks for less than nothing, as in torch;
    `ReduceOnPlateau` itself takes it of the absolute value.
    """
    who = "ReduceLROnPlateau"
    checks.choice(who, choices=("min", "max"), mode=mode)
    checks.choice(who, choices=("rel", "abs"), threshold_mode=threshold_mode)
    checks.number(who, factor=factor)
    checks.consistent(who, "factor < 1", factor < 1, f"factor={factor}", "Lower it.")
    if is_at_most_0(factor):
        factor = 1e-30  # straight to the least rate
    is_relative = threshold_mode == "rel"
    rule = ReduceOnPlateau(
        factor=factor,
        patience=patience,
        rtol=0.0,
        atol=0.0 if is_relative else threshold,
        cooldown=cooldown,
        min_scale=_share(one_for_each(min_lr), base_lr),
        min_cut=_share(eps, base_lr),
        mode=mode,
    )
    told = SignedPlateau(rule, threshold) if is_relative else rule
    return as_schedule(base_lr) * told  # pyright: ignore[reportReturnType] - a controller's product


def _composite(name: str, base_lr: Real, kwargs: dict[str, Any]) -> AbstractSchedule:
    kwargs["schedulers"] = list(kwargs["schedulers"])
    first = _Optimizer(base_lr)
    first.build(name, kwargs)
    # All of one kind follow the rates of the one that was built last, which it left in
    # the optimizer.
    return _Optimizer(base_lr, first.left).build(name, kwargs).run(base_lr, 0)


@dataclasses.dataclass
class _Optimizer:
    """What torch's constructors leave in the optimizer for other schedulers to find."""

    rate: Any
    found: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    left: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    initial: Any = None

    def build(self, name: str, kwargs: Mapping[str, Any]) -> Any:
        """The rule of a scheduler, its parts built in the order that torch builds them."""
        if name == "SequentialLR":
            return self._sequence(**kwargs)
        if name == "ChainedScheduler":
            return self._chain(**kwargs)
        if name == "ReduceLROnPlateau":
            raise ValueError(
                "SequentialLR and ChainedScheduler take no ReduceLROnPlateau, which needs "
                "a metric. Multiply the schedule with jaxsched.ReduceOnPlateau."
            )
        if name not in _LEAVES:
            raise ValueError(f"A scheduler must be one of {sorted(PORTS)}, got {name!r}.")
        rates = _RATES.get(name, ())
        self.left[name] = {k: v for k, v in kwargs.items() if k in rates}
        others = {k: v for k, v in kwargs.items() if k not in rates}
        kwargs_found = {**others, **self.found.get(name, self.left[name])}
        if name == "OneCycleLR":
            self.initial = one_cycle_lr(**kwargs).base
            return one_cycle_lr(**kwargs_found)
        if name == "CyclicLR":
            rule = cyclic_lr(**kwargs)
            self.initial = rule.base if self.initial is None else self.initial
            return dataclasses.replace(rule, first=self.initial)
        self.initial = self.rate if self.initial is None else self.initial
        return _LEAVES[name](self.initial, **kwargs_found)

    def _sequence(self, schedulers: Any, milestones: Any, last_epoch: int = -1) -> Any:
        who = "SequentialLR"
        is_fresh(who, last_epoch)
        rules = self._nested(who, schedulers)
        n, milestones = len(rules), tuple(milestones)
        checks.matching(who, "milestones", len(milestones), "schedulers", n, n - 1)
        for milestone in milestones:
            check_int(who, "milestones", milestone, least=0)
        checks.increasing(who, "milestones", milestones)
        return Sequence(rules, milestones, self.initial)

    def _chain(self, schedulers: Any, optimizer: None = None) -> Any:
        if optimizer is not None:
            raise ValueError(
                f"ChainedScheduler(optimizer=...) must be None, got {optimizer!r}. A "
                f"schedule has no optimizer."
            )
        return Chain(self._nested("ChainedScheduler", schedulers))

    def _nested(self, who: str, specs: Any) -> tuple[Any, ...]:
        rules = tuple(self.build(*scheduler_in(who, spec)) for spec in specs)
        if not rules:
            raise ValueError(f"{who}(schedulers=...) must not be empty. Give at least one.")
        return rules


def _alone(leaf: Callable[..., Any]) -> Callable[..., AbstractSchedule]:
    """The curve of a rule that has the rate for itself."""

    @functools.wraps(leaf)
    def build(*args: Any, **kwargs: Any) -> AbstractSchedule:
        rule = leaf(*args, **kwargs)
        return rule.run(rule.base, 0)

    return build


PORTS: dict[str, Callable[..., Any]] = {
    **{name: _alone(leaf) for name, leaf in _LEAVES.items()},
    "ChainedScheduler": chained_scheduler,
    "ReduceLROnPlateau": reduce_lr_on_plateau,
    "SequentialLR": sequential_lr,
}


def _share(value: Any, base_lr: Any) -> Any:
    return 0.0 if is_known(base_lr, 0) else value / base_lr
