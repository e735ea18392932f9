"""Speed as ratios: ours and the alternative take turns in one run, medians of the turns.

    python -m tests.benchmarks.speed [--quick]

Prints a table with the targets. It asserts nothing: a machine that is busy with
something else is no failure of the code.
"""

import argparse
import functools
import subprocess
import sys
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from jaxsched import sweeps, tasks

NUM_STEPS = 300
PEAKS = np.geomspace(3e-3, 1.0, 256)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    quick = parser.parse_args().quick
    print(f"{'what':58}  {'target':>10}  {'measured':>10}")
    for benchmark in (imports, eager, stacking, warm_sweep, whole_sweep):
        for what, target, measured in benchmark(quick):
            print(f"{what:58}  {target:>10}  {measured:>10}", flush=True)


def imports(quick):
    """Each in a fresh interpreter."""
    one, other = turns(
        lambda: subprocess.run([sys.executable, "-c", "import jaxsched"], check=True),
        lambda: subprocess.run([sys.executable, "-c", "import optax"], check=True),
        num=3 if quick else 9,
    )
    yield "import jaxsched / import optax", "<= 1.25", f"{median(one / other):.2f}"


def eager(quick):
    """A call outside any trace, until its value is there."""
    arguments = (0.0, 1e-3, 100, 1_000, 1e-5)
    ours = js.warmup_cosine_decay_schedule(*arguments)
    optaxs = optax.warmup_cosine_decay_schedule(*arguments)
    for what, count in (("int", 500), ("array", jnp.asarray(500))):
        one, other = turns(
            lambda count=count: [ours(count).block_until_ready() for _ in range(200)],
            lambda count=count: [optaxs(count).block_until_ready() for _ in range(200)],
            num=5 if quick else 15,
        )
        name = f"eager warmup_cosine of an {what}: optax / jaxsched"
        yield name, ">= 8", f"{median(other / one):.1f}"
    yield "  one call of ours, microseconds", "", f"{median(one) / 200 * 1e6:.1f}"


def stacking(quick):
    """Schedules that exist already become one batch on the device."""
    make = functools.partial(js.warmup_cosine_decay_schedule, 0.0, warmup_steps=10)
    many = [make(peak_value=p, decay_steps=100) for p in np.linspace(0.1, 1.0, 16_384)]
    (took,) = turns(lambda: jax.block_until_ready(js.stack(many)), num=3 if quick else 9)
    yield "stack of 16 384 schedules, seconds", "< 1", f"{median(took):.2f}"


def warm_sweep(quick):
    """A compiled sweep of 256 schedules against the same training over 256 constants."""
    task, key = tasks.Digits(), jax.random.key(0)
    rates = jnp.asarray(PEAKS, jnp.float32)
    chunk = sweeps.default_chunk(NUM_STEPS)
    by_hand = hand_vmapped(task, chunk)
    members = js.grid(
        functools.partial(js.cosine_annealing_schedule, decay_steps=NUM_STEPS),
        peak_value=PEAKS.tolist(),
    )
    one, other = turns(
        lambda: sweeps.run(task, members, num_steps=NUM_STEPS, key=key, progress=False),
        lambda: by_hand(rates, key),
        num=5 if quick else 31,
    )
    name = "warm sweep of 256 cosines / 256 constants vmapped by hand"
    yield name, "<= 1.03", f"{median(one / other):.3f}"
    families = tasks.families(NUM_STEPS)
    pooled = sweeps.pool(
        **{k: js.grid(f, **{"p": PEAKS[::13].tolist()}) for k, f in named(families)}
    )
    pooled = sweeps.Members(
        jax.tree.map(lambda leaf: leaf[:256], pooled.schedules), pooled.settings[:256]
    )
    one, other = turns(
        lambda: sweeps.run(task, pooled, num_steps=NUM_STEPS, key=key, progress=False),
        lambda: by_hand(rates, key),
        num=5 if quick else 31,
    )
    name = f"  the same with {len(families)} families in one program"
    yield name, "", f"{median(one / other):.3f}"


