"""Hyperoptax proposes members, a sweep trains them."""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._core import checks

from ._members import Members
from ._scores import as_scores
from ._space import members, space


class HyperoptaxSearch:
    """Members that an optimizer of hyperoptax asks for, and their scores told to it.

    The optimizer sees each setting as a number from 0 to 1, in which the setting is
    evenly distributed: orders of magnitude, whole numbers and choices are ours, and one
    length scale fits all. For a grid use `grid`: that of hyperoptax drops what is left
    over when the number of points is no multiple of `n`.

    Args:
        optimizer: `hyperoptax.BayesianSearch`, or another class that works on intervals.
        of: what `sweeps.space` or `sweeps.one_of` gave or takes.
        key: a JAX random key; the same key gives the same proposals.
        **options: for `optimizer.init`, such as `n_max=200, maximize=False`.

    Raises:
        ValueError: if nothing is to be drawn.

    >>> import hyperoptax
    >>> import jaxsched as js
    >>> rates = js.Constant(js.sweeps.log_uniform(0.01, 1.0))
    >>> search = HyperoptaxSearch(hyperoptax.RandomSearch, rates, key=jax.random.key(0))
    >>> schedules, settings = search.ask(8)
    >>> search.tell(jax.vmap(lambda schedule: (schedule(0) - 0.1) ** 2)(schedules))
    """

    def __init__(self, optimizer: Any, of: Any, *, key: jax.Array, **options: Any):
        interval = _spaces().LinearSpace(0.0, 1.0)
        self._space = space(of)
        names = self._space.distributions()
        if not names:
            raise ValueError(
                "HyperoptaxSearch(of=...) must have something to draw, got fixed settings "
                "only. Give a distribution, such as sweeps.uniform(0.0, 1.0)."
            )
        self._state, self._optimizer = optimizer.init(
            dict.fromkeys(names, interval), **options
        )
        self._key = key
        self._asked: dict[str, jax.Array] = {}
        self._worst: float | None = None
        # A model compiles for seconds, and would in every call. Random search unrolls
        # its draws, so that it is slow to compile and is not.
        self._has_model = hasattr(self._state, "mask")
        self._update = self._compiled(self._optimizer.update_state)
        self._next: dict[int, Callable[..., Any]] = {}

    def ask(self, n: int) -> Members:
        """The next members, `n` of them; an earlier call without scores is forgotten.

        Raises:
            ValueError: if the optimizer has no room for so many scores.
        """
        checks.size("HyperoptaxSearch.ask", n=n)
        room = self._room()
        if n > room:
            raise ValueError(
                f"HyperoptaxSearch.ask(n=...) must be at most {room}, for which n_max "
                f"leaves room, got {n}. Give a larger n_max: hyperoptax drops the rest."
            )
        self._optimizer.n_parallel = n  # read when it is traced, once for each n
        if n not in self._next:
            self._next[n] = self._compiled(self._optimizer.get_next_params)
        self._asked = self._next[n](self._state, self._next_key())
        places = {name: np.asarray(u) for name, u in self._asked.items()}
        rows = [
            self._space.row(lambda name, d, i=i: d.at(places[name][i])) for i in range(n)
        ]
        return members(self._space, rows)

    def tell(self, scores: Iterable[Any]) -> None:
        """The score of each member that was asked for.

        One that is not finite counts as the worst so far, as the model of the optimizer
        takes only numbers; before there is any, nothing is told.

        Args:
            scores: a number a member, such as `result.scores("loss")`.
        """
        num = len(next(iter(self._asked.values()), ()))
        told = as_scores("HyperoptaxSearch", scores, num)
        finite = told[np.isfinite(told)]
        worst = min if getattr(self._optimizer, "maximize", False) else max
        known = [*finite, *([] if self._worst is None else [self._worst])]
        if known:
            self._worst = float(worst(known))
            told = jnp.asarray(np.where(np.isfinite(told), told, self._worst), jnp.float32)
            self._state = self._update(self._state, self._next_key(), told, self._asked)
        self._asked = {}

    def _room(self) -> float:
        if not self._has_model:
            return np.inf
        return int(self._state.mask.size - self._state.mask.sum())

    def _compiled(self, method: Callable[..., Any]) -> Callable[..., Any]:
        # A function of its own: equal ones share programs, and `n` is none of them.
        return jax.jit(lambda *args: method(*args)) if self._has_model else method

    def _next_key(self) -> jax.Array:
        self._key, key = jax.random.split(self._key)
        return key


def _spaces() -> Any:
    try:
        from hyperoptax import spaces
    except ImportError as error:
        raise ImportError(
            "HyperoptaxSearch needs hyperoptax: pip install 'jaxsched[search]'."
        ) from error
    return spaces
