"""What the gallery shows: by group, (expression, updates drawn, formula).

Where the formula is empty it is the one of the docstring. In formulas $t$ is the count,
$x = t / T$ up to 1, $a$ the first or the peak value, $b$ the last one, and $W$ the length
of a warmup.
"""

WARM = r"\begin{cases} %s & t < W \\ s(t - W) & t \ge W \end{cases}"
ONE_UP = r"s(t) \text{ with the warmup in it: } s(t) \cdot %s"
COSINE = "cosine_annealing_schedule(0.1, decay_steps=70)"
MANY = "warmup_steps=10, cooldown_steps=30, stable_steps=30, decay_steps=30"
CURVES = {
    "Linear()": "x",
    "Polynomial(2.0)": "",
    "Power(2.0)": "",
    "SquareRoot()": "",
    "Envelope(curves.Cosine())": "1 - (1 - c(x))(1 - x)",
    "Cosine(2.0)": "",
    "SmoothStep()": "",
    "MirrorCosine()": "",
    "Tanh()": "",
    "Exponential(5.0)": "",
    "Geometric()": r"\frac{1 - (b / a)^x}{1 - b / a}",
    "Logarithmic(5.0)": "",
    "Rex()": "",
    "InverseSqrt()": r"\frac{h(x)}{h(1)}, \; h(x) = \frac{1}{\sqrt{1 + kx}} - 1",
    "Hyperbolic(0.9)": r"1 - f(x) / f(0), \; f(x)^2 = (1 - rx)^2 - (1 - r)^2",
    "Harmonic()": r"\frac{x}{x + (1 - x)\, b / a}",
    "KDecay(curves.Cosine(), 2.0)": "",
}

