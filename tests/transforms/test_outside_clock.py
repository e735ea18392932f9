"""A clock from outside, in samples or tokens; the count goes on counting updates."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import Traced

ONES = {"x": jnp.ones(3), "y": jnp.ones(2)}
LINE = js.linear_schedule(1.0, 0.0, 100)


def sgd(rate=LINE):
    return js.scheduled(optax.sgd, learning_rate=rate)


def used(state):
    return float(js.hyperparams(state)["learning_rate"])


# The clock is the count.

NUMBERS = {
    "int": int,
    "float": float,
    "numpy int64": np.int64,
    "numpy float32": np.float32,
    "numpy array": np.asarray,
    "jax int32": jnp.int32,
    "jax uint32": jnp.uint32,
    "jax float32": jnp.float32,
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("kind", NUMBERS.values(), ids=NUMBERS)
def test_any_kind_of_number(kind, compiled):
    """Read as a count is; the state keeps its types, and the count is of updates."""
    optimizer = sgd()
    update = jax.jit(optimizer.update) if compiled else optimizer.update
    state = optimizer.init(ONES)
    for updates_done, clock in enumerate((0, 25, 100, 300), start=1):
        updates, after = update(ONES, state, ONES, clock=kind(clock))
        rate = max(1 - clock / 100, 0)
        np.testing.assert_allclose(updates["x"], -rate, rtol=1e-6, atol=0)
        assert used(after) == rate
        assert int(after.count) == updates_done
        types = [jax.tree.map(lambda x: (x.dtype, x.weak_type), s) for s in (state, after)]
        assert types[0].hyperparams == types[1].hyperparams
        assert jax.tree.leaves(types[0]) == jax.tree.leaves(types[1])
        state = after


def test_values_of_the_clock_do_not_trace_again():
    """One program for all of a run, and one for reading ahead of it."""
    optimizer = sgd(js.warmup_cosine_decay_schedule(0.0, 1.0, 100, 5_000))
    step = Traced(lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock)[1])
    state = optimizer.init(ONES)
    for clock in range(0, 5_000, 500):
        state = step(state, clock)

    assert step.count == 1


def test_in_a_scan():
    """The samples are carried beside the state."""
    optimizer = sgd()

    def step(carry, size):
        state, samples = carry
        _, state = optimizer.update(ONES, state, ONES, clock=samples)
        return (state, samples + size), state.hyperparams["learning_rate"]

    sizes = jnp.asarray([5, 5, 10, 20, 40, 40], jnp.int32)
    carry = optimizer.init(ONES), jnp.int32(0)
    (state, _), rates = jax.jit(lambda c: jax.lax.scan(step, c, sizes))(carry)

    np.testing.assert_allclose(rates, [1.0, 0.95, 0.9, 0.8, 0.6, 0.2], rtol=1e-6)
    assert int(state.count) == 6


def test_none_is_no_clock():
    """A trainer that always passes `clock=` may have none."""
    for optimizer in (sgd(), sgd(LINE * js.ReduceOnPlateau())):
        state = js.seek(optimizer.init(ONES), 50)
        _, state = optimizer.update(ONES, state, ONES, clock=None)
        assert used(state) == 0.5


def test_every_clock_of_a_batch():
    """Members of a sweep each with a clock of their own."""
    members = js.stack([LINE, 2 * LINE])
    states = jax.vmap(lambda s: sgd(s).init(ONES))(members)

    def step(state, clock):
        return sgd().update(ONES, state, ONES, clock=clock)[1]

    each = jax.jit(jax.vmap(step))(states, jnp.asarray([25, 50]))
    same = jax.jit(jax.vmap(step, in_axes=(0, None)))(states, 25)

    np.testing.assert_allclose(js.hyperparams(each)["learning_rate"], [0.75, 1.0])
    np.testing.assert_allclose(js.hyperparams(same)["learning_rate"], [0.75, 1.5])
    ahead = js.next_hyperparams(each, clock=75)["learning_rate"]
    np.testing.assert_allclose(ahead, [0.25, 0.5])


@pytest.mark.parametrize("rate", [LINE, LINE * js.ReduceOnPlateau()])
@pytest.mark.parametrize("clock", [np.arange(3), jnp.zeros((1,), jnp.int32)])
def test_a_clock_of_another_shape_is_refused(rate, clock):
    """At an update and at reading ahead, compiled or not: what is needed, what came."""
    optimizer = sgd(rate)
    state, message = optimizer.init(ONES), r"needs one number, .* got shape \("
    for update in (optimizer.update, jax.jit(optimizer.update)):
        with pytest.raises(AssertionError, match=message):
            update(ONES, state, ONES, clock=clock)
    with pytest.raises(AssertionError, match=message):
        js.next_hyperparams(state, clock=clock)


@pytest.mark.parametrize("clock", [True, np.bool_(True), jnp.asarray(True), 1j])
def test_a_clock_that_is_no_number_is_refused(clock):
    """A flag or a complex number is no count."""
    with pytest.raises(TypeError, match="a count must be a"):
        sgd().update(ONES, sgd().init(ONES), ONES, clock=clock)


# Big clocks.

TOKENS = [0, 2**24 + 1, 2**31 - 2, 2**31, 3_000_000_000, 5_000_000_000, 2**40, 2 * 10**12]


@pytest.mark.parametrize("kind", [int, float, np.int64, np.uint64, np.float64])
def test_tokens_beyond_32_bits(kind):
    """A clock of trillions: of the host, in 64 bits or as a float; never wrapped."""
    optimizer = sgd(js.Transition(1.0, 0.0, transition_steps=2e12))
    state = optimizer.init(ONES)
    for tokens in TOKENS:
        _, after = optimizer.update(ONES, state, ONES, clock=kind(tokens))
        exact = 1 - tokens / 2e12
        np.testing.assert_allclose(used(after), exact, rtol=1e-6, atol=1e-7)
        ahead = js.next_hyperparams(state, clock=kind(tokens))["learning_rate"]
        assert float(ahead) == used(after)


@pytest.mark.parametrize("length", [2**31 - 1, 2_000_000_000])
def test_whole_tokens_below_32_bits_are_exact(length):
    """As integers: the line of two billion keeps its last digits, where floats have 24."""
    optimizer = sgd(js.Transition(1.0, 0.0, transition_steps=length))
    update = jax.jit(optimizer.update)
    for tokens in (2**24 + 1, length // 3, length - 3, length - 1, length):
        _, state = update(ONES, optimizer.init(ONES), ONES, clock=tokens)
        np.testing.assert_allclose(used(state), 1 - tokens / length, rtol=1e-6, atol=0)


def test_compiled_steps_take_big_clocks_as_floats():
    """JAX refuses a Python int beyond 2^31 at a jit; a float goes through."""
    optimizer = sgd(js.Transition(1.0, 0.0, transition_steps=2e10))
    step = jax.jit(lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock)[1])
    state = optimizer.init(ONES)
    for kind in (float, np.float32, np.float64, jnp.float32):
        np.testing.assert_allclose(used(step(state, kind(5 * 10**9))), 0.75, rtol=1e-6)
    with pytest.raises(OverflowError):
        step(state, 5 * 10**9)


def test_unsigned_clocks_stay_at_the_last_count():
    """A uint32 beyond 2^31 does not wrap round to the start."""
    optimizer = sgd(js.Transition(1.0, 0.0, transition_steps=2**31 - 1))
    step = jax.jit(lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock)[1])

    assert used(step(optimizer.init(ONES), np.uint32(3_000_000_000))) == 0


def test_under_x64():
    """64 bits are a count of 64 bits."""
    with jax.enable_x64(True):
        optimizer = sgd(js.Transition(1.0, 0.0, transition_steps=2 * 10**12))
        step = jax.jit(lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock)[1])
        for tokens in TOKENS[:-1]:
            state = step(optimizer.init(ONES), np.int64(tokens))
            np.testing.assert_allclose(used(state), 1 - tokens / 2e12, rtol=1e-12, atol=0)


# Controllers and edits.


def test_a_controller_rides_on_a_clock():
    """The schedule reads it; the plateau goes on counting the values it is given."""
    optimizer = sgd(LINE * js.ReduceOnPlateau(factor=0.5, patience=1))
    step = Traced(
        lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock, value=1.0)[1]
    )
    state, rates = optimizer.init(ONES), []
    for samples in (0, 20, 40, 60, 80):
        state = step(state, samples)
        rates.append(used(state))

    # The second and third value are no better than the first.
    np.testing.assert_allclose(rates, [1.0, 0.8, 0.6, 0.2, 0.1], rtol=1e-6)
    assert step.count == 1
    assert int(state.controllers[0].count) == int(state.count) == 5
    ahead = js.next_hyperparams(state, clock=90)["learning_rate"]
    np.testing.assert_allclose(ahead, 0.1 * 0.25, rtol=1e-6)


def test_an_override_wins_over_it():
    """And `seek` moves the count, which a clock does not read."""
    optimizer = sgd()
    state = js.override(js.seek(optimizer.init(ONES), 10), learning_rate=0.125)
    _, by_hand = optimizer.update(ONES, state, ONES, clock=50)
    _, again = optimizer.update(ONES, js.clear_override(by_hand), ONES, clock=50)

    assert (used(by_hand), used(again)) == (0.125, 0.5)
    assert int(again.count) == 12


# Users' scenario 21: a ramp of the batch size.


@pytest.mark.parametrize("kind", [int, float, np.int64, jnp.int32])
def test_a_decay_ends_with_the_run_despite_a_ramp(kind):
    """20 iterations of 8 samples, 80 of 16: warmup and decay in samples are met."""
    sizes = np.asarray([8] * 20 + [16] * 80)
    seen = np.concatenate([[0], np.cumsum(sizes)])
    total, warm, decay = int(seen[-1]), int(seen[10]), int(sizes[-20:].sum())
    rate = js.warmup_stable_decay_schedule(
        0.0, 1.0, warmup_steps=warm, stable_steps=total - warm - decay, decay_steps=decay
    )
    optimizer = sgd(rate)
    step = Traced(lambda s, clock: optimizer.update(ONES, s, ONES, clock=clock)[1])
    state, rates = optimizer.init(ONES), []
    for samples in seen[:-1].tolist():
        state = step(state, kind(samples))
        rates.append(used(state))

    exact = np.minimum(np.minimum(seen[:-1] / warm, (total - seen[:-1]) / decay), 1)
    np.testing.assert_allclose(rates, exact, rtol=1e-6, atol=0)
    np.testing.assert_allclose(rates[-1], 1 / 20, rtol=1e-6)
    assert float(js.next_hyperparams(state, clock=total)["learning_rate"]) == 0
    assert step.count == 1


def test_another_batch_size_after_a_restart():
    """The samples go on from where they were: no number of the configuration changes."""
    optimizer = sgd(js.linear_schedule(1.0, 0.0, 1_000))
    state, samples, rates = optimizer.init(ONES), 0, []
    for size, num in ((10, 50), (25, 20)):
        for _ in range(num):
            _, state = optimizer.update(ONES, state, ONES, clock=samples)
            rates.append(used(state))
            samples += size

    assert samples == 1_000
    np.testing.assert_allclose(rates[50:52], [0.5, 0.475], rtol=1e-6)
    np.testing.assert_allclose(rates[-1], 0.025, rtol=1e-6)
