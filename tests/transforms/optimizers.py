"""What of each optimizer and transformation of optax can be scheduled.

    python -m tests.transforms.optimizers > docs/optimizers.md

prints the page of the docs: a row for each factory that optax makes public, with the
hyperparameters that can follow a schedule, those that cannot and why, and the extra
arguments that an update needs.
"""

# ruff: noqa: E501

import functools
import re

import optax

import jaxsched as js

from .factories import EXCLUDED, Row, public_factories, rows

HEAD = """# Every optimizer of Optax

`scheduled` takes every optimizer and transformation of Optax {version} that has a number, from `optax` and `optax.contrib`: {num_rows} of them with {num_free} hyperparameters that can follow a schedule or a controller, be traced, batched, overridden and replaced in mid-run. A test asks Optax for them, trains each with every hyperparameter as a constant schedule, compares it with the plain optimizer, batches over two values of each, and makes this page.

Where Optax itself has to know a number in Python, {num_refused} times, `scheduled` says so when the optimizer is made:

```python
>>> import functools
>>> import optax
>>> import jaxsched as js
>>> js.scheduled(optax.contrib.reduce_on_plateau, factor=0.5)  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
TypeError: scheduled(optax.contrib.reduce_on_plateau, factor=0.5) cannot schedule factor, because reduce_on_plateau branches on it in Python: `if factor <= 0.0 or factor >= 1.0:` ...
>>> plateau = functools.partial(optax.contrib.reduce_on_plateau, factor=0.5)  # fixed

```

Whole numbers where Optax takes no other, such as `memory_size`, reach it as they are given; so do a `key` and a `seed`. A tuple of numbers is fixed as a whole.

Parameters may be float32, bfloat16, float16, float64 or a mixture: updates have the types of the gradients, the state keeps its own, and hyperparameters are computed in the default float type. A few (`clip_by_global_norm`, `novograd`, `contrib.mechanize`, `contrib.reduce_on_plateau`, `contrib.sophia`) put a hyperparameter and a gradient into one `select` or `cond`, which must not mix types: over other floats than the hyperparameters' their whole update is computed in these.

| optimizer | can be scheduled | fixed | an update needs |
| --- | --- | --- | --- |
"""


def fixed(row: Row, names: tuple[str, ...]) -> functools.partial:
    """The factory with all arguments but these fixed."""
    others = {k: v for k, v in row.at_rest().items() if k not in names}
    return functools.partial(row.factory, **others)


@functools.cache
def refused(name: str) -> dict[str, str]:
    """Hyperparameters of a factory that cannot be scheduled, and why."""
    row, reasons = rows()[name], {}
    for number, (value, _) in row.numbers.items():
        try:
            js.scheduled(fixed(row, (number,)), **{number: js.Constant(value)})
        except TypeError as error:
            reasons[number] = re.search(r"because (.*)\. Give it", str(error))[1]
    return reasons


def free(name: str) -> tuple[str, ...]:
    """Hyperparameters of a factory that can be scheduled."""
    return tuple(k for k in rows()[name].numbers if k not in refused(name))


def page() -> str:
    """The page of the docs."""
    lines = [_line(name, row) for name, row in rows().items()]
    head = HEAD.format(
        version=optax.__version__,
        num_rows=len(lines),
        num_free=sum(len(free(name)) for name in rows()),
        num_refused=sum(len(refused(name)) for name in rows()),
    )
    left_out: dict[str, list[str]] = {}
    for name in public_factories():
        short = name.rpartition(".")[2]
        if short in EXCLUDED:
            left_out.setdefault(EXCLUDED[short], []).append(f"`{short}`")
    tail = "\n".join(f"* {', '.join(names)}: {why}" for why, names in left_out.items())
    return f"{head}{''.join(lines)}\nNot in the table:\n\n{tail}\n"


def _line(name: str, row: Row) -> str:
    kept = [f"`{k}`: {_brief(why)}" for k, why in refused(name).items()]
    kept += [f"`{k}` (size)" for k in row.sizes]
    kept += [f"`{k}` (tuple)" for k in row.tuples]
    needs = ", ".join(f"`{k}=`" for k in row.needs)
    names = ", ".join(f"`{k}`" for k in free(name))
    return f"| `{name}` | {names} | {'; '.join(kept)} | {needs} |\n"


def _brief(why: str) -> str:
    """Without the place in the file, which changes with each version."""
    why = re.sub(r" \(\S+, line \d+\)$", "", why)
    return why.replace("|", "\\|")


if __name__ == "__main__":
    print(page(), end="")
