"""Optax's own adaptive methods: what a schedule does to them, and what it must not."""

import functools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib

import jaxsched as js

from .adaptive import (
    KEYS,
    LONG,
    METHODS,
    QUICKLY,
    SHORT,
    START,
    WARM,
    above_optimum,
    averaged,
    batch_gradient,
    cosine,
    follow,
    left,
    line,
    loss,
    measured,
    plateau,
    program,
    schedule_free_adam,
    warmup,
)
from .helpers import assert_close, assert_same

partial = functools.partial
tree_get = optax.tree_utils.tree_get
ONES = {"x": jnp.ones(3)}


def above(params):
    return above_optimum(jax.tree.map(lambda p: p[None], params))[0]


BEFORE = above(START)


# Each method, under its recipe.


@pytest.mark.parametrize("name", METHODS)
def test_values_in_use_are_those_of_the_schedule(name):
    """At every count, from 0 on, whatever the method makes of them."""
    method = METHODS[name]
    counts = jnp.arange(method.num_steps)
    for lane, schedule in method.lanes.items():
        used = measured(name)[lane][1]
        np.testing.assert_allclose(used, schedule(counts), rtol=1e-6, err_msg=lane)


@pytest.mark.parametrize("name", METHODS)
def test_recipe_trains(name):
    """Nine tenths of what there is to gain, whatever the seed."""
    assert np.max(left(name, "recipe")) < BEFORE / 10


@pytest.mark.parametrize("name", METHODS)
def test_numbers_of_the_schedule_are_swept_in_one_trace(name):
    """All peaks in one program: at half the peak it gives what it gave for the half."""
    first, lanes = measured(name), METHODS[name].lanes
    halved = jax.tree.map(
        lambda leaf: leaf / 2 if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf,
        js.stack(list(lanes.values())),
    )
    params, _ = program(name)(halved, KEYS)
    half = {k: np.asarray(p[0]) for k, p in params.items()}

    assert program(name).count == 1
    assert_same(half, first["half"][0])
    assert not np.array_equal(half["w"], first["recipe"][0]["w"])


@pytest.mark.parametrize("name", METHODS)
def test_constant_is_the_plain_optimizer(name):
    """Under a constant, the training is that of Optax alone: 100 updates to 1e-5."""
    method = METHODS[name]
    *_, params, state = follow(method.plain(method.peak), 100)[-1]
    lane = {k: p[0, 99] for k, p in measured(name)["constant"][0].items()}

    assert_close(lane, method.evaluated(state, params), rtol=1e-5)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("name", METHODS)
def test_state_keeps_its_types(name, dtype):
    """An update changes no shape, type or weakness of a type, in any precision."""
    optimizer = METHODS[name].under(METHODS[name].recipe(1.0))
    params = jax.tree.map(lambda p: p.astype(dtype), START)
    state = jax.eval_shape(optimizer.init, params)
    value = jnp.zeros((), dtype)
    updates, after = jax.eval_shape(
        lambda s, v: optimizer.update(params, s, params, value=v), state, value
    )

    assert jax.tree.leaves(after) == jax.tree.leaves(state)
    assert jax.tree.structure(after) == jax.tree.structure(state)
    assert {u.dtype for u in jax.tree.leaves(updates)} == {np.dtype(dtype)}


# The counts that Optax asks for.


def spy(seen):
    def schedule(count):
        seen.append(int(count))
        return jnp.float32(0.1)

    return schedule


ASKED = {
    "dadapt_adamw": contrib.dadapt_adamw,
    "prodigy": contrib.prodigy,
    "dog": contrib.dog,
    "dowg": contrib.dowg,
    "mechanic": lambda rate: contrib.mechanize(optax.sgd(rate)),
    "momo": contrib.momo,
    "momo_adam": contrib.momo_adam,
    "cocob": contrib.cocob,
    "cocob's decay": lambda decay: contrib.cocob(weight_decay=decay),
    "polyak": lambda scaling: optax.polyak_sgd(scaling=scaling),
    "plateau": plateau,
    "schedule_free's own": lambda rate: contrib.schedule_free(optax.sgd(0.1), rate),
    "schedule_free's base": lambda rate: contrib.schedule_free(optax.sgd(rate), 0.1),
}


