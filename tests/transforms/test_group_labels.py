"""Labels of groups: what they may be, and what of them is refused."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import jaxsched as js

from .helpers import assert_same

LINE = js.linear_schedule(1.0, 0.0, 10)
PARAMS = {"encoder": [jnp.ones(2), jnp.ones(3)], "head": {"w": jnp.ones(2)}}
LABELS = {"encoder": ["low", "high"], "head": {"w": "head"}}
RATES = {"low": 0.125, "high": 0.5, "head": LINE}


def read(state):
    return {name: float(value) for name, value in js.hyperparams(state).items()}


def test_labels_of_branches():
    """One string for all parameters below; a list of layers; one for everything."""
    rates = {"body": 0.5, "head": 0.25}
    for labels in (
        {"encoder": "body", "head": "head"},
        {"encoder": ["body", "body"], "head": "head"},
        {"encoder": ("body", "body"), "head": {"w": "head"}},
        lambda params: {"encoder": "body", "head": "head"},
    ):
        optimizer = js.groups(labels, rates)
        updates, _ = optimizer.update(PARAMS, optimizer.init(PARAMS), PARAMS)
        np.testing.assert_array_equal(updates["encoder"][1], -0.5)
        np.testing.assert_array_equal(updates["head"]["w"], -0.25)
    alone = js.groups("all", {"all": 0.5})
    updates, _ = alone.update(PARAMS, alone.init(PARAMS), PARAMS)
    jax.tree.map(lambda u: np.testing.assert_array_equal(u, -0.5), updates)


def test_names_that_are_no_identifiers():
    """A label is any text, read and set under it."""
    optimizer = js.groups({"a": "layer 0/w", "b": "self"}, {"layer 0/w": LINE, "self": 1})
    params = {"a": jnp.ones(()), "b": jnp.ones(())}
    state = js.override(optimizer.init(params), **{"layer 0/w": 0.25})
    updates, state = optimizer.update(params, state)

    assert float(updates["a"]) == -0.25
    assert read(state) == {"layer 0/w": 0.25, "self": 1.0}


def test_labels_as_a_model():
    """A module of labels is a pytree, though it can be called."""
    model = eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))
    params, _ = eqx.partition(model, eqx.is_inexact_array)
    labels = jax.tree_util.tree_map_with_path(
        lambda path, _: "first" if path[1].idx == 0 else "last", params
    )
    optimizer = js.groups(labels, {"first": 0.5, "last": 0.25})
    updates, _ = eqx.filter_jit(optimizer.update)(params, optimizer.init(params), params)

    np.testing.assert_array_equal(updates.layers[0].weight, -0.5 * params.layers[0].weight)
    np.testing.assert_array_equal(updates.layers[1].bias, -0.25 * params.layers[1].bias)


def test_labels_of_what_is_no_parameter():
    """A label may stand where a filter has left None."""
    params = {"x": jnp.ones(2), "activation": None}
    optimizer = js.groups({"x": "a", "activation": "a"}, {"a": 0.5})
    updates, _ = optimizer.update(params, optimizer.init(params), params)

    assert updates["activation"] is None
    np.testing.assert_array_equal(updates["x"], -0.5)


def test_in_an_nnx_optimizer():
    """Labels from the paths of nnx; read and overridden through its optimizer."""
    model = nnx.Linear(2, 2, rngs=nnx.Rngs(0))

    def labels(params):
        return jax.tree_util.tree_map_with_path(
            lambda path, _: "w" if "kernel" in jax.tree_util.keystr(path) else "b", params
        )

    optimizer = nnx.Optimizer(
        model, js.groups(labels, {"w": LINE, "b": 0.5}), wrt=nnx.Param
    )
    before = np.asarray(model.kernel[...])
    grads = jax.tree.map(jnp.ones_like, nnx.state(model, nnx.Param))
    optimizer.update(model, grads)

    np.testing.assert_allclose(model.kernel[...], before - 1.0, rtol=1e-6, atol=1e-6)
    assert read(optimizer) == {"w": 1.0, "b": 0.5}


def test_under_wrappers():
    """Accumulated and masked; a masked-out group is left alone."""
    rates = {"low": 1.0, "high": 0.5, "head": LINE}
    mask = {"encoder": True, "head": False}
    optimizer = optax.MultiSteps(optax.masked(js.groups(LABELS, rates), mask), 2)
    state, update = optimizer.init(PARAMS), jax.jit(optimizer.update)
    for _ in range(2):
        updates, state = update(PARAMS, state, PARAMS)

    np.testing.assert_array_equal(updates["encoder"][0], -1.0)
    np.testing.assert_array_equal(updates["encoder"][1], -0.5)
    np.testing.assert_array_equal(updates["head"]["w"], 1.0)


def test_states_that_look_like_parameters_are_found():
    """`tree_map_params` passes a placeholder through `init`."""
    optimizer = optax.chain(optax.scale_by_adam(), js.groups(LABELS, RATES))
    state = optimizer.init(PARAMS)
    doubled = optax.tree_utils.tree_map_params(optimizer, lambda x: x + 2, state)

    assert float(doubled[0].mu["head"]["w"][0]) == 2
    assert_same(doubled[1], state[1])


# Errors.


@pytest.mark.parametrize("as_function", [False, True])
@pytest.mark.parametrize(
    ("labels", "rates", "error", "message"),
    [
        (LABELS, {"low": 1, "high": 1}, ValueError,
         r"a rate for each label, got none for 'head'.* rates for low, high"),
        (LABELS, {**RATES, "hed": 1}, ValueError,
         r"a rate for 'hed'. The parameters have low, high, head"),
        ({"encoder": "low"}, {"low": 1}, ValueError,
         r"no label for the parameter \['head'\]\['w'\]"),
        ({"encoder": "a", "head": "a", "hed": "b"}, {"a": 1, "b": 1}, ValueError,
         r"'b' at \['hed'\], where no parameter is"),
        ({"encoder": ["a"], "head": "a"}, {"a": 1}, ValueError,
         r"the structure of the parameters, .* no label for .* \['encoder'\]\[1\]"),
        ({"encoder": 0, "head": 1}, {"a": 1}, TypeError, r"must be a string, got 0"),
        ({"encoder": "a", "head": "a"}, {"a": 1, 0: 1}, TypeError, r"string, got 0"),
    ],
)  # fmt: skip
def test_wrong_labels_are_refused(labels, rates, error, message, as_function):
    """Before any training, with the label in the error."""
    given = (lambda _: labels) if as_function else labels
    with pytest.raises(error, match=message):
        js.groups(given, rates).init(PARAMS)


def test_names_of_known_labels_are_refused_at_once():
    """No parameters are needed to see a label that is misspelt."""
    with pytest.raises(ValueError, match="a rate for 'hed'"):
        js.groups({"x": "head"}, {"head": 1, "hed": 1})


def test_wrong_rates_are_refused():
    """A rate is a number, a schedule or a controller."""
    with pytest.raises(TypeError, match="got 'fast'"):
        js.groups(LABELS, {**RATES, "head": "fast"})
