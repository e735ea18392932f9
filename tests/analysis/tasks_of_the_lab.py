"""The lab's three tasks of reference, and the shapes that are tuned on them."""

import dataclasses

import jax
import numpy as np
from scipy import optimize

import jaxsched as js
from jaxsched import curves
from jaxsched.analysis import power_law_quadratic


@dataclasses.dataclass(frozen=True)
class Reference:
    """A task by its numbers, the bound of its rates, and the published ratios.

    A ratio is that of the least loss of a shape, over peaks, to that of the best shape.
    """

    capacity: float
    source: float
    noise: float
    batch_size: float
    max_value: float | None
    ratios: dict[str, float]

    def task(self, size):
        return power_law_quadratic(
            self.capacity,
            self.source,
            size=size,
            noise=self.noise,
            batch_size=self.batch_size,
        )


HARD = Reference(
    *(2.0, 0.25, 1.0, 8.0, 1.0),
    {
        "wsd_sqrt": 1.0,
        "wsd": 1.002,
        "knee": 1.034,
        "rex": 1.097,
        "cosine": 1.153,
        "linear": 1.159,
        "constant": 1.534,
        "optimised": 0.993,
    },
)
EASY = Reference(
    *(1.5, 1.0, 0.5, 4.0, None),
    {
        "linear": 1.0,
        "cosine": 1.005,
        "quadratic": 1.007,
        "rex": 1.042,
        "wsd_sqrt": 1.132,
        "constant": 1.746,
        "optimised": 0.962,
    },
)
EASIER = Reference(
    *(1.5, 1.5, 1.0, 1.0, None),
    {
        "cosine_to_tenth": 1.0,
        "linear_to_tenth": 1.024,
        "linear": 1.032,
        "quadratic": 1.106,
        "wsd_sqrt": 1.18,
        "constant": 1.424,
        "optimised": 0.995,
    },
)


def shapes(num_steps):
    """Schedules with a peak of 1, by name."""

    def stable(steps, curve=curves.Linear()):
        return js.warmup_stable_decay_schedule(
            *(0.0, 1.0),
            warmup_steps=0,
            stable_steps=num_steps - steps,
            decay_steps=steps,
            curve=curve,
        )

    def down(curve, end_value=0.0):
        return js.Transition(1.0, end_value, num_steps, curve)

    return {
        "wsd_sqrt": stable(num_steps // 5, curves.SquareRoot()),
        "wsd": stable(num_steps // 5),
        "knee": stable(num_steps // 2),
        "rex": down(curves.Rex()),
        "cosine": down(curves.Cosine()),
        "cosine_to_tenth": down(curves.Cosine(), 0.1),
        "linear": down(curves.Linear()),
        "linear_to_tenth": down(curves.Linear(), 0.1),
        "quadratic": down(curves.Polynomial(2.0)),
        "constant": js.Constant(1.0),
    }


@jax.jit
def losses_of(task, rates):
    """The expected loss after the rates of each row."""
    num_steps = rates.shape[1]
    return jax.vmap(lambda row: task.expected_loss(js.Table(row), num_steps))(rates)


def tuned(reference, size, num_steps, names):
    """The best peak of each shape and its loss, by name: a grid, then Brent's method."""
    task = reference.task(size)
    highest = 1.5 if reference.max_value is None else np.log2(reference.max_value)
    grid = np.arange(-8.0, highest + 0.01, 0.5)
    found = {}
    for name in names:
        values = np.asarray(shapes(num_steps)[name](np.arange(num_steps)))
        at = int(np.argmin(losses_of(task, 2.0 ** grid[:, None] * values)))
        if at == len(grid) - 1 and reference.max_value is not None:
            best = grid[at]
        else:
            assert 0 < at < len(grid) - 1, f"{name}: the best peak is at the edge"
            best = optimize.minimize_scalar(
                lambda x, values=values: float(losses_of(task, 2.0**x * values[None])[0]),
                bracket=tuple(grid[at - 1 : at + 2]),
                tol=1e-4,
            ).x
        found[name] = 2.0**best, float(losses_of(task, 2.0**best * values[None])[0])
    return found
