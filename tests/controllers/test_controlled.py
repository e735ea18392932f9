"""A controller riding on a schedule, inside and outside an optimizer."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

LINE = js.linear_schedule(1.0, 0.0, 8)
ONES = jnp.ones(2)


def plateau(**numbers):
    return js.ReduceOnPlateau(**{"factor": 0.5, "patience": 0, **numbers})


def values(controller, metrics):
    """The value before each metric is seen, as an optimizer would use it."""
    state, found = controller.init(), []
    for metric in metrics:
        found.append(float(controller(state)))
        state = controller.update(state, value=metric)
    return found


def half(count):
    return 0.5 + 0 * count


@pytest.mark.parametrize(
    "other",
    [0.5, np.float32(0.5), np.asarray(0.5), jnp.float32(0.5), half, js.Constant(0.5)],
)
def test_multiplies_from_both_sides(other):
    """Numbers, functions and schedules, left or right: the same values."""
    expected = [0.5, 0.5, 0.25, 0.125]

    assert values(plateau() * other, [1.0] * 4) == expected
    assert values(other * plateau(), [1.0] * 4) == expected


def test_value_is_schedule_times_factor():
    """The clock of the schedule and the controller run side by side."""
    found = values(LINE * plateau(), [1.0] * 4)

    np.testing.assert_allclose(found, [1, 7 / 8, 3 / 8, 5 / 32], rtol=1e-6)


def test_products_nest():
    """A product times another schedule, or another number, is a product again."""
    once = values(LINE * LINE * plateau(), [1.0] * 4)
    nested = values(LINE * (plateau() * LINE), [1.0] * 4)

    np.testing.assert_allclose(nested, once, rtol=1e-6)
    np.testing.assert_allclose(
        values(2 * (LINE * plateau()), [1.0] * 4),
        [2 * v for v in values(LINE * plateau(), [1.0] * 4)],
        rtol=1e-6,
    )


def test_controller_is_no_schedule():
    """Where a function of the count is wanted, the error says what to do."""
    for wrong in (lambda: js.Join([0.1, plateau()], [5]), lambda: LINE + plateau()):
        with pytest.raises(TypeError, match=r"schedule \* controller"):
            wrong()


def test_clock_saturates():
    """At the last count it stays there."""
    controller = js.Constant(0.5) * plateau()
    state = controller.init()
    state = state._replace(count=jnp.asarray(2**31 - 1, jnp.int32))

    assert int(controller.update(state, value=1.0).count) == 2**31 - 1


def warmup_then_plateau():
    """First fraction at the first update; cuts only after the warmup."""
    return js.Transition(0.2, 1.0, 4) * plateau(patience=1, warmup_steps=5)


EXPECTED = [0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25]


def trained(state, optimizer, num):
    """The rates used, in a scan that is fed a metric which never improves."""

    def step(state, _):
        updates, state = optimizer.update(ONES, state, ONES, value=jnp.float32(3.0))
        return state, -updates[0]

    return jax.lax.scan(step, state, length=num)


def test_warmup_then_plateau_in_an_optimizer():
    """The warmup is untouched by bad metrics; the first cut comes after it."""
    optimizer = js.scheduled(optax.sgd, learning_rate=warmup_then_plateau())
    _, rates = trained(optimizer.init(ONES), optimizer, 12)

    np.testing.assert_allclose(rates, EXPECTED, rtol=1e-6)


def test_state_survives_a_save_in_mid_plateau():
    """Written out as plain arrays and read back, the run goes on as if never stopped."""
    optimizer = js.scheduled(optax.sgd, learning_rate=warmup_then_plateau())
    state, _ = trained(optimizer.init(ONES), optimizer, 7)
    saved = [np.asarray(leaf) for leaf in jax.tree.leaves(state)]
    template = jax.tree.structure(optimizer.init(ONES))
    restored = jax.tree.unflatten(template, [jnp.asarray(leaf) for leaf in saved])
    _, rates = trained(restored, optimizer, 5)

    np.testing.assert_allclose(rates, EXPECTED[7:], rtol=1e-6)


def test_update_without_a_metric_only_moves_the_clock():
    """A training that has no metric at all follows the schedule."""
    optimizer = js.scheduled(optax.sgd, learning_rate=LINE * plateau())
    state, rates = optimizer.init(ONES), []
    update = jax.jit(optimizer.update)
    for _ in range(4):
        updates, state = update(ONES, state, ONES)
        rates.append(-float(updates[0]))

    np.testing.assert_allclose(rates, [1, 7 / 8, 6 / 8, 5 / 8], rtol=1e-6)


def test_batch_of_controlled_optimizers():
    """Members of a sweep watch their own metric with their own settings."""
    factors = jnp.asarray([0.1, 0.5])

    def rates(factor, metrics):
        rate = LINE * js.ReduceOnPlateau(factor=factor, patience=0)
        optimizer = js.scheduled(optax.sgd, learning_rate=rate)

        def step(state, value):
            updates, state = optimizer.update(ONES, state, ONES, value=value)
            return state, -updates[0]

        return jax.lax.scan(step, optimizer.init(ONES), metrics)[1]

    metrics = jnp.asarray([[1.0, 1.0, 1.0], [3.0, 2.0, 1.0]])
    found = jax.jit(jax.vmap(rates))(factors, metrics)

    np.testing.assert_allclose(
        found, [[1, 7 / 8, 0.1 * 6 / 8], [1, 7 / 8, 6 / 8]], rtol=1e-6
    )


def test_two_controllers_in_one_optimizer():
    """Each hyperparameter may have its own."""
    optimizer = js.scheduled(
        optax.adamw,
        learning_rate=plateau(),
        weight_decay=0.5 * plateau(factor=0.25, patience=1),
    )
    state = optimizer.init(ONES)
    update = jax.jit(lambda s: optimizer.update(ONES, s, ONES, value=1.0)[1])
    for _ in range(4):
        state = update(state)
    found = {k: float(v) for k, v in js.hyperparams(state).items()}

    assert found == {"learning_rate": 0.25, "weight_decay": 0.125}


def test_own_controller():
    """A subclass with three methods works wherever the library's own do."""

    class Countdown(js.AbstractController):
        pace: float

        def init(self):
            return jnp.zeros(())

        def update(self, state, **extra_args):
            del extra_args
            return state + self.pace

        def evaluate(self, state):
            return 1 - state

    optimizer = js.scheduled(optax.sgd, learning_rate=2.0 * Countdown(0.25))
    state, rates = optimizer.init(ONES), []
    for _ in range(3):
        updates, state = optimizer.update(ONES, state, ONES)
        rates.append(-float(updates[0]))

    assert rates == [2.0, 1.5, 1.0]
