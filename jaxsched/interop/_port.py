"""The schedulers of other libraries, by their own names and arguments."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

PEERS = ("keras", "optax", "timm", "torch", "transformers")


def port(peer: str, scheduler: str, *, base_lr: Any = None, **kwargs: Any) -> Any:
    """Another library's scheduler, as a schedule or a controller of this one.

    It takes the peer's arguments with the peer's defaults, and gives the peer's values
    at the peer's own indexing, also after the end. The peer is not imported, so it need
    not be installed. The docs list the few values that differ, where the peer is wrong.

    A scheduler that is fed a metric becomes a controller, whose value is the rate.

    Args:
        peer: `"torch"`, `"transformers"`, `"timm"`, `"keras"` or `"optax"`.
        scheduler: its name there, such as `"CosineAnnealingLR"`. A scheduler inside
            another one is a dictionary `{"scheduler": name, "kwargs": {...}}`.
        base_lr: the rate that the peer's optimizer was made with, where the peer takes
            it from there; of a list, one for each parameter group, the first.
        **kwargs: what the peer's scheduler is given, less the optimizer.

    Returns:
        A schedule, or a controller.

    Raises:
        ValueError: for an unknown peer or scheduler, and for what the peer refuses.
        TypeError: for an argument that the scheduler does not have.

    >>> cosine = port("torch", "CosineAnnealingLR", base_lr=0.1, T_max=20)
    >>> [round(float(cosine(epoch)), 6) for epoch in (0, 10, 20, 30)]
    [0.1, 0.05, 0.0, 0.05]
    """
    build = _find(peer, scheduler)
    if isinstance(base_lr, (list, tuple)):
        base_lr = base_lr[0]
    takes_rate = "base_lr" in inspect.signature(build).parameters
    rate = {"base_lr": base_lr} if takes_rate else {}
    if takes_rate and base_lr is None:
        raise ValueError(
            f"port({peer!r}, {scheduler!r}) needs base_lr, the rate that the optimizer "
            f"was made with, got none."
        )
    _check_arguments(peer, scheduler, build, rate | kwargs)
    return build(**rate, **kwargs)


def ports_of(peer: str) -> dict[str, Callable[..., Any]]:
    """What a peer has, by name; its file is read when it is first asked for."""
    return importlib.import_module(f"._{peer}", __package__).PORTS


def _find(peer: str, scheduler: str) -> Callable[..., Any]:
    if peer not in PEERS:
        raise ValueError(f"port(peer=...) must be one of {list(PEERS)}, got {peer!r}.")
    known = ports_of(peer)
    if scheduler not in known:
        raise ValueError(
            f"port({peer!r}, scheduler=...) must be one of {sorted(known)}, got "
            f"{scheduler!r}."
        )
    return known[scheduler]


def _check_arguments(peer: str, scheduler: str, build: Any, kwargs: dict) -> None:
    signature = inspect.signature(build)
    try:
        signature.bind(**kwargs)
    except TypeError as error:
        names = ", ".join(name for name in signature.parameters if name != "base_lr")
        raise TypeError(f"port({peer!r}, {scheduler!r}) takes {names}: {error}.") from None
