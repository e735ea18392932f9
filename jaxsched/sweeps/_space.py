"""Which schedules could be tried: what makes them, and what their settings may be."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

from jaxsched._core import Node

from ._distributions import Distribution, choices
from ._members import Members, Settings
from ._paths import leaves, parts, replaced
from ._stack import stack

Suggest = Callable[[str, Distribution], Any]


@dataclasses.dataclass(frozen=True)
class Space:
    """What makes a schedule of some settings, each fixed or from a distribution."""

    build: Callable[..., Any]
    settings: dict[str, Any]

    def distributions(self) -> dict[str, Distribution]:
        """What is to be drawn, by name."""
        return {k: v for k, v in self.settings.items() if isinstance(v, Distribution)}

    def row(self, suggest: Suggest) -> dict[str, Any]:
        """Settings of a member, with what is suggested for each distribution."""
        drawn = {k: suggest(k, v) for k, v in self.distributions().items()}
        return {**self.settings, **drawn}

    def schedule(self, row: dict[str, Any]) -> Any:
        """The schedule of such settings."""
        return self.build(**row)


@dataclasses.dataclass(frozen=True)
class Families:
    """Spaces to choose from; a family has its own settings."""

    spaces: dict[str, Space]

    def distributions(self) -> dict[str, Distribution]:
        """The choice of a family, and what is to be drawn in each, as `family.name`."""
        found = {"family": choices(self.spaces)}
        for family, part in self.spaces.items():
            for name, distribution in part.distributions().items():
                found[f"{family}.{name}"] = distribution
        return found

    def row(self, suggest: Suggest) -> dict[str, Any]:
        """Settings of a member: its family, and the settings that this one has."""
        family = suggest("family", choices(self.spaces))
        inner = self.spaces[family].row(lambda name, d: suggest(f"{family}.{name}", d))
        return {"family": family, **inner}

    def schedule(self, row: dict[str, Any]) -> Any:
        """The schedule of such settings."""
        own = {name: value for name, value in row.items() if name != "family"}
        return self.spaces[row["family"]].schedule(own)


def space(of: Any, **distributions: Any) -> Any:
    """What could be drawn, as a thing to pass on: to `one_of`, or to a search.

    Args:
        of: what makes a schedule of some arguments; or a schedule, a plan made by
            `bundle` among them. In a schedule, distributions may stand for its numbers
            at any depth.
        **distributions: `uniform`, `log_uniform`, `integers`, `log_integers` or
            `choices` for each argument; any other value is fixed. Of a schedule the
            names are the places of its parts as its `repr` shows them, numbers, entries
            of rows, curves or whole schedules: `**{"schedules[1].end_value": ...}`.

    Returns:
        The space.

    Raises:
        TypeError: for arguments that `of` does not take, or if it can make no schedule.
        ValueError: for places that the schedule does not have.

    >>> import jaxsched as js
    >>> rate, steps = js.sweeps.log_uniform(0.01, 1.0), js.sweeps.integers(10, 100)
    >>> linear = space(js.Transition(rate, 0.0, steps))
    >>> linear.distributions()
    {'init_value': log_uniform(0.01, 1.0), 'transition_steps': integers(10, 100)}
    >>> steps = js.Join([js.Constant(0.1), js.Constant(0.01)], boundaries=[100])
    >>> space(steps, **{"schedules[1].rate": rate})
    Traceback (most recent call last):
    ValueError: Join has no 'schedules[1].rate'. It has schedules[0].value,
    schedules[1].value, boundaries[0].
    """
    if isinstance(of, (Space, Families)):
        if distributions:
            raise TypeError(
                f"{', '.join(distributions)} must be settings of the space itself, got "
                f"them beside one. Move them into space(...)."
            )
        return of
    if isinstance(of, Node):
        return _space_of_parts(of, distributions)
    if not callable(of):
        raise TypeError(
            f"a space must be made of a schedule or of a function that makes one, got "
            f"{of!r}. Pass js.Transition, a recipe or an instance."
        )
    _check_arguments(of, distributions)
    return Space(of, distributions)


def one_of(**spaces: Any) -> Any:
    """A choice between families of schedules, each with settings of its own.

    `sample` draws as many of each, or one more of the first ones where `n` is no
    multiple of their number; a search proposes the family too. All are members of one
    program, and their settings start with the name of their `family`.

    Args:
        **spaces: what `space` gave or takes, by the name of the family.

    Returns:
        The space.

    Raises:
        ValueError: if there is none, or one has a setting named "family".
        TypeError: if one is a choice between families itself.

    >>> import jax
    >>> import jaxsched as js
    >>> peak = js.sweeps.log_uniform(0.01, 1.0)
    >>> families = one_of(
    ...     constant=space(js.Constant, value=peak),
    ...     linear=js.Transition(peak, 0.0, js.sweeps.integers(10, 100)),
    ... )
    >>> members = js.sample(jax.random.key(0), families, 5)
    >>> [row["family"] for row in members.settings]
    ['constant', 'constant', 'constant', 'linear', 'linear']
    """
    if not spaces:
        raise ValueError("one_of(**spaces) must not be empty. Give at least one family.")
    made = {name: space(value) for name, value in spaces.items()}
    for name, part in made.items():
        if isinstance(part, Families):
            raise TypeError(
                f"one_of({name}=...) must be a family, got a choice between "
                f"{', '.join(part.spaces)}. Give those here."
            )
        if "family" in part.settings:
            raise ValueError(
                f"one_of({name}=...) needs settings without a 'family', which it adds. "
                f"Rename the argument of the factory."
            )
    return Families(made)


def members(of: Space | Families, rows: Settings) -> Members:
    """The schedules of some settings."""
    return Members(stack([of.schedule(row) for row in rows]), rows)


def _space_of_parts(node: Node, given: dict[str, Any]) -> Space:
    held = dict(parts(node))
    for name in given:
        if name not in held:
            raise ValueError(
                f"{type(node).__name__} has no {name!r}. It has {', '.join(leaves(node))}."
            )
        outer = [other for other in given if _is_inside(name, other)]
        if outer:
            raise ValueError(
                f"{name!r} is inside of {outer[0]!r}, which is exchanged too. Give one."
            )
    drawn = {
        name: part
        for name, part in held.items()
        if isinstance(part, Distribution)
        and not any(name == other or _is_inside(name, other) for other in given)
    }
    return Space(lambda **row: replaced(node, row), {**drawn, **given})


def _is_inside(name: str, outer: str) -> bool:
    return name.startswith((f"{outer}.", f"{outer}["))


def _check_arguments(factory: Callable[..., Any], given: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError):  # some built-in functions have none
        return
    takes = f"It takes {', '.join(signature.parameters)}."
    who = getattr(factory, "__name__", repr(factory))
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    for name in given:
        if name not in signature.parameters and not takes_any:
            raise TypeError(f"{who} has no argument {name!r}. {takes}")
    try:
        signature.bind(**given)
    except TypeError as error:
        raise TypeError(f"{who} needs all its arguments, got {error}. {takes}") from None
