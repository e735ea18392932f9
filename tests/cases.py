"""THE table: one entry for every node and every recipe.

An entry is (id, schedule, oracle, ulps allowed, ends of phases). The id starts with the
public name. Numbers are float32 numbers, so that the oracle sees what the schedule holds.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import jaxsched as js
from jaxsched import curves

from . import oracles as o

# Budgets, in units in the last place.
RATIONAL, SMOOTH, POWER = 4, 8, 16
MORE = 4  # for each product or join

A, B, C = o.real32(0.1), o.real32(3e-4), o.real32(0.9)


def reciprocal(count):
    return 1 / (count + 1)


class Case(NamedTuple):
    id: str
    schedule: js.AbstractSchedule
    oracle: Callable[[int], Any]
    max_ulps: float
    ends: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.id.split("-")[0]

    @property
    def counts(self) -> list[int]:
        """The ends of phases, and their neighbours."""
        return sorted({end + d for end in self.ends for d in (-1, 0, 1) if end + d >= 0})


def _cycle(**kwargs):
    keys = ("init_value", "peak_value", "warmup_steps", "decay_steps", "end_value")
    return dict(zip(keys, kwargs.pop("values"), strict=True)) | kwargs


DOWN, UP = js.Transition(1.0, 0.0, 100), js.Transition(0.0, 1.0, 100)
COSINE = js.Transition(A, B, 90, curves.Cosine())
down, up = o.transition(1, 0, 100), o.transition(0, 1, 100)
cosine = o.transition(A, B, 90, o.cosine)
saw = o.transition(A, B, 10)
half_cosine = o.transition(A, A / 8, 100, o.cosine)
ONE_CYCLE = _cycle(values=(0.0, A, 10, 40, B))

# fmt: off
NODES = [
    Case("Clip", js.Clip(DOWN, 0.25, 0.75),
         o.combine(lambda v: min(max(v, 0.25), 0.75), down), RATIONAL, (25, 75)),
    Case("Clip-one_sided", js.Clip(COSINE, min_value=0.0625),
         o.combine(lambda v: max(v, 0.0625), cosine), SMOOTH, (45, 90)),
    Case("Constant", js.Constant(A), o.constant(A), 0),
    Case("Delay", js.Delay(DOWN, 10), o.delay(down, 10), RATIONAL, (10, 110)),
    Case("ExponentialDecay", js.ExponentialDecay(A, C, 100),
         o.exponential_decay(A, C, 100), POWER, (100, 10_000)),
    Case("ExponentialDecay-growing", js.ExponentialDecay(A, 1.0625, 1_000),
         o.exponential_decay(A, 1.0625, 1_000), POWER, (1_000, 900_000)),
    Case("ExponentialWarmup", js.ExponentialWarmup(COSINE, B, 10),
         o.warmup(cosine, B, 10, o.exponential(np.log(A / B))), POWER + MORE, (10, 100)),
    Case("Hold", js.Hold(DOWN, 10), o.hold(down, 10), RATIONAL, (10, 20, 100)),
    Case("InverseSqrtDecay",
         js.InverseSqrtDecay(A, 10), o.inverse_sqrt(A, 10), SMOOTH, (10,)),
    Case("InverseTimeDecay", js.InverseTimeDecay(A, C, 10), o.inverse_time(A, C, 10),
         RATIONAL, (10,)),
    Case("Join", js.Join([A, COSINE, B], [10, 60]),
         o.join([o.constant(A), cosine, o.constant(B)], [10, 60]), SMOOTH + MORE, (10, 60)),
    Case("Maximum", js.Maximum([DOWN, 0.25]),
         o.combine(max, down, o.constant(0.25)), RATIONAL, (75,)),
    Case("Minimum", js.Minimum([UP, 0.75]),
         o.combine(min, up, o.constant(0.75)), RATIONAL, (75,)),
    Case("NaturalExponentialDecay", js.NaturalExponentialDecay(A, B),
         o.natural_exponential(A, B), POWER, (1_000, 100_000)),
    Case("PiecewiseConstant", js.PiecewiseConstant([10, 10, 2**24 + 1], [1.0, 2.0, A, B]),
         o.steps([10, 10, 2**24 + 1], [1.0, 2.0, A, B]), 0, (10, 2**24 + 1)),
    Case("PiecewiseLinear", js.PiecewiseLinear([10, 60, 60, 101], [0.0, A, 1.0, B]),
         o.lines([10, 60, 60, 101], [0.0, A, 1.0, B]), RATIONAL, (10, 60, 101)),
    Case("PowerDecay",
         js.PowerDecay(A, 0.75, 10), o.power_decay(A, 0.75, 10), POWER, (10,)),
    Case("Product", DOWN * js.PowerDecay(A, 0.5, 10) * 3,
         o.multiply(down, o.power_decay(A, 0.5, 10), o.constant(3)), POWER + MORE, (100,)),
    Case("Quotient",
         A / (1 + UP), o.combine(lambda v: A / (1 + v), up), RATIONAL + MORE, (100,)),
    Case("Repeat", js.Repeat(js.Transition(A, B, 10), 10), o.repeat(saw, 10), RATIONAL,
         (10, 20, 10**9)),
    Case("Repeat-decaying", js.Repeat(js.Transition(A, B, 10), 10, peak_decay=C),
         o.repeat(saw, 10, d=C), POWER + MORE, (10, 20, 1_000)),
    Case("Repeat-growing", js.Repeat(js.Transition(A, B, 10), 10, 3, 0.5),
         o.repeat(saw, 10, 3, 0.5), POWER + MORE, (10, 40, 130, 400, 1_210)),
    Case("Stretch", js.Stretch(COSINE, 7), o.stretch(cosine, 7), SMOOTH, (7, 630)),
    Case("Sum", DOWN + UP + B, o.constant(1 + o.Real(B)), RATIONAL + MORE, (100,)),
    Case("Switch", js.Switch(1, [A, COSINE]), cosine, SMOOTH, (90,)),
    Case("Table", js.Table([A, 1.0, B]), o.table([A, 1.0, B]), 0),
    Case("Transition", js.Transition(A, B, 100), o.transition(A, B, 100), RATIONAL, (100,)),
    Case("Transition-cosine", js.Transition(A, 0.0, 100, curves.Cosine()),
         o.transition(A, 0, 100, o.cosine), SMOOTH, (100,)),
    Case("Transition-cosine_power", js.Transition(A, B, 100, curves.Cosine(1.5)),
         o.transition(A, B, 100, o.cosine_power(1.5)), POWER, (100,)),
    Case("Transition-exponential", js.Transition(A, B, 100, curves.Exponential(-5.0)),
         o.transition(A, B, 100, o.exponential(-5)), POWER, (100,)),
    Case("Transition-polynomial", js.Transition(A, B, 100, curves.Polynomial(2.0)),
         o.transition(A, B, 100, o.polynomial(2)), RATIONAL, (100,)),
    Case("Transition-power", js.Transition(A, B, 100, curves.Power(0.75)),
         o.transition(A, B, 100, o.power(0.75)), POWER, (100,)),
    Case("Transition-smooth_step", js.Transition(A, B, 100, curves.SmoothStep()),
         o.transition(A, B, 100, o.smooth_step), RATIONAL, (100,)),
    Case("Transition-square_root", js.Transition(A, B, 100, curves.SquareRoot()),
         o.transition(A, B, 100, o.power(0.5)), SMOOTH, (100,)),
    Case("Warmup", js.Warmup(COSINE, B, 10, curves.Linear()),
         o.warmup(cosine, B, 10), SMOOTH + MORE, (10, 100)),
    Case("Wrapped",
         js.Wrapped(reciprocal), o.combine(lambda t: 1 / t, lambda t: o.Real(t + 1)),
         RATIONAL),
]

OPTAX = [
    Case("constant_schedule", js.constant_schedule(A), o.constant(A), 0),
    Case("cosine_decay_schedule", js.cosine_decay_schedule(A, 100, 0.125), half_cosine,
         SMOOTH, (100,)),
    Case("cosine_onecycle_schedule",
         js.cosine_onecycle_schedule(100, A, 0.25, 32.0, 1024.0),
         o.lines([0, 25, 100], [A / 32, A, A / 2**15], o.cosine), SMOOTH + MORE, (25, 100)),
    Case("exponential_decay", js.exponential_decay(A, 10, C, 5, end_value=B),
         o.combine(lambda v: max(v, B), o.delay(o.exponential_decay(A, C, 10), 5)),
         POWER, (5, 15, 556)),
    Case("exponential_decay-staircase", js.exponential_decay(A, 10, C, staircase=True),
         o.hold(o.exponential_decay(A, C, 10), 10), POWER, (10, 20)),
    Case("join_schedules", js.join_schedules([UP, COSINE], [100]),
         o.join([up, cosine], [100]), SMOOTH + MORE, (100, 190)),
    Case("linear_onecycle_schedule",
         js.linear_onecycle_schedule(100, A, 0.25, 0.75, 32.0, 1024.0),
         o.lines([0, 25, 75, 100], [A / 32, A, A / 32, A / 2**15]), RATIONAL,
         (25, 75, 100)),
    Case("linear_schedule", js.linear_schedule(A, B, 100, 7),
         o.delay(o.transition(A, B, 100), 7), RATIONAL, (7, 107)),
    Case("piecewise_constant_schedule",
         js.piecewise_constant_schedule(A, {20: 0.5, 10: 0.25}),
         o.steps([10, 20], [A, A / 4, A / 8]), 0, (10, 20)),
    Case("piecewise_interpolate_schedule",
         js.piecewise_interpolate_schedule("cosine", A, {20: 0.5, 10: 0.25}),
         o.lines([0, 10, 20], [A, A / 4, A / 8], o.cosine), SMOOTH + MORE, (10, 20)),
    Case("piecewise_interpolate_schedule-linear",
         js.piecewise_interpolate_schedule("linear", A, {20: 0.5, 10: 0.25}),
         o.lines([0, 10, 20], [A, A / 4, A / 8]), RATIONAL, (10, 20)),
    Case("polynomial_schedule", js.polynomial_schedule(A, B, 0.5, 100, 7),
         o.delay(o.transition(A, B, 100, o.polynomial(0.5)), 7), POWER, (7, 107)),
    Case("sgdr_schedule", js.sgdr_schedule([ONE_CYCLE, ONE_CYCLE]),
         o.join([o.transition(0, A, 10), o.transition(A, B, 30, o.cosine)] * 2,
                [10, 40, 50]), SMOOTH + MORE, (10, 40, 50, 80)),
    Case("warmup_constant_schedule", js.warmup_constant_schedule(B, A, 10),
         o.transition(B, A, 10), RATIONAL, (10,)),
    Case("warmup_cosine_decay_schedule", js.warmup_cosine_decay_schedule(B, A, 10, 100, B),
         o.join([o.transition(B, A, 10), cosine], [10]), SMOOTH + MORE, (10, 100)),
    Case("warmup_exponential_decay_schedule",
         js.warmup_exponential_decay_schedule(B, A, 10, 100, C),
         o.join([o.transition(B, A, 10), o.exponential_decay(A, C, 100)], [10]),
         POWER + MORE, (10, 110)),
]

RECIPES = [
    Case("constant_warmup_schedule",
         js.constant_warmup_schedule(COSINE, B, warmup_steps=10),
         o.join([o.constant(B), cosine], [10]), SMOOTH + MORE, (10, 100)),
    Case("cosine_annealing_schedule", js.cosine_annealing_schedule(A, B, decay_steps=90),
         cosine, SMOOTH, (90,)),
    Case("cosine_oscillation_schedule",
         js.cosine_oscillation_schedule(A, B, decay_steps=10),
         o.repeat(o.lines([0, 10, 20], [A, B, A], o.cosine), 20), SMOOTH + MORE,
         (10, 20, 30)),
    Case("cosine_restarts_schedule",
         js.cosine_restarts_schedule(1.0, 0.25, period_steps=10, peak_decay=0.5),
         o.sgdr(1, 0.25, 10, d=0.5), SMOOTH + 2 * MORE, (10, 30, 70)),
    Case("decay_schedule",
         js.decay_schedule(A, B, decay_steps=100, curve=curves.SquareRoot()),
         o.transition(A, B, 100, o.power(0.5)), SMOOTH, (100,)),
    Case("exp_range_schedule",
         js.exp_range_schedule(0.25, 1.0, half_period_steps=10, decay_rate=C),
         o.clr(0.25, 1, 10, lambda cycle, t: o.Real(C) ** t), POWER + MORE, (10, 20)),
    Case("exponential_warmup_schedule",
         js.exponential_warmup_schedule(COSINE, B, warmup_steps=10),
         o.warmup(cosine, B, 10, o.exponential(np.log(A / B))), POWER + MORE, (10, 100)),
    Case("linear_warmup_schedule", js.linear_warmup_schedule(COSINE, B, warmup_steps=10),
         o.warmup(cosine, B, 10), SMOOTH + MORE, (10, 100)),
    Case("multistep_schedule",
         js.multistep_schedule(A, decay_rate=0.5, boundaries=[10, 30]),
         o.steps([10, 30], [A, A / 2, A / 4]), 0, (10, 30)),
    Case("natural_exponential_decay_schedule",
         js.natural_exponential_decay_schedule(A, decay_rate=B),
         o.natural_exponential(A, B), POWER, (10_000,)),
    Case("onecycle_momentum_schedule",
         js.onecycle_momentum_schedule(C, 0.75, warmup_steps=10, decay_steps=90),
         o.lines([0, 10, 100], [C, 0.75, C], o.cosine), SMOOTH + MORE, (10, 100)),
    Case("onecycle_schedule",
         js.onecycle_schedule(B, A, 0.0, warmup_steps=10, decay_steps=90),
         o.lines([0, 10, 100], [B, A, 0], o.cosine), SMOOTH + MORE, (10, 100)),
    Case("power_decay_schedule", js.power_decay_schedule(A, power=0.5, interval_steps=10),
         o.power_decay(A, 0.5, 10), POWER, (10,)),
    Case("spike_schedule", js.spike_schedule(DOWN, 8.0, spike_begin=10, spike_steps=20),
         o.multiply(down, o.steps([10, 30], [1, 8, 1])), RATIONAL + MORE, (10, 30, 100)),
    Case("step_decay_schedule", js.step_decay_schedule(A, decay_rate=C, interval_steps=10),
         o.hold(o.exponential_decay(A, C, 10), 10), POWER, (10, 20)),
    Case("time_decay_schedule", js.time_decay_schedule(A, decay_rate=B),
         o.inverse_time(A, B), RATIONAL, (10_000,)),
    Case("triangular2_schedule", js.triangular2_schedule(0.25, 1.0, half_period_steps=10),
         o.clr(0.25, 1, 10, lambda cycle, t: o.Real(2) ** (1 - cycle)), POWER + MORE,
         (10, 20)),
    Case("triangular_schedule", js.triangular_schedule(B, A, half_period_steps=10),
         o.clr(B, A, 10), RATIONAL + MORE, (10, 20)),
    Case("warmup_decay_schedule",
         js.warmup_decay_schedule(B, A, B, warmup_steps=10, decay_steps=90),
         o.join([o.transition(B, A, 10), cosine], [10]), SMOOTH + MORE, (10, 100)),
    Case("warmup_stable_decay_schedule",
         js.warmup_stable_decay_schedule(0.0, A, B, warmup_steps=10, stable_steps=50,
                                         decay_steps=40),
         o.lines([0, 10, 60, 100], [0, A, A, B]), RATIONAL + MORE, (10, 60, 100)),
]
# fmt: on

CASES = [*NODES, *OPTAX, *RECIPES]
