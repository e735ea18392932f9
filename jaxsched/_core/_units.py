"""Lengths in epochs, shares of the run and tokens, and what turns them into updates.

Nothing is resolved behind the user's back: a schedule that still holds such a length
cannot be called, and says how to resolve it.
"""

import dataclasses
from typing import Any

from . import _checks as checks
from ._length import Length
from ._node import Node


def epochs(number: Any) -> Any:
    """A length of so many epochs, for any argument of a schedule that is a length.

    Args:
        number: of epochs, 0 or more.

    >>> import jaxsched as js
    >>> decay = js.Transition(0.1, 0.0, transition_steps=epochs(90))
    >>> resolve(decay, steps_per_epoch=100)
    Transition(init_value=0.1, end_value=0.0, transition_steps=9000, curve=Linear())
    """
    checks.number("epochs", number=number)
    checks.length("epochs", number=number)
    return Length(epochs=number)


def fraction(share: Any) -> Any:
    """A length that is a share of the whole run.

    Args:
        share: from 0 to 1.

    >>> import jaxsched as js
    >>> warmup = js.Transition(0.0, 0.1, transition_steps=fraction(0.03))
    >>> resolve(warmup, total_steps=10_000).transition_steps
    300
    """
    checks.number("fraction", share=share)
    checks.length("fraction", share=share)
    checks.consistent(
        "fraction", "a share of at most 1", share <= 1, f"{share}", "3 % is fraction(0.03)."
    )
    return Length(fraction=share)


def tokens(number: Any) -> Any:
    """A length of so many tokens (or samples, or whatever a step counts).

    Args:
        number: of tokens, 0 or more; a Python number of any size.

    >>> import jaxsched as js
    >>> decay = js.Transition(0.1, 0.0, transition_steps=tokens(2e12))
    >>> resolve(decay, tokens_per_step=4_000_000).transition_steps
    500000
    """
    number = float(number) if isinstance(number, int) else number
    checks.number("tokens", number=number)
    checks.length("tokens", number=number)
    return Length(tokens=number)


def resolve(
    schedule: Any,
    *,
    total_steps: Any = None,
    steps_per_epoch: Any = None,
    tokens_per_step: Any = None,
) -> Any:
    """The same with every length in updates, built anew and so validated.

    Nothing is rounded to whole updates. A length that is whole becomes an int; any other
    one keeps its fraction, and so phases still add up to the whole, to the precision of
    a float: one that is over at 100.5 is over at count 101.

    Args:
        schedule: a schedule, a bundle, a controller, or a list or dict of them.
        total_steps: updates of the whole run, for `fraction`.
        steps_per_epoch: updates of an epoch, for `epochs`.
        tokens_per_step: tokens of an update, for `tokens`.

    Raises:
        ValueError: if a unit is used whose size is not given, or if the schedule that
            comes out is not valid.

    >>> import jaxsched as js
    >>> schedule = js.warmup_stable_decay_schedule(
    ...     0.0, 0.1, warmup_steps=100, stable_steps=fraction(0.8) - 100,
    ...     decay_steps=fraction(0.2),
    ... )
    >>> resolve(schedule, total_steps=1_000).boundaries
    (100, 800)
    """
    sizes = {
        "total_steps": total_steps,
        "steps_per_epoch": steps_per_epoch,
        "tokens_per_step": tokens_per_step,
    }
    given = {name: size for name, size in sizes.items() if size is not None}
    checks.positive("resolve", **given)
    per_unit = {
        "steps": 1,
        "epochs": steps_per_epoch,
        "fraction": total_steps,
        "tokens": None if tokens_per_step is None else 1 / tokens_per_step,
    }
    return _resolved("resolve: a schedule", schedule, per_unit)


def _resolved(who: str, value: Any, per_unit: dict[str, Any]) -> Any:
    if isinstance(value, Length):
        return value.in_steps(who, **per_unit)
    if isinstance(value, Node):
        name = type(value).__name__
        fields = dataclasses.fields(value)  # pyright: ignore[reportArgumentType] - every subclass is a dataclass
        return type(value)(
            **{
                f.name: _resolved(f"{name}.{f.name}", getattr(value, f.name), per_unit)
                for f in fields
            }
        )
    if isinstance(value, dict):
        return {k: _resolved(f"{who}[{k!r}]", v, per_unit) for k, v in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_resolved(who, v, per_unit) for v in value)
    return value
