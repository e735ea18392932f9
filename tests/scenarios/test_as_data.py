"""What users trip over, 1, 2, 19 and 22: schedules are data."""

import copy
import json
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import interop

from ..transforms.helpers import Traced, assert_close, loss, start, train


def test_01_one_trace_for_many_rates():
    """Four peaks, one trace, one program; equal schedules are equal structures."""

    def step(schedule, params, state):
        updates, state = optax.adam(schedule).update(jax.grad(loss)(params), state, params)
        return optax.apply_updates(params, updates), state

    step, params = Traced(step), start()
    peaks = (1e-1, 1e-2, 1e-3, 1e-4)
    made = [js.warmup_cosine_decay_schedule(0.0, p, 10, 100) for p in peaks]
    # optax keeps a count of its own for a schedule, whichever it is.
    state = optax.adam(made[0]).init(params)
    ends = [step(schedule, params, state) for schedule in made]
    texts = {step.jitted.lower(s, params, state).as_text() for s in made[:2]}

    assert step.count == 1
    assert len(texts) == 1
    assert len({float(jnp.sum(end[0]["w"])) for end in ends}) == 1  # rate 0 at count 0
    same = js.warmup_cosine_decay_schedule(0.0, 1e-1, 10, 100)
    js.testing.assert_schedules_equal(made[0], same)
    structures = [jax.tree.structure(s) for s in (made[0], same)]
    assert structures[0] == structures[1]
    assert hash(structures[0]) == hash(structures[1])


def test_02_whole_schedule_sweep():
    """2 peaks x 3 warmups x 2 horizons train side by side, each as it would alone."""
    members = js.grid(
        lambda peak, warmup, horizon: js.warmup_cosine_decay_schedule(
            0.0, peak, warmup, horizon
        ),
        peak=[1e-3, 1e-2],
        warmup=[0, 10, 40],
        horizon=[100, 200],
    )

    def final(schedule):
        optimizer = js.scheduled(optax.adam, learning_rate=schedule)
        return train(optimizer, start(), optimizer.init(start()), 200)[0]

    batched = Traced(jax.vmap(final))
    lanes, alone = batched(members.schedules), jax.jit(final)

    assert batched.count == 1
    assert len(members.settings) == 12
    for i, row in enumerate(members.settings):
        schedule = js.warmup_cosine_decay_schedule(0.0, *row.values())
        lane = jax.tree.map(lambda leaf, i=i: leaf[i], lanes)
        assert_close(lane, alone(jax.tree.map(jnp.asarray, schedule)))


def test_19_gradients():
    """Finite through 50 updates; a join onto peak / sqrt(t) has derivative 0.5 at 5."""

    def final(peak, end, warmup, total):
        rate = js.warmup_cosine_decay_schedule(0.0, peak, warmup, total, end)
        optimizer = js.scheduled(optax.adam, learning_rate=rate)
        return loss(train(optimizer, start(), optimizer.init(start()), 50)[0])

    slopes = jax.jit(jax.grad(final, argnums=(0, 1, 2, 3)))(1e-2, 1e-4, 10.0, 40.0)
    assert np.isfinite(slopes).all()
    assert all(float(s) != 0 for s in slopes[:3])

    def joined(peak):
        # Its own count at 5 is 4: 1 / sqrt(4).
        decay = js.as_schedule(jax.tree_util.Partial(lambda p, t: p / jnp.sqrt(t), peak))
        return js.join_schedules([js.linear_schedule(0.0, 1.0, 1), decay], [1])(5)

    np.testing.assert_allclose(jax.grad(joined)(0.3), 0.5, rtol=1e-6)


NESTED = {
    "join": js.join_schedules(
        [js.linear_schedule(0.0, 1.0, 5), js.cosine_decay_schedule(1.0, 30)], [10]
    ),
    "product": 0.5
    * js.warmup_stable_decay_schedule(
        0.0, 1.0, 0.1, warmup_steps=5, stable_steps=20, decay_steps=10
    ),
    "sum": js.exponential_decay(0.1, 10, 0.5)
    + js.piecewise_constant_schedule(1.0, {9: 0.5}),
    "restarts": js.cosine_restarts_schedule(1.0, period_steps=8),
}


@pytest.mark.parametrize("schedule", NESTED.values(), ids=NESTED)
def test_22_serialise(schedule):
    """Pickle, deepcopy and JSON give back the same values; unknown fields are refused."""
    counts = jnp.arange(50)
    expected = schedule(counts)
    text = json.dumps(interop.to_dict(schedule))
    copies = (
        pickle.loads(pickle.dumps(schedule)),
        copy.deepcopy(schedule),
        interop.from_dict(json.loads(text)),
        eval(repr(schedule), {**vars(js), **vars(js.curves)}),
    )
    for other in copies:
        np.testing.assert_array_equal(other(counts), expected)
    for wrong in ({"version": 99}, {"surprise": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            interop.from_dict({**json.loads(text), **wrong})
