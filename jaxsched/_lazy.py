"""Rooms of the root that are imported when they are first used.

Half of what `import jaxsched` would take is theirs, and a training loop needs none of them.
The root takes the two functions below as its own (PEP 562), where no type checker looks.
"""

import importlib
import sys

ROOMS = ("analysis", "interop", "plotting", "sweeps", "tasks", "testing")
OF_SWEEPS = ("grid", "sample", "stack", "unstack")


def __getattr__(name: str) -> object:
    """A room, or one of the names that the root has from `sweeps`."""
    if name in ROOMS:
        return importlib.import_module(f"jaxsched.{name}")
    if name in OF_SWEEPS:
        found = getattr(importlib.import_module("jaxsched.sweeps"), name)
        setattr(sys.modules["jaxsched"], name, found)
        return found
    message = f"module 'jaxsched' has no attribute {name!r}"
    raise AttributeError(message, name=name, obj=sys.modules["jaxsched"])


def __dir__() -> list[str]:
    """What the root has, imported or not."""
    root = sys.modules["jaxsched"]
    return sorted({*vars(root), *root.__all__})
