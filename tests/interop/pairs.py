"""What users of five libraries write, and what to write here.

Rows of `docs/value-by-value.md`. To the left a line of a table of `read_peers.py`: the
base rate, how many counts were read, the scheduler. To the right the same in jaxsched.
What the peers gave for them is in `values/PEER.json`.
"""

TORCH = {
    "0.1, 56, StepLR(step_size=15, gamma=0.1)": (
        "js.step_decay_schedule(0.1, decay_rate=0.1, interval_steps=15)"
    ),
    "0.1, 56, MultiStepLR(milestones=[20, 40], gamma=0.1)": (
        "js.multistep_schedule(0.1, decay_rate=0.1, boundaries=[20, 40])"
    ),
    "0.1, 56, ConstantLR(factor=0.1, total_iters=10)": (
        "js.constant_warmup_schedule(0.1, 0.01, warmup_steps=10)"
    ),
    "0.1, 56, LinearLR(start_factor=0.1, total_iters=10)": (
        "js.linear_warmup_schedule(0.1, 0.01, warmup_steps=10)"
    ),
    "0.1, 56, ExponentialLR(gamma=0.95)": "js.ExponentialDecay(0.1, 0.95, 1)",
    "0.1, 56, PolynomialLR(total_iters=50, power=2.0)": (
        "js.decay_schedule(0.1, decay_steps=50, curve=js.curves.Polynomial(2.0))"
    ),
    "0.1, 56, CosineAnnealingLR(T_max=50, eta_min=0.001)": (
        "js.cosine_oscillation_schedule(0.1, 0.001, decay_steps=50)"
    ),
    "0.1, 56, CosineAnnealingWarmRestarts(T_0=10, T_mult=2)": (
        "js.cosine_restarts_schedule(0.1, period_steps=10, period_growth=2)"
    ),
    "0.1, 56, CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=10)": (
        "js.triangular_schedule(0.01, 0.1, half_period_steps=10)"
    ),
    '0.1, 56, CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=10, mode="triangular2")': (
        "js.triangular2_schedule(0.01, 0.1, half_period_steps=10)"
    ),
    '0.1, 56, CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=10, mode="exp_range", '
    "gamma=0.98)": (
        "js.exp_range_schedule(0.01, 0.1, half_period_steps=10, decay_rate=0.98)"
    ),
    "0.1, 56, OneCycleLR(max_lr=0.1, total_steps=50)": (
        "js.onecycle_schedule(0.004, 0.1, 4e-7, warmup_steps=14, decay_steps=35)"
    ),
    "0.1, 56, OneCycleLR(max_lr=0.1, total_steps=50, three_phase=True)": (
        "js.phases_schedule(0.004, phases=[(0.1, 14, js.curves.Cosine()), "
        "(0.004, 14, js.curves.Cosine()), (4e-7, 21, js.curves.Cosine())])"
    ),
    "0.1, 56, SWALR(swa_lr=0.05, anneal_epochs=10)": (
        "js.cosine_annealing_schedule(0.1, 0.05, decay_steps=10)"
    ),
    '0.1, 56, LambdaLR(lr_lambda=fn("1 / (1 + 0.1 * t)"))': (
        "js.InverseTimeDecay(0.1, 0.1, 1)"
    ),
    '0.1, 56, MultiplicativeLR(lr_lambda=fn("0.95"))': "js.ExponentialDecay(0.1, 0.95, 1)",
    "0.1, 56, SequentialLR(schedulers=[LinearLR(start_factor=0.1, total_iters=10), "
    "CosineAnnealingLR(T_max=40)], milestones=[10])": (
        "js.warmup_decay_schedule(0.01, 0.1, warmup_steps=10, decay_steps=40)"
    ),
    "0.1, 56, ChainedScheduler(schedulers=[LinearLR(start_factor=0.1, total_iters=10), "
    "ExponentialLR(gamma=0.95)])": (
        "js.Transition(0.1, 1.0, 10) * js.ExponentialDecay(0.1, 0.95, 1)"
    ),
    "0.1, 56, ReduceLROnPlateau(factor=0.5, patience=10), metrics=flat": (
        "0.1 * js.ReduceOnPlateau(factor=0.5, patience=10)"
    ),
}

