"""Schedules by name, with all their numbers in a few arrays.

A compiled step pays for each array that it is handed and for each node that Python has
to take apart: the numbers of two warmed-up cosines as leaves of the state cost a step of
a small model half of its time again. As one array for each type they cost next to
nothing, and XLA reads a number out of it where it uses it.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import Node, clock, static


class Layout(NamedTuple):
    """Where the numbers are: hashable, so that equal ones share a compiled program."""

    names: tuple[str, ...]
    structures: tuple[Any, ...]
    places: tuple[tuple["Place", ...], ...]


class Place(NamedTuple):
    """One number or vector: which array it is in, from where on, of which shape."""

    array: int
    start: int
    shape: tuple[int, ...]


class Packed(Node):
    """Schedules and controllers by name, like a frozen dict of them.

    `packed["learning_rate"]` is a schedule as it was given, its numbers now arrays.
    """

    layout: Layout = static()
    arrays: tuple[jax.Array, ...]

    @classmethod
    def of(cls, nodes: dict[str, Any], batch: tuple[int, ...] = ()) -> "Packed":
        """Copies their numbers, as arrays of the default types.

        Args:
            nodes: by name.
            batch: leading axes that their numbers have, or are given.
        """
        kinds: dict[Any, int] = {}
        parts: list[list[jax.Array]] = []
        sizes: list[int] = []
        structures, places = [], []
        for node in nodes.values():
            leaves, structure = jax.tree.flatten(node)
            structures.append(structure)
            leaves = _batched([jnp.asarray(clock.strong(x)) for x in leaves], batch)
            mine = []
            for leaf in leaves:
                which = kinds.setdefault(leaf.dtype, len(kinds))
                if which == len(parts):
                    parts.append([])
                    sizes.append(0)
                shape = leaf.shape[len(batch) :]
                mine.append(Place(which, sizes[which], shape))
                sizes[which] += math.prod(shape)
                parts[which].append(leaf.reshape(*batch, -1))
            places.append(tuple(mine))
        layout = Layout(tuple(nodes), tuple(structures), tuple(places))
        # `concatenate` of one array may be that array, which is the user's.
        return cls(layout, tuple(jnp.copy(jnp.concatenate(p, axis=-1)) for p in parts))

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order in which they were given."""
        return self.layout.names

    def items(self) -> dict[str, Any]:
        """All of them, as a dict."""
        return {name: self[name] for name in self.names}

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        at = self.names.index(name)
        leaves = [self._read(place) for place in self.layout.places[at]]
        return jax.tree.unflatten(self.layout.structures[at], leaves)

    def _read(self, place: Place) -> Any:
        array: Any = self.arrays[place.array]
        if hasattr(array, "get_value"):  # of Flax nnx, in which a variable holds it
            array = array.get_value()
        stop = place.start + math.prod(place.shape)
        if isinstance(array, np.ndarray):
            part = array[..., place.start : stop]
        else:
            part = jax.lax.slice_in_dim(array, place.start, stop, axis=-1)
        return part.reshape(array.shape[:-1] + place.shape)

    def __repr__(self) -> str:
        if not all(isinstance(array, (np.ndarray, jax.Array)) for array in self.arrays):
            return f"Packed({list(self.names)}, {self.arrays})"  # a tree of something else
        return f"Packed.of({self.items()!r})"

    def __reduce__(self) -> Any:
        batch = self.arrays[0].shape[:-1] if self.arrays else ()
        return _restored, (self.items(), batch, self.arrays)


def _restored(nodes: dict[str, Any], batch: tuple[int, ...], arrays: Any) -> Packed:
    """From what can be pickled, which the structure of a tree cannot."""
    return Packed(Packed.of(nodes, batch).layout, arrays)


def _batched(leaves: list[jax.Array], batch: tuple[int, ...]) -> list[jax.Array]:
    """With the leading axes of a batch: as they come if all have them, else repeated."""
    if all(leaf.shape[: len(batch)] == batch for leaf in leaves):
        return leaves
    return [jnp.broadcast_to(leaf, batch + leaf.shape) for leaf in leaves]
