"""Where a restored state is, what it shares with others, and what may hold it."""

import copy
import pickle

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import traverse_util

import jaxsched as js

from .helpers import Traced, adam, after, assert_same, start, train

COSINE = js.warmup_cosine_decay_schedule(0.0, 1e-2, 10, 100)
PLATEAU = js.ReduceOnPlateau(factor=0.5, patience=0)


def test_no_new_trace_and_nothing_shared():
    """A compiled step takes the restored state as its own, and may donate it."""
    optimizer = adam(COSINE * PLATEAU)
    update = Traced(
        lambda g, s, p: optimizer.update(g, s, p, value=1.0), donate_argnums=(1,)
    )
    params = grads = start()
    _, state = update(grads, optimizer.init(params), params)
    saved, fresh = js.to_checkpoint(state), optimizer.init(params)
    restored = [js.from_checkpoint(saved, fresh) for _ in range(2)]
    first, _ = update(grads, restored[0], params)
    second, _ = update(grads, restored[1], params)

    assert update.count == 1
    assert_same(first, second)
    assert int(js.from_checkpoint(saved, fresh).count) == 1
    assert int(fresh.count) == 0


def test_placement():
    """Committed where the fresh state is committed, free where it is free."""
    optimizer, params = adam(0.1), start()
    free = optimizer.init(params)
    bound = jax.device_put(free, jax.devices()[0])
    for fresh, is_bound in ((free, False), (bound, True)):
        for saved in (
            js.to_checkpoint(bound),
            jax.tree.map(np.asarray, js.to_checkpoint(free)),
        ):
            restored = js.from_checkpoint(saved, fresh)
            assert {leaf.committed for leaf in jax.tree.leaves(restored)} == {is_bound}


# By other means than Orbax.


def through_msgpack(saved, path):
    path.write_bytes(flax.serialization.to_bytes(saved))
    return flax.serialization.msgpack_restore(path.read_bytes())


def through_numpy(saved, path):
    np.savez(path, **traverse_util.flatten_dict(saved, sep="/"))
    with np.load(f"{path}.npz") as file:
        return traverse_util.unflatten_dict(dict(file), sep="/")


def through_pickle(saved, path):
    path.write_bytes(pickle.dumps(jax.device_get(saved)))
    return pickle.loads(path.read_bytes())


@pytest.mark.parametrize("through", [through_msgpack, through_numpy, through_pickle])
def test_any_format_will_do(through, tmp_path):
    """msgpack, npz, pickle; bfloat16 included, which npz gives back as raw bytes."""
    optimizer = optax.chain(optax.clip(1.0), adam(COSINE * PLATEAU))
    params, state = after(optimizer, 3, start(jnp.bfloat16), value=1.0)
    saved = through(js.to_checkpoint((params, state)), tmp_path / "saved")
    fresh = start(jnp.bfloat16), optimizer.init(start(jnp.bfloat16))

    assert_same(js.from_checkpoint(saved, fresh), (params, state))


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_state_itself_is_copied(clone):
    """Whole, schedules included, with a step that needs no new trace."""
    optimizer = adam(COSINE * PLATEAU)
    _, state = after(optimizer, 3, value=1.0)
    update = Traced(lambda s: optimizer.update(start(), s, start(), value=1.0))
    cloned = clone(state)

    assert_same(update(cloned), update(state))
    assert update.count == 1
    _, trained = train(optimizer, start(), cloned, 2)
    assert int(trained.count) == 5