@pytest.mark.parametrize("name", ASKED)
def test_counts_that_optax_asks_for(name):
    """0, 1, 2 everywhere, but 1, 2, 3 in schedule-free: hence `scheduled`."""
    seen = []
    optimizer = optax.with_extra_args_support(ASKED[name](spy(seen)))
    state = optimizer.init(ONES)
    for _ in range(3):
        _, state = optimizer.update(ONES, state, ONES, value=1.0)

    assert seen == ([1, 2, 3] if name == "schedule_free's own" else [0, 1, 2])


# The rate in use: the value that is read, times what the method has estimated.

ESTIMATES = {
    "dadapt_adamw": lambda old, new: tree_get(old, "estim_lr"),
    "prodigy": lambda old, new: tree_get(old, "estim_lr"),
    "dog": lambda old, new: (
        tree_get(new, "max_dist") / jnp.sqrt(tree_get(new, "sum_sq_norm_grads"))
    ),
    "dowg": lambda old, new: (
        tree_get(new, "estim_sq_dist") / jnp.sqrt(tree_get(new, "weighted_sq_norm_grads"))
    ),
    "mechanic": lambda old, new: tree_get(new, "s").sum(),
}


@pytest.mark.parametrize("name", ESTIMATES)
def test_rate_in_use_is_the_value_times_the_estimate(name):
    """Read off the state, it is what a gradient of ones has moved parameters by."""
    optimizer = METHODS[name].under(0.5)
    params = {"x": jnp.zeros(3)}
    old = optimizer.init(params)
    updates, new = optimizer.update(ONES, old, params)
    rate = js.hyperparams(new)["learning_rate"] * ESTIMATES[name](old, new)

    np.testing.assert_allclose(updates["x"], -rate, rtol=1e-2)


# What the page states: the medians over the seeds.

STATED = {
    ("dadapt_adamw", "recipe", SHORT): "0.0094",
    ("dadapt_adamw", "constant", SHORT): "0.13",
    ("dadapt_adamw", "tiny", SHORT): "0.49",
    ("prodigy", "recipe", SHORT): "0.0080",
    ("prodigy", "constant", SHORT): "0.064",
    ("prodigy", "tiny", SHORT): "0.49",
    ("schedule_free_sgd", "recipe", LONG): "0.00058",
    ("schedule_free_sgd", "decay from 1", LONG): "0.0010",
    ("dog", "constant", SHORT): "0.017",
    ("dog", "short decay", SHORT): "0.093",
    ("dog", "short cosine", SHORT): "0.27",
    ("dog", "half", SHORT): "0.33",
    ("dog", "constant", LONG): "0.0040",
    ("dog", "recipe", LONG): "0.00097",
    ("dowg", "decay", SHORT): "0.0041",
    ("dowg", "constant", SHORT): "0.024",
    ("mechanic", "tiny", SHORT): "0.31",
    ("mechanic", "recipe", SHORT): "0.0050",
    ("momo", "constant", SHORT): "0.053",
    ("momo", "recipe", SHORT): "0.0044",
    ("momo_adam", "constant", SHORT): "0.13",
    ("momo_adam", "recipe", SHORT): "0.013",
    ("polyak", "constant", SHORT): "0.030",
    ("polyak", "recipe", SHORT): "0.0037",
    ("cocob", "constant", SHORT): "0.078",
    ("cocob", "recipe", SHORT): "0.022",
}


def test_page_states_what_is_measured():
    """Each number is on the page, and is what a training here leaves."""
    page = (Path(__file__).parents[2] / "docs" / "adaptive-methods.md").read_text()
    for (name, lane, at), text in STATED.items():
        assert text in page
        assert np.median(left(name, lane, at)) == pytest.approx(float(text), rel=0.2)


# D-Adaptation and Prodigy.


