"""A length in a unit of the user's, before it is known how many updates that is."""

from typing import Any

from ._node import Node

_UNITS = ("steps", "epochs", "fraction", "tokens")
_SIZES = {
    "epochs": "steps_per_epoch",
    "fraction": "total_steps",
    "tokens": "tokens_per_step",
}


class Length(Node):
    """So many updates, epochs, shares of the whole run and tokens together.

    Made by `epochs`, `fraction` and `tokens`; lengths add up, and can be multiplied by
    numbers. `resolve` turns them into updates.
    """

    steps: Any = None
    epochs: Any = None
    fraction: Any = None
    tokens: Any = None

    # Without it an array on the left would take the length apart.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Any:
        return _combine(self, other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return _combine(self, other, -1)

    def __rsub__(self, other: Any) -> Any:
        return _combine(-self, other, 1)

    def __mul__(self, factor: Any) -> "Length":
        if isinstance(factor, (Length, str)):
            return NotImplemented
        return Length(**{unit: factor * value for unit, value in self._parts()})

    __rmul__ = __mul__

    def __truediv__(self, divisor: Any) -> "Length":
        return Length(**{unit: value / divisor for unit, value in self._parts()})

    def __neg__(self) -> "Length":
        return self * -1

    # What is longer is not known yet. A check takes the answer for one it cannot look
    # at, as it does a traced one; Python's `if` is told to resolve first.
    def __lt__(self, other: Any) -> Any:
        return self

    __le__ = __gt__ = __ge__ = __lt__

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} is not known in updates. Call resolve first.")

    def __repr__(self) -> str:
        parts = [
            repr(value) if unit == "steps" else f"{unit}({value!r})"
            for unit, value in self._parts()
        ]
        return " + ".join(reversed(parts))

    def _parts(self) -> list[tuple[str, Any]]:
        values = [(unit, getattr(self, unit)) for unit in _UNITS]
        return [(unit, value) for unit, value in values if value is not None]

    def in_steps(self, who: str, **per_unit: Any) -> Any:
        """The number of updates; `per_unit` holds how many each unit is, or None."""
        total = 0
        for unit, value in self._parts():
            if per_unit[unit] is None:
                argument = _SIZES[unit]
                raise ValueError(
                    f"{who} is {self!r}, and its {unit} need {argument} to become "
                    f"updates, got none. Pass {argument}=... to resolve."
                )
            total = total + value * per_unit[unit]
        return _whole(total)


def _combine(a: Length, b: Any, sign: int) -> Length:
    b = b if isinstance(b, Length) else Length(steps=b)
    total = dict(a._parts())
    for unit, value in b._parts():
        total[unit] = total.get(unit, 0) + sign * value
    return Length(**total)


def _whole(steps: Any) -> Any:
    """An int where it is one but for the rounding of a product, as 0.07 x 100 is."""
    if isinstance(steps, float) and abs(steps) < 2**31:
        nearest = round(steps)
        if abs(steps - nearest) <= 1e-9 * max(abs(steps), 1):
            return nearest
    return steps
