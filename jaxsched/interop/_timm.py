"""The schedulers of timm."""

from collections.abc import Callable
from typing import Any

PORTS: dict[str, Callable[..., Any]] = {}