TRANSFORMERS = {
    "5e-5, 56, constant()": "js.Constant(5e-5)",
    "5e-5, 56, constant_with_warmup(10)": "js.warmup_constant_schedule(0.0, 5e-5, 10)",
    "5e-5, 56, linear(10, 50)": (
        "js.warmup_decay_schedule(0.0, 5e-5, warmup_steps=10, decay_steps=40, "
        "curve=js.curves.Linear())"
    ),
    "5e-5, 56, cosine(10, 50)": (
        "js.warmup_decay_schedule(0.0, 5e-5, warmup_steps=10, decay_steps=40)"
    ),
    "5e-5, 56, cosine_with_restarts(10, 50, num_cycles=2)": (
        "js.linear_warmup_schedule(warmup_steps=10, "
        "schedule=js.cosine_hard_restarts_schedule(5e-5, decay_steps=40, num_cycles=2))"
    ),
    "5e-5, 56, polynomial(10, 50, lr_end=1e-6, power=2.0)": (
        "js.warmup_decay_schedule(0.0, 5e-5, 1e-6, warmup_steps=10, decay_steps=40, "
        "curve=js.curves.Polynomial(2.0))"
    ),
    "5e-5, 56, inverse_sqrt(10)": "js.inverse_sqrt_schedule(0.0, 5e-5, warmup_steps=10)",
    "5e-5, 56, cosine_with_min_lr(10, 50, min_lr=5e-6)": (
        "js.warmup_decay_schedule(0.0, 5e-5, 5e-6, warmup_steps=10, decay_steps=40)"
    ),
    "5e-5, 56, cosine_warmup_with_min_lr(10, 50, min_lr=5e-6)": (
        "js.Advance(js.warmup_decay_schedule("
        "0.0, 5e-5, 5e-6, warmup_steps=10, decay_steps=40), 1)"
    ),
    "5e-5, 56, warmup_stable_decay(10, 50, num_decay_steps=20)": (
        "js.warmup_stable_decay_schedule(0.0, 5e-5, warmup_steps=10, stable_steps=20, "
        "decay_steps=20, curve=js.curves.Cosine())"
    ),
    "5e-5, 56, reduce_lr_on_plateau(factor=0.5, patience=10), metrics=flat": (
        "5e-5 * js.ReduceOnPlateau(factor=0.5, patience=10)"
    ),
    "5e-5, 56, greedy(min_lr=1e-5, max_lr=1e-3), metrics=flat": (
        "5e-5 * js.GreedyLR(min_scale=0.2, max_scale=20.0)"
    ),
}

