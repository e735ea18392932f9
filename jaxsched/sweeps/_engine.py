"""The engine: members x seeds trained side by side in one compiled program.

A chunk of K updates is one jitted scan, `vmap` over the lanes of a device inside
`shard_map` over the devices. The host loop around the chunks is the one seam for
evaluation, progress and checkpoints. Devices never talk to each other.
"""

import contextlib
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import chex
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxsched._core import checks

from . import _checkpoint as checkpoint
from ._progress import Progress, reporter
from ._result import SweepResult
from ._space import as_members
from ._stack import num_members, unstack

AXIS = "sweep"


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
        batch_size: lanes that a device trains at a time, where memory is short; all by
            default.
        mesh: the devices, all by default; its one axis is named "sweep".
        checkpoint_dir: where to save after each chunk (with Orbax, extra `checkpoint`)
            and to resume from; a folder of another sweep is refused.
        progress: a bar or lines; or a function that is called after each chunk.

    Returns:
        Curves, evaluations and settings of all members and seeds.

    Raises:
        ValueError: for a number that is not positive, an empty batch, or a
            `checkpoint_dir` of another sweep.

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
    checks.size("sweeps.run", num_steps=num_steps, num_seeds=num_seeds)
    batch, settings = as_members(schedules)
    num = num_members(batch)
    chunk_steps = default_chunk(num_steps) if chunk_steps is None else chunk_steps
    checks.size("sweeps.run", chunk_steps=chunk_steps)
    if batch_size is not None:
        checks.size("sweeps.run", batch_size=batch_size)
    key = _typed(key)
    mesh = mesh or Mesh(np.asarray(jax.devices()), (AXIS,))

    lanes = _lanes(batch, key, num, num_seeds, mesh)
    plan = checkpoint.Plan(
        checkpoint_dir, batch, key, num_steps, num_seeds, chunk_steps, task
    )
    programs = _compiler(task, mesh, batch_size)
    report = reporter(progress, num * num_seeds, num_steps)

    start = time.perf_counter()
    done, state, reported, evaluated = plan.restore(
        lambda: programs(0).init(*lanes), NamedSharding(mesh, PartitionSpec(AXIS))
    )
    texts: list[str] = []
    running: list[tuple[int, Any, Any]] = []
    with contextlib.closing(plan), report as tell:
        while done < num_steps or running:
            if done < num_steps:
                length = min(chunk_steps, num_steps - done)
                state, metrics, evaluation = programs(length).advance(state)
                done += length
                running.append((done, metrics, evaluation))
            texts = texts or [repr(member) for member in unstack(batch)]
            if len(running) == 1 and done < num_steps and not plan.is_on:
                continue  # read what a chunk reported while the devices run the next
            count, metrics, evaluation = running.pop(0)
            reported.append(_to_host(metrics))
            evaluated.append((count, _to_host(evaluation)))
            plan.save(count, state, reported, evaluated)
            seconds = time.perf_counter() - start
            tell(Progress(count, num_steps, num * num_seeds, seconds))

    def shaped(parts: list[dict[str, np.ndarray]], name: str) -> np.ndarray:
        table = np.concatenate([part[name] for part in parts], axis=1)
        return table[: num * num_seeds].reshape(num, num_seeds, -1)

    evaluations = [
        {name: values[:, None] for name, values in part.items()} for _, part in evaluated
    ]
    return SweepResult(
        curves={name: shaped(reported, name) for name in reported[0]},
        evaluations={name: shaped(evaluations, name) for name in evaluations[0]},
        eval_steps=np.asarray([count for count, _ in evaluated]),
        settings=settings,
        schedules=texts or [repr(member) for member in unstack(batch)],
        seeds=list(range(num_seeds)),
        seconds=time.perf_counter() - start,
    )


