"""Noisy quadratics, against NumPy, sampled SGD, closed forms and published ratios."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched.analysis import (
    AnnealingLaw,
    NoisyQuadratic,
    optimal_schedule,
    power_law_quadratic,
)

from .tasks_of_the_lab import HARD

SMALL = NoisyQuadratic([1.0, 0.5, 0.1], [1.0, 2.0, 4.0], noise=0.5, batch_size=4.0)
RATE = js.Transition(0.7, 0.1, 12)
MOMENTUM = js.Transition(0.85, 0.95, 12)


def by_hand(task, rates, momenta):
    """Each eigenvalue's 2 x 2 matrix of moments of distance and velocity, in float64."""
    eigenvalues, moments = (np.asarray(x, float) for x in (task.eigenvalues, task.moments))
    state = np.zeros((len(eigenvalues), 2, 2))
    state[:, 0, 0] = moments
    losses = [eigenvalues @ moments / 2]
    for rate, momentum in zip(rates, momenta, strict=True):
        variance = task.noise + eigenvalues @ state[:, 0, 0]
        for i, eigenvalue in enumerate(eigenvalues):
            velocity = np.array([eigenvalue, momentum])
            turn = np.array([[1.0, 0.0] - rate * velocity, velocity])
            shake = np.array([-rate, 1.0])
            noise = eigenvalue * variance / task.batch_size * np.outer(shake, shake)
            state[i] = turn @ state[i] @ turn.T + noise
        losses.append(eigenvalues @ state[:, 0, 0] / 2)
    return np.asarray(losses)


@pytest.mark.parametrize("momentum", [None, 0.0, MOMENTUM])
@pytest.mark.parametrize("num_steps", [1, 2, 3, 17])
def test_losses_are_those_of_the_moments_by_hand(num_steps, momentum):
    """At every count, whatever is left over of the segments of the loop."""
    with jax.enable_x64(True):
        counts = np.arange(num_steps)
        momenta = js.as_schedule(0.0 if momentum is None else momentum)(counts)
        expected = by_hand(SMALL, np.asarray(RATE(counts)), np.asarray(momenta))
        got = SMALL.expected_losses(RATE, num_steps, momentum=momentum)
        last = SMALL.expected_loss(RATE, num_steps, momentum=momentum)

        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=0)
        assert last == got[-1]


def sampled(task, num_steps, num_seeds, momentum):
    """Real SGD on real examples, whose features are 0 half of the time."""
    optimizer = js.scheduled(optax.sgd, learning_rate=RATE, momentum=momentum)
    eigenvalues = jnp.asarray(task.eigenvalues)
    batch = int(task.batch_size)

    def error(distance, features, noise):
        return ((features @ distance - noise) ** 2).mean() / 2

    def step(carry, key):
        distance, state = carry
        draws = jax.random.randint(key, (batch, eigenvalues.size), -1, 3)
        features = jnp.where(draws == 2, 0, draws) * jnp.sqrt(2 * eigenvalues)
        noise = jax.random.normal(jax.random.fold_in(key, 1), (batch,)) * task.noise**0.5
        gradient = jax.grad(error)(distance, features, noise)
        updates, state = optimizer.update(gradient, state, distance)
        return (distance + updates, state), None

    def run(key):
        distance = jnp.sqrt(jnp.asarray(task.moments))
        keys = jax.random.split(key, num_steps)
        (distance, _), _ = jax.lax.scan(step, (distance, optimizer.init(distance)), keys)
        return eigenvalues @ distance**2 / 2

    return np.asarray(
        jax.jit(jax.vmap(run))(jax.random.split(jax.random.key(0), num_seeds))
    )


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_the_mean_of_sampled_sgd_is_the_expected_loss(momentum):
    """Of 40 000 runs, within three standard errors, each under 2%."""
    num_steps, num_seeds = 12, 40_000
    losses = sampled(SMALL, num_steps, num_seeds, momentum)
    expected = float(SMALL.expected_loss(RATE, num_steps, momentum=momentum))
    error = losses.std() / num_seeds**0.5

    assert error < 0.02 * expected
    assert abs(losses.mean() - expected) < 3 * error


