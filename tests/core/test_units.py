"""Lengths in the user's unit: nothing is resolved unasked, nothing is rounded."""

import copy
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import epochs, fraction, resolve, tokens

SIZES = {"total_steps": 1_000, "steps_per_epoch": 50, "tokens_per_step": 4_096}


@pytest.mark.parametrize(
    ("length", "steps"),
    [
        (epochs(3), 150),
        (fraction(0.07), 70),
        (tokens(4_096_000), 1_000),
        (epochs(2) + 5, 105),
        (5 + epochs(2), 105),
        (fraction(1) - epochs(2), 900),
        (1_000 - epochs(2), 900),
        (2 * epochs(2) / 4, 50),
        (epochs(0.5), 25),
        (epochs(1.01), 50.5),
        (tokens(2e12), 2e12 / 4_096),
    ],
)
def test_lengths(length, steps):
    """Whole ones become ints; others keep their fraction."""
    got = resolve(length, **SIZES)

    assert got == steps
    assert type(got) is (int if steps == int(steps) else float)


@pytest.mark.parametrize(
    "build",
    [
        lambda n, unit: js.Transition(0.1, 0.0, unit(n)),
        lambda n, unit: js.warmup_cosine_decay_schedule(0.0, 0.1, unit(2), unit(n)),
        lambda n, unit: js.warmup_stable_decay_schedule(
            0.0, 0.1, warmup_steps=unit(2), stable_steps=unit(n - 4), decay_steps=unit(2)
        ),
        lambda n, unit: js.PiecewiseConstant([unit(2), unit(n)], [1.0, 0.5, 0.25]),
        lambda n, unit: js.linear_onecycle_schedule(unit(n), 0.1, 0.25, 0.5),
        lambda n, unit: js.cosine_restarts_schedule(0.1, period_steps=unit(n)),
        lambda n, unit: js.linear_warmup_schedule(
            0.1, warmup_steps=unit(n), indexing="(t+1)/W"
        ),
        lambda n, unit: js.exponential_warmup_schedule(
            js.Transition(0.1, 0.01, unit(n)), 0.01, warmup_steps=unit(2)
        ),
        lambda n, unit: js.step_decay_schedule(0.1, decay_rate=0.5, interval_steps=unit(n)),
        lambda n, unit: js.sgdr_schedule(
            [{"init_value": 0.0, "peak_value": 0.1, "warmup_steps": unit(1),
              "decay_steps": unit(n)}] * 2
        ),
        lambda n, unit: js.join_schedules([0.1, 0.2], [unit(n)]),
        lambda n, unit: js.infinite_schedule(
            0.0, 1.0, 0.5, 0.1, warmup_steps=unit(1), cooldown_steps=unit(2),
            stable_steps=unit(n), decay_steps=unit(2)
        ),
        lambda n, unit: js.cooldown(0.1, unit(n), unit(2)),
        lambda n, unit: js.slanted_triangular_schedule(0.1, total_steps=unit(n)),
    ],
)  # fmt: skip
def test_any_recipe_takes_them(build):
    """And gives what the same numbers of updates give."""
    counts = np.arange(1_000)
    in_epochs, in_updates = build(8, epochs), build(400, lambda n: 50 * n if n < 8 else n)
    in_updates = build(8, lambda n: 50 * n)

    with pytest.raises(ValueError, match=r"needs its lengths in updates .*epochs\("):
        in_epochs(3)
    np.testing.assert_array_equal(
        resolve(in_epochs, steps_per_epoch=50)(counts), in_updates(counts)
    )


def test_phases_still_add_up():
    """However the shares fall between updates, the end is the end."""
    schedule = js.warmup_stable_decay_schedule(
        0.0, 0.1, warmup_steps=fraction(0.1), stable_steps=fraction(0.8),
        decay_steps=fraction(0.1),
    )  # fmt: skip
    for total in range(3, 200):
        known = resolve(schedule, total_steps=total)
        # A float32 holds a boundary at 2.7 to seven digits.
        assert float(known(total)) <= 1e-6 * 0.1
        assert float(known(total - 1)) > 0


