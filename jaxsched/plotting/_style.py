"""What the pictures share: colours, scales, words."""

from collections.abc import Sequence
from typing import Any

import numpy as np

# Okabe and Ito's colours, which colour-blind readers tell apart, and then line styles.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":")
GREY = "#9A9A9A"  # of what is there, but not the point
_LONGEST = 32


def require_matplotlib() -> Any:
    """Matplotlib's figure, or an error that names the extra which brings it."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "pictures need Matplotlib: pip install 'jaxsched[examples]'."
        ) from error
    return Figure


def new_figure(num_panels: int) -> Any:
    """Axes below one another that share their counts, of a new figure of `pyplot`.

    That one is shown by itself in a notebook, and by `pyplot.show()` in a script.
    """
    require_matplotlib()
    from matplotlib import pyplot

    height = 3.2 if num_panels == 1 else 1.6 * num_panels
    figure = pyplot.figure(figsize=(6.4, height), layout="constrained")
    return figure.subplots(num_panels, sharex=True, squeeze=False)[:, 0]


def look(i: int) -> dict[str, Any]:
    """Colour and style of the line with this number."""
    return {
        "color": COLOURS[i % len(COLOURS)],
        "linestyle": STYLES[i // len(COLOURS) % len(STYLES)],
    }


def words(name: Any) -> str:
    """A name as Matplotlib is to write it: as it is, not as mathematics, and short."""
    text = str(name).replace("_", " ").strip()
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return text.replace("$", r"\$")


def label(axes: Any, x: str, y: str, title: str = "") -> None:
    """Names of the axes, and a grid."""
    axes.set_title(title, fontsize="medium")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25)


def key(axes: Any, handles: Sequence[Any]) -> None:
    """A legend, if there is anything to tell apart."""
    if handles:
        axes.legend(handles=handles, fontsize="small")


def is_wide(values: Any) -> bool:
    """Whether a log scale helps: all are above 0, the largest 10 times the smallest."""
    values = np.asarray(values, np.float64).ravel()
    values = values[np.isfinite(values)]
    return bool(values.size and values.min() > 0 and values.max() >= 10 * values.min())


def falls_far(lines: Sequence[np.ndarray]) -> bool:
    """Whether a log scale helps lines: one ends at a tenth of the largest, as losses do."""
    finite = [y[np.isfinite(y)] for y in lines]
    ends = [y[-1] for y in finite if y.size]
    every = np.concatenate([np.zeros(0), *finite])
    return is_wide(every) and bool(min(ends) <= every.max() / 10)


def colouring(values: np.ndarray, mode: str) -> Any:
    """Viridis over the finite ones of some values, the best are dark.

    In ratios if they are to fall and wide. On white the dark end is what stands out.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    values = values[np.isfinite(values)] if np.isfinite(values).any() else np.zeros(1)
    is_log = mode == "min" and is_wide(values)  # what is to rise has its best far from 0
    norm = (LogNorm if is_log else Normalize)(values.min(), values.max())
    return ScalarMappable(norm, "viridis" if mode == "min" else "viridis_r")


def colour_bar(axes: Any, colours: Any, text: str) -> None:
    """What the colours mean, to the right of the axes."""
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator

    options: Any = {}
    norm: Any = colours.norm
    if isinstance(colours.norm, LogNorm):
        is_far = norm.vmax > 1_000 * norm.vmin
        ticks = LogLocator(subs=(1,) if is_far else (1, 2, 5))
        options = {"ticks": ticks, "format": "%g"}
    bar = axes.figure.colorbar(colours, ax=axes, label=text, pad=0.03, **options)
    bar.minorticks_off()


def say_empty(axes: Any, why: str) -> Any:
    """Axes that say why there is nothing on them."""
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes
