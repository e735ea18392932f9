"""The tasks by name, with what a sweep of each needs to know."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ._cartpole import CartPole
from ._chars import Chars, load_chars
from ._digits import Digits, load_digits


class Entry(NamedTuple):
    """A task, and how its families of schedules are swept and ranked.

    Attributes:
        task: makes it.
        load: reads its data, or raises what is missing.
        score: the metric that ranks.
        name: of the score in sentences.
        short: of the score at the head of a column.
        trajectory: the metric that is drawn over updates.
        trajectory_mode: whether that is to rise or to fall.
        mode: whether the score is to rise ("max") or to fall ("min").
        target: the score at which a run has converged.
        most: the largest target that makes sense.
        form: how a target is written.
        low: the lowest peak value, with which it hardly learns.
        high: the highest peak value, with which it does not at all.
        num_steps: updates of a run.
        num_members: runs of a sweep.
        num_copies: runs side by side, to measure what schedules cost.
        num_copy_steps: updates of these.
    """

    task: Callable[..., Any]
    load: Callable[[], Any]
    score: str
    name: str
    short: str
    trajectory: str
    trajectory_mode: str
    mode: str
    target: float
    most: float
    form: str
    low: float
    high: float
    num_steps: int
    num_members: int
    num_copies: int
    num_copy_steps: int


TASKS = {
    "digits": Entry(
        task=Digits,
        load=load_digits,
        score="validation_accuracy",
        name="validation accuracy",
        short="val. accuracy",
        trajectory="loss",
        trajectory_mode="min",
        mode="max",
        target=0.95,
        most=1.0,
        form=".0%",
        low=0.003,
        high=3.0,
        num_steps=300,
        num_members=416,
        num_copies=64,
        num_copy_steps=100,
    ),
    "chars": Entry(
        task=Chars,
        load=load_chars,
        score="validation_bits_per_char",
        name="validation bits per character",
        short="val. bits/char",
        trajectory="loss",
        trajectory_mode="min",
        mode="min",
        target=3.5,
        most=8.0,
        form="g",
        low=0.002,
        high=0.2,
        num_steps=200,
        num_members=104,
        num_copies=4,
        num_copy_steps=25,
    ),
    "cartpole": Entry(
        task=CartPole,
        load=lambda: None,
        score="validation_return",
        name="validation return",
        short="val. return",
        trajectory="return",
        trajectory_mode="max",
        mode="max",
        target=475.0,
        most=500.0,
        form="g",
        low=0.003,
        high=3.0,
        num_steps=30,
        num_members=208,
        num_copies=4,
        num_copy_steps=25,
    ),
}
