"""What the processes of a sweep have to agree on; with one process, nothing happens."""

from typing import Any

import jax
import numpy as np


def is_first() -> bool:
    """Whether this is the process that prints and writes."""
    return jax.process_index() == 0


def wait_for_all(place: str) -> None:
    """Returns when every process is there."""
    if jax.process_count() > 1:
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(place)


def least(number: int) -> int:
    """The least of the numbers that the processes have, at most 2^31 - 1."""
    if jax.process_count() == 1:
        return number
    return int(to_host(np.asarray([number], np.int32)).min())


def all_say(yes: bool) -> bool:
    """Whether it is so in every process."""
    return bool(least(int(yes)))


def to_host(tree: Any) -> Any:
    """All of some arrays, wherever their parts are."""
    if jax.process_count() > 1:
        from jax.experimental import multihost_utils

        tree = multihost_utils.process_allgather(tree, tiled=True)
    return jax.tree.map(np.asarray, tree)