def test_an_unresolved_call_says_how():
    """Eagerly, in a trace, and in an optimizer."""
    schedule = js.Transition(0.1, 0.0, fraction(0.5))
    words = r"Transition needs its lengths in updates to be called, got transition_steps="
    with pytest.raises(ValueError, match=words + r"fraction\(0.5\). Call resolve"):
        schedule(3)
    with pytest.raises(ValueError, match=words):
        jax.jit(lambda s: s(3))(schedule)
    with pytest.raises(ValueError, match=words):
        js.scheduled(optax.sgd, learning_rate=schedule).init(jnp.ones(3))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: epochs(3) * epochs(2),
        lambda: epochs(2) * "a",
        lambda: epochs(fraction(0.5)),
        lambda: fraction(epochs(1)),
        lambda: tokens(epochs(1)),
        lambda: js.noam_schedule(model_size=64, warmup_steps=epochs(1)),
        lambda: js.ema_decay_schedule(offset_steps=epochs(1)),
    ],
)
def test_a_length_is_no_number(ask):
    """Not to be multiplied with another, nor where a value depends on it."""
    with pytest.raises(TypeError, match=r"must be a real number, got|multiply|operand"):
        ask()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: resolve(js.Transition(1.0, 0.0, epochs(3)), total_steps=9),
            r"Transition.transition_steps is epochs\(3\), and its epochs need "
            r"steps_per_epoch to become updates, got none. Pass steps_per_epoch=...",
        ),
        (lambda: epochs(-1), r"epochs\(number=...\) must be 0 or more, got -1"),
        (lambda: fraction(3), r"fraction needs a share of at most 1, got 3. 3 % is"),
        (lambda: tokens(float("nan")), r"tokens\(number=...\) must be a number, got nan"),
        (
            lambda: resolve(epochs(3), steps_per_epoch=0),
            r"resolve\(steps_per_epoch=...\) must be above 0, got 0",
        ),
        (
            lambda: resolve(
                js.warmup_cosine_decay_schedule(0.0, 0.1, epochs(5), fraction(0.5)), **SIZES
            ).replace(boundaries=(3, 2)),
            "boundaries",
        ),
        (
            lambda: resolve(
                js.warmup_cosine_decay_schedule(0.0, 0.1, epochs(12), fraction(0.5)),
                **SIZES,
            ),
            r"transition_steps=...\) must be 0 or more, got -100",
        ),
    ],
)
def test_wrong_units_raise(ask, message):
    """Who, what is required, what came, what to do."""
    with pytest.raises(ValueError, match=message):
        ask()


def test_an_unresolved_length_decides_no_branch():
    """Python's `if` is told, instead of guessing."""
    with pytest.raises(TypeError, match=r"epochs\(2\) is not known in updates"):
        max(epochs(3), epochs(2))


def test_schedules_in_units_are_data():
    """They print as code, copy, pickle, and resolve inside plans and containers."""
    schedule = js.Transition(1.0, 0.0, epochs(3) + 5)
    plan = js.bundle(lr=schedule, wd=0.1)

    assert "transition_steps=epochs(3) + 5" in repr(schedule)
    for copied in (copy.deepcopy(schedule), pickle.loads(pickle.dumps(schedule))):
        assert resolve(copied, steps_per_epoch=2).transition_steps == 11
    known = resolve({"plan": [plan]}, steps_per_epoch=2)
    assert known["plan"][0]["lr"].transition_steps == 11


def test_batches_resolve_too():
    """A sweep over lengths in epochs."""
    batch = js.Transition(jnp.ones(2), jnp.zeros(2), epochs(jnp.asarray([2, 4])))
    known = resolve(batch, steps_per_epoch=10)

    np.testing.assert_array_equal(known.transition_steps, [20, 40])


def test_counts_of_tokens_do_not_overflow():
    """A clock in tokens: beyond 2^31 a count is a float, with the right value."""
    schedule = js.Transition(1.0, 0.0, 2e12)
    counts = [0, 10**9, 2**31 - 1, 2**31, 10**12, 2 * 10**12, 10**15, 2**80]
    expected = [max(0.0, 1 - c / 2e12) for c in counts]

    np.testing.assert_allclose([schedule(c) for c in counts], expected, rtol=1e-6, atol=0)
    np.testing.assert_allclose(
        schedule(np.asarray(counts[:-1], np.int64)), expected[:-1], rtol=1e-6, atol=0
    )
    np.testing.assert_allclose(schedule(jnp.float32(1e12)), 0.5, rtol=1e-6, atol=0)
    with pytest.raises(ValueError, match=r"at most 2147483647, .*Use a float"):
        js.Transition(1.0, 0.0, 2 * 10**12)


def test_any_schedule_is_finite_at_a_count_of_tokens():
    """Also where the clock has periods."""
    for schedule in (
        js.Repeat(js.Transition(1.0, 0.0, 10), 10, 2, 0.5),
        js.Hold(js.ExponentialDecay(1.0, 0.5, 10), 10),
        js.Stretch(js.Transition(1.0, 0.0, 10), 7),
        js.Advance(js.InverseSqrtDecay(1.0, 10), 5),
        js.Table([1.0, 0.5]),
        js.noam_schedule(model_size=512, warmup_steps=10),
        js.ExtendingTransition(1.0, 0.0, 10),
        js.RAdamRectification(0.999),
    ):
        for count in (2.0**31, 1e15, 1e30, 2**100):
            assert np.isfinite(schedule(count)), f"{schedule} at {count}"
