"""What is learnt through a training, against its start and against a tuned line.

    python -m tests.benchmarks.learned

100 updates of the digits. Schedules are learnt on one half of the validation images; the
other half is the test. Differences are paired, with Student's interval.
"""

import time

import jax
import jax.numpy as jnp

import jaxsched as js
from jaxsched import analysis, sweeps
from jaxsched.tasks import Digits, digits_loss, load_digits

NUM_STEPS = 100
KNOTS = [0, 12, 25, 37, 50, 62, 75, 87, 100]
PEAKS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4]


class Halves(Digits):
    def evaluate(self, state):
        images, labels = map(jnp.asarray, load_digits()[2:])
        return {
            "validation_loss": digits_loss(state.params, images[:180], labels[:180]),
            "test_loss": digits_loss(state.params, images[180:], labels[180:]),
        }


def line(peak):
    return js.Transition(peak, 0.001, NUM_STEPS)


def trained(members, seed, num_seeds):
    options = {"num_steps": NUM_STEPS, "num_seeds": num_seeds, "progress": False}
    return sweeps.run(Halves(), members, key=jax.random.key(seed), **options)


def learnt(name, start, seed):
    begin = time.perf_counter()
    found = analysis.optimize(
        Halves(), start, num_steps=NUM_STEPS, key=jax.random.key(seed), num_iterations=60
    )
    print(f"learnt from {name} in {time.perf_counter() - begin:.0f} s: {found.schedule}")
    return found.schedule


def main() -> None:
    tuning = trained(js.grid(line, peak=PEAKS), 5, 32)
    peak = PEAKS[int(tuning.ranking("validation_loss")[0])]
    print(f"line tuned over {PEAKS}: peak {peak}")
    flat = js.PiecewiseLinear(KNOTS, [0.03] * len(KNOTS))
    bent = js.PiecewiseLinear(KNOTS, [float(line(peak)(count)) for count in KNOTS])
    learned, again = learnt("constant", flat, 0), learnt("the tuned line", bent, 1)
    members = {"constant": flat, "tuned line": bent, "learnt": learned, "from line": again}
    result = trained(list(members.values()), 99, 128)
    names = list(members)
    for metric in ("validation_loss", "test_loss"):
        print(f"\n{metric}, mean of 128 fresh seeds, less that of the tuned line")
        for i, name in enumerate(names):
            lead = sweeps.paired_difference(result, metric, i, 1, method="student")
            print(
                f"  {name:12} {result.final(metric)[i].mean():.4f}  {lead.difference:+.4f} "
                f"[{lead.low:+.4f}, {lead.high:+.4f}]  p = {lead.p_value:.4f}"
            )


if __name__ == "__main__":
    main()
