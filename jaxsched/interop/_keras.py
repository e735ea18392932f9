"""The schedulers of keras."""

from collections.abc import Callable
from typing import Any

PORTS: dict[str, Callable[..., Any]] = {}
