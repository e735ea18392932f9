"""`python -m jaxsched show NAME`: a schedule drawn, described and evaluated."""

import argparse
import json
import math
from typing import Any

import numpy as np

from jaxsched import analysis, interop
from jaxsched._core import AbstractCurve, AbstractSchedule, Node, span
from jaxsched.combinators import Bundle

from ._command_names import entry
from ._command_specs import made
from ._command_terminal import drawing, speaker


def add(commands: Any) -> None:
    """Adds the command to a parser's commands."""
    parser = commands.add_parser(
        "show",
        help="draw a schedule, with its phases and values",
        description="Draws a schedule or curve. What is not given is taken from the "
        "example of its documentation.",
    )
    parser.add_argument("name", help="of a schedule, curve or controller; see `list`")
    parser.add_argument(
        "values",
        nargs="*",
        metavar="key=value",
        help="arguments, such as peak_value=0.1 'curve=Cosine(2.0)' boundaries=[10,20]",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Prints it."""
    thing, given = made(options.name, options.values)
    if options.json:
        print(json.dumps(_as_json(options.name, thing, given), indent=2))
        return
    say = speaker()
    say(options.name, "bold")
    say(entry(options.name).summary)
    named = {pair.partition("=")[0] for pair in options.values}
    if more := [key for key in given if key not in named]:
        say(f"From its example: {_call(given, more)}.", "dim")
    say("")
    if isinstance(thing, AbstractCurve):
        _say_curve(say, thing)
    elif isinstance(thing, AbstractSchedule):
        _say_schedule(say, "", thing)
    elif isinstance(thing, Bundle):
        for name, schedule in thing.schedules.items():
            _say_schedule(say, name, schedule)
    else:
        say("It depends on what it is told, so there is nothing to draw.\n")
    say(repr(thing))


def _say_schedule(say: Any, name: str, schedule: AbstractSchedule) -> None:
    num_steps = span(schedule)
    if name:
        say(name, "bold")
    for line in drawing(schedule, num_steps, str(num_steps)):
        say(line, "cyan")
    say(f"\n{analysis.describe(schedule)}\n")
    values = _values(schedule).items()
    say("   ".join(f"{count}: {value:.6g}" for count, value in values))
    say("")


def _say_curve(say: Any, curve: AbstractCurve) -> None:
    for line in drawing(lambda x: curve(x / 100), 100, "1"):
        say(line, "cyan")
    say("")
    say("   ".join(f"{x:g}: {value:.6g}" for x, value in _on_curve(curve).items()))
    say("")


def _values(schedule: AbstractSchedule) -> dict[int, float]:
    """At counts 0 and 1, half way, and at the end of what is drawn or of the schedule."""
    end = float(np.asarray(schedule.horizon()))
    end = math.ceil(end) if 0 < end < math.inf else span(schedule)
    counts = sorted({0, 1, end // 2, end})
    return {count: float(schedule(count)) for count in counts}


def _on_curve(curve: AbstractCurve) -> dict[float, float]:
    return {x: float(curve(x)) for x in (0.0, 0.25, 0.5, 0.75, 1.0)}


def _call(given: dict[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name}={given[name]!r}" for name in names)


def _as_json(name: str, thing: Any, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": name,
        "summary": entry(name).summary,
        "arguments": {key: _plain(value) for key, value in given.items()},
        "repr": repr(thing),
        "config": interop.to_dict(thing),
    }
    if isinstance(thing, AbstractCurve):
        found["values"] = _on_curve(thing)
    elif isinstance(thing, AbstractSchedule):
        found |= _facts(thing)
    elif isinstance(thing, Bundle):
        found["members"] = {k: _facts(v) for k, v in thing.schedules.items()}
    return found


def _facts(schedule: AbstractSchedule) -> dict[str, Any]:
    """JSON has no infinity: what has no end ends at null."""
    end = float(np.asarray(schedule.horizon()))
    phases = [
        phase._asdict() | {"stop": phase.stop if math.isfinite(phase.stop) else None}
        for phase in analysis.describe(schedule)
    ]
    return {
        "horizon": end if math.isfinite(end) else None,
        "phases": phases,
        "values": _values(schedule),
    }


def _plain(value: Any) -> Any:
    """What JSON holds; of anything else its code."""
    if isinstance(value, Node):
        return interop.to_dict(value)
    is_plain = isinstance(value, (bool, int, str, type(None)))
    is_plain |= isinstance(value, float) and math.isfinite(value)
    return value if is_plain else repr(value)