TIMM = {
    "0.1, 56, CosineLRScheduler(t_initial=50, lr_min=0.001)": (
        "js.cosine_annealing_schedule(0.1, 0.001, decay_steps=50)"
    ),
    "0.1, 56, CosineLRScheduler(t_initial=50, warmup_t=10, warmup_lr_init=0.001)": (
        "js.Join([js.Transition(0.001, 0.1, 10), "
        "js.Advance(js.cosine_annealing_schedule(0.1, decay_steps=50), 10)], [10])"
    ),
    "0.1, 56, CosineLRScheduler(t_initial=40, warmup_t=10, warmup_lr_init=0.001, "
    "warmup_prefix=True)": (
        "js.warmup_decay_schedule(0.001, 0.1, warmup_steps=10, decay_steps=40)"
    ),
    "0.1, 56, CosineLRScheduler(t_initial=10, cycle_mul=2.0, cycle_decay=0.5, "
    "cycle_limit=2)": (
        "js.Join([js.cosine_restarts_schedule(0.1, period_steps=10, period_growth=2, "
        "peak_decay=0.5), 0.0], [30])"
    ),
    "0.1, 56, CosineLRScheduler(t_initial=50, k_decay=2.0)": (
        "js.decay_schedule(0.1, decay_steps=50, "
        "curve=js.curves.KDecay(js.curves.Cosine(), 2.0))"
    ),
    "0.1, 56, PolyLRScheduler(t_initial=50, power=0.9, lr_min=0.001)": (
        "js.decay_schedule(0.1, 0.001, decay_steps=50, curve=js.curves.Polynomial(0.9))"
    ),
    "0.1, 56, TanhLRScheduler(t_initial=50, lr_min=0.001)": (
        "js.Join([js.tanh_decay_schedule("
        "0.1, 0.001, decay_steps=50, lower=-7.0, upper=3.0), 0.001], [50])"
    ),
    "0.1, 56, StepLRScheduler(decay_t=15, decay_rate=0.1)": (
        "js.step_decay_schedule(0.1, decay_rate=0.1, interval_steps=15)"
    ),
    "0.1, 56, MultiStepLRScheduler(decay_t=[20, 40], decay_rate=0.1)": (
        "js.multistep_schedule(0.1, decay_rate=0.1, boundaries=[19, 39])"
    ),
    "0.1, 56, WSDLRScheduler(t_initial=40, decay_t=20, warmup_t=10)": (
        "js.warmup_stable_decay_schedule(0.0, 0.1, warmup_steps=10, stable_steps=20, "
        "decay_steps=20, curve=js.curves.SquareRoot())"
    ),
    '0.1, 56, create_scheduler_v2(sched="cosine", num_epochs=50, warmup_epochs=10, '
    "warmup_lr=0.0, min_lr=0.001)": (
        "js.Join([js.Transition(0.0, 0.1, 10), "
        "js.Advance(js.cosine_annealing_schedule(0.1, 0.001, decay_steps=50), 10)], [10])"
    ),
    '0.1, 56, PlateauLRScheduler(mode="min", decay_rate=0.5, patience_t=10), '
    "metrics=flat": ("0.1 * js.ReduceOnPlateau(factor=0.5, patience=10)"),
}

KERAS = {
    "None, 56, ExponentialDecay(**rate(decay_steps=10, decay_rate=0.5))": (
        "js.ExponentialDecay(0.1, 0.5, 10)"
    ),
    "None, 56, ExponentialDecay(**rate(decay_steps=10, decay_rate=0.5, staircase=True))": (
        "js.step_decay_schedule(0.1, decay_rate=0.5, interval_steps=10)"
    ),
    "None, 56, InverseTimeDecay(**rate(decay_steps=10, decay_rate=0.5))": (
        "js.InverseTimeDecay(0.1, 0.5, 10)"
    ),
    "None, 56, PolynomialDecay(**rate(decay_steps=50, end_learning_rate=0.001, "
    "power=2.0))": (
        "js.decay_schedule(0.1, 0.001, decay_steps=50, curve=js.curves.Polynomial(2.0))"
    ),
    "None, 56, PolynomialDecay(**rate(decay_steps=20, end_learning_rate=0.001, "
    "cycle=True))": ("js.ExtendingTransition(0.1, 0.001, 20, js.curves.Polynomial(1.0))"),
    "None, 56, PiecewiseConstantDecay(boundaries=[10, 25], values=[0.1, 0.01, 0.001])": (
        "js.PiecewiseConstant([11, 26], [0.1, 0.01, 0.001])"
    ),
    "None, 56, CosineDecay(**rate(decay_steps=50, alpha=0.01))": (
        "js.cosine_annealing_schedule(0.1, 0.001, decay_steps=50)"
    ),
    "None, 56, CosineDecay(initial_learning_rate=0.0, decay_steps=40, warmup_target=0.1, "
    "warmup_steps=10)": (
        "js.warmup_decay_schedule(0.0, 0.1, warmup_steps=10, decay_steps=40)"
    ),
    "None, 56, CosineDecayRestarts(**rate(first_decay_steps=10, m_mul=0.5))": (
        "js.cosine_restarts_schedule(0.1, period_steps=10, period_growth=2, peak_decay=0.5)"
    ),
    "0.1, 56, ReduceLROnPlateau(factor=0.5, patience=10), metrics=flat": (
        "0.1 * js.ReduceOnPlateau(factor=0.5, patience=9, rtol=0.0, atol=1e-4)"
    ),
}

