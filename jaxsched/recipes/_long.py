"""Schedules for long training: built to be continued, cooled down, and trained on."""

from collections.abc import Sequence
from typing import Any

from jaxsched._core import (
    AbstractCurve,
    AbstractSchedule,
    Constant,
    Real,
    Steps,
    checks,
)
from jaxsched.combinators import Advance, Join
from jaxsched.curves import Cosine, Geometric, Harmonic, Linear
from jaxsched.schedules import InversePowerDecay, InverseSqrtDecay, PowerDecay, Transition


def phases_schedule(init_value: Real, *, phases: Sequence[tuple]) -> AbstractSchedule:
    """One phase after another, each from where the one before ended.

    Args:
        init_value: the value at count 0.
        phases: for each its end value, its length in updates and, if it is not a straight
            line, its curve.

    >>> from jaxsched import curves
    >>> schedule = phases_schedule(
    ...     0.0, phases=[(1.0, 4), (1.0, 10), (0.25, 4, curves.Geometric())]
    ... )
    >>> [float(schedule(count)) for count in (0, 2, 4, 14, 16, 99)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.25]
    """
    parts, boundaries = [], []
    end: Any = 0
    for phase in phases:
        checks.phase("phases_schedule", phase)
        complete: Any = (*phase, Linear())
        value, steps, curve = complete[:3]
        parts.append(Transition(init_value, value, steps, curve))
        init_value, end = value, end + steps
        boundaries.append(end)
    return Join(parts, boundaries[:-1])


def infinite_schedule(
    init_value: Real,
    peak_value: Real,
    stable_value: Real,
    end_value: Real,
    *,
    warmup_steps: Steps,
    cooldown_steps: Steps,
    stable_steps: Steps,
    decay_steps: Steps,
    curve: AbstractCurve = Cosine(),
) -> AbstractSchedule:
    """Warmup, cooldown to a constant that can go on for ever, and annealing at its end.

    Args:
        init_value: the value at count 0.
        peak_value: the value after the warmup.
        stable_value: the constant.
        end_value: the value at the end of the annealing, above 0.
        warmup_steps: length of the warmup, in updates.
        cooldown_steps: length of the way from the peak to the constant.
        stable_steps: length of the constant; infinity while training goes on.
        decay_steps: length of the annealing, by equal factors.
        curve: of the cooldown; `InverseSqrt(sharpness)` is the paper's other one.

    >>> schedule = infinite_schedule(
    ...     0.0, 1.0, 0.5, 0.125,
    ...     warmup_steps=4, cooldown_steps=4, stable_steps=8, decay_steps=2,
    ... )
    >>> [round(float(schedule(count)), 6) for count in (0, 4, 6, 8, 16, 17, 18)]
    [0.0, 1.0, 0.75, 0.5, 0.5, 0.25, 0.125]

    Reference: Ibrahim et al., Simple and Scalable Strategies to Continually Pre-train
    Large Language Models, 2024, arXiv:2403.08763.
    """
    phases = [
        (peak_value, warmup_steps),
        (stable_value, cooldown_steps, curve),
        (stable_value, stable_steps),
        (end_value, decay_steps, Geometric()),
    ]
    return phases_schedule(init_value, phases=phases)


def periodic_decay_schedule(
    init_value: Real,
    peak_value: Real,
    end_value: Real,
    *,
    warmup_steps: Steps,
    stable_steps: Sequence[Steps],
    decay_steps: Sequence[Steps] | Steps,
    curve: AbstractCurve = Harmonic(),
) -> AbstractSchedule:
    """WSD-S: several plateaus, each with its decay, and back to the peak at once.

    Every decay ends in a model; the next plateau goes on from its weights.

    Args:
        init_value: the value at count 0.
        peak_value: the value of the plateaus.
        end_value: the value at which each decay ends.
        warmup_steps: length of the warmup, which comes once.
        stable_steps: length of each plateau.
        decay_steps: length of each decay, or one for all.
        curve: the shape of the decays; the paper's moves the reciprocal in a straight
            line.

    >>> schedule = periodic_decay_schedule(
    ...     0.0, 1.0, 0.25, warmup_steps=2, stable_steps=[4, 8], decay_steps=3
    ... )
    >>> [float(schedule(count)) for count in (0, 2, 6, 7, 9, 17, 18, 20, 99)]
    [0.0, 1.0, 1.0, 0.5, 1.0, 1.0, 0.5, 0.25, 0.25]

    Reference: Wen et al., Understanding Warmup-Stable-Decay Learning Rates, 2024,
    arXiv:2410.05192.
    """
    decays: Any = decay_steps
    if not isinstance(decays, Sequence):
        decays = [decays] * len(stable_steps)
    n = len(stable_steps)
    checks.matching("periodic_decay_schedule", "decay_steps", len(decays), "plateaus", n, n)
    parts: list[AbstractSchedule] = [Transition(init_value, peak_value, warmup_steps)]
    boundaries, end = [], warmup_steps
    for stable, decay in zip(stable_steps, decays, strict=True):
        parts += [Constant(peak_value), Transition(peak_value, end_value, decay, curve)]
        boundaries += [end, end + stable]
        end = end + stable + decay
    return Join(parts, boundaries)


