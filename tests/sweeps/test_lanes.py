"""The seam of the engine: lanes that are trained, chosen and laid out anew."""

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched.sweeps._lanes import Layout, Trainer, layout

from .helpers import KEY, MEMBERS, assert_identical, run
from .tasks import Regression

MESH = jax.sharding.Mesh(np.asarray(jax.devices()[:1]), ("sweep",))


def trainer(num_seeds=3, most=None):
    made = Trainer(Regression(), layout(MESH, 4 * num_seeds, most))
    made.start(MEMBERS.schedules, KEY, num_seeds)
    return made


# Layouts.


@pytest.mark.parametrize(
    ("num_lanes", "most", "turns", "batch_size"),
    [
        *((12, None, 1, 12), (12, 12, 1, 12), (12, 100, 1, 12), (12, 5, 3, 4)),
        *((12, 1, 12, 1), (1009, 256, 4, 253), (7, 3, 3, 3), (7, 4, 2, 4), (1, 1, 1, 1)),
    ],
)
def test_batches_are_equal(num_lanes, most, turns, batch_size):
    """No more than was asked for, and few lanes that pad."""
    found = layout(MESH, num_lanes, most)

    assert (found.turns, found.batch_size) == (turns, batch_size)
    assert num_lanes <= found.size < num_lanes + turns


def test_padding_is_the_last_lane():
    """A real one, so that nothing can go wrong in it that does not go wrong anyway."""
    assert Layout(MESH, 3, 1, 5).padded(np.asarray([4, 8, 6])).tolist() == [4, 8, 6, 6, 6]


# Training.


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("most", [None, 5])
def test_chunks_are_the_sweep(trained, most, ahead):
    """What the engine's own loop gives, and the state where the caller may have it."""
    made = trainer(most=most)
    curves = []
    for chunk in made.chunks(40, 16, ahead=ahead):
        curves.append(chunk.curves["loss"])
        if not ahead:
            assert made.done == chunk.done
            error = jax.vmap(Regression().evaluate)(made.state)["error"][:12]
            np.testing.assert_allclose(chunk.evaluation["error"], error, rtol=1e-5)

    assert [part.shape for part in curves] == [(12, 16), (12, 16), (12, 8)]
    loss = np.concatenate(curves, axis=1).reshape(4, 3, 40)
    np.testing.assert_allclose(loss, trained.curves["loss"], rtol=1e-5)


@pytest.mark.parametrize("most", [None, 5])
@pytest.mark.parametrize("lanes", [[7, 2, 9], [3], [0, 0, 5, 5, 5, 11], range(12)])
def test_chosen_lanes_go_on(trained, lanes, most):
    """Fewer, in another order, or copies: each as if nothing had happened to it."""
    made = trainer(most=most)
    for _ in made.chunks(16, 16):
        pass
    made.take(lanes)
    (rest,) = made.chunks(40, 24)
    expected = trained.curves["loss"].reshape(12, 40)[list(lanes), 16:]

    np.testing.assert_allclose(rest.curves["loss"], expected, rtol=1e-5)


def test_fewer_lanes_are_fewer_rows():
    """What is left out costs nothing any more."""
    made = trainer(most=5)
    made.take([7, 2, 9])

    assert made.layout.num_lanes == made.layout.size == 3
    assert {leaf.shape[0] for leaf in jax.tree.leaves(made.state)} == {3}


def test_state_may_be_edited_between_chunks():
    """Other rates from now on, a lane each."""
    made = trainer(num_seeds=1)
    next(made.chunks(8, 8))
    params, opt_state, key = made.state
    opt_state = jax.vmap(lambda s, v: js.override(s, learning_rate=v))(
        opt_state, np.asarray([0.25, 0.5, 0.125, 1.0], np.float32)
    )
    made.state = (params, opt_state, key)
    chunk = next(made.chunks(16, 8))

    np.testing.assert_array_equal(chunk.curves["rate"][:, 0], [0.25, 0.5, 0.125, 1.0])


def test_batches_do_not_change_what_is_saved(tmp_path):
    """A folder that was begun with padded batches goes on without, and the other way."""

    class Stopped(Exception):
        pass

    def stop(report):
        if report.done == 16:
            raise Stopped

    options = {"num_seeds": 3, "chunk_steps": 8}
    whole = run(**options)
    for i, sizes in enumerate([(5, 12), (12, 5), (5, 5)]):
        folder = {"checkpoint_dir": tmp_path / str(i)}
        with pytest.raises(Stopped):
            run(progress=stop, batch_size=sizes[0], **folder, **options)
        result = run(batch_size=sizes[1], **folder, **options)
        np.testing.assert_allclose(result.curves["loss"], whole.curves["loss"], rtol=1e-5)
    assert_identical(result, run(batch_size=5, **options))