def default_chunk(num_steps: int) -> int:
    """About a twentieth of the steps, and a divisor of them if one is near.

    A remainder would compile the training a second time.
    """
    wish = -(-num_steps // 20)
    divisors = [k for k in range(wish, min(4 * wish, num_steps) + 1) if num_steps % k == 0]
    return divisors[0] if divisors else wish


class _Programs:
    """The compiled functions of a task: from keys to states, from states to states."""

    def __init__(self, task: Any, mesh: Mesh, batch_size: int | None, length: int):
        over_lanes = functools.partial(_over_lanes, mesh, batch_size)

        def advance(state):
            def step(state, _):
                state, metrics = task.step(state)
                return state, _named(metrics)

            state, metrics = jax.lax.scan(step, state, length=length)
            evaluate = getattr(task, "evaluate", None)
            evaluation = _named(evaluate(state)) if evaluate else {}
            twice = sorted(set(metrics) & set(evaluation))
            if twice:
                raise ValueError(
                    f"sweeps.run needs a task whose step and evaluate report different "
                    f"names, got {', '.join(twice)} from both. Rename one."
                )
            return state, metrics, evaluation

        def init(schedule, key):
            return jax.tree.map(jnp.asarray, task.init(schedule, key))

        self.init = jax.jit(over_lanes(init))
        # The old state is never read again, and on an accelerator it is the largest.
        self.advance = jax.jit(over_lanes(advance), donate_argnums=0)


@functools.lru_cache(maxsize=64)
def _programs(task: Any, mesh: Mesh, batch_size: int | None, length: int) -> _Programs:
    """Kept, so that a second sweep of a task does not compile again."""
    return _Programs(task, mesh, batch_size, length)


def _compiler(task: Any, mesh: Mesh, batch_size: int | None) -> Callable[[int], _Programs]:
    """A frozen dataclass or a tuple is what it is; anything else may change."""
    by_value = type(task).__hash__ not in (None, object.__hash__)
    if by_value:
        return functools.partial(_programs, task, mesh, batch_size)
    return functools.cache(functools.partial(_Programs, task, mesh, batch_size))


def clear_programs() -> None:
    """Forgets what is compiled, and the tasks that it was compiled for."""
    _programs.cache_clear()
    _place.cache_clear()


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


def _lanes(
    batch: Any, key: jax.Array, num: int, num_seeds: int, mesh: Mesh
) -> tuple[Any, jax.Array]:
    """A lane for each member and seed, padded with the last one to fill the devices."""
    size = -(-num * num_seeds // mesh.size) * mesh.size
    lane = np.minimum(np.arange(size), num * num_seeds - 1)
    keys = jax.random.split(key, num_seeds)
    return _place(mesh)(batch, keys, lane // num_seeds, lane % num_seeds)


@functools.lru_cache(maxsize=16)
def _place(mesh: Mesh) -> Callable[..., Any]:
    def place(batch, keys, member, seed):
        return jax.tree.map(lambda leaf: leaf[member], batch), keys[seed]

    return jax.jit(place, out_shardings=NamedSharding(mesh, PartitionSpec(AXIS)))


def _typed(key: Any) -> jax.Array:
    if not isinstance(key, jax.Array):
        raise TypeError(
            f"sweeps.run(key=...) must be a JAX random key, got {key!r}. "
            f"Make one: jax.random.key(0)."
        )
    is_typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return key if is_typed else jax.random.wrap_key_data(key)


def _named(metrics: Any) -> dict[str, Any]:
    named = dict(metrics) if isinstance(metrics, dict) else {"loss": metrics}
    for name, value in named.items():
        chex.assert_shape(
            value,
            (),
            custom_message=f"sweeps.run needs a task that reports numbers, but its "
            f"{name!r} has shape {jnp.shape(value)}. Take a mean",
        )
    return named


def _to_host(tree: Any) -> dict[str, np.ndarray]:
    if jax.process_count() > 1:
        from jax.experimental import multihost_utils

        tree = multihost_utils.process_allgather(tree, tiled=True)
    return jax.tree.map(np.asarray, tree)
