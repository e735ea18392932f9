"""The edge beyond which a constant learning rate diverges."""

import dataclasses
from typing import Any

import jax
import numpy as np

from jaxsched._core import checks, random_key
from jaxsched.sweeps import Members, Task, run, stack

from ._reported import check_divergence, reported


def divergence_edge(
    task: Task,
    *,
    key: jax.Array,
    num_steps: int = 100,
    num_seeds: int = 1,
    low: float = 1e-4,
    high: float = 1e2,
    rounds: int = 5,
    num_rates: int = 7,
    loss: str = "loss",
    divergence: float = 4.0,
) -> np.ndarray:
    r"""The largest constant rate with which training does not diverge, for each seed.

    A bisection by many lanes at once: each round tries `num_rates` rates between the
    largest known to be safe and the smallest known to diverge, so that the ratio of
    these two shrinks to its $1 / (k + 1)$-th power. A run diverges if its loss is ever
    not finite or above `divergence` times its first, even if it comes back: a network
    that exploded and died has a loss like that of its start. Rates are supposed to be
    safe below an edge and not above it; where they are not, an edge is found, not the
    first.

    Args:
        task: what `sweeps.run` takes.
        key: a JAX random key, split as `sweeps.run` does.
        num_steps: updates of each run.
        num_seeds: edges to find; each seed has its own start and data.
        low: a rate that is safe, above 0.
        high: a rate that is not.
        rounds: of the bisection.
        num_rates: $k$, rates that a round tries for each seed.
        loss: the metric.
        divergence: times the first loss, above 1.

    Returns:
        The largest safe rates, `[seeds]`, within a factor $(h / l)^{(k + 1)^{-r}}$ of the
        edge after $r$ rounds: `low` where none was safe, so close below `high` where
        all were.

    Raises:
        ValueError: for a number out of its range, or a loss below 0.
        KeyError: if the loss is not reported.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, 1 + jax.random.uniform(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {"loss": x * x}
    >>> edge = divergence_edge(Descent(), key=jax.random.key(0), num_steps=500)
    >>> edge.round(3).tolist()  # |1 - rate| is 1 at 2
    [2.001]
    """
    check_divergence("divergence_edge", divergence)
    checks.size("divergence_edge", rounds=rounds, num_rates=num_rates, num_seeds=num_seeds)
    checks.positive("divergence_edge", low=low, high=high)
    given, advice = f"low={low} and high={high}", "Swap them, or take finite ones."
    checks.consistent(
        "divergence_edge", "low < high < inf", low < high < np.inf, given, advice
    )
    keys = jax.random.split(random_key("divergence_edge", key), num_seeds)
    paired = _Paired(task, None if _is_value(task) else object())
    safe, wild = np.full(num_seeds, float(low)), np.full(num_seeds, float(high))
    shares = np.arange(1, num_rates + 1)[:, None] / (num_rates + 1)
    seeds = np.arange(num_seeds)
    for _ in range(rounds):
        rates = safe * (wild / safe) ** shares  # [rates, seeds]
        losses = _trained(paired, rates, keys, num_steps, loss)
        low_enough = losses <= divergence * losses[..., :1]
        bad = ~(np.isfinite(losses) & low_enough).all(axis=-1)
        num_safe = np.where(bad.any(axis=0), bad.argmax(axis=0), num_rates)
        edges = np.concatenate([safe[None], rates, wild[None]])
        safe, wild = edges[num_safe, seeds], edges[num_safe + 1, seeds]
    return safe


@dataclasses.dataclass(frozen=True)
class _Paired:
    """A task whose members bring their own random key, so that a rate has one seed.

    Attributes:
        task: the task.
        call: which call it is of, for a task that may have changed since the last one.
    """

    task: Task
    call: object

    def init(self, schedule: Any, key: jax.Array) -> Any:
        schedule, own = schedule
        own = jax.random.wrap_key_data(own, impl=jax.random.key_impl(key))
        return self.task.init(schedule, own)

    def step(self, state: Any) -> tuple[Any, Any]:
        return self.task.step(state)


def _is_value(task: Task) -> bool:
    """Whether tasks are compared by value: what is equal has not changed."""
    return type(task).__hash__ is not object.__hash__


def _trained(
    task: _Paired, rates: np.ndarray, keys: jax.Array, num_steps: int, loss: str
) -> np.ndarray:
    """Losses `[rates, seeds, steps]` of rates `[rates, seeds]`, each with its seed."""
    data = np.tile(np.asarray(jax.random.key_data(keys)), (len(rates), 1))
    result = run(
        task,
        Members((stack(rates.ravel().tolist()), data), [{}] * rates.size),
        num_steps=num_steps,
        key=keys[0],
        chunk_steps=num_steps,
        progress=False,
    )
    return reported("divergence_edge", result, loss).reshape(*rates.shape, num_steps)
