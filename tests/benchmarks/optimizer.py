"""What schedules in an optimizer's state cost, against optax's own injection.

    python -m tests.benchmarks.optimizer [--quick]

AdamW over 8 matrices of 64 x 64, learning rate and weight decay each on a warmup-cosine
schedule. The two take turns in one run; medians of the ratios of the turns.
"""

import argparse
import functools
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js

from .speed import median, turns

NUM_STEPS = 200
RATE = (0.0, 1e-3, 20, NUM_STEPS, 1e-5)
DECAY = (0.0, 1e-2, 20, NUM_STEPS, 1e-3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    num = 7 if parser.parse_args().quick else 61
    ours = js.scheduled(
        optax.adamw,
        learning_rate=js.warmup_cosine_decay_schedule(*RATE),
        weight_decay=js.warmup_cosine_decay_schedule(*DECAY),
    )
    theirs = optax.inject_hyperparams(optax.adamw)(
        learning_rate=optax.warmup_cosine_decay_schedule(*RATE),
        weight_decay=optax.warmup_cosine_decay_schedule(*DECAY),
    )
    print(f"{'what':58}  {'target':>10}  {'measured':>10}")
    for benchmark in (whole_scan, single_steps, compilation):
        one, other = benchmark(ours, theirs, num)
        name, target = benchmark.__doc__.rstrip(".").split(": at most ")
        print(f"{name:58}  {'<= ' + target:>10}  {median(one / other):>10.3f}")
        print(
            f"{'  of ours, microseconds a step':58}  {'':>10}  {median(one) * 1e6:>10.1f}"
        )
    print(f"{'traces over 100 edits in mid-run':58}  {'1':>10}  {edits(ours):>10}")


def whole_scan(ours, theirs, num):
    """a jitted scan of 200 steps, jaxsched / optax: at most 1.05."""

    def train(optimizer):
        def step(carry, _):
            return advance(optimizer, *carry), None

        scan = jax.jit(lambda p, s: jax.lax.scan(step, (p, s), length=NUM_STEPS)[0])
        params = start()
        state = optimizer.init(params)
        return lambda: jax.block_until_ready(scan(params, state))

    return [t / NUM_STEPS for t in turns(train(ours), train(theirs), num=num)]


def single_steps(ours, theirs, num):
    """one jitted step from Python, jaxsched / optax: at most 1.05."""

    def train(optimizer):
        step = jax.jit(functools.partial(advance, optimizer))
        params = start()
        state = optimizer.init(params)

        def run():
            carry = params, state
            for _ in range(NUM_STEPS):
                carry = step(*carry)
            jax.block_until_ready(carry)

        return run

    return [t / NUM_STEPS for t in turns(train(ours), train(theirs), num=num)]


def compilation(ours, theirs, num):
    """trace and compile one step, jaxsched / optax: at most 1.25."""

    def build(optimizer):
        params = start()
        state = optimizer.init(params)

        def run():
            # A function of its own, so that nothing is remembered from the last turn.
            step = jax.jit(lambda p, s: advance(optimizer, p, s))
            step.lower(params, state).compile()

        return run

    return turns(build(ours), build(theirs), num=max(num // 2, 3))


def edits(optimizer):
    """How often a step is traced while its schedules are edited 100 times."""
    traces = 0

    @jax.jit
    def step(params, state):
        nonlocal traces
        traces += 1
        return advance(optimizer, params, state)

    carry = start(), optimizer.init(start())
    for i in range(100):
        params, state = step(*carry)
        if i % 4 == 0:
            peak = 1e-3 * (i + 1)
            rate = js.warmup_cosine_decay_schedule(0.0, peak, i, NUM_STEPS + i, 1e-5)
            state = js.replace_schedules(state, learning_rate=rate)
        elif i % 4 == 1:
            state = js.override(state, weight_decay=i)
        elif i % 4 == 2:
            state = js.scale(js.clear_override(state), learning_rate=np.float64(0.5))
        else:
            state = js.seek(state, jnp.int32(i))
        carry = params, state
    return traces


def start():
    key = jax.random.key(0)
    return {
        f"w{i}": jax.random.normal(jax.random.fold_in(key, i), (64, 64)) for i in range(8)
    }


def advance(optimizer, params, state):
    grads = jax.tree.map(lambda x: 0.1 * x + 0.01, params)
    updates, state = optimizer.update(grads, state, params)
    return optax.apply_updates(params, updates), state


if __name__ == "__main__":
    start_time = time.perf_counter()
    main()
    print(f"took {time.perf_counter() - start_time:.0f} s")
