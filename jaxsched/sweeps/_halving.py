"""Successive halving: members that fall behind are not trained to the end.

Those that go on are laid out anew on the devices, so that the work really shrinks.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from jaxsched._core import checks, random_key

from ._climb import climb
from ._engine import Task
from ._halving_result import HalvingResult
from ._ladder import Ladder, bracket_sizes, rungs_of
from ._progress import Progress


def halve(
    task: Task,
    schedules: Any,
    *,
    num_steps: int,
    key: jax.Array,
    metric: str,
    mode: str = "min",
    eta: int = 6,
    min_steps: int | None = None,
    within: str | None = None,
    num_seeds: int = 1,
    chunk_steps: int | None = None,
    batch_size: int | None = None,
    mesh: Mesh | None = None,
    progress: bool | Callable[[Progress], None] = True,
) -> HalvingResult:
    r"""Trains every schedule for a while, and only the best share of them on.

    At rungs of $\lfloor R / \eta^k \rfloor$ updates the best $\lfloor n / \eta \rfloor$
    of the $n$ members that are left go on, one at least. A schedule is never shortened:
    a rung is a look at a training of $R$ updates that is on its way, and whoever goes on
    has the curves that `run` gives it; to rounding, as another number of lanes may be
    compiled to other instructions.

    Halving favours fast starters: a schedule that keeps its rate high and decays late
    looks worse at a rung than it ends, the more so the earlier the rung. So by default
    there is one, after a sixth of the updates, and a sixth goes on, for 31% of the work;
    `eta=3` makes two, from a ninth on, for 26%. Where members are of several families,
    compare them `within="family"`: how high a peak should be shows earlier than which
    shape is the best. Several seeds make it safer too.

    Args:
        task: what `run` takes.
        schedules: what `run` takes.
        num_steps: $R$, updates of whoever gets to the end.
        key: a JAX random key, split into one for each seed.
        metric: what is compared: its last value, if `task.evaluate` reports it, or else
            its mean over the last `chunk_steps` updates, at most those since the last
            rung. Of a member it is the mean over seeds; members with a number that is
            not finite come last, and ties go to the lower number.
        mode: whether the metric is to fall ("min") or to rise ("max").
        eta: $\eta \ge 2$.
        min_steps: updates before which no member is dropped; a ninth of `num_steps` by
            default.
        within: the name of a setting. Then only members with the same value of it are
            compared on the way, and one at least of each such group goes on; the winner
            is the best of all at the end.
        num_seeds: runs of each member.
        chunk_steps: updates between two evaluations; about a twentieth of `num_steps`
            by default. A rung ends a chunk.
        batch_size: the most lanes (members times seeds) that a device trains at a time;
            by default all, or as many as half of its free memory is sure to hold.
        mesh: the devices, all by default; its one axis is named "sweep".
        progress: a bar or lines; or a function that is called after each chunk. They
            tell updates as a mean over all members.

    Returns:
        The rungs, the winner, and the curves of each member as far as it was trained.

    Raises:
        ValueError: for a number that is not positive, `eta` below 2, `min_steps` above
            `num_steps`, a metric that the task does not report, a setting that a member
            does not have, or an empty batch.
        MemoryError: if the members are more than the devices can hold.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, jax.random.normal(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {"loss": x * x}
    >>> members = js.grid(js.Constant, value=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    >>> result = halve(Descent(), members, num_steps=20, key=jax.random.key(0),
    ...                metric="loss", eta=2, progress=False)
    >>> [(rung.done, rung.members.tolist()) for rung in result.rungs]
    [(2, [5, 4, 3, 2, 1, 0]), (5, [5, 4, 3]), (10, [5]), (20, [5])]
    >>> result.settings[result.winner], round(result.cost, 2)
    ({'value': 0.6}, 0.3)

    Source: Jamieson and Talwalkar, Non-stochastic Best Arm Identification and
    Hyperparameter Optimization, 2016, arXiv 1502.07943.
    """
    _check("sweeps.halve", num_steps=num_steps, eta=eta, min_steps=min_steps)
    rungs = rungs_of(num_steps, min_steps or max(num_steps // 9, 1), eta)

    def ladder(groups: np.ndarray) -> Ladder:
        return Ladder(rungs, eta, np.full(len(groups), len(rungs) - 1), groups)

    return climb(
        "sweeps.halve",
        task,
        schedules,
        ladder,
        key=key,
        metric=metric,
        mode=mode,
        within=within,
        num_seeds=num_seeds,
        chunk_steps=chunk_steps,
        batch_size=batch_size,
        mesh=mesh,
        progress=progress,
    )


def hyperband(
    task: Task,
    schedules: Any,
    *,
    num_steps: int,
    key: jax.Array,
    metric: str,
    mode: str = "min",
    eta: int = 3,
    min_steps: int | None = None,
    within: str | None = None,
    num_seeds: int = 1,
    chunk_steps: int | None = None,
    batch_size: int | None = None,
    mesh: Mesh | None = None,
    progress: bool | Callable[[Progress], None] = True,
) -> HalvingResult:
    r"""Several halvings side by side, from one that drops early to one that never drops.

    The members are dealt to brackets at random. Bracket $s$ is cut $s$ times, first at
    $\lfloor R / \eta^s \rfloor$ updates, and has a share of the members in proportion to
    $\lceil (s_{max} + 1) \eta^s / (s + 1) \rceil$, the paper's number; so each costs
    about as much as the others. For $R = 81$ and $\eta = 3$ with `min_steps=1` these are
    81, 34, 15, 8 and 5: 143 members make exactly them.

    A bracket that drops early tries many schedules, one that drops late is fair to slow
    starters. All are trained in one program, and the best at the end wins.

    Args:
        task: what `run` takes.
        schedules: what `run` takes.
        num_steps: $R$, updates of whoever gets to the end.
        key: a JAX random key, split into one for each seed; deals too.
        metric: what is compared, as in `halve`.
        mode: whether the metric is to fall ("min") or to rise ("max").
        eta: $\eta \ge 2$.
        min_steps: updates before which no member is dropped; $R / \eta^4$ by default,
            which makes five brackets.
        within: the name of a setting, as in `halve`; its groups are dealt one by one.
        num_seeds: runs of each member.
        chunk_steps: updates between two evaluations, as in `halve`.
        batch_size: the most lanes that a device trains at a time, as in `run`.
        mesh: the devices, all by default; its one axis is named "sweep".
        progress: as in `halve`.

    Returns:
        One result of all brackets; `brackets` has the number $s$ of each member.

    Raises:
        ValueError: as `halve`.
        MemoryError: if the members are more than the devices can hold.

    >>> import jaxsched as js
    >>> class Descent:
    ...     def init(self, schedule, key):
    ...         return schedule, 0, jax.random.normal(key)
    ...     def step(self, state):
    ...         schedule, count, x = state
    ...         return (schedule, count + 1, x - schedule(count) * x), {"loss": x * x}
    >>> members = js.grid(js.Constant, value=[i / 20 for i in range(1, 18)])
    >>> result = hyperband(Descent(), members, num_steps=9, key=jax.random.key(0),
    ...                    metric="loss", progress=False)
    >>> np.bincount(result.brackets).tolist()
    [3, 5, 9]
    >>> [(rung.done, len(rung.members)) for rung in result.rungs]
    [(1, 17), (3, 11), (9, 5)]

    Source: Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, Hyperband: A Novel
    Bandit-Based Approach to Hyperparameter Optimization, 2018, JMLR 18, algorithm 1.
    """
    _check("sweeps.hyperband", num_steps=num_steps, eta=eta, min_steps=min_steps)
    rungs = rungs_of(num_steps, min_steps or max(num_steps // eta**4, 1), eta)

    def ladder(groups: np.ndarray) -> Ladder:
        seed = jax.random.bits(random_key("sweeps.hyperband", key))
        rng = np.random.default_rng(int(seed))
        brackets = np.zeros_like(groups)
        # Each group has its share of every bracket, the same with every key.
        for group in np.unique(groups):
            members = np.flatnonzero(groups == group)
            sizes = bracket_sizes(len(members), len(rungs), eta)
            brackets[members] = rng.permutation(np.repeat(np.arange(len(rungs)), sizes))
        return Ladder(rungs, eta, brackets, groups)

    return climb(
        "sweeps.hyperband",
        task,
        schedules,
        ladder,
        key=key,
        metric=metric,
        mode=mode,
        within=within,
        num_seeds=num_seeds,
        chunk_steps=chunk_steps,
        batch_size=batch_size,
        mesh=mesh,
        progress=progress,
    )


def _check(who: str, num_steps: int, eta: int, min_steps: int | None) -> None:
    checks.size(who, num_steps=num_steps, eta=eta)
    given = f"eta={eta}"
    checks.consistent(who, "eta >= 2", eta >= 2, given, "One member in eta goes on.")
    if min_steps is not None:
        checks.size(who, min_steps=min_steps)
        given = f"min_steps={min_steps} and num_steps={num_steps}"
        holds = min_steps <= num_steps
        checks.consistent(who, "min_steps <= num_steps", holds, given, "Lower it.")
