"""What a restore changes: old and new schedules side by side."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from jaxsched.controllers import AbstractController

from . import _nested, _record
from ._leaves import safe
from ._matching import matched
from ._state import ScheduledState


class Change(NamedTuple):
    """One difference.

    Attributes:
        name: the hyperparameter, as `hyperparams` names it.
        kind: `"schedule"`, `"new"`, `"gone"`, `"controller"` (starts anew) or
            `"override"` (is in force).
        text: what it is.
    """

    name: str
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


class Diff(tuple[Change, ...]):
    """All differences; empty if there is none. `print` shows one a line."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "nothing changed"


def diff(saved: Any, state: Any) -> Diff:
    """What `from_checkpoint` of the same arguments changes, and what it keeps in force.

    Values are those of the next update, without what was set by hand.

    Args:
        saved: what `to_checkpoint` made, as it was read back.
        state: a state as it is at the start of a run.

    Returns:
        A tuple of changes, each with `name`, `kind` and `text`; as a text one a line.

    Raises:
        ValueError: where `from_checkpoint` does.

    >>> import jax.numpy as jnp
    >>> import jaxsched as js
    >>> import optax
    >>> state = js.scheduled(optax.sgd, learning_rate=1e-3).init(jnp.zeros(3))
    >>> saved = js.to_checkpoint(js.override(state, learning_rate=0.25))
    >>> print(diff(saved, js.scheduled(optax.sgd, learning_rate=5e-2).init(jnp.zeros(3))))
    learning_rate: 0.001 -> 0.05 (Constant(value=0.001) -> Constant(value=0.05))
    learning_rate: 0.25 by hand, until clear_override
    """
    match = matched("diff", saved, state)
    both = {
        path: here._replace(
            schedules=(),
            hyperparams=dict.fromkeys(
                [*here.schedules.names, *_record.names_in(match.records[path])]
            ),
        )
        for path, here in match.found.items()
    }
    changes = []
    for text, (path, name) in _nested.names(both).items():
        record, here = match.records[path], match.found[path]
        changes += [Change(text, *what) for what in _changes(name, record, here)]
    for record in match.gone.values():
        for name in _record.names_in(record):
            changes.append(Change(name, *_gone(name, record)))
    return Diff(changes)


def _changes(
    name: str, record: _record.Record, state: ScheduledState
) -> Iterator[tuple[str, str]]:
    if name not in state.schedules.names:
        yield _gone(name, record)
        return
    after = _record.restored(record, state)
    node, now = state.schedules[name], _record.said_by(after)[name]
    if name not in _record.names_in(record):
        yield "new", f"{_shown(now)} ({node!r}), not in the checkpoint"
        return
    was = _value_in(record, name)
    if not _record.is_same(record, name, node) or not _is_close(was, now):
        texts = f"{_record.text_in(record, name)} -> {node!r}"
        yield "schedule", f"{_shown(was)} -> {_shown(now)} ({texts})"
    if isinstance(node, AbstractController) and name not in _record.taken_over(
        record, state
    ):
        yield "controller", "its controller starts anew"
    yield from _by_hand(name, after)


def _by_hand(name: str, state: ScheduledState) -> Iterator[tuple[str, str]]:
    at = state.schedules.names.index(name)
    is_set, value, scale = (np.asarray(vector)[..., at] for vector in state.overrides)
    if np.any(is_set):
        value = np.where(is_set, value, np.nan)  # of lanes without one
        yield "override", f"{_shown(value)} by hand, until clear_override"
    elif np.any(scale != 1):
        yield "override", f"scaled by {_shown(scale)}, until clear_override"


def _gone(name: str, record: _record.Record) -> tuple[str, str]:
    was = f"{_shown(_value_in(record, name))} ({_record.text_in(record, name)})"
    return "gone", f"{was} in the checkpoint, no longer scheduled"


def _value_in(record: _record.Record, name: str) -> Any:
    return record["schedules"][safe(name)]["value"]


def _is_close(a: Any, b: Any) -> bool:
    return np.allclose(a, b, rtol=1e-5, atol=0, equal_nan=True)


def _shown(value: Any) -> str:
    value = np.asarray(value)
    if value.ndim:
        with np.printoptions(threshold=4, edgeitems=1, precision=6):
            return str(value)
    return f"{value.item():.6g}"
