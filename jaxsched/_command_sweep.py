"""`python -m jaxsched sweep TASK`: families of schedules trained side by side."""

import argparse
import functools
import json
import math
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxsched import analysis, plotting, sweeps, tasks
from jaxsched._core import Constant

_Found = tuple[sweeps.SweepResult, list[sweeps.FamilySummary], dict[str, float]]
_FILES = ("results.json", "results.csv", "sweep.png", "report.html")


def add(commands: Any) -> None:
    """Adds the command to a parser's commands, and a task each to its own."""
    sweep = commands.add_parser(
        "sweep", help="train many schedules side by side and show which won"
    )
    kinds = sweep.add_subparsers(dest="task", required=True, metavar="TASK")
    for name, entry in tasks.TASKS.items():
        _add_task(kinds, name, entry)


def run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Trains, writes the files and prints the table, or its numbers."""
    if options.members % options.seeds:
        parser.error(
            f"argument --members: must be a multiple of --seeds, got {options.members} "
            f"members for {options.seeds} seeds"
        )
    written: list[Path] = []
    entry = tasks.TASKS[options.task]
    try:
        out = _writable(options.out)
        plotting.require_matplotlib()
        entry.load()
        found = _sweep(entry, options, out, written)
    except KeyboardInterrupt as stop:
        there = ", ".join(map(str, written)) or "nothing"
        how = str(stop) if options.checkpoint else "stopped (--checkpoint DIR would save)."
        raise KeyboardInterrupt(f"{how} Written: {there}.") from stop
    if options.json:
        print(_as_json(*found, written))
        return
    _print(entry, *found, options.target)
    print(f"\nWritten: {', '.join(map(str, written))}")


def _add_task(kinds: Any, name: str, entry: tasks.Entry) -> None:
    task = kinds.add_parser(
        name,
        help=(entry.task.__doc__ or "").partition(".")[0],
        description="Trains families of schedules x peak values x seeds side by side in "
        f"one compiled program, and ranks them by {entry.name}.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    number = _number(1)
    task.add_argument(
        "--members",
        type=_number(1, 10**6),
        default=entry.num_members,
        metavar="N",
        help="runs: families x peak values x seeds; a multiple of the seeds",
    )
    steps = entry.num_steps
    task.add_argument("--steps", type=number, default=steps, metavar="N", help="updates")
    task.add_argument("--seeds", type=number, default=2, metavar="N", help="runs of each")
    task.add_argument(
        "--seed", type=_number(0), default=0, metavar="N", help="of all random numbers"
    )
    task.add_argument(
        "--target",
        type=_goal(entry.most),
        default=entry.target,
        metavar="X",
        help=f"{entry.name} at which a run has converged",
    )
    task.add_argument(
        "--out",
        type=Path,
        default=Path("sweep-results"),
        metavar="DIR",
        help="folder for results.json, results.csv, sweep.png and report.html",
    )
    task.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="folder to save to on the way, and to go on from after a stop",
    )
    task.add_argument("--json", action="store_true", help="print the table as JSON")
    task.set_defaults(run=functools.partial(run, parser=task))


def _number(least: int, most: int = 2**31 - 1) -> Any:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {least} to {most}, got {text!r}"
            )
        return value

    return number


def _goal(most: float) -> Any:
    def goal(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(
                f"must be above 0 and at most {most:g}, got {text!r}"
            )
        return value

    return goal


def _writable(folder: Path) -> Path:
    """Makes the folder and tries its files, before anything is trained."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            is_new = not (folder / name).exists()
            (folder / name).open("ab").close()
            if is_new:
                (folder / name).unlink()
    except OSError as error:
        raise OSError(
            f"--out {folder} must be a folder that can be written: {error.strerror}, "
            f"{error.filename}."
        ) from error
    return folder


def members(
    num_schedules: int, num_steps: int, low: float = 0.003, high: float = 3.0
) -> sweeps.Members:
    """Families x peak values, as even as the number allows."""
    families = tasks.families(num_steps)
    share, more = divmod(num_schedules, len(families))
    pools = {}
    for i, (name, family) in enumerate(families.items()):
        num_peaks = share + (i < more)
        if num_peaks:
            # The middles of equal parts: few peaks are not the ends, which are bad.
            parts = (np.arange(num_peaks) + 0.5) / num_peaks
            # Three digits are enough to type a winner in again.
            values = [float(f"{peak:.3g}") for peak in low * (high / low) ** parts]
            pools[name] = sweeps.Members(
                sweeps.stack([family(value) for value in values]),
                [{"peak_value": value} for value in values],
            )
    return sweeps.pool(**pools)


