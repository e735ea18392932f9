"""Learnt schedules: gradients through training, memory, seeds, and a real task."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched.analysis import optimize
from jaxsched.analysis._optimize import _outcome, _surest
from jaxsched.analysis._unroll import unroll
from jaxsched.sweeps import paired_difference, run
from jaxsched.tasks import Digits, digits_loss, load_digits

KEY = jax.random.key(0)
LINE = js.Transition(0.1, 0.02, 12)


class SplitDigits(Digits):
    """Digits as they are, to be tested on images that the schedule is not learnt on."""

    def evaluate(self, state):
        images, labels = map(jnp.asarray, load_digits()[2:])
        halves = {"validation_loss": slice(0, 180), "test_loss": slice(180, None)}
        return {
            name: digits_loss(state.params, images[rows], labels[rows])
            for name, rows in halves.items()
        }


@dataclasses.dataclass(frozen=True)
class Descent:
    """Noisy descent into a valley that is steep in one direction."""

    factory: object = optax.sgd

    def init(self, schedule, key):
        x = jnp.ones(2)
        return x, self.optimizer(schedule).init(x), key

    def step(self, state):
        x, opt_state, key = state
        key, draw = jax.random.split(key)
        gradient = jnp.asarray([1.0, 0.1]) * x + 0.3 * jax.random.normal(draw, (2,))
        updates, opt_state = self.optimizer(0.0).update(gradient, opt_state, x)
        x = x + updates
        return (x, opt_state, key), {"loss": (jnp.asarray([1.0, 0.1]) * x * x).sum()}

    def optimizer(self, schedule):
        return js.scheduled(self.factory, learning_rate=schedule)


def learn(schedule, **options):
    settings = {"num_steps": 8, "key": KEY, "metric": "loss", "num_iterations": 20}
    return optimize(Descent(), schedule, **(settings | options))


@pytest.mark.parametrize("factory", [optax.sgd, optax.adamw])
def test_gradients_reach_the_schedule_through_the_state(factory):
    """Of a training of 12 updates, against differences in float64."""
    with jax.enable_x64(True):

        @jax.jit
        @jax.value_and_grad
        def f(v):
            schedule = js.Transition(v[0], v[1], 12)
            return _outcome(Descent(factory), "loss", 12, schedule, KEY)

        ends, h = np.asarray([0.1, 0.02]), 1e-6 * np.eye(2)
        got = np.asarray(f(ends)[1])
        differences = [float(f(ends + e)[0] - f(ends - e)[0]) / 2e-6 for e in h]

    np.testing.assert_allclose(got, differences, rtol=1e-6, atol=0)
    assert np.all(got != 0)


def test_gradients_of_a_network_are_those_of_differences():
    """Ten updates of the digits, a rate for each."""
    with jax.enable_x64(True):

        @jax.jit
        @jax.value_and_grad
        def f(v):
            return _outcome(Digits(), "validation_loss", 10, js.Table(v), KEY)

        rates, direction = np.full(10, 0.05), np.cos(np.arange(10.0))
        got = np.asarray(f(rates)[1]) @ direction
        h = 1e-7
        after, before = (float(f(rates + x * direction)[0]) for x in (h, -h))

    np.testing.assert_allclose(got, (after - before) / (2 * h), rtol=1e-5, atol=0)


@pytest.mark.parametrize("num_steps", [1, 2, 3, 4, 10, 16, 17])
def test_segments_do_not_change_a_loop(num_steps):
    """State, outputs and gradient are those of a plain scan."""
    inputs = jnp.linspace(0.1, 1.0, num_steps)

    def outcome(loop, x):
        def step(state, rate):
            return state * jnp.cos(rate * state), state + rate

        state, outputs = loop(step, jnp.asarray(2.0), x)
        return state + (outputs**2).sum(), outputs

    ours = jax.jit(jax.value_and_grad(functools.partial(outcome, unroll), has_aux=True))
    plain = jax.jit(
        jax.value_and_grad(functools.partial(outcome, jax.lax.scan), has_aux=True)
    )
    for got, expected in zip(
        jax.tree.leaves(ours(inputs)), jax.tree.leaves(plain(inputs)), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=0)


def test_memory_grows_as_the_root_of_the_length():
    """Four times the updates take twice the temporaries."""

    def needed(num_steps):
        f = jax.grad(functools.partial(_outcome, Digits(), "validation_loss", num_steps))
        analysis = jax.jit(f).lower(js.Constant(0.1), KEY).compile().memory_analysis()
        return analysis.temp_size_in_bytes

    short, long = (needed(num_steps) for num_steps in (64, 256))

    assert long < 2.2 * short


def test_the_best_of_several_starts_is_learnt():
    """Side by side, of any structures; and the best start is what it is compared with."""
    found = learn([0.001, 0.5, LINE])

    assert found.losses.shape == found.gradient_norms.shape == (3, 21)
    assert isinstance(found.start, js.Constant)
    np.testing.assert_allclose(found.start(0), 0.5, rtol=1e-6, atol=0)
    assert found.losses[0, 0] > found.losses[2, 0] > found.losses[1, 0]
    assert type(found.schedule) in (js.Constant, js.Transition)
    assert (found.losses.min(axis=1) < found.losses[:, 0]).all()
    assert found.comparison == paired_difference(
        found.result, "loss", 0, 1, method="student"
    )


def test_what_was_only_lucky_is_not_chosen():
    """A lead counts less two standard errors; what diverged is behind, NaN or not."""
    luck = np.asarray([0.0, 0.4, -0.4, 0.2, -0.2])
    start = 1.0 + np.asarray([0.3, -0.1, 0.2, 0.0, -0.4])
    lucky, sure, broken = start - 0.15 + luck, start - 0.1 + luck / 100, start * np.inf
    some = np.asarray([start, lucky, broken])
    many = np.asarray([start, lucky, sure])
    diverging = np.asarray([broken, start, sure])

    np.testing.assert_array_equal(_surest(np.asarray([some, many, diverging])), [0, 2, 2])
    np.testing.assert_array_equal(_surest(np.asarray([[[2.0], [1.0], [1.5]]])), [1])


def test_fresh_seeds_are_those_of_a_sweep_that_anyone_can_run_again():
    """On a key that neither learns nor chooses; nothing to learn is no lead."""
    found = learn(0.1, num_test_seeds=5, num_iterations=1, learning_rate=1e-9)
    fresh = jax.random.split(KEY, 3)[2]
    options = {"num_steps": 8, "num_seeds": 5, "progress": False}
    again = run(Descent(), [found.schedule, found.start], key=fresh, **options)

    np.testing.assert_array_equal(found.result.final("loss"), again.final("loss"))
    np.testing.assert_allclose(found.schedule(0), 0.1, rtol=1e-6, atol=0)
    assert abs(found.comparison.difference) < 1e-6
    assert found.comparison.num_seeds == 5


def test_zeros_signs_and_bounds_are_kept():
    """In every step of the descent."""
    start = js.Table([0.0, 0.1, 0.1, -0.01])
    found = learn(start, num_steps=4, learning_rate=0.5, max_value=0.15).schedule

    assert found.values[0] == 0 > found.values[3]
    assert 0 < min(found.values[1:3]) <= max(found.values[1:3]) <= np.float32(0.15)


def test_a_seed_that_explodes_does_not_carry_the_others_away():
    """Its gradient is as long as that of any other, or left out."""

    class Explosive(Descent):
        def step(self, state):
            state, metrics = super().step(state)
            bad = jax.random.bernoulli(state[2], 0.05)
            return state, {"loss": jnp.where(bad, 1e30, 1.0) * metrics["loss"]}

    starts = js.grid(lambda v: js.Transition(v, 0.02, 12), v=[0.01, 0.05])
    options = {"num_steps": 8, "key": KEY, "metric": "loss", "num_iterations": 20}
    found = optimize(Explosive(), starts, where=lambda s: s.init_value, **options)
    line = found.schedule

    assert found.losses.shape == (2, 21)
    assert np.isfinite(found.losses).all()
    assert (found.gradient_norms <= 1 + 1e-6).all()
    # What is not chosen stays as it is.
    assert line.init_value not in (0.01, 0.05)
    assert (np.float32(line.end_value), line.transition_steps) == (np.float32(0.02), 12)


def test_digits_beat_their_start_on_fresh_seeds():
    """A line at a middling peak is beaten, also on images that nothing was learnt on."""
    start = js.Transition(0.05, 0.005, 36)
    found = optimize(
        SplitDigits(), start, num_steps=36, key=KEY, num_seeds=4, num_iterations=20
    )
    for metric in ("validation_loss", "test_loss"):
        lead = paired_difference(found.result, metric, 0, 1, method="student")

        assert lead.high < -0.1
        assert (lead.num_better, lead.num_diverged) == (16, 0)
    assert found.comparison.p_value < 1e-3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"num_steps": 0}, ValueError, "num_steps=...\\) must be an integer above 0"),
        ({"num_iterations": 0}, ValueError, "num_iterations=...\\) must be an integer"),
        ({"num_seeds": 0}, ValueError, "num_seeds=...\\) must be an integer above 0"),
        ({"max_norm": 0.0}, ValueError, "max_norm=...\\) must be above 0"),
        ({"learning_rate": -1}, ValueError, "learning_rate=...\\) must be above 0"),
        ({"metric": "accuracy"}, KeyError, "'accuracy' must be one of loss"),
        ({"schedule": 1e30, "num_steps": 20}, ValueError, "start that does not diverge"),
        ({"schedule": np.cos}, ValueError, "optimize needs real numbers to learn"),
        ({"max_value": 0.01}, ValueError, "a start of at most max_value"),
        ({"schedule": []}, ValueError, "must not be empty"),
    ],
)
def test_wrong_arguments_raise(options, error, message):
    """Who, what is required, what came."""
    with pytest.raises(error, match=message):
        learn(**({"schedule": 0.1} | options))


def test_a_metric_without_a_gradient_is_refused():
    """An accuracy does not say where to go."""

    class Counted(Descent):
        def evaluate(self, state):
            return {"accuracy": (state[0] > 0).mean()}

    with pytest.raises(ValueError, match="must have a gradient with respect to the sched"):
        optimize(Counted(), 0.1, num_steps=2, key=KEY, metric="accuracy", num_iterations=1)
