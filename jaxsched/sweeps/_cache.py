"""What is compiled or traced for a task is kept for its next sweep."""

import functools
from collections.abc import Callable
from typing import Any

_caches: list[Any] = []


def kept(make: Callable[..., Any]) -> Callable[..., Any]:
    """Keeps what was made, by all arguments."""
    cached = functools.lru_cache(maxsize=64)(make)
    _caches.append(cached)
    return cached


def kept_by_task(make: Callable[..., Any]) -> Callable[..., Any]:
    """The same, if the first argument is a value; any other task may have changed."""
    cached = kept(make)

    @functools.wraps(make)
    def get(task, *arguments):
        return (cached if _is_value(task) else make)(task, *arguments)

    return get


def clear_programs() -> None:
    """Forgets what is compiled, and the tasks that it was compiled for."""
    for cache in _caches:
        cache.cache_clear()


def _is_value(task: Any) -> bool:
    """A frozen dataclass or a tuple is what it is."""
    if type(task).__hash__ in (None, object.__hash__):
        return False
    try:
        hash(task)
    except TypeError:  # it holds a list, for instance
        return False
    return True
