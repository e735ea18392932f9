"""Values inside `jit`: a train step whose schedules are checked as it runs."""

import functools
from collections.abc import Callable
from typing import Any

import chex
import jax

from jaxsched._core import checks


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """A jitted function that raises when a schedule in it gives NaN or infinity.

    For debugging: each call waits for the values. Written with `chex.chexify`, which
    at the end of the program logs a reminder to wait, needed or not.

    Args:
        function: what you would give to `jax.jit`.

    Returns:
        The same function, jitted and checked.

    Raises:
        AssertionError: from a call, naming the schedule.

    >>> import jaxsched as js
    >>> step = checked(lambda rate, count: rate(count))
    >>> step(js.Constant(0.5), 3)
    Array(0.5, dtype=float32)
    """
    # Both the check and the tracing that it depends on are this function's own.
    run = chex.chexify(jax.jit(lambda *a, **k: function(*a, **k)), async_check=False)

    @functools.wraps(function)
    def checking(*args: Any, **kwargs: Any) -> Any:
        with checks.values():
            return run(*args, **kwargs)

    return checking
