"""Ctrl-C at a good moment."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def postponed(is_on: bool, notice: str = "") -> Iterator[Callable[[], bool]]:
    """Makes of the first Ctrl-C a wish, that is asked for; the second does what it did.

    Args:
        is_on: or else nothing changes.
        notice: what is said on the terminal at the first one.

    Yields:
        Whether the user wishes to stop.
    """
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT) if in_main else None
    if not is_on or not callable(before):  # another thread may not, or it is ignored
        yield lambda: False
        return
    wishes = []

    def on_interrupt(number, frame):
        if wishes:
            before(number, frame)
            return
        wishes.append(number)
        if notice:
            # Not print: the signal may have come in the middle of one.
            os.write(2, f"\n{notice}\n".encode())

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: bool(wishes)
    finally:
        signal.signal(signal.SIGINT, before)
