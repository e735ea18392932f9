"""Every factory of optax that takes a number, found by asking optax.

Each with something to give for each of its parameters, and a few updates to make.
"""

import functools
import inspect
import types
import typing
import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import optax.transforms

from .helpers import loss, start

MODULES = (optax, optax.transforms, optax.contrib)

EXCLUDED = {
    **dict.fromkeys(
        (
            *("centralize", "chain", "conditionally_mask", "conditionally_transform"),
            *("flatten", "freeze", "identity", "keep_params_nonnegative", "masked"),
            *("monitor", "named_chain", "partition", "scale_by_sign"),
            *("selective_transform", "set_to_zero", "snapshot", "stateless"),
            *("stateless_with_tree_map", "with_extra_args_support", "zero_nans"),
            *("hutchinson_estimator_diag_hessian", "normalize"),
            "split_real_and_imaginary",
        ),
        "takes no number",
    ),
    **dict.fromkeys(
        (
            *("WrappedSchedule", "matrix_inverse_pth_root", "update_moment"),
            *("sigmoid_binary_cross_entropy", "update_infinity_moment"),
            *("update_moment_per_elem_norm", "schedule_free_eval_params"),
        ),
        "makes no transformation",
    ),
    "measure_with_ema": "measures for `monitor`, updates nothing",
    "scale_by_schedule": "takes a function of the count; `scheduled` takes `optax.scale`",
    "inject_hyperparams": "makes a factory, as `scheduled` makes an optimizer",
    "inject_stateful_hyperparams": "makes a factory, as `scheduled` makes an optimizer",
}
"""Public callables that have no row, each with its reason."""

GIVEN = {
    **dict.fromkeys(
        ("base_optimizer", "fast_optimizer", "inner", "opt", "optimizer"),
        optax.sgd(0.125, momentum=0.5),
    ),
    "adv_optimizer": optax.chain(optax.contrib.normalize(), optax.sgd(0.0625)),
    "key": 0,
    "seed": 0,
    "mode": "smooth",
}
"""Arguments that are no numbers, by name."""

SIZES = {
    **{"axis": 0, "max_consecutive_errors": 3, "rank": 2, "update_interval": 2},
    **{"decay_offset": -1, "step_offset": -1, "patience": 1, "cooldown": 1},
    **{"every_k_schedule": 2, "update_proj_gap": 2, "warmup_steps": 4},
}
"""Whole numbers, by name, where the default will not do."""

NUMBERS = {
    "b1": (0.875, 0.5),
    "b2": (0.9375, 0.75),
    "clip_threshold": (4.0, 8.0),
    "clipping": (0.25, 0.5),
    "eta_minus": (0.5, 0.75),
    "f_min": (0.0625, 0.125),
    "learning_rate": (0.125, 0.25),
    "max_delta": (0.5, 1.0),
    "max_step_size": (0.15625, 0.1875),
    "min_step_size": (0.0625, 0.078125),
    "min_norm": (4.0, 8.0),
    "min_scale": (4.0, 8.0),
    "threshold": (4.0, 5.0),
    "adaptive_grad_clip.eps": (8.0, 4.0),
    "scale_by_polyak.max_learning_rate": (64.0, 1.0),
    "polyak_sgd.max_learning_rate": (64.0, 1.0),
    "clip_by_block_rms.threshold": (0.5, 0.25),
    "reduce_on_plateau.min_scale": (0.5, 0.25),
    "sophia.eps": (2.0**-5, 2.0**-4),
    "sophia.gamma": (1.0, 0.5),
    **dict.fromkeys(("eps", "eps_root", "epsilon"), (0.0625, 0.25)),
    **dict.fromkeys(("estim_lr0", "s_init"), (0.125, 0.25)),
    **dict.fromkeys(
        ("max_backtracking_steps", "max_linesearch_steps", "sync_period"), (2.0, 3.0)
    ),
}
"""Two values by name, where the default and the half of it will not do.

Sums of few powers of two, so that `1 - b2` is the same in any float; large enough to
be felt within a few updates.
"""

EXTRAS = ((), ("value",), ("value", "grad", "value_fn"), ("obj_fn",))
"""Extra arguments that an update may need."""


