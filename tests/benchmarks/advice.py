"""What theory advises on the digits, and what a sweep finds there.

    python -m tests.benchmarks.advice [--quick]

First the optimal base rate of a constant and of a line, for 288 and for 1152 updates: as
the last-iterate bound shifts it, and as it is. Then a schedule that is refined from
recorded norms against a line, a cosine and a constant, each at its own best rate, with
the seeds paired. Plain SGD on a small perceptron, on minibatches of several sizes: the
noise of one image rules, that of 32 hardly counts. The rate is tuned on some seeds, and
losses are compared on others.
"""

import argparse
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from jaxsched import analysis, sweeps, tasks

METRIC = "training_loss"
OTHER = "validation_loss"
GRIDS = {1: (-9, 1.5), 4: (-7, 2.5), 32: (-5, 3.5)}  # powers of 2, by size of minibatch


class Digits(tasks.Digits):
    """Reports the loss on all training images too, which is what the bound is of."""

    def evaluate(self, state):
        images, labels = (jnp.asarray(part) for part in tasks.load_digits()[:2])
        loss = tasks.digits_loss(state.params, images, labels)
        return {**super().evaluate(state), METRIC: loss}


class Tuned(NamedTuple):
    """The best rate of a shape: over all seeds, of each, and if the grid goes beyond it."""

    rate: float
    rates: np.ndarray
    is_inside: bool


class Shift(NamedTuple):
    """How far an optimal rate moves, as natural logarithms."""

    predicted: float
    corrected: float
    observed: float
    error: float


def shapes(num_steps):
    return {
        "constant": js.Constant(1.0),
        "linear": js.Transition(1.0, 0.0, num_steps),
        "cosine": js.cosine_decay_schedule(1.0, num_steps),
    }


def digits(batch_size):
    return Digits(optimizer=optax.sgd, batch_size=batch_size)


def rates_for(batch_size, step=0.5):
    return 2.0 ** np.arange(*GRIDS[batch_size], step)


def train(task, members, num_steps, num_seeds, seed):
    options = {"num_steps": num_steps, "num_seeds": num_seeds, "progress": False}
    key, chunk = jax.random.key(seed), num_steps // 4
    return sweeps.run(task, members, key=key, chunk_steps=chunk, **options)


def tune(task, shapes, num_steps, rates, num_seeds):
    """Factors on each shape, in one sweep; the best by the loss at the end."""
    members = [float(rate) * shape for shape in shapes.values() for rate in rates]
    result = train(task, members, num_steps, num_seeds, seed=0)
    losses = np.where(result.diverged, np.inf, result.final(METRIC).astype(np.float64))
    found = {}
    for name, table in zip(shapes, np.split(losses, len(shapes)), strict=True):
        best = int(np.argmin(table.mean(1)))
        each = [vertex(table[:, i], rates) for i in range(num_seeds)]
        is_inside = 0 < best < len(rates) - 1
        found[name] = Tuned(vertex(table.mean(1), rates), np.asarray(each), is_inside)
    return found


def vertex(losses, rates):
    """Where a parabola through the best of the logarithms and its neighbours is least."""
    best = int(np.clip(np.argmin(losses), 1, len(rates) - 2))
    left, middle, right = losses[best - 1 : best + 2]
    curvature = left - 2 * middle + right
    offset = (left - right) / (2 * curvature) if 0 < curvature < np.inf else 0.0
    step = np.log(rates[1] / rates[0])
    return float(rates[best] * np.exp(np.clip(offset, -1, 1) * step))


def shifts(task, num_steps, rates, num_seeds):
    """Each change with what the bound says of it, and what the sweeps say."""
    found, longer = {}, 4 * num_steps
    for n in (num_steps, longer):
        two = {name: shapes(n)[name] for name in ("constant", "linear")}
        tuned = tune(task, two, n, rates, num_seeds)
        found |= {(name, n): row for name, row in tuned.items()}
    short, line, long, longline = found
    changes = {
        f"constant to linear, {num_steps}": (short, line),
        f"constant to linear, {longer}": (long, longline),
        f"{num_steps} to {longer}, constant": (short, long),
        f"{num_steps} to {longer}, linear": (line, longline),
    }
    return found, {name: shift(*change, found) for name, change in changes.items()}


