"""To and from other formats: the peers' schedulers by their own names, and JSON."""

from ._json import from_dict as from_dict
from ._json import to_dict as to_dict
from ._port import port as port

__all__ = ["from_dict", "port", "to_dict"]
