"""`python -m jaxsched bench`: what a schedule costs on this machine, in ratios."""

import argparse
import functools
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched.recipes import warmup_cosine_decay_schedule
from jaxsched.transforms import scheduled

_SHAPE = (0.0, 1e-3, 100, 1_000, 1e-5)
_MATRICES, _SIZE = 8, 128


class Row(NamedTuple):
    """Medians over turns: seconds of ours and theirs, and their ratio."""

    what: str
    ours: float
    theirs: float
    ratio: float


def add(commands: Any) -> None:
    """Adds the command to a parser's commands."""
    parser = commands.add_parser(
        "bench",
        help="measure what a schedule costs here",
        description="Times schedules against optax's on this machine: the two take turns, "
        "and the ratio is the median over the turns.",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument(
        "--turns", type=_turns, default=15, metavar="N", help="turns of each (default: 15)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Prints the table."""
    rows = [*_calls(options.turns), *_steps(options.turns)]
    if options.json:
        found = {"device": _device(), "rows": [row._asdict() for row in rows]}
        print(json.dumps(found, indent=2))
        return
    print(f"{_device()}; medians of {options.turns} turns\n")
    print(f"{'':42}{'jaxsched':>12}{'optax':>12}{'ratio':>8}")
    for row in rows:
        times = f"{row.ours * 1e6:>9.1f} us{row.theirs * 1e6:>9.1f} us"
        print(f"{row.what:42}{times}{row.ratio:>8.2f}")


def _device() -> str:
    device = jax.devices()[0]
    return f"{device.platform}, {device.device_kind}, jax {jax.__version__}"


def _calls(turns: int) -> list[Row]:
    """A call outside of any trace, until its value is there."""
    ours = warmup_cosine_decay_schedule(*_SHAPE)
    theirs = optax.warmup_cosine_decay_schedule(*_SHAPE)

    def calls(schedule):
        return lambda: [schedule(500).block_until_ready() for _ in range(50)]

    return [_row("schedule(count), outside of jit", calls(ours), calls(theirs), 50, turns)]


def _steps(turns: int) -> list[Row]:
    """A compiled train step of AdamW, against a constant rate and against a closure."""
    schedule = optax.warmup_cosine_decay_schedule(*_SHAPE)
    ours = scheduled(optax.adamw, learning_rate=warmup_cosine_decay_schedule(*_SHAPE))
    others = {
        "train step, against a constant rate": optax.adamw(1e-3),
        "train step, against optax's schedule": optax.adamw(schedule),
    }
    mine = _training(ours)
    return [_row(what, mine, _training(other), 20, turns) for what, other in others.items()]


def _training(optimizer: Any) -> Callable[[], Any]:
    """Twenty steps of a small network, each a call of one compiled function."""
    keys = jax.random.split(jax.random.key(0), _MATRICES + 1)
    params = [jax.random.normal(key, (_SIZE, _SIZE)) / _SIZE**0.5 for key in keys[1:]]
    x = jax.random.normal(keys[0], (_SIZE, _SIZE))

    def loss(params):
        return jnp.mean(functools.reduce(lambda h, w: jnp.tanh(h @ w), params, x) ** 2)

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        return optax.apply_updates(params, updates), state

    start = params, optimizer.init(params)

    def run():
        carry = start
        for _ in range(20):
            carry = step(*carry)
        jax.block_until_ready(carry)

    return run


def _row(what: str, ours: Any, theirs: Any, per_turn: int, turns: int) -> Row:
    """The two take turns, so that what else the machine does meets both."""
    took: list[list[float]] = []
    for function in (ours, theirs):
        function()  # compiles
    for _ in range(turns):
        took.append([_seconds(function) / per_turn for function in (ours, theirs)])
    one, other = np.asarray(took).T
    medians = (float(np.median(x)) for x in (one, other, one / other))
    return Row(what, *medians)


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _turns(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, got {text!r}")
    return int(text)
