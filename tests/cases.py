"""THE table: one entry for every node and every recipe.

An entry is (id, schedule, oracle, ulps allowed, ends of phases); schedule, oracle and ends
are functions of a horizon, so that the same entry is tried from one update to two
billion. The id starts with the public name. Numbers are float32 numbers, so that the
oracle sees what the schedule holds.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import jaxsched as js
from jaxsched import curves

from . import oracles as o

# Budgets, in units in the last place.
RATIONAL, SMOOTH, POWER = 4, 8, 16
MORE = 4  # for each product or join

A, B, C, D = (o.real32(x) for x in (0.1, 3e-4, 0.9, 0.92))
TYPICAL = 100


def reciprocal(count):
    return 1 / (count + 1)


def part(T, n):
    """The n-th part of a horizon, at least one update; the horizon may be traced."""
    return jnp.maximum(T // n, 1) if isinstance(T, jax.Array) else max(T // n, 1)


class Case(NamedTuple):
    id: str
    build: Callable[[Any], js.AbstractSchedule]
    oracle_for: Callable[[int], Callable[[int], Any]]
    max_ulps: float
    ends_for: Callable[[int], tuple[int, ...]] = lambda T: (T,)

    @property
    def name(self) -> str:
        return self.id.split("-")[0]

    @property
    def schedule(self) -> js.AbstractSchedule:
        return self.build(TYPICAL)

    @property
    def oracle(self) -> Callable[[int], Any]:
        return self.oracle_for(TYPICAL)

    @property
    def counts(self) -> list[int]:
        """The ends of phases, and their neighbours."""
        ends = self.ends_for(TYPICAL)
        return sorted({end + d for end in ends for d in (-1, 0, 1) if end + d >= 0})


def _along(name, curve, shape, max_ulps):
    return Case(
        f"Transition-{name}",
        lambda T: js.Transition(A, B, T, curve),
        lambda T: o.transition(A, B, T, shape),
        max_ulps,
    )


def _to_zero(name, curve, shape, max_ulps):
    return Case(
        f"Transition-{name}_to_zero",
        lambda T: js.Transition(A, 0.0, T, curve),
        lambda T: o.transition(A, 0, T, shape),
        max_ulps,
    )


def _cycle(T):
    return {
        "init_value": 0.0,
        "peak_value": A,
        "warmup_steps": T // 10,
        "decay_steps": part(T, 2),
        "end_value": B,
    }


def _sgdr(T):
    W, half = T // 10, max(T // 2, 1)
    cycle = [o.transition(0, A, W), o.transition(A, B, half - W, o.cosine)]
    return o.join(cycle * 2, [W, half, half + W])


def down(T):
    return js.Transition(1.0, 0.0, T)


def up(T):
    return js.Transition(0.0, 1.0, T)


def cosine(T):
    return js.Transition(A, B, T, curves.Cosine())


def down_(T):
    return o.transition(1, 0, T)


def up_(T):
    return o.transition(0, 1, T)


def cosine_(T):
    return o.transition(A, B, T, o.cosine)


def phases(*ends):
    """Ends of phases as tenths of the horizon."""
    return lambda T: tuple(T * end // 10 for end in ends)


# fmt: off
NODES = [
    Case("Advance", lambda T: js.Advance(cosine(T), T // 10),
         lambda T: o.advance(cosine_(T), T // 10), SMOOTH, phases(9, 10)),
    Case("AnytimeWeight", lambda T: js.AnytimeWeight(0.375), lambda T: o.anytime(0.375),
         SMOOTH, lambda T: (1, 2)),
    Case("AveragingDecay", lambda T: js.AveragingDecay(js.Transition(10.0, 1e3, T)),
         lambda T: o.combine(lambda v: np.exp(-1 / v), o.transition(10, 1000, T)), SMOOTH),
    Case("Clip", lambda T: js.Clip(down(T), 0.25, 0.75),
         lambda T: o.combine(lambda v: min(max(v, 0.25), 0.75), down_(T)), RATIONAL,
         lambda T: (T // 4, 3 * (T // 4), T)),
    Case("Clip-one_sided", lambda T: js.Clip(cosine(T), min_value=0.0625),
         lambda T: o.combine(lambda v: max(v, 0.0625), cosine_(T)), SMOOTH, phases(5, 10)),
    Case("Constant", lambda T: js.Constant(A), lambda T: o.constant(A), 0),
    Case("Cooldown",
         lambda T: js.Cooldown(cosine(T), B / 4, T // 2, T // 10, curves.Linear()),
         lambda T: o.cooldown(cosine_(T), B / 4, T // 2, T // 10), SMOOTH + MORE,
         phases(5, 6)),
    Case("Cooldown-not_yet",
         lambda T: js.Cooldown(cosine(T), 0.0, float("inf"), T // 10, curves.Linear()),
         cosine_, SMOOTH),
    Case("Delay", lambda T: js.Delay(down(T - T // 10), T // 10),
         lambda T: o.delay(down_(T - T // 10), T // 10), RATIONAL, phases(1, 10)),
    Case("Every", lambda T: js.Every(js.Transition(A, B, 10), part(T, 10)),
         lambda T: o.every(o.transition(A, B, 10), max(T // 10, 1)), RATIONAL,
         phases(1, 2, 10)),
    Case("ExponentialDecay", lambda T: js.ExponentialDecay(A, C, T),
         lambda T: o.exponential_decay(A, C, T), POWER, lambda T: (T, 100 * T)),
    Case("ExponentialDecay-nine_decades",
         lambda T: js.ExponentialDecay(A, o.real32(1e-9), T),
         lambda T: o.exponential_decay(A, o.real32(1e-9), T), POWER),
    Case("ExponentialDecay-growing", lambda T: js.ExponentialDecay(A, 1.0625, T),
         lambda T: o.exponential_decay(A, 1.0625, T), POWER, lambda T: (T, 900 * T)),
    Case("ExtendingTransition", lambda T: js.ExtendingTransition(A, B, part(T, 3)),
         lambda T: o.extending(A, B, max(T // 3, 1)), RATIONAL + MORE,
         lambda T: (T // 3, 2 * (T // 3), T)),
    Case("Hold", lambda T: js.Hold(down(T), part(T, 10)),
         lambda T: o.hold(down_(T), max(T // 10, 1)), RATIONAL, phases(1, 2, 10)),
    Case("InversePowerDecay", lambda T: js.InversePowerDecay(A, 0.75, part(T, 10)),
         lambda T: o.inverse_power(A, 0.75, max(T // 10, 1)), POWER, phases(1)),
    Case("InverseSqrtDecay", lambda T: js.InverseSqrtDecay(A, part(T, 10)),
         lambda T: o.inverse_sqrt(A, max(T // 10, 1)), SMOOTH, phases(1)),
    Case("InverseTimeDecay", lambda T: js.InverseTimeDecay(A, C, part(T, 10)),
         lambda T: o.inverse_time(A, C, max(T // 10, 1)), RATIONAL, phases(1)),
    Case("Join", lambda T: js.Join([A, cosine(T - T // 10), B], [T // 10, T // 2]),
         lambda T: o.join([o.constant(A), cosine_(T - T // 10), o.constant(B)],
                          [T // 10, T // 2]), SMOOTH + MORE, phases(1, 5)),
    Case("Maximum", lambda T: js.Maximum([down(T), 0.25]),
         lambda T: o.combine(max, down_(T), o.constant(0.25)), RATIONAL,
         lambda T: (3 * (T // 4),)),
    Case("Minimum", lambda T: js.Minimum([up(T), 0.75]),
         lambda T: o.combine(min, up_(T), o.constant(0.75)), RATIONAL,
         lambda T: (3 * (T // 4),)),
    Case("MonotoneCubic",
         lambda T: js.MonotoneCubic([0, T // 10, T // 2, T], [0.0, A, A / 8, B]),
         lambda T: o.monotone_cubic([0, T // 10, T // 2, T], [0.0, A, A / 8, B]), POWER,
         phases(1, 5, 10)),
    Case("NaturalExponentialDecay", lambda T: js.NaturalExponentialDecay(A, 2.0**-20),
         lambda T: o.natural_exponential(A, 2.0**-20), POWER, lambda T: (10**6,)),
    Case("PiecewiseConstant",
         lambda T: js.PiecewiseConstant([T // 10, T // 10, T], [1.0, 2.0, A, B]),
         lambda T: o.steps([T // 10, T // 10, T], [1.0, 2.0, A, B]), 0, phases(1, 10)),
    Case("PiecewiseLinear",
         lambda T: js.PiecewiseLinear([T // 10, T // 2, T // 2, T], [0.0, A, 1.0, B]),
         lambda T: o.lines([T // 10, T // 2, T // 2, T], [0.0, A, 1.0, B]), RATIONAL,
         phases(1, 5, 10)),
    Case("PowerDecay", lambda T: js.PowerDecay(A, 0.75, part(T, 10)),
         lambda T: o.power_decay(A, 0.75, max(T // 10, 1)), POWER, phases(1)),
    Case("Product", lambda T: down(T) * js.PowerDecay(A, 0.5, part(T, 10)) * 3,
         lambda T: o.multiply(down_(T), o.power_decay(A, 0.5, max(T // 10, 1)),
                              o.constant(3)), POWER + MORE),
    Case("Quotient", lambda T: A / (1 + up(T)),
         lambda T: o.combine(lambda v: A / (1 + v), up_(T)), RATIONAL + MORE),
    Case("RAdamRectification", lambda T: js.RAdamRectification(o.real32(0.999)),
         lambda T: o.radam(o.real32(0.999)), POWER, lambda T: (5, 1_000, 10_000)),
    Case("RAdamRectification-short", lambda T: js.RAdamRectification(o.real32(0.95)),
         lambda T: o.radam(o.real32(0.95)), POWER, lambda T: (5, 1_000)),
    Case("Remapped", lambda T: js.Remapped(down(T), -1.0, 1.0, 0.75, 0.25),
         lambda T: o.combine(lambda v: 0.5 - v / 4, down_(T)), RATIONAL + MORE),
    Case("Remapped-beyond", lambda T: js.Remapped(down(T), 0.25, 0.75, C, 0.75),
         lambda T: o.remapped(C, 0.75, down_(T)),
         RATIONAL + MORE, lambda T: (T // 4, 3 * (T // 4), T)),
    Case("Repeat", lambda T: js.Repeat(js.Transition(A, B, part(T, 10)), part(T, 10)),
         lambda T: o.repeat(o.transition(A, B, max(T // 10, 1)), max(T // 10, 1)), RATIONAL,
         phases(1, 2, 10)),
    Case("Repeat-decaying",
         lambda T: js.Repeat(js.Transition(A, B, part(T, 10)), part(T, 10), peak_decay=C),
         lambda T: o.repeat(o.transition(A, B, max(T // 10, 1)), max(T // 10, 1), d=C),
         POWER + MORE, phases(1, 2, 10)),
    Case("Repeat-growing",
         lambda T: js.Repeat(js.Transition(A, B, part(T, 10)), part(T, 10), 3, 0.5),
         lambda T: o.repeat(o.transition(A, B, max(T // 10, 1)), max(T // 10, 1), 3, 0.5),
         POWER + MORE, lambda T: tuple(max(T // 10, 1) * n for n in (1, 4, 13, 40, 121))),
    Case("SaturatingGrowth", lambda T: js.SaturatingGrowth(A, 2.0**-20),
         lambda T: o.saturating(A, 2.0**-20), POWER, lambda T: (10**6,)),
    Case("Segments",
         lambda T: js.segments([js.Transition(0.0, A, T // 10), js.Transition(A, B,
         T // 2)],
                               jnp.asarray([T // 10])),
         lambda T: o.join([o.transition(0, A, T // 10), o.transition(A, B, T // 2)],
                          [T // 10]), RATIONAL + MORE, phases(1, 6)),
    Case("Stretch", lambda T: js.Stretch(cosine(TYPICAL), 7),
         lambda T: o.stretch(cosine_(TYPICAL), 7), SMOOTH, lambda T: (7, 700)),
    Case("Sum", lambda T: down(T) + up(T) + B,
         lambda T: o.constant(1 + o.Real(B)), RATIONAL + MORE),
    Case("Switch", lambda T: js.Switch(1, [A, cosine(T)]), cosine_, SMOOTH),
    Case("Table", lambda T: js.Table([A, 1.0, B]), lambda T: o.table([A, 1.0, B]), 0),
    Case("Transition", lambda T: js.Transition(A, B, T), lambda T: o.transition(A, B, T),
         RATIONAL),
    Case("Transition-rising", lambda T: js.Transition(o.real32(1e-8), 1.0, T),
         lambda T: o.transition(o.real32(1e-8), 1, T), RATIONAL),
    _to_zero("linear", curves.Linear(), o.linear, RATIONAL),
    _along("cosine", curves.Cosine(), o.cosine, SMOOTH),
    _to_zero("cosine", curves.Cosine(), o.cosine, SMOOTH),
    _along("cosine_power", curves.Cosine(1.5), o.cosine_power(1.5), POWER),
    _along("envelope", curves.Envelope(curves.Cosine()), o.linear_cosine, SMOOTH + MORE),
    _along("exponential", curves.Exponential(-5.0), o.exponential(-5), POWER),
    Case("Transition-geometric", lambda T: js.Transition(A, B, T, curves.Geometric()),
         lambda T: o.geometric(A, B, T), POWER),
    Case("Transition-harmonic", lambda T: js.Transition(A, B, T, curves.Harmonic()),
         lambda T: o.harmonic(A, B, T), RATIONAL + MORE),
    _along("hyperbolic", curves.Hyperbolic(0.75), o.hyperbolic(0.75), SMOOTH),
    _along("inverse_sqrt", curves.InverseSqrt(10.0), o.inverse_sqrt_curve(10), SMOOTH),
    _along("k_decay", curves.KDecay(curves.Cosine(), 2.0), o.k_decay_cosine(2), POWER),
    _along("logarithmic", curves.Logarithmic(100.0), o.logarithmic(100), POWER),
    _along("mirror_cosine", curves.MirrorCosine(), o.mirror_cosine, SMOOTH),
    _along("polynomial", curves.Polynomial(2.0), o.polynomial(2), RATIONAL),
    _to_zero("polynomial_half", curves.Polynomial(0.5), o.polynomial(0.5), POWER),
    _along("power", curves.Power(0.75), o.power(0.75), POWER),
    _to_zero("power_2", curves.Power(2.0), o.power(2), RATIONAL),
    _along("rex", curves.Rex(), o.rex(0.5), RATIONAL),
    _to_zero("rex_9", curves.Rex(o.real32(0.1)), o.rex(o.real32(0.1)), RATIONAL + MORE),
    _along("smooth_step", curves.SmoothStep(), o.smooth_step, RATIONAL),
    _along("square_root", curves.SquareRoot(), o.power(0.5), SMOOTH),
    _to_zero("square_root", curves.SquareRoot(), o.power(0.5), SMOOTH),
    _along("tanh", curves.Tanh(), o.tanh(-6, 3), POWER),
    Case("Warmup", lambda T: js.Warmup(cosine(T - T // 10), B, T // 10, curves.Linear()),
         lambda T: o.warmup(cosine_(T - T // 10), B, T // 10), SMOOTH + MORE, phases(1,
         10)),
    Case("Wrapped", lambda T: js.Wrapped(reciprocal),
         lambda T: o.combine(lambda t: 1 / t, lambda t: o.Real(t + 1)), RATIONAL),
]

OPTAX = [
    Case("constant_schedule",
         lambda T: js.constant_schedule(A), lambda T: o.constant(A), 0),
    Case("cosine_decay_schedule", lambda T: js.cosine_decay_schedule(A, T, 0.125),
         lambda T: o.transition(A, A / 8, T, o.cosine), SMOOTH),
    Case("cosine_onecycle_schedule",
         lambda T: js.cosine_onecycle_schedule(T, A, 0.25, 32.0, 1024.0),
         lambda T: o.lines([0, T // 4, T], [A / 32, A, A / 2**15], o.cosine),
         SMOOTH + MORE, lambda T: (T // 4, T)),
    Case("exponential_decay",
         lambda T: js.exponential_decay(A, part(T, 10), C, T // 20, end_value=B),
         lambda T: o.combine(lambda v: max(v, B), o.delay(
             o.exponential_decay(A, C, max(T // 10, 1)), T // 20)), POWER,
         lambda T: (T // 20, T // 10 + T // 20, 6 * T)),
    Case("exponential_decay-staircase",
         lambda T: js.exponential_decay(A, part(T, 10), C, staircase=True),
         lambda T: o.hold(o.exponential_decay(A, C, max(T // 10, 1)), max(T // 10, 1)),
         POWER, phases(1, 2)),
    Case("join_schedules",
         lambda T: js.join_schedules([up(T // 2), cosine(T // 2)], [T // 2]),
         lambda T: o.join([up_(T // 2), cosine_(T // 2)], [T // 2]), SMOOTH + MORE,
         phases(5, 10)),
    Case("join_schedules-many",
         lambda T: js.join_schedules([js.Transition(o.real32(A / (i + 1)), B, part(T, 10))
                                      for i in range(10)],
                                     [i * part(T, 10) for i in range(1, 10)]),
         lambda T: o.join([o.transition(o.real32(A / (i + 1)), B, max(T // 10, 1))
                           for i in range(10)],
                          [i * max(T // 10, 1) for i in range(1, 10)]), RATIONAL + MORE,
         phases(1, 2, 9, 10)),
    Case("linear_onecycle_schedule",
         lambda T: js.linear_onecycle_schedule(T, A, 0.25, 0.75, 32.0, 1024.0),
         lambda T: o.lines([0, T // 4, 3 * T // 4, T], [A / 32, A, A / 32, A / 2**15]),
         RATIONAL, lambda T: (T // 4, 3 * T // 4, T)),
    Case("linear_schedule", lambda T: js.linear_schedule(A, B, T - T // 10, T // 10),
         lambda T: o.delay(o.transition(A, B, T - T // 10), T // 10), RATIONAL,
         phases(1, 10)),
    Case("piecewise_constant_schedule",
         lambda T: js.piecewise_constant_schedule(A, {10: 0.25, 20: 0.5}),
         lambda T: o.steps([10, 20], [A, A / 4, A / 8]), 0, lambda T: (10, 20)),
    Case("piecewise_interpolate_schedule",
         lambda T: js.piecewise_interpolate_schedule("cosine", A, {20: 0.5, 10: 0.25}),
         lambda T: o.lines([0, 10, 20], [A, A / 4, A / 8], o.cosine), SMOOTH + MORE,
         lambda T: (10, 20)),
    Case("piecewise_interpolate_schedule-linear",
         lambda T: js.piecewise_interpolate_schedule("linear", A, {20: 0.5, 10: 0.25}),
         lambda T: o.lines([0, 10, 20], [A, A / 4, A / 8]), RATIONAL, lambda T: (10, 20)),
    Case("polynomial_schedule",
         lambda T: js.polynomial_schedule(A, B, 0.5, T - T // 10, T // 10),
         lambda T: o.delay(o.transition(A, B, T - T // 10, o.polynomial(0.5)), T // 10),
         POWER, phases(1, 10)),
    Case("sgdr_schedule", lambda T: js.sgdr_schedule([_cycle(T), _cycle(T)]), _sgdr,
         SMOOTH + MORE, phases(1, 5, 6, 10)),
    Case("warmup_constant_schedule", lambda T: js.warmup_constant_schedule(B, A, T // 10),
         lambda T: o.transition(B, A, T // 10), RATIONAL, phases(1)),
    Case("warmup_cosine_decay_schedule",
         lambda T: js.warmup_cosine_decay_schedule(B, A, T // 10, T, B),
         lambda T: o.join([o.transition(B, A, T // 10), cosine_(T - T // 10)], [T // 10]),
         SMOOTH + MORE, phases(1, 10)),
    Case("warmup_exponential_decay_schedule",
         lambda T: js.warmup_exponential_decay_schedule(B, A, T // 10, T, C),
         lambda T: o.join([o.transition(B, A, T // 10), o.exponential_decay(A, C, T)],
                          [T // 10]), POWER + MORE, lambda T: (T // 10, T // 10 + T)),
]

RECIPES = [
    Case("chebyshev_schedule", lambda T: js.chebyshev_schedule(1.0, 20.0, total_steps=64),
         lambda T: o.chebyshev(1, 20, 64), RATIONAL, lambda T: (62, 63)),
    Case("constant_warmup_schedule",
         lambda T: js.constant_warmup_schedule(cosine(T - T // 10), B,
         warmup_steps=T // 10),
         lambda T: o.join([o.constant(B), cosine_(T - T // 10)], [T // 10]), SMOOTH + MORE,
         phases(1, 10)),
    Case("cooldown",
         lambda T: js.cooldown(down(T), T // 2, T // 10, B / 4, curves.Cosine()),
         lambda T: o.cooldown(down_(T), B / 4, T // 2, T // 10, o.cosine), SMOOTH + MORE,
         phases(5, 6)),
    Case("cosine_annealing_schedule",
         lambda T: js.cosine_annealing_schedule(A, B, decay_steps=T), cosine_, SMOOTH),
    Case("cosine_hard_restarts_schedule",
         lambda T: js.cosine_hard_restarts_schedule(A, B, decay_steps=5 * part(T, 5),
                                                    num_cycles=5),
         lambda T: o.join([o.repeat(cosine_(max(T // 5, 1)), max(T // 5, 1)),
                           o.constant(B)], [5 * max(T // 5, 1)]),
         SMOOTH + MORE, phases(2, 4, 8, 10)),
    Case("cosine_oscillation_schedule",
         lambda T: js.cosine_oscillation_schedule(A, B, decay_steps=part(T, 4)),
         lambda T: o.repeat(o.lines([0, max(T // 4, 1), 2 * max(T // 4, 1)], [A, B, A],
                                    o.cosine), 2 * max(T // 4, 1)), SMOOTH + MORE,
         lambda T: (T // 4, T // 2, 3 * (T // 4))),
    Case("cosine_restarts_schedule",
         lambda T: js.cosine_restarts_schedule(1.0, 0.25, period_steps=part(T, 10),
                                               peak_decay=0.5),
         lambda T: o.sgdr(1, 0.25, max(T // 10, 1), d=0.5), SMOOTH + 2 * MORE,
         phases(1, 3, 7)),
    Case("cosine_restarts_schedule-growing",
         lambda T: js.cosine_restarts_schedule(1.0, 0.25, period_steps=part(T, 10),
                                               period_growth=2),
         lambda T: o.sgdr(1, 0.25, max(T // 10, 1), 2), SMOOTH + 2 * MORE,
         phases(1, 3, 7)),
    Case("decay_schedule",
         lambda T: js.decay_schedule(A, B, decay_steps=T, curve=curves.SquareRoot()),
         lambda T: o.transition(A, B, T, o.power(0.5)), SMOOTH),
    Case("decay_schedule-ratio",
         lambda T: js.decay_schedule(A, end_ratio=0.125, decay_steps=T),
         lambda T: o.transition(A, A / 8, T), RATIONAL),
    Case("demon_schedule", lambda T: js.demon_schedule(0.875, total_steps=T),
         lambda T: o.transition(0.875, 0, T, o.rex(0.125)), RATIONAL + MORE),
    Case("ema_decay_schedule", lambda T: js.ema_decay_schedule(C, offset_steps=8),
         lambda T: lambda t: min(o.Real(C), o.Real(1 + t) / (8 + t)), RATIONAL + MORE,
         lambda T: (8, 70)),
    Case("exp_range_schedule",
         lambda T: js.exp_range_schedule(0.25, 1.0, half_period_steps=part(T, 10),
                                         decay_rate=C),
         lambda T: o.clr(0.25, 1, max(T // 10, 1), lambda cycle, t: o.Real(C) ** t),
         POWER + MORE, phases(1, 2)),
    Case("exponential_warmup_schedule",
         lambda T: js.exponential_warmup_schedule(cosine(T - T // 10), B,
                                                  warmup_steps=T // 10),
         lambda T: o.join([o.geometric(B, A, T // 10), cosine_(T - T // 10)], [T // 10]),
         POWER + MORE, phases(1, 10)),
    Case("extend",
         lambda T: js.extend(cosine(part(T, 2)), part(T, 2) + T // 10 + T // 4, "rewarm",
                             peak_value=A, warmup_steps=T // 10),
         lambda T: o.join([cosine_(max(T // 2, 1)), o.transition(B, A, T // 10),
                           o.transition(A, 0, T // 4, o.cosine)],
                          [max(T // 2, 1), max(T // 2, 1) + T // 10]), SMOOTH + 2 * MORE,
         lambda T: (T // 2, T // 2 + T // 10, T // 2 + T // 10 + T // 4)),
    Case("infinite_schedule",
         lambda T: js.infinite_schedule(0.0, A, A / 4, B, warmup_steps=T // 10,
                                        cooldown_steps=T // 5, stable_steps=T // 5,
                                        decay_steps=T // 5),
         lambda T: o.join([o.transition(0, A, T // 10),
                           o.transition(A, A / 4, T // 5, o.cosine), o.constant(A / 4),
                           o.geometric(A / 4, B, T // 5)],
                          [T // 10, T // 10 + T // 5, T // 10 + 2 * (T // 5)]),
         POWER + MORE, phases(1, 3, 5, 7)),
    Case("inverse_sqrt_schedule",
         lambda T: js.inverse_sqrt_schedule(0.0, A, warmup_steps=part(T, 10)),
         lambda T: o.join([o.transition(0, A, max(T // 10, 1)), o.advance(
             o.inverse_sqrt(A, max(T // 10, 1)), max(T // 10, 1))], [max(T // 10, 1)]),
         SMOOTH + MORE, phases(1)),
    Case("inverse_sqrt_schedule-timescale",
         lambda T: js.inverse_sqrt_schedule(0.0, A, warmup_steps=T // 10,
                                            timescale_steps=part(T, 5)),
         lambda T: o.join([o.transition(0, A, T // 10),
                           o.advance(o.inverse_sqrt(A, max(T // 5, 1)), max(T // 5, 1))],
                          [T // 10]), POWER + MORE, phases(1)),
    Case("linear_warmup_schedule",
         lambda T: js.linear_warmup_schedule(cosine(T - T // 10), B, warmup_steps=T // 10),
         lambda T: o.warmup(cosine_(T - T // 10), B, T // 10), SMOOTH + MORE, phases(1,
         10)),
    Case("linear_warmup_schedule-first_fraction",
         lambda T: js.linear_warmup_schedule(cosine(T), warmup_steps=T // 10,
                                             indexing="(t+1)/W"),
         lambda T: lambda t: (o.Real(A) * (t + 1) / (T // 10) if t < T // 10
                              else cosine_(T)(t - T // 10)), SMOOTH + MORE, phases(1, 11)),
    Case("linear_warmup_schedule-inner_fraction",
         lambda T: js.linear_warmup_schedule(cosine(T), warmup_steps=T // 10,
                                             indexing="(t+1)/(W+1)"),
         lambda T: lambda t: (o.Real(A) * (t + 1) / (T // 10 + 1) if t < T // 10
                              else cosine_(T)(t - T // 10)), SMOOTH + MORE, phases(1, 11)),
    Case("mirrored_momentum_schedule",
         lambda T: js.mirrored_momentum_schedule(js.Transition(1.0, 0.25, T), 0.9375, 0.75,
                                                 base_rate=0.0, peak_rate=1.0),
         lambda T: o.combine(lambda v: 0.9375 - 0.1875 * v, o.transition(1, 0.25, T)),
         RATIONAL + MORE),
    Case("multistep_schedule",
         lambda T: js.multistep_schedule(A, decay_rate=0.5, boundaries=[T // 10, T // 2]),
         lambda T: o.steps([T // 10, T // 2], [A, A / 2, A / 4]), 0, phases(1, 5)),
    Case("natural_exponential_decay_schedule",
         lambda T: js.natural_exponential_decay_schedule(A, decay_rate=2.0**-20),
         lambda T: o.natural_exponential(A, 2.0**-20), POWER, lambda T: (10**6,)),
    Case("noam_schedule", lambda T: js.noam_schedule(model_size=64, warmup_steps=256),
         lambda T: o.noam(64, 256), SMOOTH + MORE, lambda T: (255, 256)),
    Case("onecycle_momentum_schedule",
         lambda T: js.onecycle_momentum_schedule(C, 0.75, warmup_steps=T // 10,
                                                 decay_steps=T - T // 10),
         lambda T: o.lines([0, T // 10, T], [C, 0.75, C], o.cosine), SMOOTH + MORE,
         phases(1, 10)),
    Case("onecycle_schedule",
         lambda T: js.onecycle_schedule(B, A, 0.0, warmup_steps=T // 10,
                                        decay_steps=T - T // 10),
         lambda T: o.lines([0, T // 10, T], [B, A, 0], o.cosine), SMOOTH + MORE,
         phases(1, 10)),
    Case("periodic_decay_schedule",
         lambda T: js.periodic_decay_schedule(0.0, A, B, warmup_steps=T // 10,
                                              stable_steps=[T // 10, T // 5],
                                              decay_steps=T // 10),
         lambda T: o.join([o.transition(0, A, T // 10), o.constant(A),
                           o.harmonic(A, B, T // 10), o.constant(A),
                           o.harmonic(A, B, T // 10)],
                          [T // 10, 2 * (T // 10), 3 * (T // 10), 3 * (T // 10) + T // 5]),
         RATIONAL + 2 * MORE, phases(1, 2, 3, 5, 6)),
    Case("phases_schedule",
         lambda T: js.phases_schedule(0.0, phases=[
             (A, T // 10), (A, T // 2), (B, T // 5, curves.SquareRoot())]),
         lambda T: o.join([o.transition(0, A, T // 10), o.constant(A),
                           o.transition(A, B, T // 5, o.power(0.5))],
                          [T // 10, T // 10 + T // 2]), SMOOTH + MORE, phases(1, 6, 8)),
    Case("power_decay_schedule",
         lambda T: js.power_decay_schedule(A, power=0.5, interval_steps=part(T, 10)),
         lambda T: o.power_decay(A, 0.5, max(T // 10, 1)), POWER, phases(1)),
    Case("power_law_schedule",
         lambda T: js.power_law_schedule(0.015625, batch_size=1024, tokens_per_step=2**22,
                                         coefficient=4.0, power=0.5),
         lambda T: o.power_law(0.015625, 1024, 2**22, 4, o.Real(0.5)), POWER,
         lambda T: (16_383, 16_384)),
    Case("radam_warmup_schedule",
         lambda T: js.radam_warmup_schedule(A, b2=o.real32(0.999)),
         lambda T: o.multiply(o.constant(A), o.radam(o.real32(0.999))), POWER + MORE,
         lambda T: (5, 1_000)),
    Case("sigmoid_decay_schedule",
         lambda T: js.sigmoid_decay_schedule(A, B, decay_steps=T),
         lambda T: o.sigmoid(A, B, T, 10, 0.5), POWER + MORE),
    Case("slanted_triangular_schedule",
         lambda T: js.slanted_triangular_schedule(A, total_steps=8 * part(T, 8),
                                                  warmup_fraction=0.125),
         lambda T: o.slanted(A, 8 * max(T // 8, 1), 0.125, 32), RATIONAL + MORE,
         lambda T: (T // 8, 8 * (T // 8))),
    Case("spike_schedule",
         lambda T: js.spike_schedule(down(T), 8.0, spike_begin=T // 10, spike_steps=T // 5),
         lambda T: o.multiply(down_(T), o.steps([T // 10, T // 10 + T // 5], [1, 8, 1])),
         RATIONAL + MORE, phases(1, 3, 10)),
    Case("step_decay_schedule",
         lambda T: js.step_decay_schedule(A, decay_rate=C, interval_steps=part(T, 10)),
         lambda T: o.hold(o.exponential_decay(A, C, max(T // 10, 1)), max(T // 10, 1)),
         POWER, phases(1, 2)),
    Case("sutskever_momentum_schedule",
         lambda T: js.sutskever_momentum_schedule(D, interval_steps=part(T, 10)),
         lambda T: lambda t: min(1 - o.Real(0.5) / (t // max(T // 10, 1) + 1), o.Real(D)),
         RATIONAL + MORE, phases(1, 2, 4, 5)),
    Case("tanh_decay_schedule", lambda T: js.tanh_decay_schedule(A, B, decay_steps=T),
         lambda T: o.tanh_decay(A, B, T, -6, 3), POWER + MORE),
    Case("time_decay_schedule", lambda T: js.time_decay_schedule(A, decay_rate=B),
         lambda T: o.inverse_time(A, B), RATIONAL, lambda T: (10_000,)),
    Case("triangular2_schedule",
         lambda T: js.triangular2_schedule(0.25, 1.0, half_period_steps=part(T, 10)),
         lambda T: o.clr(0.25, 1, max(T // 10, 1), lambda cycle,
         t: o.Real(2) ** (1 - cycle)),
         POWER + MORE, phases(1, 2)),
    Case("triangular_schedule",
         lambda T: js.triangular_schedule(B, A, half_period_steps=part(T, 10)),
         lambda T: o.clr(B, A, max(T // 10, 1)), RATIONAL + MORE, phases(1, 2)),
    Case("untuned_exponential_warmup_schedule",
         lambda T: js.untuned_exponential_warmup_schedule(A, b2=1 - 2.0**-10),
         lambda T: o.advance(o.saturating(A, 2.0**-10), 1), POWER + MORE,
         lambda T: (1_000, 10_000)),
    Case("untuned_linear_warmup_schedule",
         lambda T: js.untuned_linear_warmup_schedule(A, b2=1 - 2.0**-10),
         lambda T: o.advance(o.transition(0, A, 2**11), 1), RATIONAL + MORE,
         lambda T: (2_046, 2_047)),
    Case("warmup_decay_schedule",
         lambda T: js.warmup_decay_schedule(B, A, B, warmup_steps=T // 10,
                                            decay_steps=T - T // 10),
         lambda T: o.join([o.transition(B, A, T // 10), cosine_(T - T // 10)], [T // 10]),
         SMOOTH + MORE, phases(1, 10)),
    Case("warmup_schedule",
         lambda T: js.warmup_schedule(cosine(T - T // 10), B, warmup_steps=T // 10,
                                      curve=curves.Power(2.0)),
         lambda T: o.warmup(cosine_(T - T // 10), B, T // 10, o.power(2)), SMOOTH + MORE,
         phases(1, 10)),
    Case("warmup_stable_decay_schedule",
         lambda T: js.warmup_stable_decay_schedule(0.0, A, B, warmup_steps=T // 10,
                                                   stable_steps=T // 2, decay_steps=T // 5),
         lambda T: o.lines([0, T // 10, T // 10 + T // 2, T // 10 + T // 2 + T // 5],
                           [0, A, A, B]), RATIONAL + MORE, phases(1, 6, 8)),
]
# fmt: on

# Their values are random: tested by their distribution, in tests/schedules/test_noise.py.
RANDOM = [
    Case("NormalNoise", lambda T: js.NormalNoise(7, A, 2 * A), None, 0),
    Case("UniformNoise", lambda T: js.UniformNoise(7, A, 1.0), None, 0),
]

EXACT = [*NODES, *OPTAX, *RECIPES]
CASES = [*EXACT, *RANDOM]
