"""The picture of a sweep: who won, how it got there, and how much the peak matters."""

from pathlib import Path
from typing import Any

import numpy as np

from jaxsched.sweeps import FamilySummary, SweepResult

# Okabe and Ito's colours, which colour-blind readers tell apart, and then line styles.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_STYLES = ("-", "--", ":")


def plot_sweep(
    result: SweepResult,
    summaries: list[FamilySummary],
    path: str | Path,
    *,
    score: str = "validation_accuracy",
    setting: str = "peak_value",
    num_shown: int = 6,
) -> None:
    """Draws the best member of the best families, and the score over a setting.

    Args:
        result: a sweep whose task reports `loss` and `learning_rate`.
        summaries: what `summarise` gave for it.
        path: the file to write; its ending says the format.
        score: the metric of the third panel.
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
        look: Any = {
            "color": _COLOURS[i % len(_COLOURS)],
            "linestyle": _STYLES[i // len(_COLOURS)],
            "label": summary.family,
        }
        member = summary.best_member
        rates.plot(steps, result.curves["learning_rate"][member, 0], **look)
        curve, low, high = _band(result.curves["loss"][member])
        losses.plot(steps[-len(curve) :], curve, **look)
        losses.fill_between(
            steps[-len(curve) :], low, high, color=look["color"], alpha=0.15, linewidth=0
        )
        x, y = _profile(result, summary.family, score, setting)
        scores.plot(x, y, marker="o", markersize=3, **look)
    _label(rates, "The best schedule of each family", "update", "learning rate")
    _label(losses, "Its training loss (band: seeds)", "update", "loss")
    losses.set_yscale("log")
    readable = score.replace("_", " ")
    _label(
        scores,
        f"How much the {setting.replace('_', ' ')} matters",
        setting.replace("_", " "),
        readable,
    )
    scores.set_xscale("log")
    rates.legend(fontsize="small")
    figure.savefig(path, dpi=130)


def require_matplotlib() -> Any:
    """Matplotlib's figure, or an error that names the extra which brings it."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "pictures need Matplotlib: pip install 'jaxsched[examples]'."
        ) from error
    return Figure


def _label(axes: Any, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize="medium")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25)


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
