"""The command line: `python -m jaxsched sweep digits`."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import jax
import numpy as np

from jaxsched import plotting, sweeps, tasks
from jaxsched._core import Constant

_TASKS = {"digits": tasks.Digits}
_SCORE = "validation_accuracy"
_FILES = ("results.json", "results.csv", "sweep.png", "report.html")
_LOW, _HIGH = 0.003, 3.0  # peak values, from hardly learning to not at all


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists the options)\n")


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    options = _parse(arguments)
    written: list[Path] = []
    try:
        out = _writable(options.out)
        plotting.require_matplotlib()
        tasks.load_digits()
        _sweep(_TASKS[options.task](), options, out, written)
    except (OSError, ImportError, ValueError, MemoryError) as error:
        print(f"jaxsched sweep: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        there = ", ".join(map(str, written)) or "nothing"
        how = str(stop) if options.checkpoint else "stopped (--checkpoint DIR would save)."
        print(f"\njaxsched sweep: {how} Written: {there}.", file=sys.stderr)
        return 130
    print(f"\nWritten: {', '.join(map(str, written))}")
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="jaxsched", description="Learning-rate schedules as data.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    sweep = commands.add_parser(
        "sweep",
        help="train many schedules side by side and show which won",
        description="Trains families of schedules x peak values x seeds side by side in "
        "one compiled program, and ranks them by validation accuracy.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    sweep.add_argument("task", choices=sorted(_TASKS), help="what to train")
    number = _number(1)
    sweep.add_argument(
        "--members",
        type=_number(1, 10**6),
        default=416,
        metavar="N",
        help="runs: families x peak values x seeds; a multiple of the seeds",
    )
    sweep.add_argument("--steps", type=number, default=300, metavar="N", help="updates")
    sweep.add_argument("--seeds", type=number, default=2, metavar="N", help="runs of each")
    sweep.add_argument(
        "--seed", type=_number(0), default=0, metavar="N", help="of all random numbers"
    )
    sweep.add_argument(
        "--target",
        type=_share,
        default=0.95,
        metavar="X",
        help="validation accuracy at which a run has converged",
    )
    sweep.add_argument(
        "--out",
        type=Path,
        default=Path("sweep-results"),
        metavar="DIR",
        help="folder for results.json, results.csv, sweep.png and report.html",
    )
    sweep.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="folder to save to on the way, and to go on from after a stop",
    )
    options = parser.parse_args(arguments)
    if options.members % options.seeds:
        sweep.error(
            f"argument --members: must be a multiple of --seeds, got {options.members} "
            f"members for {options.seeds} seeds"
        )
    return options


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


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 1, got {text!r}")
    return value


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


def members(num_schedules: int, num_steps: int) -> sweeps.Members:
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
            values = [float(f"{peak:.3g}") for peak in _LOW * (_HIGH / _LOW) ** parts]
            pools[name] = sweeps.Members(
                sweeps.stack([family(value) for value in values]),
                [{"peak_value": value} for value in values],
            )
    return sweeps.pool(**pools)


def _sweep(task: Any, options: argparse.Namespace, out: Path, written: list[Path]) -> None:
    result = sweeps.run(
        task,
        members(options.members // options.seeds, options.steps),
        num_steps=options.steps,
        num_seeds=options.seeds,
        key=jax.random.key(options.seed),
        checkpoint_dir=options.checkpoint,
    )
    json, csv, picture, page = (out / name for name in _FILES)
    sweeps.write_json(result, json)
    sweeps.write_csv(result, csv)
    written += [json, csv]
    summaries = sweeps.summarise(result, score=_SCORE, target=options.target)
    plotting.plot_sweep(result, summaries, picture)
    written.append(picture)
    plotting.write_report(result, page, score=_SCORE, mode="max", target=options.target)
    written.append(page)
    schedules = tasks.families(options.steps)
    schedules = {s.family: schedules[s.family](0.1) for s in summaries}
    overhead = sweeps.measure_overhead(
        task,
        {"constant": Constant(0.1)} | schedules,
        num_steps=min(options.steps, 100),
        tell=_tell_overhead,
    )
    _print(result, summaries, overhead, options.target)


def _tell_overhead(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\rMeasuring what schedules cost: {done}/{total}", end=end, file=sys.stderr)


def _print(
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
        "val. accuracy",
        "final loss",
        "best loss",
        f"updates to {target:.0%}",
        "sensitivity",
        "overhead",
    )
    lines: list[tuple[str, ...]] = [head]
    for s in summaries:
        lines.append((
            s.family,
            f"{result.settings[s.best_member]['peak_value']:g}",
            f"{s.score:.4f} ± {s.score_std:.4f}",
            f"{s.final_loss:.4f}",
            f"{s.best_loss:.4f}",
            f"{s.steps_to_target:.0f}" if np.isfinite(s.steps_to_target) else "never",
            f"{s.sensitivity:.3f}",
            f"{overhead[s.family]:.2f} x",
        ))  # fmt: skip
    _columns(lines)
    print(
        "\nOf each family the best of its peak values, by validation accuracy (mean ± "
        "standard deviation over seeds).\nSensitivity: standard deviation of the accuracy "
        "over the peak values. Overhead: time of training, constant = 1."
    )
    winner = summaries[0]
    print(f"\nWinner: {winner.family}, {result.schedules[winner.best_member]}")


def _columns(lines: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *others = zip(line, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        print("  ".join(cells))


def use_all_cores() -> None:
    """Makes a JAX device of each core, before JAX starts; a user's own number stands.

    A device of the CPU trains its lanes on little more than one core.
    """
    chosen = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if not chosen and jax.config.values["jax_num_cpu_devices"] < 1:
        affinity = getattr(os, "sched_getaffinity", None)
        num_cores = len(affinity(0)) if affinity else os.cpu_count() or 1
        jax.config.update("jax_num_cpu_devices", num_cores)


if __name__ == "__main__":
    use_all_cores()
    sys.exit(main())
