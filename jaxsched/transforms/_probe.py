"""Whether an optimizer can do without knowing its hyperparameters while it is traced.

A factory that branches in Python on a number that it was given works as long as nobody
compiles it, and then fails with JAX's words about tracers, far from the call that named
the number. So it is tried out where it is made: abstractly, on a few parameters.
"""

import contextlib
import functools
import inspect
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched._core import AbstractSchedule, Constant, checks, clock
from jaxsched.controllers import AbstractController

from ._refusal import is_refusal, reason, spelled


def check_traceable(
    factory: Callable[..., Any],
    args: tuple,
    fixed: Mapping[str, Any],
    dynamic: Mapping[str, Any],
    params: Any = None,
    **extra_args: Any,
) -> bool:
    """Checks that an optimizer can be made of hyperparameters that are traced.

    Without `params` small ones are invented, unless an argument is a function (a mask, a
    schedule of optax): that is not asked about what nobody trains, and the factory is
    only called. It costs a few milliseconds, and nothing the second time.

    Args:
        factory: makes the transformation.
        args: its positional arguments.
        fixed: its named ones that are not dynamic.
        dynamic: the others: a number, schedule or controller for each.
        params: the real parameters.
        **extra_args: the real extra arguments of an update.

    Returns:
        Whether a start and an update were traced from end to end. If not, real
        parameters may still find what invented ones have not.

    Raises:
        TypeError: if the factory has to know some of the hyperparameters in Python.
    """
    build, names = _Build.of(factory, args, fixed), tuple(dynamic)
    if params is None and not build.has_functions():
        if build.is_plain() and _is_known(build, names):
            return True
        params = _invented(build)
    trial = _Trial(build, params, (extra_args,) if extra_args else _EXTRAS)
    error = trial.attempt(names)
    if error is None:
        return params is not None
    culprits = _culprits(trial, dynamic, error)
    if not culprits:
        return False
    raise TypeError(_message(build, dynamic, culprits)) from next(iter(culprits.values()))


@contextlib.contextmanager
def explained(
    factory: Callable[..., Any],
    args: tuple,
    fixed: Mapping[str, Any],
    dynamic: Mapping[str, Any],
    params: Any,
    **extra_args: Any,
) -> Iterator[None]:
    """Where an update fails for what `check_traceable` looks for, says what it says."""
    try:
        yield
    except Exception as error:
        if is_refusal(error):
            check_traceable(factory, args, fixed, dynamic, params, **extra_args)
        raise


class _Build(NamedTuple):
    """How an optimizer is made, but for its dynamic hyperparameters.

    Attributes:
        factory: makes it, no `partial`.
        args: its positional arguments.
        fixed: its fixed ones by name.
        kinds: the types of both, since `True == 1`.
    """

    factory: Callable[..., Any]
    args: tuple
    fixed: tuple[tuple[str, Any], ...]
    kinds: tuple[type, ...]

    @classmethod
    def of(cls, factory: Any, args: tuple, fixed: Mapping[str, Any]) -> "_Build":
        while isinstance(factory, functools.partial):
            args, fixed = (*factory.args, *args), {**factory.keywords, **fixed}
            factory = factory.func
        kinds = tuple(map(type, (*args, *fixed.values())))
        return cls(factory, args, tuple(fixed.items()), kinds)

    def given(self) -> tuple:
        """All fixed arguments."""
        return (*self.args, *(value for _, value in self.fixed))

    def has_functions(self) -> bool:
        """Whether some argument can be called; types (of moments) do not count.

        Or may be: what a local function closes over is an argument, too.
        """
        is_local = bool(getattr(self.factory, "__closure__", None))
        return is_local or any(
            callable(x) and not isinstance(x, type) for x in self.given()
        )

    def is_plain(self) -> bool:
        """Whether it can be remembered: it compares, and keeps nothing large alive."""
        factory = self.factory
        is_global = isinstance(factory, types.FunctionType) and not factory.__closure__
        return (is_global or isinstance(factory, type)) and _is_plain(self.given())

    def __call__(self, values: Mapping[str, Any]) -> Any:
        return self.factory(*self.args, **dict(self.fixed), **values)


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str, type, np.dtype))


