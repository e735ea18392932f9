"""What a search is told."""

from collections.abc import Iterable
from typing import Any

import numpy as np


def as_scores(who: str, scores: Iterable[Any], num: int) -> np.ndarray:
    """One number for each member that was asked for, `[members]`."""
    table = np.asarray(scores, np.float64)
    if table.shape != (num,):
        raise ValueError(
            f"{who}.tell(scores) must have shape ({num},), a score for each member that "
            f"was asked for, got {table.shape}. Give result.scores(metric)."
        )
    return table
