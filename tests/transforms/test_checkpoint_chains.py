"""What may be different around a scheduled optimizer that resumes, or in its place."""

import jax
import numpy as np
import optax
import pytest

import jaxsched as js

from .helpers import adam, after, assert_same, start

LINE = js.linear_schedule(1.0, 0.0, 10)


def fresh(optimizer):
    return optimizer.init(start())


def next_of(state):
    return {name: float(value) for name, value in js.next_hyperparams(state).items()}


@pytest.mark.parametrize("num_before", [0, 1])
def test_scheduled_clipping_comes_and_goes(num_before):
    """It has a count, so a new one starts at that of the others."""
    clip = js.scheduled(optax.clip_by_global_norm, max_norm=LINE)
    behind = optax.chain(adam(LINE), js.decoupled_weight_decay(0.5 * LINE))
    both = optax.chain(clip, behind)
    old, new = (both, behind) if num_before else (behind, both)
    _, state = after(old, 4)
    saved = js.to_checkpoint(js.override(state, learning_rate=0.25))
    restored = js.from_checkpoint(saved, fresh(new))
    values = next_of(restored)

    assert values.pop("learning_rate") == 0.25
    expected = {"weight_decay": 0.3} | ({} if num_before else {"max_norm": 0.6})
    assert values == pytest.approx(expected, rel=1e-6)
    kinds = {c.name: c.kind for c in js.diff(saved, fresh(new))}
    assert kinds == {
        "max_norm": "gone" if num_before else "new",
        "learning_rate": "override",
    }


def test_groups_with_counts_of_their_own():
    """A new one in a group starts at the count of the group, else somebody has to say."""

    def build(before=optax.identity()):
        groups = {"weights": optax.chain(before, adam(LINE)), "biases": adam(LINE)}
        return optax.partition(groups, {"w": "weights", "b": "biases"})

    state = js.seek(fresh(build()), 2)
    parts = {**state.inner_states, "biases": js.seek(state.inner_states["biases"], 6)}
    saved = js.to_checkpoint(state._replace(inner_states=parts))
    clip = js.scheduled(optax.clip, max_delta=LINE)
    values = next_of(js.from_checkpoint(saved, fresh(build(clip))))

    assert values == pytest.approx(
        {"max_delta": 0.8, "weights/learning_rate": 0.8, "biases/learning_rate": 0.4}
    )
    outside = optax.chain(clip, build())
    with pytest.raises(ValueError, match=r"which has 2, 6. Pass seek\(state, count\)"):
        js.from_checkpoint(saved, fresh(outside))


# From plain Optax.


PLAIN = {
    "a number": optax.adamw(1e-3),
    "a schedule": optax.adamw(optax.linear_schedule(1.0, 0.0, 10)),
    "injected": optax.inject_hyperparams(optax.adamw)(learning_rate=1e-3),
    "an injected schedule": optax.inject_hyperparams(optax.adamw)(
        learning_rate=optax.linear_schedule(1.0, 0.0, 10)
    ),
    "accumulated": optax.MultiSteps(optax.adamw(1e-3), 2),
}


@pytest.mark.parametrize("plain", PLAIN.values(), ids=PLAIN)
def test_from_plain_optax(plain):
    """Moments move over, and the count that Adam and the schedule have kept."""
    optimizer = js.scheduled(optax.adamw, learning_rate=LINE)
    num_steps = 4
    if isinstance(plain, optax.MultiSteps):
        optimizer, num_steps = optax.MultiSteps(optimizer, 2), 8
    _, state = after(plain, num_steps)
    saved = js.to_checkpoint(state)
    restored = js.from_checkpoint(saved, fresh(optimizer))

    np.testing.assert_allclose(next_of(restored)["learning_rate"], 0.6, rtol=1e-6)
    for name in ("mu", "nu"):
        old, new = (optax.tree_utils.tree_get(s, name) for s in (state, restored))
        assert_same(new, old)
    assert [change.kind for change in js.diff(saved, fresh(optimizer))] == ["new"]


def test_from_plain_optax_without_a_count():
    """SGD keeps none: `seek` says it, and the error says that."""
    _, state = after(optax.sgd(0.1, momentum=0.9), 4)
    optimizer = js.scheduled(optax.sgd, learning_rate=LINE, momentum=0.9)
    saved = js.to_checkpoint(state)
    with pytest.raises(ValueError, match=r"has none. Pass seek\(state, count\)"):
        js.from_checkpoint(saved, fresh(optimizer))
    restored = js.from_checkpoint(saved, js.seek(fresh(optimizer), 4))

    np.testing.assert_allclose(next_of(restored)["learning_rate"], 0.6, rtol=1e-6)
    assert_same(jax.tree.leaves(restored.inner_state), jax.tree.leaves(state))
