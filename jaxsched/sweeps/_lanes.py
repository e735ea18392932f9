"""Lanes in training: members times seeds, side by side on the devices.

A chunk of K updates is one jitted scan, `vmap` over the lanes of a device inside
`shard_map` over the devices, which never talk to each other.
"""

import collections
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ._cache import kept, kept_by_task
from ._processes import to_host
from ._trace import evaluating, starting, stepping

AXIS = "sweep"


class Layout(NamedTuple):
    """How lanes are laid out; they are padded with the last one, a real lane.

    Attributes:
        mesh: the devices; its one axis is named "sweep".
        num_lanes: members times seeds.
        turns: how many batches a device trains one after the other.
        batch_size: lanes of a batch.
    """

    mesh: Mesh
    num_lanes: int
    turns: int
    batch_size: int

    @property
    def size(self) -> int:
        """Lanes with those that pad."""
        return self.mesh.size * self.turns * self.batch_size

    @property
    def sharding(self) -> NamedSharding:
        """Of an array whose leading axis is the lanes."""
        return NamedSharding(self.mesh, PartitionSpec(AXIS))

    def padded(self, lanes: np.ndarray) -> np.ndarray:
        """Numbers of lanes, the last one again and again to the size of the layout."""
        return np.pad(lanes, (0, self.size - len(lanes)), mode="edge")


def layout(mesh: Mesh, num_lanes: int, most: int | None = None) -> Layout:
    """Equal batches of at most `most` lanes; all of a device's lanes by default.

    A last batch that is smaller would compile the training a second time.
    """
    on_device = -(-num_lanes // mesh.size)
    turns = -(-on_device // min(most or on_device, on_device))
    return Layout(mesh, num_lanes, turns, -(-on_device // turns))


class Chunk(NamedTuple):
    """What the lanes reported in a chunk, on the host.

    Attributes:
        done: updates done at its end.
        curves: `[lanes, steps]`, by name.
        evaluation: `[lanes]`, by name.
    """

    done: int
    curves: dict[str, np.ndarray]
    evaluation: dict[str, np.ndarray]


class Trainer:
    """Trains lanes a chunk at a time.

    Between two chunks the caller may read and replace `state`, and `take` lanes.

    Attributes:
        layout: where the lanes are.
        state: of all lanes after the chunks sent, each leaf with a leading axis of
            `layout.size`. The next `advance` donates it.
        done: updates done, those that were sent included.
    """

    def __init__(self, task: Any, layout: Layout, state: Any = None, done: int = 0):
        self.task, self.layout = task, layout
        self.state, self.done = state, done
        self._sent: collections.deque[Any] = collections.deque()
        self._kept: dict[Any, _Programs] = {}

    def start(self, batch: Any, key: jax.Array, num_seeds: int) -> None:
        """A lane for each member and seed, member by member."""
        lane = self.layout.padded(np.arange(self.layout.num_lanes))
        keys = jax.random.split(key, num_seeds)
        place = place_on(self.layout.sharding)
        lanes = place((batch, keys), (lane // num_seeds, lane % num_seeds))
        self.state, self.done = self._programs(0).init(*lanes), 0

    def chunks(
        self, num_steps: int, chunk_steps: int, *, ahead: bool = False
    ) -> Iterator[Chunk]:
        """Trains up to a number of updates, and gives what each chunk reported.

        Args:
            num_steps: updates to have done at the end.
            chunk_steps: updates of a chunk; the last one may be shorter.
            ahead: whether the devices train the next chunk while the caller has one.
                Then `state` is not of the chunk that the caller has.
        """
        while self.done < num_steps or self._sent:
            while self.done < num_steps and len(self._sent) < (2 if ahead else 1):
                self.advance(min(chunk_steps, num_steps - self.done))
            yield self.read()

    def advance(self, length: int) -> None:
        """Sends a chunk of so many updates to the devices."""
        self.state, *reports = self._programs(length).advance(self.state)
        self.done += length
        self._sent.append((self.done, self.layout.num_lanes, reports))

    def read(self) -> Chunk:
        """Waits for the oldest chunk sent."""
        done, num_lanes, reports = self._sent.popleft()
        jax.block_until_ready(reports)  # unlike reading, it lets Ctrl-C through
        curves, evaluation = jax.tree.map(lambda x: x[:num_lanes], to_host(reports))
        return Chunk(done, curves, evaluation)

    def take(self, lanes: Any) -> None:
        """Goes on with these lanes, by number: fewer, in another order, or some twice."""
        lanes = np.asarray(lanes)
        whole = self.layout.turns == 1
        most = None if whole else self.layout.batch_size
        self.layout = layout(self.layout.mesh, len(lanes), most)
        rows = self.layout.padded(lanes)
        (self.state,) = place_on(self.layout.sharding)((self.state,), (rows,))

    def _programs(self, length: int) -> "_Programs":
        whole = self.layout.turns == 1
        batch_size = None if whole else self.layout.batch_size
        if (length, batch_size) not in self._kept:
            made = _programs(self.task, self.layout.mesh, batch_size, length)
            self._kept[length, batch_size] = made
        return self._kept[length, batch_size]


class _Programs:
    """The compiled functions of a task: from keys to states, from states to states."""

    def __init__(self, task: Any, mesh: Mesh, batch_size: int | None, length: int):
        over_lanes = functools.partial(_over_lanes, mesh, batch_size)

        def advance(state):
            def step(state, _):
                return stepping(task, state)

            state, metrics = jax.lax.scan(step, state, length=length)
            return state, metrics, evaluating(task, state, metrics)

        self.init = jax.jit(over_lanes(functools.partial(starting, task)))
        # The old state is never read again, and on an accelerator it is the largest.
        self.advance = jax.jit(over_lanes(advance), donate_argnums=0)


@kept_by_task
def _programs(task: Any, mesh: Mesh, batch_size: int | None, length: int) -> _Programs:
    """Kept, so that a second sweep of a task does not compile again."""
    return _Programs(task, mesh, batch_size, length)


def _over_lanes(mesh: Mesh, batch_size: int | None, function: Callable) -> Callable:
    def on_device(*lanes):
        if batch_size is None:
            return jax.vmap(function)(*lanes)
        return jax.lax.map(lambda lane: function(*lane), lanes, batch_size=batch_size)

    # Without the check: a scan over a state that starts from a constant and mixes with
    # the data of a lane, which is what training does, does not pass it.
    spec = PartitionSpec(AXIS)
    return jax.shard_map(
        on_device, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False
    )


@kept
def place_on(sharding: NamedSharding) -> Callable[..., Any]:
    """Rows of trees, on the devices; one array of row numbers for each tree."""

    def place(trees, rows):
        return tuple(
            jax.tree.map(lambda leaf, at=at: leaf[at], tree)
            for tree, at in zip(trees, rows, strict=True)
        )

    return jax.jit(place, out_shardings=sharding)
