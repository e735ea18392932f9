"""A controller that is told means."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js

ONES = {"x": jnp.ones(2)}


def used(rate, losses):
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)

    def step(state, loss):
        _, state = optimizer.update(ONES, state, ONES, value=loss)
        return state, js.hyperparams(state)["learning_rate"]

    return jax.jit(lambda: jax.lax.scan(step, optimizer.init(ONES), jnp.asarray(losses)))()


def test_told_means():
    """Means 2, 2, 1: the second is no better, whatever single values are."""
    rate = js.Averaged(js.ReduceOnPlateau(factor=0.5, patience=0), window_steps=2)
    state, rates = used(rate, [1.0, 3.0, 3.5, 0.5, 0.5, 1.5, 9.0])

    np.testing.assert_array_equal(rates, [1, 1, 1, 1, 0.5, 0.5, 0.5])
    assert float(state.controllers[0].controller.best_value) == 1.0
    assert float(state.controllers[0].total) == 9.0


def test_acts_when_its_controller_does():
    """A bold driver acts in the update that fills the window."""
    rate = js.Averaged(js.BoldDriver(increase=1.5, decrease=0.5), window_steps=2)
    _, rates = used(rate, [2.0, 4.0, 2.0, 6.0, 1.0, 1.0])

    np.testing.assert_allclose(rates, [1, 1.5, 1.5, 0.75, 0.75, 1.125], rtol=1e-6)


def test_starts_with_the_parameters():
    """What depends on them starts inside as it does alone, and on a schedule."""
    rate = js.Hypergradient(0.1, gain=0.0)
    for wrapped in (js.Averaged(rate, window_steps=2), 1.0 * rate):
        _, rates = used(wrapped, [1.0, 1.0])
        np.testing.assert_allclose(rates, 0.1, rtol=1e-6)


def test_without_a_metric_nothing_is_learnt():
    """No value in an update, no value in the mean."""
    rule = js.Averaged(js.ReduceOnPlateau(factor=0.5, patience=0), window_steps=2)
    state = rule.update(rule.init(), value=1.0)
    for before, after in zip(
        jax.tree.leaves(state._replace(controller=())),
        jax.tree.leaves(rule.update(state)._replace(controller=())),
        strict=True,
    ):
        np.testing.assert_array_equal(before, after)
