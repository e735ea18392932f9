"""Laws of the loss curve on the digits: fitted to two schedules, asked for others.

    python -m tests.benchmarks.laws

Prints how far each law is off, as a mean over the curve and at its end, and which of
its parameters the curves do not say. It asserts nothing.
"""

import jax
import numpy as np

import jaxsched as js
from jaxsched import sweeps, tasks
from jaxsched.analysis import AnnealingLaw, FunctionalLaw, LossCurve, MultiPowerLaw, fit

STEPS, PEAK, SEEDS = 600, 0.05, 64
SCHEDULES = {
    "constant": js.Constant(PEAK),
    "linear": js.Transition(PEAK, 0.0, STEPS),
    "wsd": js.Join([js.Constant(PEAK), js.Transition(PEAK, 0.0, 120)], [STEPS - 120]),
    "cosine": js.cosine_annealing_schedule(PEAK, decay_steps=STEPS),
}
LAWS = [
    AnnealingLaw(0.05, 0.2, 0.7, 0.2, memory=0.97),
    MultiPowerLaw(0.05, 0.2, 0.7, 1.0, 1.0, 0.5, 0.5),
    FunctionalLaw(0.05, 0.2, 0.7, 0.5, 0.2, 1.0, 0.7),
]


def main() -> None:
    result = sweeps.run(
        tasks.Digits(),
        list(SCHEDULES.values()),
        num_steps=STEPS,
        num_seeds=SEEDS,
        key=jax.random.key(0),
        chunk_steps=20,
        progress=False,
    )
    counts = result.eval_steps[2:]
    losses = dict(
        zip(
            SCHEDULES,
            result.evaluations["validation_loss"].mean(axis=1)[:, 2:],
            strict=True,
        )
    )
    print(f"{STEPS} updates, peak {PEAK}, validation loss, mean of {SEEDS} seeds")
    head = f"{'law':14}  {'fitted to':19}  {'asked for':9}"
    print(f"{head}  {'mean error':>10}  {'at the end':>10}  not identified")
    for names in (("constant", "linear"), ("constant", "wsd")):
        curves = [LossCurve(SCHEDULES[n], counts, losses[n]) for n in names]
        for law in LAWS:
            found = fit(law, curves)
            for other in (name for name in SCHEDULES if name not in names):
                predicted = found.law.loss_curve(SCHEDULES[other], STEPS, counts)
                error = np.asarray(predicted) / losses[other] - 1
                print(
                    f"{type(law).__name__:14}  {' and '.join(names):19}  {other:9}  "
                    f"{np.abs(error).mean():10.1%}  {error[-1]:+10.1%}  "
                    f"{', '.join(found.unidentified) or 'none'}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
