"""The schedule: what one is, and the algebra that its operators build.

`Constant`, `Sum`, `Product`, `Quotient` and `Wrapped` live here because the operators
need them: the algebra is part of what a schedule is.
"""

import abc
import functools
import math
from typing import Any

import chex
import jax
import jax.numpy as jnp
from jax.core import Tracer

from . import _checks as checks
from . import _clock as clock
from ._curve import Leg
from ._eager import prepare
from ._node import Node
from ._svg import to_html
from ._types import CountLike, Real, ScheduleLike, Schedules


class AbstractSchedule(Node):
    r"""A pure function of the count whose numbers are the leaves of a pytree.

    A subclass declares its numbers as fields and writes `evaluate(count)`. It is called
    like any optax schedule: `schedule(count)` takes a number or an array of counts
    (negative ones count as 0) and gives an array of the default float type in the shape
    of the count.

    >>> import jaxsched as js
    >>> class Cube(js.AbstractSchedule):
    ...     init_value: float
    ...     def evaluate(self, count):
    ...         return self.init_value / (1.0 + count) ** 3
    >>> (2 * Cube(1.0))(1)
    Array(0.25, dtype=float32)
    """

    # Without it `np.float32(2) * schedule` would be computed by NumPy.
    __array_ufunc__ = None

    @abc.abstractmethod
    def evaluate(self, count: jax.Array) -> Any:
        """The value at `count`: not negative, an integer or a float, elementwise."""
        raise TypeError(f"{type(self).__name__} must define evaluate(self, count).")

    def leg(self) -> Leg | None:
        """Itself as one way from a value to another, if it is no more than that."""
        return None

    def horizon(self) -> Any:
        """The count from which the value stays what it is; infinity if it never does.

        Of concrete numbers only. A schedule with an end says where it is.
        """
        return math.inf

    def _repr_html_(self) -> str:
        return to_html(self, {"": self})

    def __call__(self, count: CountLike) -> jax.Array:
        """The value at a count, or at each count of an array."""
        if not (isinstance(count, Tracer) or checks.are_values_checked()):
            eager = self.__dict__.get("_eager") or prepare(self)
            if eager.leaves is not None and eager.dtype == clock.float_dtype():
                return eager.compiled(eager.leaves, clock.countable(count))
        return self._at(count)

    def _at(self, count: CountLike) -> jax.Array:
        checks.resolved(self)
        count = clock.as_count(count)
        schedule = jax.tree.map(clock.strong, self)
        value = jnp.asarray(schedule.evaluate(count))
        if value.shape:
            chex.assert_shape(
                value,
                count.shape,
                custom_message=f"{type(self).__name__} gave shape {value.shape} for a "
                f"count of shape {count.shape}. If it is a batch of schedules, call "
                f"it under jax.vmap; if you wrote it, make evaluate elementwise",
            )
        checks.finite(self, value)
        return jnp.broadcast_to(value, count.shape).astype(clock.float_dtype())

    def __add__(self, other: ScheduleLike) -> "AbstractSchedule":
        return _flat(Sum, self, other)

    def __radd__(self, other: ScheduleLike) -> "AbstractSchedule":
        if isinstance(other, int) and other == 0:  # the start of Python's sum()
            return self
        return _flat(Sum, other, self)

    def __sub__(self, other: ScheduleLike) -> "AbstractSchedule":
        return _flat(Sum, self, -as_schedule(other))

    def __rsub__(self, other: ScheduleLike) -> "AbstractSchedule":
        return _flat(Sum, other, -self)

    def __mul__(self, other: ScheduleLike) -> "AbstractSchedule":
        if is_stateful(other):
            return NotImplemented  # a controller knows what to do with a schedule
        return _flat(Product, self, other)

    def __rmul__(self, other: ScheduleLike) -> "AbstractSchedule":
        return _flat(Product, other, self)

    def __truediv__(self, other: ScheduleLike) -> "AbstractSchedule":
        return Quotient(self, as_schedule(other))

    def __rtruediv__(self, other: ScheduleLike) -> "AbstractSchedule":
        return Quotient(as_schedule(other), self)

    def __neg__(self) -> "AbstractSchedule":
        return _flat(Product, -1.0, self)


def as_schedule(value: ScheduleLike) -> AbstractSchedule:
    """A number as a constant, a function of the count as a schedule."""
    if isinstance(value, AbstractSchedule):
        return value
    if isinstance(value, (type, str, bytes, bool)) or value is None:
        raise TypeError(
            f"a schedule must be a number, a function of the count or a schedule, got "
            f"{value!r}. Pass an instance, such as Constant(0.1)."
        )
    if is_stateful(value):
        raise TypeError(
            f"a schedule must be a function of the count alone, got {value!r}, which has "
            f"state. Only an optimizer holds it: "
            f"scheduled(..., learning_rate=schedule * controller)."
        )
    return Wrapped(value) if callable(value) else Constant(value)