def inverse_sqrt_schedule(
    init_value: Real,
    peak_value: Real,
    *,
    warmup_steps: Steps,
    timescale_steps: Steps | None = None,
) -> AbstractSchedule:
    r"""A line up, then one over the square root of the count.

    $$s(t) = v_1 \sqrt{\frac{\tau}{t - W + \tau}}, \quad t \ge W$$

    Args:
        init_value: the value at count 0.
        peak_value: $v_1$, at count `warmup_steps`.
        warmup_steps: $W$, in updates.
        timescale_steps: $\tau > 0$, in updates; $W$ if not given, which makes it
            $v_1 \sqrt{W / t}$.

    >>> schedule = inverse_sqrt_schedule(0.0, 1.0, warmup_steps=4)
    >>> [float(schedule(count)) for count in (0, 2, 4, 16)]
    [0.0, 0.5, 1.0, 0.5]

    Reference: Vaswani et al., Attention Is All You Need, 2017; Zhai et al., Scaling
    Vision Transformers, 2022, arXiv:2106.04560.
    """
    if timescale_steps is None:
        decay = Advance(InverseSqrtDecay(peak_value, warmup_steps), warmup_steps)
    else:
        decay = PowerDecay(peak_value, 0.5, timescale_steps)
    return Join([Transition(init_value, peak_value, warmup_steps), decay], [warmup_steps])


def noam_schedule(
    *, model_size: Real, warmup_steps: Steps, factor: Real = 1.0
) -> AbstractSchedule:
    r"""The Transformer's: $f \, d^{-1/2} \min(n^{-1/2}, n \, W^{-3/2})$, $n = t + 1$.

    Args:
        model_size: $d$, the width of the model.
        warmup_steps: $W$, in updates.
        factor: $f$.

    >>> schedule = noam_schedule(model_size=512, warmup_steps=4_000)
    >>> print(f"{float(schedule(3_999)):.6f}")
    0.000699

    Reference: Vaswani et al., Attention Is All You Need, 2017, section 5.3.
    """
    checks.positive("noam_schedule", model_size=model_size, warmup_steps=warmup_steps)
    peak = factor * (model_size * warmup_steps) ** -0.5
    return Advance(inverse_sqrt_schedule(0.0, peak, warmup_steps=warmup_steps), 1)


def power_law_schedule(
    max_value: Real = 0.02,
    *,
    batch_size: Real,
    tokens_per_step: Real,
    coefficient: Real = 4.6,
    power: Real = 0.51,
) -> AbstractSchedule:
    r"""IBM's Power scheduler: a power of the tokens seen, with a cap.

    $$s(t) = \min(v, B \, a \, n^{-p}), \qquad n = t \, N$$

    Tokens are never counted as integers, so any number of them is right.

    Args:
        max_value: $v$, the cap.
        batch_size: $B$, in sequences.
        tokens_per_step: $N$, in tokens.
        coefficient: $a$.
        power: $p$.

    >>> schedule = power_law_schedule(batch_size=1024, tokens_per_step=1024 * 4096)
    >>> print(f"{float(schedule(0)):.4f} {float(schedule(238_419)):.6f}") # at 1e12 tokens
    0.0200 0.003573

    Reference: Shen et al., Power Scheduler, 2024, arXiv:2408.13359.
    """
    who = "power_law_schedule"
    checks.positive(who, max_value=max_value, batch_size=batch_size, power=power)
    checks.positive(who, tokens_per_step=tokens_per_step, coefficient=coefficient)
    tokens = (coefficient / max_value * batch_size) ** (1 / power)
    return InversePowerDecay(max_value, power, tokens / tokens_per_step)
