"""Polyak's step against its formula in double precision, and against optax's."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

ONES = jnp.ones(2)


def formula(value, gradient, *, max_value=1.0, damping=0.5, optimum=0.0):
    """The rate for one loss and its gradient, in double precision."""
    gap = float(value) - optimum
    norm = np.sum(np.square(np.asarray(gradient, np.float64)))
    if gap <= 0:
        return 0.0
    return max_value if norm == 0 else min(gap / (damping * norm), max_value)


def rates(values, gradients, **numbers):
    """The rate of an optimizer for each loss and gradient, as it used it and shows it."""
    optimizer = js.scheduled(optax.sgd, learning_rate=js.PolyakStep(**numbers))
    update = jax.jit(optimizer.update)
    state, found = optimizer.init(ONES), []
    for value, gradient in zip(values, gradients, strict=True):
        gradient = jnp.asarray(gradient, jnp.float32)
        _, state = update(gradient, state, ONES, value=value)
        found.append(float(js.hyperparams(state)["learning_rate"]))
    return found


# The formula.


@pytest.mark.parametrize(
    ("max_value", "expected"), [(10.0, [3.0, 3.0]), (0.2, [0.6, 1.08, 1.464])]
)
def test_known_trace(max_value, expected):
    """On (x - 3)²/2 from 0: solved at once, or by steps of the ceiling."""
    rate = js.PolyakStep(max_value=max_value)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    x, found = jnp.float32(0.0), []
    state = optimizer.init(x)

    @jax.jit
    def step(x, state):
        value, grads = jax.value_and_grad(lambda x: (x - 3) ** 2 / 2)(x)
        updates, state = optimizer.update(grads, state, x, value=value)
        return optax.apply_updates(x, updates), state

    for _ in expected:
        x, state = step(x, state)
        found.append(float(x))

    np.testing.assert_allclose(found, expected, rtol=5e-7, atol=0)


def test_follows_the_formula():
    """Five hundred losses, gradients and settings of any size, at once."""
    rng, num = np.random.default_rng(0), 500
    values = rng.choice([-1, 1, 1, 1], num) * np.exp(rng.normal(scale=3, size=num))
    gradients = rng.normal(size=(num, 7)) * np.exp(rng.normal(scale=3, size=(num, 1)))
    gradients[:20] = 0
    numbers = {
        "max_value": np.exp(rng.normal(scale=3, size=num)),
        "damping": rng.uniform(0.1, 2, num),
        "optimum": rng.choice([0, -0.5, 0.3], num),
    }
    values, gradients = np.float32(values), np.float32(gradients)
    numbers = {k: np.float32(v) for k, v in numbers.items()}

    @jax.vmap
    def one(rate, value, gradient):
        updates = {"a": gradient[:3], "b": gradient[3:]}
        state = rate.update(rate.init(), value=value, updates=updates)
        return rate(state), rate(rate.init(), value=value, updates=updates)

    after, at_once = one(js.PolyakStep(**numbers), values, gradients)
    expected = [
        formula(values[i], gradients[i], **{k: float(v[i]) for k, v in numbers.items()})
        for i in range(num)
    ]

    ceiling = np.asarray(expected, np.float32) == numbers["max_value"]
    assert 50 < np.sum(ceiling) < 400
    assert 50 < np.sum(np.asarray(expected) == 0) < 400
    np.testing.assert_allclose(at_once, expected, rtol=3e-6, atol=0)
    np.testing.assert_array_equal(after, at_once)


@pytest.mark.parametrize("damping", [1.0, 0.8])
@pytest.mark.parametrize(("max_value", "optimum"), [(0.3, 0.0), (9.0, 0.0), (9.0, 0.05)])
def test_trains_as_optax(max_value, optimum, damping):
    """As `optax.polyak_sgd`, which takes the norm of the scaled gradient.

    So its `scaling` divides the step, whatever its formula says, and scales its ceiling.
    """
    rng = np.random.default_rng(1)
    inputs, start, labels = (rng.normal(size=s) for s in [(20, 4), 4, 20])
    rate = js.PolyakStep(max_value=max_value, damping=damping, optimum=optimum)
    ours = js.scheduled(optax.sgd, learning_rate=rate)
    theirs = optax.polyak_sgd(max_value / damping, damping, optimum, variant="sps+")

    def points(optimizer):
        def step(carry, _):
            x, state = carry
            value, grads = jax.value_and_grad(loss)(x)
            updates, state = optimizer.update(grads, state, x, value=value)
            x = optax.apply_updates(x, updates)
            return (x, state), x

        x = jnp.asarray(start)
        return jax.lax.scan(step, (x, optimizer.init(x)), length=10)[1]

    def loss(x):
        return jnp.mean(jnp.log(jnp.cosh(jnp.asarray(inputs) @ x - labels)))

    with jax.enable_x64(True):
        got, expected = points(ours), points(theirs)
        assert loss(got[-1]) < 0.8 * loss(start)

    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=0)


def test_rides_on_a_schedule():
    """The rate is the schedule times the step."""
    rate = js.linear_schedule(1.0, 0.5, 2) * js.PolyakStep(max_value=10.0)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    state, used = optimizer.init(ONES), []
    for value in (1.0, 1.0, 3.0):
        updates, state = optimizer.update(ONES, state, ONES, value=value)
        used.append(-float(updates[0]))

    np.testing.assert_allclose(used, [1, 0.75, 1.5], rtol=1e-6)


# What may happen to losses and gradients.


def test_at_and_below_the_optimum():
    """No step, whatever the gradient."""
    numbers = {"max_value": 10.0, "optimum": 0.5}
    gradients = [[1, 1], [1, 1], [0, 0], [1, 1], [0, 0]]

    assert rates([0.5, -7.0, 0.5, 1.5, 1.5], gradients, **numbers) == [0, 0, 0, 1, 10]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_leaves_the_rate(bad):
    """A loss or a gradient; before the first good one the rate is 0."""
    values = [bad, 1.0, bad, 1.0, 3.0]
    gradients = [[1, 1], [1, 1], [1, 1], [1, bad], [1, 1]]

    assert rates(values, gradients, max_value=10.0) == [0, 1, 1, 1, 3]


def test_sizes_at_the_ends_of_single_precision():
    """Finite where a square underflows, and where the quotient would overflow."""
    got = rates([1.0, 1e30, 1e-30], [[1e-30, 0], [1e-15, 0], [1e15, 0]], max_value=4.0)

    assert got == [4.0, 4.0, 0.0]


def test_short_floats():
    """Squares of bfloat16 gradients are summed in single precision."""
    ones = jnp.ones(100_000, jnp.bfloat16)
    optimizer = js.scheduled(optax.sgd, learning_rate=js.PolyakStep(max_value=10.0))
    start = optimizer.init(ones)
    updates, state = optimizer.update(ones, start, ones, value=jnp.bfloat16(1000.0))
    types = [[leaf.dtype for leaf in jax.tree.leaves(s)] for s in (start, state)]

    assert updates.dtype == jnp.bfloat16
    assert types[0] == types[1]
    np.testing.assert_allclose(js.hyperparams(state)["learning_rate"], 0.02, rtol=1e-6)


def test_between_updates_it_stays():
    """A metric that is told without gradients is none that it could use."""
    rate = js.PolyakStep()
    state = rate.update(rate.init(), value=0.5, updates=ONES)
    optimizer = js.scheduled(optax.sgd, learning_rate=rate)
    _, inside = optimizer.update(ONES, optimizer.init(ONES), ONES, value=0.5)
    inside = js.observe(inside, value=9.0)

    assert float(rate(rate.update(state, value=9.0))) == 0.5
    assert float(rate(state, clock=3)) == 0.5
    assert float(js.next_hyperparams(inside)["learning_rate"]) == 0.5


# Transformations.


@pytest.mark.parametrize("name", ["max_value", "damping", "optimum"])
def test_each_setting_can_be_batched(name):
    """`vmap` over one of them gives what each value alone gives."""
    values = np.float32([0.1, 0.4, 0.7])

    def rate(value):
        controller = js.PolyakStep(**{name: value})
        return controller(controller.init(), value=0.6, updates=ONES)

    expected = [formula(0.6, ONES, **{name: float(value)}) for value in values]

    assert len(set(expected)) > 1
    np.testing.assert_allclose(jax.vmap(rate)(values), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("numbers", "value", "gradient", "expected"),
    [
        ([10.0, 0.5, 0.0], 1.0, [1.0, 1.0], [0, -2, -1, 1, -1, -1]),
        ([0.5, 0.5, 0.0], 1.0, [1.0, 1.0], [1, 0, 0, 0, 0, 0]),
        ([0.5, 0.5, 0.0], 1.0, [0.0, 0.0], [1, 0, 0, 0, 0, 0]),
        ([0.5, 0.5, 0.0], 0.0, [0.0, 0.0], [0, 0, 0, 0, 0, 0]),
        ([0.5, 0.5, 0.0], math.nan, [1.0, 1.0], [0, 0, 0, 0, 0, 0]),
    ],
    ids=["free", "ceiling", "flat", "optimum", "nan"],
)
def test_gradients(numbers, value, gradient, expected):
    """By settings, loss and gradient: right, and finite wherever a branch is not taken."""

    def rate(numbers, value, gradient):
        controller = js.PolyakStep(*numbers)
        return controller(controller.init(), value=value, updates=gradient)

    at = [jnp.float32(n) for n in numbers], jnp.float32(value), jnp.asarray(gradient)
    slopes = jax.grad(rate, argnums=(0, 1, 2))(*at)

    np.testing.assert_allclose([*slopes[0], slopes[1], *slopes[2]], expected, rtol=1e-6)


def test_double_precision():
    """Under x64 the rate has all digits of a double."""
    with jax.enable_x64(True):
        rate = js.PolyakStep()
        value = rate(rate.init(), value=0.1, updates=jnp.asarray([1.0, 2.0]))

    np.testing.assert_allclose(float(value), 0.04, rtol=1e-15)


# Errors.


def test_update_without_a_loss():
    """Inside a jitted step, when it is traced: the message names `value=`."""
    optimizer = js.scheduled(optax.sgd, learning_rate=js.PolyakStep())
    state = optimizer.init(ONES)
    with pytest.raises(
        TypeError, match=r"PolyakStep needs the loss as value=.*got .*params"
    ):
        jax.jit(optimizer.update)(ONES, state, ONES)
    with pytest.raises(TypeError, match="value="):
        optimizer.update(ONES, state, ONES, loss=1.0)


def test_update_without_gradients():
    """Optax's own injection does not pass them on: no silent constant, an error."""
    optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=js.PolyakStep())
    with pytest.raises(TypeError, match=r"needs the gradients.*scheduled"):
        optimizer.update(ONES, optimizer.init(ONES), ONES, value=1.0)


def test_loss_of_a_batch_is_refused():
    """The message says what to do."""
    rate = js.PolyakStep()
    with pytest.raises(AssertionError, match=r"PolyakStep needs one number.*Take a mean"):
        rate.update(rate.init(), value=jnp.ones(3), updates=ONES)


@pytest.mark.parametrize(
    "numbers",
    [
        {"max_value": -0.1},
        {"max_value": math.inf},
        {"damping": 0.0},
        {"optimum": math.nan},
        {"optimum": -math.inf},
        {"optimum": math.inf},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(numbers):
    """The message names the controller, the setting and what came."""
    ((name, value),) = numbers.items()
    with pytest.raises(ValueError, match=rf"PolyakStep\({name}=.*{value}"):
        js.PolyakStep(**numbers)


def test_repr_is_code():
    """A controller reads back from its text."""
    rate = js.PolyakStep(max_value=0.25, optimum=-1.5)
    again = eval(repr(rate), {"PolyakStep": js.PolyakStep})

    assert jax.tree.leaves(again) == jax.tree.leaves(rate)
