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
NUM_STEPS = 5
QUICK = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}

BACKTRACKING = ("atol", "decrease_factor", "max_backtracking_steps", "rtol", "slope_rtol")
ZOOM = (
    *("approx_dec_rtol", "curv_rtol", "increase_factor", "max_linesearch_steps"),
    *("slope_rtol", "stepsize_precision", "tol"),
)
UNFELT = {
    # No loss is near it.
    "momo.lower_bound",
    # No estimate is above the first.
    *("prodigy.beta3", "prodigy.estim_lr_coef"),
    # Weights of an average, all the same where the rate is.
    *("schedule_free.learning_rate", "schedule_free.weight_lr_power"),
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


def follow(row, optimizer):
    """What some updates apply, one by one, each operation for itself."""
    params, applied = row.params(), []
    grads, state = row.grads(params, NUM_STEPS), optimizer.init(params)
    for i in range(NUM_STEPS):
        now = jax.tree.map(lambda g, i=i: g[i], grads)
        updates, params, state = row.step(optimizer, params, state, now)
        applied.append(updates)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *applied)


def is_same(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(bool(jnp.all(a == b)) for a, b in pairs)


@pytest.mark.parametrize("name", [name for name in rows() if free(name)])
def test_scheduled(name):
    """Alone and in a batch, a lane for each second value: the plain optimizers; one trace.

    Gradients do not depend on parameters, so that rounding does not grow.
    """
    row, names = rows()[name], free(name)
    factory, params = fixed(row, names), row.params()
    grads = row.grads(params, NUM_STEPS)
    first, second = ({k: row.numbers[k][i] for k in names} for i in (0, 1))
    settings = [first, second, *({**first, k: second[k]} for k in names)]

    def scheduled(values):
        return js.scheduled(factory, **{k: js.Constant(v) for k, v in values.items()})

    def in_one(values):
        optimizer = scheduled(values)

        def step(carry, now):
            updates, *carry = row.step(optimizer, *carry, now)
            return tuple(carry), updates

        return jax.lax.scan(step, (params, optimizer.init(params)), grads)[1]

    # Loops and branches would be compiled anew for each plain optimizer.
    with jax.disable_jit(bool(row.needs) or "muon" in name):
        plain = [follow(row, row.make(**values)) for values in settings]
        alone = [follow(row, scheduled(values)) for values in settings[:2]]
    batched = Traced(jax.vmap(in_one), compiler_options=QUICK)
    batch = {k: np.float32([values[k] for values in settings]) for k in names}
    batched({k: values[::-1] for k, values in batch.items()})
    lanes = batched(batch)

    assert batched.count == 1
    for i, expected in enumerate(plain):
        lane = jax.tree.map(lambda leaf, i=i: leaf[i], lanes)
        assert_close(lane, expected, rtol=1e-5)
        if i < len(alone):
            assert_close(alone[i], expected, rtol=1e-5)
    short = name.rpartition(".")[2]
    pairs = zip(names, plain[2:], strict=True)
    unfelt = {f"{short}.{k}" for k, updates in pairs if is_same(updates, plain[0])}
    assert unfelt == {k for k in UNFELT if k.partition(".")[0] == short}


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