def test_every_number_can_be_differentiated():
    """Of task, rate and momentum, against differences in float64."""

    def loss(numbers):
        task, rate, momentum = numbers
        return task.expected_loss(rate, 12, momentum=momentum)

    with jax.enable_x64(True):
        numbers = (SMALL, js.Table([0.7, 0.5, 0.3]), js.Constant(0.9))
        leaves, structure = jax.tree.flatten(jax.tree.map(jnp.asarray, numbers))
        flat, unravel = jax.flatten_util.ravel_pytree(leaves)
        f = jax.jit(lambda x: loss(jax.tree.unflatten(structure, unravel(x))))
        h = 1e-5 * np.eye(flat.size)
        differences = [(f(flat + e) - f(flat - e)) / 2e-5 for e in h]

        np.testing.assert_allclose(jax.grad(f)(flat), differences, rtol=1e-7, atol=0)


def test_tasks_and_schedules_can_be_batched():
    """Lane by lane what they are alone; one trace for all numbers."""
    traces = []

    @jax.jit
    def losses(task, rate):
        traces.append(None)
        return task.expected_losses(rate, 12)

    tasks = [power_law_quadratic(b, 0.5, size=5, noise=1.0, batch_size=2) for b in (1, 2)]
    rates = [js.Transition(0.7, 0.1, 12), js.Transition(0.2, 0.0, 6)]
    alone = [losses(task, rate) for task, rate in zip(tasks, rates, strict=True)]
    stacked = jax.tree.map(lambda *x: jnp.stack(list(map(jnp.asarray, x))), *tasks)
    together = jax.vmap(losses)(stacked, js.stack(rates))

    np.testing.assert_allclose(together, jnp.stack(alone), rtol=1e-6, atol=0)
    assert len(traces) == 2


@pytest.mark.parametrize("momentum", [None, 0.9])
def test_what_diverges_is_infinite_for_ever(momentum):
    """Even if the rate falls to 0 after it; the gradient is 0, not NaN."""
    rate = js.Join([30.0, 0.0], [100])
    losses = np.asarray(SMALL.expected_losses(rate, 150, momentum=momentum))
    slope = jax.grad(lambda r: SMALL.expected_loss(r, 150, momentum=momentum))
    first = np.isinf(losses).argmax()

    assert 0 < first < 20
    assert np.isfinite(losses[:first]).all()
    assert np.isposinf(losses[first:]).all()
    assert not any(map(np.any, jax.tree.leaves(slope(js.Table(rate(np.arange(150)))))))


def test_a_rate_that_is_no_number_is_not_taken_for_a_divergence():
    """It gives NaN, wherever in the run it is."""
    rate = js.Wrapped(lambda count: jnp.where(count == 3, jnp.nan, 0.1))

    assert np.isfinite(SMALL.expected_losses(rate, 3)).all()
    assert np.isnan(SMALL.expected_losses(rate, 4)).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: SMALL.replace(eigenvalues=[1.0, 0.5, 0.0]),
            "eigenvalues=...\\) must be above",
        ),
        (
            lambda: SMALL.replace(moments=[1.0, -1.0, 1.0]),
            "moments=...\\) must be 0 or more",
        ),
        (
            lambda: SMALL.replace(moments=[1.0]),
            "must have 3 entries for 3 eigenvalues, got 1",
        ),
        (lambda: SMALL.replace(moments=[np.nan] * 3), "must be a number, got"),
        (lambda: SMALL.replace(moments=1.0), r"moments in one row, got shape \(\)"),
        (lambda: SMALL.replace(noise=-1.0), "noise=...\\) must be 0 or more"),
        (lambda: SMALL.replace(batch_size=0), "batch_size=...\\) must be above 0"),
        (lambda: NoisyQuadratic([], [], 1.0, 1.0), "eigenvalues=...\\) must not be empty"),
        (
            lambda: SMALL.expected_loss(0.1, 0),
            "num_steps=...\\) must be an integer above 0",
        ),
        (lambda: HARD.task(0), "size=...\\) must be an integer above 0"),
        (lambda: optimal_schedule(SMALL, 0.1, 0), "num_steps=...\\) must be an integer"),
        (lambda: optimal_schedule(SMALL, np.cos, 9), "needs real numbers to learn"),
        (
            lambda: optimal_schedule(SMALL, RATE, 9, where=lambda s: s.transition_steps),
            "needs real numbers to learn, got \\[12\\]",
        ),
        (lambda: optimal_schedule(SMALL, 99.0, 99), "does not diverge, got Constant"),
        (
            lambda: optimal_schedule(SMALL, 0.5, 9, max_value=0.1),
            "a start of at most max_v",
        ),
    ],
)
def test_wrong_arguments_raise(make, message):
    """Who, what is required, what came."""
    with pytest.raises(ValueError, match=message):
        make()


