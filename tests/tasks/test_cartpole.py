"""The pole: its physics, its episodes, and that a policy learns to balance it."""

import dataclasses
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
NUM_STEPS = 40
RATE = js.Transition(0.1, 0.0, NUM_STEPS)


def gym_step(state, action):
    """Gym's CartPole-v1 in its own words and order, in float64."""
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
    """From random states, a push either way: to the rounding of float64."""
    rng = np.random.default_rng(0)
    states = rng.uniform([-2.5, -3, -0.25, -3], [2.5, 3, 0.25, 3], (300, 4))
    actions = rng.integers(0, 2, 300)
    expected = [gym_step(s, a) for s, a in zip(states, actions, strict=True)]
    after, failed = (np.asarray(x) for x in zip(*expected, strict=True))

    with jax.enable_x64(True):
        found = push(jnp.asarray(states), jnp.asarray(actions) == 1)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, after, rtol=1e-12, atol=1e-15)
        np.testing.assert_array_equal(has_failed(jnp.asarray(after)), failed)
    assert 0.1 < failed.mean() < 0.9


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("sign", [-1, 1])
def test_an_episode_ends_beyond_the_limits(axis, sign):
    limit = (2.4, None, 12 * np.pi / 180)[axis]
    carts = np.zeros((2, 4), np.float32)
    carts[:, axis] = sign * limit * np.asarray([1 - 1e-6, 1 + 1e-6])

    np.testing.assert_array_equal(has_failed(jnp.asarray(carts)), [False, True])


def test_episodes():
    """They begin near the middle, go on by the physics, and end where they fail."""
    params = CartPole().init(js.Constant(0.1), KEY).params
    played = jax.tree.map(np.asarray, play(params, KEY, 6, 500))

    assert played.seen.shape == (500, 6, 4)
    assert np.abs(played.seen[0]).max() <= 0.05
    assert (played.alive[0] == 1).all()
    lengths = played.alive.sum(axis=0).astype(int)
    assert 8 <= lengths.min() < lengths.max() < 500
    for episode, length in enumerate(lengths):
        alive = played.alive[:, episode]
        assert (alive[:length] == 1).all()
        assert (alive[length:] == 0).all()
        for t in range(length):
            after, failed = gym_step(played.seen[t, episode], played.actions[t, episode])
            assert failed == (t == length - 1)
            if not failed:
                np.testing.assert_allclose(
                    played.seen[t + 1, episode], after, rtol=1e-4, atol=1e-6
                )


def test_an_episode_that_does_not_fail_ends_after_its_last_step():
    """A push against the fall, whichever way: 500 steps, no more."""
    params = {
        "hidden": jnp.asarray([[0.01], [0.05], [1.0], [0.5]]), "bias": jnp.zeros(1),
        "out": jnp.asarray([1e4]),
    }  # fmt: skip

    assert play(params, KEY, 5, 500).alive.sum(axis=0).tolist() == [500] * 5


def test_actions_are_drawn_from_the_policy():
    """Of a policy that wants to go right with 3/4, about that share."""
    params = {"hidden": jnp.zeros((4, 1)), "bias": jnp.full(1, 9.0),
              "out": jnp.log(jnp.full(1, 3.0))}  # fmt: skip
    played = play(params, KEY, 400, 8)

    assert float(played.actions.mean()) == pytest.approx(0.75, abs=0.03)


@dataclasses.dataclass(frozen=True)
class Counted(CartPole):
    """Tells how often its step is traced."""

    traces: list = dataclasses.field(default_factory=list, compare=False)

    def step(self, state):
        self.traces.append(1)
        return super().step(state)


@pytest.fixture(scope="module")
def trained():
    """Plans with one rate: without a bonus, with one that ends halfway, one that stays."""
    half = NUM_STEPS // 2
    bonuses = [js.Transition(b, e, half) for b, e in [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5)]]
    plans = [js.bundle(learning_rate=RATE, entropy=bonus) for bonus in bonuses]
    return sweeps.run(
        CartPole(), plans, num_steps=NUM_STEPS, num_seeds=6, key=KEY, progress=False
    )


def test_one_program_serves_all_plans():
    """Other numbers in both schedules, and the step is not traced again."""
    task, options = Counted(max_steps=20), {"num_steps": 2, "key": KEY, "progress": False}
    plans = [
        js.bundle(learning_rate=js.Transition(peak, 0.0, 2), entropy=bonus)
        for peak, bonus in [(0.1, 0.0), (0.2, 0.3), (0.4, 0.1), (0.8, 0.2)]
    ]
    sweeps.run(task, plans[:2], **options)
    traced = len(task.traces)
    sweeps.run(task, plans[2:], **options)

    assert 1 <= len(task.traces) == traced


