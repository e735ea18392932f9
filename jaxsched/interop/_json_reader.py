"""Reading a configuration: what it may name, and how that is built.

Everything is built by the constructors, and so is validated. A file chooses among known
names; nothing that it names is ever imported.
"""

import dataclasses
import difflib
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched import _core, combinators, recipes
from jaxsched._core import Node

from ._port import PEERS, ports_of

VERSION = 1
# What our constructors turn from a list into one array, with the kinds of its dtype.
VECTORS = {"boundaries": "if", "values": "f"}
_ROOMS = ("_core", "combinators", "controllers", "curves", "interop", "schedules")
_BAD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@functools.cache
def named() -> dict[str, Callable[..., Any]]:
    """What it may name: every node, also of a peer alone; every recipe, every unit."""
    for peer in PEERS:
        ports_of(peer)  # some have nodes of their own
    units = [_core.epochs, _core.fraction, _core.tokens]
    made = [combinators.bundle, combinators.segments]
    recipe = [getattr(recipes, name) for name in recipes.__all__]
    makers = [*filter(_is_of_a_room, _below(Node)), *units, *made, *recipe]
    return {make.__name__: make for make in makers}


def _below(kind: type) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def _is_of_a_room(kind: type) -> bool:
    """Whether it is a node of a schedule that a module of ours has by its name."""
    package, _, inner = kind.__module__.partition(".")
    if package != "jaxsched" or inner.partition(".")[0] not in _ROOMS:
        return False
    is_abstract = kind.__name__.startswith("Abstract")
    return not is_abstract and vars(sys.modules[kind.__module__]).get(kind.__name__) is kind


def is_ours(kind: Any) -> bool:
    """Whether a configuration that has its name means it."""
    return named().get(kind.__name__) is kind


def is_number(dtype: Any) -> bool:
    """Whether an array of it holds real numbers, or truth values."""
    kinds = (np.integer, np.floating, np.bool_)
    return any(jnp.issubdtype(dtype, kind) for kind in kinds)


def inside(path: str, name: Any) -> str:
    """The place of a field."""
    return f"{path}.{name}" if path else str(name)


class Reader(NamedTuple):
    """Reads a configuration in terms of what it may name."""

    types: dict[str, Callable[..., Any]]
    functions: Mapping[str, Callable[..., Any]]

    def node(self, config: Mapping[str, Any], path: str) -> Any:
        """What a mapping with a type describes."""
        where, given = f"from_dict: {path or 'the config'}", dict(config)
        version, kind = given.pop("version", VERSION), given.pop("type", None)
        if version != VERSION:
            raise ValueError(
                f"{where} is of version {version!r}, and only {VERSION} is known. Update "
                f"jaxsched, or write it anew."
            )
        if not isinstance(kind, str):
            raise ValueError(
                f"{where} must have a 'type', the name of a node, a recipe or a unit, got "
                f"{kind!r} for it, and {list(given)}. Name one, such as Transition."
            )
        if kind not in self.types:
            raise ValueError(
                f"{where} has the unknown type {kind!r}.{_near(kind, self.types)} Pass a "
                f"node class of your own in types=[...]."
            )
        make, where = self.types[kind], f"{where} ({kind})"
        _check_names(where, given, inspect.signature(make).parameters)
        static = _static_fields(make)
        values = {
            name: self.value(value, inside(path, name), name in static)
            for name, value in given.items()
        }
        return _made(where, make, values)

    def value(self, value: Any, path: str, is_static: bool = False) -> Any:
        """What a field holds; text in it is a number, unless the field is static."""
        if isinstance(value, str):
            return value if is_static else _as_number(value)
        if isinstance(value, Mapping):
            return self.mapping(dict(value), path)
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            inner = enumerate(value)
            return tuple(self.value(v, f"{path}[{i}]", is_static) for i, v in inner)
        return value

    def mapping(self, items: dict[Any, Any], path: str) -> Any:
        """A node, an array, a function, or a mapping as it is, by what it holds."""
        if isinstance(items.get("type"), str):
            return self.node(items, path)
        if isinstance(items.get("dtype"), str) and items.keys() == {"array", "dtype"}:
            return _array(self.value(items["array"], path), items["dtype"], path)
        if isinstance(items.get("function"), str) and len(items) == 1:
            return self.function(items["function"], path)
        return {k: self.value(v, inside(path, k)) for k, v in items.items()}

    def function(self, name: str, path: str) -> Callable[..., Any]:
        """One of those that the caller gave."""
        if name not in self.functions:
            raise ValueError(
                f"from_dict: {path} is the function {name!r}, which was not given."
                f"{_near(name, self.functions)} Pass functions={{{name!r}: ...}}: nothing "
                f"that a file names is imported."
            )
        return self.functions[name]


