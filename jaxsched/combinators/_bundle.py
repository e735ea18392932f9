"""Several schedules under their names: a plan for everything that changes in a run."""

from collections.abc import Iterator
from typing import Any

import jax

from jaxsched._core import CountLike, Node, ScheduleLike, as_schedule, checks, to_html


class Bundle(Node):
    """Schedules by name; called with a count, it gives a value for each.

    Made by `bundle`. It is a pytree like a schedule, so a sweep batches a whole plan,
    and a mapping, so that `scheduled(optax.adamw, **plan)` takes it.

    Args:
        schedules: from a name to a schedule, number or function of the count.

    >>> import jaxsched as js
    >>> plan = Bundle({"learning_rate": js.Transition(0.0, 1.0, 4), "temperature": 2.0})
    >>> plan(2)
    {'learning_rate': Array(0.5, dtype=float32), 'temperature': Array(2., dtype=float32)}
    """

    schedules: Any

    def __post_init__(self):
        schedules = {name: as_schedule(value) for name, value in self.schedules.items()}
        object.__setattr__(self, "schedules", schedules)
        checks.some(self, "schedules")

    def __call__(self, count: CountLike) -> dict[str, jax.Array]:
        """The value of each schedule at a count, or at each count of an array."""
        return {name: schedule(count) for name, schedule in self.schedules.items()}

    def __getitem__(self, name: str) -> Any:
        if name not in self.schedules:
            known = ", ".join(self.schedules)
            raise KeyError(f"Bundle has no {name!r}. It has {known}.")
        return self.schedules[name]

    def keys(self) -> Any:
        """The names."""
        return self.schedules.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.schedules)

    def __len__(self) -> int:
        return len(self.schedules)

    def _repr_html_(self) -> str:
        return to_html(self, self.schedules)

    def horizon(self) -> Any:
        """The count from which no value changes any more."""
        return max(schedule.horizon() for schedule in self.schedules.values())


def bundle(**schedules: ScheduleLike) -> Bundle:
    """Learning rate, momentum, weight decay, batch size, temperature: one plan.

    Args:
        **schedules: a schedule, number or function of the count for each name.

    >>> import jaxsched as js
    >>> plan = bundle(
    ...     learning_rate=js.onecycle_schedule(0.0, 1.0, warmup_steps=4, decay_steps=4),
    ...     b1=js.onecycle_momentum_schedule(1.0, 0.5, warmup_steps=4, decay_steps=4),
    ...     batch_size=js.PiecewiseConstant([4], [256, 512]),
    ... )
    >>> {name: float(value) for name, value in plan(4).items()}
    {'learning_rate': 1.0, 'b1': 0.5, 'batch_size': 512.0}
    """
    return Bundle(schedules)
