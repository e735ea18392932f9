"""What a schedule is on the command line: a name with values, code, or JSON."""

import ast
import json
import re
from pathlib import Path
from typing import Any

from jaxsched import interop
from jaxsched._core import AbstractSchedule, as_schedule
from jaxsched.combinators import Bundle

from . import _command_code as code
from ._command_names import arguments, entry, known


def made(name: str, pairs: list[str]) -> tuple[Any, dict[str, Any]]:
    """What a name makes with `key=value` pairs, and the arguments that it was given."""
    given = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.isidentifier():
            raise ValueError(f"{pair!r} must be key=value, such as warmup_steps=100.")
        given[key] = code.argument(value, known())
    kwargs = arguments(name, given)
    try:
        return entry(name).make(**kwargs), kwargs
    except (ArithmeticError, LookupError, AttributeError) as error:
        raise ValueError(f"{name} takes no such values: {error!r}") from error


def schedule_of(spec: str) -> AbstractSchedule | Bundle:
    """The schedule that a SPEC describes, or the bundle.

    `NAME`, `NAME:key=value,...`, code such as `0.1 * Transition(1.0, 0.0, 100)`, JSON as
    `interop.to_dict` gives, or a file that holds such JSON.
    """
    if spec.lstrip().startswith("{"):
        return _drawable(spec, interop.from_dict(_json(spec, spec)))
    if spec.endswith(".json"):
        return _drawable(spec, interop.from_dict(_json(_text(spec), spec)))
    name, colon, values = spec.partition(":")
    if name.isidentifier() and (colon or not values):
        return _drawable(spec, made(name, _split(values))[0])
    return _drawable(spec, code.evaluated(code.parsed(spec), known()))


def _split(values: str) -> list[str]:
    """Pairs between commas that are not inside brackets or quotes."""
    if not values.strip():
        return []
    call = code.parsed(f"_({values})")
    if not isinstance(call, ast.Call) or call.args or not all(k.arg for k in call.keywords):
        raise ValueError(f"{values!r} must be key=value,key=value,...")
    return [f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords]


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise OSError(f"{path} cannot be read: {error.strerror}.") from error


def _json(text: str, where: str) -> Any:
    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where} is no JSON: {error}.") from error
    if not isinstance(config, dict):
        raise ValueError(f"{where} must hold an object with a type, got {config!r}.")
    return config


def _drawable(spec: str, thing: Any) -> AbstractSchedule | Bundle:
    if isinstance(thing, (AbstractSchedule, Bundle)):
        return thing
    if isinstance(thing, (int, float)) and not isinstance(thing, bool):
        return as_schedule(thing)
    kind = re.sub(r"\s+", " ", f"{thing!r}")
    raise ValueError(f"{spec} must be a schedule or a bundle, got {kind}.")