OPTAX = {
    "None, 56, constant_schedule(value=0.1)": "js.constant_schedule(0.1)",
    "None, 56, linear_schedule(**span(0.0, 0.1, 10))": "js.linear_schedule(0.0, 0.1, 10)",
    "None, 56, polynomial_schedule(**span(0.1, 0.001, 50, power=2.0))": (
        "js.polynomial_schedule(0.1, 0.001, 2.0, 50)"
    ),
    "None, 56, exponential_decay(init_value=0.1, transition_steps=10, decay_rate=0.5)": (
        "js.exponential_decay(0.1, 10, 0.5)"
    ),
    "None, 56, piecewise_constant_schedule(init_value=0.1, boundaries_and_scales={"
    '"20": 0.1, "40": 0.1})': "js.piecewise_constant_schedule(0.1, {20: 0.1, 40: 0.1})",
    "None, 56, piecewise_interpolate_schedule(init_value=0.01, boundaries_and_scales={"
    '"10": 10.0, "50": 0.01}, interpolate_type="linear")': (
        'js.piecewise_interpolate_schedule("linear", 0.01, {10: 10.0, 50: 0.01})'
    ),
    "None, 56, cosine_decay_schedule(init_value=0.1, decay_steps=50)": (
        "js.cosine_decay_schedule(0.1, 50)"
    ),
    "None, 56, linear_onecycle_schedule(transition_steps=50, peak_value=0.1)": (
        "js.linear_onecycle_schedule(50, 0.1)"
    ),
    "None, 56, cosine_onecycle_schedule(transition_steps=50, peak_value=0.1)": (
        "js.cosine_onecycle_schedule(50, 0.1)"
    ),
    "None, 56, warmup_constant_schedule(init_value=0.0, peak_value=0.1, warmup_steps=10)": (
        "js.warmup_constant_schedule(0.0, 0.1, 10)"
    ),
    "None, 56, warmup_cosine_decay_schedule(init_value=0.0, peak_value=0.1, "
    "warmup_steps=10, decay_steps=50)": "js.warmup_cosine_decay_schedule(0.0, 0.1, 10, 50)",
    "None, 56, warmup_exponential_decay_schedule(init_value=0.0, peak_value=0.1, "
    "warmup_steps=10, transition_steps=10, decay_rate=0.5)": (
        "js.warmup_exponential_decay_schedule(0.0, 0.1, 10, 10, 0.5)"
    ),
    "None, 56, sgdr_schedule(cosine_kwargs=[wave(decay_steps=25), wave(decay_steps=25)])": (
        "js.sgdr_schedule(2 * [dict("
        "init_value=0.0, peak_value=0.1, warmup_steps=3, decay_steps=25)])"
    ),
    "None, 56, join_schedules(boundaries=[10], schedules=[linear_schedule("
    "**span(0.0, 0.1, 10)), cosine_decay_schedule(init_value=0.1, decay_steps=40)])": (
        "js.join_schedules("
        "[js.linear_schedule(0.0, 0.1, 10), js.cosine_decay_schedule(0.1, 40)], [10])"
    ),
    "0.1, 56, reduce_on_plateau(factor=0.5, patience=10), metrics=flat": (
        "0.1 * js.ReduceOnPlateau(factor=0.5, patience=9)"
    ),
}

PAIRS = {
    "torch": TORCH,
    "transformers": TRANSFORMERS,
    "timm": TIMM,
    "keras": KERAS,
    "optax": OPTAX,
}
