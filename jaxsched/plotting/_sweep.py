"""The picture of a sweep: who won, how it got there, and how much the peak matters."""

from pathlib import Path
from typing import Any

import numpy as np

from jaxsched.sweeps import FamilySummary, SweepResult, summarise

from ._style import falls_far, is_wide, label, look, require_matplotlib, words


def plot_sweep(
    result: SweepResult,
    summaries: list[FamilySummary] | None = None,
    path: str | Path | None = None,
    *,
    score: str = "validation_accuracy",
    trajectory: str = "loss",
    setting: str = "peak_value",
    num_shown: int = 6,
    mode: str = "max",
    axes: Any = None,
) -> Any:
    """Draws the best member of the best families, and the score over a setting.

    Args:
        result: a sweep whose task reports `learning_rate`.
        summaries: what `summarise` gave for it; made from the score if not given.
        path: the file to write, whose ending says the format; none if not given.
        score: the metric of the third panel.
        trajectory: the metric of the second, over updates; on a logarithmic scale where
            it falls far.
        setting: its horizontal axis, the name of a setting of all families.
        num_shown: families in the picture.
        mode: whether the score is to rise ("max") or to fall ("min"): its axis says so,
            and it ranks where there are no summaries.
        axes: three Matplotlib axes, where to draw; a new figure if not given.

    Returns:
        The axes, in an array.

    Raises:
        ImportError: without Matplotlib, which the extra `examples` brings.
    """
    figure_class = require_matplotlib()
    if summaries is None:
        summaries = summarise(
            result, score=score, target=np.nan, mode=mode, loss=trajectory
        )
    shown = summaries[:num_shown]
    steps = np.arange(result.num_steps)
    if axes is None:
        axes = figure_class(figsize=(13, 4.2), layout="constrained").subplots(1, 3)
    rates, losses, scores = axes = np.ravel(axes)
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
    if falls_far([np.asarray(line.get_ydata()) for line in losses.lines]):
        losses.set_yscale("log")
    axis, better = words(setting), " (lower is better)" if mode == "min" else ""
    label(scores, axis, words(score) + better, f"How much the {axis} matters")
    scores.set_xscale("log")
    if is_wide(np.concatenate([line.get_xdata() for line in scores.lines])):
        # Decades are enough; between them the labels would overlap.
        scores.tick_params(axis="x", which="minor", labelbottom=False)
    rates.legend(fontsize="small")
    if path is not None:
        rates.figure.savefig(path, dpi=130)
    return axes


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
