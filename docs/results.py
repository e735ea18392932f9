"""Writes the pages of results: 13 schedules on each task, three optimizers, two searches.

python docs/results.py [digits] [chars] [cartpole]
"""

import dataclasses
import functools
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import optax
from matplotlib.figure import Figure

import jaxsched as js
from jaxsched import analysis, plotting, sweeps, tasks
from jaxsched.__main__ import use_all_cores

HERE = Path(__file__).parent
SHARES = (0.1, 0.25, 0.5, 1.0)  # of a run, where the way is read
OPTIMIZERS = {
    "SGD with momentum": functools.partial(optax.sgd, momentum=0.9),
    "Adam": optax.adam,
    "RMSprop": optax.rmsprop,
}
Found = Mapping[str, analysis.ScheduleComparison]


class Size(NamedTuple):
    """How much is trained for a page.

    Attributes:
        low: lowest peak value by optimizer, in the order of `OPTIMIZERS`.
        ratio: of a peak value of the grid to the one below.
        num_peaks: peak values of the grid, and draws of the random search.
        num_seeds: runs of each peak, and again of each that is chosen.
        num_steps: updates of a run.
        overhead_turns: measurements of the time of training.
    """

    low: tuple[float, float, float]
    ratio: float
    num_peaks: int
    num_seeds: int
    num_steps: int
    overhead_turns: int = 25


SIZES = {
    "digits": Size((0.01, 0.001, 0.001), 2**0.5, 15, 5, tasks.TASKS["digits"].num_steps),
    "chars": Size((0.16, 0.004, 0.004), 2.0, 6, 3, tasks.TASKS["chars"].num_steps, 9),
    "cartpole": Size((0.25, 0.02, 0.016), 2.0, 8, 5, tasks.TASKS["cartpole"].num_steps),
}


def main() -> None:
    for name in sys.argv[1:] or SIZES:
        print(f"{name} ...", file=sys.stderr)
        write(name, SIZES[name], HERE)


def write(name: str, size: Size, folder: Path) -> None:
    """Trains all that a page needs; writes the page, and its picture beside it."""
    start = time.perf_counter()
    lows = dict(zip(OPTIMIZERS, size.low, strict=True))
    grid, drawn = (
        {title: search(name, size, title, peaks(lows[title], size)) for title in lows}
        for peaks in (grid_of, draws_of)
    )
    grid = {title: with_overhead(grid[title], name, size, title) for title in lows}
    minutes = (time.perf_counter() - start) / 60
    draw(grid, folder / "images" / f"results-{name}.png")
    page = "\n\n".join([
        f"# Results: {name}",
        said_of_the_runs(name, size, minutes),
        "## In short",
        in_short(grid, drawn),
        "## Final performance",
        analysis.side_by_side(grid).to_markdown(),
        "Mean score of the new seeds, ± half of Student's 95% interval, at the best peak "
        "value of the grid. Ranks take no notice of ties.",
        f"![How the tuned schedules train and end](images/results-{name}.png)",
        "Above the training, means over seeds of the best seven schedules within the range "
        "of the seeds; below the scores with their intervals. A hollow dot is a schedule "
        "whose best peak value is at the edge of the grid.",
        *(section(title, grid[title], drawn[title]) for title in grid),
    ])  # fmt: skip
    (folder / f"results-{name}.md").write_text(f"{page}\n")


def search(
    name: str, size: Size, title: str, peaks: list[float]
) -> analysis.ScheduleComparison:
    """All families on a task under an optimizer, each with its best of these peaks."""
    entry = tasks.TASKS[name]
    return analysis.compare(
        entry.task(OPTIMIZERS[title]),
        tasks.families(size.num_steps),
        num_steps=size.num_steps,
        key=jax.random.key(0),
        score=entry.score,
        mode=entry.mode,
        target=entry.target,
        loss=entry.trajectory,
        peak_values=peaks,
        num_seeds=size.num_seeds,
        overhead_turns=0,
    )


def with_overhead(
    found: analysis.ScheduleComparison, name: str, size: Size, title: str
) -> analysis.ScheduleComparison:
    """The same, with the time of training against a constant rate's."""
    if not size.overhead_turns:
        return found
    entry = tasks.TASKS[name]
    families = tasks.families(size.num_steps)
    peaks = {row.name: row.peak for row in found.rows}
    costs = sweeps.measure_overhead(
        entry.task(OPTIMIZERS[title]),
        {"": js.Constant(0.0)} | {name: families[name](peaks[name]) for name in peaks},
        num_steps=entry.num_copy_steps,
        num_members=entry.num_copies,
        repeats=size.overhead_turns,
    )
    return dataclasses.replace(found, overhead={name: costs[name] for name in peaks})


def grid_of(low: float, size: Size) -> list[float]:
    return [float(f"{low * size.ratio**k:.3g}") for k in range(size.num_peaks)]


def draws_of(low: float, size: Size) -> list[float]:
    """As many as the grid has, from the same range, evenly on a logarithmic scale."""
    peak = sweeps.log_uniform(low, low * size.ratio ** (size.num_peaks - 1))
    drawn = js.sample(jax.random.key(1), js.Constant, size.num_peaks, value=peak)
    return [float(f"{row['value']:.3g}") for row in drawn.settings]


