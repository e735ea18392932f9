"""The same search by four libraries: what 64 trials cost, from nothing to the best one.

    python -m tests.benchmarks.search [--trials N]

Random search over the peak and the end of a cosine: the digits task, 300 updates a trial,
the loss on the validation images. hyperoptax trains all trials in one `vmap`; Optuna asks
for one after the other, of an objective that is compiled once; PyTorch trains in a loop,
timed for eight trials and said for all. A library that is not installed is left out.
"""

import argparse
import functools
import importlib.util
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from jaxsched import sweeps, tasks

NUM_STEPS = 300
PEAKS, ENDS = (3e-3, 1.0), (0.0, 0.5)
KEY = jax.random.key(0)
NUM_TORCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=64)
    num = parser.parse_args().trials
    print(f"{num} trials{'seconds':>32}  {'times ours':>10}  {'best loss':>10}")
    tasks.load_digits()
    jnp.ones(3).block_until_ready()
    ours = None
    for name, module, search in (
        ("jaxsched", "jaxsched", by_jaxsched),
        ("hyperoptax, one vmap", "hyperoptax", by_hyperoptax),
        ("Optuna, jitted objective", "optuna", by_optuna),
        (f"PyTorch, loop (from {NUM_TORCH})", "torch", by_torch),
    ):
        if importlib.util.find_spec(module) is None:
            print(f"{name:28}  not installed")
            continue
        start = time.perf_counter()
        best, factor = search(num)
        took = (time.perf_counter() - start) * factor
        ours = ours or took
        print(f"{name:28}  {took:10.2f}  {took / ours:10.1f}  {best:10.4f}", flush=True)


def by_jaxsched(num):
    make = functools.partial(js.cosine_decay_schedule, decay_steps=NUM_STEPS)
    members = js.sample(
        KEY,
        make,
        num,
        init_value=sweeps.log_uniform(*PEAKS),
        alpha=sweeps.uniform(*ENDS),
    )
    result = sweeps.run(
        tasks.Digits(), members, num_steps=NUM_STEPS, key=KEY, progress=False
    )
    return float(np.nanmin(result.final("validation_loss"))), 1


def objective(peak, end):
    """A training as a JAX user writes it, with an optax closure over traced numbers."""
    task = tasks.Digits()
    optimizer = task.optimizer(
        learning_rate=optax.cosine_decay_schedule(peak, NUM_STEPS, end)
    )
    images, labels, *validation = map(jnp.asarray, tasks.load_digits())

    def step(state, _):
        params, opt_state, key = state
        key, draw = jax.random.split(key)
        rows = tasks.digits_rows(draw, task.batch_size)
        grads = jax.grad(tasks.digits_loss)(params, images[rows], labels[rows])
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state, key), None

    params, key = task.init(0.0, KEY).params, KEY
    state = params, optimizer.init(params), key
    (params, _, _), _ = jax.lax.scan(step, state, length=NUM_STEPS)
    return tasks.digits_loss(params, *validation)


def by_hyperoptax(num):
    from hyperoptax import random, spaces

    space = {"peak": spaces.LogSpace(*PEAKS), "end": spaces.LinearSpace(*ENDS)}
    state, optimizer = random.RandomSearch.init(space, n_parallel=num)

    def train(key, config):
        return objective(config["peak"], config["end"])

    search = jax.jit(lambda key: optimizer.optimize_scan(state, key, train, 1)[1][1])
    return float(jnp.nanmin(search(KEY))), 1


def by_optuna(num):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    compiled = jax.jit(objective)

    def train(trial):
        peak = trial.suggest_float("peak", *PEAKS, log=True)
        return float(compiled(peak, trial.suggest_float("end", *ENDS)))

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(train, n_trials=num)
    return study.best_value, 1


def by_torch(num):
    import torch
    from torch.nn import functional

    torch.manual_seed(0)
    torch.set_num_threads(1)  # several only wait for each other on so small a net
    images, labels, *validation = map(torch.from_numpy, tasks.load_digits())
    labels, val_images, val_labels = labels.long(), validation[0], validation[1].long()
    rng, losses = np.random.default_rng(0), []
    for _ in range(min(num, NUM_TORCH)):
        peak = float(np.exp(rng.uniform(*np.log(PEAKS))))
        net = torch.nn.Sequential(
            torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
        )
        sgd = torch.optim.SGD(net.parameters(), lr=peak, momentum=0.9)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            sgd, NUM_STEPS, eta_min=peak * rng.uniform(*ENDS)
        )
        for _ in range(NUM_STEPS):
            rows = torch.randint(len(images), (tasks.Digits().batch_size,))
            sgd.zero_grad()
            functional.cross_entropy(net(images[rows]), labels[rows]).backward()
            sgd.step()
            schedule.step()
        with torch.no_grad():
            losses.append(functional.cross_entropy(net(val_images), val_labels).item())
    return np.nanmin(losses), num / len(losses)


if __name__ == "__main__":
    main()
