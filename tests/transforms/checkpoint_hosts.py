"""A training on two hosts, saved and restored: `python checkpoint_hosts.py ID PORT DIR`."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
from jax.sharding import NamedSharding, PartitionSpec

import jaxsched as js


def build(schedule):
    plateau = js.ReduceOnPlateau(factor=0.5, patience=0)
    return js.scheduled(optax.adam, learning_rate=schedule * plateau)


def start_of(optimizer):
    """Parameters and state, spread over all devices where a first axis of 4 can be."""

    def init():
        params = {"w": jnp.arange(8.0).reshape(4, 2), "b": jnp.ones(3)}
        return params, optimizer.init(params)

    mesh = jax.sharding.Mesh(np.asarray(jax.devices()), ("data",))
    places = jax.tree.map(
        lambda x: NamedSharding(mesh, PartitionSpec(*["data"] * (x.shape[:1] == (4,)))),
        jax.eval_shape(init),
    )
    return jax.jit(init, out_shardings=places)()


def mine(tree):
    return [np.asarray(leaf.addressable_data(0)) for leaf in jax.tree.leaves(tree)]


def main(path):
    old, new = build(1e-3), build(js.linear_schedule(1.0, 0.0, 4))
    params, state = start_of(old)
    step = jax.jit(lambda p, s: old.update(p, s, p, value=1.0)[1], donate_argnums=1)
    state = step(params, step(params, state))
    fresh = start_of(new)
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(path, js.to_checkpoint((params, state)))
        checkpointer.wait_until_finished()
        for target in (None, js.to_checkpoint(fresh)):
            saved = checkpointer.restore(path, target)
            restored = js.from_checkpoint(saved, fresh)
            for a, b in zip(jax.tree.leaves(restored), jax.tree.leaves(fresh), strict=True):
                assert a.sharding == b.sharding
            _, resumed = restored
            for a, b in zip(
                mine(resumed.inner_state), mine(state.inner_state), strict=True
            ):
                np.testing.assert_array_equal(a, b)
            (rate,) = mine(js.next_hyperparams(resumed))
            np.testing.assert_allclose(rate, 0.25, rtol=1e-6)  # of 0.5, cut in half
            assert str(js.diff(saved, fresh)).startswith("learning_rate: 0.0005 -> 0.25 (")
    print("restored")


if __name__ == "__main__":
    number, port, path = sys.argv[1:]
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(f"localhost:{port}", 2, int(number))
    main(path)
