"""Gradients with respect to every real number are those of the formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from .cases import EXACT

# Counts within phases: at a boundary a formula has a kink, and no derivative.
INNER = np.asarray([3, 7, 14, 23, 38, 47, 57, 66, 83, 91, 127, 1_003])
# Where rounding to whole numbers is what the node is for, values jump with its length.
STEPPED = ("hold_steps", "period_steps")


def _real_paths(schedule):
    for path, leaf in jax.tree_util.tree_leaves_with_path(schedule):
        name = getattr(path[-1], "name", "")
        if name not in ("index", "seed") and np.ndim(leaf) == 0:
            yield jax.tree_util.keystr(path), np.isfinite(float(leaf))


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.id)
def test_they_equal_finite_differences(case):
    """In double precision, by central differences, at counts where it is smooth."""
    with jax.enable_x64(True):
        schedule = jax.tree.map(np.asarray, case.schedule)
        paths = dict(_real_paths(schedule))
        leaves, treedef = jax.tree.flatten(schedule)
        names = [
            jax.tree_util.keystr(path)
            for path, _ in jax.tree_util.tree_leaves_with_path(schedule)
        ]
        free = [i for i, name in enumerate(names) if paths.get(name)]
        if not free:
            return
        start = np.asarray([float(leaves[i]) for i in free])

        def run(numbers):
            filled = list(leaves)
            for i, number in zip(free, numbers, strict=True):
                filled[i] = number
            return jax.tree.unflatten(treedef, filled)(INNER)

        # A fraction of an update more: its whole part stays, so nothing flips.
        # A rate is moved by a share of itself, however small; a value by no less than 1e-8.
        least = [0 if names[i].endswith("decay_rate") else 1e-2 for i in free]
        step = 1e-6 * np.maximum(np.abs(start), least)
        size = np.eye(len(free)) * step
        around = np.concatenate([start + 3 * size, start + size])
        slopes = np.asarray(jax.jit(jax.jacrev(run))(jnp.asarray(start + 2 * step)))
        far, near = np.split(np.asarray(jax.jit(jax.vmap(run))(around + _rest(step))), 2)
        moved = ((far - near) / (2 * step[:, None])).T

    assert np.isfinite(slopes).all()
    scale = np.abs(slopes).max(0) + np.abs(moved).max(0)
    for i, column in enumerate(free):
        if any(word in names[column] for word in STEPPED):
            continue
        np.testing.assert_allclose(
            slopes[:, i] / scale[i] if scale[i] else slopes[:, i],
            moved[:, i] / scale[i] if scale[i] else moved[:, i],
            rtol=0,
            atol=1e-6,
            err_msg=f"{case.id}{names[column]}",
        )


def _rest(step):
    """The other numbers are where the gradient is taken, two steps on."""
    n = len(step)
    return np.tile((1 - np.eye(n)) * 2 * step, (2, 1))
