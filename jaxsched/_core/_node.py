"""The node: a frozen dataclass that is a pytree of its numbers.

Subclassing is enough. We register with keys and rebuild with `object.__new__`, so JAX
never runs `__post_init__`: it may validate, because only a user's call reaches it.
`jax.tree_util.register_dataclass` is not used. It calls the constructor on tracers, and
in jax 0.10.2 and 0.12.0.1 two of its classes with as many fields have equal tree
structures, so that `lax.cond` returns the wrong type without a word.
"""

import dataclasses
import functools
import math
from typing import Any, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer


def static(**kwargs: Any) -> Any:
    """Declares a field that is structure: hashable, never traced, part of the treedef.

    >>> import jaxsched as js
    >>> class Named(js.AbstractSchedule):
    ...     value: float
    ...     name: str = js.static(default="mine")
    ...     def evaluate(self, count):
    ...         return self.value
    >>> jax.tree.leaves(Named(0.1))
    [0.1]
    """
    metadata = {**kwargs.pop("metadata", {}), "static": True}
    return dataclasses.field(metadata=metadata, **kwargs)


@dataclass_transform(
    frozen_default=True, eq_default=False, field_specifiers=(static, dataclasses.field)
)
class Node:
    """Base of everything that is data here: schedules, curves, controllers."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # eq=False: leaves may be arrays, whose comparison has no single truth value.
        dataclasses.dataclass(frozen=True, eq=False, repr=False)(cls)
        _hold_floats(cls)
        _register(cls)

    def __repr__(self) -> str:
        fields = [f for f in dataclasses.fields(self) if not _is_left_out(self, f)]  # pyright: ignore[reportArgumentType] - every subclass is a dataclass
        inner = ", ".join(f"{f.name}={_text(getattr(self, f.name))}" for f in fields)
        return f"{type(self).__name__}({inner})"

    def __getstate__(self) -> dict[str, Any]:
        """Only the fields: what is cached beside them belongs to this process."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}  # pyright: ignore[reportArgumentType] - every subclass is a dataclass

    def replace(self, **changes: Any) -> Any:
        """A copy with some fields changed, validated like a new one."""
        return dataclasses.replace(self, **changes)  # pyright: ignore[reportArgumentType] - every subclass is a dataclass


def _hold_floats(cls: type) -> None:
    """Makes a whole number in a field of values a float: it can be differentiated.

    Only at construction. A tree made by JAX holds what JAX put there, `in_axes` of 0
    among it.
    """
    reals = [f.name for f in dataclasses.fields(cls) if f.type in (float, "float")]
    original = cls.__init__

    @functools.wraps(original)
    def __init__(self, *args, **kwargs):
        original(self, *args, **kwargs)
        for name in reals:
            value = getattr(self, name)
            if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
                object.__setattr__(self, name, float(value))
            elif isinstance(value, (np.ndarray, jax.Array)) and value.dtype.kind in "iu":
                object.__setattr__(self, name, value.astype(float))

    cls.__init__ = __init__


def _register(cls: type) -> None:
    fields = dataclasses.fields(cls)
    static_names = tuple(f.name for f in fields if f.metadata.get("static"))
    names = tuple(f.name for f in fields if not f.metadata.get("static"))
    keys = tuple(jax.tree_util.GetAttrKey(name) for name in names)

    def leaves(node):
        return tuple(getattr(node, name) for name in names)

    def aux(node):
        return tuple(getattr(node, name) for name in static_names)

    def flatten_with_keys(node):
        return tuple(zip(keys, leaves(node), strict=True)), aux(node)

    def flatten(node):
        return leaves(node), aux(node)

    def unflatten(aux, children):
        node = object.__new__(cls)
        node.__dict__.update(zip(names, children, strict=True))
        node.__dict__.update(zip(static_names, aux, strict=True))
        return node

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


def _is_left_out(node: Any, field: Any) -> bool:
    """Whether an optional part was not given; numbers are always shown."""
    return field.default is None and getattr(node, field.name) is None


def _text(value: Any) -> str:
    """A field as code: arrays as the lists that they were made from."""
    if isinstance(value, Tracer):
        return f"<traced {value.aval.str_short()}>"
    if isinstance(value, (np.ndarray, np.generic, jax.Array)):
        if jnp.issubdtype(value.dtype, jax.dtypes.extended):
            return str(value)
        return _text(to_python(np.asarray(value)))
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"  # `inf` alone is no code
    if isinstance(value, tuple):
        inner = ", ".join(_text(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, jax.tree_util.Partial) and not value.args:
        return getattr(value.func, "__qualname__", repr(value.func))
    return repr(value)


def to_python(value: np.ndarray) -> Any:
    """Python numbers with the fewest digits that give back the same array."""
    if value.ndim:
        return [to_python(v) for v in value]
    return float(str(value)) if np.issubdtype(value.dtype, np.floating) else value.item()
