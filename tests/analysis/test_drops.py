"""Drops in blocks, against all of them one by one."""

import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.analysis import AnnealingLaw, FunctionalLaw, MultiPowerLaw, values

from .published_curves import FITTED, HELD_OUT, PEAK, WARMUP, warm

LAWS = [
    MultiPowerLaw(2.375, 0.654, 0.429, 523.4, 2.025, 0.5935, 0.6347),
    AnnealingLaw(2.667, 0.633, 0.72, 0.557, memory=0.999, warmup_steps=WARMUP),
    FunctionalLaw(2.51, 0.669, 0.408, 633.0, 1.0, 109.6, 0.507),
]
TO_ZERO = warm(js.Transition(PEAK, 0.0, 21_840)), np.arange(1000, 24_001, 1000)
RUNS = {
    "cosine": FITTED["cosine"][:2],
    "one drop": FITTED["drop to 9e-5"][:2],
    "late decay": HELD_OUT["exponential"][:2],
    "to zero": TO_ZERO,
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_blocks_of_a_long_run(law, name):
    """A thousand blocks for 24 000 updates: a few hundred-thousandths off at most."""
    schedule, counts = RUNS[name]
    rates = values(schedule, int(counts[-1]))
    expected = law.evaluate(rates, jnp.asarray(counts))
    found = law.evaluate_condensed(law.condense(rates, counts, 1000))

    np.testing.assert_allclose(found, expected, rtol=3e-5)


@pytest.mark.parametrize("memory", [0.0, 0.9, 1.0])
def test_blocks_of_one_are_exact(memory):
    """With ups and downs, counts in any order and more than once, the first among them."""
    rng = np.random.default_rng(0)
    rates = jnp.asarray(rng.uniform(0.05, 0.1, 60), jnp.float32)
    counts = np.array([60, 1, 7, 7, 33])
    laws = [
        MultiPowerLaw(2.0, 0.5, 0.4, 3.0, 2.0, 0.6, 0.5, warmup_steps=4),
        AnnealingLaw(2.0, 0.5, 0.4, 0.3, memory, warmup_steps=4),
        FunctionalLaw(2.0, 1.0, 0.5, 0.5, 0.2, 3.0, 0.7),
    ]
    for law in laws:
        found = law.evaluate_condensed(law.condense(rates, counts, 60))
        np.testing.assert_allclose(found, law.evaluate(rates, counts), rtol=1e-6)


def test_no_drops_and_one_update():
    """A constant has no block; a run may be of one update."""
    for law in LAWS:
        for num in (1, 50):
            rates, counts = jnp.full(num, 0.1, jnp.float32), np.array([num])
            found = law.evaluate_condensed(law.condense(rates, counts, 10))
            np.testing.assert_allclose(found, law.evaluate(rates, counts), rtol=1e-6)


def test_more_blocks_are_nearer():
    """Four times as many, less than a fourth of the error."""
    law = LAWS[0]
    schedule, counts = RUNS["late decay"]
    rates = values(schedule, int(counts[-1]))
    expected = np.asarray(law.evaluate(rates, jnp.asarray(counts)))
    errors = [
        np.abs(law.evaluate_condensed(law.condense(rates, counts, n)) - expected).max()
        for n in (250, 1000)
    ]

    assert errors[1] < errors[0] / 4
