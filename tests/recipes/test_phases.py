"""Warmups, stable and decay phases, spikes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import curves


def test_a_warmup_goes_before_anything():
    """A number, a function or a schedule, which then starts at its own count 0."""
    for after in (0.5, lambda t: 0.5 - 0.0 * jnp.float32(t), js.Constant(0.5)):
        for warm in (
            js.linear_warmup_schedule(after, 0.125, warmup_steps=4),
            js.constant_warmup_schedule(after, 0.125, warmup_steps=4),
            js.exponential_warmup_schedule(after, 0.125, warmup_steps=4),
        ):
            assert float(warm(0)) == 0.125
            np.testing.assert_array_equal(warm(np.asarray([4, 5, 99])), [0.5, 0.5, 0.5])


def test_an_exponential_warmup_grows_by_equal_factors():
    """From a thousandth to one in three equal factors of ten."""
    warm = js.exponential_warmup_schedule(1.0, 1e-3, warmup_steps=3)

    np.testing.assert_allclose(
        warm(np.arange(5)), [1e-3, 1e-2, 0.1, 1, 1], rtol=2e-6, atol=0
    )


def test_an_exponential_warmup_can_be_built_inside_jit():
    """Start, peak and length may be traced."""
    run = jax.jit(lambda v, p, T: js.exponential_warmup_schedule(p, v, warmup_steps=T)(1))

    np.testing.assert_allclose(run(0.25, 1.0, 2), 0.5, rtol=1e-6, atol=0)


def test_an_exponential_warmup_needs_positive_ends():
    """From or to zero there is no factor."""
    with pytest.raises(ValueError, match=r"init_value=...\) must be above 0, got 0"):
        js.exponential_warmup_schedule(1.0, 0.0, warmup_steps=3)
    with pytest.raises(
        ValueError, match=r"starts above 0, got 0.0 at count 0. Use linear_w"
    ):
        js.exponential_warmup_schedule(0.0, 0.1, warmup_steps=3)


@pytest.mark.parametrize("warmup", [0, 1, 5])
@pytest.mark.parametrize("stable", [0, 1, 5])
@pytest.mark.parametrize("decay", [0, 1, 5])
def test_wsd_with_phases_of_any_length(warmup, stable, decay):
    """Phases add up; one of no length is left out; the end is reached and kept."""
    lengths = {"warmup_steps": warmup, "stable_steps": stable, "decay_steps": decay}
    schedule = js.warmup_stable_decay_schedule(0.125, 1.0, 0.25, **lengths)
    values = np.asarray(schedule(np.arange(20)))
    total = warmup + stable + decay

    assert (values[total:] == 0.25).all()
    assert (values[warmup : warmup + stable + (decay > 0)] == 1).all()
    assert warmup == 0 or values[0] == 0.125
    assert (np.diff(values[warmup:]) <= 0).all()


def test_wsd_as_a_list_of_numbers():
    """A knee: up over 10, flat to 50, down to 100."""
    knee = js.warmup_stable_decay_schedule(
        0.0, 1.0, warmup_steps=10, stable_steps=40, decay_steps=50
    )
    counts = np.asarray([0, 1, 10, 25, 50, 75, 90, 99, 100])

    values = [0, 0.1, 1, 1, 1, 0.5, 0.2, 0.02, 0]
    np.testing.assert_allclose(knee(counts), values, rtol=1e-6, atol=0)


def test_floors_are_absolute_and_reached():
    """Whatever the shape, the end value is what was asked for, at the end and after."""
    floor = float(np.float32(1e-5))
    ends = [
        js.cosine_annealing_schedule(1e-3, floor, decay_steps=1_000),
        js.decay_schedule(1e-3, floor, decay_steps=1_000, curve=curves.Polynomial(2.0)),
        js.warmup_decay_schedule(0.0, 1e-3, floor, warmup_steps=200, decay_steps=800),
        js.cosine_decay_schedule(1.0, 1_000, floor),
        js.onecycle_schedule(1e-4, 1e-3, floor, warmup_steps=300, decay_steps=700),
    ]

    for schedule in ends:
        assert float(schedule(999)) > floor
        assert float(schedule(1_000)) == float(schedule(2**31 - 2)) == floor


def test_a_spike_leaves_the_rest_alone():
    """Before and after it every bit is that of the schedule."""
    base = js.warmup_cosine_decay_schedule(0.0, 0.1, 10, 100)
    spiked = js.spike_schedule(base, 3.0, spike_begin=40, spike_steps=5)
    counts = np.arange(120)
    inside = (counts >= 40) & (counts < 45)

    np.testing.assert_array_equal(spiked(counts)[~inside], base(counts)[~inside])
    np.testing.assert_allclose(spiked(counts)[inside], 3 * base(counts)[inside], rtol=1e-6)


def test_a_spike_of_no_length_or_of_one():
    """Zero updates change nothing; one changes one."""
    none = js.spike_schedule(0.5, 4.0, spike_begin=3, spike_steps=0)
    one = js.spike_schedule(0.5, 4.0, spike_begin=0, spike_steps=1)

    np.testing.assert_array_equal(none(np.arange(5)), [0.5] * 5)
    np.testing.assert_array_equal(one(np.arange(3)), [2, 0.5, 0.5])
    with pytest.raises(
        ValueError, match=r"spike_schedule\(spike_begin=...\) must be 0 or m"
    ):
        js.spike_schedule(0.5, 4.0, spike_begin=-1, spike_steps=1)


def test_phases_can_be_swept():
    """Twelve schedules of 2 peaks, 3 warmups and 2 decays in one call."""
    peaks, warmups, decays = np.meshgrid(
        np.float32([0.1, 1.0]), np.int32([0, 5, 10]), np.int32([10, 40]), indexing="ij"
    )

    def build(peak, warmup, decay):
        return js.warmup_decay_schedule(0.0, peak, warmup_steps=warmup, decay_steps=decay)

    members = [column.ravel() for column in (peaks, warmups, decays)]
    counts = np.arange(60)
    batched = jax.jit(jax.vmap(lambda *m: build(*m)(counts)))(*members)

    for i, member in enumerate(zip(*members, strict=True)):
        alone = build(*(x.item() for x in member))(counts)
        np.testing.assert_allclose(batched[i], alone, rtol=1e-6, atol=0)
