"""Where five libraries give what their users may not expect, beside what to write here.

More rows of `docs/value-by-value.md`, in the form of `pairs.py`, each with the counts to
show and with what happens there.
"""

from typing import NamedTuple


class Defect(NamedTuple):
    """Where a peer gives what its users do not expect."""

    theirs: str
    ours: str
    counts: tuple[int, ...]
    why: str


DEFECTS = {
    "torch": [
        Defect(
            "0.1, 56, OneCycleLR(max_lr=0.1, total_steps=50)",
            "js.onecycle_schedule(0.004, 0.1, 4e-7, warmup_steps=15, decay_steps=35)",
            (14, 15, 49, 50, 51),
            "Peak and end come an update early; it rises at 50 and raises at 51",
        ),
        Defect(
            "0.1, 56, CosineAnnealingLR(T_max=50, eta_min=0.001)",
            "js.cosine_annealing_schedule(0.1, 0.001, decay_steps=50)",
            (49, 50, 51, 55),
            "Rises again after its end, as `js.cosine_oscillation_schedule` does",
        ),
        Defect(
            "0.1, 56, ChainedScheduler(schedulers=[CosineAnnealingLR(T_max=50, "
            "eta_min=0.01), ExponentialLR(gamma=0.95)])",
            "js.cosine_annealing_schedule(0.1, 0.01, decay_steps=50) "
            "* js.ExponentialDecay(1.0, 0.95, 1)",
            (1, 25, 49),
            "Is no product: each step of the cosine starts at what the others left",
        ),
        Defect(
            "0.1, 56, SequentialLR(schedulers=[CyclicLR(base_lr=0.01, max_lr=0.1, "
            "step_size_up=5, cycle_momentum=False), ExponentialLR(gamma=0.95)], "
            "milestones=[10])",
            "js.Join([js.triangular_schedule(0.01, 0.1, half_period_steps=5), "
            "js.ExponentialDecay(0.1, 0.95, 1)], [10])",
            (9, 10, 25),
            "A cycle that comes first takes the optimizer's rate from the next",
        ),
    ],
    "transformers": [
        Defect(
            "5e-5, 56, cosine(10, 50)",
            "js.warmup_decay_schedule(0.0, 5e-5, warmup_steps=10, decay_steps=40)",
            (49, 50, 51, 55),
            "Rises again after its end",
        ),
        Defect(
            "5e-5, 56, cosine_warmup_with_min_lr(10, 50, min_lr=5e-6)",
            "js.warmup_decay_schedule(0.0, 5e-5, 5e-6, warmup_steps=10, decay_steps=40)",
            (0, 9, 10, 49),
            "Is an update ahead of `cosine_with_min_lr`, up to its end",
        ),
    ],
    "timm": [
        Defect(
            "0.1, 56, MultiStepLRScheduler(decay_t=[20, 40], decay_rate=0.1)",
            "js.multistep_schedule(0.1, decay_rate=0.1, boundaries=[20, 40])",
            (18, 19, 20, 39),
            "Drops an epoch early",
        ),
        Defect(
            "0.1, 56, CosineLRScheduler(t_initial=50, warmup_t=10, warmup_lr_init=0.001)",
            "js.warmup_decay_schedule(0.001, 0.1, warmup_steps=10, decay_steps=50)",
            (9, 10, 49, 50),
            "The cosine runs under the warmup, so that the peak is never reached",
        ),
        Defect(
            "0.1, 130, CosineLRScheduler(t_initial=16, cycle_mul=1.25, cycle_limit=5), "
            "around=(36, 61, 92)",
            "js.cosine_restarts_schedule(0.1, period_steps=16, period_growth=1.25)",
            (36, 60, 61, 62),
            "Finds its cycle by a logarithm, and one restart comes an epoch late",
        ),
    ],
    "keras": [
        Defect(
            "None, 56, PiecewiseConstantDecay(boundaries=[10, 25], "
            "values=[0.1, 0.01, 0.001])",
            "js.PiecewiseConstant([10, 25], [0.1, 0.01, 0.001])",
            (9, 10, 11, 25),
            "A boundary still has the value before it",
        ),
        Defect(
            "None, 56, CosineDecay(initial_learning_rate=1, decay_steps=50)",
            "js.cosine_annealing_schedule(1, decay_steps=50)",
            (0, 1, 25),
            "Beside a whole first rate all constants are whole: π is 3",
        ),
        Defect(
            "None, 56, ExponentialDecay(initial_learning_rate=1, decay_steps=10, "
            "decay_rate=0.5)",
            "js.ExponentialDecay(1, 0.5, 10)",
            (0, 1, 25),
            "And this decay rate is 0",
        ),
        Defect(
            "None, 56, CosineDecay(**rate(decay_steps=40, warmup_steps=10))",
            "js.warmup_decay_schedule(0.0, 0.1, warmup_steps=10, decay_steps=40)",
            (0, 5, 10, 25),
            "Without `warmup_target` there is no warmup",
        ),
        Defect(
            "None, 100_001, CosineDecay(**rate(decay_steps=100_000)), "
            "around=(99_000, 99_900, 99_992)",
            "js.cosine_annealing_schedule(0.1, decay_steps=100_000)",
            (99_000, 99_900, 99_992, 99_993, 99_999),
            "Has ever fewer digits, and none at its last updates, in float32",
        ),
    ],
    "optax": [
        Defect(
            "None, 100_001, cosine_decay_schedule(init_value=0.1, decay_steps=100_000), "
            "around=(99_000, 99_900, 99_992)",
            "js.cosine_decay_schedule(0.1, 100_000)",
            (99_000, 99_900, 99_992, 99_993, 99_999),
            "Has ever fewer digits, and none at its last updates",
        ),
        Defect(
            "None, 56, linear_schedule(**span(1.0, 0.0, 10))",
            "js.linear_schedule(1.0, 0.0, 10)",
            (9, 10, 55),
            "Stops next to its end, below zero",
        ),
        Defect(
            "None, 56, linear_schedule(**span(1e-8, 1.0, 10))",
            "js.linear_schedule(1e-8, 1.0, 10)",
            (0, 1, 10),
            "Loses a start that is small beside the end",
        ),
        Defect(
            "None, 56, exponential_decay(init_value=0.1, transition_steps=41, "
            "decay_rate=0.5, staircase=True)",
            "js.exponential_decay(0.1, 41, 0.5, staircase=True)",
            (40, 41, 42),
            "One stair comes an update late under `jit`",
        ),
        Defect(
            "None, 56, warmup_constant_schedule(init_value=0.0, peak_value=0.1, "
            "warmup_steps=0)",
            "js.warmup_constant_schedule(0.0, 0.1, 0)",
            (0, 1, 55),
            "A warmup of no steps never ends",
        ),
    ],
}