class _Trial(NamedTuple):
    """What a build is tried on.

    Attributes:
        build: to be tried.
        params: shapes of parameters; None to do no more than build.
        extras: extra arguments of an update, one set after the other until one does.
    """

    build: _Build
    params: Any
    extras: Iterable[Mapping[str, Any]]

    def attempt(
        self, traced: Iterable[str], known: Mapping[str, Any] | None = None
    ) -> Exception | None:
        """What goes wrong in a build, a start and an update, if anything does."""
        number = jax.ShapeDtypeStruct((), clock.float_dtype())
        first = None
        for extra in self.extras:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    run = functools.partial(self._run, known or {}, extra)
                    jax.eval_shape(run, dict.fromkeys(traced, number), self.params)
                return None
            except Exception as error:
                # Arguments that are missing, or too many, come as one of these.
                if is_refusal(error) or not isinstance(error, (TypeError, ValueError)):
                    return error
                first = first or error
        return first

    def _run(self, known: Any, extra: Any, values: Any, params: Any) -> None:
        made = self.build({**known, **values})
        if self.params is None:
            return
        made = optax.with_extra_args_support(made)
        if extra.get("value_fn") is _loss:
            extra = {**extra, "value": _loss(params), "grad": params}
        updates = params.fast if isinstance(params, optax.LookaheadParams) else params
        made.update(updates, made.init(params), params, **extra)


def _loss(params: Any, *args: Any, **kwargs: Any) -> Any:
    del args, kwargs
    return sum(jnp.sum(jnp.abs(leaf) ** 2) for leaf in jax.tree.leaves(params))


_EXTRAS = ({}, {"value_fn": _loss}, {"obj_fn": _loss}, {"grad_fn": jax.grad(_loss)})
"""What updates may need beside gradients; with `value_fn` go its value and gradient."""


def _invented(build: _Build) -> Any:
    """A matrix and a vector, which some optimizers treat differently."""
    matrix = jax.ShapeDtypeStruct((2, 2), clock.float_dtype())
    params: Any = {"matrix": matrix, "vector": matrix.update(shape=(2,))}
    if build.factory is optax.contrib.scale_by_muon:
        return matrix
    if build.factory is optax.lookahead:
        return optax.LookaheadParams(params, params)
    return params


@functools.lru_cache(maxsize=256)
def _is_known(build: _Build, names: tuple[str, ...]) -> bool:
    """Whether it can be traced from end to end."""
    return _Trial(build, _invented(build), _EXTRAS).attempt(names) is None


def _culprits(
    trial: _Trial, dynamic: Mapping[str, Any], error: Exception
) -> dict[str, Exception]:
    """The hyperparameters that must not be traced, and what each raises if it is alone."""
    if not (is_refusal(error) or isinstance(error, TypeError)):
        return {}
    known = {name: _example(trial.build, name, node) for name, node in dynamic.items()}
    at_rest = trial.attempt((), known)
    if is_refusal(at_rest):
        return {}
    found = {}
    for name in dynamic:
        others = {k: v for k, v in known.items() if k != name}
        alone = trial.attempt((name,), others)
        if is_refusal(alone) or (at_rest is None and isinstance(alone, TypeError)):
            found[name] = alone
    return found or (dict.fromkeys(dynamic, error) if is_refusal(error) else {})


def _example(build: _Build, name: str, node: Any) -> Any:
    """A number for a hyperparameter: its first, or if that is not known its default."""
    parameter = inspect.signature(build.factory).parameters.get(name)
    default = parameter.default if parameter else None
    try:
        with jax.ensure_compile_time_eval():
            if isinstance(node, AbstractSchedule):
                node = node(0)
            elif isinstance(node, AbstractController):
                node = node(node.init())
        number = np.ravel(np.asarray(checks.concrete(node)))[0].item()
    except Exception:
        return default if type(default) in (int, float) else 0.5
    return int(number) if type(default) is int else number


def _message(
    build: _Build, dynamic: Mapping[str, Any], culprits: Mapping[str, Exception]
) -> str:
    name = spelled(build.factory)
    given = ", ".join(f"{k}={_shown(dynamic[k])}" for k in culprits)
    reasons = "; ".join(f"{k}, because {reason(e)}" for k, e in culprits.items())
    return (
        f"scheduled({name}, {given}) cannot schedule {reasons}. Give it a number of its "
        f"own: scheduled(functools.partial({name}, {given}), ...)."
    )


def _shown(node: Any) -> str:
    number = checks.concrete(node.value if isinstance(node, Constant) else node)
    return "..." if number is None or number.ndim else f"{number.item():g}"
