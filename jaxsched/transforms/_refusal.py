"""What is raised where Python wants to know the number behind a tracer, in plain words."""

import linecache
import os
import re
import sys
import traceback
from typing import Any

import jax

_REFUSALS = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)
_NAMES_A_TRACER = re.compile(r"Tracer\b|Traced<")
_JAX = os.path.dirname(jax.__file__) + os.sep
_HERE = os.path.dirname(__file__) + os.sep


def is_refusal(error: Exception | None) -> bool:
    """Whether something wanted to know the number behind a tracer."""
    if isinstance(error, _REFUSALS):
        return True
    return isinstance(error, (TypeError, ValueError)) and bool(
        _NAMES_A_TRACER.search(str(error))
    )


def reason(error: Exception) -> str:
    """Where a number is needed: the innermost statement that is not JAX's."""
    is_branch = isinstance(error, jax.errors.TracerBoolConversionError)
    does = "branches on it in Python" if is_branch else "has to know it in Python"
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    lines = traceback.extract_tb(error.__traceback__)
    for frame, at in reversed([*zip(frames, lines, strict=True)]):
        if at.filename.startswith((_JAX, _HERE)) or at.lineno is None:
            continue
        where = frame.f_code.co_qualname.replace("<locals>.", "")
        place = f"({frame.f_globals.get('__name__', at.filename)}, line {at.lineno})"
        numbers = range(at.lineno, (at.end_lineno or at.lineno) + 1)
        source = [linecache.getline(at.filename, number).strip() for number in numbers]
        if source[0].startswith("raise"):
            return f"{where} takes only a Python number {place}"
        return f"{where} {does}: `{' '.join(source)}` {place}"
    return f"the optimizer {does}: {error}"


def spelled(factory: Any) -> str:
    """As users write it: without private modules."""
    name = getattr(factory, "__qualname__", None) or repr(factory)
    parts = (getattr(factory, "__module__", None) or "").split(".")
    for end in range(len(parts)):
        module = ".".join(parts[: end + 1])
        if module != "__main__" and getattr(sys.modules.get(module), name, None) is factory:
            return f"{module}.{name}"
    return name
