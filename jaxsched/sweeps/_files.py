"""Results as files that read back exactly.

JSON holds everything, CSV the row of each member and seed. Numbers are written with the
fewest digits that give them back, and what is not finite as a word, since JSON has none.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from jaxsched._core import to_python

from ._members import plain
from ._result import SweepResult

_VERSION = 1
_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def write_json(result: SweepResult, path: str | Path) -> None:
    """Writes all of a result."""
    record = {
        "version": _VERSION,
        "seconds": result.seconds,
        "seeds": result.seeds,
        "settings": [{k: _plain(v) for k, v in row.items()} for row in result.settings],
        "schedules": result.schedules,
        "eval_steps": result.eval_steps.tolist(),
        "curves": {k: _array(v) for k, v in result.curves.items()},
        "evaluations": {k: _array(v) for k, v in result.evaluations.items()},
    }
    Path(path).write_text(json.dumps(record, allow_nan=False))


def read_json(path: str | Path) -> SweepResult:
    """Reads what `write_json` wrote.

    Raises:
        ValueError: if the file is of another version.
    """
    record = json.loads(Path(path).read_text())
    if record.get("version") != _VERSION:
        raise ValueError(
            f"read_json({str(path)!r}) needs a file of version {_VERSION}, got "
            f"{record.get('version')!r}. Write it anew with this version of jaxsched."
        )
    return SweepResult(
        curves={k: _unarray(v) for k, v in record["curves"].items()},
        evaluations={k: _unarray(v) for k, v in record["evaluations"].items()},
        eval_steps=np.asarray(record["eval_steps"], np.int64),
        settings=[{k: _unplain(v) for k, v in row.items()} for row in record["settings"]],
        schedules=record["schedules"],
        seeds=record["seeds"],
        seconds=record["seconds"],
    )


def write_csv(result: SweepResult, path: str | Path) -> None:
    """Writes `result.rows()`; a family leaves the columns of others empty."""
    rows = result.rows()
    # The columns of every row before the outcome ones, which all rows have.
    names = list(dict.fromkeys(name for row in rows for name in row))
    outcome = [n for n in names if n.startswith("final_") or n == "diverged"]
    names = [n for n in names if n not in outcome] + outcome
    with Path(path).open("w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: json.dumps(_plain(v)) for k, v in row.items()})


def read_csv(path: str | Path) -> list[dict[str, Any]]:
    """Reads what `write_csv` wrote: equal to `result.rows()`.

    Raises:
        ValueError: for another file.
    """
    with Path(path).open(newline="") as file:
        table = csv.DictReader(file)
        if "member" not in (table.fieldnames or ()):
            raise ValueError(
                f"read_csv(path) needs what write_csv wrote, got {path} without a column "
                f"'member'. Files of write_json are for read_json."
            )
        return [
            {k: _unplain(json.loads(v)) for k, v in row.items() if v != ""} for row in table
        ]


def _plain(value: Any) -> Any:
    """A setting for JSON: what is not finite as a word, in a dict to tell it apart."""
    value = plain(value)
    if isinstance(value, list):
        return [_plain(v) for v in value]
    is_word = isinstance(value, float) and not math.isfinite(value)
    return {"number": str(value)} if is_word else value


def _unplain(value: Any) -> Any:
    if isinstance(value, list):
        return [_unplain(v) for v in value]
    return _WORDS[value["number"]] if isinstance(value, dict) else value


def _array(values: np.ndarray) -> dict[str, Any]:
    flat = to_python(values.reshape(-1))
    flat = [v if math.isfinite(v) else str(v) for v in flat]
    return {"dtype": str(values.dtype), "shape": list(values.shape), "values": flat}


def _unarray(record: dict[str, Any]) -> np.ndarray:
    values = [_WORDS[v] if isinstance(v, str) else v for v in record["values"]]
    return np.asarray(values, record["dtype"]).reshape(record["shape"])
