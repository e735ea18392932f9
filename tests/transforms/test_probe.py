"""What has to be known in Python is found where the optimizer is made, or not blamed."""

import functools
import gc
import weakref

import jax
import jax.numpy as jnp
import optax
import pytest

import jaxsched as js

partial = functools.partial
PARAMS = {"w": jnp.ones((2, 3)), "b": jnp.ones(3)}
RATE = js.linear_schedule(0.5, 0.25, 10)
REFUSED = r"scheduled\(optax.scale_by_sm3, b2=.*\) cannot schedule b2, because "
CALLS: list[str] = []


def scale(factor, mask=None):
    """Says what it is asked, and branches where a mask tells it to."""
    CALLS.append("make")

    def update(updates, state, params=None):
        CALLS.append("update")
        if mask is not None and mask(params) and factor > 0:
            return updates, state
        return jax.tree.map(lambda u: factor * u, updates), state

    return optax.GradientTransformation(lambda params: (), update)


def sign_of_gradients(factor):
    """Branches on gradients, whatever the factor: it cannot be compiled at all."""

    def update(updates, state, params=None):
        del params
        sign = 1 if optax.tree.sum(updates) > 0 else -1
        return jax.tree.map(lambda u: sign * factor * u, updates), state

    return optax.GradientTransformation(lambda params: (), update)


def choosy(factor):
    """Wants parameters that nobody invents."""

    def update(updates, state, params=None):
        return {"x": factor * params["x"]}, state

    return optax.GradientTransformation(lambda params: (), update)


# Who is blamed.


def test_only_culprits_are_blamed():
    """Other hyperparameters are not named; each culprit is, with a reason of its own."""
    with pytest.raises(TypeError, match=REFUSED) as one:
        js.scheduled(optax.scale_by_sm3, b1=RATE, b2=RATE, eps=1e-8)
    with pytest.raises(TypeError, match=r"factor, because .*; rtol, because ") as two:
        js.scheduled(optax.contrib.reduce_on_plateau, factor=0.5, rtol=RATE, min_scale=0.1)

    assert "b1" not in str(one.value)
    assert "scale_by_sm3._new_accum branches on it in Python: `coeffs =" in str(one.value)
    assert "(optax._src.transform, line " in str(one.value)
    assert "reduce_on_plateau, factor=0.5, rtol=...), ...)" in str(two.value)
    assert "min_scale" not in str(two.value)


@pytest.mark.parametrize("node", [0.5, RATE, RATE * js.ReduceOnPlateau()])
def test_whatever_it_is_made_of(node):
    """A number, a schedule and a controller are refused alike; others may be any."""
    with pytest.raises(TypeError, match=REFUSED):
        js.scheduled(optax.scale_by_sm3, b1=0.5, b2=node)
    js.scheduled(partial(optax.scale_by_sm3, b2=0.5), b1=node)


def test_wrappers_and_shapes():
    """A wrapper is tried with what it wraps; a length of an array has to be known."""
    sgd = optax.sgd(0.1)
    with pytest.raises(
        TypeError, match=r"schedule sync_period, because lookahead branches"
    ):
        js.scheduled(optax.lookahead, sgd, sync_period=5, slow_step_size=0.5)
    with pytest.raises(TypeError, match=r"schedule num_betas, .*jnp.zeros\( \[ num_betas"):
        js.scheduled(optax.contrib.mechanize, sgd, num_betas=RATE)
    with pytest.raises(TypeError, match=r"schedule rank, .* takes only a Python number"):
        js.scheduled(optax.contrib.galore, learning_rate=0.1, rank=RATE)
    with pytest.raises(TypeError, match=r"schedule ns_steps, because .*fori_loop"):
        js.scheduled(optax.contrib.muon, learning_rate=0.1, ns_steps=js.Constant(5))


def test_other_failures_are_left_to_their_place():
    """What cannot be compiled for another reason runs as it did; so does a choosy one."""
    for factory, params in ((sign_of_gradients, PARAMS), (choosy, {"x": jnp.ones(2)})):
        optimizer = js.scheduled(factory, factor=0.5)
        updates, _ = optimizer.update(params, optimizer.init(params), params)
        assert float(jax.tree.leaves(updates)[0].min()) == 0.5
    mask = {"somewhere": True}
    js.scheduled(optax.adamw, learning_rate=0.1, mask=mask)
    js.scheduled(optax.adamw, learning_rate=0.1, mask=optax.EmptyState())


# Where it is found.


def test_inside_other_traces():
    """In a compiled, batched or differentiated function it is found just as well."""

    def total(value, name="b1"):
        optimizer = js.scheduled(optax.scale_by_sm3, **{name: js.Constant(value)})
        return optimizer.update(PARAMS, optimizer.init(PARAMS))[0]["b"].sum()

    values = jnp.asarray([0.25, 0.5])
    for run in (jax.jit(jax.vmap(total)), jax.vmap(jax.grad(total)), jax.vmap(total)):
        assert jnp.isfinite(run(values)).all()
    refused = partial(total, name="b2")
    for run in (jax.jit(refused), jax.grad(refused), lambda v: jax.vmap(refused)(v[None])):
        with pytest.raises(TypeError, match=REFUSED):
            run(values[0])
    with jax.disable_jit(), pytest.raises(TypeError, match=REFUSED):
        refused(0.5)


def test_a_number_of_an_outer_trace_is_not_blamed():
    """What the user traces and fixes is none of ours: JAX says its own words."""

    @jax.jit
    def run(b2):
        optimizer = js.scheduled(partial(optax.scale_by_sm3, b2=b2), b1=0.5)
        return optimizer.update(PARAMS, optimizer.init(PARAMS))[0]

    with pytest.raises(jax.errors.TracerBoolConversionError):
        run(0.5)


def test_functions_are_not_asked_about_invented_parameters():
    """A mask sees what is trained; what it leads to is found at the first update."""
    asked = []

    def mask(params):
        asked.append(set(params))
        return True

    optimizer = js.scheduled(scale, factor=0.5, mask=mask)
    assert not asked
    state = optimizer.init(PARAMS)
    with pytest.raises(TypeError, match=r"scale, factor=0.5\) cannot schedule factor, bec"):
        jax.jit(optimizer.update)(PARAMS, state, PARAMS)
    assert set(map(frozenset, asked)) == {frozenset(PARAMS)}


# What it costs.


def test_the_second_time_costs_nothing():
    """The same factory with the same names is tried once, whatever its numbers."""
    js.scheduled(scale, factor=0.5)
    CALLS.clear()
    for factor in (0.25, RATE, js.Constant(2)):
        js.scheduled(scale, factor=factor)
        js.scheduled(partial(scale), factor=factor)
    assert not CALLS
    js.scheduled(partial(scale, mask=None), factor=0.5)
    assert CALLS == ["make", "update"]


def test_nothing_is_kept_alive():
    """No argument of a factory outlives its optimizer."""

    def build():
        mask = type("Mask", (), {"__call__": lambda self, params: False})()
        js.scheduled(scale, factor=0.5, mask=mask)
        js.scheduled(partial(scale, mask=mask), factor=0.5)
        return weakref.ref(mask)

    mask = build()
    gc.collect()
    assert mask() is None
