"""What the command line knows by name: each thing, its line, its example."""

import ast
import difflib
import doctest
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from jaxsched import _core, combinators, controllers, curves, recipes, schedules, sweeps

from ._command_code import evaluated, last_part

_OF_CORE = ("Constant", "Product", "Quotient", "Sum", "Wrapped")
# Where the docstring shows one that is flat, made by an operator, or made in Python.
_EXAMPLES = {
    "Controlled": "Controlled(ReduceOnPlateau(), Transition(0.0, 1.0, 10))",
    "Cooldown": "Cooldown(0.5, 0.0, decay_start=60, decay_steps=30, curve=Linear())",
    "NaturalExponentialDecay": "NaturalExponentialDecay(1.0, decay_rate=0.05)",
    "Product": "Product([Transition(1.0, 0.0, 30), Transition(0.0, 1.0, 10)])",
    "Quotient": "Quotient(1.0, Transition(1.0, 4.0, 30))",
    "Sum": "Sum([Transition(1.0, 0.0, 30), 0.25])",
    "cooldown": "cooldown(0.5, at=60, steps=30)",
    "join_schedules": "join_schedules([Transition(0.0, 1.0, 10), 0.5], [20])",
    "segments": "segments([Transition(1.0, 0.5, 10), Transition(0.5, 0.0, 20)], [10])",
}

_MARKS = {
    r"\left": "",
    r"\right": "",
    r"\big": "",
    r"\lfloor ": "floor(",
    r" \rfloor": ")",
    r"\tfrac12": "1/2",
    r"\sim": "~",
    r"\cdot": "*",
    r"\le": "<=",
    r"\,": "",
    "  ": " ",
}


class Entry(NamedTuple):
    """A name, the group that it belongs to, and what it makes."""

    group: str
    name: str
    make: Callable[..., Any]

    @property
    def summary(self) -> str:
        """The first line of its docstring, with formulas as plain text."""
        line = (inspect.getdoc(self.make) or "").splitlines()[0]
        return re.sub(r"\$([^$]*)\$", lambda found: _plain(found[1]), line).replace("`", "")


def _plain(formula: str) -> str:
    """A short formula without the marks of LaTeX."""
    formula = re.sub(r"\\t?frac\{(.*?)\}\{(.*?)\}", r"(\1) / (\2)", formula)
    formula = re.sub(r"\\text\{(.*?)\}", r"\1", formula)
    for mark, text in _MARKS.items():
        formula = formula.replace(mark, text)
    return re.sub(r"\\([a-z]+)", r"\1", formula.replace("{", "(").replace("}", ")"))


@functools.cache
def entries() -> dict[str, Entry]:
    """Everything that `list` lists, group by group."""
    groups: dict[str, Iterable[Any]] = {
        "recipes": _of(recipes),
        "schedules": [*(getattr(_core, name) for name in _OF_CORE), *_of(schedules)],
        "combinators": _of(combinators),
        "curves": _of(curves),
        "controllers": _of(controllers),
    }
    return {
        make.__name__: Entry(group, make.__name__, make)
        for group, made in groups.items()
        for make in made
    }


def _of(room: Any) -> Iterator[Callable[..., Any]]:
    for name in room.__all__:
        make = getattr(room, name)
        is_node = inspect.isclass(make) and issubclass(make, _core.Node)
        if inspect.isfunction(make) or (is_node and not name.startswith("Abstract")):
            yield make


@functools.cache
def known() -> dict[str, Callable[..., Any]]:
    """What code on the command line may call."""
    more = {"float": float, "dict": dict, "stack": sweeps.stack}
    return {name: entry.make for name, entry in entries().items()} | more


def entry(name: str) -> Entry:
    """The entry with a name, or an error that tells near ones."""
    if name not in entries():
        near = difflib.get_close_matches(name, entries(), n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`list` lists them."
        raise ValueError(f"{name!r} is no schedule, curve or controller. {hint}")
    return entries()[name]


def arguments(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments with which to call it: what is missing is taken from its example."""
    parameters = inspect.signature(entry(name).make).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    unknown = [key for key in given if key not in parameters and not takes_any]
    if unknown:
        raise ValueError(
            f"{name} has no {', '.join(unknown)}. It takes {', '.join(parameters)}."
        )
    if not given:
        return example(name)
    needed = [k for k, p in parameters.items() if p.default is p.empty and not takes_any]
    missing = [key for key in needed if key not in given]
    rest = example(name) if missing else {}
    return {key: rest[key] for key in missing if key in rest} | given


@functools.cache
def _examples(name: str) -> tuple[str, ...]:
    if name in _EXAMPLES:
        return (_EXAMPLES[name],)
    text = inspect.getdoc(entry(name).make) or ""
    return tuple(part.source for part in doctest.DocTestParser().get_examples(text))


def example(name: str) -> dict[str, Any]:
    """The arguments of the first call of it in its docstring."""
    make, names = entry(name).make, dict(known())
    for source in _examples(name):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and last_part(node.func) == name:
                found = _bound(make, node, names)
                if found is not None:
                    return found
        names |= _assigned(source, names)
    raise ValueError(f"{name} has no example that needs no Python. Give its arguments.")


def _bound(make: Any, call: ast.Call, names: dict[str, Any]) -> dict[str, Any] | None:
    signature = inspect.signature(make)
    try:
        args = [evaluated(arg, names) for arg in call.args]
        kwargs = {str(k.arg): evaluated(k.value, names) for k in call.keywords}
        bound = dict(signature.bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):
        return None
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            bound |= bound.pop(parameter.name, {})
    return bound


def _assigned(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """The variables that a line of an example sets, as far as they can be known."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = evaluated(node.value, names)
            except (TypeError, ValueError):
                continue
    return found