def _sweep(entry: tasks.Entry, options: Any, out: Path, written: list[Path]) -> _Found:
    task, num_schedules = entry.task(), options.members // options.seeds
    result = sweeps.run(
        task,
        members(num_schedules, options.steps, entry.low, entry.high),
        num_steps=options.steps,
        num_seeds=options.seeds,
        key=jax.random.key(options.seed),
        checkpoint_dir=options.checkpoint,
    )
    curves, rows, picture, page = (out / name for name in _FILES)
    sweeps.write_json(result, curves)
    sweeps.write_csv(result, rows)
    written += [curves, rows]
    goal: Any = {"score": entry.score, "mode": entry.mode, "target": options.target}
    way: Any = {"loss": entry.trajectory, "loss_mode": entry.trajectory_mode}
    summaries = sweeps.summarise(result, **goal, **way)
    looks: Any = {"score": entry.score, "mode": entry.mode, "trajectory": entry.trajectory}
    plotting.plot_sweep(result, summaries, picture, **looks)
    written.append(picture)
    plotting.write_report(result, page, **goal)
    written.append(page)
    schedules = tasks.families(options.steps)
    schedules = {s.family: schedules[s.family](entry.low) for s in summaries}
    overhead = sweeps.measure_overhead(
        task,
        {"constant": Constant(entry.low)} | schedules,
        num_steps=min(options.steps, entry.num_copy_steps),
        num_members=entry.num_copies,
        tell=_tell_overhead,
    )
    return result, summaries, overhead


def _tell_overhead(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\rMeasuring what schedules cost: {done}/{total}", end=end, file=sys.stderr)


def _print(
    entry: tasks.Entry,
    result: sweeps.SweepResult,
    summaries: list[sweeps.FamilySummary],
    overhead: dict[str, float],
    target: float,
) -> None:
    num_runs = result.num_members * len(result.seeds)
    print(
        f"{num_runs} members ({result.num_members} schedules x {len(result.seeds)} seeds), "
        f"{result.num_steps} updates each, in {result.seconds:.1f} s; "
        f"{int(result.diverged.sum())} diverged.\n"
    )
    head = (
        "family",
        "best peak",
        entry.short,
        f"final {entry.trajectory}",
        f"best {entry.trajectory}",
        f"updates to {target:{entry.form}}",
        "sensitivity",
        "overhead",
    )
    has_spread = len(result.seeds) > 1
    lines: list[tuple[str, ...]] = []
    for s in summaries:
        lines.append((
            s.family,
            f"{result.settings[s.best_member]['peak_value']:g}",
            f"{s.score:.4f}" + f" ± {s.score_std:.4f}" * has_spread,
            f"{s.final_loss:.4f}",
            f"{s.best_loss:.4f}",
            f"{s.steps_to_target:.0f}" if np.isfinite(s.steps_to_target) else "never",
            f"{s.sensitivity:.3f}",
            f"{overhead[s.family]:.2f} x",
        ))  # fmt: skip
    print(analysis.TextTable(head, lines))
    print(
        f"\nOf each family the best of its peak values, by {entry.name}"
        f"{' (mean ± standard deviation over seeds)' * has_spread}.\n"
        f"Sensitivity: standard deviation of the "
        f"{entry.name.removeprefix('validation ')} over the peak values. "
        "Overhead: time of training, constant = 1."
    )
    print(f"\nWinner: {summaries[0].family}, {result.schedules[summaries[0].best_member]}")


def _as_json(
    result: sweeps.SweepResult,
    summaries: list[sweeps.FamilySummary],
    overhead: dict[str, float],
    written: list[Path],
) -> str:
    """The table's numbers, the best family first; null for what is not finite."""
    rows = []
    for s in summaries:
        row = s._asdict() | {
            "peak_value": result.settings[s.best_member]["peak_value"],
            "schedule": result.schedules[s.best_member],
            "overhead": overhead[s.family],
        }
        rows.append({
            name: None if isinstance(x, float) and not math.isfinite(x) else x
            for name, x in row.items()
        })  # fmt: skip
    told = {
        "num_runs": result.diverged.size,
        "num_diverged": int(result.diverged.sum()),
        "num_steps": result.num_steps,
        "seconds": result.seconds,
        "rows": rows,
        "written": [str(path) for path in written],
    }
    return json.dumps(told, indent=2)