def test_whole_numbers_are_floats():
    """So that they can be differentiated."""
    task = NoisyQuadratic([2, 1], np.asarray([1, 1]), noise=1, batch_size=2)

    assert all(
        jnp.issubdtype(jnp.result_type(x), jnp.floating) for x in jax.tree.leaves(task)
    )
    np.testing.assert_allclose(task.expected_loss(0.5, 1), 1.375, rtol=1e-6, atol=0)


def test_the_best_rate_of_a_single_update():
    """The loss is a parabola in it, whose lowest point is known."""
    e, m = np.asarray(SMALL.eigenvalues), np.asarray(SMALL.moments)
    variance = SMALL.noise + e @ m
    exact = (e**2 @ m) / (e**3 @ m + e @ e * variance / SMALL.batch_size)
    with jax.enable_x64(True):
        found = optimal_schedule(SMALL, 0.1, 1)

        np.testing.assert_allclose(found.schedule(0), exact, rtol=1e-5, atol=0)
        assert found.losses[0] == SMALL.expected_loss(0.1, 1)
        assert found.losses.min() == SMALL.expected_loss(found.schedule, 1)


def test_only_what_is_chosen_is_learnt():
    """By real numbers of the schedule; zeros stay, and bounds hold."""
    start = js.warmup_stable_decay_schedule(
        0.0, 0.1, 0.01, warmup_steps=3, stable_steps=6, decay_steps=3
    )
    free = optimal_schedule(SMALL, start, 12, num_iterations=30)
    bounded = optimal_schedule(SMALL, start, 12, num_iterations=30, max_value=0.2)
    line = optimal_schedule(SMALL, RATE, 12, where=lambda s: s.end_value).schedule

    assert free.losses.min() < bounded.losses.min() < free.losses[0]
    assert free.schedule(0) == bounded.schedule(0) == 0
    assert free.schedule(6) > 0.2 >= bounded.schedule(np.arange(12)).max()
    assert (line.init_value, line.transition_steps) == (RATE.init_value, 12)
    assert line.end_value != RATE.end_value


def test_the_optimum_is_a_function_of_its_task():
    """One for each of a batch of tasks."""
    noise = jnp.asarray([0.1, 1.0])
    tasks = jax.vmap(lambda n: SMALL.replace(noise=n))(noise)

    def optimum(task):
        return optimal_schedule(task, RATE, 12, num_iterations=30)

    both = jax.vmap(optimum, in_axes=(jax.tree.map(lambda _: 0, tasks),))(tasks)
    alone = optimum(SMALL.replace(noise=1.0))
    got = js.unstack(both.schedule)[1](np.arange(12))

    np.testing.assert_allclose(got, alone.schedule(np.arange(12)), rtol=1e-5, atol=0)


def test_a_loss_below_zero_falls_on():
    """A law can say one; the descent does not turn round there."""
    law = AnnealingLaw(0.01, 0.5, 0.5, 30.0, 0.99)
    found = optimal_schedule(law, RATE, 50, num_iterations=20)

    assert found.losses[0] < 0
    assert found.losses[-1] < 2 * found.losses[0]
    assert found.schedule.init_value > RATE.init_value
