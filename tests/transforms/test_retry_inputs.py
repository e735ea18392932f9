"""What `retrying` is given: errors and gradients of any kind, types, batches."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .bold_driver import ONES, as_jax, bold, halved, pair, trained, valley
from .helpers import Traced

# What may happen.


@pytest.mark.parametrize("bad", [2.0, 1.0, math.nan, math.inf, -math.inf])
def test_what_is_no_fall_is_rejected(bad):
    """A higher error, the same, and none."""
    _, second, state = pair(js.retrying(bold()), values=(1.0, bad))

    assert second == 0.5
    assert float(state.best_value) == 1.0


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_gradients_that_are_not_finite_are_rejected(bad):
    """However low the error: a step with them would end the training."""
    broken = {"x": jnp.asarray([1.0, bad])}
    _, second, state = pair(js.retrying(bold()), values=(1.0, 0.5), grads=(ONES, broken))

    assert second == 0.5
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.accepted))


def test_before_the_first_error():
    """Parameters stay where they are until there is one; from there on it goes on."""
    first, second, state = pair(js.retrying(bold()), values=(math.nan, 7.0))

    assert (first, second) == (0.0, -0.5)
    assert int(state.num_rejected) == 1
    assert int(state.num_in_row) == 0


def test_a_new_start_is_one_from_the_accepted_parameters():
    """For an optimizer whose first state depends on them."""
    anchored = optax.GradientTransformation(lambda p: p, lambda u, s, p=None: (u, s))
    optimizer = js.retrying(anchored, restart_after=0)
    x = jnp.zeros(())
    state = optimizer.init(x)
    for value in (2.0, 1.0, 3.0):
        updates, state = optimizer.update(jnp.ones(()), state, x, value=value)
        x = optax.apply_updates(x, updates)

    assert float(state.accepted.params) == float(state.inner_state) == 1.0


def test_infinite_parameters_that_do_not_move():
    """Such as those of a mask: neither an accepted step nor a retry makes a NaN of them."""
    optimizer = js.retrying(bold())
    params = {"x": jnp.asarray([0.0, -jnp.inf])}
    state = optimizer.init(params)
    for value in (1.0, 2.0):
        grads = {"x": jnp.asarray([1.0, 0.0])}
        updates, state = optimizer.update(grads, state, params, value=value)
        params = optax.apply_updates(params, updates)

    np.testing.assert_array_equal(params["x"], [-0.5, -np.inf])


def test_the_way_back_has_the_digits_of_the_updates():
    """Of updates in single precision, whatever the parameters are in."""
    optimizer = js.retrying(js.scheduled(optax.sgd, learning_rate=1001.0 * halved()))
    params = jnp.asarray(1.0, jnp.bfloat16)
    updates, state = optimizer.update(jnp.ones(()), optimizer.init(params), params, value=1)
    params = optax.apply_updates(params, updates)
    updates, _ = optimizer.update(jnp.ones(()), state, params, value=2)

    assert float(params) == -1000.0
    assert float(updates) == 1001 - 500.5


# Types and transformations.


@pytest.mark.parametrize("grads_dtype", [jnp.bfloat16, jnp.float32])
def test_short_floats(grads_dtype):
    """All types are kept, and rejected steps lead back from far away."""
    rate = 1e6 * js.BoldDriver(decrease=0.1)
    optimizer = js.retrying(js.scheduled(optax.sgd, learning_rate=rate, momentum=0.1))
    params = {"x": jnp.asarray([1.0, -2.0], jnp.bfloat16)}

    def step(carry, _):
        params, state = carry
        x = params["x"].astype(jnp.float32)
        grads = {"x": x.astype(grads_dtype)}
        updates, state = optimizer.update(grads, state, params, value=jnp.sum(x * x))
        assert updates["x"].dtype == grads_dtype
        return (optax.apply_updates(params, updates), state), jnp.sum(x * x)

    carry = params, optimizer.init(params)
    (last, _), values = jax.lax.scan(step, carry, length=20)

    assert last["x"].dtype == jnp.bfloat16
    assert values[1] > 1e11
    assert values[-1] < 1e-3


def test_inside_accumulation():
    """Of two micro-batches one step; the error is the one that it was given."""
    optimizer = optax.MultiSteps(js.retrying(bold()), 2)
    params = jax.tree.map(jnp.zeros_like, ONES)
    state, made = optimizer.init(params), []
    update = jax.jit(optimizer.update)
    for value in (9.0, 1.0, 0.0, 2.0):
        updates, state = update(ONES, state, params, value=value)
        params = optax.apply_updates(params, updates)
        made.append(float(updates["x"][0]))

    assert made == [0, -1, 0, 0.5]


def test_lanes_of_a_batch_reject_on_their_own():
    """Each member of a `vmap` is what it is alone."""
    rates = jnp.asarray([0.01, 0.5, 3.0])
    x = jnp.asarray([2.0, -1.0, 3.0])

    def run(rate):
        optimizer = js.retrying(js.scheduled(optax.adam, learning_rate=rate * driver))
        points, _, state = trained(optimizer, as_jax(valley), x, 25)
        return points, state.num_rejected

    driver = js.BoldDriver(increase=1.2)
    points, rejected = jax.jit(jax.vmap(run))(rates)
    alone = [jax.jit(run)(rate) for rate in rates]

    assert len(set(rejected.tolist())) == 3
    np.testing.assert_array_equal(rejected, [r for _, r in alone])
    np.testing.assert_allclose(points, [p for p, _ in alone], rtol=1e-3, atol=1e-5)


def test_one_trace_and_donated_memory():
    """Accepted and rejected, a step may reuse the memory of the last one."""
    optimizer = js.retrying(bold())

    def step(params, state, value):
        updates, state = optimizer.update(ONES, state, params, value=value)
        return optax.apply_updates(params, updates), state

    step = Traced(step, donate_argnums=(0, 1))
    params = jax.tree.map(jnp.copy, ONES)
    state = optimizer.init(params)
    for value in (3.0, 2.0, 2.5, 1.0):
        params, state = step(params, state, value)

    assert step.count == 1
    assert int(state.num_rejected) == 1


def test_optimizers_with_keys_and_optax_s_own_map():
    """Random keys roll back as anything else; optax finds the parameters in the state."""
    noisy = optax.noisy_sgd(0.1, key=jax.random.key(0))
    assert pair(js.retrying(noisy))[2].num_rejected == 1

    optimizer = js.retrying(js.scheduled(optax.adam, learning_rate=0.1))
    doubled = optax.tree_utils.tree_map_params(
        optimizer, lambda p: p + 2, optimizer.init(ONES)
    )
    np.testing.assert_array_equal(doubled.accepted.params["x"], 3)
    np.testing.assert_array_equal(doubled.inner_state.inner_state[0].mu["x"], 2)


# Errors.


def test_what_an_update_needs():
    """Said when the step is traced."""
    optimizer = js.retrying(optax.sgd(0.1))
    state = optimizer.init(ONES)
    with pytest.raises(
        TypeError, match=r"retrying.* needs the error as value=, got .*loss"
    ):
        jax.jit(optimizer.update)(ONES, state, ONES, loss=1.0)
    with pytest.raises(
        TypeError, match=r"needs the parameters, got .*grads, state, params"
    ):
        optimizer.update(ONES, state, value=1.0)
    with pytest.raises(ValueError, match=r"retrying\(restart_after=.*-1"):
        js.retrying(optax.sgd(0.1), restart_after=-1)
    with pytest.raises(AssertionError, match=r"retrying.* needs one number.*Take a mean"):
        optimizer.update(ONES, state, ONES, value=jnp.ones(2))
