"""The cyclical schedulers of torch, for the rate or for the momentum."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._core import (
    AbstractSchedule,
    Constant,
    Real,
    Steps,
    as_schedule,
    checks,
    clock,
)
from jaxsched.combinators import Advance, Join, Repeat
from jaxsched.curves import Cosine
from jaxsched.schedules import Transition

from ._factors import decaying, is_fresh, is_known, kept, one_for_each
from ._torch_decays import annealing, check_int
from ._torch_rules import Sets


def cyclic_lr(
    base_lr: Real,
    max_lr: Real,
    step_size_up: Steps = 2000,
    step_size_down: Steps | None = None,
    mode: str = "triangular",
    gamma: Real = 1.0,
    scale_fn: Callable[[Any], Any] | None = None,
    scale_mode: str = "cycle",
    cycle_momentum: bool = True,
    base_momentum: Real = 0.8,
    max_momentum: Real = 0.9,
    last_epoch: int = -1,
    hyperparam: str = "lr",
) -> Sets:
    """Up and down between two rates; `base_lr` is its own, not the optimizer's.

    `scale_fn` is given the number of the cycle, from 1, or the count, as `scale_mode` says.
    With `hyperparam="momentum"` it is the momentum, high where the rate is low.
    """
    is_fresh("CyclicLR", last_epoch)
    checks.positive_length("CyclicLR", step_size_up=step_size_up)
    down = step_size_up if step_size_down is None else step_size_down
    checks.length("CyclicLR", step_size_down=down)
    modes = ("triangular", "triangular2", "exp_range")
    if scale_fn is None:
        checks.choice("CyclicLR", choices=modes, mode=mode)
    checks.choice("CyclicLR", choices=("cycle", "iterations"), scale_mode=scale_mode)
    of_momentum = _is_momentum("CyclicLR", hyperparam, cycle_momentum)

    period = step_size_up + down
    way = [Transition(0.0, 1.0, step_size_up), Transition(1.0, 0.0, down)]
    halves = scale_fn is None and mode == "triangular2"
    wave = Repeat(Join(way, [step_size_up]), period, peak_decay=0.5 if halves else 1.0)
    if scale_fn is not None and scale_mode == "cycle":
        number = jax.tree_util.Partial(_of_cycle, as_schedule(scale_fn), period)
        wave = wave * as_schedule(number)
    elif scale_fn is not None:
        wave = wave * as_schedule(scale_fn)
    elif mode == "exp_range":
        wave = wave * decaying(gamma)

    low, high = one_for_each(base_lr), one_for_each(max_lr)
    start, turn = low, high
    if of_momentum:
        start, turn = one_for_each(max_momentum), one_for_each(base_momentum)
    return Sets(Constant(start) + Constant(turn - start) * wave, base=low)


def one_cycle_lr(
    max_lr: Real,
    total_steps: Steps | None = None,
    epochs: Steps | None = None,
    steps_per_epoch: Steps | None = None,
    pct_start: Real = 0.3,
    anneal_strategy: str = "cos",
    cycle_momentum: bool = True,
    base_momentum: Real = 0.85,
    max_momentum: Real = 0.95,
    div_factor: Real = 25.0,
    final_div_factor: Real = 1e4,
    three_phase: bool = False,
    last_epoch: int = -1,
    hyperparam: str = "lr",
) -> Sets:
    """Up to a rate and down again, the end reached at count `total_steps - 1`.

    Count `total_steps` is one too many and overshoots, as in torch; after it, where
    torch raises, the end is held. With `hyperparam="momentum"` it is the momentum.
    """
    who = "OneCycleLR"
    is_fresh(who, last_epoch)
    total = _total_steps(total_steps, epochs, steps_per_epoch)
    _check_pct_start(pct_start, total)
    curve = annealing(who, anneal_strategy)
    of_momentum = _is_momentum(who, hyperparam, cycle_momentum)

    peak = one_for_each(max_lr)
    start = peak / div_factor
    values = [start, peak, start] if three_phase else [start, peak]
    values = [*values, start / final_div_factor]
    if of_momentum:
        low, high = one_for_each(base_momentum), one_for_each(max_momentum)
        values = [high, low, high, high] if three_phase else [high, low, high]
    ends = [pct_start * total - 1, total - 1]
    if three_phase:
        ends.insert(1, 2 * pct_start * total - 2)
    return Sets(_phases(values, ends, total, curve), base=start)


def _phases(values: list, ends: list, total: Any, curve: Any) -> AbstractSchedule:
    """Ways between values, each over at a count that may have a fraction, even below 0."""
    begins = [0, *ends[:-1]]
    phases = list(zip(begins, ends, itertools.pairwise(values), strict=True))
    # A phase is left out where the next one has begun at count 0, or the run is over
    # before it begins.
    is_over = [_known((begin > 0) & (total - 1 <= begin)) for begin in begins]
    runs = [
        phase
        for phase, over in zip(phases, is_over, strict=True)
        if not (over or _known(phase[1] < 0))
    ]
    ways: list[AbstractSchedule] = [
        Transition(*value, end - begin, curve) for begin, end, value in runs
    ]
    begin = runs[0][0]
    if _known(begin < 0):
        ways[0] = Advance(ways[0], -begin)
    run = Join(ways, [begin for begin, _, _ in runs[1:]])
    rest = kept(run, total - 1)
    return Join([run, _one_more(phases, total, curve, rest), rest], [total, total + 1])


def _one_more(phases: list, total: Any, curve: Any, rest: Any) -> AbstractSchedule:
    """What the formula of the last phase gives a count beyond its end."""
    begin, end, (start, stop) = next(
        (p for p in phases if _known(total <= p[1])), phases[-1]
    )
    if is_known(end - begin, 0):
        return rest  # torch divides by zero here
    done = (total - begin) / (end - begin)
    left = 1 - done
    if isinstance(curve, Cosine):
        lib: Any = math if checks.concrete(done) is not None else jnp
        left = lib.cos(math.pi * done / 2) ** 2
    return Constant((1 - left) * stop + left * start)


def _total_steps(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> Any:
    who = "OneCycleLR"
    if total_steps is not None:
        check_int(who, "total_steps", total_steps)
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError(
            f"{who} needs total_steps, or epochs and steps_per_epoch, got epochs={epochs} "
            f"and steps_per_epoch={steps_per_epoch}. Give the length of the run."
        )
    check_int(who, "epochs", epochs)
    check_int(who, "steps_per_epoch", steps_per_epoch)
    return epochs * steps_per_epoch


def _check_pct_start(pct_start: Any, total: Any) -> None:
    who = "OneCycleLR"
    checks.number(who, pct_start=pct_start)
    known = checks.concrete(pct_start)
    checks.consistent(
        who,
        "a float pct_start from 0 to 1",
        known is None
        or (known.dtype.kind == "f" and bool(((known >= 0) & (known <= 1)).all())),
        f"{pct_start!r}",
        "It is a share of the run.",
    )
    checks.consistent(
        who,
        "pct_start * total_steps other than 1, where torch divides by zero",
        pct_start * total != 1,
        f"pct_start={pct_start} and total_steps={total}",
        "The first phase is one count shorter than that.",
    )


def _is_momentum(who: str, hyperparam: str, cycle_momentum: Any) -> bool:
    checks.choice(who, choices=("lr", "momentum"), hyperparam=hyperparam)
    is_momentum = hyperparam == "momentum"
    if is_momentum and not cycle_momentum:
        raise ValueError(
            f"{who}(hyperparam='momentum') needs cycle_momentum=True, got "
            f"{cycle_momentum}. Without it torch leaves the momentum alone."
        )
    return is_momentum


def _of_cycle(function: AbstractSchedule, period: Any, count: Any) -> Any:
    """A function of the number of the cycle, counted from 1."""
    return function.evaluate(clock.cycle(count, period)[0] + 1)


def _known(holds: Any) -> bool:
    """Whether a comparison is true, of all of a batch, and not of traced numbers."""
    known = checks.concrete(holds)
    return known is not None and bool(known.all())
