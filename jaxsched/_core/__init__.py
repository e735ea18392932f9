"""What a schedule is: the node, the contract, the curve, the clock, the checks."""

from . import _checks as checks
from . import _clock as clock
from . import _vectors as vectors
from ._batch import batched as batched
from ._batch import kind_of as kind_of
from ._curve import AbstractCurve as AbstractCurve
from ._curve import Leg as Leg
from ._curve import Way as Way
from ._curve import way_between as way_between
from ._curve import way_of as way_of
from ._key import random_key as random_key
from ._length import Length as Length
from ._node import Node as Node
from ._node import static as static
from ._node import to_python as to_python
from ._schedule import AbstractSchedule as AbstractSchedule
from ._schedule import Constant as Constant
from ._schedule import Product as Product
from ._schedule import Quotient as Quotient
from ._schedule import Sum as Sum
from ._schedule import Wrapped as Wrapped
from ._schedule import as_schedule as as_schedule
from ._schedule import as_schedules as as_schedules
from ._span import bounds as bounds
from ._span import common_span as common_span
from ._span import members_of as members_of
from ._span import span as span
from ._span import spread as spread
from ._svg import to_html as to_html
from ._types import CountLike as CountLike
from ._types import Real as Real
from ._types import ScheduleLike as ScheduleLike
from ._types import Schedules as Schedules
from ._types import Steps as Steps
from ._units import epochs as epochs
from ._units import fraction as fraction
from ._units import resolve as resolve
from ._units import tokens as tokens

__all__ = [
    "AbstractCurve",
    "AbstractSchedule",
    "Constant",
    "CountLike",
    "Leg",
    "Length",
    "Node",
    "Product",
    "Quotient",
    "Real",
    "ScheduleLike",
    "Schedules",
    "Steps",
    "Sum",
    "Way",
    "Wrapped",
    "as_schedule",
    "as_schedules",
    "batched",
    "bounds",
    "checks",
    "clock",
    "common_span",
    "epochs",
    "fraction",
    "kind_of",
    "members_of",
    "resolve",
    "span",
    "spread",
    "static",
    "to_html",
    "to_python",
    "tokens",
    "vectors",
    "way_between",
    "way_of",
]