GROUPS = {
    "Constant and discrete": [
        ("Constant(0.1)", 100, "a"),
        ("constant_schedule(0.1)", 100, "a"),
        ("step_decay_schedule(0.1, decay_rate=0.5, interval_steps=20)", 100, ""),
        ("multistep_schedule(0.1, decay_rate=0.3, boundaries=[40, 80])", 100, ""),
        (
            "piecewise_constant_schedule(0.1, {30: 0.5, 70: 0.2})",
            100,
            r"a \prod_{t_i \le t} r_i",
        ),
        (
            "PiecewiseConstant([30, 70], [0.02, 0.1, 0.05])",
            100,
            r"v_i \text{ for } t_i \le t < t_{i+1}",
        ),
        ("Table([0.1, 0.08, 0.09, 0.04, 0.02, 0.0])", 8, ""),
        (
            "PiecewiseLinear([0, 20, 60, 100], [0.0, 0.1, 0.04, 0.0])",
            120,
            r"v_i + (v_{i+1} - v_i) \frac{t - t_i}{t_{i+1} - t_i}",
        ),
        (
            "piecewise_interpolate_schedule('cosine', 0.1, {40: 0.3, 80: 0.2})",
            120,
            r"\text{half cosines through } a, a r_1, a r_1 r_2, \dots",
        ),
        (
            "MonotoneCubic([0, 20, 60, 100], [0.0, 0.1, 0.04, 0.0])",
            120,
            r"\text{cubics through } (t_i, v_i) \text{ that rise and fall where these do}",
        ),
        ("Wrapped(lambda count: 0.1 / (1.0 + 0.05 * count))", 100, "f(t)"),
    ],
    "Decays that arrive": [
        ("Transition(0.1, 0.01, 100)", 120, ""),
        ("linear_schedule(0.1, 0.01, 100)", 120, "a + (b - a) x"),
        ("polynomial_schedule(0.1, 0.01, 2.0, 100)", 120, "b + (a - b)(1 - x)^p"),
        (
            "decay_schedule(0.1, decay_steps=100)",
            120,
            r"a + (b - a)\,c(x) \text{ with a curve } c",
        ),
        ("cosine_annealing_schedule(0.1, decay_steps=100)", 120, ""),
        (
            "cosine_decay_schedule(0.1, 100, alpha=0.1)",
            120,
            r"a \left((1 - \alpha) \tfrac12 (1 + \cos \pi x) + \alpha\right)",
        ),
        ("tanh_decay_schedule(0.1, decay_steps=100)", 120, ""),
        ("sigmoid_decay_schedule(0.1, decay_steps=100)", 120, ""),
        ("ExtendingTransition(0.1, 0.01, 40)", 160, ""),
        ("chebyshev_schedule(1.0, 20.0, total_steps=16)", 20, ""),
    ],
    "Curves": [
        (f"decay_schedule(0.1, 0.001, decay_steps=100, curve=curves.{curve})", 120, formula)
        for curve, formula in CURVES.items()
    ],
    "Decays that never arrive": [
        ("exponential_decay(0.1, 20, 0.5)", 100, r"a r^{t / S}"),
        ("ExponentialDecay(0.1, 0.5, 20)", 100, ""),
        (
            "natural_exponential_decay_schedule(0.1, decay_rate=0.03)",
            100,
            "a e^{-kt}",
        ),
        ("NaturalExponentialDecay(0.1, 0.03)", 100, "a e^{-kt}"),
        ("time_decay_schedule(0.1, decay_rate=0.05)", 100, r"\frac{a}{1 + kt}"),
        ("InverseTimeDecay(0.1, 1.0, 20)", 100, ""),
        (
            "power_decay_schedule(0.1, power=0.5, interval_steps=10)",
            100,
            "a (1 + t / S)^{-p}",
        ),
        ("PowerDecay(0.1, 0.5, 10)", 100, ""),
        ("InversePowerDecay(0.1, 0.5, 10)", 100, ""),
        ("InverseSqrtDecay(0.1, 20)", 100, ""),
        ("inverse_sqrt_schedule(0.0, 0.1, warmup_steps=20)", 120, ""),
        (
            "noam_schedule(model_size=512, warmup_steps=40)",
            200,
            r"d^{-1/2} \min\left(n^{-1/2}, n W^{-3/2}\right), \; n = t + 1",
        ),
        ("power_law_schedule(batch_size=1024, tokens_per_step=2**22)", 2_000, ""),
    ],
    "Warmup": [
        (
            "warmup_constant_schedule(0.0, 0.1, 30)",
            100,
            r"\min(t / W, 1)\, a",
        ),
        (
            "warmup_schedule(0.1, warmup_steps=30, curve=curves.SquareRoot())",
            100,
            WARM % r"a_0 + (s(0) - a_0)\,c(t / W)",
        ),
        (f"linear_warmup_schedule({COSINE}, warmup_steps=30)", 110, WARM % r"s(0)\,t / W"),
        ("constant_warmup_schedule(0.1, 0.02, warmup_steps=30)", 100, WARM % "a_0"),
        (
            "exponential_warmup_schedule(0.1, 1e-3, warmup_steps=30)",
            100,
            WARM % "a_0 (s(0) / a_0)^{t / W}",
        ),
        (
            "untuned_linear_warmup_schedule(0.1, b2=0.98)",
            150,
            r"s(t) \min\left(1, \tfrac12 (1 - \beta_2) (t + 1)\right)",
        ),
        (
            "untuned_exponential_warmup_schedule(0.1, b2=0.98)",
            150,
            r"s(t) \left(1 - e^{-(1 - \beta_2)(t + 1)}\right)",
        ),
        ("radam_warmup_schedule(0.1, b2=0.98)", 150, r"s(t)\, r(t)"),
        ("RAdamRectification(0.98)", 150, ""),
        ("SaturatingGrowth(0.1, 0.05)", 100, r"b \left(1 - e^{-kt}\right)"),
        ("Warmup(Transition(0.1, 0.0, 100), 0.0, 20, curves.Linear())", 120, ""),
    ],
    "Several phases": [
        (
            "warmup_cosine_decay_schedule(0.0, 0.1, 20, 100)",
            120,
            WARM % r"a\,t / W",
        ),
        (
            "warmup_exponential_decay_schedule(0.0, 0.1, 20, 30, 0.5)",
            120,
            WARM % r"a\,t / W",
        ),
        (
            "warmup_decay_schedule(0.0, 0.1, warmup_steps=20, decay_steps=80)",
            120,
            WARM % r"a\,t / W",
        ),
        (
            "warmup_stable_decay_schedule(0.0, 0.1, warmup_steps=10, stable_steps=60, "
            "decay_steps=30)",
            120,
            r"\begin{cases} a\,t / W & t < W \\ a & t < W + S \\ a + (b - a)\,c(u) & "
            r"\text{then, } u = (t - W - S) / D \text{ up to 1} \end{cases}",
        ),
        (
            "periodic_decay_schedule(0.0, 0.1, 0.01, warmup_steps=10, "
            "stable_steps=[30, 30], decay_steps=15)",
            120,
            r"\text{warmup, then stable and decay, again and again from the peak}",
        ),
        (
            f"infinite_schedule(0.0, 0.1, 0.03, 0.003, {MANY})",
            120,
            r"\text{warmup, cooldown to a plateau, plateau, geometric decay}",
        ),
        (
            "phases_schedule(0.0, phases=[(0.1, 20), (0.1, 30), (0.0, 50)])",
            120,
            r"\text{a curve from each value to the next}",
        ),
        (
            "spike_schedule(Transition(0.1, 0.0, 100), 3.0, spike_begin=30, spike_steps=5)",
            100,
            r"\begin{cases} f s(t) & t_0 \le t < t_0 + n \\ s(t) & \text{else} \end{cases}",
        ),
        (
            "slanted_triangular_schedule(0.1, total_steps=100)",
            120,
            r"\text{a line from } a / r \text{ to } a \text{, a longer one back}",
        ),
        (
            "join_schedules([Constant(0.02), Constant(0.1), Constant(0.05)], [30, 70])",
            100,
            "s_i(t - t_i)",
        ),
        ("Join([Transition(0.0, 0.1, 20), ExponentialDecay(0.1, 0.5, 20)], [20])", 100, ""),
    ],
    "Cycles": [
        ("cosine_oscillation_schedule(0.1, decay_steps=25)", 100, ""),
        ("cosine_restarts_schedule(0.1, period_steps=15, period_growth=2)", 110, ""),
        ("cosine_hard_restarts_schedule(0.1, decay_steps=100, num_cycles=4)", 120, ""),
        (
            "sgdr_schedule([dict(init_value=0.0, peak_value=0.1, warmup_steps=5, "
            "decay_steps=40), dict(init_value=0.0, peak_value=0.05, warmup_steps=5, "
            "decay_steps=60)])",
            110,
            r"\text{warmup and cosine, one after another}",
        ),
        ("triangular_schedule(0.01, 0.1, half_period_steps=20)", 120, ""),
        (
            "triangular2_schedule(0.01, 0.1, half_period_steps=20)",
            120,
            r"b + (a - b)\, \Delta(t)\, 2^{-\lfloor t / 2S \rfloor}",
        ),
        (
            "exp_range_schedule(0.01, 0.1, half_period_steps=20, decay_rate=0.99)",
            120,
            r"b + (a - b)\, \Delta(t)\, r^t",
        ),
        (
            "onecycle_schedule(0.004, 0.1, warmup_steps=30, decay_steps=70)",
            120,
            r"\text{half a cosine up from } a_0 \text{ to } a \text{, half a cosine down}",
        ),
        (
            "cosine_onecycle_schedule(100, 0.1)",
            120,
            r"\text{half cosines from } a / 25 \text{ to } a \text{ and to } a / 10^4",
        ),
        (
            "linear_onecycle_schedule(100, 0.1)",
            120,
            r"\text{lines from } a / 25 \text{ to } a \text{, back, and on to } a / 10^4",
        ),
        (
            "Repeat(Transition(0.1, 0.0, 25), 25, period_growth=1.5, peak_decay=0.8)",
            120,
            r"q^i\, s(t - t_i)",
        ),
    ],
    "In mid-run": [
        (
            "cooldown(Constant(0.1), at=60, steps=30)",
            120,
            r"\begin{cases} s(t) & t < t_0 \\ s(t_0) (1 - c(u)) & t \ge t_0, \; "
            r"u = (t - t_0) / D \text{ up to 1} \end{cases}",
        ),
        (
            "extend(cosine_annealing_schedule(0.1, decay_steps=60), 120)",
            140,
            r"s(t\, T / T')",
        ),
    ],
    "Noise": [
        ("0.1 * UniformNoise(0, 0.8, 1.2)", 100, r"u_t \sim U(l, h)"),
        ("0.1 * (1 + NormalNoise(0, 0.1, 0.3))", 100, ""),
    ],
    "Momentum and averages": [
        (
            "onecycle_momentum_schedule(0.95, 0.85, warmup_steps=30, decay_steps=70)",
            120,
            r"\text{the mirror image of one cycle}",
        ),
        ("sutskever_momentum_schedule(0.99, interval_steps=10)", 200, ""),
        (
            "demon_schedule(0.9, total_steps=100)",
            120,
            r"\frac{\beta (1 - x)}{(1 - \beta) + \beta (1 - x)}",
        ),
        (
            "ema_decay_schedule(0.999, offset_steps=10)",
            200,
            r"\min\left(\beta, \frac{1 + t}{n + t}\right)",
        ),
        (
            "mirrored_momentum_schedule(linear_schedule(0.1, 0.0, 100))",
            120,
            "",
        ),
        ("AveragingDecay(Transition(1.0, 100.0, 100))", 120, ""),
        ("AnytimeWeight(0.5)", 120, ""),
    ],
}
