"""A checkpoint and a state side by side: what belongs to what, and whether it fits."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np

from . import _nested, _record
from ._leaves import difference, entries, stored
from ._state import ScheduledState

FORMAT = 1
_MAX_SHOWN = 3


class Match(NamedTuple):
    """What a checkpoint has for a state.

    Attributes:
        found: the scheduled optimizers of the state, by their places.
        records: what there is of each.
        gone: names and records of those that the state has not.
        leaves: all others, by name.
    """

    found: dict[Any, ScheduledState]
    records: dict[Any, _record.Record]
    gone: dict[str, _record.Record]
    leaves: Mapping[str, Any]


def matched(who: str, saved: Any, state: Any) -> Match:
    """Looks at everything before anything is made of it.

    Raises:
        ValueError: if it is no checkpoint, one that is damaged, or one of another
            optimizer.
    """
    _check_format(who, saved)
    records, leaves = saved.get("optimizers") or {}, saved.get("leaves") or {}
    for name, record in records.items():
        _check_record(who, name, record)
    found, items = _nested.find(state, who), entries(state)
    optimizers = [name for name, item in items if isinstance(item, ScheduledState)]
    likes = {name: item for name, item in items if stored(item) is not None}

    pairs = _pairs(records, dict(zip(optimizers, found.values(), strict=True)))
    counts = {k: np.asarray(record["count"]) for k, record in records.items()}
    if not records:
        clocks = {k: v for k, v in leaves.items() if _is_clock(k)}
        counts = {k: np.asarray(v) for k, v in clocks.items() if k.endswith(":count")}
        counts = {k: count for k, count in counts.items() if count.dtype.kind in "iu"}
        leaves = {k: v for k, v in leaves.items() if k not in clocks or k in likes}
    _check_leaves(who, leaves, likes)
    mine = [
        records[pairs[name]]
        if name in pairs
        else _record.record_of_count(_count_for(who, counts, name, here))
        for name, here in zip(optimizers, found.values(), strict=True)
    ]
    for record, here in zip(mine, found.values(), strict=True):
        _check_lanes(who, record, here)
    gone = {k: v for k, v in records.items() if k not in pairs.values()}
    return Match(found, dict(zip(found, mine, strict=True)), gone, leaves)


def _check_format(who: str, saved: Any) -> None:
    if not isinstance(saved, Mapping) or "format" not in saved:
        keys = f" of {', '.join(map(str, list(saved)[:5]))}" if _is_dict(saved) else ""
        raise ValueError(
            f"{who}(saved, state) must be given what to_checkpoint made, as it was read "
            f"back, got {type(saved).__name__}{keys}. Save to_checkpoint(state)."
        )
    if not np.array_equal(saved["format"], FORMAT):
        raise ValueError(
            f"{who}(saved, state) reads checkpoints of format {FORMAT}, got format "
            f"{saved['format']}. Read it with the version of jaxsched that wrote it."
        )
    for part in ("optimizers", "leaves"):
        if not _is_dict(saved.get(part) or {}):
            kind = type(saved[part]).__name__
            raise ValueError(
                f"{who}(saved, state): {part!r} in the checkpoint must be a dict, got "
                f"{kind}. Restore it without a target."
            )


def _check_record(who: str, name: str, record: Any) -> None:
    where = f"{who}(saved, state): the record of {name!r} in the checkpoint"
    advice = "Restore an older save."
    if not _is_dict(record) or "count" not in record:
        raise ValueError(f"{where} must be a dict with a count. It is damaged. {advice}")
    count = np.asarray(record["count"])
    if count.dtype.kind not in "iu" or np.any(count < 0):
        raise ValueError(
            f"{where} must have a whole number from 0 on as its count, got {count}. It is "
            f"damaged. {advice}"
        )
    if not np.array_equal(record.get("checksum"), _record.checksum(record)):
        raise ValueError(
            f"{where} must have the checksum of its numbers, and has not. It is damaged or "
            f"was edited: change a state with override, scale or seek. {advice}"
        )


def _check_leaves(who: str, leaves: Mapping[str, Any], likes: Mapping[str, Any]) -> None:
    problems = list(_problems(leaves, likes))
    if problems:
        shown = "; ".join(problems[:_MAX_SHOWN])
        if len(problems) > _MAX_SHOWN:
            shown += f"; and {len(problems) - _MAX_SHOWN} more"
        raise ValueError(
            f"{who}(saved, state) needs a checkpoint of the optimizer and the parameters "
            f"that the state is of, got another one: {shown}. Build the state as it was "
            f"when it was saved, in the same types; only schedules and what has no state "
            f"of its own may change. Cast it when it is restored."
        )


def _problems(leaves: Mapping[str, Any], likes: Mapping[str, Any]) -> Iterator[str]:
    for name, like in likes.items():
        why = difference(leaves[name], like) if name in leaves else "is missing"
        if why:
            yield f"{unquote(name)} {why}"
    for name in leaves:
        if name not in likes:
            yield f"{unquote(name)} is not in the state"


def _check_lanes(who: str, record: _record.Record, state: ScheduledState) -> None:
    was, now = np.shape(record["count"]), state.count.shape
    if was != now:
        raise ValueError(
            f"{who}(saved, state) needs a checkpoint of as many lanes as the state, got "
            f"one whose count has shape {was}, not {now}. Build the state with vmap as it "
            f"was."
        )


def _pairs(
    records: Mapping[str, _record.Record], states: Mapping[str, ScheduledState]
) -> dict[str, str]:
    """Which record each optimizer goes on from.

    Of those at the same place in the tree the first that schedules one of its
    hyperparameters: a number would move when one is added to the chain.
    """
    pairs: dict[str, str] = {}
    for name, state in states.items():
        for other, record in records.items():
            is_free = name not in pairs and other not in pairs.values()
            shared = set(_record.names_in(record)) & set(state.schedules.names)
            if is_free and shared and _place(name) == _place(other):
                pairs[name] = other
    return pairs


def _place(name: str) -> str:
    return name.partition("#")[0]


def _is_clock(name: str) -> bool:
    """What an optimizer without `scheduled` keeps for its schedules."""
    return name.endswith(":count") or "HyperparamsState:" in name


def _count_for(
    who: str, known: Mapping[str, np.ndarray], name: str, state: ScheduledState
) -> Any:
    """The count for an optimizer that is not in the checkpoint: that of the others."""
    if np.any(np.asarray(state.count) > 0):
        return np.asarray(state.count)
    nearby = [count for k, count in known.items() if _place(k) == _place(name)]
    counts = nearby or list(known.values())
    if not counts or any(not np.array_equal(count, counts[0]) for count in counts):
        texts = ", ".join(sorted({str(count) for count in counts})) or "none"
        raise ValueError(
            f"{who}(saved, state) needs the count for schedules that are not in the "
            f"checkpoint, which has {texts}. Pass seek(state, count) as the state."
        )
    return counts[0]


def _is_dict(value: Any) -> bool:
    return isinstance(value, Mapping)
