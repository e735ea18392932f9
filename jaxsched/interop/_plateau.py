"""The rule by which torch, and who builds on it, tells a plateau."""

import jax.numpy as jnp

from jaxsched._core import Real
from jaxsched.controllers import AbstractController, ReduceOnPlateau


class SignedPlateau(AbstractController):
    """A plateau rule whose margin has the sign of the best value, as torch's has.

    A value is better if it is beyond `best * (1 - threshold)`, with `mode="max"` beyond
    `best * (1 + threshold)`: of a negative metric even one that is a little worse.

    Args:
        rule: without margins of its own.
        threshold: relative to the best value.
    """

    rule: ReduceOnPlateau
    threshold: Real

    def init(self):
        return self.rule.init()

    def update(self, state, **extra_args):
        best = state.best_value
        sign = -1 if self.rule.mode == "min" else 1
        bar = best * (1 + sign * self.threshold)
        told = self.rule.update(state._replace(best_value=bar), **extra_args)
        is_better = told.best_value != bar
        return told._replace(best_value=jnp.where(is_better, told.best_value, best))

    def evaluate(self, state):
        return self.rule.evaluate(state)
