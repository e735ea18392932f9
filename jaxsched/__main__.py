"""The command line: `python -m jaxsched list | show | plot | sweep | bench`."""

import argparse
import os
import sys
from typing import NoReturn

import jax

from . import (
    _command_bench,
    _command_list,
    _command_plot,
    _command_show,
    _command_sweep,
)

_COMMANDS = (_command_sweep, _command_list, _command_show, _command_plot, _command_bench)
_WRONG = (ArithmeticError, OSError, ImportError, MemoryError, TypeError, ValueError)


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help lists the options)\n")


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; what is wrong goes in one line. Returns its exit status."""
    options = _parse(arguments)
    said = f"jaxsched {options.command}:"
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except _WRONG as error:
        print(said, " ".join(str(error).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        if str(stop):
            print(f"\n{said} {stop}", file=sys.stderr)
        return 130
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="jaxsched", description="Learning-rate schedules as data.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser.parse_args(arguments)


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
