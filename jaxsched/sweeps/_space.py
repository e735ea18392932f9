"""Which schedules to try: all combinations of some values, or draws from distributions."""

import dataclasses
import itertools
from collections.abc import Callable, Iterable
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


def grid(factory: Callable[..., Any], **axes: Iterable[Any]) -> Members:
    """All combinations of the values of some arguments.

    Args:
        factory: makes a schedule of these arguments; fix others with
            `functools.partial`.
        **axes: the values of each argument. The last one varies fastest.

    Returns:
        The batched schedule, and its settings.

    Raises:
        ValueError: if an axis is empty.

    >>> import jaxsched as js
    >>> schedules, settings = grid(js.Transition, init_value=[0.1, 0.2], end_value=[0.0],
    ...                            transition_steps=[10, 20])
    >>> settings[1]
    {'init_value': 0.1, 'end_value': 0.0, 'transition_steps': 20}
    """
    values = {name: list(axis) for name, axis in axes.items()}
    for name, axis in values.items():
        if not axis:
            raise ValueError(f"grid({name}=...) must not be empty. Give at least a value.")
    rows = [
        dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())
    ]
    return _members(factory, rows)


def sample(
    key: jax.Array,
    factory: Callable[..., Any],
    n: int,
    *,
    quasi: bool = False,
    **distributions: Any,
) -> Members:
    """Draws from a distribution for each of some arguments.

    Args:
        key: a JAX random key; the same key gives the same draws.
        factory: makes a schedule of these arguments.
        n: number of members.
        quasi: a scrambled Halton sequence, which covers the space more evenly, instead
            of independent draws.
        **distributions: `uniform`, `log_uniform`, `integers` or `choices` for each
            argument; any other value is fixed.

    Returns:
        The batched schedule, and its settings.

    Raises:
        ValueError: if `n` is not positive.

    >>> import jaxsched as js
    >>> schedules, settings = sample(jax.random.key(0), js.Constant, 3,
    ...                              value=log_uniform(1e-3, 1e-1))
    >>> all(1e-3 <= row["value"] <= 1e-1 for row in settings)
    True
    """
    checks.size("sample", n=n)
    names = [k for k, v in distributions.items() if isinstance(v, Distribution)]
    points = _points(key, n, len(names), quasi)
    rows = []
    for point in points:
        drawn = dict(zip(names, point, strict=True))
        rows.append(
            {k: v.at(drawn[k]) if k in drawn else v for k, v in distributions.items()}
        )
    return _members(factory, rows)


def pool(**families: Members) -> Members:
    """Several tables of members as one; settings get the name of their family.

    >>> import jaxsched as js
    >>> both = pool(constant=grid(js.Constant, value=[0.1, 0.2]),
    ...             linear=grid(js.Transition, init_value=[0.1], end_value=[0.0],
    ...                         transition_steps=[100]))
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
        taken = {"member", "seed", "diverged"}.intersection(*schedules.settings[:1])
        if taken:
            raise ValueError(
                f"sweeps.run needs settings that are not columns of the results, got "
                f"{', '.join(sorted(taken))}. Rename the argument of the factory."
            )
        rows = [{k: plain(v) for k, v in row.items()} for row in schedules.settings]
        return Members(schedules.schedules, rows)
    if not isinstance(schedules, AbstractSchedule):
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


@dataclasses.dataclass(frozen=True)
class Distribution:
    """How a number in [0, 1) becomes a setting."""

    at: Callable[[float], Any]


def uniform(low: float, high: float) -> Distribution:
    """Numbers between two, each as likely."""
    _check_range("uniform", low, high)
    return Distribution(lambda u: low + (high - low) * float(u))


def log_uniform(low: float, high: float) -> Distribution:
    """Numbers between two, each order of magnitude as likely."""
    checks.positive("log_uniform", low=low)
    _check_range("log_uniform", low, high)
    return Distribution(lambda u: float(np.clip(low * (high / low) ** float(u), low, high)))


def integers(low: int, high: int) -> Distribution:
    """Whole numbers from `low` to `high`, both included."""
    _check_range("integers", low, high)
    return Distribution(lambda u: min(low + int(u * (high - low + 1)), high))


def choices(values: Iterable[Any]) -> Distribution:
    """One of some values, each as likely: numbers, curves, anything."""
    options = list(values)
    if not options:
        raise ValueError("choices(values) must not be empty. Give at least one value.")
    return Distribution(lambda u: options[min(int(u * len(options)), len(options) - 1)])


def _members(factory: Callable[..., Any], rows: Settings) -> Members:
    return Members(stack([factory(**row) for row in rows]), rows)


def _points(key: jax.Array, n: int, d: int, quasi: bool) -> np.ndarray:
    if d == 0 or not quasi:
        return np.asarray(jax.random.uniform(key, (n, d)), np.float64)
    from scipy.stats import qmc  # slow to import, and JAX depends on it anyway

    seed = int(jax.random.bits(key))
    return qmc.Halton(d, scramble=True, rng=np.random.default_rng(seed)).random(n)


def _check_range(who: str, low: float, high: float) -> None:
    given = f"low={low} and high={high}"
    checks.consistent(who, "low <= high", low <= high, given, "Swap them.")
