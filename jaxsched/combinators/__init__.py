"""Nodes that hold schedules."""

from ._join import ExponentialWarmup as ExponentialWarmup
from ._join import Join as Join
from ._join import Warmup as Warmup
from ._switch import Switch as Switch
from ._time import Delay as Delay
from ._time import Hold as Hold
from ._time import Repeat as Repeat
from ._time import Stretch as Stretch
from ._value import Clip as Clip
from ._value import Maximum as Maximum
from ._value import Minimum as Minimum

__all__ = [
    "Clip",
    "Delay",
    "ExponentialWarmup",
    "Hold",
    "Join",
    "Maximum",
    "Minimum",
    "Repeat",
    "Stretch",
    "Switch",
    "Warmup",
]
