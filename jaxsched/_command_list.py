"""`python -m jaxsched list`: everything by name, in one line each."""

import argparse
import itertools
import json
import sys
from typing import Any

from ._command_names import entries
from ._command_terminal import speaker, width


def add(commands: Any) -> None:
    """Adds the command to a parser's commands."""
    parser = commands.add_parser(
        "list",
        help="list schedules, curves and controllers",
        description="Lists every recipe, schedule, combinator, curve and controller.",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Prints the list."""
    if options.json:
        rows = [
            {"group": e.group, "name": e.name, "summary": e.summary}
            for e in entries().values()
        ]
        print(json.dumps(rows, indent=2))
        return
    say = speaker()
    longest = max(map(len, entries()))
    room = max(width() - longest - 4, 20) if sys.stdout.isatty() else 1_000
    for group, members in itertools.groupby(entries().values(), lambda e: e.group):
        say(group, "bold")
        for e in members:
            say(f"  {e.name:<{longest}}  {_short(e.summary, room)}")
    say("\n`show NAME` draws one.")


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
