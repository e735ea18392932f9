"""Every optimizer of optax with each of its hyperparameters scheduled, traced, batched."""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js

from .factories import EXCLUDED, public_factories, rows
from .helpers import Traced, assert_close
from .optimizers import fixed, free, page, refused

pytestmark = [
    # dpsgd of optax 0.2.8 gives a transformation a seed, which that has renamed.
    pytest.mark.filterwarnings("ignore:.seed. is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.optimistic_adam. is dep:DeprecationWarning"),
]
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "optimizers.md"
NUM_STEPS = 4
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}

RADAM = ("b2", "eps", "eps_root", "threshold")
BACKTRACKING = (
    *("atol", "decrease_factor", "max_backtracking_steps", "rtol", "slope_rtol"),
)
ZOOM = (
    *("approx_dec_rtol", "curv_rtol", "increase_factor", "max_linesearch_steps"),
    *("slope_rtol", "stepsize_precision", "tol"),
)
NOT_FELT = {
    *("momo.lower_bound", "momo_adam.lower_bound"),
    *("polyak_sgd.eps", "polyak_sgd.f_min"),
    *("scale_by_polyak.eps", "scale_by_polyak.f_min"),
    *("prodigy.beta3", "prodigy.estim_lr_coef"),
    *("rprop.min_step_size", "scale_by_rprop.min_step_size"),
    *("schedule_free.learning_rate", "schedule_free.weight_lr_power"),
    "sophia.gamma",
    # The first updates of RAdam are those of a momentum.
    *(f"{radam}.{name}" for radam in ("radam", "scale_by_radam") for name in RADAM),
    # The first step that is tried is taken.
    *(f"scale_by_backtracking_linesearch.{name}" for name in BACKTRACKING),
    *(f"scale_by_zoom_linesearch.{name}" for name in ZOOM),
}
"""What makes no difference within these few updates."""


def test_page_is_what_the_table_says():
    """Written anew by `python -m tests.transforms.optimizers > docs/optimizers.md`."""
    assert PAGE.read_text() == page()


def test_nothing_of_optax_is_left_out():
    """What optax makes public has a row, or a reason for having none."""
    names = {name.rpartition(".")[2] for name in public_factories()}
    in_table = {name.rpartition(".")[2] for name in rows()}

    assert names == in_table | (names & set(EXCLUDED))
    assert set(EXCLUDED) <= names
    for row in rows().values():
        assert row.numbers or row.sizes or row.tuples, f"{row.name} takes no number"


def follow(row, step, params, state):
    """What some updates apply, whose gradients do not depend on the parameters."""
    grads, made = row.grads(row.params(), NUM_STEPS), []
    for i in range(NUM_STEPS):
        now = jax.tree.map(lambda g, i=i: g[i], grads)
        updates, params, state = step(params, state, now)
        made.append(updates)
    return made


def is_same(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(bool(jnp.all(a == b)) for a, b in pairs)


def lane_of(tree, i):
    return jax.tree.map(lambda leaf: leaf[i], tree)


@pytest.mark.parametrize("name", [name for name in rows() if free(name)])
def test_scheduled(name):
    """As the plain one with these numbers; a lane for a second value of each; one trace."""
    row, names = rows()[name], free(name)
    factory, params = fixed(row, names), row.params()
    first = {k: row.numbers[k][0] for k in names}
    lanes = [first, *({**first, k: row.numbers[k][1]} for k in names)]

    def init(values):
        constants = {k: js.Constant(v) for k, v in values.items()}
        return js.scheduled(factory, **constants).init(params)

    def step_of(optimizer):
        return lambda params, state, grads: row.step(optimizer, params, state, grads)

    step = step_of(js.scheduled(factory, **first))
    traced = Traced(step, compiler_options=QUICK)
    alone = [follow(row, traced, params, init(lane)) for lane in (first, lanes[-1])]
    stacked = {k: jnp.asarray([lane[k] for lane in lanes]) for k in names}
    spread = jax.tree.map(lambda leaf: jnp.stack([leaf] * len(lanes)), params)
    batched = jax.jit(jax.vmap(step, in_axes=(0, 0, None)), compiler_options=QUICK)
    together = follow(row, batched, spread, jax.vmap(init)(stacked))
    plain = jax.jit(step_of(row.make()), compiler_options=QUICK)

    assert traced.count == 1
    assert_close(alone[0], follow(row, plain, params, row.make().init(params)), rtol=1e-5)
    for i in (0, -1):
        assert_close(lane_of(together, i), alone[i], rtol=1e-5)
    short = name.rpartition(".")[2]
    same = {
        f"{short}.{number}"
        for i, number in enumerate(names, 1)
        if is_same(lane_of(together, 0), lane_of(together, i))
    }
    assert same == {k for k in NOT_FELT if k.partition(".")[0] == short}


@pytest.mark.parametrize("name", [name for name in rows() if refused(name)])
def test_refused(name):
    """The error names the hyperparameter, why, and the way out, which works."""
    row = rows()[name]
    for number in refused(name):
        value = row.numbers[number][0]
        schedule = js.linear_schedule(value, value / 2, 10)
        with pytest.raises(TypeError, match=rf"cannot schedule {number}, because .*Python"):
            js.scheduled(fixed(row, (number,)), **{number: schedule})
    if free(name):
        js.scheduled(fixed(row, free(name)), **{k: row.numbers[k][0] for k in free(name)})


def test_refusal_in_use():
    """With a function among the arguments it is found out when real parameters come."""

    def mine(size, mask):
        def init(params):
            return mask(params)

        def update(updates, state, params=None):
            return (updates if size > 1 else params), state

        return optax.GradientTransformation(init, update)

    optimizer = js.scheduled(mine, size=2.0, mask=lambda params: ())
    params = {"x": np.ones(2, np.float32)}
    state = optimizer.init(params)
    with pytest.raises(TypeError, match=r"cannot schedule size, because .*if size > 1"):
        jax.jit(optimizer.update)(params, state, params)
