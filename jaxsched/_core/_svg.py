"""A schedule as a page shows it: a small drawing in SVG, and its code below.

Text alone, without a library; the colour is that of the page's text, so that it can be
seen on a light and on a dark ground.
"""

import html
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ._span import bounds, common_span, members_of, spread

_WIDTH, _HEIGHT = 340, 110
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 8, 18
_POINTS = 240
_STEP = 8  # of the height, from one point to the next
_MOST_MEMBERS = 7
_MOST_TEXT = 4_000


def to_html(node: Any, schedules: Mapping[str, Any]) -> str:
    """A node as HTML: a drawing of each schedule under its name, and the node as code.

    Only the code where there is nothing to draw: of a schedule that is being traced, or
    has a function that fails.
    """
    text = repr(node)
    text = text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}..."
    code = (
        '<pre style="white-space:pre-wrap;max-height:12em;overflow:auto">'
        f"{html.escape(text)}</pre>"
    )
    if any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(node)):
        return code
    try:
        drawings = [_drawing(name, schedule) for name, schedule in schedules.items()]
    except Exception:  # whatever a function of the user's raises: the code is there
        return code
    return f"<div>{''.join(drawings)}{code}</div>"


def _drawing(name: str, schedule: Any) -> str:
    shown = members_of(schedule, _MOST_MEMBERS)
    num_steps = common_span(shown)
    counts = spread(num_steps, _POINTS)
    lines = [np.asarray(member(jnp.asarray(counts)), np.float64) for member in shown]
    low, high = bounds(np.concatenate(lines))
    x = _LEFT + counts / num_steps * (_WIDTH - _LEFT - _RIGHT)
    floor = _HEIGHT - _BOTTOM
    paths = [
        _path(x, floor - (line - low) / (high - low) * (floor - _TOP), opacity)
        for line, opacity in zip(lines, np.linspace(1, 0.35, len(lines)), strict=True)
    ]
    frame = f"M{_LEFT},{_TOP}V{floor}H{_WIDTH - _RIGHT}"
    labels = [
        _label(_LEFT - 5, _TOP + 7, "end", f"{high:.3g}"),
        _label(_LEFT - 5, floor, "end", f"{low:.3g}"),
        _label(_LEFT, _HEIGHT - 4, "start", "0"),
        _label(_WIDTH - _RIGHT, _HEIGHT - 4, "end", f"{num_steps}"),
        _label((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 4, "middle", name or "update"),
    ]
    alternative = html.escape(name or type(schedule).__name__)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" style="max-width:100%" role="img" '
        f'aria-label="{alternative} over updates 0 to {num_steps}" fill="none" '
        f'stroke="currentColor" font-family="sans-serif" font-size="10">'
        f'<path d="{frame}" stroke-opacity="0.4"/>{"".join(paths)}{"".join(labels)}</svg>'
    )


def _path(x: np.ndarray, y: np.ndarray, opacity: float) -> str:
    """A line through what is finite; what is nearly a step is drawn as one."""
    steps, pen, last = [], "M", math.nan
    for a, b in zip(x, y, strict=True):
        if abs(b - last) > _STEP:
            steps.append(f"H{a:.1f}V{b:.1f}")
        elif math.isfinite(b):
            steps.append(f"{pen}{a:.1f},{b:.1f}")
        pen, last = ("L" if math.isfinite(b) else "M"), b
    return (
        f'<path d="{"".join(steps)}" stroke-width="1.5" stroke-linejoin="round" '
        f'stroke-opacity="{opacity:.2g}"/>'
    )


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="currentColor" '
        f'stroke="none">{html.escape(text)}</text>'
    )