def shift(old, new, found):
    # The measured correction for shapes is that for cooldowns: a line is the longest.
    exponent = analysis.CORRECTIONS["cooldown" if old[1] == new[1] else "horizon"]
    options = {"old_steps": old[1], "new_steps": new[1]}
    pair = shapes(old[1])[old[0]], shapes(new[1])[new[0]]
    predicted, corrected = (
        float(np.log(analysis.transfer(1.0, *pair, correction=c, **options)))
        for c in (1.0, exponent)
    )
    each = np.log(found[new].rates / found[old].rates)
    observed = float(np.log(found[new].rate / found[old].rate))
    return Shift(predicted, corrected, observed, each.std(ddof=1) / len(each) ** 0.5)


def norms_of(task, schedule, num_steps, num_seeds, seed=100):
    """The norms of the gradients of a run, as means over seeds."""
    optimizer = functools.partial(_recording, num_steps=num_steps)
    task = Digits(optimizer=optimizer, batch_size=task.batch_size)

    def run(key):
        state = task.init(schedule, key)
        state = jax.lax.fori_loop(0, num_steps, lambda _, s: task.step(s)[0], state)
        return js.recorded_norms(state.opt_state)

    keys = jax.random.split(jax.random.key(seed), num_seeds)
    return np.asarray(jax.jit(jax.vmap(run))(keys)).mean(0)


def _recording(learning_rate, num_steps):
    return optax.chain(js.record_norms(num_steps), optax.sgd(learning_rate))


def refined(task, num_steps, rates, num_seeds):
    """Each shape at its own best rate, on new seeds; two that are refined among them."""
    known = shapes(num_steps)
    tuned = tune(task, known, num_steps, rates, num_seeds)
    line = tuned["linear"].rate * known["linear"]
    norms = norms_of(task, line, num_steps, num_seeds)
    new = {
        "refined": analysis.refine(norms),
        "refined, floor 1": analysis.refine(norms, floor=1.0),
    }
    tuned |= tune(task, new, num_steps, rates, num_seeds)
    members = [tuned[name].rate * shape for name, shape in (known | new).items()]
    return norms, tuned, train(task, members, num_steps, num_seeds, seed=1)


def report_shifts(batch_size, num_steps, num_seeds):
    print(f"\nminibatches of {batch_size}: the rate that is best")
    rates = rates_for(batch_size)
    found, moved = shifts(digits(batch_size), num_steps, rates, num_seeds)
    for (name, n), tuned in found.items():
        edge = "" if tuned.is_inside else "  on the edge of the grid"
        print(f"{name + f', {n}':26}  {tuned.rate:9.3f}{edge}")
    print(f"{'change':26}  {'bound':>9}  {'corrected':>9}  {'observed':>8}  {'error':>6}")
    for name, s in moved.items():
        row = (
            f"{s.predicted:+9.2f}  {s.corrected:+9.2f}  {s.observed:+8.2f}  {s.error:6.2f}"
        )
        print(f"{name:26}  {row}", flush=True)


def report_refined(batch_size, num_steps, num_seeds):
    rates = rates_for(batch_size)
    norms, tuned, result = refined(digits(batch_size), num_steps, rates, num_seeds)
    quarters = [f"{part.mean():.3f}" for part in np.split(norms, 4)]
    print(f"\nminibatches of {batch_size}, {num_steps} updates; gradient norms in quarters")
    print(f"of the run with the line: {' '.join(quarters)}")
    less = f"{'training loss less linear':>33}"
    print(f"{'shape':16}  {'rate':>6}  {'training':>8}  {'validation':>10}  {less}  p")
    line = list(tuned).index("linear")
    for i, (name, found) in enumerate(tuned.items()):
        of = sweeps.paired_difference(result, METRIC, i, line, method="student")
        interval = f"{of.difference:+9.5f} ({of.low:+9.5f} to {of.high:+9.5f})"
        losses = [result.final(metric)[i].mean() for metric in (METRIC, OTHER)]
        row = f"{found.rate:6.3f}  {losses[0]:8.5f}  {losses[1]:10.5f}"
        edge = "" if found.is_inside else "  on the edge of the grid"
        less = f"  {interval}  {of.p_value:.5f}" if i != line else ""
        print(f"{name:16}  {row}{less}{edge}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer seeds, shorter runs")
    num_steps, num_seeds = (96, 4) if parser.parse_args().quick else (288, 16)
    print(f"{num_seeds} seeds")
    for batch_size in GRIDS:
        report_shifts(batch_size, num_steps, num_seeds)
    print("changes: natural logarithms of the rate; error: of the mean over seeds")
    for batch_size in (1, 32):
        for n in (num_steps, 4 * num_steps):
            report_refined(batch_size, n, num_seeds)
    print("losses: on seeds that no rate was tuned on; paired, with the 95% interval and p")
    print("of the sign-flip test")


if __name__ == "__main__":
    main()
