"""`python -m jaxsched plot SPEC -o FILE`: schedules as a picture."""

import argparse
from pathlib import Path
from typing import Any

from jaxsched import plotting
from jaxsched.combinators import Bundle

from ._command_specs import schedule_of

_EPILOG = """a SPEC is one of
  NAME                       the example of its documentation
  NAME:key=value,key=value   such as noam_schedule:model_size=512,warmup_steps=400
  code                       such as '0.1 * Transition(1.0, 0.0, 100)'
  JSON, or a file *.json     as jaxsched.interop.to_dict gives"""


def add(commands: Any) -> None:
    """Adds the command to a parser's commands."""
    parser = commands.add_parser(
        "plot",
        help="draw schedules into a file",
        description="Draws schedules into one picture; a bundle as a panel for each.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="what to draw, see below")
    parser.add_argument(
        *("-o", "--out"),
        type=Path,
        required=True,
        metavar="FILE",
        help="the picture; its ending says the format (png, svg, pdf)",
    )
    parser.add_argument(
        "--steps", type=_steps, metavar="N", help="updates to draw (default: to the end)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Writes the picture."""
    schedules = {spec: schedule_of(spec) for spec in options.specs}
    bundles = [spec for spec, made in schedules.items() if isinstance(made, Bundle)]
    if bundles and len(schedules) > 1:
        raise ValueError(f"{bundles[0]} is a bundle, which is drawn alone.")
    figure_class = plotting.require_matplotlib()
    one = next(iter(schedules.values()))
    if isinstance(one, Bundle):
        figure = figure_class(figsize=(6.4, 1.6 * len(one)), layout="constrained")
        panels = figure.subplots(len(one), sharex=True, squeeze=False)
        plotting.plot_plan(one, options.steps, axes=panels)
    else:
        figure = figure_class(figsize=(6.4, 3.6), layout="constrained")
        what = one if len(schedules) == 1 else _named(schedules)
        plotting.plot(what, options.steps, axes=figure.subplots())
    try:
        figure.savefig(options.out, dpi=150)
    except OSError as error:
        raise OSError(f"{options.out} cannot be written: {error.strerror}.") from error
    print(f"Written: {options.out}")


def _named(schedules: dict[str, Any]) -> dict[str, Any]:
    """By the names in their specs, with numbers where these do not tell them apart."""
    names = [spec.partition(":")[0] for spec in schedules]
    if len(set(names)) < len(names):
        names = [f"{i}: {name}" for i, name in enumerate(names)]
    return dict(zip(names, schedules.values(), strict=True))


def _steps(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, got {text!r}")
    return int(text)
