"""The edge of divergence, of descents that have one in closed form."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.analysis import _divergence, divergence_edge

from .descent import Descent

KEY = jax.random.key(0)


def test_the_edge_of_a_quadratic():
    """Is 2 over the curvature, whatever the seed; the loss of k updates is 4 there."""
    edges = divergence_edge(Descent(), key=KEY, num_steps=400, num_seeds=3)
    curves = js.sweeps.run(
        Descent(), [0.1], num_steps=1, num_seeds=3, key=KEY, progress=False
    ).curves
    # After 399 updates |1 - rate h| ^ 798 is 4.
    expected = (1 + 4 ** (1 / 798)) / curves["curvature"][0, :, 0]

    np.testing.assert_allclose(edges, expected, rtol=1e6 ** (8.0**-5) - 1)
    assert (edges <= expected * (1 + 1e-6)).all()
    assert len(np.unique(edges)) == 3


def test_edges_out_of_reach():
    """Where nothing is safe, the low end; where all is, just below the high one."""
    options = {"key": KEY, "num_steps": 50, "rounds": 2}
    assert divergence_edge(Descent(), low=5.0, high=9.0, **options).tolist() == [5.0]
    found = divergence_edge(Descent(), low=0.01, high=0.02, **options)
    assert 0.0195 < found[0] < 0.02


def test_a_lane_for_each_rate_and_seed(monkeypatch):
    """No rate is trained with the seeds that it is not meant for."""
    trained = []

    def spy(task, members, **options):
        trained.append(js.sweeps.num_members(members.schedules))
        return js.sweeps.run(task, members, **options)

    monkeypatch.setattr(_divergence, "run", spy)
    options = {"num_steps": 50, "rounds": 2, "num_rates": 5}
    edges = divergence_edge(Descent(), key=KEY, num_seeds=3, **options)

    assert trained == [15, 15]
    alone = divergence_edge(Descent(), key=KEY, num_seeds=1, **options)
    np.testing.assert_allclose(edges[:1], alone, rtol=1e-6)


@dataclasses.dataclass(frozen=True)
class Bump:
    """Its loss is 1, but for the bump at one update with rates above 0.5."""

    bump: float

    def init(self, schedule, key):
        return schedule, 0

    def step(self, state):
        schedule, count = state
        loss = jnp.where((count == 3) & (schedule(count) > 0.5), self.bump, 1.0)
        return (schedule, count + 1), loss


@pytest.mark.parametrize(
    ("bump", "edge"), [(3.9, 100.0), (4.1, 0.5), (np.nan, 0.5), (np.inf, 0.5)]
)
def test_a_run_that_comes_back_has_diverged(bump, edge):
    """Above four times the first loss, or not finite, be it once."""
    found = divergence_edge(Bump(bump), key=KEY, num_steps=6)

    np.testing.assert_allclose(found, edge, rtol=1e6 ** (8.0**-5) - 1)
    assert found[0] <= edge * (1 + 1e-6)


def test_a_loss_that_is_infinite_from_the_start():
    """Is not safe, though no multiple of it is lower."""
    found = divergence_edge(Descent(np.inf), key=KEY, num_steps=3, rounds=1)
    assert found.tolist() == [1e-4]


def test_a_task_that_is_changed_is_another():
    """The programs of an object without a value are not kept from call to call."""

    class Steep:
        curvature = 1.0

        def init(self, schedule, key):
            return schedule, 0, jnp.float32(1.0)

        def step(self, state):
            schedule, count, x = state
            return (schedule, count + 1, x - schedule(count) * self.curvature * x), x * x

    task = Steep()
    options = {"key": KEY, "num_steps": 50, "rounds": 3}
    flat = divergence_edge(task, **options)
    task.curvature = 10.0
    steep = divergence_edge(task, **options)

    np.testing.assert_allclose(flat / steep, 10.0, rtol=1e6 ** (8.0**-3) - 1)


def test_a_raw_key():
    """Gives each seed the start that a sweep gives it."""
    key = jax.random.PRNGKey(1)
    options = {"num_steps": 100, "num_seeds": 2}
    edges = divergence_edge(Descent(), key=key, rounds=3, **options)
    result = js.sweeps.run(Descent(), [0.1], key=key, progress=False, **options)
    expected = (1 + 4 ** (1 / 198)) / result.curves["curvature"][0, :, 0]

    np.testing.assert_allclose(edges, expected, rtol=1e6 ** (8.0**-3) - 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"low": 1.0, "high": 1.0}, "low < high"),
        ({"high": np.inf}, "low < high < inf"),
        ({"high": np.nan}, "high"),
        ({"low": 0.0}, "low"),
        ({"rounds": 0}, "rounds"),
        ({"num_rates": 0}, "num_rates"),
        ({"num_seeds": 0}, "num_seeds"),
        ({"num_steps": 0}, "num_steps"),
        ({"divergence": np.nan}, "divergence > 1"),
    ],
)
def test_errors(options, words):
    with pytest.raises(ValueError, match=words):
        divergence_edge(Descent(), **{"key": KEY, "num_steps": 5, "rounds": 1} | options)


def test_losses_of_no_use():
    """Below 0 a multiple of the first says nothing."""
    with pytest.raises(ValueError, match="of 0 or more, got loss=-2"):
        divergence_edge(Descent(-2.0), key=KEY, num_steps=5)
    with pytest.raises(KeyError, match="'los' must be one of"):
        divergence_edge(Descent(), key=KEY, num_steps=5, loss="los")


def test_one_update_says_nothing():
    """The first loss is the same for all rates: every one is safe."""
    found = divergence_edge(Descent(), key=KEY, num_steps=1, rounds=1, high=1e2)
    np.testing.assert_allclose(found, 1e-4 * 1e6 ** (7 / 8), rtol=1e-6)
