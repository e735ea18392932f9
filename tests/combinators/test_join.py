"""One schedule after another, each on its own clock."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves

TEN = np.arange(10)


def test_a_constant_and_then_a_decay():
    """Three updates at 0.1, then a decay that starts at its own count 0."""
    schedule = js.Join([0.1, js.ExponentialDecay(1.0, 0.9, 1)], [3])
    values = [0.1, 0.1, 0.1, 1, 0.9, 0.81, 0.729, 0.6561, 0.59049, 0.531441]

    np.testing.assert_allclose(schedule(TEN), values, rtol=1e-6, atol=0)
    np.testing.assert_allclose(schedule(4), 0.9, rtol=1e-6, atol=0)


def test_a_phase_of_no_length_is_left_out():
    """A first phase of zero updates is not seen, whether known or traced."""
    after = js.ExponentialDecay(1.0, 0.5, 1)

    for start in (0, jnp.int32(0)):
        schedule = js.Join([9.0, after], [start])
        np.testing.assert_array_equal(schedule(np.arange(3)), [1, 0.5, 0.25])
    middle = js.Join([1.0, 9.0, 0.5], [2, 2])
    np.testing.assert_array_equal(middle(np.arange(4)), [1, 1, 0.5, 0.5])


def test_a_phase_that_is_over_cannot_poison_a_gradient():
    """A division by zero outside of its phase reaches neither value nor derivative."""

    def value(peak):
        rise = js.Transition(0.0, peak, 10)
        root = js.Join([rise, js.Wrapped(lambda t: peak / jnp.sqrt(jnp.float32(t)))], [10])
        return root(5)

    np.testing.assert_allclose(jax.value_and_grad(value)(2.0), [1.0, 0.5], rtol=1e-6)


def test_an_ended_phase_is_asked_for_its_own_end_at_most():
    """A schedule that would blow up later is never asked later."""
    blows_up = js.Wrapped(lambda t: jnp.where(t > 10, jnp.nan, jnp.float32(t)))
    schedule = js.Join([blows_up, 0.5], [10])
    slopes = jax.grad(lambda s: s(2**31 - 2))(js.Join([blows_up, js.Constant(0.5)], [10.0]))

    np.testing.assert_array_equal(schedule(np.asarray([9, 10, 2**30])), [9, 0.5, 0.5])
    assert all(np.isfinite(leaf) for leaf in jax.tree.leaves(slopes))


def test_boundaries_beyond_float32():
    """A boundary is exact wherever it lies."""
    late = 2**30 + 1
    schedule = js.Join([1.0, js.Transition(0.0, 1.0, 4)], [late])

    np.testing.assert_array_equal(schedule(late + np.arange(-1, 3)), [1, 0, 0.25, 0.5])


def test_boundaries_as_an_array():
    """A list, a tuple or one array of counts are the same."""
    phases = [1.0, 0.5, 0.25]
    for boundaries in ([2, 4], (2, 4), np.asarray([2, 4]), jnp.asarray([2, 4])):
        values = js.Join(phases, boundaries)(np.arange(6))
        np.testing.assert_array_equal(values, [1, 1, 0.5, 0.5, 0.25, 0.25])


def test_unsorted_traced_boundaries_do_not_raise():
    """What only shows at run time is trusted, and stays finite."""
    run = jax.jit(lambda a, b: js.Join([1.0, js.Transition(1.0, 0.0, 3), 0.5], [a, b])(TEN))

    assert np.isfinite(run(7, 2)).all()
    assert np.isfinite(run(-7, -2)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ([1.0, 2.0, 3.0], [10]),
            r"boundaries=...\) must have 2 entries for 3 schedules, got 1. Give one for",
        ),
        (([1.0, 2.0], [5, 10]), r"must have 1 entries for 2 schedules, got 2"),
        (([1.0, 2.0, 3.0], [10, 5]), r"must be in the order of time, got 5 after 10. Sort"),
        (([1.0, 2.0], [-1]), r"must be 0 or more, got -1. Counts start at 0"),
        (([], []), r"schedules=...\) must not be empty"),
    ],
)
def test_wrong_boundaries_raise(arguments, message):
    """No phase is ever dropped without a word."""
    with pytest.raises(ValueError, match=f"Join.*{message}"):
        js.Join(*arguments)


def test_a_warmup_follows_the_schedule():
    """The peak is the first value of the schedule, for its value and its gradient."""
    decay = js.Transition(2.0, 0.0, 4)
    warm = js.Warmup(decay, 0.0, 4, curves.Linear())

    np.testing.assert_array_equal(warm(np.arange(9)), [0, 0.5, 1, 1.5, 2, 1.5, 1, 0.5, 0])
    higher = jax.grad(lambda peak: js.Warmup(js.Constant(peak), 0.0, 4, curves.Linear())(2))
    np.testing.assert_allclose(higher(2.0), 0.5, rtol=1e-6, atol=0)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 5])
def test_short_warmups(steps):
    """After `warmup_steps` updates it is the schedule, bit for bit."""
    decay = js.Transition(1.0, 0.25, 3, curves.Cosine())
    warm = js.Warmup(decay, 0.125, steps, curves.Linear())

    np.testing.assert_array_equal(warm(steps + np.arange(6)), decay(np.arange(6)))
    assert steps == 0 or float(warm(0)) == 0.125


def test_an_exponential_warmup_follows_its_schedule():
    """Another peak, and its warmup grows to that: by equal factors, as gradients know."""
    warm = js.exponential_warmup_schedule(js.Constant(1.0), 0.01, warmup_steps=10)
    other = warm.replace(schedule=js.Constant(100.0))
    slope = jax.grad(lambda s: s(5), allow_int=True)(warm).schedule.value

    np.testing.assert_allclose([warm(5), other(5), slope], [0.1, 1.0, 0.05], rtol=1e-6)


@pytest.mark.parametrize("wrong", [float("nan"), "5", None, True])
def test_boundaries_are_numbers(wrong):
    """Anything else is refused, by the name of the field."""
    with pytest.raises((TypeError, ValueError), match=r"Join\(boundaries=...\) must be"):
        js.Join([1.0, 2.0], [wrong])


@pytest.mark.parametrize("count", [0, 5, 10, 11])
@pytest.mark.parametrize("boundary", [0, 10])
@pytest.mark.parametrize("place", [0, 1])
def test_a_phase_without_length_poisons_nothing(place, boundary, count):
    """Nor a formula that is infinite at its count 0, left out by equal boundaries."""
    root = js.Wrapped(lambda t: 1 / jnp.sqrt(t.astype(jnp.float32)))

    def value(rate):
        phases = [js.Constant(rate)] * 3
        phases[place] = rate * root
        return js.Join(phases, [0 if place == 0 else boundary, boundary])(count)

    assert float(jax.jit(jax.grad(value))(jnp.float32(0.5))) == 1.0
