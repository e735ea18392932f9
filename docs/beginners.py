"""Trains, and draws the pictures of "Learning rates for beginners".

python docs/beginners.py
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import optax
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import jaxsched as js
from jaxsched import plotting, sweeps, tasks

IMAGES = Path(__file__).parent / "images"
NUM_STEPS, NUM_SEEDS = 300, 16
GUESSING = np.log(10)  # the loss of who gives each of ten digits a tenth
LADDER = [0.0025 * 2**k for k in range(10)]
LOW, GOOD, HIGH = LADDER[0], LADDER[6], LADDER[-1]
PEAK, ADAM_PEAK, WARMUP = LADDER[7], 0.2, 30
BLUE, GREY = "#0072B2", "#6E6E6E"
METRIC, AXIS = "validation_loss", "loss on new images"


class Trained(NamedTuple):
    """Schedules by name, and what training with each of them gave."""

    schedules: dict[str, js.AbstractSchedule]
    result: sweeps.SweepResult

    def final(self, name: str, metric: str = METRIC) -> np.ndarray:
        """The last value of a metric, for each seed."""
        return self.result.final(metric)[list(self.schedules).index(name)]

    def pick(self, names: Mapping[str, str]) -> dict[str, int]:
        """Numbers of members by the words for them."""
        order = list(self.schedules)
        return {words: order.index(name) for words, name in names.items()}


def main() -> None:
    for name, figure in draw(with_sgd(), with_adam()).items():
        figure.savefig(IMAGES / f"beginners-{name}.png", dpi=90)


def draw(plain: Trained, adam: Trained) -> dict[str, Figure]:
    """All pictures, in the order of the page."""
    return {
        "rates": draw_rates(plain),
        "valley": draw_valley(plain),
        "decay": draw_beside(plain, {n: n for n in ("constant", "line", "cosine")}),
        "warmup": draw_beside(adam, {"no warmup": "line", "warmup": "warmup, line"}),
    }


def with_sgd() -> Trained:
    """Plain gradient descent, four images an update."""
    constants = {name(rate): js.Constant(rate) for rate in LADDER}
    return train(tasks.Digits(optax.sgd, batch_size=4), constants | shapes(PEAK))


def with_adam() -> Trained:
    low = {f"{words}, low": one for words, one in shapes(ADAM_PEAK / 4).items()}
    return train(tasks.Digits(optax.adam), shapes(ADAM_PEAK) | low)


def shapes(peak: float) -> dict[str, js.AbstractSchedule]:
    """Ways to spend a run that all come to the same highest rate."""
    line = js.curves.Linear()
    return {
        "constant": js.Constant(peak),
        "line": js.decay_schedule(peak, decay_steps=NUM_STEPS),
        "cosine": js.cosine_annealing_schedule(peak, decay_steps=NUM_STEPS),
        "warmup, line": js.warmup_decay_schedule(
            0.0, peak, warmup_steps=WARMUP, decay_steps=NUM_STEPS - WARMUP, curve=line
        ),
    }


def train(task: sweeps.Task, schedules: dict[str, js.AbstractSchedule]) -> Trained:
    """All schedules side by side; seed by seed they start alike and see the same images."""
    options = {"num_seeds": NUM_SEEDS, "chunk_steps": 5, "progress": False}
    members, key = list(schedules.values()), jax.random.key(0)
    return Trained(
        schedules, sweeps.run(task, members, num_steps=NUM_STEPS, key=key, **options)
    )


def name(rate: float) -> str:
    return f"{rate:.3g}"


def draw_rates(trained: Trained) -> Figure:
    """Three constant rates: the loss on the way."""
    rates = {"too low": LOW, "good": GOOD, "too high": HIGH}
    named = {f"{words}: {name(rate)}": name(rate) for words, rate in rates.items()}
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    draw_losses(trained, named, figure.subplots())
    return figure


def draw_valley(trained: Trained) -> Figure:
    """The last loss over the rate: a dot for each seed, a line through the means."""
    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axes = figure.subplots()
    losses = np.stack([trained.final(name(rate)) for rate in LADDER])
    axes.plot(LADDER, losses, "o", color=BLUE, alpha=0.25, markersize=4)
    axes.plot(LADDER, losses.mean(axis=1), color=BLUE)
    axes.axhline(GUESSING, color=GREY, linestyle="--")
    axes.text(GOOD, GUESSING * 1.07, "guessing", color=GREY, ha="center")
    axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel=f"last {AXIS}")
    axes.set_xticks(LADDER, [name(rate) for rate in LADDER], minor=False)
    axes.set_xticks([], minor=True)
    plain_numbers(axes, (0.2, 0.5, 1, 2, 5))
    axes.grid(alpha=0.25)
    return figure


def draw_beside(trained: Trained, named: Mapping[str, str]) -> Figure:
    """Left the rates, right what they do to the loss."""
    figure = Figure(figsize=(8.6, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    rates = {words: trained.schedules[name] for words, name in named.items()}
    plotting.plot(rates, NUM_STEPS, axes=left)
    left.set_ylabel("learning rate")
    draw_losses(trained, named, right)
    return figure


def draw_losses(trained: Trained, named: Mapping[str, str], axes: Axes) -> None:
    plotting.plot_curves(trained.result, METRIC, trained.pick(named), axes=axes)
    axes.set(ylabel=AXIS, yscale="log")
    plain_numbers(axes, (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50))


def plain_numbers(axes: Axes, ticks: tuple[float, ...]) -> None:
    """0.5 and 2, in place of powers of ten."""
    low, high = axes.get_ylim()
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_yticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_yticks([], minor=True)


if __name__ == "__main__":
    main()
