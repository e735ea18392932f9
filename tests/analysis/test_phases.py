"""What the lab says of shapes: the phases of easy and hard tasks, the published table."""

import jax
import numpy as np
import pytest

from jaxsched.analysis import optimal_schedule, tabulate

from .tasks_of_the_lab import EASIER, EASY, HARD, shapes, tuned


def test_both_phases():
    """Easy: a decay all along beats a late one. Hard: the other way round."""
    size, num_steps, names = 100, 200, ("wsd_sqrt", "linear", "constant")
    with jax.enable_x64(True):
        hard, easy = (
            tuned(reference, size, num_steps, names) for reference in (HARD, EASY)
        )
        peak, loss = easy["linear"]
        assert hard["wsd_sqrt"][1] * 1.15 < hard["linear"][1] < hard["constant"][1]
        assert hard["wsd_sqrt"][0] == hard["linear"][0] == 1
        assert loss * 1.1 < easy["wsd_sqrt"][1] < easy["constant"][1]
        assert 0.3 < peak < 0.4

        late, early = shapes(num_steps)["wsd_sqrt"], peak * shapes(num_steps)["linear"]
        held = optimal_schedule(
            HARD.task(size), tabulate(late, num_steps), num_steps, max_value=1.0
        )
        decayed = optimal_schedule(EASY.task(size), tabulate(early, num_steps), num_steps)
        rates = decayed.schedule(np.arange(num_steps))

        assert held.losses.min() < hard["wsd_sqrt"][1]
        np.testing.assert_array_equal(held.schedule(np.arange(num_steps * 3 // 4)), 1.0)
        assert held.schedule(num_steps - 1) < 0.1
        assert decayed.losses.min() < 0.99 * loss
        # A short warmup, and down from there on.
        assert 0 < rates.argmax() < num_steps // 4
        assert (np.diff(rates[rates.argmax() :]) < 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("reference", [HARD, EASY, EASIER], ids=["hard", "easy", "easier"])
def test_the_published_table(reference):
    """1000 eigenvalues, 2000 updates, peaks tuned: every ratio to 0.16%."""
    size, num_steps = 1000, 2000
    with jax.enable_x64(True):
        found = tuned(reference, size, num_steps, shapes(num_steps))
        losses = {name: loss for name, (_, loss) in found.items()}
        best = min(losses, key=losses.get)
        peak, lowest = found[best]
        start = tabulate(peak * shapes(num_steps)[best], num_steps)
        bound = reference.max_value
        optimum = optimal_schedule(reference.task(size), start, num_steps, max_value=bound)
        ratios = {name: loss / lowest for name, loss in losses.items()}
        ratios["optimised"] = float(optimum.losses.min()) / lowest

    for name, ratio in reference.ratios.items():
        np.testing.assert_allclose(ratios[name], ratio, rtol=1.6e-3, atol=0, err_msg=name)