def is_stateful(value: Any) -> bool:
    """Whether optax would take it for a stateful schedule."""
    return all(hasattr(value, name) for name in ("init", "update", "__call__"))


def as_schedules(values: Any) -> tuple[AbstractSchedule, ...]:
    """A sequence of what may be a schedule as a tuple of schedules."""
    return tuple(as_schedule(value) for value in values)


def _flat(kind: Any, *values: ScheduleLike) -> Any:
    terms: list[Any] = []
    for value in map(as_schedule, values):
        terms.extend(getattr(value, "schedules", ()) if type(value) is kind else (value,))
    return kind(tuple(terms))


class Constant(AbstractSchedule):
    r"""The same value at every count: $s(t) = v$.

    Args:
        value: $v$, a number.

    >>> Constant(0.1)(1_000)
    Array(0.1, dtype=float32)
    """

    value: Real

    def __post_init__(self):
        checks.number(self, "value")

    def evaluate(self, count):
        del count
        return self.value

    def leg(self):
        return Leg(self.value, self.value, 1, None)

    def horizon(self):
        return 0


class Sum(AbstractSchedule):
    r"""The sum of schedules: $s(t) = \sum_i s_i(t)$. Written `a + b`.

    Args:
        schedules: at least one schedule, number or function of the count.

    >>> (Constant(0.25) + 1)(0)
    Array(1.25, dtype=float32)
    """

    schedules: Schedules

    def __post_init__(self):
        _own(self, "schedules")

    def evaluate(self, count):
        return functools.reduce(jnp.add, _values(self, count))

    def horizon(self):
        return max(schedule.horizon() for schedule in self.schedules)


class Product(AbstractSchedule):
    r"""The product of schedules: $s(t) = \prod_i s_i(t)$. Written `a * b`.

    Args:
        schedules: at least one schedule, number or function of the count.

    >>> (Constant(0.25) * 2)(0)
    Array(0.5, dtype=float32)
    """

    schedules: Schedules

    def __post_init__(self):
        _own(self, "schedules")

    def evaluate(self, count):
        return functools.reduce(jnp.multiply, _values(self, count))

    def horizon(self):
        return max(schedule.horizon() for schedule in self.schedules)


class Quotient(AbstractSchedule):
    r"""The quotient of two schedules: $s(t) = a(t) / b(t)$. Written `a / b`.

    Args:
        numerator: $a$.
        denominator: $b$, nowhere zero.

    >>> (Constant(1.0) / 4)(0)
    Array(0.25, dtype=float32)
    """

    numerator: AbstractSchedule
    denominator: AbstractSchedule

    def __post_init__(self):
        object.__setattr__(self, "numerator", as_schedule(self.numerator))
        object.__setattr__(self, "denominator", as_schedule(self.denominator))

    def evaluate(self, count):
        return jnp.divide(self.numerator.evaluate(count), self.denominator.evaluate(count))

    def horizon(self):
        return max(self.numerator.horizon(), self.denominator.horizon())


class Wrapped(AbstractSchedule):
    r"""Any function of the count as a schedule: $s(t) = f(t)$.

    Its value becomes a float. A function that is itself a pytree (a module, a
    `jax.tree_util.Partial`) keeps its leaves; the numbers that a plain function closes
    over stay out of reach, which is what a schedule of this library is for.

    Args:
        function: takes a count, an integer or float array that is not negative.

    >>> Wrapped(lambda count: 1 / (count + 1))(3)
    Array(0.25, dtype=float32)
    """

    function: Any

    def __post_init__(self):
        function = self.function
        if callable(function) and jax.tree_util.all_leaves([function]):
            object.__setattr__(self, "function", jax.tree_util.Partial(function))

    def evaluate(self, count):
        value = jnp.asarray(self.function(count))
        if jnp.iscomplexobj(value) or value.dtype == bool:
            raise TypeError(
                f"{self!r} must give a real number for a count, got {value.dtype}. "
                f"Return a float."
            )
        return value.astype(clock.float_dtype())


def _own(node: Any, name: str) -> None:
    object.__setattr__(node, name, as_schedules(getattr(node, name)))
    checks.some(node, name)


def _values(node: Any, count: jax.Array) -> list[Any]:
    return [schedule.evaluate(count) for schedule in node.schedules]
