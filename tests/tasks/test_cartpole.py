"""The pole: its physics, its episodes, and that a policy learns to balance it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import sweeps
from jaxsched.tasks import CartPole, has_failed, play, push

KEY = jax.random.key(1)


def gym_step(state, action):
    """Gym's CartPole in its own words and order, in float64."""
    gravity, masscart, masspole, length, force_mag, tau = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
    total_mass, polemass_length = masspole + masscart, masspole * length
    x, x_dot, theta, theta_dot = state
    force = force_mag if action == 1 else -force_mag
    costheta, sintheta = np.cos(theta), np.sin(theta)
    temp = (force + polemass_length * theta_dot**2 * sintheta) / total_mass
    thetaacc = (gravity * sintheta - costheta * temp) / (
        length * (4.0 / 3.0 - masspole * costheta**2 / total_mass)
    )
    xacc = temp - polemass_length * thetaacc * costheta / total_mass
    state = (
        x + tau * x_dot,
        x_dot + tau * xacc,
        theta + tau * theta_dot,
        theta_dot + tau * thetaacc,
    )
    theta_max = 12 * 2 * np.pi / 360
    return state, abs(state[0]) > 2.4 or abs(state[2]) > theta_max


def test_physics():
    """From random states, one push either way; and where an episode fails."""
    rng = np.random.default_rng(0)
    states = rng.uniform([-2.5, -3, -0.25, -3], [2.5, 3, 0.25, 3], (300, 4))
    actions = rng.integers(0, 2, 300)
    expected = [gym_step(s, a) for s, a in zip(states, actions, strict=True)]
    after = push(jnp.asarray(states, jnp.float32), jnp.asarray(actions) == 1)

    np.testing.assert_allclose(after, [s for s, _ in expected], rtol=1e-5, atol=1e-6)
    failed = [f for _, f in expected]
    exact = jnp.asarray([s for s, _ in expected], jnp.float32)
    assert 0.1 < np.mean(failed) < 0.9
    np.testing.assert_array_equal(has_failed(exact), failed)


def test_episodes():
    """They begin near the middle, go on by the physics, and end where they fail."""
    params = CartPole().init(js.Constant(0.1), KEY).params
    played = jax.tree.map(np.asarray, play(params, KEY, 6, 200))

    assert played.seen.shape == (200, 6, 4)
    assert np.abs(played.seen[0]).max() <= 0.05
    assert (played.alive[0] == 1).all()
    lengths = played.alive.sum(axis=0).astype(int)
    assert 8 <= lengths.min() < lengths.max() < 200
    for episode, length in enumerate(lengths):
        assert (played.alive[:length, episode] == 1).all()
        for t in range(length - 1):
            after, failed = gym_step(played.seen[t, episode], played.actions[t, episode])
            np.testing.assert_allclose(
                played.seen[t + 1, episode], after, rtol=1e-4, atol=1e-6
            )
            assert not failed
        last = length - 1
        assert gym_step(played.seen[last, episode], played.actions[last, episode])[1]


def test_actions_are_drawn_from_the_policy():
    """Of a policy that wants to go right with 3/4, about that share."""
    params = {
        "hidden": jnp.zeros((4, 2)), "bias": jnp.ones(2) * 9,
        "out": jnp.asarray([[0.0, jnp.log(3.0)], [0.0, 0.0]]),
    }  # fmt: skip
    played = play(params, KEY, 400, 8)

    assert float(played.actions.mean()) == pytest.approx(0.75, abs=0.03)


@pytest.fixture(scope="module")
def trained():
    """A constant rate, and a plan whose bonus is large to the end; four seeds."""
    rate = js.Transition(0.02, 0.0, 150)
    plans = [
        js.bundle(learning_rate=rate, entropy=0.0),
        js.bundle(learning_rate=rate, entropy=js.Transition(0.3, 0.1, 150)),
    ]
    return sweeps.run(
        CartPole(), plans, num_steps=150, num_seeds=4, key=KEY, progress=False
    )


def test_it_learns(trained):
    """From about 20 moments to more than 150 of 200, with each seed."""
    assert (trained.curves["return"][..., :3].mean() < 60).all()
    assert (trained.final("validation_return")[0] > 150).all()


def test_the_bonus_keeps_the_policy_open(trained):
    """A policy with it is less sure; one coin has ln 2 nats."""
    plain, open_ = trained.curves["entropy"][:, :, -20:].mean(axis=(1, 2))

    assert plain < 0.5 < open_ <= np.log(2)


def test_the_rates_are_those_of_the_plan(trained):
    np.testing.assert_allclose(
        trained.curves["learning_rate"][1, 0],
        js.Transition(0.02, 0.0, 150)(jnp.arange(150)),
        rtol=1e-6,
    )


def test_a_schedule_alone_has_a_small_bonus():
    """0.01, as a plan with it."""
    plan = js.bundle(learning_rate=0.02, entropy=0.01)
    for schedule in (js.Constant(0.02), plan):
        state = CartPole().init(schedule, KEY)
        state, metrics = jax.jit(CartPole().step)(state)
        found = jax.tree.leaves(state.params)
        if schedule is not plan:
            before, loss = found, metrics["loss"]
    for one, other in zip(before, found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    np.testing.assert_allclose(loss, metrics["loss"], rtol=1e-6)


def test_gradient_is_reinforce():
    """Of a batch by hand: gains times gradients of logarithms, and the bonus."""
    plan = js.bundle(learning_rate=1.0, entropy=0.2)
    task = CartPole(optax.sgd, batch_size=3, max_steps=30)
    state = task.init(plan, KEY)
    after, _ = task.step(state)
    played = jax.tree.map(
        np.asarray, play(state.params, jax.random.split(state.key)[1], 3, 30)
    )
    alive = played.alive.astype(np.float64)
    returns = np.zeros_like(alive)
    later = np.zeros(3)
    for t in range(29, -1, -1):
        later = alive[t] + 0.99 * later
        returns[t] = later
    known = alive > 0
    gain = (returns - returns[known].mean()) / (returns[known].std() + 1e-6)

    def objective(params):
        logits = jnp.tanh(played.seen @ params["hidden"] + params["bias"]) @ params["out"]
        chance = jax.nn.softmax(logits)
        chosen = jnp.take_along_axis(chance, played.actions[..., None], -1)[..., 0]
        entropy = -(chance * jnp.log(chance)).sum(-1)
        return (
            jnp.where(known, gain * jnp.log(chosen) + 0.2 * entropy, 0).sum() / known.sum()
        )

    slope = jax.grad(objective)(state.params)
    for name in state.params:
        moved = after.params[name] - state.params[name]
        np.testing.assert_allclose(moved, slope[name], rtol=2e-3, atol=2e-6)


@pytest.mark.parametrize(
    ("optimizer", "peak"),
    [(functools.partial(optax.sgd, momentum=0.9), 0.3), (optax.rmsprop, 0.01)],
    ids=["momentum", "rmsprop"],
)
def test_it_trains_with_other_optimizers(optimizer, peak):
    """To twice the length of the first episodes in 60 updates."""
    result = sweeps.run(
        CartPole(optimizer), [js.Constant(peak)], num_steps=60, num_seeds=3, key=KEY,
        progress=False,
    )  # fmt: skip
    lengths = result.curves["return"][0].mean(axis=0)

    assert lengths[-10:].mean() > 2 * lengths[:3].mean()
