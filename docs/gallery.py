"""Writes gallery.md: every schedule with its picture, formula, values and other names."""

import functools
import inspect
import math
import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from gallery_entries import GROUPS
from matplotlib.figure import Figure

import jaxsched as js
from jaxsched import plotting

HERE = Path(__file__).parent
FOLDER = HERE / "_gallery"
HEAD = """# Gallery

Every schedule with its picture; `js.` is left out of the code. Counts below 0 are taken
as 0. Many have two names: a node, and a recipe that makes it from other arguments.
"""


def write() -> None:
    """The page, and a picture for each entry beside it."""
    FOLDER.mkdir(exist_ok=True)
    parts = [HEAD]
    for group, entries in GROUPS.items():
        parts.append(f"## {group}\n")
        parts += [entry(group, i, *what) for i, what in enumerate(entries)]
    (HERE / "gallery.md").write_text("\n".join(parts))


def entry(group: str, number: int, code: str, num_steps: int, formula: str) -> str:
    """What the gallery says of one schedule."""
    schedule = evaluate(code)
    name, thing = named(code)
    side = "c(x)" if name.startswith("curves.") else "s(t)"
    file = f"{group.split()[0].lower()}-{number}.svg"
    draw(schedule, num_steps, FOLDER / file)
    lines = [
        f"### {name}\n",
        f"```python\n{code}\n```\n",
        f"![{code}](_gallery/{file})\n",
        f"$${side} = {formula or documented(thing)}$$\n",
        table(schedule, num_steps),
        f"{after_the_end(schedule)}\n",
    ]
    if elsewhere().get(name):
        lines.append(f"Elsewhere: {', '.join(sorted(elsewhere()[name]))}.\n")
    if (source := reference(thing)) is not None:
        lines.append(f"Reference: {source}\n")
    return "\n".join(lines)


def evaluate(code: str) -> js.AbstractSchedule:
    """The schedule that the code makes, with the names of the root at hand."""
    return eval(code, dict(vars(js)))


def named(code: str) -> tuple[str, object]:
    """What an entry is about: its curve, if it is there for one, or its function."""
    curve = re.match(r"decay_schedule\(.*curve=(curves\.)(\w+)", code)
    room, name = curve.groups() if curve else ("", re.search(r"([A-Za-z]\w+)\(", code)[1])
    return room + name, getattr(js.curves if room else js, name)


def draw(schedule: js.AbstractSchedule, num_steps: int, path: Path) -> None:
    """Grey axes and no ground, for pages that are light and dark."""
    figure = Figure(figsize=(5, 1.9), layout="constrained")
    axes = figure.subplots()
    plotting.plot(schedule, num_steps, axes=axes)
    axes.set(ylabel="", ylim=(min(0.0, axes.get_ylim()[0]), None))
    axes.tick_params(colors="#808080")
    axes.xaxis.label.set_color("#808080")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#808080")
    figure.savefig(path, transparent=True, metadata={"Date": None})


def table(schedule: js.AbstractSchedule, num_steps: int) -> str:
    """Values at the ends, in between, and far beyond."""
    counts = [0, 1, num_steps // 4, num_steps // 2, num_steps - 1, num_steps, 10**6]
    values = np.asarray(schedule(jnp.asarray(counts)))
    head = " | ".join(f"{count:,}".replace(",", " ") for count in counts)
    cells = " | ".join(f"{value:.4g}" for value in values)
    return f"| count | {head} |\n|{' --- |' * 8}\n| value | {cells} |\n"


def after_the_end(schedule: js.AbstractSchedule) -> str:
    """From where on the value stays what it is."""
    end = float(schedule.horizon())
    if math.isinf(end):
        return "It has no end."
    value = float(schedule(math.ceil(end)))
    return f"From count {end:g} on it stays at {value:.4g}."


def documented(thing: object) -> str:
    """The first formula of a docstring, without its left-hand side."""
    text = inspect.getdoc(thing) or ""
    found = re.search(r"\$\$(.*?)\$\$", text, re.S) or re.search(r"\$(.*?)\$", text, re.S)
    if found is None:
        raise ValueError(f"{thing} has no formula in its docstring; give it in the entry.")
    formula = " ".join(found[1].split()).rstrip(".,")
    return re.sub(r"^[a-z]\w*(_\w)?\([a-z]\)\s*=\s*", "", formula)


def reference(thing: object) -> str | None:
    """The paper that a docstring names."""
    text = inspect.getdoc(thing) or ""
    found = re.search(r"^(?:Reference|Source)s?: (.*?)(?=\n\n|\Z)", text, re.S | re.M)
    return None if found is None else " ".join(found[1].split())


@functools.cache
def elsewhere() -> dict[str, set[str]]:
    """What other libraries call what is made with a name: read off their page."""
    page = (HERE / "coming-from-another-library.md").read_text()
    found: dict[str, set[str]] = {}
    library = ""
    for line in page.split("## Library by library")[1].splitlines():
        if line.startswith("### "):
            library = line[4:]
        elif line.startswith("| `") and library:
            theirs, ours = line.strip("| ").split(" | ", 1)
            port = re.search(r'port\("\w+", "(\w+)"', theirs)
            their = port or re.search(r"`([\w.]+)", theirs)
            outer = re.search(r"`(?:a \* )?js\.((?:curves\.)?\w+)", ours)
            if their and outer:
                label = f"{library} `{their[1]}`"
                curves = re.findall(r"js\.(curves\.\w+)", ours)
                for name in {outer[1], *curves}:
                    found.setdefault(name, set()).add(label)
    return found
