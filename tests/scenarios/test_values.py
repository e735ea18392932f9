"""What users trip over, 15 to 18: floors, horizons, wrong arguments, odd counts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js

FLOORED = {
    "cosine": js.cosine_annealing_schedule,
    "linear": lambda *a, **k: js.decay_schedule(*a, curve=js.curves.Linear(), **k),
    "exponential": lambda *a, **k: js.decay_schedule(*a, curve=js.curves.Geometric(), **k),
    "polynomial": lambda *a, **k: js.decay_schedule(
        *a, curve=js.curves.Polynomial(2.0), **k
    ),
    "wsd": lambda peak, end=None, *, decay_steps, **k: js.warmup_stable_decay_schedule(
        0.0, peak, end, warmup_steps=10, stable_steps=decay_steps - 20, decay_steps=10, **k
    ),
}


@pytest.mark.parametrize("make", FLOORED.values(), ids=FLOORED)
def test_15_floors(make):
    """`end_value` is absolute and reached, `end_ratio` a share of the peak; not both."""
    ends = jnp.asarray([1000, 1001, 5000, 2**31 - 2])
    for given, floor in (({"end_value": 1e-5}, 1e-5), ({"end_ratio": 0.1}, 1e-4)):
        end_value = given.pop("end_value", None)
        schedule = make(1e-3, end_value, decay_steps=1000, **given)
        np.testing.assert_allclose(schedule(ends), floor, rtol=1e-6)
        assert float(schedule(990)) > floor
    with pytest.raises(ValueError, match=r"end_value.*end_ratio"):
        make(1e-3, 1e-5, decay_steps=1000, end_ratio=0.1)


@pytest.mark.parametrize("steps", [10**3, 10**4, 10**5, 10**6, 10**8])
def test_16_long_horizons(steps):
    """Right to 1e-6 everywhere, positive until the end, never rising."""
    spread = np.linspace(0, steps, 20_000, dtype=np.int64)
    counts = np.unique(np.concatenate([spread, np.arange(steps - 1000, steps + 1)]))
    left = (steps - counts) / steps
    oracles = {
        "cosine": (
            js.cosine_decay_schedule(1e-3, steps),
            1e-3 * np.sin(np.pi / 2 * left) ** 2,
        ),
        "linear": (js.linear_schedule(1e-3, 0.0, steps), 1e-3 * left),
    }
    for schedule, exact in oracles.values():
        values = np.asarray(schedule(jnp.asarray(counts)), np.float64)
        np.testing.assert_allclose(values, exact, rtol=1e-6, atol=0)
        assert (values[:-1] > 0).all()
        assert values[-1] == 0
        # Neighbours whose exact values differ by less than an ulp may be one apart.
        assert (np.diff(values) <= 2.0**-23 * values[:-1]).all()
    warm = js.linear_schedule(1e-8, 1.0, steps)
    np.testing.assert_allclose(warm(0), 1e-8, rtol=1e-6, atol=0)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 5])
def test_16_tiny_horizons(total):
    """Finite, and the peak is reached where there is a phase for it."""
    makes = {
        "warmup": js.warmup_cosine_decay_schedule(0.0, 1.0, min(1, total - 1), total),
        "onecycle": js.cosine_onecycle_schedule(total, 1.0),
        "stable": js.warmup_stable_decay_schedule(
            0.0, 1.0, 0.0, warmup_steps=0, stable_steps=total - 1, decay_steps=1
        ),
    }
    for name, schedule in makes.items():
        values = np.asarray(schedule(jnp.arange(total + 3)))
        assert np.isfinite(values).all(), name
        np.testing.assert_allclose(values.max(), 1.0, rtol=1e-6, err_msg=name)


def test_17_degenerate_arguments():
    """No warmup: the peak at once. All warmup: then the floor."""
    assert float(js.warmup_cosine_decay_schedule(0.0, 1e-3, 0, 10)(0)) == np.float32(1e-3)
    full = js.warmup_cosine_decay_schedule(0.0, 1.0, 10, 10, 0.25)
    np.testing.assert_allclose(full(jnp.asarray([5, 10, 11])), [0.5, 0.25, 0.25], rtol=1e-6)


WRONG = {
    "warmup longer than total": (
        lambda n: js.warmup_cosine_decay_schedule(0.0, 1.0, 20 * n, 10 * n),
        r"20.*10|10.*20",
    ),
    "negative length": (lambda n: js.linear_schedule(1.0, 0.0, -5 * n), "-5"),
    "unsorted boundaries": (
        lambda n: js.join_schedules([1.0, 2.0, 3.0], [20 * n, 10 * n]),
        "got 10 after 20",
    ),
}


@pytest.mark.parametrize(("make", "numbers"), WRONG.values(), ids=WRONG)
def test_17_wrong_arguments(make, numbers):
    """An error with the numbers; as tracers they are clamped, and all is finite."""
    with pytest.raises(ValueError, match=numbers):
        make(1)
    traced = jax.jit(lambda n: make(n)(jnp.arange(40)))(1)
    assert np.isfinite(traced).all()


def test_17_wrong_number_of_phases():
    """Three phases want two boundaries, traced or not."""
    with pytest.raises(ValueError, match=r"3.*1|1.*3|2"):
        js.join_schedules([1.0, 2.0, 3.0], [10])


def test_18_odd_counts():
    """Unsigned, huge, negative and fractional counts; arrays; always float32."""
    held = js.linear_schedule(1.0, 0.0, 10, transition_begin=5)
    line = js.linear_schedule(1.0, 0.0, 10)

    assert float(held(jnp.uint32(0))) == 1.0
    assert float(line(2**31)) == float(line(np.int64(2**31))) == 0.0
    assert float(line(-3)) == 1.0
    np.testing.assert_allclose(line(2.5), 0.75, rtol=1e-6)
    assert line(jnp.zeros((2, 3), jnp.int32)).shape == (2, 3)
    for count in (0, 2.5, np.int64(3), jnp.uint32(4), jnp.bfloat16(2)):
        assert line(count).dtype == jnp.float32
        assert not line(count).weak_type
