"""Which pictures of a sweep a report shows, and what is said below each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from jaxsched.sweeps import (
    MainEffect,
    Survival,
    SweepResult,
    kaplan_meier,
    main_effects,
    pareto_front,
)

from ._curves import plot_curves
from ._findings import plot_convergence, plot_pareto, plot_sensitivity
from ._heatmap import plot_heatmap
from ._parallel import plot_parallel

_MOST_CURVES = 4


class Picture(NamedTuple):
    """What is said below a picture, what draws it on axes, and whether it is wide."""

    caption: str
    draw: Callable[..., Any]
    is_wide: bool = False


def gallery(
    result: SweepResult,
    score: str,
    mode: str,
    target: float | None,
    members: Mapping[str, int],
) -> Iterator[Picture]:
    """The pictures of a report, as far as there is something to draw.

    Args:
        result: of a sweep.
        score: the metric that decides.
        mode: whether it is to fall ("min") or to rise ("max").
        target: the score at which a run has converged; None leaves that picture out.
        members: the ones whose curves are shown, by name.
    """
    metrics = dict.fromkeys([score, *result.evaluations, *result.curves])
    for metric in list(metrics)[:_MOST_CURVES]:
        window = _window(result, metric)
        over = f"over {window} updates and over seeds" if window > 1 else "over seeds"
        caption = f"{metric}: mean {over}; shaded: lowest to highest seed"
        draw = partial(plot_curves, result, metric, members, window=window)
        yield Picture(caption, draw)
    effects = main_effects(result, score)
    names = _by_effect(effects)
    front = pareto_front(result, score, mode)  # empty if nobody has a score
    if len(names) > 1 and front:
        y, x = names[:2] if names[1] != "family" else names[1::-1]
        caption = f"{score} by {x} and {y}: mean over all other settings and seeds"
        yield Picture(caption, partial(plot_heatmap, result, score, mode, x=x, y=y))
    if any(np.isfinite(effect.share) for effect in effects):
        caption = f"share of the variance of {score} that each setting explains on its own"
        yield Picture(caption, partial(plot_sensitivity, effects))
    if target is not None:
        caption = f"{score} of {target:g}: share of the runs that have reached it"
        curves = {
            name: _survival(result, score, mode, target, i) for name, i in members.items()
        }
        yield Picture(caption, partial(plot_convergence, curves, result.num_steps))
    if front:
        caption = f"{score}: the best of all members so far, and whose it is"
        yield Picture(caption, partial(plot_pareto, front, result.num_steps))
    if names and front:
        lost = "; grey: diverged" if result.diverged.any() else ""
        caption = f"settings of the members and their {score}{lost}"
        draw = partial(plot_parallel, result, score, mode)
        yield Picture(caption, draw, is_wide=True)


def _window(result: SweepResult, metric: str) -> int:
    """Values that are averaged: of noise, which seeds do not share, a twentieth."""
    if metric in result.evaluations:
        return 1
    curves = result.curves[metric]
    is_noise = curves.shape[1] == 1 or bool((curves != curves[:, :1]).any())
    return max(result.num_steps // 20, 1) if is_noise else 1


def _by_effect(effects: Sequence[MainEffect]) -> list[str]:
    """The settings that vary, first the one most above chance in any family."""
    most: dict[str, float] = {}
    for effect in effects:
        more = np.nan_to_num(effect.share - effect.chance)
        most[effect.setting] = max(more, most.get(effect.setting, -1.0))
    return sorted(most, key=lambda name: -most[name])


def _survival(
    result: SweepResult, score: str, mode: str, target: float, member: int
) -> Survival:
    times = result.steps_to(score, target, mode)[member]
    return kaplan_meier(np.minimum(times, result.num_steps), np.isfinite(times))
