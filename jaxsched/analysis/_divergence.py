"""The edge beyond which a constant learning rate diverges."""

import jax
import numpy as np

from jaxsched._core import checks
from jaxsched.sweeps import Task, run, stack


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
    these two shrinks to its $1 / (k + 1)$-th power. A run diverges if its loss is not
    finite or ends above `divergence` times its first. Rates are supposed to be safe
    below an edge and not above it; where they are not, an edge is found, not the first.

    Args:
        task: what `sweeps.run` takes.
        key: a JAX random key.
        num_steps: updates of each run.
        num_seeds: edges to find; each seed has its own start and data.
        low: a rate that is safe, above 0.
        high: a rate that is not.
        rounds: of the bisection.
        num_rates: $k$, rates that a round tries for each seed.
        loss: the metric.
        divergence: times the first loss.

    Returns:
        The largest safe rates, `[seeds]`: `low` where none was, and within a factor
        $(h / l)^{(k + 1)^{-r}}$ of the edge after $r$ rounds.

    Raises:
        ValueError: for a number out of its range.
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
    given = f"low={low} and high={high}"
    checks.consistent("divergence_edge", "low < high", low < high, given, "Swap them.")
    safe, wild = np.full(num_seeds, float(low)), np.full(num_seeds, float(high))
    shares = np.arange(1, num_rates + 1)[:, None] / (num_rates + 1)
    seeds = np.arange(num_seeds)
    for _ in range(rounds):
        rates = safe * (wild / safe) ** shares  # [rates, seeds]
        result = run(
            task,
            stack(rates.ravel().tolist()),
            num_steps=num_steps,
            num_seeds=num_seeds,
            key=key,
            progress=False,
        )
        result.final(loss)
        # Each rate was tried with every seed, and is meant for one.
        curves = result.curves[loss].reshape(num_rates, num_seeds, num_seeds, -1)
        curves = curves[:, seeds, seeds].astype(np.float64)
        bad = ~np.isfinite(curves).all(-1) | (curves[..., -1] > divergence * curves[..., 0])
        num_safe = np.where(bad.any(axis=0), bad.argmax(axis=0), num_rates)
        edges = np.concatenate([safe[None], rates, wild[None]])
        safe, wild = edges[num_safe, seeds], edges[num_safe + 1, seeds]
    return safe


def check_divergence(who: str, divergence: float) -> None:
    """Requires a factor that a falling loss does not reach."""
    given = f"divergence={divergence}"
    checks.consistent(who, "divergence > 1", divergence > 1, given, "Try 4.0.")
