"""Calls outside any trace: one compiled function for all schedules of a structure."""

import functools
from collections.abc import Callable
from typing import Any

import jax
from jax.core import Tracer

from . import _checks as checks
from . import _clock as clock


class Eager:
    """A schedule made ready for calls outside any trace; no leaves if it is traced."""

    __slots__ = ("compiled", "dtype", "leaves")

    def __init__(self, compiled: Any, leaves: list[jax.Array] | None):
        self.compiled = compiled
        self.leaves = leaves
        self.dtype = clock.float_dtype()


def prepare(schedule: Any) -> Eager:
    """Puts the numbers on the device once, and remembers that beside the schedule."""
    checks.resolved(schedule)
    leaves, treedef = jax.tree.flatten(schedule)
    if any(isinstance(leaf, Tracer) for leaf in leaves):
        eager = Eager(None, None)
    else:
        with jax.ensure_compile_time_eval():
            arrays = [clock.strong(leaf) for leaf in leaves]
        eager = Eager(_compiled(treedef), arrays)
    object.__setattr__(schedule, "_eager", eager)
    return eager


@functools.lru_cache(maxsize=4096)
def _compiled(treedef: Any) -> Callable[..., jax.Array]:
    """One compiled function for all schedules of a structure."""

    @jax.jit
    def call(leaves, count):
        return jax.tree.unflatten(treedef, leaves)._at(count)

    return call
