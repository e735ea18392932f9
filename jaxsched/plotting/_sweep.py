"""The picture of a sweep: who won, how it got there, and how much the peak matters."""

from pathlib import Path
from typing import Any

import numpy as np

from jaxsched.sweeps import FamilySummary, SweepResult

from ._style import label, look, require_matplotlib, words


def plot_sweep(
    result: SweepResult,
    summaries: list[FamilySummary],
    path: str | Path,
    *,
    score: str = "validation_accuracy",
    trajectory: str = "loss",
    setting: str = "peak_value",
    num_shown: int = 6,
) -> None:
    """Draws the best member of the best families, and the score over a setting.

    Args:
        result: a sweep whose task reports `learning_rate`.
        summaries: what `summarise` gave for it.
        path: the file to write; its ending says the format.
        score: the metric of the third panel.
        trajectory: the metric of the second, over updates; on a logarithmic scale where
            all is above 0.
        setting: its horizontal axis, the name of a setting of all families.
        num_shown: families in the picture.

    Raises:
        ImportError: without Matplotlib, which the extra `examples` brings.
    """
    figure_class = require_matplotlib()
    shown = summaries[:num_shown]
    steps = np.arange(result.num_steps)
    figure = figure_class(figsize=(13, 4.2), layout="constrained")
    rates, losses, scores = figure.subplots(1, 3)
    for i, summary in enumerate(shown):
        looks: Any = {**look(i), "label": summary.family}
        member = summary.best_member
        rates.plot(steps, result.curves["learning_rate"][member, 0], **looks)
        curve, low, high = _band(result.curves[trajectory][member])
        losses.plot(steps[-len(curve) :], curve, **looks)
        losses.fill_between(
            steps[-len(curve) :], low, high, color=looks["color"], alpha=0.15, linewidth=0
        )
        x, y = _profile(result, summary.family, score, setting)
        scores.plot(x, y, marker="o", markersize=3, **looks)
    label(rates, "update", "learning rate", "The best schedule of each family")
    name = words(trajectory)
    label(losses, "update", name, f"Its training {name} (band: seeds)")
    if all((line.get_ydata() > 0).all() for line in losses.lines):
        losses.set_yscale("log")
    axis = words(setting)
    label(scores, axis, words(score), f"How much the {axis} matters")
    scores.set_xscale("log")
    rates.legend(fontsize="small")
    figure.savefig(path, dpi=130)


def _band(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and extremes over seeds of the loss, smoothed over a twentieth of the run."""
    width = max(losses.shape[-1] // 20, 1)
    window = np.ones(width) / width
    smooth = np.stack([np.convolve(seed, window, mode="valid") for seed in losses])
    return smooth.mean(axis=0), smooth.min(axis=0), smooth.max(axis=0)


def _profile(
    result: SweepResult, family: str, score: str, setting: str
) -> tuple[np.ndarray, np.ndarray]:
    members = [i for i, s in enumerate(result.settings) if s.get("family") == family]
    x = np.asarray([result.settings[i][setting] for i in members])
    y = result.final(score)[members].mean(axis=1)
    order = np.argsort(x)
    return x[order], y[order]
