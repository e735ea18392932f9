"""Nodes that hold schedules."""

from ._bundle import Bundle as Bundle
from ._bundle import bundle as bundle
from ._cooldown import Cooldown as Cooldown
from ._join import Join as Join
from ._join import Warmup as Warmup
from ._memory import AveragingDecay as AveragingDecay
from ._remap import Remapped as Remapped
from ._segments import Segments as Segments
from ._segments import segments as segments
from ._switch import Switch as Switch
from ._time import Advance as Advance
from ._time import Delay as Delay
from ._time import Every as Every
from ._time import Hold as Hold
from ._time import Repeat as Repeat
from ._time import Stretch as Stretch
from ._time import every as every
from ._value import Clip as Clip
from ._value import Maximum as Maximum
from ._value import Minimum as Minimum

__all__ = [
    "Advance",
    "AveragingDecay",
    "Bundle",
    "Clip",
    "Cooldown",
    "Delay",
    "Every",
    "Hold",
    "Join",
    "Maximum",
    "Minimum",
    "Remapped",
    "Repeat",
    "Segments",
    "Stretch",
    "Switch",
    "Warmup",
    "bundle",
    "every",
    "segments",
]
