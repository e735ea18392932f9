"""The schedulers of transformers: the names of `get_scheduler`, and its functions'.

`get_scheduler` takes the warmup and the length of the run, and the rest in a dictionary.
The functions behind it take arguments of their own.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jaxsched._core import Real, Steps, checks
from jaxsched.controllers import AbstractController, GreedyLR

from . import _numbers as numbers
from . import _transformers_phases as phases
from ._factors import one_for_each
from ._torch import reduce_lr_on_plateau


def get_greedy_schedule(
    base_lr: Real,
    mode: str = "min",
    factor: Real = 0.95,
    patience: Steps = 10,
    threshold: Real = 1e-6,
    threshold_mode: str = "abs",
    cooldown: Steps = 0,
    warmup: Steps = 0,
    min_lr: Any = 1e-3,
    max_lr: Any = 1.0,
    eps: Real = 1e-8,
    verbose: bool = False,
    smooth: bool = False,
    window_size: int = 50,
    reset_start: Steps = 500,
) -> AbstractController:
    """A constant times `GreedyLR`, whose bounds are shares of the rate."""
    del verbose
    who = "get_greedy_schedule"
    checks.positive(who, base_lr=base_lr)
    checks.choice(who, choices=("rel", "abs"), threshold_mode=threshold_mode)
    controller = GreedyLR(
        factor=factor,
        patience=patience,
        rtol=threshold if threshold_mode == "rel" else 0.0,
        atol=threshold if threshold_mode == "abs" else 0.0,
        cooldown=cooldown,
        warmup=warmup,
        min_scale=one_for_each(min_lr) / base_lr,
        max_scale=one_for_each(max_lr) / base_lr,
        min_change=eps / base_lr,
        reset_after=numbers.at_least(reset_start, 0),
        window_size=window_size if smooth else 1,
        mode=mode,
    )
    return controller * base_lr


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "constant": phases.get_constant_schedule,
    "constant_with_warmup": phases.get_constant_schedule_with_warmup,
    "cosine": phases.get_cosine_schedule_with_warmup,
    "cosine_warmup_with_min_lr": phases.get_cosine_with_min_lr_schedule_with_warmup_lr_rate,
    "cosine_with_min_lr": phases.get_cosine_with_min_lr_schedule_with_warmup,
    "cosine_with_restarts": phases.get_cosine_with_hard_restarts_schedule_with_warmup,
    "greedy": get_greedy_schedule,
    "inverse_sqrt": phases.get_inverse_sqrt_schedule,
    "linear": phases.get_linear_schedule_with_warmup,
    "polynomial": phases.get_polynomial_decay_schedule_with_warmup,
    "reduce_lr_on_plateau": reduce_lr_on_plateau,
    "warmup_stable_decay": phases.get_wsd_schedule,
}
_TAKE_NOTHING_ELSE = ("constant", "constant_with_warmup")


def _by_name(name: str) -> Callable[..., Any]:
    """What `get_scheduler` makes of a name: each function is given what it takes."""
    function = _FUNCTIONS[name]
    parameters = inspect.signature(function).parameters

    def build(
        base_lr: Real,
        num_warmup_steps: Steps | None = None,
        num_training_steps: Steps | None = None,
        scheduler_specific_kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        lengths = {
            "num_warmup_steps": num_warmup_steps,
            "num_training_steps": num_training_steps,
        }
        taken = {k: v for k, v in lengths.items() if k in parameters}
        for argument, value in taken.items():
            if value is None and parameters[argument].default is inspect.Parameter.empty:
                raise ValueError(
                    f"{name} needs {argument}, got none. Give it as a number of steps."
                )
        others = {} if name in _TAKE_NOTHING_ELSE else scheduler_specific_kwargs or {}
        _check(name, function, taken, others)
        return function(base_lr, **taken, **others)

    build.__doc__ = function.__doc__
    return build


def _check(name: str, function: Any, taken: Any, others: Mapping[str, Any]) -> None:
    """Requires that the dictionary holds what the function takes."""
    signature = inspect.signature(function)
    try:
        signature.bind(None, **taken, **others)
    except TypeError as error:
        given = {"base_lr", "num_warmup_steps", *taken}
        names = ", ".join(k for k in signature.parameters if k not in given)
        raise TypeError(
            f"{name}(scheduler_specific_kwargs=...) takes {names}: {error}."
        ) from None


PORTS: dict[str, Callable[..., Any]] = {
    **{function.__name__: function for function in _FUNCTIONS.values()},
    **{name: _by_name(name) for name in _FUNCTIONS},
    "GreedyLR": get_greedy_schedule,
    "get_reduce_on_plateau_schedule": reduce_lr_on_plateau,
}
