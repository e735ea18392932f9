"""Drawing in a terminal: lines of braille, in colour where there is rich."""

import shutil
import sys
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxsched._core import bounds

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_MARGIN = 10  # for the numbers at the left
_WIDEST, _HEIGHT = 100, 12


def speaker() -> Callable[..., None]:
    """Prints a text in a style; in none where there is no terminal, or no rich."""
    if sys.stdout.isatty():
        try:
            from rich.console import Console
        except ImportError:
            pass
        else:
            console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
            return lambda text, style=None: console.print(text, style=style)
    return lambda text, style=None: print(text)


def width() -> int:
    """Columns to use."""
    return max(min(shutil.get_terminal_size().columns, _WIDEST), 40)


def drawing(function: Any, num_steps: int, end: str) -> list[str]:
    """A function of the count as lines of text, with its bounds and its range."""
    columns = width() - _MARGIN - 1
    fine = _writes("⣿")
    across, down = (2 * columns, 4 * _HEIGHT) if fine else (columns, _HEIGHT)
    counts = np.linspace(0, num_steps, across)
    if num_steps >= across:
        counts = counts.round().astype(np.int64)
    values = np.asarray(function(jnp.asarray(counts)), np.float64)
    low, high = bounds(values)
    dots = _dots((values - low) / (high - low), down)
    rows = _braille(dots) if fine else ["".join(" *"[d] for d in row) for row in dots]
    left = [f"{high:.3g}", *[""] * (_HEIGHT - 2), f"{low:.3g}"]
    wall = "│" if fine else "|"
    lines = [f"{a:>{_MARGIN - 2}} {wall}{row}" for a, row in zip(left, rows, strict=True)]
    below = f"{'0':<{columns - len(end)}}{end}"
    return [line.rstrip() for line in [*lines, " " * _MARGIN + below]]


def _writes(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _dots(heights: np.ndarray, down: int) -> np.ndarray:
    """Which dots are set; a column is filled from the end of the one before it."""
    dots = np.zeros((down, heights.size), int)
    last = None
    for column, height in enumerate(heights):
        if not np.isfinite(height):
            last = None
            continue
        row = round((1 - height) * (down - 1))
        begin = row if last is None else last + np.sign(row - last)
        dots[min(begin, row) : max(begin, row) + 1, column] = 1
        last = row
    return dots


def _braille(dots: np.ndarray) -> list[str]:
    weights = np.asarray(_DOTS)
    cells = dots.reshape(dots.shape[0] // 4, 4, dots.shape[1] // 2, 2)
    codes = 0x2800 + (cells * weights[None, :, None, :]).sum(axis=(1, 3))
    return ["".join(map(chr, row)).replace("\u2800", " ") for row in codes]