@pytest.mark.parametrize("name", ["dadapt_adamw", "prodigy"])
def test_estimates_want_a_decay(name):
    """A constant multiplier of 1 leaves several times what the cosine leaves."""
    assert np.median(left(name, "constant")) > 4 * np.median(left(name, "recipe"))


@pytest.mark.parametrize("name", ["dadapt_adamw", "prodigy"])
def test_estimates_are_lost_under_a_multiplier_of_zero(name):
    """A first value of 0 divides 0 by 0, and everything is NaN from then on."""
    assert np.isnan(left(name, "from zero")).all()
    assert np.isnan(left(name, "from zero", at=2)).all()


@pytest.mark.parametrize("name", ["dadapt_adamw", "prodigy"])
def test_estimates_do_not_grow_under_a_learning_rate(name):
    """A peak of 1e-3, as for Adam: nothing is learnt in 400 updates."""
    assert np.min(left(name, "tiny")) > 0.99 * BEFORE


def test_prodigy_has_a_safeguard():
    """With it the multiplier may be 0 at first."""
    rate = cosine(1.0, start=0.0)
    guarded = partial(contrib.prodigy, safeguard_warmup=True)
    params = follow(js.scheduled(guarded, learning_rate=rate), SHORT)[-1][2]

    assert above(params) < BEFORE / 10


STARTED = {
    "prodigy": (contrib.prodigy, partial(contrib.prodigy, estim_lr0=1e-2)),
    "dog": (contrib.dog, partial(contrib.dog, init_step=("heuristic", 1e-1))),
    "mechanic": (
        lambda learning_rate: contrib.mechanize(optax.sgd(learning_rate)),
        lambda learning_rate: contrib.mechanize(optax.sgd(learning_rate), s_init=1e-1),
    ),
}


@pytest.mark.parametrize("name", STARTED)
def test_bfloat16_wants_a_larger_first_estimate(name):
    """A first step of a millionth rounds to nothing, and no estimate comes of it."""
    params = jax.tree.map(lambda p: p.astype(jnp.bfloat16), START)
    moved = []
    for factory in STARTED[name]:
        optimizer = js.scheduled(factory, learning_rate=1.0)
        end = follow(optimizer, 30, params)[-1][2]
        moved.append(float(jnp.abs(end["w"] - params["w"]).max()))

    assert moved[0] == 0
    assert moved[1] > 0.01


@pytest.mark.parametrize("name", ["dadapt_adamw", "prodigy", "mechanic"])
def test_float16_has_no_place_for_a_first_estimate(name):
    """The square of a millionth is 0 there, in Optax alone as well."""
    params = jax.tree.map(lambda p: p.astype(jnp.float16), START)
    ours, plain = METHODS[name].under(1.0), METHODS[name].plain(1.0)
    for optimizer in (ours, plain):
        assert np.isnan(follow(optimizer, 3, params)[-1][2]["w"]).all()


# Schedule-free.


def test_schedule_free_decays_in_vain():
    """Each at the best of three peaks: a decay leaves half as much again, or more."""
    kept = [left("schedule_free_sgd", k) for k in ("recipe", "warmup to 3", "warmup to 10")]
    decayed = [left("schedule_free_sgd", f"decay from {p}") for p in (1, 3, 10)]
    best, best_decayed = (min(map(np.median, ends)) for ends in (kept, decayed))

    assert best_decayed > 1.4 * best
    # At the same peak, on the average over seeds, whichever the peak.
    for kept_at_peak, decayed_at_peak in zip(kept, decayed, strict=True):
        assert np.mean(np.log(decayed_at_peak / kept_at_peak)) > np.log(1.25)


def test_schedule_free_averages_by_the_rate_of_the_step():
    """Here a step and its weight see one count; in Optax the weight is a count ahead."""
    rate = js.warmup_constant_schedule(0.0, 3.0, 5)
    ours = js.scheduled(contrib.schedule_free_sgd, learning_rate=rate)
    shifted = contrib.schedule_free(optax.sgd(rate), lambda count: rate(count - 1))
    ends = []
    for optimizer in (ours, shifted, contrib.schedule_free_sgd(rate)):
        *_, params, state = follow(optimizer, 6)[-1]
        ends.append(averaged(state, params))
    got, expected, ahead = ends

    assert_close(got, expected, rtol=1e-5)
    assert np.abs(ahead["w"] - got["w"]).max() > 0.02 * np.abs(got["w"]).max()


