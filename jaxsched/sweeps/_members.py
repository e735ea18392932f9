"""Members of a sweep: a batched schedule, and the table of its settings."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxsched._core import AbstractSchedule, checks, to_python

from ._stack import num_members, stack, unstack

Settings = list[dict[str, Any]]


class Members(NamedTuple):
    """A batched schedule and the table of its settings, a row a member."""

    schedules: Any
    settings: Settings

    def __repr__(self) -> str:
        # Of many the numbers would fill pages.
        names = dict.fromkeys(name for row in self.settings for name in row)
        return f"Members({len(self.settings)} schedules: {', '.join(names)})"


def pool(**families: Members) -> Members:
    """Several tables of members as one; settings get the name of their family.

    >>> import jaxsched as js
    >>> both = pool(constant=js.grid(js.Constant, value=[0.1, 0.2]),
    ...             linear=js.grid(js.Transition, init_value=[0.1], end_value=[0.0],
    ...                            transition_steps=[100]))
    >>> [row["family"] for row in both.settings]
    ['constant', 'constant', 'linear']
    """
    schedules, settings = [], []
    for name, members in families.items():
        schedules += unstack(members.schedules)
        if any("family" in row for row in members.settings):
            raise ValueError(
                f"pool({name}=...) needs settings without a 'family', which it adds. "
                f"Rename the argument of the factory."
            )
        settings += [{"family": name, **row} for row in members.settings]
    return Members(stack(schedules), settings)


def as_members(schedules: Any) -> Members:
    """What a sweep takes: a table of members, a batch, or a sequence of schedules."""
    if isinstance(schedules, Members):
        num = num_members(schedules.schedules)
        of, rows = "members of the batch", len(schedules.settings)
        checks.matching("sweeps.run", "settings", rows, of, num, num)
        names = {name for row in schedules.settings for name in row}
        taken = {"member", "seed", "diverged"} & names
        if taken:
            raise ValueError(
                f"sweeps.run needs settings that are not columns of the results, got "
                f"{', '.join(sorted(taken))}. Rename the argument of the factory."
            )
        rows = [{k: plain(v) for k, v in row.items()} for row in schedules.settings]
        return Members(schedules.schedules, rows)
    if not isinstance(schedules, AbstractSchedule):
        if not isinstance(schedules, Iterable):
            raise TypeError(
                f"sweeps.run(schedules) must be members, a batch, or a sequence of "
                f"schedules, got {schedules!r}. Put one into a list."
            )
        schedules = stack(schedules)
    return Members(schedules, [{} for _ in range(num_members(schedules))])


def plain(value: Any) -> Any:
    """A setting as what a file can hold: a number, a word, or the code of an object."""
    if isinstance(value, (np.generic, np.ndarray, jax.Array)):
        value = to_python(np.asarray(value))
    if isinstance(value, list):
        return [plain(v) for v in value]
    is_plain = value is None or isinstance(value, (bool, int, float, str))
    return value if is_plain else repr(value)
