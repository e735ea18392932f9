"""A sweep in a process of its own, to be killed: `python -m tests.sweeps.worker DIR`."""

import sys

import jax

from jaxsched import sweeps

from .tasks import Regression

RATES = [0.003, 0.01, 0.03]
OPTIONS = {"num_steps": 60, "num_seeds": 2, "chunk_steps": 5, "key": jax.random.key(3)}


def sweep(progress=False, **options):
    return sweeps.run(Regression(), RATES, progress=progress, **{**OPTIONS, **options})


if __name__ == "__main__":
    sweep(lambda report: print(report.done, flush=True), checkpoint_dir=sys.argv[1])
