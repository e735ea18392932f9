"""Real training tasks for sweeps, on data that comes with a dependency."""

from ._digits import Digits as Digits
from ._digits import DigitsState as DigitsState
from ._digits import digits_loss as digits_loss
from ._digits import digits_rows as digits_rows
from ._digits import load_digits as load_digits
from ._families import families as families

__all__ = ["Digits", "DigitsState", "digits_loss", "digits_rows", "families", "load_digits"]
