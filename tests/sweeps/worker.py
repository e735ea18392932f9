"""A sweep in a process of its own: `python -m tests.sweeps.worker DIR [OPTIONS]`."""

import json
import pathlib
import subprocess
import sys

import jax

from jaxsched import sweeps

from .tasks import Regression

RATES = [0.003, 0.01, 0.03]
OPTIONS = {"num_steps": 60, "num_seeds": 2, "chunk_steps": 5, "key": jax.random.key(3)}


def sweep(progress=False, **options):
    return sweeps.run(Regression(), RATES, progress=progress, **{**OPTIONS, **options})


def halved(**options):
    """Those that got to the end."""
    options = {"metric": "error", "progress": False, **OPTIONS, **options}
    return sweeps.halve(Regression(), RATES, **options).sweep()


def evolved(progress=False, **options):
    """Along their lineages."""
    options = {**OPTIONS, **options}
    options["interval_steps"] = options.pop("chunk_steps")
    found = sweeps.evolve(Regression(), RATES, metric="error", progress=progress, **options)
    return found.result


def start(folder, stderr=subprocess.PIPE, **options):
    """The process; it prints the updates done after each chunk."""
    return subprocess.Popen(
        [
            *(sys.executable, "-W", "error", "-m", "tests.sweeps.worker"),
            *(str(folder), json.dumps(options)),
        ],
        cwd=pathlib.Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


if __name__ == "__main__":
    sweep(**{
        "progress": lambda report: print(report.done, flush=True),
        "checkpoint_dir": sys.argv[1],
        **json.loads(sys.argv[2]),
    })  # fmt: skip