class Row(NamedTuple):
    """A factory with something to give for each of its parameters.

    Attributes:
        name: as users write it.
        factory: of optax.
        given: arguments that are no numbers.
        numbers: two values of each hyperparameter.
        sizes: whole numbers, which `scheduled` leaves alone unless they are schedules.
        tuples: names of parameters that are tuples of numbers.
        needs: names of the extra arguments of an update.
    """

    name: str
    factory: Callable[..., Any]
    given: dict[str, Any]
    numbers: dict[str, tuple[float, float]]
    sizes: dict[str, int]
    tuples: tuple[str, ...]
    needs: tuple[str, ...] = ()

    def at_rest(self) -> dict[str, Any]:
        """All arguments, with the first values."""
        first = {name: values[0] for name, values in self.numbers.items()}
        return {**self.given, **self.sizes, **first}

    def make(self, **values: Any) -> optax.GradientTransformationExtraArgs:
        """The plain optimizer, with the first values where there are no others."""
        made = self.factory(**{**self.at_rest(), **values})
        return optax.with_extra_args_support(made)

    def params(self, dtype: Any = jnp.float32) -> Any:
        """What it trains."""
        params = start(dtype)
        if self.factory is optax.lookahead:
            return optax.LookaheadParams.init_synced(params)
        return params["w"] if self.factory is optax.contrib.scale_by_muon else params

    def grads(self, params: Any, num_steps: int) -> Any:
        """Gradients for a number of updates, whatever the parameters become."""
        rng = np.random.default_rng(2)
        fast = params.fast if isinstance(params, optax.LookaheadParams) else params
        # Of every example, for those that do the averaging.
        batch = (2,) if "l2_norm_clip" in self.numbers else ()

        def normal(leaf):
            shape = (num_steps, *batch, *leaf.shape)
            return jnp.asarray(rng.normal(size=shape), leaf.dtype)

        return jax.tree.map(normal, fast)

    def step(self, optimizer: Any, params: Any, state: Any, grads: Any) -> Any:
        """An update: what it applies, parameters, state."""
        extra = {}
        if self.needs:
            value, grads = jax.value_and_grad(loss)(params)
            extra = {"value": value, "grad": grads, "value_fn": loss, "obj_fn": loss}
        extra = {name: extra[name] for name in self.needs}
        updates, state = optimizer.update(grads, state, params, **extra)
        return updates, optax.apply_updates(params, updates), state


def public_factories() -> dict[str, Callable[..., Any]]:
    """What may make a transformation, by the shortest name that users have for it."""
    found, seen = {}, set()
    for module in MODULES:
        for name, value in vars(module).items():
            if name.startswith("_") or id(value) in seen or not _may_be_factory(value):
                continue
            seen.add(id(value))
            own = value.__name__ if vars(module).get(value.__name__) is value else name
            found[f"{module.__name__}.{own}"] = value
    return dict(sorted(found.items()))


def _may_be_factory(value: Any) -> bool:
    if isinstance(value, type):
        is_own = not issubclass(value, optax.GradientTransformation)
        return is_own and hasattr(value, "init") and hasattr(value, "update")
    if not isinstance(value, types.FunctionType):
        return False
    returns = inspect.signature(value).return_annotation
    return returns is inspect.Signature.empty or "GradientTransformation" in str(returns)


def kind_of(parameter: inspect.Parameter) -> str | None:
    """Whether a parameter takes a number, a size, a tuple of numbers or none of these."""
    default, annotation = parameter.default, parameter.annotation
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    may_be = typing.get_args(annotation) if is_union else (annotation,)
    is_open = default is None or default is parameter.empty
    if parameter.name in GIVEN:
        return None
    if type(default) is int or (is_open and int in may_be and float not in may_be):
        return "size"
    if isinstance(default, tuple) and any(isinstance(x, (int, float)) for x in default):
        return "tuple"
    is_tree = any(typing.get_origin(kind) is Iterable for kind in may_be)
    if type(default) is float or (is_open and float in may_be and not is_tree):
        return "number"
    return None


@functools.cache
def rows() -> dict[str, Row]:
    """A row for each factory that takes a number."""
    made = (
        _row(name, factory)
        for name, factory in public_factories().items()
        if name.rpartition(".")[2] not in EXCLUDED
    )
    return {row.name: row for row in made}


def _row(name: str, factory: Callable[..., Any]) -> Row:
    parameters = inspect.signature(factory).parameters
    kinds = {k: kind_of(p) for k, p in parameters.items()}
    names = {kind: [k for k in kinds if kinds[k] == kind] for kind in kinds.values()}
    given = {k: v for k, v in GIVEN.items() if k in parameters}
    if "key" in given:
        given.pop("seed")
    row = Row(
        name,
        factory,
        given,
        numbers={k: _values(factory, parameters[k]) for k in names.get("number", ())},
        sizes={k: SIZES.get(k, parameters[k].default) for k in names.get("size", ())},
        tuples=tuple(names.get("tuple", ())),
    )
    return row._replace(needs=next(filter(functools.partial(_is_enough, row), EXTRAS)))


def _values(factory: Any, parameter: inspect.Parameter) -> tuple[float, float]:
    name, default = parameter.name, parameter.default
    for key in (f"{factory.__name__}.{name}", name):
        if key in NUMBERS:
            return NUMBERS[key]
    if type(default) is not float or default == 0:
        return 0.5, 0.25
    single = float(np.float32(default))
    return single, single / 2


def _is_enough(row: Row, needs: tuple[str, ...]) -> bool:
    """Whether an update needs no other extra arguments than these."""
    row = row._replace(needs=needs)
    with warnings.catch_warnings():
        # dpsgd of optax 0.2.8 gives a transformation a seed, which that has renamed.
        warnings.simplefilter("ignore", DeprecationWarning)
        optimizer, params = row.make(), row.params()
    grads = jax.tree.map(lambda g: g[0], row.grads(params, 1))
    try:
        jax.eval_shape(
            lambda p, g: row.step(optimizer, p, optimizer.init(p), g), params, grads
        )
    except (TypeError, ValueError):
        return False
    return True