def _check_names(where: str, given: dict[str, Any], parameters: Mapping[str, Any]) -> None:
    kinds = {p.kind for p in parameters.values()}
    names = [n for n, p in parameters.items() if p.kind is not p.VAR_KEYWORD]
    unknown = [name for name in given if name not in names]
    if unknown and inspect.Parameter.VAR_KEYWORD not in kinds:
        takes = f"It takes {', '.join(names)}." if names else "It takes nothing."
        raise ValueError(
            f"{where} has the unknown {', '.join(map(repr, unknown))}. {takes}"
        )
    required = [
        name for name in names if parameters[name].default is inspect.Parameter.empty
    ]
    missing = [name for name in required if name not in given]
    if missing:
        raise ValueError(f"{where} must have {', '.join(missing)}, got {list(given)}.")


def _static_fields(make: Any) -> set[str]:
    fields = dataclasses.fields(make) if inspect.isclass(make) else ()  # pyright: ignore[reportArgumentType] - every node is a dataclass
    return {field.name for field in fields if field.metadata.get("static")}


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _made(where: str, make: Any, values: dict[str, Any]) -> Any:
    try:
        return _built(make, values)
    except _BAD as error:
        if not isinstance(error, TypeError):
            text = str(error) if isinstance(error, ValueError) else repr(error)
            raise ValueError(f"{where}: {text}") from error
        hint = " A mapping is a node if it has a 'type'." if _has_mapping(values) else ""
        raise TypeError(f"{where}: {error}{hint}") from error


def _has_mapping(values: dict[str, Any]) -> bool:
    kinds = (dict, Node)
    parts = jax.tree.leaves(list(values.values()), is_leaf=lambda v: isinstance(v, kinds))
    return any(isinstance(part, dict) for part in parts)


def _built(make: Any, values: dict[str, Any]) -> Any:
    if not inspect.isclass(make):
        return make(**{k: _by_count(v) for k, v in values.items()})
    arrays = {k: v for k, v in values.items() if isinstance(v, (np.ndarray, jax.Array))}
    rows = {k: v for k, v in arrays.items() if k in VECTORS and v.ndim > 1}
    if not rows or not is_ours(make):
        return make(**values)
    # A batch of tables, of which a constructor takes one: each of them goes through it,
    # and the batch as what it does not look into.
    shape = next(iter(rows.values())).shape[:-1]
    host = jax.tree.map(lambda x: np.asarray(x) if isinstance(x, jax.Array) else x, values)
    for place in np.ndindex(shape):
        make(**{k: _member(v, shape, place, k in rows) for k, v in host.items()})
    unseen = {k: jax.ShapeDtypeStruct(v.shape, v.dtype) for k, v in rows.items()}
    node = make(**values | unseen)
    for name, row in rows.items():
        object.__setattr__(node, name, row)
    return node


def _member(value: Any, shape: tuple, place: tuple, is_row: bool) -> Any:
    if is_row:
        return value[place]
    n = len(shape)
    return jax.tree.map(lambda x: x[place] if np.shape(x)[:n] == shape else x, value)


def _by_count(value: Any) -> Any:
    """JSON has only text for the counts of `boundaries_and_scales`."""
    if not isinstance(value, dict):
        return value
    return {_as_number(k) if isinstance(k, str) else k: v for k, v in value.items()}


def _as_number(text: str) -> Any:
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        return text if number != number else number
    return text


def _array(numbers: Any, name: str, path: str) -> Any:
    try:
        dtype = jnp.dtype(name)
        array = np.array(numbers, dtype)
        is_kept = jnp.issubdtype(dtype, np.floating) or np.all(array == np.array(numbers))
    except _BAD as error:
        raise ValueError(f"from_dict: {path} is no array: {error}") from error
    if not (is_number(dtype) and is_kept):
        raise ValueError(
            f"from_dict: {path} must be an array of real numbers of its dtype, got "
            f"{numbers} as {name}."
        )
    fits = jax.dtypes.canonicalize_dtype(dtype) == dtype
    return jnp.asarray(array) if fits else array  # 64 bits only where x64 is enabled
