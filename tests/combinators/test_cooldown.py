"""A cooldown that begins when it is told to, and longer runs than were planned."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import curves

STABLE = js.warmup_schedule(0.5, warmup_steps=100, curve=curves.Cosine())
COSINE = js.Transition(1.0, 0.125, 1_000, curves.Cosine())


@pytest.mark.parametrize("at", [0, 1, 50, 777, 2**24 + 2])
@pytest.mark.parametrize("schedule", [STABLE, COSINE], ids=["stable", "cosine"])
def test_it_starts_at_exactly_the_current_value(schedule, at):
    """Before it nothing changes, at its start nothing either, at its end it has arrived."""
    cooled = js.cooldown(schedule, at, 40, 2.0**-10, curves.SquareRoot())
    before = np.arange(max(at - 50, 0), at + 1)

    np.testing.assert_array_equal(cooled(before), schedule(before))
    np.testing.assert_array_equal(cooled(at + np.asarray([40, 41, 10**6])), [2.0**-10] * 3)
    way = np.diff(cooled(at + np.arange(41)))
    assert (np.sign(way) == np.sign(2.0**-10 - float(schedule(at)))).all()


def test_not_yet_is_not_there():
    """An infinite start changes nothing, whatever the length."""
    counts = np.asarray([0, 1, 100, 2**24 + 1, 2**31 - 2])
    for steps in (0, 10):
        waiting = js.cooldown(STABLE, steps=steps)
        np.testing.assert_array_equal(waiting(counts), STABLE(counts))


def test_a_start_in_mid_run_compiles_nothing():
    """In a jitted step with the schedule as argument, and in an optimizer's state."""
    traces = 0

    @jax.jit
    def value(schedule, count):
        nonlocal traces
        traces += 1
        return schedule(count)

    rate = js.cooldown(STABLE, steps=10)
    values = [float(value(rate, 200))]
    for at in (195, 200, 2**24):
        rate = js.cooldown(rate, at, steps=10)
        values.append(float(value(rate, 200)))

    assert traces == 1
    np.testing.assert_allclose(values, [0.5, 0.25, 0.5, 0.5], rtol=1e-6, atol=0)


def test_an_optimizer_cools_down_when_told_to():
    """The schedule in the state is replaced; the step is the one that was compiled."""
    optimizer = js.scheduled(optax.sgd, learning_rate=js.cooldown(0.5, steps=4))
    params = jnp.ones(3)
    state = optimizer.init(params)
    traces = 0

    @jax.jit
    def step(state):
        nonlocal traces
        traces += 1
        return optimizer.update(params, state, params)[1]

    used = []
    for count in range(12):
        if count == 5:
            start = state.schedules["learning_rate"].replace(decay_start=jnp.float32(6))
            schedules = type(state.schedules).of({"learning_rate": start})
            state = state._replace(schedules=schedules)
        state = step(state)
        used.append(float(js.hyperparams(state)["learning_rate"]))

    assert traces == 1
    np.testing.assert_allclose(used, [0.5] * 7 + [0.375, 0.25, 0.125, 0, 0], atol=0)


def test_the_start_can_be_swept_and_differentiated():
    """Later is higher, by the slope of the cooldown."""
    run = jax.vmap(lambda at: js.cooldown(1.0, at, 10)(105))
    slope = jax.grad(lambda at: js.cooldown(1.0, at, 10)(105))(100.0)

    np.testing.assert_allclose(
        run(jnp.float32([95, 100, 105, jnp.inf])), [0, 0.5, 1, 1], rtol=1e-6, atol=0
    )
    np.testing.assert_allclose(slope, 0.1, rtol=1e-6, atol=0)


def test_stretching_keeps_the_shape():
    """Every length grows by the same factor, the warmup among them."""
    planned = js.warmup_decay_schedule(0.0, 1.0, warmup_steps=10, decay_steps=90)
    longer = js.extend(planned, 200)
    counts = np.arange(0, 101)

    np.testing.assert_allclose(longer(2 * counts), planned(counts), rtol=1e-6, atol=0)
    assert longer.horizon() == 200


def test_hold_then_decay():
    """The past stays, the last value is held, and the new end is reached."""
    longer = js.extend(COSINE, 3_000, "hold", decay_steps=500, end_value=0.0)
    past = np.arange(1_001)

    np.testing.assert_array_equal(longer(past), COSINE(past))
    np.testing.assert_array_equal(longer(np.asarray([1_500, 2_500])), [0.125] * 2)
    assert float(longer(2_999)) > 0
    assert float(longer(3_000)) == 0


def test_warm_up_again():
    """The past stays, a line leads up to the new peak, and down to the new end."""
    longer = js.extend(COSINE, 2_000, "rewarm", peak_value=0.5, warmup_steps=100)
    past = np.arange(1_001)

    np.testing.assert_array_equal(longer(past), COSINE(past))
    assert float(longer(1_100)) == 0.5
    assert float(longer(2_000)) == 0
    assert (np.diff(longer(np.arange(1_000, 1_101))) > 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((COSINE, 500), r"extend needs total_steps beyond the old end at 1000, got 500"),
        ((js.ExponentialDecay(1.0, 0.5, 10), 99), r"a schedule with an end, got one that"),
        ((COSINE, 2_000, "again"), r"one of 'stretch', 'hold', 'rewarm', got 'again'"),
        ((COSINE, 2_000, "hold"), r"extend\(how='hold'\) needs decay_steps, the length"),
        ((COSINE, 2_000, "rewarm"), r"extend\(how='rewarm'\) needs peak_value"),
    ],
)
def test_wrong_extensions_raise(arguments, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        js.extend(*arguments)


def test_nothing_can_be_held_at_zero():
    """A run that has cooled down is warmed up again instead."""
    done = js.Transition(1.0, 0.0, 10)
    with pytest.raises(ValueError, match=r"a last value above end_value, got 0.0.*rewarm"):
        js.extend(done, 20, "hold", decay_steps=5)
    with pytest.raises(ValueError, match=r"fits behind the old end, got decay_steps=1500"):
        js.extend(COSINE, 2_000, "hold", decay_steps=1_500)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.5, -1), r"decay_start=...\) must be 0 or more, got -1"),
        ((0.5, 3, -5), r"decay_steps=...\) must be 0 or more, got -5"),
        ((0.5, 3, 5, float("nan")), r"end_value=...\) must be a number, got nan"),
    ],
)
def test_wrong_cooldowns_raise(arguments, message):
    """The argument, the requirement and the value."""
    with pytest.raises(ValueError, match=message):
        js.cooldown(*arguments)