def test_schedule_free_steps_by_the_value_and_weighs_by_its_square():
    """The steps of `z` are the rate times the gradient; x is their weighted mean."""
    rate = warmup(1.0) + 0.1
    optimizer = js.scheduled(contrib.schedule_free_sgd, learning_rate=rate)
    seen = follow(optimizer, 6)
    ends = [START["w"], *(tree_get(state, "z")["w"] for *_, state in seen)]
    rates = [js.hyperparams(state)["learning_rate"] for *_, state in seen]
    for old, new, value, (_, grads, *_) in zip(ends, ends[1:], rates, seen, strict=False):
        np.testing.assert_allclose(old - new, value * grads["w"], rtol=1e-4, atol=1e-7)
    *_, params, state = seen[-1]
    mean = np.average(ends[1:], axis=0, weights=np.square(rates))

    np.testing.assert_allclose(rates, rate(jnp.arange(6)), rtol=1e-6)
    share = tree_get(state, "max_lr") ** 2 / tree_get(state, "weight_sum")

    np.testing.assert_allclose(averaged(state, params)["w"], mean, rtol=1e-4)
    np.testing.assert_allclose(share, rates[-1] ** 2 / np.square(rates).sum(), rtol=1e-5)


def test_schedule_given_to_the_wrapper_alone_is_no_rate():
    """It weighs the average by the largest value so far: a decay does nothing at all."""
    factory = partial(contrib.schedule_free, optax.sgd(1.0))
    ends = [
        follow(js.scheduled(factory, learning_rate=rate), 30)[-1][2]
        for rate in (js.Constant(1.0), line(1.0, 30))
    ]

    assert_same(*ends)


def test_schedule_free_keeps_its_b1():
    """The average is recovered by the `b1` that it was made with: no other will do."""
    factory = partial(contrib.schedule_free_sgd, learning_rate=3.0)
    ends = []
    for b1 in (0.5, 0.9, js.linear_schedule(0.5, 0.9, SHORT)):
        optimizer = js.scheduled(factory, b1=b1)
        *_, params, state = follow(optimizer, SHORT)[-1]
        ends.append(above(averaged(state, params)))

    np.testing.assert_allclose(ends, [0.0043, 0.0083, 0.11], rtol=0.2)


def test_schedule_free_is_judged_by_its_inner_state():
    """Optax's function wants the state of its own."""
    state = js.scheduled(schedule_free_adam, learning_rate=0.1).init(ONES)
    assert_close(averaged(state, ONES), ONES)
    with pytest.raises(AttributeError, match="b1"):
        contrib.schedule_free_eval_params(state, ONES)


def test_warmup_steps_are_no_hyperparameter():
    """The warmup is the schedule's: Optax's own asks for it in Python."""
    steps = js.Constant(WARM)
    with pytest.raises(TypeError, match=r"cannot schedule warmup_steps, because .*Python"):
        js.scheduled(contrib.schedule_free_sgd, learning_rate=1.0, warmup_steps=steps)


def test_hypergradient_of_schedule_free_wants_a_rate_above_zero():
    """The weight of the first step is 0 over 0: its value is caught, its gradient not."""

    @partial(jax.jit, **QUICKLY)
    @jax.grad
    def slope(peak, start):
        rate = js.warmup_constant_schedule(start, peak, 5)
        optimizer = js.scheduled(contrib.schedule_free_sgd, learning_rate=rate)

        def step(carry, key):
            params, state = carry
            grads = batch_gradient(params, key)[1]
            updates, state = optimizer.update(grads, state, params)
            return (optax.apply_updates(params, updates), state), None

        keys = jax.random.split(KEYS[0], 10)
        return loss(jax.lax.scan(step, (START, optimizer.init(START)), keys)[0][0])

    assert np.isnan(slope(1.0, 0.0))
    assert slope(1.0, 1e-3) < 0


