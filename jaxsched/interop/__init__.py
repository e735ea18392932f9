"""To and from other formats: the peers' schedulers by their own names, and JSON."""

from ._port import port as port

__all__ = ["port"]
