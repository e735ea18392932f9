"""Members out of a space: all combinations of some values, or draws."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import jax

from jaxsched._core import AbstractSchedule, checks, random_key

from ._distributions import Distribution, points
from ._members import Members, Settings
from ._space import Families, Space, members, space


def grid(factory: Any, **axes: Any) -> Members:
    """All combinations of the values of some arguments.

    Args:
        factory: makes a schedule of these arguments. Or a schedule, of which the names
            are parts, as in `sweeps.space`.
        **axes: the values of each argument, a list or an array. The last one varies
            fastest; a number, or any other single value, is the same in all.

    Returns:
        The batched schedule, and its settings.

    Raises:
        TypeError: for arguments that the factory does not take.
        ValueError: if an axis is empty; for parts that the schedule does not have.

    >>> import jaxsched as js
    >>> schedules, settings = grid(js.Transition, init_value=[0.1, 0.2], end_value=0.0,
    ...                            transition_steps=[10, 20])
    >>> settings[1]
    {'init_value': 0.1, 'end_value': 0.0, 'transition_steps': 20}
    """
    for name, axis in axes.items():
        if isinstance(axis, Distribution):
            raise TypeError(
                f"grid({name}=...) must be values, got {axis!r}. Draw with sample."
            )
    values = {name: _values(axis) for name, axis in axes.items()}
    for name, axis in values.items():
        if not axis:
            raise ValueError(f"grid({name}=...) must not be empty. Give at least a value.")
    of = space(factory, **values)
    if of.distributions():
        raise TypeError(
            f"grid(factory) must have numbers, got {of.distributions()}. Draw with sample."
        )
    rows = [
        dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())
    ]
    return members(of, rows)


def _values(axis: Any) -> list[Any]:
    """Of several values; texts and schedules are one."""
    is_one = isinstance(axis, str | Mapping | AbstractSchedule)
    is_one = is_one or not isinstance(axis, Iterable) or getattr(axis, "ndim", 1) == 0
    return [axis] if is_one else list(axis)


def sample(
    key: jax.Array,
    factory: Any,
    n: int,
    *,
    quasi: bool = False,
    **distributions: Any,
) -> Members:
    """Draws from a distribution for each of some arguments.

    Args:
        key: a JAX random key; the same key gives the same draws.
        factory: makes a schedule of these arguments. Or a schedule, in which
            distributions may stand for numbers, and of which the names are parts, as in
            `sweeps.space`. Or what `sweeps.space` or `sweeps.one_of` gave.
        n: number of members: exactly so many, also where families do not share them
            equally.
        quasi: a scrambled Sobol sequence, which covers the space more evenly, instead
            of independent draws.
        **distributions: `uniform`, `log_uniform`, `integers`, `log_integers` or
            `choices` for each argument; any other value is fixed.

    Returns:
        The batched schedule, and its settings.

    Raises:
        TypeError: for arguments that the factory does not take.
        ValueError: if `n` is not positive; for parts that the schedule does not have.

    >>> import jaxsched as js
    >>> schedules, settings = sample(jax.random.key(0), js.Constant, 3,
    ...                              value=js.sweeps.log_uniform(1e-3, 1e-1))
    >>> all(1e-3 <= row["value"] <= 1e-1 for row in settings)
    True
    """
    checks.size("sample", n=n)
    of = space(factory, **distributions)
    return members(of, _rows(random_key("sample", key), of, n, quasi))


def _rows(key: jax.Array, of: Space | Families, n: int, quasi: bool) -> Settings:
    if isinstance(of, Families):
        num = len(of.spaces)
        keys = jax.random.split(key, num)
        counts = [n // num + (i < n % num) for i in range(num)]
        return [
            {"family": name, **row}
            for (name, part), own, count in zip(
                of.spaces.items(), keys, counts, strict=True
            )
            for row in (_rows(own, part, count, quasi) if count else [])
        ]
    names = list(of.distributions())
    rows = []
    for point in points(key, n, len(names), quasi):
        place = dict(zip(names, point, strict=True))
        rows.append(of.row(lambda name, d, place=place: d.at(place[name])))
    return rows
