"""The rates of five libraries beside ours, count by count.

    python -m tests.interop.values > docs/value-by-value.md

prints the page of the docs: a table for each library, of what its users write, what to
write here, and both rates. The library's were read off the library (`read_peers.py`).
"""

# ruff: noqa: E501

import functools
import json
import pathlib
import re
from typing import Any

import numpy as np

import jaxsched as js

from .defects import DEFECTS
from .helpers import called, followed
from .pairs import PAIRS

FILES = pathlib.Path(__file__).resolve().parent / "values"
COUNTS = (0, 1, 10, 25, 49, 50, 55)
NUM_STEPS = 50
NOISE = 1e-12  # of the peak: what is left where a difference should be 0
ROUNDING = 1e-6  # of a value: less is rounding to float32

HEAD = """# Value by value

What you write in torch, transformers, timm, Keras or Optax, below it what to write here, and the rate at some counts. Runs are 50 updates (or epochs) long, warmups 10: the counts are the start, the next one, the end of the warmup, the middle, the last one of the run, the end, and one after it.

Their numbers were read off the libraries themselves. The last column is the largest difference between the two at any of the 50 counts of the run, 0 to 49, as a share of the value, with ours in float32, as by default. What is below 1e-12 of the peak counts as 0. Plateaus are fed a loss that stays where it is.

By its own name each of them is `js.interop.port`, which [Coming from another library](coming-from-another-library.md) has with what differs, and with thirty more libraries. Below each table is what a library gives that its users may not expect.
"""

TITLES = {
    "torch": (
        "torch",
        "`optimizer` has `lr=0.1`. The count is the number of calls of `scheduler.step()`.",
    ),
    "transformers": (
        "transformers",
        "`optimizer` has `lr=5e-5`, the default of `TrainingArguments`.",
    ),
    "timm": (
        "timm",
        "`optimizer` has `lr=0.1`, and `scheduler.step(epoch + 1)` is called after each epoch.",
    ),
    "keras": ("Keras", "In float32, its default, on the torch backend."),
    "optax": ("Optax", "In float32 under `jit`, with JAX 0.10.2 on a CPU."),
}


@functools.cache
def recorded(peer: str) -> dict[str, dict[str, Any]]:
    """What a library gave, by the row that it is for."""
    return {case["row"]: case for case in json.loads((FILES / f"{peer}.json").read_text())}


def theirs(case: dict[str, Any]) -> dict[int, float]:
    """The rates of the library, by count: in float32 where it computes in that."""
    values = case.get("also", {}).get("float32", case["values"])
    return dict(zip(case["steps"], map(float, values), strict=True))


def ours(
    case: dict[str, Any], expression: str, counts: tuple[int, ...] = ()
) -> dict[int, float]:
    """The rates of what is written here for it, at the counts that were read and more."""
    made = eval(expression, {"js": js})
    if "metrics" in case:
        return dict(zip(case["steps"], map(float, followed(case, made)), strict=True))
    steps = sorted({*case["steps"], *counts})
    return dict(zip(steps, map(float, called(made, steps)), strict=True))


def difference(case: dict[str, Any], expression: str) -> float:
    """The largest one in the run, as a share of the larger value."""
    there, here = theirs(case), ours(case, expression)
    run = [(value, here[step]) for step, value in there.items() if step < NUM_STEPS]
    a, b = np.array(run).T
    size = np.maximum(np.abs(a), np.abs(b))
    is_seen = size > NOISE * size.max()
    return float((np.abs(a - b)[is_seen] / size[is_seen]).max(initial=0))


def page() -> str:
    """The page of the docs."""
    return "\n".join([HEAD, *(part(peer) for peer in PAIRS)])


def part(peer: str) -> str:
    """What is said of one library."""
    name, how = TITLES[peer]
    cases = recorded(peer)
    version = next(iter(cases.values()))["peer_version"]
    lines = [f"## {name} {version}\n", f"{how}\n"]
    head = f"| {name}, and jaxsched | count | there | here |"
    lines += [f"{head} differ by |", "| --- " * 5 + "|"]
    for row, expression in PAIRS[peer].items():
        far = brief(difference(cases[row], expression), 2)
        lines.append(f"{_row(cases[row], expression, COUNTS)} {far} |")
    lines += [f"\n### What {name} users may not expect\n", head, "| --- " * 4 + "|"]
    for row, expression, counts, why in DEFECTS[peer]:
        lines.append(_row(cases[row], expression, counts, f"<br>{why}"))
    return "\n".join(lines) + "\n"


def _row(case: dict[str, Any], expression: str, counts: tuple[int, ...], why="") -> str:
    there, here = theirs(case), ours(case, expression, counts)
    pairs = [_pair(there.get(count), here[count]) for count in counts]
    columns = counts, *zip(*pairs, strict=True)
    cells = ["<br>".join(map(str, column)) for column in columns]
    return f"| `{written(case)}`<br>`{expression}`{why} | {' | '.join(cells)} |"


def _pair(there: float | None, here: float) -> tuple[str, str]:
    """Both as they are printed: the same where only rounding is between them."""
    is_same = there is not None and abs(there - here) <= ROUNDING * max(there, here)
    return brief(there), brief(there if is_same else here)


def brief(value: float | None, digits: int = 5) -> str:
    """Some digits, or that there are none."""
    if value is None:
        return "raises"
    is_small = 0 < abs(value) < 0.9999e-3
    text = f"{value:.{digits - 1}e}" if is_small else f"{value:.{digits}g}"
    return re.sub(r"\.?0*e-0?", "e\u2011", text)  # the line does not break there


# The call as users write it, from what was run.


def written(case: dict[str, Any]) -> str:
    """What a user of the library writes."""
    name, kwargs = case["scheduler"], case["kwargs"]
    if case["peer"] == "transformers":
        return f"get_scheduler({_arguments(kwargs, f'{_value(name)}, optimizer')})"
    return _call(name, kwargs, "" if case["peer"] in ("keras", "optax") else "optimizer")


def _call(name: str, kwargs: dict[str, Any], first: str) -> str:
    return f"{name}({_arguments(kwargs, '' if name == 'ChainedScheduler' else first)})"


def _arguments(kwargs: dict[str, Any], first: str) -> str:
    named = [f"{key}={_value(value)}" for key, value in kwargs.items()]
    return ", ".join([first, *named] if first else named)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    if not isinstance(value, dict):
        return (
            f"{value:_}"
            if isinstance(value, int) and value > 9999
            else repr(value).replace("e-0", "e-")
        )
    if set(value) == {"lambda"}:
        return f"lambda t: {value['lambda']}"
    if set(value) == {"scheduler", "kwargs"}:  # optax's are functions of the count alone
        first = "optimizer" if value["scheduler"][0].isupper() else ""
        return _call(value["scheduler"], value["kwargs"], first)
    pairs = [f"{k if k.isdigit() else _value(k)}: {_value(v)}" for k, v in value.items()]
    return f"{{{', '.join(pairs)}}}"


if __name__ == "__main__":
    print(page(), end="")