def whole_sweep(quick):
    """A sweep with its compilation against a loop over optax closures, jitted each."""
    task, key = tasks.Digits(), jax.random.key(0)
    num_alone = 4 if quick else 12
    alone = []
    for peak in PEAKS[:: 256 // num_alone][:num_alone]:
        start = time.perf_counter()
        train_alone(task, optax.cosine_decay_schedule(float(peak), NUM_STEPS), key)
        alone.append(time.perf_counter() - start)
    each = float(np.mean(alone))
    yield f"  one run of the loop, seconds (mean of {num_alone})", "", f"{each:.2f}"
    for num, target in ((64, ">= 20"), (256, ">= 80")):
        took = []
        for _ in range(2 if quick else 5):
            sweeps.clear_programs()  # as every run of the loop, it compiles its program
            start = time.perf_counter()
            members = js.grid(
                functools.partial(js.cosine_annealing_schedule, decay_steps=NUM_STEPS),
                peak_value=PEAKS[:: 256 // num].tolist(),
            )
            sweeps.run(task, members, num_steps=NUM_STEPS, key=key, progress=False)
            took.append(time.perf_counter() - start)
        name = f"{num} members with compilation: loop / sweep"
        yield name, target, f"{each * num / median(took):.0f}"
        yield "  the sweep, seconds", "", f"{median(took):.2f}"


def train_alone(task, schedule, key):
    """What a user writes today: a closure in the optimizer, a jitted step, a loop."""
    optimizer = task.optimizer(learning_rate=schedule)
    images, labels, val_images, val_labels = map(jnp.asarray, tasks.load_digits())

    @jax.jit
    def step(params, opt_state, key):
        key, draw = jax.random.split(key)
        rows = tasks.digits_rows(draw, task.batch_size)
        loss, grads = jax.value_and_grad(tasks.digits_loss)(
            params, images[rows], labels[rows]
        )
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, key, loss

    params, key = task.init(0.0, key).params, key
    opt_state, losses = optimizer.init(params), []
    for _ in range(NUM_STEPS):
        params, opt_state, key, loss = step(params, opt_state, key)
        losses.append(loss)
    return tasks.digits_loss(params, val_images, val_labels), np.asarray(losses)


def hand_vmapped(task, chunk):
    """The same training, vmapped by hand over constant rates: scan, chunks, host reads."""
    images, labels = map(jnp.asarray, tasks.load_digits()[:2])

    def init(rate, key):
        state = task.init(0.0, key)
        opt_state = task.optimizer(learning_rate=rate).init(state.params)
        return rate, state.params, opt_state, state.key

    def step(state, _):
        rate, params, opt_state, key = state
        key, draw = jax.random.split(key)
        rows = tasks.digits_rows(draw, task.batch_size)
        loss, grads = jax.value_and_grad(tasks.digits_loss)(
            params, images[rows], labels[rows]
        )
        optimizer = task.optimizer(learning_rate=rate)
        updates, opt_state = optimizer.update(grads, opt_state, params)
        params = optax.apply_updates(params, updates)
        return (rate, params, opt_state, key), {"loss": loss, "learning_rate": rate}

    def advance(state):
        state, metrics = jax.lax.scan(step, state, length=chunk)
        _, params, _, _ = state
        return state, metrics, task.evaluate(tasks.DigitsState(params, None, None))

    start = jax.jit(jax.vmap(init, in_axes=(0, None)))
    advance = jax.jit(jax.vmap(advance), donate_argnums=0)

    def train(rates, key):
        state, read = start(rates, jax.random.split(key, 1)[0]), []
        for _ in range(NUM_STEPS // chunk):
            state, metrics, evaluation = advance(state)
            read.append(jax.tree.map(np.asarray, (metrics, evaluation)))
        return read

    return train


def named(families):
    return [(k, lambda p, f=f: f(p)) for k, f in families.items()]


def turns(*functions: Callable, num: int) -> list[np.ndarray]:
    """Seconds of each function at each of its turns, after one turn to warm up."""
    took: list[list[float]] = [[] for _ in functions]
    for turn in range(num + 1):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            function()
            if turn:
                took[i].append(time.perf_counter() - start)
    return [np.asarray(times) for times in took]


def median(values) -> float:
    return float(np.median(values))


if __name__ == "__main__":
    main()