def said_of_the_runs(name: str, size: Size, minutes: float) -> str:
    entry = tasks.TASKS[name]
    families = len(tasks.families(size.num_steps))
    runs = families * (size.num_peaks + 1) * size.num_seeds * 2 * len(OPTIMIZERS)
    return (
        f"`python docs/results.py {name}` wrote this page: {families} [families of "
        f"schedules](reference/tasks.md) on [the task `{name}`](tasks.md), with "
        f"{len(OPTIMIZERS)} optimizers. Each family is tuned over {size.num_peaks} peak "
        f"values with {size.num_seeds} seeds, once by grid and once by random search, and "
        f"the best of each is trained anew with {size.num_seeds} other seeds: {runs:,} "
        f"trainings of {size.num_steps} updates. The score is {entry.name}, to "
        f"{'rise' if entry.mode == 'max' else 'fall'}; a run has converged at "
        f"{entry.target:{entry.form}}. What the columns mean, and what to be wary of: "
        f"[Compare schedules](compare-schedules.md).\n\n"
        f"JAX {jax.__version__}, Python {platform.python_version()}, "
        f"{jax.device_count()} {jax.devices()[0].platform} devices, {minutes:.0f} minutes."
    )


def in_short(grid: Found, drawn: Found) -> str:
    """What the tables say, a line for each optimizer; and both searches beside another."""
    lines = [f"* {title}: {_summary(found)}" for title, found in grid.items()]
    moved = [
        scores(drawn[title])[name] - score
        for title, found in grid.items()
        for name, score in scores(found).items()
    ]
    what = next(iter(grid.values())).score.replace("_", " ")
    middle, most = np.nanmedian(moved), np.nanmax(np.abs(moved))
    lines.append(
        f"* Random search instead of the grid moves the {what} by {middle:+.2g} in the "
        f"median of all rows, and by {most:.3g} at most."
    )
    return "\n".join(lines)


def _summary(found: analysis.ScheduleComparison) -> str:
    best, others = found.rows[0], [r for r in found.rows if r.name != found.baseline]
    sign = 1 if found.mode == "max" else -1
    apart = [r for r in others if not r.difference.low <= 0 <= r.difference.high]
    ahead = sum(sign * r.difference.difference > 0 for r in apart)
    known = [r for r in found.rows if np.isfinite(r.sensitivity)]
    calm, nervous = (pick(known, key=lambda r: r.sensitivity) for pick in (min, max))
    fast = min(found.rows, key=lambda r: r.time.median)
    when = f"{fast.name} is the first to converge, after {fast.time.median:g} updates"
    if not np.isfinite(fast.time.median):
        when = "None converges"
    return (
        f"{best.name} leads with {best.score.mean:.4g}. Of {len(others)} schedules {ahead} "
        f"are better than a {found.baseline} rate beyond what the seeds can tell, "
        f"{len(apart) - ahead} worse, {len(others) - len(apart)} tie. {when}. The least "
        f"sensitive to its peak value is {calm.name} ({calm.sensitivity:.3g}), the most "
        f"{nervous.name} ({nervous.sensitivity:.3g})."
    )


def scores(found: analysis.ScheduleComparison) -> dict[str, float]:
    return {row.name: row.score.mean for row in found.rows}


def section(
    title: str, grid: analysis.ScheduleComparison, drawn: analysis.ScheduleComparison
) -> str:
    """All that an optimizer's runs say."""
    searches = {"grid": grid, "random": drawn}
    return "\n\n".join([
        f"## {title}",
        grid.to_markdown(),
        f"The {grid.loss} on the way, mean over seeds, after a share of the updates:",
        on_the_way(grid).to_markdown(),
        "The same number of peak values on a grid, and drawn at random:",
        analysis.side_by_side(searches).to_markdown(),
    ])  # fmt: skip


def on_the_way(found: analysis.ScheduleComparison) -> analysis.TextTable:
    """The way of each schedule in a few numbers, each over a twentieth of the run."""
    _, values = found.final.series(found.loss)
    num_steps = values.shape[-1]
    width = max(num_steps // 20, 1)
    ends = [max(round(share * num_steps), width) for share in SHARES]
    rows = []
    for row in found.rows:
        curve = values[found.names.index(row.name)].mean(axis=0)
        rows.append([row.name, *(f"{curve[e - width : e].mean():.3g}" for e in ends)])
    return analysis.TextTable(["schedule", *(f"{s:.0%}" for s in SHARES)], rows)


def draw(grid: Found, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    figure = Figure(figsize=(13, 8), layout="constrained")
    axes = figure.subplots(2, len(grid))
    for column, (title, found) in zip(axes.T, grid.items(), strict=True):
        plotting.plot_comparison(found, axes=tuple(column))
        column[0].set_title(title)
    figure.savefig(path, dpi=75)


if __name__ == "__main__":
    use_all_cores()
    main()