def test_it_learns(trained):
    """From about 25 moments to more than 400 of 500 with most seeds, to 60 with each."""
    returns = trained.curves["return"][0]
    last = returns[:, -5:]

    assert (trained.curves["return"][..., :3].mean(axis=-1) < 60).all()
    assert np.median(last.mean(axis=-1)) > 400
    assert (last.mean(axis=-1) > 60).all()
    assert np.median(trained.final("validation_return")[0]) > 400


def test_the_bonus_keeps_the_policy_open(trained):
    """While it lasts; a policy of two actions has at most ln 2 nats."""
    entropy = trained.curves["entropy"]
    (_, early, _), (none, late, always) = (
        entropy[..., part].mean(axis=(1, 2)) for part in (slice(5, 15), slice(-5, None))
    )

    assert none < late < always <= np.log(2)
    assert early > 0.6 > late
    assert always > 0.6


def test_the_rates_are_those_of_the_plan(trained):
    np.testing.assert_allclose(
        trained.curves["learning_rate"][1, 0], RATE(jnp.arange(NUM_STEPS)), rtol=1e-6
    )


@pytest.mark.parametrize("plan", [RATE, js.bundle(learning_rate=RATE)])
def test_without_a_bonus_of_its_own_the_plan_takes_the_task_s(plan):
    """A schedule alone, or a plan without it: as if the plan had it."""
    bonus = js.Transition(0.3, 0.1, 5)
    task = CartPole(entropy=bonus, max_steps=40)
    both = CartPole(max_steps=40), js.bundle(learning_rate=RATE, entropy=bonus)
    states = [jax.jit(t.step)(t.init(p, KEY))[0].params for t, p in ((task, plan), both)]

    for one, other in zip(*map(jax.tree.leaves, states), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_plan_for_something_else_is_refused():
    """Rather than trained without it."""
    with pytest.raises(ValueError, match=r"one of 'learning_rate', 'entropy', got 'b1'"):
        CartPole().init(js.bundle(learning_rate=0.1, b1=0.9), KEY)
    with pytest.raises(KeyError, match="no 'learning_rate'"):
        CartPole().init(js.bundle(entropy=0.1), KEY)


def test_the_update_is_reinforce():
    """Of a batch, by hand: gains times gradients of logarithms, and the bonus."""
    plan = js.bundle(learning_rate=1.0, entropy=0.2)
    task = CartPole(optax.sgd, batch_size=3, max_steps=30)
    state = task.init(plan, KEY)
    after, metrics = jax.jit(task.step)(state)
    played = jax.tree.map(
        np.asarray, play(state.params, jax.random.split(state.key)[1], 3, 30)
    )
    alive = played.alive.astype(np.float64)
    returns = np.zeros_like(alive)
    for t in range(29, -1, -1):
        returns[t] = alive[t] + (0.99 * returns[t + 1] if t < 29 else 0)
    known = alive > 0
    gains = returns - returns.mean(axis=1, keepdims=True)
    gains /= np.sqrt((gains[known] ** 2).mean())

    def loss(params):
        odds = jnp.tanh(played.seen @ params["hidden"] + params["bias"]) @ params["out"]
        right = jax.nn.sigmoid(odds)
        chance = jnp.where(played.actions, right, 1 - right)
        entropy = -right * jnp.log(right) - (1 - right) * jnp.log(1 - right)
        return -jnp.where(known, gains * jnp.log(chance) + 0.2 * entropy, 0).sum() / (
            known.sum()
        )

    assert 3 * 30 > known.sum() > 3 * 8
    value, slope = jax.value_and_grad(loss)(state.params)
    np.testing.assert_allclose(metrics["loss"], value, rtol=1e-4)
    for name, weights in state.params.items():
        moved = weights - after.params[name]
        np.testing.assert_allclose(moved, slope[name], rtol=2e-3, atol=2e-6)


def test_a_batch_without_a_difference_moves_nothing():
    """Episodes of one moment: no gain, no bonus, no division by zero."""
    task = CartPole(max_steps=1)
    state = task.init(js.bundle(learning_rate=0.1, entropy=0.0), KEY)
    after, metrics = task.step(state)

    assert float(metrics["loss"]) == 0.0
    for one, other in zip(*map(jax.tree.leaves, (state.params, after.params)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("optimizer", "peak"),
    [
        (optax.adam, 0.1),
        (functools.partial(optax.sgd, momentum=0.9), 2.0),
        (optax.rmsprop, 0.05),
    ],
    ids=["adam", "momentum", "rmsprop"],
)
def test_it_trains_with_an_optimizer(optimizer, peak):
    """To three times the length of the first episodes in 40 updates, of 200 at most."""
    result = sweeps.run(
        CartPole(optimizer, max_steps=200), [js.Constant(peak)], num_steps=40,
        num_seeds=3, chunk_steps=40, key=KEY, progress=False,
    )  # fmt: skip

    first = result.curves["return"][..., :2].mean()
    assert result.final("validation_return").mean() > 3 * first
