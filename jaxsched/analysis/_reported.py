"""The losses that a range test looks at."""

import numpy as np

from jaxsched._core import checks
from jaxsched.sweeps import SweepResult


def reported(who: str, result: SweepResult, loss: str) -> np.ndarray:
    """What the steps reported, `[members, seeds, steps]`.

    Raises:
        KeyError: if they did not.
        ValueError: for finite losses below 0, whose multiples are no sign of divergence.
    """
    if loss not in result.curves:
        names = ", ".join(result.curves)
        raise KeyError(f"{loss!r} must be one of {names}, which a step reports.")
    losses = result.curves[loss].astype(np.float64)
    lowest = np.min(losses, where=np.isfinite(losses), initial=np.inf)
    given, advice = f"{loss}={lowest:.4g}", "Name another with loss=..., or shift it."
    checks.consistent(who, "losses of 0 or more", lowest >= 0, given, advice)
    return losses


def check_divergence(who: str, divergence: float) -> None:
    """Requires a factor that a falling loss does not reach."""
    given = f"divergence={divergence}"
    checks.consistent(who, "divergence > 1", divergence > 1, given, "Try 4.0.")
