"""Every optimizer with a learning rate, over parameters of mixed types and in x64."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .factories import rows
from .helpers import Traced
from .optimizers import fixed, free

pytestmark = [
    # dpsgd of optax 0.2.8 gives a transformation a seed, which that has renamed.
    pytest.mark.filterwarnings("ignore:.seed. is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.optimistic_adam. is dep:DeprecationWarning"),
]
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
NAMES = [name for name in rows() if "learning_rate" in free(name)]
# Not both short ones in a tree: optax compares the types of leaves.
MIXED = {
    "bfloat16": {"w": jnp.bfloat16, "c": jnp.float32},
    "float16": {"w": jnp.float16, "c": jnp.float32},
}
SHAPES = {"w": (4, 3), "c": (3,)}


def make(name):
    """With all of its free numbers scheduled."""
    row, names = rows()[name], free(name)
    numbers = {k: js.Constant(row.numbers[k][0]) for k in names}
    return js.scheduled(fixed(row, names), **numbers)


def small(kinds):
    rng = np.random.default_rng(3)
    return {k: jnp.asarray(rng.normal(size=SHAPES[k]), kinds[k]) for k in kinds}


def train(name, kinds):
    """Three updates by a step that donates, and the types before and after."""
    row, optimizer, params = rows()[name], make(name), small(kinds)
    state = jax.jit(optimizer.init)(params)
    before, made = types(state), []

    def step(params, state, grads):
        extra = {}
        if row.needs:
            extra = {"value": total(params), "grad": grads, "value_fn": total}
            extra["obj_fn"] = total
            extra = {k: v for k, v in extra.items() if k in row.needs}
        if "l2_norm_clip" in row.numbers:
            grads = jax.tree.map(lambda g: jnp.stack([g, g]), grads)
        updates, state = optimizer.update(grads, state, params, **extra)
        return updates, optax.apply_updates(params, updates), state

    traced = Traced(step, donate_argnums=(0, 1), compiler_options=QUICK)
    for _ in range(3):
        grads = jax.tree.map(lambda p: 0.125 * p, params)
        updates, params, state = traced(params, state, grads)
        made.append(updates)
    assert traced.count == 1
    assert types(state) == before
    return made, params


def total(params):
    parts = (jnp.sum(leaf.astype(jnp.float32) ** 2) for leaf in jax.tree.leaves(params))
    return sum(parts)


def types(tree):
    return [jax.typeof(leaf) for leaf in jax.tree.leaves(tree)]


@pytest.mark.parametrize("short", MIXED)
@pytest.mark.parametrize("name", NAMES)
def test_mixed_types(name, short):
    """Finite, updates in the types of the gradients, one trace, a state that is donated."""
    made, params = train(name, MIXED[short])

    for updates in made:
        assert {k: u.dtype for k, u in updates.items()} == MIXED[short]
        assert all(bool(jnp.isfinite(u).all()) for u in updates.values())
    assert {k: p.dtype for k, p in params.items()} == MIXED[short]


@pytest.mark.parametrize("name", NAMES)
def test_double_precision(name):
    """The same in x64, where hyperparameters are doubles."""
    with jax.enable_x64(True):
        kinds = {"w": jnp.float64, "c": jnp.float32}
        made, params = train(name, kinds)

    assert {k: p.dtype for k, p in params.items()} == kinds
    assert all(bool(jnp.isfinite(u).all()) for u in jax.tree.leaves(made))


@pytest.mark.parametrize("is_double", [False, True], ids=["x32", "x64"])
@pytest.mark.parametrize("name", [name for name in rows() if free(name)])
def test_any_types(name, is_double):
    """All transformations over trees of one type and of two: types as they are given."""
    row = rows()[name]
    kinds = (jnp.bfloat16, jnp.float32, jnp.float64) if is_double else (jnp.float16,)
    with jax.enable_x64(is_double):
        for kind in kinds:
            for other in (kind, jnp.float32):
                params = row.params(kind)
                if isinstance(params, dict):
                    params = {"w": params["w"], "b": params["b"].astype(other)}
                check_types(row, make(name), params)


def check_types(row, optimizer, params):
    grads = jax.tree.map(lambda g: g[0], row.grads(params, 1))

    def updated(params, grads):
        state = optimizer.init(params)
        updates, _, after = row.step(optimizer, params, state, grads)
        return updates, state, after

    updates, state, after = jax.eval_shape(updated, params, grads)

    assert jax.tree.structure(state) == jax.tree.structure(after)
    assert signatures(state) == signatures(after)
    assert [u.dtype for u in jax.tree.leaves(updates)] == [
        p.dtype for p in jax.tree.leaves(params)
    ]


def signatures(tree):
    return [(x.shape, x.dtype, x.weak_type) for x in jax.tree.leaves(tree)]
