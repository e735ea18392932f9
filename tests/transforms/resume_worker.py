"""A training that saves with Orbax every few updates, and goes on where it was killed.

    python resume_worker.py FOLDER [NUM_STEPS]

Prints a line at each save, and at the end a digest of all bits of parameters and state.
"""

import hashlib
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp

import jaxsched as js

SAVE_EVERY = 10


def build():
    rate = js.warmup_cosine_decay_schedule(0.0, 1e-2, 20, 200)
    return js.scheduled(
        optax.adamw,
        learning_rate=rate * js.ReduceOnPlateau(factor=0.5, patience=3, rtol=0.05),
        weight_decay=0.1 * rate,
    )


def train(folder, num_steps=240):
    optimizer = build()
    data = jnp.asarray(np.random.default_rng(0).normal(size=(32, 8)), jnp.float32)

    def loss(params, batch):
        return jnp.mean((jnp.tanh(batch @ params["w"]) - batch[:, :2]) ** 2)

    @jax.jit
    def step(params, state, count):
        batch = jnp.roll(data, count, axis=0)[:16]
        value, grads = jax.value_and_grad(loss)(params, batch)
        updates, state = optimizer.update(grads, state, params, value=value)
        return optax.apply_updates(params, updates), state

    params = {"w": jnp.full((8, 2), 0.1)}
    carry, start = (params, optimizer.init(params)), 0
    options = ocp.CheckpointManagerOptions(max_to_keep=2, create=True)
    with ocp.CheckpointManager(Path(folder).absolute(), options=options) as manager:
        latest = manager.latest_step()
        if latest is not None:
            saved = manager.restore(latest, args=ocp.args.StandardRestore())
            carry, start = js.from_checkpoint(saved, carry), latest
        print(f"from {start}", flush=True)
        for count in range(start, num_steps):
            carry = step(*carry, count)
            if (count + 1) % SAVE_EVERY == 0:
                saved = js.to_checkpoint(carry)
                manager.save(count + 1, args=ocp.args.StandardSave(saved))
                manager.wait_until_finished()
                print(f"saved {count + 1}", flush=True)
    bits = b"".join(np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(carry))
    print(hashlib.sha256(bits).hexdigest())


if __name__ == "__main__":
    train(sys.argv[1], *map(int, sys.argv[2:]))
