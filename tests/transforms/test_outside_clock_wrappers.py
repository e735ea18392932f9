"""A clock from outside, through the wrappers of Optax and Flax."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxsched as js

from .helpers import Traced

ONES = {"x": jnp.ones(3), "y": jnp.ones(2)}
BAD = {"x": jnp.full(3, jnp.nan), "y": jnp.ones(2)}
LINE = js.linear_schedule(1.0, 0.0, 100)


def sgd(rate=LINE):
    return js.scheduled(optax.sgd, learning_rate=rate)


def used(state):
    return float(js.hyperparams(state)["learning_rate"])


def through(wrap):
    """The rates of updates at 0, 25 and 50 samples, through a wrapper; one trace."""
    optimizer = wrap(sgd())
    step = Traced(lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock)[1])
    state, rates = optimizer.init(ONES), []
    for samples in (0, 25, 50):
        state = step(state, samples)
        rates.append(used(state))
    assert step.count == 1
    return rates


WRAPPERS = {
    "chain": lambda o: optax.chain(optax.clip(1e3), o, optax.identity()),
    "named_chain": lambda o: optax.named_chain(("clip", optax.clip(1e3)), ("sgd", o)),
    "masked": lambda o: optax.masked(o, {"x": True, "y": False}),
    "masked, extra arguments too": lambda o: optax.masked(
        o, {"x": True, "y": False}, mask_compatible_extra_args=True
    ),
    "apply_if_finite": lambda o: optax.apply_if_finite(o, 3),
    "flatten": optax.flatten,
    "MultiSteps of 1": lambda o: optax.MultiSteps(o, 1),
    "conditionally_transform": lambda o: optax.conditionally_transform(
        o, lambda step: True
    ),
    "scheduled": lambda o: js.scheduled(
        lambda factor: optax.chain(o, optax.scale(factor)), factor=1.0
    ),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_through_wrappers(wrap):
    """Optax passes it on."""
    np.testing.assert_allclose(through(wrap), [1.0, 0.75, 0.5], rtol=1e-6)


@pytest.mark.parametrize("compatible", [False, True])
def test_through_partition(compatible):
    """Each group reads the same clock."""
    wrap = partial(
        optax.partition,
        param_labels={"x": "fast", "y": "slow"},
        mask_compatible_extra_args=compatible,
    )
    groups = {"fast": sgd(), "slow": sgd(0.5 * LINE)}
    optimizer = wrap(groups)
    step = jax.jit(lambda s: optimizer.update(ONES, s, ONES, clock=50)[1])
    values = js.hyperparams(step(optimizer.init(ONES)))

    assert [float(v) for v in values.values()] == [0.5, 0.25]


def test_groups_and_decay_read_it():
    """Rates by group, by layer, and the decay of weights."""
    optimizer = optax.chain(
        js.groups({"x": "a", "y": "b"}, {"a": LINE, "b": 0.5 * LINE}),
        js.layerwise(LINE, 1.0, lambda path, leaf: 0, flip_sign=False),
        js.decoupled_weight_decay(0.1 * LINE),
    )
    _, state = optimizer.update(ONES, optimizer.init(ONES), ONES, clock=50)
    values = {name: round(float(v), 6) for name, v in js.hyperparams(state).items()}

    assert values == {"a": 0.5, "b": 0.25, "base": 0.5, "decay": 1, "weight_decay": 0.05}


def test_through_nnx():
    """`optimizer.update(model, grads, clock=...)`."""
    model = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, sgd(), wrt=nnx.Param)
    grads = jax.tree.map(jnp.ones_like, nnx.state(model, nnx.Param))
    optimizer.update(model, grads, clock=75)

    assert used(optimizer) == 0.25


def test_accumulation_uses_the_clock_of_the_last_micro_batch():
    """And counts emitted updates."""
    optimizer = optax.MultiSteps(sgd(), 4)
    state, made = optimizer.init(ONES), []
    update = jax.jit(optimizer.update)
    for samples in range(0, 80, 10):
        updates, state = update(ONES, state, ONES, clock=samples)
        made.append(float(updates["x"][0]))

    np.testing.assert_allclose(made, [0, 0, 0, -0.7, 0, 0, 0, -0.3], rtol=1e-6, atol=0)
    assert int(state.inner_opt_state.count) == 2


def test_skipped_updates_do_not_count():
    """A clock that goes on without them is the trainer's choice; the count stands."""
    optimizer = optax.apply_if_finite(sgd(), 5)
    state, rates, counts = optimizer.init(ONES), [], []
    update = jax.jit(optimizer.update)
    for grads, samples in ((ONES, 0), (BAD, 10), (BAD, 20), (ONES, 30)):
        updates, state = update(grads, state, ONES, clock=samples)
        rates.append(-float(updates["x"][0]))
        counts.append(int(state.inner_state.count))

    np.testing.assert_allclose(rates, [1.0, 0, 0, 0.7], rtol=1e-6, atol=0)
    assert counts == [1, 1, 1, 2]
    assert used(state) == rates[-1]


def test_skipped_by_accumulation():
    """A micro-batch that is not finite is left out, its clock with it."""
    optimizer = optax.MultiSteps(sgd(), 2, should_skip_update_fn=optax.skip_not_finite)
    state, made = optimizer.init(ONES), []
    update = jax.jit(optimizer.update)
    for grads, samples in ((ONES, 0), (BAD, 10), (ONES, 20), (ONES, 30), (ONES, 40)):
        updates, state = update(grads, state, ONES, clock=samples)
        made.append(float(updates["x"][0]))

    np.testing.assert_allclose(made, [0, 0, -0.8, 0, -0.6], rtol=1e-6, atol=0)
    assert int(state.inner_opt_state.count) == 2