# DoG and DoWG.


def test_dog_is_not_to_be_slowed_while_its_estimate_grows():
    """A decay from the start, or a warmup and a cosine, leave many times as much."""
    kept = np.max(left("dog", "constant", at=SHORT))

    assert np.min(left("dog", "short decay", at=SHORT)) > 3 * kept
    assert np.min(left("dog", "short cosine", at=SHORT)) > 9 * kept


def test_dog_wants_an_average_more_than_a_decay():
    """In a long run: what the last fifth down leaves, and the mean of the second half."""
    params = measured("dog")["constant"][0]
    mean = above_optimum({k: p[:, p.shape[1] // 2 :].mean(1) for k, p in params.items()})
    decayed, constant = left("dog", "recipe"), left("dog", "constant")

    assert np.max(decayed) < np.min(constant)
    assert np.max(mean) < np.min(decayed)
    assert np.median(mean) == pytest.approx(0.00023, rel=0.2)


def test_dowg_takes_a_decay_but_no_factor_above_one():
    """A decay to 0 leaves a fifth; at twice its own rate DoWG diverges."""
    assert np.median(left("dowg", "decay")) < np.median(left("dowg", "constant")) / 3
    assert not (left("dowg", "double") < BEFORE).any()


# Mechanic.


def test_mechanic_wants_a_peak_of_one():
    """At a peak of 1e-3 the tuned scale has a thousandfold to grow, and does not."""
    assert np.median(left("mechanic", "tiny")) > 20 * np.median(left("mechanic", "recipe"))


def test_mechanic_may_hold_the_scheduled_one():
    """A scheduled base or a scheduled whole: the same training, read the same way."""
    rate = warmup(1.0)
    inside = contrib.mechanize(js.scheduled(optax.sgd, learning_rate=rate))
    around = METHODS["mechanic"].under(rate)
    ends = [follow(optimizer, 20)[-1] for optimizer in (inside, around)]

    assert_close(ends[0][2], ends[1][2])
    for *_, state in ends:
        np.testing.assert_allclose(js.hyperparams(state)["learning_rate"], rate(19))


# MoMo and Polyak's step.


def rates_of_momo(cap):
    """The rate that MoMo used at each count."""
    norm = optax.tree_utils.tree_norm
    optimizer = js.scheduled(contrib.momo, learning_rate=cap)
    return np.asarray(
        [
            norm(jax.tree.map(jnp.subtract, after, before)) / norm(tree_get(s, "exp_avg"))
            for before, _, after, s in follow(optimizer, 100)
        ]
    )


def test_cap_of_momo_is_a_cap():
    """Low, it is the rate, and MoMo is SGD with momentum; at 30 it is that a third."""
    for cap in (0.1, 1.0):
        np.testing.assert_allclose(rates_of_momo(cap), cap, rtol=1e-3)
    high = rates_of_momo(30.0)

    assert (high < 30.1).all()
    assert 0.25 < np.mean(high > 29.9) < 0.45


@pytest.mark.parametrize("name", ["momo", "momo_adam"])
def test_momo_stops_at_its_lower_bound(name):
    """A bound above the optimum ends the training there."""
    optimizer = js.scheduled(METHODS[name].factory, learning_rate=1.0, lower_bound=0.5)
    params = follow(optimizer, SHORT)[-1][2]

    assert above(params) == pytest.approx(0.31, rel=0.1)


VALUED = {
    "momo": js.scheduled(contrib.momo, learning_rate=0.1),
    "momo_adam": js.scheduled(contrib.momo_adam, learning_rate=0.1),
    "polyak": js.scheduled(optax.polyak_sgd, max_learning_rate=0.1),
    "plateau": js.scheduled(plateau, learning_rate=0.1),
}


@pytest.mark.parametrize("name", VALUED)
def test_methods_that_see_the_loss_insist_on_it(name):
    """Without `value=` the update raises."""
    state = VALUED[name].init(ONES)
    with pytest.raises(TypeError, match="value"):
        VALUED[name].update(ONES, state, ONES)


def test_controller_is_fed_the_same_value():
    """A cap that is cut on plateau: of the loss that MoMo takes its step by."""
    cap = 8 * js.ReduceOnPlateau(factor=0.5, patience=0)
    optimizer = js.scheduled(contrib.momo, learning_rate=cap)
    read = [js.hyperparams(s)["learning_rate"] for *_, s in follow(optimizer, 4, value=1.0)]

    np.testing.assert_array_equal(read, [8, 8, 4, 2])


@pytest.mark.parametrize("scaling", [0.5, 0.1])
def test_scaling_of_polyak_acts_the_wrong_way(scaling):
    """In Optax 0.2.8 the gradient is scaled before its norm is taken: s gives 1 / s."""
    moved = []
    for s in (1.0, scaling):
        optimizer = js.scheduled(optax.polyak_sgd, scaling=s, max_learning_rate=1e9)
        updates, _ = optimizer.update(ONES, optimizer.init(ONES), ONES, value=3.0)
        moved.append(updates["x"][0])

    np.testing.assert_allclose(moved[1] / moved[0], 1 / scaling, rtol=1e-5)


# COCOB.


def test_cocob_has_no_rate():
    """Bets do not depend on the unit of the gradients: a hundred times is the same."""
    ends = [
        follow(js.scheduled(contrib.cocob, learning_rate=rate), 100)[-1][2]
        for rate in (1.0, 100.0)
    ]

    assert_close(*ends, rtol=1e-4)


def test_weight_decay_of_cocob_follows_its_schedule():
    """Gone at the end, it leaves less than half of what a constant one leaves."""
    assert np.median(left("cocob", "recipe")) < np.median(left("cocob", "constant")) / 2


# Optax's plateau.


def test_plateau_cuts_what_is_read():
    """The rate in use is the value of the schedule times Optax's scale."""
    for chained in (
        js.scheduled(plateau, learning_rate=line(1.0)),
        optax.chain(
            js.scheduled(optax.sgd, learning_rate=line(1.0)),
            contrib.reduce_on_plateau(factor=0.5, patience=2),
        ),
    ):
        for before, grads, after, state in follow(chained, 8, value=1.0):
            moved = after["w"] - before["w"]
            rate = js.hyperparams(state)["learning_rate"] * tree_get(state, "scale")
            np.testing.assert_allclose(moved, -rate * grads["w"], rtol=1e-4, atol=1e-6)


def test_plateau_comes_after_adam():
    """Before it, Adam divides by the size of what was cut, and so takes the cut back."""
    cut = contrib.reduce_on_plateau(factor=0.1, patience=1)
    adam = js.scheduled(optax.adam, learning_rate=0.1, b2=0.9)
    moved = []
    for optimizer in (optax.chain(adam, cut), optax.chain(cut, adam)):
        params = follow(optimizer, 40, value=1.0)[-1][2]
        moved.append(float(jnp.abs(params["w"] - START["w"]).max()))

    np.testing.assert_allclose(moved, [0.11, 0.97], rtol=0.1)


def test_two_plateaus_cut_twice():
    """One here and one of Optax: half of what has happened is read."""
    rate = js.Constant(1.0) * js.ReduceOnPlateau(factor=0.5, patience=1)
    cut = contrib.reduce_on_plateau(factor=0.5, patience=2)
    optimizer = optax.chain(js.scheduled(optax.sgd, learning_rate=rate), cut)
    state = optimizer.init(ONES)
    for _ in range(4):
        updates, state = optimizer.update(ONES, state, ONES, value=1.0)

    assert float(js.hyperparams(state)["learning_rate"]) == 0.5
    np.testing.assert_array_equal(updates["x"], -0.25)


def test_numbers_of_the_plateau_of_optax_are_fixed():
    """It branches on them in Python: a sweep over them is for `ReduceOnPlateau`."""
    with pytest.raises(TypeError, match=r"cannot schedule factor, because .*Python"):
        js.scheduled(contrib.reduce_on_plateau, factor=0.5)
