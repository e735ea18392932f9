"""Plain JSON and back: for files, for the configurations of YAML and Hydra, for logs.

What is written follows from the fields of the nodes, so a new node needs nothing here.
"""

import dataclasses
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxsched._core import Node

from ._json_reader import VECTORS, VERSION, Reader, inside, is_number, is_ours, named

_RESERVED = ("type", "version")


def to_dict(node: Node) -> dict[str, Any]:
    """A schedule, curve, controller or bundle as what JSON holds: dicts, lists, numbers.

    All fields are written, and every number exactly: a float32 as the double that it is.
    Infinity becomes the text "inf". An array that is not a vector of a table (a batch,
    say) is written with its dtype.

    Args:
        node: with concrete numbers; a batch of `stack` or `grid` is one too.

    Returns:
        For `json.dumps`, `yaml.safe_dump`, or `from_dict`.

    Raises:
        TypeError: for what is not a node, and for a leaf that is not a number: a random
            key, a traced value, an object.
        ValueError: for NaN, and for a function that its module does not have by its
            name, such as a lambda.

    >>> import jaxsched as js
    >>> to_dict(js.Transition(0.0, 0.1, transition_steps=100))
    {'version': 1, 'type': 'Transition', 'init_value': 0.0, 'end_value': 0.1,
     'transition_steps': 100, 'curve': {'type': 'Linear'}}
    """
    if not isinstance(node, Node):
        raise TypeError(
            f"to_dict(node) must be a schedule, a curve, a controller or a bundle, got "
            f"{node!r}. Of a number or a function make one with as_schedule; of a table "
            f"of members take its `schedules`."
        )
    return {"version": VERSION, **_node_to_dict(node, "")}


def from_dict(
    config: Mapping[str, Any],
    *,
    types: Iterable[type[Node]] = (),
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Any:
    """What `to_dict` wrote, or what you wrote by hand, as a schedule.

    Each mapping has a `type`: the name of a node, of a recipe or of a unit (`epochs`,
    `fraction`, `tokens`). The rest are its arguments, by their names; what has a default
    may be left out. A number that a file holds as text, as YAML does with `1e-3`, is a
    number.

    Args:
        config: what `json.load` or `yaml.safe_load` gives, or an OmegaConf `DictConfig`.
        types: node classes of your own that it names.
        functions: from the names of functions of your own that it has, such as
            `"train.warm"`, to the functions. A file never has anything imported.

    Returns:
        A schedule, or whatever the type is: a curve, a controller, a bundle, a length.

    Raises:
        TypeError: if it is not a mapping, or a constructor raises one.
        ValueError: for a version, type, argument or function that is not known, for an
            argument that is missing, and for what a constructor refuses; the message
            says where it is, such as `schedules[1].curve`.

    >>> schedule = from_dict({
    ...     "type": "warmup_cosine_decay_schedule", "init_value": 0.0, "peak_value": 0.5,
    ...     "warmup_steps": 10, "decay_steps": 100,
    ... })
    >>> float(schedule(5)), float(schedule(10)), float(schedule(100))
    (0.25, 0.5, 0.0)
    """
    if not isinstance(config, Mapping):
        raise TypeError(
            f"from_dict(config) must be a mapping, got {config!r}. Load a file first: "
            f"from_dict(json.load(file))."
        )
    known = dict(named())
    for kind in types:
        if not (inspect.isclass(kind) and issubclass(kind, Node)):
            raise TypeError(
                f"from_dict(types=...) must be node classes, got {kind!r}. Pass the class."
            )
        if known.setdefault(kind.__name__, kind) is not kind:
            raise ValueError(
                f"from_dict(types=...) must have names of their own, got a second "
                f"{kind.__name__}. Rename the class."
            )
    return Reader(known, functions or {}).node(config, "")


def _node_to_dict(node: Node, path: str) -> dict[str, Any]:
    kind = type(node)
    if kind.__name__ in named() and not is_ours(kind):
        what = f"a {kind.__name__} that is not jaxsched's"
        _refuse(ValueError, path, what, "Rename the class: a file has only its name.")
    written: dict[str, Any] = {"type": kind.__name__}
    for field in dataclasses.fields(node):  # pyright: ignore[reportArgumentType] - every subclass is a dataclass
        value, place = getattr(node, field.name), inside(path, field.name)
        if field.name in _RESERVED:
            _refuse(ValueError, place, "a field of a name that is taken", "Rename it.")
        if is_ours(kind) and _is_vector(field.name, value):
            written[field.name] = _plain(value.tolist(), place)
        elif field.init:
            is_static = field.metadata.get("static", False)
            written[field.name] = _to_json(value, place, is_static)
    return written


def _to_json(value: Any, path: str, is_static: bool) -> Any:
    if isinstance(value, Node):
        return _node_to_dict(value, path)
    if value is None or isinstance(value, bool) or (is_static and isinstance(value, str)):
        return value
    if type(value) in (list, tuple):
        return [_to_json(v, f"{path}[{i}]", is_static) for i, v in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {k: _to_json(v, inside(path, k), is_static) for k, v in value.items()}
    if isinstance(value, Tracer):
        _refuse(TypeError, path, "a traced value", "Call to_dict outside of jit and vmap.")
    if is_static and isinstance(value, float) and not math.isfinite(value):
        _refuse(ValueError, path, f"{value} in a static field", "Numbers are not static.")
    if isinstance(value, (int, float)):
        return _plain(int(value) if isinstance(value, int) else float(value), path)
    if isinstance(value, (np.ndarray, np.generic, jax.Array)) and is_number(value.dtype):
        array = np.asarray(value)
        if jnp.issubdtype(array.dtype, np.floating):
            array = array.astype(np.float64)
        numbers = _plain(array.tolist(), path)
        return {"array": numbers, "dtype": value.dtype.name} if array.ndim else numbers
    if callable(value):
        return {"function": _name_of(value, path)}
    advice = "Hold a number (of a random key, its seed), or declare text with static()."
    _refuse(TypeError, path, f"{value!r}, which is not a number", advice)


def _is_vector(name: str, value: Any) -> bool:
    """Whether a constructor makes this very array of a list."""
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.itemsize != 8:
        return False
    return value.dtype.kind in VECTORS.get(name, "")


def _plain(value: Any, path: str) -> Any:
    """Numbers as JSON has them."""
    if isinstance(value, list):
        return [_plain(v, path) for v in value]
    if isinstance(value, float) and math.isnan(value):
        _refuse(ValueError, path, "NaN", "Replace it by a number.")
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def _name_of(function: Any, path: str) -> str:
    """The name under which the module of a function has this very function."""
    if isinstance(function, jax.tree_util.Partial) and not function.args:
        function = function if function.keywords else function.func
    module = getattr(function, "__module__", None)
    name = getattr(function, "__qualname__", "")
    found = sys.modules.get(module or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not function:
        what = f"{function!r}, which its module does not have by a name"
        advice = "Write it as a node, or as a Table of its values."
        _refuse(ValueError, path, what, advice)
    return f"{module}.{name}"


def _refuse(kind: type[Exception], path: str, what: str, advice: str) -> NoReturn:
    raise kind(f"to_dict: {path or 'the node'} is {what}. {advice}")
