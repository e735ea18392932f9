"""The engine: members x seeds trained side by side in one compiled program.

The host loop around the chunks is the one seam for evaluation, progress and checkpoints.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import jax
import numpy as np
from jax.sharding import Mesh

from jaxsched._core import checks, random_key

from ._cache import clear_programs as clear_programs
from ._checkpoint import Plan
from ._history import History
from ._interrupt import postponed
from ._lanes import AXIS, Trainer
from ._members import as_members
from ._memory import planned
from ._processes import all_say, is_first
from ._progress import Progress, reporter
from ._result import SweepResult
from ._stack import num_members, unstack
from ._trace import trace


class Task(Protocol):
    """A training run as pure functions. `evaluate(state) -> metrics` is optional."""

    def init(self, schedule: Any, key: jax.Array) -> Any:
        """The state before the first update; keeps the schedule, in the optimizer."""

    def step(self, state: Any) -> tuple[Any, Any]:
        """One update: the next state, and a number or a dict of numbers."""
        ...


def run(
    task: Task,
    schedules: Any,
    *,
    num_steps: int,
    key: jax.Array,
    num_seeds: int = 1,
    chunk_steps: int | None = None,
    batch_size: int | None = None,
    mesh: Mesh | None = None,
    checkpoint_dir: str | Path | None = None,
    progress: bool | Callable[[Progress], None] = True,
) -> SweepResult:
    """Trains every schedule with every seed, in one compiled program.

    Seeds are paired: seed `j` is the same key for all members. A member that diverges
    disturbs no other.

    Args:
        task: anything with pure `init(schedule, key)`, `step(state)` and, if it has
            one, `evaluate(state)`. A second sweep of the same task does not compile
            again if the task is compared by value, as a frozen dataclass is.
        schedules: what `grid`, `sample`, `pool` or `stack` gave, or a list.
        num_steps: updates of each member.
        key: a JAX random key, split into one for each seed.
        num_seeds: runs of each member.
        chunk_steps: updates between two evaluations; about a twentieth of `num_steps`
            by default.
        batch_size: the most lanes (members times seeds) that a device trains at a time;
            by default all, or as many as half of its free memory is sure to hold.
        mesh: the devices, all by default; its one axis is named "sweep".
        checkpoint_dir: where to save after each chunk (with Orbax, extra `checkpoint`)
            and to resume from; a folder of another sweep is refused. A first Ctrl-C then
            ends the chunk and saves it, a second one stops at once. Several processes
            need a disk that they share.
        progress: a bar or lines; or a function that is called after each chunk, in
            every process.

    Returns:
        Curves, evaluations and settings of all members and seeds.

    Raises:
        ValueError: for a number that is not positive, an empty batch, another mesh, or
            a `checkpoint_dir` of another sweep.
        MemoryError: if the members are more than the devices can hold.
        OSError: if the disk is full; what was saved before is whole.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, jax.random.normal(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {"loss": x * x}
    >>> members = js.grid(js.Constant, value=[0.1, 0.5])
    >>> result = run(Descent(), members, num_steps=20, key=jax.random.key(0),
    ...              progress=False)
    >>> result.settings[result.ranking("loss")[0]]
    {'value': 0.5}
    """
    start = time.perf_counter()
    checks.size("sweeps.run", num_steps=num_steps, num_seeds=num_seeds)
    batch, settings = as_members(schedules)
    chunk_steps = default_chunk(num_steps) if chunk_steps is None else chunk_steps
    checks.size("sweeps.run", chunk_steps=chunk_steps)
    if batch_size is not None:
        checks.size("sweeps.run", batch_size=batch_size)
        batch_size = int(batch_size)
    # Those of NumPy are none in JSON.
    num_steps, num_seeds, chunk_steps = map(int, (num_steps, num_seeds, chunk_steps))
    num_lanes = num_members(batch) * num_seeds
    key = random_key("sweeps.run", key)
    mesh = mesh or Mesh(np.asarray(jax.devices()), (AXIS,))
    if mesh.axis_names != (AXIS,):
        raise ValueError(
            f"sweeps.run(mesh=...) must have one axis, named {AXIS!r}, got "
            f"{mesh.axis_names}. Make it: jax.sharding.Mesh(devices, ({AXIS!r},))."
        )
    traced = trace(task, batch, key)

    numbers = {"num_steps": num_steps, "num_seeds": num_seeds, "chunk_steps": chunk_steps}
    plan = Plan(checkpoint_dir, traced, task, batch, key, numbers)
    with contextlib.closing(plan):
        most = batch_size or plan.batch_size(mesh)
        where = planned(traced, mesh, num_lanes, chunk_steps, num_seeds, most)
        trainer = Trainer(task, where)
        history = plan.restore(trainer)
        if history is None:
            trainer.start(batch, key, num_seeds)
            history = History()
        texts: list[str] = []
        with _watched(progress, history, num_lanes, num_steps, start, plan) as watch:
            for chunk in trainer.chunks(num_steps, chunk_steps, ahead=not plan.is_on):
                history.add(chunk)
                plan.save(trainer, history)
                # Here, since the devices are busy with the next chunk.
                texts = texts or [repr(member) for member in unstack(batch)]
                watch()

    def shaped(tables: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        shape = (num_lanes // num_seeds, num_seeds, -1)
        return {name: table.reshape(shape) for name, table in tables.items()}

    return SweepResult(
        curves=shaped(history.curves()),
        evaluations=shaped(history.evaluations()),
        eval_steps=history.eval_steps,
        settings=settings,
        schedules=texts or [repr(member) for member in unstack(batch)],
        seeds=list(range(num_seeds)),
        seconds=time.perf_counter() - start,
    )


@contextlib.contextmanager
def _watched(
    progress: bool | Callable[[Progress], None],
    history: History,
    num_lanes: int,
    num_steps: int,
    start: float,
    plan: Plan,
) -> Iterator[Callable[[], None]]:
    """Gives what is called after each chunk: tells of it, and stops for a Ctrl-C."""
    resumed_at = history.done
    notice = _NOTICE if progress is True and is_first() else ""
    report = reporter(progress, num_lanes, num_steps)
    try:
        with report as tell, postponed(plan.is_on, notice) as wants_to_stop:

            def watch():
                tell(
                    Progress(
                        done=history.done,
                        num_steps=num_steps,
                        num_lanes=num_lanes,
                        seconds=time.perf_counter() - start,
                        resumed_at=resumed_at,
                        best=history.best,
                        num_diverged=history.num_diverged,
                    )
                )
                # All processes stop if one is to.
                if plan.is_on and not all_say(not wants_to_stop()):
                    raise KeyboardInterrupt

            yield watch
    except KeyboardInterrupt:
        raise KeyboardInterrupt(plan.when_stopped(history.done)) from None


def metric_names(task: Task, schedules: Any, *, key: jax.Array) -> tuple[str, ...]:
    """Names of what a sweep would report and evaluate; nothing is compiled.

    Args:
        task: what `run` takes.
        schedules: what `run` takes.
        key: a JAX random key.

    >>> import jaxsched as js
    >>> metric_names(js.tasks.Digits(), [js.Constant(0.1)], key=jax.random.key(0))
    ('learning_rate', 'loss', 'validation_accuracy', 'validation_loss')
    """
    batch, _ = as_members(schedules)
    traced = trace(task, batch, random_key("sweeps.metric_names", key))
    return (*sorted(traced.metrics), *sorted(traced.evaluation))


_NOTICE = "Stops when this chunk is saved; another Ctrl-C stops at once."


def default_chunk(num_steps: int) -> int:
    """About a twentieth of the steps, and a divisor of them if one is near.

    A remainder would compile the training a second time.
    """
    return dividing(num_steps, -(-num_steps // 20))


def dividing(num_steps: int, wish: int) -> int:
    """A chunk that divides the steps, from the one wished for to four times that."""
    divisors = [k for k in range(wish, min(4 * wish, num_steps) + 1) if num_steps % k == 0]
    return divisors[0] if divisors else wish
