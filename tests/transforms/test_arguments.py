"""What becomes a hyperparameter and what reaches the optimizer untouched."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import assert_close, run, start

partial = functools.partial
ONES = {"x": jnp.ones(3)}


def test_callable_mask_stays_a_mask():
    """It is asked about parameters and never about a count, and the result is optax's."""
    seen = []

    def mask(params):
        seen.append(jax.tree.structure(params))
        return jax.tree.map(lambda leaf: leaf.ndim > 1, params)

    numbers = {"weight_decay": 0.1, "mask": mask}
    ours = js.scheduled(optax.adamw, learning_rate=1e-2, **numbers)
    got = run(ours, 5)

    assert set(seen) == {jax.tree.structure(start())}
    assert sorted(js.hyperparams(ours.init(start()))) == ["learning_rate", "weight_decay"]
    assert_close(got, run(optax.adamw(1e-2, **numbers), 5))


class Line(eqx.Module):
    """A model that is a pytree and callable."""

    w: object
    b: object

    def __call__(self, x):
        raise AssertionError(f"called with {x}")


def test_module_as_mask_stays_a_mask():
    """A model of flags can be called, and is not."""
    params, mask = Line(jnp.ones((2, 2)), jnp.ones(2)), Line(True, False)
    numbers = {"weight_decay": 0.1, "mask": mask}
    ours = js.scheduled(optax.adamw, learning_rate=1e-2, **numbers)
    plain = optax.adamw(1e-2, **numbers)
    updates, state = jax.jit(ours.update)(params, ours.init(params), params)
    expected, _ = jax.jit(plain.update)(params, plain.init(params), params)

    assert sorted(js.hyperparams(state)) == ["learning_rate", "weight_decay"]
    assert_close(updates, expected)


def test_adafactor_starts_under_jit():
    """A number that decides shapes is fixed with `functools.partial`."""
    factory = partial(optax.adafactor, min_dim_size_to_factor=2)
    ours = js.scheduled(factory, learning_rate=1e-2)
    params = start()
    state = jax.jit(ours.init)(params)
    updates, _ = jax.jit(ours.update)(params, state, params)
    plain = factory(1e-2)
    expected, _ = jax.jit(plain.update)(params, plain.init(params), params)

    assert list(js.hyperparams(state)) == ["learning_rate"]
    assert_close(updates, expected)


def test_flags_and_positional_arguments_are_fixed():
    """A bool is no number to schedule; what comes by position is not scheduled either."""
    ours = js.scheduled(optax.sgd, 0.1, momentum=0.5, nesterov=True)
    state = ours.init(ONES)
    updates, _ = ours.update(ONES, state)

    assert list(js.hyperparams(state)) == ["momentum"]
    np.testing.assert_allclose(updates["x"], -0.15, rtol=1e-6)


def test_whole_numbers_are_hyperparameters():
    """An int by name is a number like any other: it can be overridden by a fraction."""
    ours = js.scheduled(optax.sgd, learning_rate=1)
    state = js.override(ours.init(ONES), learning_rate=0.5)

    np.testing.assert_array_equal(ours.update(ONES, state)[0]["x"], -0.5)


def test_optax_schedule_passes_through():
    """A function that is no schedule of ours goes to the optimizer, which calls it."""
    ours = js.scheduled(
        optax.adamw, learning_rate=optax.linear_schedule(1e-2, 0.0, 10), weight_decay=0.1
    )

    assert list(js.hyperparams(ours.init(ONES))) == ["weight_decay"]
    plain = optax.adamw(optax.linear_schedule(1e-2, 0.0, 10), weight_decay=0.1)
    assert_close(run(ours, 10), run(plain, 10))


def test_random_key_passes_through():
    """An optimizer that draws noise keeps its key."""
    key = jax.random.key(0)
    ours = js.scheduled(optax.noisy_sgd, learning_rate=js.Constant(0.1), key=key)
    plain = optax.noisy_sgd(0.1, key=key)
    updates, _ = jax.jit(ours.update)(ONES, ours.init(ONES))
    expected, _ = jax.jit(plain.update)(ONES, plain.init(ONES))

    assert_close(updates, expected)


def test_extra_arguments_reach_the_optimizer():
    """An optimizer that needs the loss gets it."""
    ours = js.scheduled(optax.polyak_sgd, scaling=0.5)
    plain = optax.polyak_sgd(scaling=0.5)
    value = jnp.float32(0.3)
    updates, _ = ours.update(ONES, ours.init(ONES), ONES, value=value)
    expected, _ = plain.update(ONES, plain.init(ONES), ONES, value=value)

    assert_close(updates, expected)


@pytest.mark.parametrize(
    ("factory", "sizes"),
    [
        (optax.noisy_sgd, {"key": 0}),
        (optax.contrib.schedule_free_adamw, {"warmup_steps": 3}),
    ],
)
def test_whole_numbers_that_are_no_floats(factory, sizes):
    """A seed and a number of steps are fixed, though no default says that they are ints."""
    ours = js.scheduled(factory, learning_rate=0.1, **sizes)
    plain = factory(0.1, **sizes)

    assert list(js.hyperparams(ours.init(ONES))) == ["learning_rate"]
    updates, _ = jax.jit(ours.update)(ONES, ours.init(ONES), ONES)
    expected, _ = jax.jit(plain.update)(ONES, plain.init(ONES), ONES)
    assert_close(updates, expected)


# Errors.


@pytest.mark.parametrize("arguments", [{"lr": 0.1}, {}])
def test_wrong_names_are_refused(arguments):
    """The error names the factory and what it takes."""
    with pytest.raises(TypeError, match=r"scheduled\(sgd, .*learning_rate, momentum"):
        js.scheduled(optax.sgd, **arguments)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1e-3", r"learning_rate=...\) must be .* got '1e-3'. Pass float\('1e-3'\)"),
        (js.bundle(a=0.1, b=0.2), "got a bundle of a, b. Pass one of its schedules"),
    ],
)
def test_what_is_no_number_is_refused(value, words):
    """Where the optimizer is made, not in its update: YAML reads 1e-3 as a text."""
    with pytest.raises(TypeError, match=words):
        js.scheduled(optax.adamw, learning_rate=value, weight_decay=0.1)


# Optax's own injection.


def test_optax_injects_our_schedules_and_controllers():
    """`optax.inject_hyperparams` takes them like its own."""
    rate = js.linear_schedule(1.0, 0.5, 2) * js.ReduceOnPlateau(factor=0.5, patience=0)
    for given, feed in ((js.linear_schedule(1.0, 0.5, 2), {}), (rate, {"value": 1.0})):
        optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=given)
        state = optimizer.init(ONES)
        used = []
        for _ in range(3):
            updates, state = optimizer.update(ONES, state, ONES, **feed)
            used.append(-float(updates["x"][0]))

        cuts = [1, 1, 0.5] if feed else [1, 1, 1]
        np.testing.assert_allclose(used, np.multiply([1, 0.75, 0.5], cuts), rtol=1e-6)
