"""Bold driver: the rate goes up a little when the error fell, and down a lot else."""

from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from jaxsched._core import Real, checks, clock

from ._controller import AbstractController


class BoldState(NamedTuple):
    """State of `BoldDriver`."""

    scale: jax.Array
    best_value: jax.Array


class BoldDriver(AbstractController):
    r"""A factor that rises with each error below the best so far, and falls with others.

    $$c \leftarrow \begin{cases}
    \min(u \, c, \, c_{max}) & v < b \\ \max(d \, c, \, c_{min}) & \text{else}
    \end{cases}, \qquad b \leftarrow \min(v, b)$$

    It acts at once: the update that is given an error uses the factor after it. The
    first error counts as one that fell; one that is NaN or infinite does not. A bound
    stops the factor and does not move one that is beyond it. An update without an error
    changes nothing.

    Wrap the optimizer in `retrying` for the other half of the method, which takes back
    the steps that raised the error. The error has to be that of all the data, or of the
    same part each time.

    Args:
        increase: $u \ge 1$, factor of a rise.
        decrease: $d$ in (0, 1), factor of a fall.
        min_scale: $c_{min} \ge 0$. At 0 the factor never comes back from an underflow.
        max_scale: $c_{max} \ge c_{min}$.

    Raises:
        ValueError: for a setting outside its domain.

    >>> driver = BoldDriver(increase=1.25, decrease=0.5)
    >>> state, scales = driver.init(), []
    >>> for error in (4.0, 3.0, 5.0, 2.0):
    ...     state = driver.update(state, value=error)
    ...     scales.append(float(driver(state)))
    >>> scales
    [1.25, 1.5625, 0.78125, 0.9765625]

    Reference: Battiti, Accelerated Backpropagation Learning: Two Optimization Methods,
    Complex Systems 3, 1989.
    """

    increase: Real = 1.05
    decrease: Real = 0.5
    min_scale: Real = 1e-6
    max_scale: Real = 1e6

    def __post_init__(self):
        checks.at_least(self, "increase", 1)
        checks.positive(self, "decrease")
        checks.below(self, "decrease", 1)
        checks.at_least(self, "min_scale", 0)
        checks.ordered(self, "min_scale", "max_scale")

    def init(self):
        return BoldState(clock.as_float(1), clock.as_float(jnp.inf))

    def update(self, state, *, value: Any = None, **extra_args):
        del extra_args
        if value is None:
            return state
        chex.assert_shape(
            value,
            (),
            custom_message="BoldDriver needs one number as its value, got shape "
            f"{jnp.shape(value)}. Take a mean",
        )
        value = clock.as_float(value)
        fell = jnp.isfinite(value) & (value < state.best_value)
        raised = jnp.minimum(state.scale * self.increase, self.max_scale)
        cut = jnp.maximum(state.scale * self.decrease, self.min_scale)
        raised, cut = jnp.maximum(raised, state.scale), jnp.minimum(cut, state.scale)
        return BoldState(
            jnp.where(fell, raised, cut).astype(state.scale.dtype),
            jnp.where(fell, value, state.best_value),
        )

    def ahead(self, state, **extra_args):
        return self.update(state, **extra_args)

    def evaluate(self, state):
        return state.scale
